"""A storm over a soak with real processes: what it finds is what a soak beside it finds that nobody disturbs, or less, and never better."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from engine_proxy import ENGINE, EngineProxy

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit/io"))
from soak_lapse import Judged, judged

from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_control import SoakControl
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_files import SoakFolder

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "stagegate-test-storm"
SECONDS, INTERVAL = 44.0, 0.25
GOOD = ("PASS", "WARN")
FOUND = (
    {"id": "soak.duration", "sli": "soak.duration", "pass": f">= {SECONDS:.0f} s", "key": True},
    {"id": "soak.error_rate", "sli": "http.errors / http.requests", "pass": "< 1 pct", "key": True},
    {"id": "soak.restarts", "sli": "container.restarts", "each": "container", "pass": "== 0 count", "key": True},
    {"id": "soak.replaced", "sli": "container.replaced", "each": "container", "pass": "== 0 count", "key": True},
    {"id": "soak.memory", "sli": "container.working_set", "each": "container", "agg": "max", "pass": "< 200 MiB", "min_samples": 10},
    {"id": "soak.p50", "sli": "http.duration", "agg": "p(50)", "pass": "< 5 s", "min_samples": 30},
)
SEEN = (
    {"id": "soak.coverage", "sli": "soak.coverage", "pass": ">= 95 pct", "key": True},
    {"id": "soak.gap", "sli": "soak.longest_gap", "pass": "<= 2 s"},
    {"id": "soak.containers_seen", "sli": "container.coverage", "each": "container", "pass": ">= 95 pct", "key": True},
)
CONTROLLER = """
import json, sys
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_control import SoakControl
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_files import SoakFolder
control, raw = SoakControl(SoakFolder(sys.argv[1])), json.loads(sys.argv[2])
control.start(raw, {"password": "canary-5f3a"})
control.wait(600)
"""


@dataclass(frozen=True)
class Soak:
    """One soak of the tiny application."""

    state: Path
    raw: Mapping[str, Any]

    @property
    def control(self) -> SoakControl:
        """The soak, seen from outside."""
        return SoakControl(SoakFolder(str(self.state / "soak" / self.raw["run"])))

    def judge(self, *criteria: Mapping[str, Any]) -> Judged:
        """Collect and judge."""
        facts = self.control.collect(str(self.state))
        return judged(self.state, facts, self.control.status()["notes"], time.time(), criteria)

    def controller(self) -> subprocess.Popen[bytes]:
        """A controller that starts the soak, or finds it, and waits for its end."""
        import json

        words = [sys.executable, "-c", CONTROLLER, str(self.state / "soak" / self.raw["run"]), json.dumps(self.raw)]
        return subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(ROOT / "collections")})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    app = subprocess.Popen([sys.executable, str(ROOT / "molecule/soak/files/tiny_app.py"), str(free)])
    words = ["--label", f"com.docker.compose.project={PROJECT}", "debian:bookworm-slim", "sleep", "600"]
    subprocess.run(["docker", "rm", "--force", PROJECT], capture_output=True, check=False)
    subprocess.run(["docker", "run", "--detach", "--init", "--name", PROJECT, *words], check=True, capture_output=True)
    yield free
    app.kill()
    app.wait()
    subprocess.run(["docker", "rm", "--force", PROJECT], check=True, capture_output=True)


@contextlib.contextmanager
def small_disk(path: Path) -> Iterator[Path]:
    """A disk of its own, which can be filled."""
    path.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m,mode=0700", "stagegate-test", str(path)], check=True)
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def soak_of(state: Path, port: int, broken: bool, engine: str) -> Soak:
    steps = [{"request": "GET /broken" if broken else "GET /page"}]
    mix = [{"name": "page", "weight": 4, "steps": [{"request": "GET /page"}]}, {"name": "other", "weight": 1, "steps": steps}]
    load = {"base_url": f"http://127.0.0.1:{port}", "rate_per_second": 10, "workers": 2, "mix": mix}
    raw = {"run": "r-20261123T101500Z-1a2b3c4d5e6f", "duration_seconds": SECONDS, "interval_seconds": INTERVAL, "projects": [PROJECT]}
    return Soak(state, {**raw, "docker_socket": engine, "load": load})


def storm(soaks: list[Soak], engine: EngineProxy) -> list[int]:
    """Everybody is killed twenty times; the engine goes away, the disk fills, controllers die at every moment of their work."""
    killed = [0] * len(soaks)
    for number in range(20):
        controllers = [soak.controller() for soak in soaks]
        time.sleep(0.05 + 0.05 * number)  # the first have hardly begun, the last wait already
        for controller in controllers:
            controller.kill()
            controller.wait()
        for which, soak in enumerate(soaks):
            killed[which] += kill_agent(soak)
            ballast = soak.state / "ballast"
            if number == 8:
                with contextlib.suppress(OSError), ballast.open("wb") as stream:
                    stream.write(b"x" * 2**24)
            if number == 11:
                ballast.unlink()
        if number == 4:
            engine.go()
        if number == 6:
            time.sleep(2)  # whoever lives now looks for containers in vain; on a busy machine nobody lives as long as that otherwise
        if number == 7:
            engine.come()
    return killed


def kill_agent(soak: Soak) -> bool:
    """Kill the agent, as soon as one lives."""
    ends = time.monotonic() + 5
    while time.monotonic() < ends:
        pid = soak.control.agent()
        if pid:
            os.kill(pid, signal.SIGKILL)
            return True
        time.sleep(0.02)
    return False


@pytest.fixture(scope="module")
def stormed(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], Soak]]:
    folder = tmp_path_factory.mktemp("storm")
    engine = EngineProxy(str(folder / "engine.sock"))
    engine.come()
    kinds = ("good", "bad")
    with small_disk(folder / "storm-good"), small_disk(folder / "storm-bad"):
        soaks = {("calm", kind): soak_of(folder / f"calm-{kind}", port, kind == "bad", ENGINE) for kind in kinds}
        soaks.update({("storm", kind): soak_of(folder / f"storm-{kind}", port, kind == "bad", engine.path) for kind in kinds})
        try:
            for soak in soaks.values():
                soak.control.start(soak.raw, {"password": "canary-5f3a"})
            killed = storm([soaks["storm", kind] for kind in kinds], engine)
            assert min(killed) >= 18, "while the disk is full an agent may have no life to lose"
            for soak in soaks.values():
                for _again in range(2):  # whoever comes last brings back what the storm has left
                    soak.control.start(soak.raw, {"password": "canary-5f3a"})
                    soak.control.wait(SECONDS)
            yield soaks
        finally:
            for soak in soaks.values():
                soak.control.stop()
            engine.go()


def test_the_soak_came_to_its_end(stormed: dict[tuple[str, str], Soak]) -> None:
    assert {name: soak.control.status()["finished"] for name, soak in stormed.items()} == dict.fromkeys(stormed, True)
    # DONE is written first, then agent and supervisor end: on a busy machine that takes a moment.
    ends = time.monotonic() + 10
    while any(soak.control.runs() for soak in stormed.values()) and time.monotonic() < ends:
        time.sleep(0.2)
    assert [soak.control.runs() for soak in stormed.values()] == [False] * 4
    assert not [path for soak in stormed.values() for path in soak.state.rglob("secrets.json")]


@pytest.mark.parametrize("kind", ["good", "bad"])
def test_what_was_seen_in_the_storm_is_what_was_seen_without(stormed: dict[tuple[str, str], Soak], kind: str) -> None:
    calm, storm_ = stormed["calm", kind].judge(*FOUND), stormed["storm", kind].judge(*FOUND)
    assert calm.verdict == ("GO" if kind == "good" else "FAIL"), calm.statuses
    assert (storm_.verdict, storm_.statuses) == (calm.verdict, calm.statuses), storm_.notes


@pytest.mark.parametrize("kind", ["good", "bad"])
def test_what_was_missed_is_told_and_makes_nothing_better(stormed: dict[tuple[str, str], Soak], kind: str) -> None:
    calm, storm_ = stormed["calm", kind].judge(*FOUND, *SEEN), stormed["storm", kind].judge(*FOUND, *SEEN)
    assert [name for name, status in storm_.statuses.items() if status in GOOD and calm.statuses[name] not in GOOD] == []
    assert (storm_.verdict, storm_.statuses["soak.coverage"]) == ("FAIL", "FAIL")
    assert 0.05 < storm_.value("soak.coverage") < 0.95
    assert storm_.value("container.coverage") < storm_.value("soak.coverage"), "the engine was away, too"
    assert any("could not be written" in note or "cannot be" in note for note in storm_.notes) or storm_.value("soak.longest_gap") > 3
