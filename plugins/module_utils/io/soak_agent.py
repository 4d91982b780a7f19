# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The soak agent: samples and load until the deadline, and the supervisor that brings the agent back when it dies.

Run as `python3 agent.pyz supervise <folder>`; the supervisor starts `python3 agent.pyz sample <folder>`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Callable, Optional

from ..core.errors import ServiceError, StagegateError
from ..core.soak.soak_plan import SoakPlan
from .engine_socket import EngineSocket
from .files import write_json
from .load import LoadGenerator, Tally
from .log_follower import LogFollower
from .samplers import ContainerSampler, HostSampler
from .slow_samplers import SlowSamplers
from .soak_files import Lock, SoakFolder
from .soak_store import TICK, Row, SoakStore

OTHER_AGENT = 75  # exit code: another agent of this soak is alive
RESTART_PAUSE = 1.0


@dataclass
class SoakClock:
    """Unix time that does not jump: the wall clock is read once a boot, then the steady clock counts.

    `boots` ({boot id: [unix s, steady s]}) is kept in the store, so that an agent that comes back goes on counting.
    """

    boots: dict[str, list[float]]
    boot_id: str
    steady: Callable[[], float]
    wall: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        self.boots.setdefault(self.boot_id, [self.wall(), self.steady()])

    def now(self) -> float:
        """Unix seconds."""
        wall, steady = self.boots[self.boot_id]
        return wall + self.steady() - steady


class Agent:
    """One agent process of a soak."""

    def __init__(self, folder: SoakFolder, plan: SoakPlan, store: SoakStore, clock: SoakClock) -> None:
        self._folder = folder
        self._plan = plan
        self._store = store
        self._clock = clock
        self._started = float(store.meta("started_at") or clock.now())
        engine = EngineSocket(plan.docker_socket)
        self._host = HostSampler(_data_root(engine))
        self._containers = ContainerSampler(engine, plan.projects, store.meta("containers"))
        self._slow = SlowSamplers(plan, engine, clock.now)
        self._logs = LogFollower(plan.logs, engine, plan.projects, self._started, clock.now, store.meta) if plan.logs else None
        self._load = LoadGenerator(plan.load, folder.json("secrets.json") or {}, clock.now) if plan.load else None
        self._totals = dict(store.meta("totals") or {"http.requests": 0, "http.errors": 0, "soak.saturated": 0})

    def run(self) -> bool:
        """Sample until the deadline (True) or until somebody asks to stop (False)."""
        self._store.append(self._load_rows(Tally(), self._clock.now()), started_at=self._started, boots=self._clock.boots)
        self._slow.start()
        if self._logs:
            self._logs.start()
        if self._load:
            self._load.start()
        try:
            return self._ticks()
        finally:
            if self._load:
                self._load.stop()
            self._slow.stop()
            if self._logs:
                self._logs.stop()
            self._flush([])

    def _ticks(self) -> bool:
        plan = self._plan
        while True:
            offset = self._clock.now() - self._started
            self._tick(offset)
            if offset >= plan.duration:
                return True
            # On the grid of the start: an agent that came back late goes on with the others' slots.
            following = min((offset // plan.interval + 1) * plan.interval, plan.duration)
            while self._clock.now() - self._started < following:
                if self._folder.has("STOP"):
                    return False
                time.sleep(max(0.0, min(0.5, self._started + following - self._clock.now())))

    def _tick(self, offset: float) -> None:
        at = self._clock.now()
        values = self._host.sample()
        notes = []
        try:
            values += self._containers.sample(time.monotonic())
        except ServiceError as error:
            notes.append((at, str(error)))
        rows: list[Row] = [(metric, labels, at, value) for metric, labels, value in values]
        self._flush([(TICK, {}, at, offset), *rows], notes)

    def _flush(self, rows: list[Row], notes: Sequence[tuple[float, str]] = ()) -> None:
        at = self._clock.now()
        slow_rows, slow_notes = self._slow.drain()
        tally = self._load.drain() if self._load else Tally()
        log_rows, log_notes, log_state = self._logs.drain() if self._logs else ([], [], {})
        rows = [*rows, *slow_rows, *log_rows, *self._load_rows(tally, at)]
        said = [*notes, *slow_notes, *log_notes, *tally.failures]
        self._store.append(rows, said, totals=self._totals, containers=self._containers.memory, **log_state)

    def _load_rows(self, tally: Tally, at: float) -> list[Row]:
        if not self._load:
            return []
        self._totals["http.requests"] += tally.requests
        self._totals["http.errors"] += tally.errors
        self._totals["soak.saturated"] += tally.saturated
        rows: list[Row] = [("http.duration", {}, when, seconds) for when, seconds in tally.durations]
        return rows + [(metric, {}, at, float(value)) for metric, value in self._totals.items()]


def sample(folder: SoakFolder) -> int:
    """Be the agent of a soak until it is done (0), stopped (0), or another agent is found alive (OTHER_AGENT)."""
    lock = Lock(folder.file("agent.lock"))
    if not lock.take():
        return OTHER_AGENT
    if folder.has("DONE"):
        return 0
    with SoakStore(folder.file("samples.sqlite")) as store:
        clock = SoakClock(store.meta("boots") or {}, _boot_id(), _steady)
        done = Agent(folder, folder.plan(), store, clock).run()
        if done:
            store.seal()
            write_json(folder.file("DONE"), {"ended_at": clock.now(), "reason": "deadline"})
    if done and folder.has("secrets.json"):
        os.unlink(folder.file("secrets.json"))
    return 0


def supervise(folder: SoakFolder, program: str) -> int:
    """Keep an agent alive until the soak is done or stopped. Ends at once when another supervisor lives."""
    lock = Lock(folder.file("supervisor.lock"))
    if not lock.take():
        return 0
    while not folder.has("DONE") and not folder.has("STOP"):
        # AnsibleModule and its run_command are not known in io.
        ended = subprocess.run([sys.executable, program, "sample", folder.path], check=False)  # pylint: disable=ansible-bad-function
        if ended.returncode not in (0, OTHER_AGENT):
            _say(f"the agent ended with {ended.returncode}; it is started again")
        if not folder.has("DONE"):
            time.sleep(RESTART_PAUSE)
    return 0


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Entry point of agent.pyz."""
    arguments = list(sys.argv if argv is None else argv)
    if len(arguments) != 3 or arguments[1] not in ("sample", "supervise"):
        _say("usage: agent.pyz sample|supervise <folder of the soak>")
        return 2
    os.umask(0o077)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    folder = SoakFolder(arguments[2])
    try:
        return sample(folder) if arguments[1] == "sample" else supervise(folder, arguments[0])
    except StagegateError as error:
        _say(str(error))
        return 1


def _say(text: str) -> None:
    """One JSON line into agent.log."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    sys.stderr.write(json.dumps({"at": at, "pid": os.getpid(), "said": text}) + "\n")
    sys.stderr.flush()


def _data_root(engine: EngineSocket) -> str:
    try:
        return engine.data_root()
    except ServiceError as error:
        _say(str(error))
        return "/var/lib/docker"


def _boot_id() -> str:
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as stream:
        return stream.read().strip()


def _steady() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)
