# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Locust past one machine: a worker on another host sends its share, and what it does not send is counted.

The other host is a network namespace where we are root, so that its requests can be told by their address; else a folder of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from engine_client import until
from load_shop import PASSWORD, Drained, Shop, load_of, program, raw_load, senders, serving

from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak import foreign_load
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.process_lock import Lock

ROOT = Path(__file__).resolve().parents[2]
NETWORK = "10.213.77"
BEGIN = """
import json, sys
from ansible_collections.proofile.stagegate.plugins.modules import soak_load_worker
print(json.dumps(soak_load_worker.handle(json.loads(sys.stdin.read()), False)))
"""


@dataclass
class Elsewhere:
    """Another host: `enter` are the words before a command that is run there, `here` is where this host is reached from there."""

    folder: Path
    enter: tuple[str, ...] = ()
    here: str = "127.0.0.2"
    there: str = "127.0.0.1"
    given: dict[str, Any] = field(default_factory=dict)

    def worker(self, **given: Any) -> dict[str, Any]:
        """Run the module there."""
        base = {
            "state": "started", "state_dir": str(self.folder), "run": "r", "name": "elsewhere", "program": program("locust"), "first": 1,
            "secrets": {"password": PASSWORD}, "count": 1, "master_host": self.here, "seconds": 300.0,
        }  # fmt: skip
        done = subprocess.run(
            [*self.enter, sys.executable, "-c", BEGIN],
            input=json.dumps({**base, **self.given, **given}), capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT / "collections")},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return dict(json.loads(done.stdout))

    def workers(self) -> set[int]:
        """The workers that live there."""
        return senders(str(self.folder))

    def log(self) -> str:
        return (self.folder / "load/r/elsewhere/worker.log").read_text()


def namespace() -> Iterator[tuple[tuple[str, ...], str, str]]:
    """A network namespace that reaches this host: how to enter it, our address, its own."""
    name, link = f"stagegate-{os.getpid()}", f"sg{os.getpid()}"
    made = [
        ["netns", "add", name],
        ["link", "add", f"{link}a", "type", "veth", "peer", "name", f"{link}b", "netns", name],
        ["address", "add", f"{NETWORK}.1/30", "dev", f"{link}a"],
        ["link", "set", f"{link}a", "up"],
        ["-n", name, "address", "add", f"{NETWORK}.2/30", "dev", f"{link}b"],
        ["-n", name, "link", "set", f"{link}b", "up"],
    ]
    try:
        for words in made:
            subprocess.run(["ip", *words], check=True, capture_output=True)
        yield ("ip", "netns", "exec", name), f"{NETWORK}.1", f"{NETWORK}.2"
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Elsewhere]:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        host = Elsewhere(folder)
        if os.geteuid() == 0 and shutil.which("ip"):
            with contextlib.suppress(subprocess.CalledProcessError):
                enter, here, there = stack.enter_context(contextlib.contextmanager(namespace)())
                host = Elsewhere(folder, enter, here, there)
        yield host
        if host.given:
            host.worker(state="stopped")
        assert host.workers() == set()


@pytest.fixture
def begin(elsewhere: Elsewhere, tmp_path: Path) -> Iterator[Callable[..., Drained]]:
    """Starts the load of a shop with workers here and elsewhere."""
    loads = []
    with serving(elsewhere.here) as address, socket.socket() as probe:
        probe.bind((elsewhere.here, 0))
        port = probe.getsockname()[1]
        probe.close()

        def start(processes: int = 1, **changed: Any) -> Drained:
            more = {"processes": processes, "remote_workers": 1, "bind": elsewhere.here, "port": port, **changed}
            elsewhere.given = {"load": raw_load("locust", address, **more), "first": processes}
            load = load_of("locust", address, tmp_path, **more)
            loads.append(load)
            load.start()
            return Drained(load)

        yield start
        for load in loads:
            load.stop()


def test_what_is_reported_is_what_the_server_has_seen_of_both_hosts(begin: Callable[..., Drained], elsewhere: Elsewhere) -> None:
    told = begin()
    assert elsewhere.worker()["changed"]
    told.until(lambda tally: tally.requests > 0)
    assert not elsewhere.worker()["changed"]
    time.sleep(4)
    told.load.stop()
    tally = told.look()
    seen = sum(Shop.seen.values())
    # What was under way when it was stopped was seen and is told by nobody: a request for each sender at most.
    assert seen - 4 <= tally.requests <= seen
    assert (tally.errors, tally.failures, len(tally.durations), tally.saturated) == (0, [], tally.requests, 0)
    assert 80 <= tally.requests <= 22 * 10
    assert Shop.seen["/login", 200] == 2
    if elsewhere.enter:
        # Journeys are dealt in turn; those of two requests may be all with one of them.
        assert all(Shop.clients[address] > 0.35 * seen for address in (elsewhere.here, elsewhere.there))
    hidden = elsewhere.folder / "load/r/elsewhere/secrets.json"
    assert hidden.stat().st_mode & 0o777 == 0o600 and hidden.parent.stat().st_mode & 0o777 == 0o700
    assert elsewhere.worker(state="stopped")["changed"]
    assert not elsewhere.worker(state="stopped")["changed"]
    assert not any(PASSWORD.encode() in file.read_bytes() for file in elsewhere.folder.rglob("*") if file.is_file())


def the_whole_rate_is_sent_and_nothing_more_is_missed(told: Drained) -> None:
    before = told.look()
    lost, sent, began = before.saturated, before.requests, time.monotonic()
    time.sleep(3)
    after = told.look()
    assert after.requests - sent >= 0.8 * 22 * (time.monotonic() - began) - 4
    assert after.saturated - lost <= 4


def test_a_worker_elsewhere_that_is_killed_is_missed_and_comes_back(begin: Callable[..., Drained], elsewhere: Elsewhere) -> None:
    told = begin()
    elsewhere.worker()
    told.until(lambda tally: tally.requests > 20)
    first = elsewhere.workers()
    for pid in first:
        os.kill(pid, signal.SIGKILL)
    told.until(lambda tally: tally.saturated > 22)
    assert "worker 2 of 2 of the load is gone; what it does not send is counted" in [text for _at, text in told.look().failures]
    told.until(lambda _tally: elsewhere.workers() and len(told.load._ready) == 2)
    assert not first & elsewhere.workers()
    the_whole_rate_is_sent_and_nothing_more_is_missed(told)


def test_a_worker_that_does_not_come_is_missed_and_joins_the_others_when_it_comes(
    begin: Callable[..., Drained], elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foreign_load, "RETURN_SECONDS", 57.0)
    monkeypatch.setattr(foreign_load, "REMOTE_SECONDS", 0.0)
    told = begin()
    told.until(lambda tally: tally.requests > 10 and tally.saturated > 10)
    assert "1 of 2 workers of the load did not come within 3 s" in [text for _at, text in told.look().failures]
    elsewhere.worker()
    told.until(lambda _tally: len(told.load._ready) == 2)
    the_whole_rate_is_sent_and_nothing_more_is_missed(told)


def test_a_host_that_soaks_may_leave_all_sending_to_others_and_they_end_with_the_master(
    begin: Callable[..., Drained], elsewhere: Elsewhere
) -> None:
    told = begin(processes=0)
    elsewhere.worker()
    told.until(lambda tally: tally.requests > 20)
    first = elsewhere.workers()
    os.kill(told.load.processes()[0], signal.SIGKILL)
    told.until(lambda _tally: not first & elsewhere.workers(), 8.0)
    told.until(lambda tally: tally.saturated > 22)
    before = told.look().requests
    # The master is started again, and the keeper's next worker finds it.
    told.until(lambda tally: tally.requests > before + 10)
    told.load.stop()
    after = sum(Shop.seen.values())
    time.sleep(2)
    assert sum(Shop.seen.values()) == after


def test_a_worker_of_another_run_is_never_let_in(begin: Callable[..., Drained], elsewhere: Elsewhere) -> None:
    told = begin(processes=0)
    elsewhere.worker(run="r-before")
    ends = time.monotonic() + 6
    while time.monotonic() < ends:
        assert told.look().requests == 0
        time.sleep(0.5)
    assert len(elsewhere.workers()) == 1 and not Shop.seen
    elsewhere.worker(run="r-before", state="stopped")


def test_workers_end_at_their_deadline_without_any_word(begin: Callable[..., Drained], elsewhere: Elsewhere) -> None:
    told = begin()
    elsewhere.worker(seconds=6.0)
    told.until(lambda _tally: not elsewhere.workers() and told.all.requests > 0, 14.0)
    assert not (elsewhere.folder / "load/r/elsewhere/secrets.json").exists()
    # The keeper ends after the last of its workers.
    assert until(lambda: Lock(str(elsewhere.folder / "load/r/elsewhere/keeper.lock")).holder() is None, 5)
    assert elsewhere.worker(state="stopped") == {"changed": False, "pid": 0}


def test_workers_die_with_their_keeper_and_the_next_start_brings_both_back(begin: Callable[..., Drained], elsewhere: Elsewhere) -> None:
    begin(processes=0).load.stop()
    os.kill(elsewhere.worker()["pid"], signal.SIGKILL)
    ends = time.monotonic() + 5
    while elsewhere.workers():
        assert time.monotonic() < ends
        time.sleep(0.2)
    assert elsewhere.worker()["changed"]


PLAY = """
- hosts: staging
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {name: proofile.stagegate.soak, tasks_from: "{{ does }}"}
"""


@pytest.fixture
def play(elsewhere: Elsewhere, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Plays a part of the role with a load host in the inventory; what was said."""
    wrapper = tmp_path / "python"
    wrapper.write_text("\n".join(["#!/bin/sh", f'exec {" ".join([*elsewhere.enter, sys.executable])} "$@"', ""]))
    wrapper.chmod(0o700)
    (tmp_path / "play.yml").write_text(PLAY)
    with serving(elsewhere.here) as address:
        load = raw_load("locust", address)
        settings = {
            "stagegate_application": "s6hosts", "does": "start", "soak_duration_seconds": 60, "soak_interval_seconds": 1,
            "stagegate_run": {"id": "r", "release": "1a2b", "commit": "1" * 40, "policy": "p", "state_dir": str(tmp_path / "state")},
            "soak_postgres": {}, "soak_cache": {}, "soak_edge": {}, "soak_log_seconds": 0, "soak_supervisor": "loop",
            "soak_secrets": {"password": PASSWORD}, "soak_load_engine": load.pop("engine"), "soak_load_program": load.pop("program"),
            "soak_load": load, "soak_load_host_dir": str(elsewhere.folder), "soak_load_master_port": 41557,
        }  # fmt: skip
        here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "ansible_host": elsewhere.here}
        there = {"ansible_connection": "local", "ansible_python_interpreter": str(wrapper)}
        hosts = {"staging": {"hosts": {"soaks": here}, "vars": settings}, "load": {"hosts": {"elsewhere": there}}}
        (tmp_path / "hosts.json").write_text(json.dumps({"all": {"children": hosts}}))

        def run(does: str, *words: str) -> str:
            done = subprocess.run(
                ["ansible-playbook", "-i", str(tmp_path / "hosts.json"), "-e", f"does={does}", *words, str(tmp_path / "play.yml")],
                cwd=ROOT, capture_output=True, text=True, check=False,
                env={**os.environ, "ANSIBLE_NOCOLOR": "1", "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"},
            )  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr
            assert PASSWORD not in done.stdout + done.stderr
            return done.stdout

        yield run
        run("stop")


def test_the_role_starts_workers_on_the_load_hosts_once_and_ends_them(play: Callable[..., str], elsewhere: Elsewhere) -> None:
    play("start", "--check")
    assert not (elsewhere.folder / "load").exists()
    play("start")
    before = elsewhere.workers()
    assert len(before) == 1
    assert "soaks: ok=6, changed=0," in play("start")
    ends = time.monotonic() + 20
    while not all(Shop.clients[address] > 5 for address in (elsewhere.here, elsewhere.there)):
        assert time.monotonic() < ends, (Shop.clients, elsewhere.log())
        time.sleep(0.2)
    assert elsewhere.workers() == before
    play("stop")
    assert elsewhere.workers() == set()
