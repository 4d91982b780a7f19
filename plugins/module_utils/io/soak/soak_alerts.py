# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The alerts of a soak on the staging host: the rules held against the samples, what fires told to people, all of it remembered.

watch.json   what is watched (gate, jobs, settings)      notify.json  0600: where people are told
alerts.json  how the alerts stand, what was told         alerts.lock  one process at a time goes on with it
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Optional

from ...core.alerts.alert_course import Course, Grid, advance, soak_alerts
from ...core.alerts.alert_queries import Labels
from ...core.alerts.alert_rules import Alert, AlertSettings, read_settings
from ...core.errors import StagegateError
from ...core.judge.policy import Gate, read_policy
from ...core.judge.samples import Samples
from ...core.soak.soak_record import SERIES, TOTALS
from ..alerts.alert_delivery import Sender, channels_of, tell, undelivered
from ..system.files import write_json
from ..system.process_lock import Lock
from .soak_files import SoakFolder
from .soak_store import Row, SoakStore

WATCH, NOTIFY, ALERTS = "watch.json", "notify.json", "alerts.json"
STALE_SECONDS = 60.0
STEP_SECONDS = 15.0
PART_SECONDS = 3600.0
LOCK_SECONDS = 10.0


class AlertFollower:
    """Goes on with the alerts of one soak from where they were left, whoever left them."""

    def __init__(
        self,
        folder: SoakFolder,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder = folder
        self._wall = wall
        self._sleep = sleep
        self._read: tuple[Any, list[Alert], AlertSettings] = (None, [], AlertSettings("", 0.0, {}))

    def rules(self) -> tuple[list[Alert], AlertSettings]:
        """The rules of the policy that the soak is watched by; none where nothing was said to be watched."""
        watch = self._folder.json(WATCH) or {}
        if watch != self._read[0]:
            gate, given = gate_of(watch), watch.get("alerts") or {}
            settings = read_settings(
                str(given.get("policy") or "policy"), given.get("no_data_for") or "5 min", given.get("from_pass") or {}
            )
            found = soak_alerts(gate, {**SERIES, **TOTALS}, given.get("over") or {}, settings) if gate else []
            self._read = (watch, found, settings)
        return self._read[1], self._read[2]

    def follow(self) -> Course:
        """Look at every moment since the last look, tell people, write down how it stands. Another process at it: only read."""
        alerts, settings = self.rules()
        if not alerts or not self._folder.has("samples.sqlite"):
            return self.course()
        lock = Lock(self._folder.file("alerts.lock"))
        if not self._taken(lock):
            return self.course()
        try:
            return self._follow(alerts, settings)
        finally:
            lock.release()

    def course(self) -> Course:
        """How the alerts stood at the last look."""
        return Course.of((self._folder.json(ALERTS) or {}).get("course"))

    def undelivered(self) -> int:
        """How many messages did not arrive."""
        return undelivered((self._folder.json(ALERTS) or {}).get("told") or {})

    def step_seconds(self) -> float:
        """Seconds between two moments."""
        given = (self._folder.json(WATCH) or {}).get("alerts") or {}
        return float(given.get("step_seconds") or STEP_SECONDS)

    def _follow(self, alerts: list[Alert], settings: AlertSettings) -> Course:
        kept = self._folder.json(ALERTS) or {}
        course, told = Course.of(kept.get("course")), dict(kept.get("told") or {})

        def keep() -> None:
            write_json(self._folder.file(ALERTS), {"course": course.as_dict(), "told": told})

        with SoakStore(self._folder.file("samples.sqlite"), readonly=True) as store:
            grid, until = self._grid(store), self._until(store)
            while grid is not None and course.seen < until:
                # In parts, so that a long absence needs no more memory than a short one.
                part = min(until, max(course.seen, grid.start) + max(PART_SECONDS, grid.step))
                advance(alerts, settings, grid, course, _Window(store, alerts, grid, max(course.seen, grid.start), part), part)
                if part >= until:
                    break
        keep()
        watch, notify = self._folder.json(WATCH) or {}, self._folder.json(NOTIFY)
        sender = Sender(*(str(watch.get(name) or "") for name in ("application", "run", "release")))
        tell(course.incidents, told, channels_of(notify), sender, self._wall, keep)
        return course

    def _grid(self, store: SoakStore) -> Optional[Grid]:
        started, plan = store.meta("started_at"), self._folder.plan()
        if started is None:
            return None
        stale = max(STALE_SECONDS, 4 * plan.interval, 4 * plan.slow_interval)
        return Grid(float(started), max(self.step_seconds(), 0.1), stale, plan.duration)

    def _until(self, store: SoakStore) -> float:
        """Up to the newest sample; past it only where it is old, the soak is not over, and nobody stopped it."""
        last = store.last_at() or 0.0
        if self._folder.has("DONE") or self._folder.has("STOP"):
            return last
        return max(last, self._wall() - STALE_SECONDS)

    def _taken(self, lock: Lock) -> bool:
        ends = time.monotonic() + LOCK_SECONDS
        while not lock.take():
            if time.monotonic() > ends:
                return False
            self._sleep(0.1)
        return True


class _Window:
    """The samples that the moments of one part need, each SLI read once."""

    def __init__(self, store: SoakStore, alerts: list[Alert], grid: Grid, begin: float, end: float) -> None:
        self._store = store
        self._begin, self._end = begin, end
        self._back: dict[str, float] = {}
        for alert in alerts:
            for query in alert.watch.queries:
                # As far as the longest window, and a hole that is still none.
                back = max(alert.watch.window, 2 * grid.stale, 300.0)
                self._back[query.sli] = max(self._back.get(query.sli, 0.0), back)
        self._kept: dict[str, Mapping[Labels, Samples]] = {}

    def __call__(self, sli: str) -> Mapping[Labels, Samples]:
        if sli not in self._kept:
            self._kept[sli] = self._store.between(sli, self._begin - self._back[sli], self._end + 1e-3)
        return self._kept[sli]


class AlertThread:
    """Follows the alerts inside of the agent, so that people are told while no controller is there.

    How they stand is kept in alerts.json, and nowhere else.
    """

    def __init__(self, folder: SoakFolder, wall: Callable[[], float]) -> None:
        self._follower = AlertFollower(folder, wall)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._wall = wall
        self._said: list[str] = []
        self._new: list[tuple[float, str]] = []

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more; a message that is under way is waited for."""
        self._stop.set()
        self._thread.join(15.0)

    @property
    def kept(self) -> dict[str, Any]:
        """Nothing for the store."""
        return {}

    def drain(self) -> tuple[list[Row], list[tuple[float, str]]]:
        """No samples; what went wrong since the last call, each text once, with its unix time."""
        new, self._new = self._new, []
        return [], new

    def _run(self) -> None:
        while not self._stop.wait(self._pause()):
            try:
                self._follower.follow()
            except (StagegateError, sqlite3.Error, OSError, ValueError) as error:
                # Nobody reads an exception of a thread, and sampling must go on.
                if str(error) not in self._said:
                    self._said.append(str(error))
                    self._new.append((self._wall(), f"alerts: {error}"))

    def _pause(self) -> float:
        try:
            return self._follower.step_seconds()
        except (StagegateError, OSError, ValueError):
            return STEP_SECONDS


def gate_of(watch: Mapping[str, Any]) -> Optional[Gate]:
    """The gate that a soak is watched by, alone: what it requires of other phases is not asked here."""
    gate, phase = watch.get("gate"), str(watch.get("phase") or "soak")
    if not gate:
        return None
    return replace(read_policy({phase: {**gate, "requires": []}}).gate(phase), requires=())
