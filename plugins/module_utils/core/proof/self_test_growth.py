# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Growths put to the proof: a level of which too little of its ups and downs was seen, and one that runs against its ceiling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Optional

from ..judge.outcome import PASS, WARN
from ..judge.reach import Reach
from ..judge.samples import Samples
from ..judge.trend import Trend, settled, trend
from .self_test_guards import UNKNOWN, Guard, Known
from .self_test_trial import Trial
from .synthetic import START, Evidence, Strand, groups_of

# How much sooner or later than the time asked for the ceiling is reached.
_APART = 2.0
_LEVEL = 1000.0
# From when to when, as shares of the time, and how many times as high as a line at the limit would rise.
_HILL = (0.3, 0.4)
_HILL_HEIGHT = 4.0


def growth_guards_of(trial: Trial, known: Known) -> Iterator[Guard]:
    """Yield the guards of a criterion that judges a growth."""
    criterion = trial.criterion
    if criterion.aggregation.name != "slope" or criterion.every:
        return
    right = trial.evidence(known.good, known.baseline)
    steepest = max((limit.bound for limit in criterion.limits if limit.upper and not limit.relative), default=0.0)
    if criterion.min_cycles > 1 and steepest > 0 and len(criterion.alternatives) == 1:
        hill = right.sampled(lambda strand: _hill(strand.samples, steepest))
        yield Guard(f"with 1 cycle, {criterion.min_cycles} are needed", hill, UNKNOWN)
    for reach in criterion.reaches if known.good > 0 else ():
        yield from _reach(trial, right, reach)


def _hill(samples: Samples, steepest: float) -> Samples:
    """Level, but for a tenth of the time, in which it is so much higher that a part of such a cycle could be a growth over the limit."""
    begin, end = (samples.at[0] + share * samples.span for share in _HILL)
    height = _LEVEL * steepest / 100 * samples.span / 3600 * _HILL_HEIGHT
    return Samples(samples.at, [_LEVEL + height * (begin < at < end) for at in samples.at])


def _reach(trial: Trial, right: Evidence, reach: Reach) -> Iterator[Guard]:
    """Beside the other warnings, only what does not warn by itself can tell."""
    grown = _trend_of(trial, right)
    if grown is None or trial.criterion.warnings or trial.criterion.baseline:
        return
    growth, hours = grown.low / 100 * grown.start, reach.within.first / 3600
    for what, share, wanted in (("reaches its ceiling in half of the time", 1 / _APART, WARN), ("takes twice the time", _APART, PASS)):
        ceiling = grown.end + growth * hours * share
        yield Guard(f"with a level that {what} of {reach}", _ceiled(trial, right, reach, ceiling), (wanted,))
    if reach.reference is not None:
        yield Guard(f"without {reach.reference}", right, (WARN,))


def _trend_of(trial: Trial, right: Evidence) -> Optional[Trend]:
    samples = right.last.samples.after(right.layout.begin(START))
    return trend(settled(samples) if right.layout.settles else samples, trial.criterion.min_cycles)


def _ceiled(trial: Trial, right: Evidence, reach: Reach, ceiling: float) -> Evidence:
    """The evidence with a ceiling that lies at `ceiling`: recorded, or the level is brought below the one that the policy names."""
    if reach.reference is not None:
        return replace(right, strands=(*right.strands, *_recorded(trial, reach, ceiling)))
    factor = reach.bound / ceiling
    return right.sampled(lambda strand: Samples(strand.samples.at, [value * factor for value in strand.samples.values]))


def _recorded(trial: Trial, reach: Reach, ceiling: float) -> Sequence[Strand]:
    reference, each = reach.reference, trial.criterion.each
    if reference is None:
        return ()
    fixed = dict(reference.labels)
    labels = [{**fixed, **({each: group} if each in reference.entry.labels else {})} for group in groups_of(trial.criterion)]
    unique = [own for number, own in enumerate(labels) if own not in labels[:number]]
    return [Strand(reference.sli, own, Samples([START], [ceiling]), True) for own in unique]
