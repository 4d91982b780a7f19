# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a criterion asks for beside its limits, each put to the proof: the same good evidence, with one thing missing or wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple, Optional

from ..judge.criterion import ABSOLUTE_ONLY
from ..judge.held import STEADY_PARTS
from ..judge.limit import Limit
from ..judge.outcome import ERROR, FAIL, GOOD, INCONCLUSIVE, WARN
from ..judge.samples import Samples
from ..units import show_time
from .self_test_trial import Trial, Twins, bound_of
from .synthetic import START, Evidence, Strand, groups_of
from .synthetic_course import thinner
from .synthetic_parts import LABEL_SETS

NOT_GOOD = (FAIL, INCONCLUSIVE, ERROR)
UNKNOWN = (INCONCLUSIVE,)
# Aggregations that come to the value which every sample has: a few other samples can be put beside them.
LEVEL = ("last", "first", "min", "max", "mean", "median", "p")


class Guard(NamedTuple):
    """One piece of evidence, and the outcomes that are right for it; `what` says what is missing or wrong."""

    what: str
    evidence: Evidence
    right: Sequence[str]


class Known(NamedTuple):
    """A value by which the criterion is good, one by which it fails, the baseline beside them, and the twins of its limits."""

    good: float
    bad: float
    baseline: Optional[float]
    twins: Sequence[Twins]


def guards_of(trial: Trial, known: Known) -> Iterator[Guard]:
    """Yield the guards that fit the criterion; those about windows and density of samples stand in self_test_windows.py."""
    right = trial.evidence(known.good, known.baseline)
    yield from nothing(right)
    yield from _not_finite(right)
    yield from _too_few(trial, known, right)
    yield from _too_old(trial, right)
    yield from _groups(trial, known, right)
    yield from _label_sets(trial, known, right)
    yield from _warmup(trial, known, right)
    yield from _steady(trial, known)
    yield from _baseline(trial, known)
    yield from _beside(trial, known)
    yield from _histogram(trial, known, right)


def nothing(right: Evidence) -> Iterator[Guard]:
    """No evidence at all, and a ratio of which one side is missing."""
    yield Guard("without any evidence", right.changed(lambda strand: None), UNKNOWN)
    slis = list(dict.fromkeys(strand.sli for strand in right.strands))
    for sli in slis if len(slis) > 1 else ():
        yield Guard(f"without {sli}", _without(right, sli), UNKNOWN)


def _without(right: Evidence, sli: str) -> Evidence:
    return right.changed(lambda strand: None if strand.sli == sli else strand)


def _all_at(right: Evidence, number: float) -> Evidence:
    return right.sampled(lambda strand: Samples(strand.samples.at, [number] * len(strand.samples)))


def _not_finite(right: Evidence) -> Iterator[Guard]:
    for number in (math.nan, math.inf, -math.inf):
        yield Guard(f"with nothing but {number}", _all_at(right, number), NOT_GOOD)
    once = right.sampled(lambda strand: Samples(strand.samples.at, [*strand.samples.values[:-1], math.nan]))
    yield Guard("with one sample that is no number", once, NOT_GOOD)


def _too_few(trial: Trial, known: Known, right: Evidence) -> Iterator[Guard]:
    criterion, layout = trial.criterion, right.layout
    if criterion.min_samples > 1 and criterion.aggregation.name != "count":
        few = criterion.min_samples - 1
        what = f"with {few} looked at, {criterion.min_samples} are needed"
        counts = criterion.expression.denominator and criterion.expression.numerator.entry.dimension == "count"
        if counts:
            yield Guard(what, trial.evidence(known.good, known.baseline, tries=few), UNKNOWN)
        elif each := _thin_enough(trial, right, few):
            thin = thinner(criterion, layout, each)
            yield Guard(what, trial.evidence(known.good, known.baseline, layout=thin), NOT_GOOD)
    if criterion.min_duration:
        hurried = right.sampled(lambda strand: _hurried(strand.samples, layout.begin(START), criterion.min_duration))
        yield Guard(f"watched for less than {show_time(criterion.min_duration)}", hurried, UNKNOWN)


def _own(trial: Trial, right: Evidence) -> list[Strand]:
    """The label sets of the numerator in one group."""
    criterion, group = trial.criterion, groups_of(trial.criterion)[0]
    sli = criterion.expression.numerator.sli
    return [item for item in right.strands if item.sli == sli and not item.past and item.labels.get(criterion.each, "") == group]


def _thin_enough(trial: Trial, right: Evidence, few: int) -> int:
    """Return how many samples each label set may have, for `few` in all of them together; 0 when it cannot be so few."""
    # A share may add a sample; to those of a counter in a window the one before belongs.
    more = trial.criterion.aggregation.name == "share" or (bool(trial.criterion.every) and right.last.counter)
    return max(0, few // len(_own(trial, right)) - more)


def _hurried(samples: Samples, begin: float, wanted: float) -> Samples:
    pace = 0.999 * wanted / (samples.at[-1] - begin)
    return Samples([begin + (at - begin) * pace if at > begin else at for at in samples.at], samples.values)


def _too_old(trial: Trial, right: Evidence) -> Iterator[Guard]:
    most = trial.criterion.max_age
    if most:
        yield Guard(f"recorded {show_time(most)} ago", replace(right, age=most), GOOD)
        yield Guard(f"recorded a second more than {show_time(most)} ago", replace(right, age=most + 1), UNKNOWN)


def _groups(trial: Trial, known: Known, right: Evidence) -> Iterator[Guard]:
    each = trial.criterion.each
    for group in groups_of(trial.criterion) if each else ():
        odd = trial.evidence(known.good, known.baseline, odd={group: known.bad})
        yield Guard(f"with a bad value for {each} {group} alone", odd, NOT_GOOD)
        if trial.criterion.expect:
            yield Guard(f"without {each} {group}", _without_group(right, each, group), UNKNOWN)


def _without_group(right: Evidence, each: str, group: str) -> Evidence:
    return right.changed(lambda strand: None if strand.labels[each] == group else strand)


def _label_sets(trial: Trial, known: Known, right: Evidence) -> Iterator[Guard]:
    """Where the worst of several label sets is judged, a bad one is seen among good ones."""
    criterion = trial.criterion
    worst = {"max": known.bad > known.good, "min": known.bad < known.good}.get(criterion.across, False)
    if not worst or criterion.expression.denominator or len(right.strands) < 2:
        return
    wrong = trial.evidence(known.bad, known.baseline).strands
    mixed = [bad if LABEL_SETS[0] in bad.labels.values() else good for good, bad in zip(right.strands, wrong)]
    if tuple(mixed) != right.strands:
        yield Guard("with one bad label set among good ones", replace(right, strands=tuple(mixed)), NOT_GOOD)


def _warmup(trial: Trial, known: Known, right: Evidence) -> Iterator[Guard]:
    criterion, begin = trial.criterion, right.layout.begin(START)
    if not criterion.warmup:
        return
    only = right.sampled(lambda strand: strand.samples.between(-math.inf, begin))
    yield Guard("with nothing after the warm-up", only, UNKNOWN)
    if criterion.aggregation.name in (*LEVEL, "increase", "rate"):
        wrong = trial.evidence(known.bad, known.baseline).strands
        warm = right.layout.warm
        rough = [strand if strand.past else _rough(strand, bad, warm) for strand, bad in zip(right.strands, wrong)]
        yield Guard("with a bad warm-up", replace(right, strands=tuple(rough)), GOOD)


def _rough(strand: Strand, bad: Strand, warm: int) -> Strand:
    """The strand with a warm-up of another level; a counter grows in it."""
    values, jump = strand.samples.values, 1000.0
    if strand.counter:
        made = [number * jump for number in range(warm)] + [value + warm * jump for value in values[warm:]]
    else:
        made = [bad.samples.first] * warm + list(values[warm:])
    return strand._replace(samples=Samples(strand.samples.at, made))


def _steady(trial: Trial, known: Known) -> Iterator[Guard]:
    criterion = trial.criterion
    longest = max((limit.steady.first for limit in criterion.limits if limit.steady), default=0.0)
    for twins in known.twins if len(criterion.alternatives) == 1 else ():
        if twins.limit.steady is None:
            continue
        wanted, right = twins.limit.steady.first, trial.evidence(twins.passes, twins.baseline)
        end, span = right.last.samples.at[-1], show_time(wanted)
        bad = _breaking(trial, twins)
        yield Guard(f"with one bad sample within the last {span}", _spoilt(right, end - wanted, bad, True), NOT_GOOD)
        yield Guard(f"with one bad sample before the last {span}", _spoilt(right, end - longest, bad, False), GOOD)
        short = right.sampled(lambda strand, end=end, wanted=wanted: strand.samples.after(end - 0.9 * wanted))  # type: ignore[misc]
        yield Guard(f"with less than the last {span}", short, UNKNOWN)
        if 0.6 * wanted > (criterion.max_gap or 2 * criterion.sampled_every or wanted / STEADY_PARTS):
            yield Guard(f"with a hole in the last {span}", holed(right, end - 0.8 * wanted, end - 0.2 * wanted), UNKNOWN)


def _breaking(trial: Trial, twins: Twins) -> float:
    """A value beside the bound by which this limit, and not only another one, is broken."""
    bound = bound_of(trial, twins.limit, twins.baseline)
    limit = twins.limit.resolved(twins.baseline or 0.0, trial.criterion.dimension) if twins.limit.relative else twins.limit
    beside = (twins.fails, math.nextafter(bound, math.inf), math.nextafter(bound, -math.inf), bound)
    return next((value for value in beside if not limit.holds(value)), twins.fails)


def decides_earlier(trial: Trial, limit: Limit, known: Known) -> bool:
    """True for a limit `for D` that is broken by a sample from before the time that the other limits look at."""
    if limit.steady is None:
        return False
    right, bound = trial.evidence(known.good, known.baseline), bound_of(trial, limit, known.baseline)
    moment = right.last.samples.at[-1] - limit.steady.first
    beside = (math.nextafter(bound, -math.inf), bound, math.nextafter(bound, math.inf))
    statuses = {trial.judged(_spoilt(right, moment, value, True)).status for value in beside}
    return FAIL in statuses and bool(statuses & set(GOOD))


def _spoilt(right: Evidence, moment: float, bad: float, after: bool) -> Evidence:
    """One sample is bad: the first one at `moment` or after it, or the last one before."""

    def spoilt(strand: Strand) -> Samples:
        number = len(strand.samples) - len(strand.samples.after(moment)) - (0 if after else 1)
        values = list(strand.samples.values)
        values[number] = bad
        return Samples(strand.samples.at, values)

    return right.sampled(spoilt)


def holed(right: Evidence, begin: float, end: float) -> Evidence:
    """Return the evidence without the samples between two unix times."""

    def kept(strand: Strand) -> Samples:
        return Samples.of((at, value) for at, value in strand.samples if not begin < at < end)

    return right.sampled(kept)


def _baseline(trial: Trial, known: Known) -> Iterator[Guard]:
    criterion = trial.criterion
    if known.baseline is None:
        return
    if criterion.baseline == ABSOLUTE_ONLY:
        right: Sequence[str] = (WARN,)
    elif all(any(limit.relative for limit in limits) for limits in criterion.alternatives):
        right = UNKNOWN
    else:
        return
    yield Guard("without a baseline", trial.evidence(known.good, None), right)
    if any(limit.relative == "*" for limit in criterion.limits):
        yield Guard("with a baseline of 0", trial.evidence(known.good, 0.0), right)


def _beside(trial: Trial, known: Known) -> Iterator[Guard]:
    """At a confidence, the value right beside the limit is not known well enough."""
    # Below 100 pct, and above 0, everything is that is not just that.
    for twins in known.twins if trial.criterion.confidence else ():
        if twins.fails in (trial.range.low, trial.range.high):
            continue
        yield Guard(f"at {trial.shown(twins.beside)}, right beside the limit", trial.evidence(twins.beside, twins.baseline), UNKNOWN)


def _histogram(trial: Trial, known: Known, right: Evidence) -> Iterator[Guard]:
    """Of a histogram the worse end of the bucket is judged."""
    criterion = trial.criterion
    timed = (criterion.min_duration, criterion.warmup, criterion.every, criterion.sampled_every, criterion.max_gap)
    fits = criterion.aggregation.name in ("p", "median", "max", "min") and not criterion.expression.denominator
    plain = all(limit.upper or limit.sign in (">", ">=") for limit in criterion.limits) and len(criterion.alternatives) == 1
    if any(timed) or not fits or not plain or known.baseline is not None:
        return
    count = max(criterion.min_samples, 1000)
    for value, what, wanted in ((known.good, "good", GOOD), (known.bad, "bad", (FAIL,))):
        width = (abs(value) or 1.0) * 1e-6
        for low, high in ((value - width, value), (value, value + width)):
            if trial.good(low, None) == trial.good(high, None) == (what == "good"):
                yield Guard(f"with a histogram all of whose observations are {what}", _bucketed(right, low, high, count), wanted)
                break
    for twins in known.twins:
        low, high = sorted((twins.passes, twins.fails))
        straddling = _bucketed(right, low - (abs(low) or 1.0) * 1e-3, high + (abs(high) or 1.0) * 1e-3, count)
        yield Guard(f"with a histogram whose bucket lies on both sides of {twins.limit}", straddling, UNKNOWN)


def _bucketed(right: Evidence, low: float, high: float, count: int) -> Evidence:
    buckets = (low, 0.0), (high, float(count)), (math.inf, float(count))
    return right.changed(lambda strand: strand._replace(buckets=buckets))
