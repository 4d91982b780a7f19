# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the register runs on: the modules themselves on a real ledger, and an engine that says what a real one was recorded saying."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import StagegateError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.outcome import status_text
from ansible_collections.proofile.stagegate.plugins.module_utils.core.measurement import measurement
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.command import Completed
from ansible_collections.proofile.stagegate.plugins.modules import decision, gate, ledger, phase, run

ROOT = Path(__file__).resolve().parents[3]
FIXTURES = ROOT / "tests/fixtures"
COMMIT = "1a2b3c4d5e6f" + "0" * 28
REFUSED = "REFUSED"


class Said(NamedTuple):
    """What came out: GO, HOLD, FAIL, ERROR, NO-GO or REFUSED; the status of each criterion; the words for people."""

    verdict: str
    statuses: tuple[str, ...]
    why: str
    score: float = 0.0


def fact(sli: str, value: Any, unit: str, **options: Any) -> dict[str, Any]:
    """Return a measurement; keywords that `measurement` does not know are labels."""
    known = {key: options.pop(key) for key in ("samples", "series", "histogram", "source") if key in options}
    return measurement(sli, value, unit, labels=options, **known)


class Train:
    """One run on a ledger on disk, moved by the modules that the roles call."""

    def __init__(self, state_dir: Path, gates: Any, matrix: Any = None, commit: str = COMMIT) -> None:
        self.gates, self.matrix = gates, matrix or {}
        given = {"state_dir": str(state_dir), "application": "app", "commit": commit, "policy": "demo", "fresh": False}
        self.run = dict(run.handle({**given, "gates": gates, "decision": self.matrix}, False)["run"])

    def start(self, name: str) -> Train:
        """Begin a phase, as its playbook does."""
        requires = self.gates[name].get("requires", []) if name in self.gates else []
        given = {"run": self.run, "phase": name, "requires": requires, "gates": {}, "resume": False, "join": False}
        self.run = dict(phase.handle(given, False)["run"])
        return self

    def record(self, name: str, *facts: Mapping[str, Any], entries: Sequence[Mapping[str, Any]] = ()) -> Train:
        """Record measurements, and entries of other kinds."""
        ledger.handle({"run": self.run, "phase": name, "measurements": list(facts), "entries": list(entries)}, False)
        return self

    def judge(self, name: str, waivers: Sequence[Mapping[str, Any]] = ()) -> Said:
        """Let the gate of a phase judge."""
        told = gate.handle({"run": self.run, "phase": name, "gates": self.gates, "waivers": list(waivers)}, False)
        return Said(told["verdict"], tuple(status_text(item) for item in told["outcomes"]), told["message"], told["score"])

    def decide(self) -> Said:
        """Let the matrix decide."""
        told = decision.handle({"run": self.run, "gates": self.gates, "decision": self.matrix, "waivers": []}, False)
        return Said(told["decision"], tuple(row["answer"] for row in told["go"] + told["hold"]), told["message"])


def or_refused(act: Callable[[], Said]) -> Said:
    """Return what came out, REFUSED for a typed refusal. Any other exception is a failure of the test."""
    try:
        return act()
    except StagegateError as error:
        return Said(REFUSED, (), str(error))


class Host:
    """A host with as many state folders as a test needs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._used = 0

    def state_dir(self) -> Path:
        """Return a new state folder."""
        self._used += 1
        return self._folder / f"state{self._used}"

    def judged(self, criteria: Any, *facts: Mapping[str, Any]) -> Said:
        """A soak with these criteria and these facts, in a run of its own."""
        return self.judged_gate({"title": "Soak", "criteria": criteria}, *facts)

    def judged_gate(self, given: Any, *facts: Mapping[str, Any], name: str = "soak") -> Said:
        """A phase with a gate as it stands in a policy, and these facts, in a run of its own."""
        return or_refused(lambda: Train(self.state_dir(), {name: given}).start(name).record(name, *facts).judge(name))


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """Give a host."""
    return Host(tmp_path)


@pytest.fixture(scope="session")
def make_fact() -> Callable[..., dict[str, Any]]:
    """Give the maker of measurements."""
    return fact


@pytest.fixture(scope="session")
def train_on() -> type[Train]:
    """Give the maker of runs."""
    return Train


@pytest.fixture(scope="session")
def refusing() -> Callable[[Callable[[], Said]], Said]:
    """Give what turns a typed refusal into the verdict REFUSED."""
    return or_refused


@pytest.fixture(scope="session")
def policy_gate() -> Callable[..., dict[str, Any]]:
    """Give the maker of a gate that holds some criteria of the staging policy, exactly as they stand there."""
    gates = yaml.safe_load((ROOT / "inventories/staging/group_vars/all/gates.yml").read_text())["stagegate_gates"]
    by_id = {item["id"]: item for given in gates.values() for item in given["criteria"]}

    def make(*ids: str) -> dict[str, Any]:
        return {"criteria": [by_id[name] for name in ids]}

    return make


class EnginePlayer:
    """Plays `docker`: every container is the recorded one, changed where a test says so.

    `services` maps (project, service) to its courses: each look at the engine shows the next one, the last one stays. A course is what
    differs from the recorded `State`; `Health: None` is a container without a healthcheck, `{}` a healthy one.
    """

    def __init__(self, services: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]], started: bool = False, images: Any = None) -> None:
        self._services = {key: list(courses) for key, courses in services.items()}
        self._started = started
        self._recorded = json.loads((FIXTURES / "release/inspect_backend.json").read_text())
        self._images = images

    def __call__(self, argv: Sequence[str], **_options: Any) -> Completed:
        words = " ".join(argv)
        if " up " in words:
            self._started = True
        return Completed(tuple(argv), *self._answer(argv, words), "")

    def _answer(self, argv: Sequence[str], words: str) -> tuple[int, str]:
        if words.startswith("docker ps"):
            return 0, "\n".join(f"{project}/{service}" for project, service in self._shown(words))
        if words.startswith("docker inspect"):
            return 0, json.dumps([self._inspected(*name.split("/")) for name in argv[4:]])
        if words.startswith("docker image inspect"):
            known = self._images is None or argv[-1] in self._images
            return (0, self._recorded["Image"] + "\n") if known else (1, "")
        if "config --hash" in words:
            own = self._recorded["Config"]["Labels"]["com.docker.compose.config-hash"]
            return 0, "".join(f"{service} {own}\n" for _project, service in self._services)
        return 0, ""

    def _shown(self, words: str) -> Iterator[tuple[str, str]]:
        for project, service in self._services:
            wanted = f"project={project}" in words or "project=" not in words
            if wanted and (self._started or not project.endswith(("-blue", "-green"))):
                yield project, service

    def _inspected(self, project: str, service: str) -> dict[str, Any]:
        courses = self._services[project, service]
        course = courses.pop(0) if len(courses) > 1 else courses[0]
        found = copy.deepcopy(self._recorded)
        found.update(Id=f"{project}/{service}", Name=f"/{project}-{service}-1")
        found["State"].update({key: value for key, value in course.items() if key != "Health"})
        if "Health" in course:
            found["State"]["Health"] = course["Health"]
        names = {"com.docker.compose.project": project, "com.docker.compose.service": service}
        found["Config"]["Labels"].update(names)
        return found


@pytest.fixture(scope="session")
def play_engine() -> type[EnginePlayer]:
    """Give the player of engines."""
    return EnginePlayer


class Clock:
    """Time passes when somebody sleeps, and a little with every look."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        self.time += 0.001
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.time += seconds


@pytest.fixture
def clock() -> Clock:
    """Give a clock that does not wait."""
    return Clock()
