# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which criteria a soak that still runs can no longer pass, whatever comes: what has happened does not go away.

Of each criterion the best and the worst number that the soak can still end with is worked out; where no number between them keeps the
limit, the criterion is lost. What is not known to be so (a growth, a mean, the newest value, a limit that rests on a baseline, windows
of which some may fail) is never called lost: the gate judges it at the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Optional

from ..errors import EvidenceError, InputError, LedgerError
from ..judge.confidence import upper_bound
from ..judge.counted import CountedSamples
from ..judge.criterion import Criterion
from ..judge.evidence import EvidenceBook, Loader
from ..judge.held import in_unit
from ..judge.histogram import Histogram
from ..judge.limit import Limit
from ..judge.measured import Tracks, histories_of, tracks_of
from ..judge.track import Track, Unknown
from ..text import plain
from ..units import show
from .soak_plan import SoakPlan
from .soak_progress import Coverage

# Counted from the start of the soak; recorded again and again, they never fall.
RISING = frozenset(
    {
        "container.restarts",
        "container.oom_kills",
        "soak.saturated",
        "soak.longest_gap",
        "soak.alerts",
        "soak.jobs_missed",
        "soak.job_failures",
    }
)
_JOIN: dict[str, Callable[[list[float]], float]] = {"last": max, "max": max, "sum": math.fsum}
# What may come is reckoned with some more: a plan that is exceeded a little must not make a lost criterion of one that can be kept.
_MORE = 1.1
_MORE_SAMPLES, _MORE_REQUESTS, _MORE_SECONDS, _MORE_SLOTS = 100, 300, 60.0, 2


@dataclass(frozen=True)
class Ahead:
    """The most that can still come: requests, samples of a series; the longest the soak can get (s), and its best coverage (ratio)."""

    requests: float
    samples: float
    duration: float
    coverage: float


class Loss(NamedTuple):
    """A criterion that can no longer pass, and one sentence that says why."""

    id: str
    sentence: str


class Span(NamedTuple):
    """The numbers with which the soak can still end, in the first unit of the dimension."""

    low: float = -math.inf
    high: float = math.inf


def ahead_of(plan: SoakPlan, elapsed: float, covered: Coverage) -> Ahead:
    """Return what can still come `elapsed` seconds after the start of a soak."""
    left = max(0.0, plan.duration - elapsed)
    load = plan.load
    logins = len(load.session) * (left / load.session_every + 2) if load else 0.0
    requests = load.rate * left * _MORE + logins + _MORE_REQUESTS if load else 0.0
    samples = left / min(plan.interval, plan.slow_interval) * _MORE + _MORE_SAMPLES
    expected = math.floor(plan.duration / plan.interval + 1e-6) + 1
    missed = max(0, covered.expected - covered.taken - _MORE_SLOTS)
    return Ahead(requests, samples, max(plan.duration, elapsed) + _MORE_SECONDS, min(1.0, (expected - missed) / expected))


def lost(criteria: Sequence[Criterion], book: EvidenceBook, load: Loader, ahead: Ahead, waived: Collection[str] = ()) -> list[Loss]:
    """Return the criteria of the soak that decide and can no longer pass; `waived` are ids that somebody answers for."""
    found = (_loss(criterion, book, load, ahead) for criterion in criteria if not criterion.observe and criterion.id not in waived)
    return [loss for loss in found if loss is not None]


def _loss(criterion: Criterion, book: EvidenceBook, load: Loader, ahead: Ahead) -> Optional[Loss]:
    if criterion.every:
        return None
    try:
        for name, sides in histories_of(criterion, book):
            span = _span(criterion, tracks_of(criterion, book, sides, load), ahead)
            if span is not None and not any(all(_may_hold(limit, span) for limit in limits) for limits in criterion.alternatives):
                return Loss(criterion.id, _sentence(criterion, name, span))
    except (Unknown, EvidenceError, LedgerError, InputError, ArithmeticError):
        # What cannot be read now is the judge's business at the end.
        return None
    return None


def _may_hold(limit: Limit, span: Span) -> bool:
    """True when a number of the span keeps the limit, and when nobody can know."""
    if limit.relative or limit.steady:
        return True
    if limit.sign in ("<", "<="):
        return limit.holds(span.low) or span.low == -math.inf
    if limit.sign in (">", ">="):
        return limit.holds(span.high) or span.high == math.inf
    if limit.sign == "==":
        return span.low <= limit.bound <= span.high
    return not span.low == span.high == limit.bound


def _span(criterion: Criterion, tracks: Tracks, ahead: Ahead) -> Optional[Span]:
    """The numbers that can still come out, or None where nothing is known of them."""
    if len(tracks) > 1:
        return _ratio(criterion, tracks, ahead)
    (reference, found), how = tracks[0], criterion.aggregation.name
    if reference.sli == "soak.duration":
        return Span(high=ahead.duration)
    if reference.sli == "soak.coverage":
        return Span(high=ahead.coverage)
    if reference.sli in RISING:
        values = [value for value in map(_rising, found) if value is not None]
        join = _JOIN.get(how)
        return Span(join(values)) if join and len(values) == len(found) else None
    if any(track.pointwise or not len(track.samples) for track in found):
        return None
    return _of_series(criterion, found, ahead)


def _of_series(criterion: Criterion, found: Sequence[Track], ahead: Ahead) -> Optional[Span]:
    how = criterion.aggregation
    if any(isinstance(track.samples, CountedSamples) for track in found):
        return _of_counted(criterion, found, ahead)
    if how.name == "max":
        return Span(low=max(track.samples.maximum() for track in found))
    if how.name == "min":
        return Span(high=min(track.samples.minimum() for track in found))
    if how.name == "increase" and criterion.across in ("", "sum", "max"):
        grown = [track.samples.increase() or 0.0 for track in found]
        return Span(math.fsum(grown) if criterion.across == "sum" else max(grown))
    if how.name in ("p", "median") and len(found) == 1:
        more = ahead.requests if found[0].reference.sli == "http.duration" else ahead.samples
        return _percentile(sorted(found[0].samples.values), how.q if how.name == "p" else 50.0, math.ceil(more))
    return None


def _of_counted(criterion: Criterion, found: Sequence[Track], ahead: Ahead) -> Optional[Span]:
    """Of what was counted percentiles alone are known, to a bucket."""
    how, samples = criterion.aggregation, found[0].samples
    if how.name not in ("p", "median") or len(found) != 1 or not isinstance(samples, CountedSamples):
        return None
    return _counted_percentile(samples.histogram(), how.q if how.name == "p" else 50.0, math.ceil(ahead.requests))


def _counted_percentile(histogram: Histogram, q: float, more: int) -> Span:
    """The same as _percentile, from the buckets' outer edges."""
    total = int(histogram.total)
    below = math.floor((total + more - 1) * q / 100)
    low = histogram.of_rank(below - more)[0] if 0 <= below - more < total else -math.inf
    return Span(low, histogram.of_rank(below + 1)[1] if below + 1 < total else math.inf)


def _percentile(ordered: Sequence[float], q: float, more: int) -> Span:
    """The percentile when all that comes is smaller than everything, and when all of it is larger."""
    position = (len(ordered) + more - 1) * q / 100
    below = math.floor(position)
    low = ordered[below - more] if below >= more else -math.inf
    return Span(low, ordered[below + 1] if below + 1 < len(ordered) else math.inf)


def _ratio(criterion: Criterion, tracks: Tracks, ahead: Ahead) -> Optional[Span]:
    """Something bad per request: at best nothing bad comes any more, and every request that can."""
    (top, bad), (bottom, all_of) = tracks[0], tracks[1]
    if len(tracks) > 2 or bottom.sli != "http.requests" or len(bad) != 1 or len(all_of) != 1 or not criterion.limits[0].upper:
        return None
    if not any(limits and all(limit.upper for limit in limits) for limits in criterion.alternatives):
        return None
    hits = _rising(bad[0]) if top.sli in RISING else _grown(bad[0]) if top.entry.kind == "counter" else None
    tries = _grown(all_of[0])
    if hits is None or tries is None or tries + ahead.requests <= 0:
        return None
    most = math.ceil(tries + ahead.requests)
    if criterion.confidence:
        return Span(upper_bound(math.floor(min(hits, most)), most, criterion.confidence))
    return Span(hits / most)


def _rising(track: Track) -> Optional[float]:
    """The value that only rises from here; None where what was recorded is no plain number."""
    if track.histograms or not len(track.samples):
        return None
    return track.samples.last if track.single else track.samples.maximum()


def _grown(track: Track) -> Optional[float]:
    return track.samples.last if track.single else track.samples.increase()


def _sentence(criterion: Criterion, name: str, span: Span) -> str:
    of = f" of {criterion.each} {plain(name, 60)}" if criterion.each and name else ""
    low = math.isfinite(span.low)
    end = in_unit(criterion, span.low if low else span.high)
    best = f"{'at least' if low else 'at most'} {show(end, criterion.unit)}"
    sure = f" (what it could be at {criterion.confidence * 100:g} pct confidence)" if criterion.confidence else ""
    return f"{criterion.id} can no longer pass: {criterion.subject}{of} will be {best} at the end{sure}, must be {criterion.limit_text}"
