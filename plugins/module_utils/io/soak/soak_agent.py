# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The soak agent: samples and load until the deadline.

Run as `python3 agent.pyz sample <folder>`, by what brings it back when it dies: the loop (soak_loop.py), systemd or the engine.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Callable

from ...core.errors import ServiceError, StagegateError
from ...core.soak.soak_plan import SoakPlan
from ..engine.engine_socket import EngineSocket
from ..system.files import write_json
from ..system.process_lock import Lock
from .foreign_load import load_sense
from .load import Tally
from .samplers import ContainerSampler, HostSampler
from .soak_clock import SoakClock, boot_id, boot_seconds
from .soak_files import SoakFolder
from .soak_holes import Hole, Note
from .soak_listeners import listeners
from .soak_loop import OTHER_AGENT, say
from .soak_senses import Senses
from .soak_store import TICK, Row, SoakStore

ALL_REAL = Senses()


class Agent:
    """One agent process of a soak."""

    def __init__(
        self,
        folder: SoakFolder,
        plan: SoakPlan,
        store: SoakStore,
        clock: SoakClock,
        senses: Senses = ALL_REAL,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder = folder
        self._plan = plan
        store.stretch_seconds = plan.stretch_seconds
        self._store = store
        self._clock = clock
        self._sleep = sleep
        self._clock_steps = int(store.meta("clock_steps") or 0)
        self._without_engine = Hole("the engine did not answer")
        self._kept: dict[str, Any] = {}  # what the listeners want to be kept and is not written yet
        self._unwritten = Hole("what was measured could not be written")
        self._started = float(store.meta("started_at") or clock.now())
        engine = EngineSocket(plan.docker_socket)
        self._host = senses.host or HostSampler(_data_root(engine))
        self._containers = senses.containers or ContainerSampler(engine, plan.projects, store.meta("containers"))
        self._listeners = (
            listeners(folder, plan, engine, self._started, clock.now, store.meta) if senses.listeners is None else senses.listeners
        )
        self._load = senses.load
        if plan.load and not self._load:
            self._load = load_sense(plan.load, folder.json("secrets.json") or {}, clock.now, folder.path, plan.run)
        self._totals = dict(store.meta("totals") or {"http.requests": 0, "http.errors": 0, "soak.saturated": 0})

    def run(self) -> bool:
        """Sample until the deadline (True) or until somebody asks to stop (False)."""
        at = self._clock.now()
        rows = [*self._load_rows(Tally(), at), *self._clock_rows(at)]
        self._store.append(rows, started_at=self._started, boots=self._clock.boots)
        for listener in self._listeners:
            listener.start()
        if self._load:
            self._load.start()
        try:
            return self._ticks()
        finally:
            if self._load:
                self._load.stop()
            for listener in self._listeners:
                listener.stop()
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
                self._sleep(max(0.0, min(0.5, self._started + following - self._clock.now())))

    def _tick(self, offset: float) -> None:
        at = self._clock.now()
        values = self._host.sample()
        notes: list[Note] = []
        try:
            values += self._containers.sample(self._clock.steady())
            notes += self._without_engine.over(at)
            self._without_engine.close()
        except ServiceError as error:
            notes += self._without_engine.missed(at, str(error))
        rows: list[Row] = [(metric, labels, at, value) for metric, labels, value in values]
        step = self._clock.step()
        if step is not None:
            self._clock_steps += 1
            notes.append((at, f"the wall clock was set by {step:+.1f} s; the times of the samples do not follow it"))
            rows += self._clock_rows(at)
        self._flush([(TICK, {}, at, offset), *rows], notes)

    def _flush(self, rows: list[Row], notes: Sequence[Note] = ()) -> None:
        """Write what was measured. When it cannot be written it is missed; what is counted goes on being counted."""
        at = self._clock.now()
        tally = self._load.drain() if self._load else Tally()
        rows = [*rows, *self._load_rows(tally, at), *(self._clock_rows(at) if self._unwritten.open else [])]
        said = [*self._unwritten.over(at), *notes, *tally.failures]
        for listener in self._listeners:
            more_rows, more_notes = listener.drain()
            rows += more_rows
            said += more_notes
            self._kept.update(listener.kept)
        try:
            self._store.append(rows, said, totals=self._totals, containers=self._containers.memory, **self._clock_memory(), **self._kept)
            self._kept = {}
            self._unwritten.close()
        except ServiceError as error:
            self._unwritten.missed(at, str(error))

    def _clock_memory(self) -> dict[str, float]:
        return {"clock_steps": self._clock_steps, "ahead": self._clock.ahead}

    def _clock_rows(self, at: float) -> list[Row]:
        counts = (("soak.clock_steps", self._clock_steps), ("soak.reboots", self._clock.reboots))
        return [(metric, {}, at, float(value)) for metric, value in counts]

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
    if not folder.has("DONE") and not folder.has("STOP"):
        with SoakStore(folder.file("samples.sqlite")) as store:
            clock = _clock_of(store)
            if Agent(folder, folder.plan(), store, clock).run():
                store.seal()
                write_json(folder.file("DONE"), {"ended_at": clock.now(), "reason": "deadline"})
    if folder.has("DONE"):
        folder.forget_secrets()
    return 0


def _clock_of(store: SoakStore) -> SoakClock:
    ahead, newest = float(store.meta("ahead") or 0.0), store.last_at() or 0.0
    return SoakClock(store.meta("boots") or {}, boot_id(), boot_seconds, ahead=ahead, newest=newest)


def contained(folder: SoakFolder, name: str) -> int:
    """Be the agent in the container `name`; when the soak is over the engine is told not to start the container again."""
    ended = sample(folder)
    if ended == 0:
        EngineSocket(folder.plan().docker_socket).retire(name)
    return ended


def act(arguments: Sequence[str]) -> int:
    """Do what the words after `agent.pyz` say: `sample <folder>`, or `contained <folder> <name of the container>`."""
    words = dict(zip(("program", "act", "folder", "container"), arguments))
    if (words.get("act"), len(arguments)) not in (("sample", 3), ("contained", 4)):
        say("usage: agent.pyz sample|supervise <folder of the soak> | contained <folder of the soak> <name of the container>")
        return 2
    folder = SoakFolder(words["folder"])
    try:
        return contained(folder, words["container"]) if words["act"] == "contained" else sample(folder)
    except StagegateError as error:
        say(str(error))
        return 1


def _data_root(engine: EngineSocket) -> str:
    try:
        return engine.data_root()
    except ServiceError as error:
        say(str(error))
        return "/var/lib/docker"
