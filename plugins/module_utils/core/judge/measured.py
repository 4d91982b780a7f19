# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the evidence to the number that is held against the limits, or to the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Optional

from ..errors import EvidenceError, InputError
from ..units import show_time
from .aggregate import ESTIMATES, Aggregation
from .confidence import lower_bound, upper_bound
from .criterion import Criterion
from .evidence import EvidenceBook, Labels, Loader, Record
from .expression import Reference
from .ranks import Estimate
from .samples import Samples
from .track import Part, Track, Unknown, after_warmup, check_gap, coverage_of, track_of

CLOCK_STEP_SECONDS = 300
_JOIN: dict[str, Callable[[list[float]], float]] = {"sum": math.fsum, "max": max, "min": min}

# The histories (one for each label set) and the tracks of each SLI of the expression.
Histories = list[tuple[Reference, list[list[Record]]]]
Tracks = list[tuple[Reference, list[Track]]]


@dataclass(frozen=True)
class Measured:
    """What is held against the limits, in the first unit of its dimension.

    `value` is None when only the interval from low (`above`: itself excluded) to high is known; low and high are None when the value is
    exact; with an `estimate` low and high are its interval, and only all of that breaks a limit. `counts` are numerator
    and denominator of a ratio of counts; `samples` those of the only track, `coverage` the least of all tracks.
    """

    value: Optional[float]
    n: int
    seconds: float
    low: Optional[float] = None
    high: Optional[float] = None
    counts: Optional[tuple[float, float]] = None
    coverage: Optional[float] = None
    above: bool = False
    samples: Optional[Samples] = None
    estimate: Optional[Estimate] = None


def histories_of(criterion: Criterion, book: EvidenceBook) -> list[tuple[str, Histories]]:
    """Return (name, histories of each SLI): one group without `each`, else one for each value of the label."""
    sides = [(reference, book.histories(criterion.phase, reference)) for reference in criterion.expression.references]
    if not criterion.each:
        return [("", sides)]
    values = {_label(criterion, history) for _reference, found in sides for history in found} | set(criterion.expect)
    if not values:
        raise nothing(criterion, book, *criterion.expression.references)
    return [
        (value, [(reference, [history for history in found if _label(criterion, history) == value]) for reference, found in sides])
        for value in sorted(values)
    ]


def tracks_of(criterion: Criterion, book: EvidenceBook, sides: Histories, load: Loader) -> Tracks:
    """Return the tracks of a group, without their warm-up. Unknown when something is missing, ambiguous or no finite number.

    With windows all recordings are looked at, else the newest of each label set alone.
    """
    missing = [reference for reference, histories in sides if not histories]
    if missing:
        raise nothing(criterion, book, *missing)
    _check_same_labels(sides)
    tracks = []
    for reference, histories in sides:
        if len(histories) > 1 and not criterion.across:
            said = f"{len(histories)} label sets of {reference} are there: name the labels, or use each or agg sum, max, min"
            raise Unknown("ambiguous", said, f"let the policy say which {reference} is meant")
        found = [track_of(reference, history, load, bool(criterion.every)) for history in histories]
        tracks.append((reference, [after_warmup(track, criterion.warmup) for track in found]))
    return tracks


def check_age(criterion: Criterion, sides: Histories, tracks: Tracks, now: float) -> None:
    """Unknown when a record, or the newest sample of a series, is older than max_age, or comes from the future."""
    if not criterion.max_age:
        return
    moments = [(history[-1].sli, history[-1].at) for _reference, histories in sides for history in histories]
    series = [track for _reference, found in tracks for track in found if not track.pointwise and len(track.samples)]
    for sli, at in moments + [(track.reference.sli, track.samples.at[-1]) for track in series]:
        age = now - at
        if not -CLOCK_STEP_SECONDS <= age <= criterion.max_age:
            said = f"{sli} is {age / 3600:.1f} h old, at most {criterion.max_age / 3600:.1f} h count"
            raise Unknown("stale", said, f"record {sli} again in phase {criterion.phase}")


def check_whole(criterion: Criterion, tracks: Tracks) -> None:
    """Unknown when the tracks have too long a hole, or are too short."""
    everything = [track for _reference, found in tracks for track in found]
    for track in everything:
        check_gap(criterion, track)
    seconds = min((track.samples.span for track in everything), default=0.0)
    if seconds < criterion.min_duration:
        missing = criterion.min_duration - seconds
        said = f"watched for {show_time(seconds)}, at least {show_time(criterion.min_duration)} are needed"
        raise Unknown("short", said, f"watch {criterion.subject} for {show_time(missing)} more")


def measure(criterion: Criterion, tracks: Tracks, length: Optional[float] = None) -> Measured:
    """Return what the tracks come to; `length` is that of a window in seconds. Unknown when it is not enough to say anything."""
    everything = [track for _reference, found in tracks for track in found]
    coverages = [coverage_of(criterion, track, length) for track in everything]
    coverage = min((share for share in coverages if share is not None), default=None)
    sides = [_side(criterion, reference, found) for reference, found in tracks]
    measured = _ratio(criterion, sides) if len(sides) > 1 else _plain(sides[0])
    _check_enough(criterion, measured, coverage)
    samples = everything[0].samples if len(everything) == 1 and not everything[0].binned else None
    low, high = _with_confidence(criterion, measured)
    return replace(measured, low=low, high=high, coverage=coverage, samples=samples)


def nothing(criterion: Criterion, book: EvidenceBook, *missing: Reference) -> Unknown:
    """Return why there is no evidence of the first of the references, and that all of them have to be recorded."""
    reference = missing[0]
    reason = book.reason_for_none(criterion.phase, reference)
    sentence = f"no evidence of {reference} in phase {criterion.phase} of this run"
    if reason == "stale":
        sentence += "; what there is was recorded before the phase was started"
    if reason == "other_release":
        sentence += "; what there is belongs to another release"
    return Unknown(reason, sentence, *(f"record {item} in phase {criterion.phase}" for item in missing))


def _label(criterion: Criterion, history: Sequence[Record]) -> str:
    return dict(history[-1].labels).get(criterion.each, "")


def _check_same_labels(sides: Histories) -> None:
    """In a ratio, SLIs of the same labels must speak about the same things."""
    seen: dict[tuple[tuple[str, ...], Labels], set[Labels]] = {}
    for reference, histories in sides:
        labels = {history[-1].labels for history in histories}
        if seen.setdefault((reference.entry.labels, reference.labels), labels) != labels:
            said = f"{sides[0][0].sli} and {reference.sli} were not recorded for the same labels"
            raise Unknown("no_data", said, f"record {sides[0][0].sli} and {reference.sli} for the same labels")


def _side(criterion: Criterion, reference: Reference, tracks: Sequence[Track]) -> Part:
    how = _aggregation_of(criterion, reference)
    parts = [_settled(criterion, track).part(how, criterion.min_cycles) for track in tracks]
    join = _JOIN.get(criterion.across, math.fsum)
    low, high = join([part.low for part in parts]), join([part.high for part in parts])
    n, seconds = sum(part.n for part in parts), min(part.seconds for part in parts)
    # Of an estimate there is only one: a criterion that joins label sets has another aggregation.
    return Part(low, high, n, seconds, all(part.above for part in parts), parts[0].estimate)


def _settled(criterion: Criterion, track: Track) -> Track:
    """What is judged by its trend has a warm-up, also where the policy does not say how long; a window has none."""
    given = criterion.warmup or criterion.every or criterion.aggregation.name not in ESTIMATES
    return track if given else track.settled()


def _aggregation_of(criterion: Criterion, reference: Reference) -> Aggregation:
    """In a ratio of a counter and a gauge each side is made a number in its own way."""
    if reference.entry.kind == "counter":
        return criterion.aggregation if criterion.aggregation.name == "rate" else Aggregation("increase")
    return Aggregation("last") if criterion.aggregation.name == "increase" else criterion.aggregation


def _plain(part: Part) -> Measured:
    if part.estimate is not None:
        return Measured(part.estimate.value, int(part.n), part.seconds, part.low, part.high, estimate=part.estimate)
    if part.low == part.high:
        return Measured(part.low, int(part.n), part.seconds)
    return Measured(None, int(part.n), part.seconds, part.low, part.high, above=part.above)


def _ratio(criterion: Criterion, sides: Sequence[Part]) -> Measured:
    text = criterion.expression.text
    if any(side.low != side.high for side in sides):
        raise Unknown("ambiguous", f"{text}: a ratio cannot be made of histograms", f"record plain values for {text}")
    top, bottom = sides[0].low, math.fsum(side.low for side in sides[1:])
    if any(side.low < 0 for side in sides):
        raise EvidenceError(f"{text}: a part of the ratio is negative")
    if bottom == 0:
        look = " + ".join(str(reference) for reference in criterion.expression.denominator)
        wanted = f"record a {look} above 0 in phase {criterion.phase}"
        raise Unknown("no_data", f"{text}: the denominator is 0, nothing was looked at", wanted)
    counts = criterion.expression.numerator.entry.dimension == "count"
    if counts and top > bottom:
        raise EvidenceError(f"{text}: {top:g} of {bottom:g} contradicts itself")
    seconds = min(side.seconds for side in sides)
    n = int(bottom) if counts and math.isfinite(bottom) else int(min(side.n for side in sides))
    return Measured(top / bottom, n, seconds, counts=(top, bottom) if counts else None)


def _check_enough(criterion: Criterion, measured: Measured, coverage: Optional[float]) -> None:
    if measured.value is not None and not math.isfinite(measured.value):
        text = criterion.expression.text
        raise Unknown("not_finite", f"{text} comes out as no finite number", f"record {text} as finite numbers")
    if measured.n < criterion.min_samples:
        more = f"look at {criterion.min_samples - measured.n} more of {criterion.subject}"
        raise Unknown("short", f"{measured.n} looked at, at least {criterion.min_samples} are needed", more)
    if coverage is not None and coverage < criterion.min_coverage:
        said = f"{coverage * 100:.4g} pct of the expected samples are there, at least {criterion.min_coverage * 100:.4g} pct are needed"
        raise Unknown("gap", said, f"sample {criterion.expression.text} every {show_time(criterion.sampled_every)} without holes")


def _with_confidence(criterion: Criterion, measured: Measured) -> tuple[Optional[float], Optional[float]]:
    if not criterion.confidence:
        return measured.low, measured.high
    hits, tries = measured.counts or (math.nan, math.nan)
    if hits != math.floor(hits) or tries != math.floor(tries):
        raise EvidenceError(f"{criterion.expression.text}: {hits:g} of {tries:g} are no whole numbers")
    try:
        counts = int(hits), int(tries)
        return lower_bound(*counts, criterion.confidence), upper_bound(*counts, criterion.confidence)
    except InputError as error:
        raise EvidenceError(f"{criterion.expression.text}: {error.what}") from error
