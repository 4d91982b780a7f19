# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A look at a soak: how far it is, what is to be run, what fires, what can no longer pass, and the two lines that say so.

Everything comes from the folder of the soak on the staging host: a controller that goes away and comes back sees the same.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...core.errors import InputError
from ...core.fields import Fields
from ...core.judge.evidence import EvidenceBook
from ...core.judge.verdict import judge_gate
from ...core.soak.early import ahead_of, lost
from ...core.soak.job_schedule import Job, Standing, read_jobs, rounds_left, seconds_to_next, standings
from ...core.soak.soak_lines import head_line, value_line
from ...core.soak.soak_progress import coverage
from ...core.soak.watch_record import alert_measurements, job_measurements
from ...core.times import rfc3339
from ..alerts.alert_delivery import channels_of
from ..sources.series import SeriesReader
from ..system.files import write_json
from .soak_alerts import NOTIFY, WATCH, AlertFollower, gate_of
from .soak_control import SoakControl
from .soak_files import SoakFolder
from .soak_jobs import JobJournal
from .soak_store import SoakStore

_KEYS = ("application", "run", "release", "phase", "gate", "jobs", "alerts", "fail_early", "waived")
_ALERT_KEYS = ("policy", "no_data_for", "from_pass", "over", "step_seconds")


class SoakWatch:
    """What whoever watches a soak has to know."""

    def __init__(
        self,
        folder: SoakFolder,
        state_dir: str,
        wall: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder = folder
        self._state_dir = state_dir
        self._wall = wall
        self._control = SoakControl(folder, wall, sleep)
        self._journal = JobJournal(folder, wall)
        self._alerts = AlertFollower(folder, wall, sleep)

    def set(self, watch: Mapping[str, Any], notify: Mapping[str, Any], write: bool = True) -> bool:
        """Say what is watched and who is told; True when that is news. InputError for what cannot be meant, before anything is written."""
        fields = Fields(watch, "watch", _KEYS)
        Fields(fields.given.get("alerts") or {}, "watch.alerts", _ALERT_KEYS)
        read_jobs(fields.given.get("jobs") or [])
        gate_of(watch)
        channels_of(notify)
        if not write:
            return bool(self._folder.json(WATCH) != dict(watch) or self._folder.json(NOTIFY) != dict(notify))
        if not self._folder.has("plan.json"):
            raise InputError("there is no soak of this run", where=self._folder.path, todo="start it first")
        changed = [write_json(self._folder.file(WATCH), dict(watch)), write_json(self._folder.file(NOTIFY), dict(notify))]
        return any(changed)

    def wait(self, seconds: float, until_job: bool = False) -> None:
        """Wait for the end of the soak, for `seconds`, or (`until_job`) for a job that is due."""
        if not until_job:
            self._control.wait(seconds)
            return
        jobs, plan = self._jobs(), self._folder.plan()
        elapsed = self._elapsed(plan.duration)
        until = seconds_to_next(self._standings(jobs, plan.duration, elapsed), elapsed)
        self._control.wait(seconds if until is None else min(seconds, until))

    def look(self, follow: bool = True) -> dict[str, Any]:
        """How the soak stands. With `follow` the alerts are brought up to now and told; without it nothing is written or sent."""
        status = self._control.status()
        status.pop("measurements")
        course = self._alerts.follow() if follow else self._alerts.course()
        if follow and status["finished"] and self._folder.has(NOTIFY):
            # Everything is told: the addresses, which are secrets, are not needed any more.
            os.unlink(self._folder.file(NOTIFY))
        rules = len(self._alerts.rules()[0])
        jobs = self._standings(self._jobs(), status["duration_seconds"], status["elapsed_seconds"])
        own = [
            *job_measurements(jobs, self._journal.failures()),
            *alert_measurements(rules, course.fired, course.incidents, self._alerts.undelivered()),
        ]
        outcomes, losses = self._judged(status, own)
        alerts = {"open": len(course.open()), "fired": sum(course.fired.values()), "rules": rules}
        lines = [head_line(status, alerts, jobs), *filter(None, [value_line(outcomes)])]
        return {
            **status,
            "supervised": self._control.supervised(),
            "line": "\n".join(lines),
            "lines": lines,
            "jobs": [each.as_dict() for each in jobs],
            "due": [{"name": each.name, "slot": each.due} for each in jobs if each.due is not None],
            "missed": sum(len(each.missed) for each in jobs),
            "rounds": rounds_left(self._jobs(), status["duration_seconds"], status["elapsed_seconds"]),
            "alerts": {**alerts, "firing": [f"{each['name']} {each['group']}".strip() for each in course.open()]},
            "lost": losses,
            "measurements": own,
            "incidents": course.incidents,
        }

    def _jobs(self) -> tuple[Job, ...]:
        return read_jobs((self._folder.json(WATCH) or {}).get("jobs") or [])

    def _elapsed(self, duration: float) -> float:
        if self._folder.has("DONE"):
            return duration
        with SoakStore(self._folder.file("samples.sqlite"), readonly=True) as store:
            return min(duration, max(0.0, self._wall() - float(store.meta("started_at") or self._wall())))

    def _standings(self, jobs: Sequence[Job], duration: float, elapsed: float) -> list[Standing]:
        return standings(jobs, duration, elapsed, self._journal.done(), over=self._folder.has("DONE"))

    def _judged(self, status: Mapping[str, Any], own: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[str]]:
        """The outcomes that the gate would have now, and what can no longer pass. Nothing of it goes into the ledger."""
        watch = self._folder.json(WATCH) or {}
        gate = gate_of(watch)
        if gate is None:
            return [], []
        found = [*self._control.collect(self._state_dir), *own]
        run, release, now = str(watch.get("run")), str(watch.get("release")), self._wall()
        entry = {"time": rfc3339(now), "kind": "evidence", "run": run, "release": release, "phase": gate.phase}
        book = EvidenceBook([{**entry, "seq": seq, "body": body} for seq, body in enumerate(found, 1)], run, release)
        load = SeriesReader(self._state_dir)
        outcomes = [outcome.as_dict() for outcome in judge_gate(gate, book, load, now)]
        if status["finished"] or not watch.get("fail_early"):
            return outcomes, []
        plan = self._folder.plan()
        with SoakStore(self._folder.file("samples.sqlite"), readonly=True) as store:
            covered = coverage(store.ticks(), status["elapsed_seconds"], plan.interval)
        ahead = ahead_of(plan, status["elapsed_seconds"], covered)
        return outcomes, [loss.sentence for loss in lost(gate.criteria, book, load, ahead, watch.get("waived") or ())]
