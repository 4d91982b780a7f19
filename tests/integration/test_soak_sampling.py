"""The soak's samples on a real engine: events of containers that are killed, run out of memory and turn unhealthy; throttling and I/O."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from engine_client import docker, until
from loaded_release import ROOT, LoadedApp

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_plan import parse_plan
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.engine_socket import EngineSocket
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.engine_events import EngineEvents
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.samplers import ContainerSampler
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.slow_samplers import SlowSamplers
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_control import SoakControl
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_files import soak_folder
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources.series import read_series

IMAGE = "debian:bookworm-slim"
PROJECT = "s2events"
PORT = 8400


def container(name: str, *options: str, command: str = "sleep 300") -> str:
    """A container that looks like one of compose's."""
    docker(
        "run", "--detach", "--init", "--name", f"{PROJECT}-{name}", "--label", f"com.docker.compose.project={PROJECT}",
        "--label", f"com.docker.compose.service={name}", *options, IMAGE, "sh", "-c", command,
    )  # fmt: skip
    return f"{PROJECT}-{name}"


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    left = docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={PROJECT}").split()
    if left:
        docker("rm", "--force", "--volumes", *left)


class Counted:
    """The counts as the rows told them."""

    def __init__(self, events: EngineEvents) -> None:
        self.events = events
        self.values: dict[tuple[str, str], float] = {}

    def look(self) -> dict[tuple[str, str], float]:
        rows, _notes = self.events.drain()
        for metric, labels, _at, value in rows:
            self.values[metric, labels.get("container", "")] = value
        return self.values

    def until(self, key: tuple[str, str], value: float, seconds: float = 20.0) -> None:
        ends = time.monotonic() + seconds
        while self.look().get(key) != value:
            assert time.monotonic() < ends, (key, value, self.values)
            time.sleep(0.1)


def following(kept: Any = None, engine: EngineSocket | None = None) -> Counted:
    events = EngineEvents(engine or EngineSocket(), [PROJECT], time.time, kept)
    events.start()
    counted = Counted(events)
    counted.until(("soak.event_gaps", ""), 0)
    return counted


def test_a_kill_an_out_of_memory_and_a_turn_to_unhealthy_are_counted_each_once() -> None:
    well = container("well", "--health-cmd", "test ! -e /ill", "--health-interval", "1s", "--health-retries", "1", "--health-timeout", "5s")
    quiet = container("quiet")
    counted = following()
    try:
        docker("kill", "--signal", "KILL", quiet)
        greedy = container("greedy", "--memory", "16m", "--memory-swap", "16m", command="tail /dev/zero")
        counted.until(("container.deaths", quiet), 1)
        counted.until(("container.deaths", greedy), 1)
        counted.until(("container.oom_events", greedy), 1)
        assert counted.values["container.creations", greedy] == 1
        assert counted.values["container.creations", well] == 0
        docker("exec", well, "touch", "/ill")
        counted.until(("container.health_flips", well), 1)
        docker("exec", well, "rm", "/ill")
        docker("restart", "--time", "0", well)
        counted.until(("container.starts", well), 1)
        assert (counted.values["container.deaths", well], counted.values["container.health_flips", quiet]) == (1, 0)
    finally:
        counted.events.stop()
    counted.look()
    assert counted.values["soak.event_gaps", ""] == 0


def test_what_happens_while_the_agent_is_away_is_counted_by_the_next_one_and_nothing_twice() -> None:
    name = container("away")
    counted = following()
    docker("restart", "--time", "0", name)
    counted.until(("container.deaths", name), 1)
    kept = counted.events.kept  # as of the last commit: what comes next happens to a killed agent
    docker("restart", "--time", "0", name)
    counted.events.stop()
    docker("restart", "--time", "0", name)
    again = following(kept)
    try:
        again.until(("container.deaths", name), 3)
        again.until(("container.starts", name), 3)
        time.sleep(1.0)
        assert again.look()["container.deaths", name] == 3
    finally:
        again.events.stop()


class Between:
    """A socket between agent and engine that can be cut; the engine itself is never touched."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._open: list[socket.socket] = []
        self.mend()

    def mend(self) -> None:
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(self.path)
        self._listening.listen()
        self._begin(self._accept, self._listening)

    def cut(self) -> None:
        os.unlink(self.path)
        for one in (self._listening, *self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open = []

    def _accept(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _address = listening.accept()
                far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                far.connect("/var/run/docker.sock")
                self._open += [near, far]
                self._begin(self._pass, near, far)
                self._begin(self._pass, far, near)

    @staticmethod
    def _pass(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while part := source.recv(65536):
                target.sendall(part)
            target.shutdown(socket.SHUT_WR)

    @staticmethod
    def _begin(job: Callable[..., None], *arguments: socket.socket) -> None:
        threading.Thread(target=job, args=arguments, daemon=True).start()


@pytest.fixture
def between(tmp_path: Any) -> Iterator[Between]:
    made = Between(str(tmp_path / "engine.sock"))
    yield made
    made.cut()


def test_a_lost_connection_is_said_as_long_as_it_lasts_and_loses_nothing(between: Between) -> None:
    name = container("cut")
    counted = following(engine=EngineSocket(between.path))
    try:
        docker("restart", "--time", "0", name)
        counted.until(("container.deaths", name), 1)
        between.cut()
        counted.until(("soak.event_gaps", ""), 1)
        docker("restart", "--time", "0", name)
        between.mend()
        counted.until(("container.deaths", name), 2)
        counted.until(("soak.event_gaps", ""), 0)
    finally:
        counted.events.stop()


def test_the_kernel_tells_io_processes_and_throttling_of_a_container_with_a_quota() -> None:
    name = container("busy", "--cpus", "0.1", command="while :; do :; done")
    sampler = ContainerSampler(EngineSocket(), [PROJECT])
    found: dict[str, float] = {}
    ends = time.monotonic() + 10
    while found.get("container.throttled_time", 0) < 0.2:
        assert time.monotonic() < ends, found
        found.update({metric: value for metric, labels, value in sampler.sample(time.monotonic()) if labels.get("container") == name})
        time.sleep(0.3)
    assert found["container.pids"] >= 2
    assert 0 < found["container.throttled_periods"] <= found["container.cpu_periods"]
    assert found["container.cpu"] < 0.5


UPDATE = "UPDATE pair SET n = n + 1 WHERE id = {};"
BOTH_ROWS = f"SET deadlock_timeout = '3s'; BEGIN; {UPDATE} SELECT pg_sleep(3); {UPDATE} COMMIT"


@pytest.mark.parametrize(("orders", "broken", "status"), [(((1, 2), (2, 1)), 1, "FAIL"), (((1, 2), (1, 2)), 0, "PASS")])
def test_a_deadlock_is_counted_and_judged_and_transactions_that_only_wait_are_not(
    tmp_path: Path, book: Any, orders: tuple[tuple[int, int], ...], broken: int, status: str
) -> None:
    docker("build", "--quiet", "--tag", "stagegate-soak-postgres", str(ROOT / "examples/proofile/docker/postgres"))
    name = f"{PROJECT}-postgres"
    labels = ["--label", f"com.docker.compose.project={PROJECT}", "--label", "com.docker.compose.service=postgres"]
    docker("run", "--detach", "--name", name, "--env", "POSTGRES_PASSWORD=shop-1234", *labels, "stagegate-soak-postgres")
    psql = ["exec", "--env", "PGPASSWORD=shop-1234", name, "psql", "-h", "127.0.0.1", "-U", "postgres", "-c"]
    until(lambda: docker(*psql, "SELECT 1", check=False) != "", 60)
    docker(*psql, "CREATE TABLE pair (id int PRIMARY KEY, n int); INSERT INTO pair VALUES (1, 0), (2, 0)")
    folder = soak_folder(str(tmp_path), "r-1")
    plan = {"run": "r-1", "duration_seconds": 12, "interval_seconds": 1, "slow_seconds": 1, "projects": [PROJECT]}
    control = SoakControl(folder)
    control.start({**plan, "postgres": {"project": PROJECT, "service": "postgres"}}, {})
    with ThreadPoolExecutor(2) as sessions:
        ended = list(sessions.map(lambda order: docker(*psql, BOTH_ROWS.format(*order), check=False), orders))
    assert ended.count("") == broken, "the transaction that the server ended failed"
    control.wait(40)
    facts = {fact["sli"]: fact for fact in control.collect(str(tmp_path))}
    assert read_series(str(tmp_path), facts["postgres.deadlocks"]["series"]).increase() == broken
    assert max(read_series(str(tmp_path), facts["postgres.locks_waiting"]["series"]).values) >= 1
    assert judged(book, list(facts.values()), tmp_path, wanted=("deadlocks",)) == {"deadlocks": status}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoadedApp]:
    """Two services behind the real edge."""
    app = LoadedApp("s2edge", PORT, tmp_path_factory.mktemp("s2edge"))
    app.remove()
    app.build()
    app.deploy("0" * 12)
    yield app
    app.remove()


def soak_plan(shop: LoadedApp, **more: Any) -> dict[str, Any]:
    projects = [f"{shop.name}-{part}" for part in ("data", "blue", "green", "edge")]
    edge = {"project": f"{shop.name}-edge", "service": "edge"}
    return {"run": "r-1", "duration_seconds": 10, "interval_seconds": 1, "slow_seconds": 2, "projects": projects, "edge": edge, **more}


def soaked(shop: LoadedApp, folder: Path, seconds: int, during: Callable[[], None] = lambda: None) -> list[dict[str, Any]]:
    """What a real agent has measured, with load and probes through the edge."""
    load = {"base_url": shop.url, "rate_per_second": 40, "workers": 4, "timeout_seconds": 2, "mix": [{"steps": [{"request": "GET /"}]}]}
    probes = [{"name": name, "url": f"{shop.url}/health", "timeout_seconds": 1} for name in ("backend", "frontend")]
    control = SoakControl(soak_folder(str(folder), "r-1"))
    control.start(soak_plan(shop, duration_seconds=seconds, load=load, probes=probes), {})
    during()
    control.wait(40)
    assert control.status()["finished"]
    return control.collect(str(folder))


EDGE_CRITERIA = ("user_error_rate", "services_answer", "deaths", "health_flips", "events_whole")


def judged(book: Any, facts: list[dict[str, Any]], folder: Path, wanted: tuple[str, ...] = EDGE_CRITERIA, **changes: Any) -> dict[str, str]:
    """The shipped criteria about what is sampled here -> their status."""
    gates = yaml.safe_load((ROOT / "inventories/staging/group_vars/all/gates.yml").read_text())["stagegate_gates"]
    for fact in facts:
        book.add("evidence", "soak", fact)
    found = {}
    for criterion in gates["soak"]["criteria"]:
        name = criterion["id"].partition(".")[2]
        if name in wanted:
            outcome = book.outcome({**criterion, "id": "soak.tested", **changes}, load=lambda series: read_series(str(folder), series))
            found[name] = f"{outcome.status} {outcome.reason}".strip()
    assert set(found) == set(wanted)
    return found


def test_the_edge_counts_what_the_load_has_sent_and_the_shipped_criteria_judge_it(shop: LoadedApp, tmp_path: Path, book: Any) -> None:
    facts = soaked(shop, tmp_path, 8)
    found = {(fact["sli"], *fact["labels"].values()): fact for fact in facts}

    def increase(*key: str) -> float:
        return float(read_series(str(tmp_path), found[key]["series"]).increase() or 0)

    sent, asked = increase("http.requests"), increase("probe.requests", "backend") + increase("probe.requests", "frontend")
    counted = increase("edge.requests", str(PORT))
    print(f"the load sent {sent:.0f}, the probes {asked:.0f}, the edge counted {counted:.0f}")
    assert sent >= 160
    assert asked >= 6
    assert (increase("http.errors"), increase("edge.errors_5xx", str(PORT))) == (0, 0)
    # The first look at the edge is a moment after the first request, and what was under way at the end is counted by one side only.
    assert counted == pytest.approx(sent + asked, abs=40)
    assert any(sli == "edge.time_average" for sli, *_labels in found)
    good = dict.fromkeys(("services_answer", "deaths", "health_flips", "events_whole"), "PASS")
    # So few requests cannot show an error rate under 0.1 %.
    assert judged(book, facts, tmp_path) == {**good, "user_error_rate": "INCONCLUSIVE low_power"}


def test_a_service_that_dies_is_seen_by_edge_probes_and_events(shop: LoadedApp, tmp_path: Path, book: Any) -> None:
    web = next(name for name in docker("ps", "--format", "{{.Names}}").split() if re.fullmatch(rf"{shop.name}-(blue|green)-web-1", name))

    def kill() -> None:
        time.sleep(1)
        docker("kill", web)

    facts = soaked(shop, tmp_path, 6, kill)
    docker("start", web)
    wait_for(shop.url)
    bad = dict.fromkeys(("user_error_rate", "services_answer", "deaths"), "FAIL")
    assert judged(book, facts, tmp_path) == {**bad, "health_flips": "PASS", "events_whole": "PASS"}


def test_a_restarted_edge_takes_nothing_away(shop: LoadedApp) -> None:
    sampler = SlowSamplers(parse_plan(soak_plan(shop)), EngineSocket(), time.time)

    def requests() -> float:
        sampler.look()
        rows, notes = sampler.drain()
        assert notes == []
        return next(value for metric, labels, _at, value in rows if (metric, labels.get("port")) == ("edge.requests", str(PORT)))

    def ask(times: int) -> None:
        for _ in range(times):
            with urllib.request.urlopen(shop.url, timeout=5) as answer:
                assert answer.status == 200

    assert requests() == 0
    ask(5)
    assert requests() == 5
    docker("restart", "--time", "1", f"{shop.name}-edge-edge-1")
    wait_for(shop.url)
    before = requests()
    ask(3)
    assert requests() == before + 3
    assert before >= 5


def wait_for(url: str) -> None:
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2):
            return
        time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")
