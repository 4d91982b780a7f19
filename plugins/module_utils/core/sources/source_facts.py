# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a report says, made into measurements: its release, its time and its numbers are held against what is wanted.

Nothing is repaired and nothing is assumed: what a report does not say, says twice or says of another release is an
EvidenceError, and then there is no measurement.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from ..errors import EvidenceError
from ..measurement import measurement
from ..text import plain
from ..times import duration_text, rfc3339
from .source_spec import Source

# A clock of another machine may be ahead by this much.
CLOCK_STEP_SECONDS = 300.0
SAMPLES_LIMIT = 100_000
_RFC3339 = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:?[0-9]{2})?")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,300}(?:\.[0-9]{0,100})?|\.[0-9]{1,100})(?:[eE][+-]?[0-9]{1,3})?")
# Unix times between 2001 and 2096 in seconds; the same numbers times 1000 are milliseconds.
_SECONDS = (1e9, 4e9)

Samples = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Wanted:
    """For what evidence is gathered: release, full commit, start of the phase (0.0: not started), and the time now (unix seconds)."""

    release: str
    commit: str
    since: float
    now: float


@dataclass(frozen=True)
class Found:
    """What a report says: exactly one of value, samples, histogram; `at` is its time, with samples that of the newest one."""

    at: float
    releases: tuple[str, ...] = ()
    value: float | None = None
    samples: Samples | None = None
    histogram: tuple[tuple[float, float], ...] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    detail: str = ""


def measured(source: Source, found: Found, wanted: Wanted, origin: str) -> dict[str, Any]:
    """Return the measurement of a source; EvidenceError when release or time are not the wanted ones or a number is none."""
    _check_release(source, found.releases, wanted)
    samples, left_out = _since(source, found.samples, wanted)
    check_time(source, found.at, wanted)
    detail = [line for line in (found.detail, left_out) if line]
    unstated = "" if source.release else ", release not stated"
    said = f"{source.kind} {origin}, {rfc3339(found.at)}{unstated}"
    labels = {**source.labels, **{name: plain(text) for name, text in found.labels.items()}}
    if found.histogram is not None:
        buckets = [["+Inf" if math.isinf(bound) else bound, count] for bound, count in found.histogram]
        return measurement(source.sli, None, source.unit, labels, said, detail, histogram=buckets)
    if samples is not None:
        return measurement(source.sli, None, source.unit, labels, said, detail, samples=samples)
    return measurement(source.sli, found.value, source.unit, labels, said, detail)


def check_time(source: Source, at: float, wanted: Wanted) -> None:
    """EvidenceError when `at` lies in the future, before the phase, or longer ago than the source allows."""
    age = wanted.now - at
    if age < -CLOCK_STEP_SECONDS:
        raise EvidenceError(f"it is of {rfc3339(at)}, which lies {duration_text(-age)} in the future")
    if source.max_age:
        if age > source.max_age:
            raise EvidenceError(f"it is too old: {duration_text(age)}, at most {duration_text(source.max_age)} counts")
    elif not wanted.since:
        raise EvidenceError("the phase has not been started", why="without max_age a report counts that was made since then")
    elif at < wanted.since:
        raise EvidenceError(
            f"it is of {rfc3339(at)}, before the phase was started ({rfc3339(wanted.since)})",
            todo="make the report again, or write max_age where an earlier one may count",
        )


def _check_release(source: Source, releases: Sequence[str], wanted: Wanted) -> None:
    if not source.release:
        return
    if not releases:
        raise EvidenceError("it does not state its release", why=f"nothing at {source.release[:80]}")
    for release in releases:
        if release not in (wanted.release, wanted.commit):
            raise EvidenceError(f"it belongs to another release: {plain(release, 60)!r}", why=f"wanted is {wanted.release}")


def _since(source: Source, samples: Samples | None, wanted: Wanted) -> tuple[Samples | None, str]:
    """Leave out samples from before the phase, unless max_age lets them count; say how many."""
    if samples is None or source.max_age:
        return samples, ""
    kept = tuple(pair for pair in samples if pair[0] >= wanted.since)
    return kept, f"{len(samples) - len(kept)} samples from before the phase left out" if len(kept) < len(samples) else ""


def in_time_order(pairs: Sequence[tuple[float, float]]) -> Samples:
    """Return samples in order of time; EvidenceError when there are none, too many, or two of the same time."""
    if not pairs:
        raise EvidenceError("it holds no samples")
    if len(pairs) > SAMPLES_LIMIT:
        raise EvidenceError(f"{len(pairs)} samples are too many", why=f"the limit is {SAMPLES_LIMIT}", todo="take a larger step")
    ordered = sorted(pairs)
    for before, after in zip(ordered, ordered[1:]):
        if before[0] == after[0]:
            raise EvidenceError(f"two samples are of {rfc3339(before[0])}")
    return tuple(ordered)


def number_in(value: Any, what: str) -> float:
    """Return a finite number; EvidenceError for null, true, text, a list, or what is too large for a float."""
    if value is None:
        raise EvidenceError(f"there is nothing at {what[:120]}")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise EvidenceError(f"{what[:120]} is no number", why=f"found {plain(repr(value), 60)}")
    try:
        finite = math.isfinite(float(value))
    except OverflowError:
        finite = False
    if not finite:
        raise EvidenceError(f"{what[:120]} is no finite number", why=f"found {plain(repr(value), 60)}")
    return value


def number_of_text(text: str, what: str) -> float:
    """Return the number that a cell or a sample writes out; EvidenceError for an empty one, NaN, Inf, or another form."""
    if not text.strip():
        raise EvidenceError(f"{what[:120]} is empty")
    if not _NUMBER.fullmatch(text.strip()):
        raise EvidenceError(f"{what[:120]} is no finite number", why=f"found {plain(text, 60)!r}")
    return number_in(float(text), what)


def time_in(value: Any, zone: float | None, what: str) -> float:
    """Return unix seconds of RFC 3339 text or a unix time in seconds or milliseconds; `zone` is for texts without an offset."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        for factor in (1.0, 1000.0):
            if _SECONDS[0] <= value / factor < _SECONDS[1]:
                return value / factor
        raise EvidenceError(f"{what[:120]} is no unix time", why=f"found {plain(str(value), 40)}")
    if value is None or value == "":
        raise EvidenceError("it does not state its time", why=f"there is nothing at {what[:120]}")
    match = _RFC3339.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise EvidenceError(f"{what[:120]} is no time", why=f"found {plain(repr(value), 60)}", todo="expected 2026-11-23T10:15:00Z")
    return _seconds_of(match, zone, what)


def _seconds_of(match: re.Match[str], zone: float | None, what: str) -> float:
    day, clock, fraction, offset = match.groups()
    if offset is None and zone is None:
        raise EvidenceError(f"{what[:120]} has no time zone", why=f"found {match.group()}", todo="write time_zone: UTC, or an offset")
    try:
        moment = datetime.strptime(f"{day}T{clock}", "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    except ValueError as error:
        raise EvidenceError(f"{what[:120]} is no time", why=f"found {match.group()}") from error
    shift = zone or 0.0
    if offset is not None:
        shift = 0.0 if offset == "Z" else (-60.0 if offset[0] == "-" else 60.0) * (int(offset[1:3]) * 60 + int(offset[-2:]))
    since_epoch = moment - datetime(1970, 1, 1, tzinfo=timezone.utc) - timedelta(seconds=shift)
    return since_epoch.total_seconds() + float(fraction or 0)
