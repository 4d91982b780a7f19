# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import ServiceError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.samplers import ContainerSampler, HostSampler

LABELS = {"container": "app-backend"}


class Engine:
    """An engine with one container that can be replaced or restarted."""

    def __init__(self):
        self.id, self.started_at, self.pid, self.oom, self.memory = "aaa", "t1", 10, False, 0

    def containers(self, _projects):
        return [{"Id": self.id, "Names": ["/app-backend"]}]

    def inspect(self, _container):
        return {"State": {"Pid": self.pid, "StartedAt": self.started_at, "OOMKilled": self.oom}, "HostConfig": {"Memory": self.memory}}


class Host:
    """The files of /proc and /sys/fs/cgroup (v2) of one process."""

    def __init__(self, root):
        self.proc, self.cgroups = root / "proc", root / "cgroup"

    def process(self, pid, state="S", started=100):
        folder = self.proc / str(pid)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cgroup").write_text("0::/c\n")
        (folder / "stat").write_text(f"{pid} (app) {state}" + " 0" * 18 + f" {started} 0\n")

    def container(self, cpu_usec, memory, oom_kills=0, pids=(10,)):
        folder = self.cgroups / "c"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cpu.stat").write_text(f"usage_usec {cpu_usec}\n")
        (folder / "memory.current").write_text(f"{memory}\n")
        (folder / "memory.stat").write_text("inactive_file 100\n")
        (folder / "memory.events").write_text(f"oom_kill {oom_kills}\n")
        (folder / "cgroup.procs").write_text("".join(f"{pid}\n" for pid in pids))


@pytest.fixture
def host(tmp_path):
    made = Host(tmp_path)
    made.process(10)
    made.container(1_000_000, 5100)
    return made


@pytest.fixture
def engine():
    return Engine()


def sampler(host, engine, memory=None):
    return ContainerSampler(engine, ["app"], memory, str(host.proc), str(host.cgroups))


def look(watching, now):
    return {metric: value for metric, labels, value in watching.sample(now) if labels in ({}, LABELS)}


def test_cpu_is_the_share_of_a_core_between_two_looks(host, engine):
    watching = sampler(host, engine)
    assert "container.cpu" not in look(watching, 0.0)
    host.container(2_000_000, 5100)
    assert look(watching, 4.0)["container.cpu"] == 0.25


def test_the_working_set_leaves_the_inactive_files_out(host, engine):
    assert look(sampler(host, engine), 0.0)["container.working_set"] == 5000


def test_the_memory_limit_is_told_once_for_each_container_that_was_found(host, engine):
    engine.memory = 512 * 2**20
    watching = sampler(host, engine)
    assert look(watching, 0.0)["container.memory_limit"] == 512 * 2**20
    assert "container.memory_limit" not in look(watching, 1.0)
    engine.id, engine.memory = "bbb", 256 * 2**20
    assert look(watching, 2.0)["container.memory_limit"] == 256 * 2**20


def test_without_a_limit_of_its_own_a_container_may_take_all_that_the_host_has(host, engine):
    (host.proc / "meminfo").write_text("MemTotal: 2048 kB\nMemAvailable: 512 kB\n")
    assert look(sampler(host, engine), 0.0)["container.memory_limit"] == 2048 * 1024


def test_a_limit_that_nobody_knows_is_not_told(host, engine):
    assert "container.memory_limit" not in look(sampler(host, engine), 0.0)


def test_a_restart_and_a_replacement_are_counted(host, engine):
    watching = sampler(host, engine)
    assert look(watching, 0.0)["container.restarts"] == 0
    engine.started_at, engine.pid = "t2", 11
    (host.proc / "10" / "stat").unlink()
    host.process(11)
    assert look(watching, 1.0)["container.restarts"] == 1
    engine.id = "bbb"
    engine.started_at = "t3"
    assert look(watching, 2.0)["container.restarts"] == 2


def test_a_replacement_that_nobody_saw_is_counted_by_the_next_agent(host, engine):
    watching = sampler(host, engine)
    look(watching, 0.0)
    engine.id, engine.started_at = "bbb", "t2"
    assert look(sampler(host, engine, watching.memory), 0.0)["container.restarts"] == 1


def test_oom_kills_since_the_start_of_the_soak_are_counted(host, engine):
    host.container(1, 5100, oom_kills=3)
    watching = sampler(host, engine)
    assert look(watching, 0.0)["container.oom_kills"] == 0
    host.container(1, 5100, oom_kills=4)
    assert look(watching, 1.0)["container.oom_kills"] == 1


def test_processes_are_told_at_each_look_and_counters_when_they_have_changed(host, engine):
    folder = host.cgroups / "c"
    (folder / "pids.current").write_text("4\n")
    (folder / "io.stat").write_text("8:0 rbytes=10 wbytes=20 rios=1 wios=1\n")
    watching = sampler(host, engine)

    def io(now):
        return {(metric, labels.get("direction")): value for metric, labels, value in watching.sample(now) if "container" in labels}

    first = io(0.0)
    assert (first["container.pids", None], first["container.io_bytes", "read"], first["container.io_bytes", "write"]) == (4, 10, 20)
    (folder / "io.stat").write_text("8:0 rbytes=10 wbytes=50 rios=1 wios=2\n")
    second = io(1.0)
    assert ("container.io_bytes", "read") not in second
    assert (second["container.pids", None], second["container.io_bytes", "write"]) == (4, 50)


def test_a_process_in_state_d_at_two_looks_is_hung(host, engine):
    host.process(12, "D")
    host.container(1, 5100, pids=(10, 12))
    watching = sampler(host, engine)
    assert look(watching, 0.0)["process.hung"] == 0
    assert look(watching, 1.0)["process.hung"] == 1


def test_a_container_whose_files_cannot_be_read_has_no_samples(host, engine):
    (host.proc / "10" / "cgroup").unlink()
    assert set(look(sampler(host, engine), 0.0)) == {
        "container.watched",
        "container.restarts",
        "container.replaced",
        "container.oom_kills",
    }


def test_a_container_that_goes_between_list_and_question_is_left_out(host, engine):
    def gone(_container):
        raise ServiceError("no such container")

    engine.inspect = gone
    assert look(sampler(host, engine), 0.0) == {"container.watched": 1.0}


def test_the_host_is_sampled_from_proc(tmp_path):
    (tmp_path / "stat").write_text("cpu  100 0 100 700 100 0 0 0\n")
    (tmp_path / "loadavg").write_text("0.50 0.4 0.3 1/2 3\n")
    (tmp_path / "meminfo").write_text("MemTotal: 100 kB\nMemAvailable: 40 kB\n")
    sampling = HostSampler(str(tmp_path), str(tmp_path))
    first = {metric: value for metric, _labels, value in sampling.sample()}
    (tmp_path / "stat").write_text("cpu  150 0 100 750 100 0 0 0\ncpu0 150 0 100 750 100 0 0 0\n")
    second = {metric: value for metric, _labels, value in sampling.sample()}
    assert "host.cpu" not in first
    assert second["host.cpu"] == 0.5
    assert second["host.load"] == 0.5
    assert second["host.memory_used"] == 0.6
    assert 0 < second["host.disk_used"] < 1


def test_only_another_container_of_the_name_is_a_replacement(host, engine):
    watching = sampler(host, engine)
    look(watching, 0.0)
    engine.started_at, engine.pid = "t2", 11
    host.process(11)
    (host.proc / "10" / "stat").unlink()
    assert look(watching, 1.0)["container.replaced"] == 0
    engine.id, engine.started_at = "bbb", "t3"
    assert look(watching, 2.0)["container.replaced"] == 1


def test_the_samples_of_a_later_life_have_another_label(host, engine):
    watching = sampler(host, engine)
    look(watching, 0.0)
    engine.id, engine.started_at = "bbb", "t2"
    seen = {metric: labels for metric, labels, _value in [*watching.sample(1.0), *watching.sample(2.0)]}
    later = {**LABELS, "life": "later"}
    assert (seen["container.working_set"], seen["container.cpu"], seen["container.restarts"]) == (later, later, LABELS)
    next_agent = {metric: labels for metric, labels, _value in sampler(host, engine, watching.memory).sample(3.0)}
    assert next_agent["container.working_set"] == later


def test_a_process_that_was_gone_at_the_first_look_is_followed_when_it_is_there(host, engine):
    (host.proc / "10" / "stat").rename(host.proc / "away")
    (host.proc / "10" / "cgroup").rename(host.proc / "away_too")
    watching = sampler(host, engine)
    assert "container.working_set" not in look(watching, 0.0)
    (host.proc / "away").rename(host.proc / "10" / "stat")
    (host.proc / "away_too").rename(host.proc / "10" / "cgroup")
    assert look(watching, 1.0)["container.working_set"] == 5000


def test_a_container_that_is_there_for_one_task_is_not_watched(host, engine):
    listed = engine.containers([])[0]
    for label, watched in (("True", 0.0), ("False", 1.0)):
        engine.containers = lambda _projects, label=label: [{**listed, "Labels": {"com.docker.compose.oneoff": label}}]
        assert look(sampler(host, engine), 0.0)["container.watched"] == watched
