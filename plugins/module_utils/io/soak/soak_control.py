# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Starting, asking, stopping and collecting a soak: what the module does on the staging host."""

from __future__ import annotations

import math
import os
import signal
import sqlite3
import time
from collections.abc import Mapping
from typing import Any, Callable, Optional

from ...core.errors import EvidenceError, InputError, ServiceError
from ...core.judge.samples import percentile
from ...core.measurement import measurement
from ...core.soak.log_errors import from_kept, kind_lines
from ...core.soak.soak_plan import SoakPlan, digest, parse_plan
from ...core.soak.soak_progress import Coverage, coverage, progress_line
from ...core.soak.soak_record import TOTALS, soak_measurements
from ...core.soak.watched import expected_metrics, silence_measurements, watched_measurements
from ..system.agent_package import put_agent
from ..system.clock import wait_until
from ..system.files import ensure_folder, write_json
from ..system.process_lock import Lock
from . import log_follower, soak_agent, soak_loop
from .foreign_load import check_engine
from .soak_clock import SoakClock, boot_id, boot_seconds
from .soak_files import SoakFolder
from .soak_store import SoakStore
from .soak_supervisors import Supervisor, chosen_supervisor, kill, supervisor_of

ALIVE_SECONDS = 60.0
RECENT_SECONDS = 60.0
START_SECONDS = 30.0
ASK_SECONDS = 5.0


class SoakControl:
    """The soak of one run, seen from outside."""

    def __init__(
        self,
        folder: SoakFolder,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        boot: Callable[[], tuple[str, float]] = lambda: (boot_id(), boot_seconds()),
    ) -> None:
        self._folder = folder
        self._wall = wall
        self._sleep = sleep
        self._boot = boot

    def would_start(self, raw: Mapping[str, Any]) -> bool:
        """True when `start` would change something. Raises InputError for a plan that cannot be used, or another plan."""
        plan = parse_plan(raw)
        if not self._folder.has("plan.json"):
            return True
        kept = self._folder.json("plan.json") or {}
        if kept.get("digest") != digest(raw):
            raise InputError(
                f"a soak of {plan.run} has begun under another plan",
                where=self._folder.path,
                why="a plan is fixed once its soak has begun: samples of two plans cannot be judged together",
                todo="go on with the old settings, start a new run, or start this one anew (restart: true)",
            )
        return not self._folder.has("DONE") and (self._folder.has("STOP") or not self.supervised())

    def start(self, raw: Mapping[str, Any], secrets: Mapping[str, str], chosen: Optional[Mapping[str, Any]] = None) -> bool:
        """Start the soak, or bring its supervisor back; False when it runs already or is done.

        `chosen` is the supervisor, {kind, image}, the loop where none is named; while one lives the choice of another is none.
        """
        if not self.would_start(raw):
            return False
        self._await_end()
        ensure_folder(self._folder.path)
        supervised_by = chosen_supervisor(chosen or {})
        supervisor = supervisor_of(self._folder, supervised_by, str(raw.get("run")), parse_plan(raw).docker_socket)
        supervisor.check()
        check_engine(parse_plan(raw).load, supervised_by["kind"])
        if not self._folder.has("plan.json"):
            write_json(self._folder.file("plan.json"), {"plan": dict(raw), "digest": digest(raw)})
        write_json(self._folder.file("secrets.json"), dict(secrets))
        put_agent(self._folder.file("agent.pyz"), soak_loop.__name__)
        if self._folder.has("STOP"):
            os.unlink(self._folder.file("STOP"))
        self._supervisor().end()
        write_json(self._folder.file("supervisor.json"), supervised_by)
        before, sampling = self._last_at(), self.agent() is not None
        supervisor.start()
        self._wait(lambda: sampling or self._folder.has("DONE") or self._last_at() != before, START_SECONDS)
        if self._last_at() == before and not sampling and not self._folder.has("DONE"):
            raise ServiceError(
                f"the soak agent took no sample within {START_SECONDS:.0f} s",
                where=self._folder.path,
                why=self._log_tail(),
                todo="read agent.log in that folder",
            )
        return True

    def stop(self) -> bool:
        """Ask supervisor and agent to end and wait for them; False when nothing ran. What does not end is killed."""
        ran = self.runs()
        if ran:
            write_json(self._folder.file("STOP"), {"at": self._wall()})
            self._await_end()
        self._supervisor().end()
        self._folder.forget_secrets()
        return ran

    def tidy(self) -> None:
        """Take away what started the agent of a soak that is done: its unit or its container."""
        if self._folder.has("DONE"):
            self._wait(lambda: self.agent() is None, 5.0)
            self._supervisor().end()

    def _await_end(self) -> None:
        """Where STOP stands: see supervisor and agent end, gently or not."""
        if not self._folder.has("STOP"):
            return
        for wait, what in ((15.0, signal.SIGTERM), (3.0, signal.SIGKILL), (3.0, None)):
            self._wait(lambda: not self.runs(), wait)
            if not self.runs() or what is None:
                return
            self._supervisor().end(what)
            agent = self.agent()
            if agent:
                kill(agent, what)

    def set_aside(self) -> None:
        """Move a soak away (to <run>.before-<n>), so that the run can be soaked anew; its samples stay on the host."""
        if not os.path.isdir(self._folder.path):
            return
        self.stop()
        number = 1
        while os.path.exists(f"{self._folder.path}.before-{number}"):
            number += 1
        os.rename(self._folder.path, f"{self._folder.path}.before-{number}")

    def supervised(self) -> bool:
        """True when somebody would bring the agent back."""
        return self._folder.has("plan.json") and self._supervisor().alive()

    def runs(self) -> bool:
        """True when anything of the soak lives."""
        return self.supervised() or self.agent() is not None

    def agent(self) -> Optional[int]:
        """Process id of the living agent, or None."""
        return Lock(self._folder.file("agent.lock")).holder()

    def wait(self, seconds: float) -> None:
        """Wait until the soak is done, is dead, or `seconds` are over."""
        asked, alive = -math.inf, True

        def over() -> bool:
            nonlocal asked, alive
            # Whether a file is there costs nothing; to ask systemd or the engine costs a process.
            if not self._folder.has("DONE") and time.monotonic() - asked >= ASK_SECONDS:
                asked, alive = time.monotonic(), self.supervised()
            return self._folder.has("DONE") or not alive

        self._wait(over, seconds)

    def status(self) -> dict[str, Any]:
        """How the soak stands; see progress_line for the keys. Raises InputError when there is no soak."""
        plan = self._plan()
        with self._store() as store:
            started, last_at, ticks = store.meta("started_at"), store.last_at(), store.ticks()
            finished = self._folder.has("DONE")
            now = self._now(store)
            elapsed = plan.duration if finished else min(plan.duration, max(0.0, now - (started or now)))
            covered = coverage(ticks, elapsed, plan.interval)
            status: dict[str, Any] = {
                "finished": finished,
                "running": self.agent() is not None,
                "elapsed_seconds": round(elapsed, 1),
                "duration_seconds": plan.duration,
                "remaining_seconds": round(plan.duration - elapsed, 1),
                "coverage": round(covered.ratio, 4),
                "longest_gap_seconds": covered.longest_gap,
                "latest": self._latest(store, last_at or 0.0),
                "notes": store.notes(10),
            }
        status["line"] = progress_line(status)
        status["measurements"] = [self._alive(last_at, now)]
        return status

    def collect(self, state_dir: str) -> list[dict[str, Any]]:
        """The measurements of the soak so far; its samples by reference."""
        plan = self._plan()
        file = os.path.relpath(self._folder.file("samples.sqlite"), state_dir)
        with self._store() as store:
            ticks = store.ticks()
            now = self._now(store)
            started = float(store.meta("started_at") or now)
            elapsed = plan.duration if self._folder.has("DONE") else min(plan.duration, max(0.0, now - started))
            totals = {(metric, labels): value for metric in TOTALS for labels, value in store.last(metric).items()}
            duration = ticks[-1] if ticks else 0.0
            covered = coverage(ticks, elapsed, plan.interval)
            names = store.meta(log_follower.STATE, {})
            kinds = {name: kind_lines(from_kept(store.meta(log_follower.KINDS + name))) for name in names}
            found = soak_measurements(file, duration, covered, store.sampled(), totals, store.notes(), kinds)
            watched = self._watched(store, started, elapsed, plan.interval)
            silences = {metric: self._silence(store, metric, started, elapsed, plan.interval) for metric in expected_metrics(plan)}
            return [*found, *watched_measurements(watched), *silence_measurements(silences), self._alive(store.last_at(), now)]

    def _silence(self, store: SoakStore, metric: str, started: float, elapsed: float, interval: float) -> float:
        offsets = [at - started for times in store.times(metric).values() for at in times]
        return coverage(sorted(offsets), elapsed, interval).longest_gap

    def _watched(self, store: SoakStore, started: float, elapsed: float, interval: float) -> dict[str, Coverage]:
        seen: dict[str, list[float]] = {}
        for labels, times in store.times("container.working_set").items():
            seen.setdefault(dict(labels).get("container", ""), []).extend(at - started for at in times)
        return {name: coverage(sorted(offsets), elapsed, interval) for name, offsets in seen.items()}

    def _now(self, store: SoakStore) -> float:
        """Unix seconds on the clock of the soak, which the wall clock of the host cannot move."""
        boot, seconds = self._boot()
        ahead, newest = float(store.meta("ahead") or 0.0), store.last_at() or 0.0
        return SoakClock(dict(store.meta("boots") or {}), boot, lambda: seconds, self._wall, ahead, newest).now()

    def _alive(self, last_at: Optional[float], now: float) -> dict[str, Any]:
        """Whether the newest sample is young: now, or, for a soak that is done, when it ended."""
        done = self._folder.json("DONE")
        at, when = (float(done["ended_at"]), "at the end of the soak") if done else (now, "while it runs")
        fresh = last_at is not None and at - last_at <= ALIVE_SECONDS
        return measurement("monitor.sampler_alive", int(fresh), "count", source=f"newest sample of the soak agent {when}")

    def _latest(self, store: SoakStore, last_at: float) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, metric in (("host_cpu", "host.cpu"), ("requests", "http.requests"), ("errors", "http.errors"),
                             ("postgres_active", "postgres.active"), ("disk_used", "host.disk_used")):  # fmt: skip
            for value in store.last(metric).values():
                found[name] = value
        recent = store.since("http.duration", last_at - RECENT_SECONDS)
        if recent:
            found["p95_seconds"] = round(percentile(recent, 95), 4)
        sizes = store.last("container.working_set")
        if sizes:
            largest = max(sizes, key=lambda labels: sizes[labels])
            found["largest_container"] = dict(largest).get("container", "")
            found["largest_working_set"] = sizes[largest]
        return found

    def _supervisor(self) -> Supervisor:
        """What the soak was started with."""
        try:
            kept = self._folder.json("plan.json") or {}
            plan = parse_plan(kept.get("plan") or {})
        except (InputError, EvidenceError):  # a plan that nobody can use has no agent either
            return supervisor_of(self._folder, {}, "", "")
        return supervisor_of(self._folder, self._folder.json("supervisor.json") or {}, plan.run, plan.docker_socket)

    def _plan(self) -> SoakPlan:
        if not self._folder.has("plan.json") or not self._folder.has("samples.sqlite"):
            raise InputError("there is no soak of this run", where=self._folder.path, todo="start it first")
        return self._folder.plan()

    def _store(self) -> SoakStore:
        return SoakStore(self._folder.file("samples.sqlite"), readonly=True)

    def _last_at(self) -> Optional[float]:
        if not self._folder.has("samples.sqlite"):
            return None
        try:
            with self._store() as store:
                return store.last_at()
        except sqlite3.Error:  # the agent is just making its tables
            return None

    def _log_tail(self) -> str:
        printed = ""
        if self._folder.has("agent.log"):
            with open(self._folder.file("agent.log"), encoding="utf-8", errors="replace") as stream:
                printed = stream.read()[-600:].strip()
        return " / ".join(text for text in (printed, self._supervisor().said()[-600:]) if text) or "it printed nothing"

    def _wait(self, until: Callable[[], bool], seconds: float) -> None:
        wait_until(until, seconds, self._sleep)


# The agent is packed from the loaded modules: this import is what loads them.
AGENT_MODULE = soak_agent.__name__
