# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A soak in time lapse: the agent, its store, what collects and what judges are the real ones; only time, kernel files and engine are made.

Faults are given with the second of the soak at which they strike.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import ServiceError, StagegateError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.evidence import EvidenceBook
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.policy import read_policy
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.verdict import gate_verdict, judge_gate
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger import ledger
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_plan import digest
from ansible_collections.proofile.stagegate.plugins.module_utils.core.times import rfc3339
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.load import Tally
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.samplers import ContainerSampler
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_agent import Agent
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_clock import SoakClock
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_control import SoakControl
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_files import SoakFolder
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_senses import Senses
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_store import SoakStore
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources.series import SeriesReader

RUN = "r-20261123T101500Z-1a2b3c4d5e6f"
COMMIT = "1a2b3c4d5e6f" + "0" * 28
BEGAN = 1_800_000_000.0
MEBIBYTE = 2**20

# What decides here: the staging policy's words, with the times of the soak that is judged.
CRITERIA = (
    {"id": "soak.duration", "sli": "soak.duration", "pass": ">= {duration:.0f} s", "key": True},
    {"id": "soak.coverage", "sli": "soak.coverage", "pass": ">= 95 pct", "key": True},
    {"id": "soak.gap", "sli": "soak.longest_gap", "pass": "<= {gap:.0f} s"},
    {"id": "soak.containers_seen", "sli": "container.coverage", "each": "container", "pass": ">= 95 pct", "key": True},
    {"id": "soak.cpu", "sli": "host.cpu", "agg": "p(95)", "pass": "< 70 pct", "min_samples": 20},
    {"id": "soak.memory", "sli": "container.working_set", "each": "container", "agg": "max", "pass": "< 300 MiB"},
    {"id": "soak.error_rate", "sli": "http.errors / http.requests", "pass": "< 1 pct", "key": True},
    {"id": "soak.restarts", "sli": "container.restarts", "each": "container", "pass": "== 0 count", "key": True},
    {"id": "soak.replaced", "sli": "container.replaced", "each": "container", "pass": "== 0 count", "key": True},
    {"id": "soak.silence", "sli": "soak.longest_silence{metric=host.cpu}", "pass": "<= {gap:.0f} s"},
)
GROWTH = {
    "id": "soak.memory_growth",
    "sli": "container.working_set",
    "each": "container",
    "agg": "slope",
    "pass": "<= 5 pct/h",
    "min_duration": "4 h",
    "min_cycles": 3,
    "key": True,
}


class Killed(BaseException):
    """What SIGKILL does: nothing more is written."""


@dataclass(frozen=True)
class Fault:
    """Something bad from the second `at` of the soak on, for `lasts` seconds.

    kill, reboot: the agent is dead that long. disk_full, engine_away: what it says. step: the wall clock is set by `lasts`.
    replace, restart: of the container.
    """

    at: float
    kind: str
    lasts: float = 0.0

    def holds(self, now: float) -> bool:
        """True while it lasts."""
        return self.at <= now < self.at + self.lasts


@dataclass
class World:
    """What is true, by the second of the soak: memory in bytes, host CPU 0 to 1, the share of requests that fail."""

    memory: Callable[[float], float] = lambda _second: 100.0 * MEBIBYTE
    cpu: Callable[[float], float] = lambda _second: 0.2
    errors: float = 0.0
    rate: float = 2.0
    faults: Sequence[Fault] = ()


@dataclass
class Lapse:
    """Time that passes when somebody sleeps, and the machine as it is then."""

    world: World
    folder: Path
    nap: float = 0.5
    seconds: float = 0.0
    boot: int = 1
    booted: float = -100.0
    skew: float = 0.0
    coming: list[Fault] = field(default_factory=list)
    life: int = 1
    container: int = 1
    drained: float = 0.0
    failed: float = 0.0

    def __post_init__(self) -> None:
        self.proc, self.cgroup = self.folder / "proc", self.folder / "cgroup/c"
        self.coming = sorted(self.world.faults, key=lambda fault: -fault.at)
        self.cgroup.mkdir(parents=True)
        for name, text in (("memory.stat", "inactive_file 0\n"), ("memory.events", "oom_kill 0\n"), ("cgroup.procs", "")):
            (self.cgroup / name).write_text(text)
        self._process()

    def _process(self) -> None:
        home = self.proc / str(self.life)
        home.mkdir(parents=True)
        (home / "cgroup").write_text("0::/c\n")
        (home / "stat").write_text(f"{self.life} (app) S" + " 0" * 18 + f" {self.life + 100} 0\n")

    def wall(self) -> float:
        """The wall clock."""
        return BEGAN + self.seconds + self.skew

    def steady(self) -> float:
        """Seconds since this boot."""
        return self.seconds - self.booted

    def sleep(self, seconds: float) -> None:
        """Let time pass; faults strike when their time has come."""
        self.seconds += max(seconds, self.nap if seconds >= 0.5 else 0.001)  # an agent that naps may sleep longer than it wished
        while self.coming and self.coming[-1].at <= self.seconds:
            self._strike(self.coming.pop())

    def _strike(self, fault: Fault) -> None:
        if fault.kind == "step":
            self.skew += fault.lasts
        if fault.kind in ("replace", "restart", "reboot"):
            (self.proc / str(self.life) / "stat").unlink()
            self.life += 1
            self.container += fault.kind == "replace"
            self._process()
        if fault.kind in ("kill", "reboot"):
            self.seconds = max(self.seconds, fault.at + fault.lasts)
            if fault.kind == "reboot":
                self.boot, self.booted = self.boot + 1, self.seconds - 20.0
            raise Killed

    def now(self, kind: str) -> bool:
        """True while a fault of a kind lasts."""
        return any(fault.kind == kind and fault.holds(self.seconds) for fault in self.world.faults)

    # what the engine says
    def containers(self, _projects: Sequence[str]) -> list[dict[str, Any]]:
        """The one container."""
        if self.now("engine_away"):
            raise ServiceError("the engine does not answer", where="made")
        return [{"Id": f"id-{self.container}", "Names": ["/app"], "Labels": {}}]

    def inspect(self, _container: str) -> dict[str, Any]:
        """Its state."""
        return {"State": {"Pid": self.life, "StartedAt": f"t-{self.life}"}, "HostConfig": {"Memory": 512 * MEBIBYTE}}

    def start(self) -> None:
        """The load begins: what was not sent while no agent lived is not sent later."""
        self.drained = self.seconds

    def stop(self) -> None:
        """The load ends."""

    def drain(self) -> Tally:
        """What the load sent since the last call."""
        due = int(self.seconds * self.world.rate) - int(self.drained * self.world.rate)
        self.drained = self.seconds
        self.failed += due * self.world.errors
        errors, self.failed = int(self.failed), self.failed - int(self.failed)
        return Tally(due, errors, 0, [(BEGAN + self.seconds, 0.05)] * due)


class Host:
    """The CPU of the host."""

    def __init__(self, lapse: Lapse) -> None:
        self._lapse = lapse

    def sample(self) -> list[tuple[str, dict[str, str], float]]:
        """host.cpu."""
        return [("host.cpu", {}, self._lapse.world.cpu(self._lapse.seconds))]


class Containers(ContainerSampler):
    """The real sampler, before whose look the files of the kernel are written."""

    def __init__(self, lapse: Lapse, memory: Mapping[str, Any] | None) -> None:
        super().__init__(lapse, ["app"], memory, str(lapse.proc), str(lapse.folder / "cgroup"))
        self._lapse = lapse

    def sample(self, now: float) -> list[tuple[str, dict[str, str], float]]:
        """One look."""
        (self._lapse.cgroup / "memory.current").write_text(f"{self._lapse.world.memory(self._lapse.seconds):.0f}\n")
        (self._lapse.cgroup / "cpu.stat").write_text(f"usage_usec {self._lapse.seconds * 1e5:.0f}\n")
        return super().sample(now)


class LapseStore(SoakStore):
    """The real store; on a full disk SQLite itself says so."""

    def __init__(self, path: str, lapse: Lapse) -> None:
        super().__init__(path, durable=False)
        self._lapse = lapse
        self._gone = False

    def append(self, rows: Any, notes: Any = (), **meta: Any) -> None:
        """Write, unless the disk is full."""
        if self._gone:
            return
        full = self._lapse.now("disk_full")
        pages = "PRAGMA page_count" if full else "SELECT 1073741823"
        self._db.execute(f"PRAGMA max_page_count = {self._db.execute(pages).fetchone()[0]}")
        # A page that is not full yet would take some rows more: this is what no page takes.
        super().append(rows, notes, **meta, **({"too_much": "x" * 100_000} if full else {}))

    def vanish(self) -> None:
        """From now on nothing can be written, as after SIGKILL."""
        self._gone = True


@dataclass(frozen=True)
class Judged:
    """The verdict and the status of each criterion; what was measured; what the soak noted."""

    verdict: str
    statuses: Mapping[str, str]
    facts: Sequence[Mapping[str, Any]]
    notes: Sequence[str]

    def value(self, sli: str, **labels: str) -> float:
        """The value of a measurement."""
        return next(fact["value"] for fact in self.facts if fact["sli"] == sli and labels.items() <= fact["labels"].items())


def soaked(state: Path, world: World, duration: float, interval: float, *more: Mapping[str, Any], spoil: Any = None) -> Judged:
    """Soak in time lapse, collect and judge. `spoil` gets the path of the samples before they are collected."""
    lapse = Lapse(world, state / "machine", interval / 20)
    folder = SoakFolder(str(state / "soak" / RUN))
    Path(folder.path).mkdir(parents=True)
    raw = {"run": RUN, "duration_seconds": duration, "interval_seconds": interval, "projects": ["app"], "docker_socket": "/nowhere"}
    Path(folder.file("plan.json")).write_text(json.dumps({"plan": raw, "digest": digest(raw)}))
    while not lived(folder, lapse):
        pass
    Path(folder.file("DONE")).write_text(json.dumps({"ended_at": BEGAN + lapse.seconds}))
    if spoil:
        spoil(folder.file("samples.sqlite"))
    control = SoakControl(folder, lapse.wall, lapse.sleep, lambda: (f"boot-{lapse.boot}", lapse.steady()))
    facts = control.collect(str(state))
    notes = control.status()["notes"]
    return judged(state, facts, notes, lapse.wall(), [*written(duration, interval), *more])


def lived(folder: SoakFolder, lapse: Lapse) -> bool:
    """One life of the agent; True when the soak is over."""
    with LapseStore(folder.file("samples.sqlite"), lapse) as store:
        clock = SoakClock(
            store.meta("boots") or {}, f"boot-{lapse.boot}", lapse.steady, lapse.wall, store.meta("ahead") or 0.0, store.last_at() or 0.0
        )
        senses = Senses(Host(lapse), Containers(lapse, store.meta("containers")), lapse, listeners=[])

        def sleep(seconds: float) -> None:
            try:
                lapse.sleep(seconds)
            except Killed:
                store.vanish()
                raise

        try:
            return Agent(folder, folder.plan(), store, clock, senses, sleep).run()
        except Killed:
            return False
        except StagegateError:  # the agent could not begin: a second later it is started again
            with contextlib.suppress(Killed):
                lapse.sleep(1.0)
            return False


def written(duration: float, interval: float) -> list[dict[str, Any]]:
    """The criteria for a soak of this length."""
    gap = max(6 * interval, 300.0 if duration > 7200 else 0.0)
    return [{**criterion, "pass": criterion["pass"].format(duration=duration, gap=gap)} for criterion in CRITERIA]


def judged(state: Path, facts: Sequence[Mapping[str, Any]], notes: Sequence[str], now: float, criteria: Sequence[Any]) -> Judged:
    """Put the measurements into a ledger and let the gate judge."""
    run = {"id": RUN, "release": COMMIT[:12], "commit": COMMIT, "policy": "demo", "policy_digest": "0" * 64, "state_dir": str(state)}
    entries: list[dict[str, Any]] = []
    for kind, body in [("phase", {"event": "started", "requires": []}), *(("evidence", fact) for fact in facts)]:
        entries.append(ledger.entry_after(entries[-1] if entries else None, rfc3339(now), kind, run, "soak", body))
    gate = read_policy({"soak": {"criteria": list(criteria)}}).gate("soak")
    outcomes = judge_gate(gate, EvidenceBook(entries, RUN, COMMIT[:12]), SeriesReader(str(state)), now)
    return Judged(gate_verdict(outcomes), {outcome.id: outcome.status for outcome in outcomes}, facts, notes)
