# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has to be run while a soak lasts, and when: the end-to-end suite every two hours, the vitals every hour.

A job has slots, at `first`, `first + every`, ... seconds from the start of the soak, before its end. A slot may be run until the next
one comes; from then on it is missed for ever. What was missed is counted and never made up for: a train that was away for a night
comes back to one run that is due, and to a number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Optional

from ..errors import InputError
from ..fields import Fields

JOBS_LIMIT = 20
EVERY_LEAST = 1.0
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_KEYS = ("name", "every_seconds", "first_seconds")
# A slot that is due at this very moment, give or take what adding times costs.
_MOMENT = 1e-6


@dataclass(frozen=True)
class Job:
    """One job; times in seconds, `first` from the start of the soak."""

    name: str
    every: float
    first: float

    def slots(self, duration: float) -> int:
        """How many slots lie before the end of a soak."""
        return max(0, math.ceil((duration - self.first) / self.every - _MOMENT))

    def slot_at(self, elapsed: float) -> int:
        """The number of the newest slot whose time has come, from 0; -1 before the first one."""
        return math.floor((elapsed - self.first) / self.every + _MOMENT)

    def begins(self, slot: int) -> float:
        """Seconds from the start of the soak to a slot."""
        return self.first + slot * self.every


@dataclass(frozen=True)
class Standing:
    """How one job stands: the slots whose time has come, those that were run, those missed, the one to run now, the next time."""

    name: str
    come: int
    done: int
    missed: tuple[int, ...]
    due: Optional[int]
    following: Optional[float]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values; `next_seconds` is from the start of the soak."""
        return {
            "name": self.name,
            "come": self.come,
            "done": self.done,
            "missed": len(self.missed),
            "due": self.due,
            "next_seconds": self.following,
        }


def read_jobs(given: Any) -> tuple[Job, ...]:
    """Read the schedule of the inventory: {name, every_seconds, first_seconds (default: every_seconds)}. InputError with its place."""
    if not isinstance(given, (list, tuple)) or len(given) > JOBS_LIMIT:
        raise InputError(f"soak_jobs is a list of at most {JOBS_LIMIT} jobs", where="soak_jobs", why=f"found {type(given).__name__}")
    jobs = tuple(_job(item, f"soak_jobs[{number}]") for number, item in enumerate(given))
    names = [job.name for job in jobs]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        raise InputError(f"the job {twice} stands twice", where="soak_jobs", todo="give each job a name of its own")
    return jobs


def standing(job: Job, duration: float, elapsed: float, done: Iterable[int], over: bool = False) -> Standing:
    """Judge one job `elapsed` seconds after the start. `done` are slots that were run; `over`: the soak has ended, nothing is due."""
    ran = set(done)
    slots = job.slots(duration)
    come = min(slots, max(0, job.slot_at(min(elapsed, duration)) + 1))
    newest = come - 1
    open_now = come > 0 and newest not in ran and not over and elapsed < min(duration, job.begins(come)) + _MOMENT
    due = newest if open_now else None
    missed = tuple(slot for slot in range(come) if slot not in ran and slot != due)
    following = job.begins(come) if come < slots and not over else None
    return Standing(job.name, come, sum(0 <= slot < come for slot in ran), missed, due, following)


def standings(
    jobs: Sequence[Job], duration: float, elapsed: float, done: Mapping[str, Iterable[int]], over: bool = False
) -> list[Standing]:
    """Judge all jobs, in the order of the schedule."""
    return [standing(job, duration, elapsed, done.get(job.name, ()), over) for job in jobs]


def seconds_to_next(found: Sequence[Standing], elapsed: float) -> Optional[float]:
    """Seconds until a job is due: 0 when one is due now, None when none will be."""
    if any(each.due is not None for each in found):
        return 0.0
    waits = [each.following - elapsed for each in found if each.following is not None]
    return max(0.0, min(waits)) if waits else None


def rounds_left(jobs: Sequence[Job], duration: float, elapsed: float) -> int:
    """How many times somebody who watches to the end has to watch, at most.

    Until each moment to come; once for what may be due now, as a run that a killed train began and did not end; and until the end.
    """
    moments = {round(job.begins(slot), 3) for job in jobs for slot in range(job.slots(duration)) if job.begins(slot) > elapsed - _MOMENT}
    return len(moments) + 2


def _job(given: Any, where: str) -> Job:
    fields = Fields(given, where, _KEYS)
    name = fields.required("name", "give the job a name: e2e")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InputError(f"{str(name)[:60]!r} is no name of a job", where=where, todo="use small letters, digits and _")
    every = _seconds(fields, "every_seconds", fields.required("every_seconds", "say how often: every_seconds: 7200"), EVERY_LEAST)
    first = _seconds(fields, "first_seconds", fields.given.get("first_seconds", every), 0.0)
    return Job(name, every, first)


def _seconds(fields: Fields, name: str, given: Any, least: float) -> float:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not least <= given <= 14 * 86400:
        raise InputError(f"{name} must be seconds from {least:g} to 14 days", where=fields.at(name), why=f"found {given!r}"[:80])
    return float(given)
