# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each SLI of an expression must come to, so that the whole expression comes to a value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from ..judge.aggregate import Aggregation
from ..judge.criterion import Criterion
from ..judge.expression import Reference

# Shares of a core, and what others call a ratio, may be more than 1.
_BEYOND_ONE = ("container.cpu", "reported.ratio")
_FROM_ZERO = ("count", "ratio", "bytes", "time", "rate")
_KEEPS_WHOLE = ("last", "first", "min", "max", "sum", "count", "increase")
LABEL_SETS = ("left", "right")
TRIES = 10_000
TRIES_LIMIT = 100_000_000


class Part(NamedTuple):
    """One label set of one SLI: what its aggregation must come to, in the first unit of the SLI."""

    sli: str
    labels: Mapping[str, str]
    how: Aggregation
    target: float


@dataclass(frozen=True)
class Range:
    """The values that a criterion can come to at all, in its first unit: from low to high, in steps (0: any number)."""

    low: float
    high: float
    step: float

    def holds(self, value: float) -> bool:
        """True when the value lies in the range."""
        return self.low <= value <= self.high

    def nearest(self, value: float) -> float:
        """Return the value of the range that is nearest."""
        stepped = round(value / self.step) * self.step if self.step == 1 else value
        return min(max(stepped, self.low), self.high)


def tries_of(criterion: Criterion) -> int:
    """Return the denominator by which a ratio of counts is made: it meets the limits exactly, and is large enough for a confidence."""
    bounds = [limit.bound for limit in criterion.limits if not limit.relative]
    distances = [min(bound, 1 - bound) for bound in bounds if 0 < bound < 1]
    tries = max([TRIES, criterion.min_samples, *(round(20 / distance) for distance in distances)])
    exact = math.lcm(tries, *(Fraction(repr(bound)).denominator for bound in bounds if math.isfinite(bound)))
    return exact if exact <= TRIES_LIMIT else min(tries, TRIES_LIMIT)


def range_of(criterion: Criterion) -> Range:
    """Return the values that the criterion can come to; the steps of a ratio of counts are those of `tries_of`."""
    name, entry = criterion.aggregation.name, criterion.expression.numerator.entry
    if criterion.expression.denominator:
        counts = entry.dimension == "count"
        return Range(0.0, 1.0 if counts or part_of_itself(criterion) else float("inf"), 1.0 / tries_of(criterion) if counts else 0.0)
    low = 0.0 if criterion.dimension in _FROM_ZERO else float("-inf")
    if name == "count":
        return Range(1.0, float("inf"), 1.0)  # without a sample there is no data, which is no value
    if criterion.dimension == "ratio" and name != "drift" and (name == "share" or criterion.expression.numerator.sli not in _BEYOND_ONE):
        return Range(low, 1.0, 0.0)
    return Range(low, float("inf"), 1.0 if criterion.dimension == "count" and name in _KEEPS_WHOLE else 0.0)


def parts_of(criterion: Criterion, value: float, group: str, tries: int = 0) -> list[Part]:
    """Return the parts by which a group comes to `value`; `tries` is the denominator of a ratio of counts."""
    top, below = criterion.expression.numerator, criterion.expression.denominator
    if not below:
        return _label_sets(criterion, top, group, value)
    counts = top.entry.dimension == "count"
    bottom = float(tries or tries_of(criterion)) if counts else 1.0
    hits = float(round(value * bottom)) if counts else value * bottom
    parts = _label_sets(criterion, top, group, hits)
    rest = bottom - hits * sum(_counts_in(top, reference) for reference in below)
    seen = {top}
    for reference in below:
        if reference in seen or (_counts_in(top, reference) and not criterion.across):
            continue
        seen.add(reference)
        parts += _label_sets(criterion, reference, group, rest)
        rest = 0.0
    return parts


def part_of_itself(criterion: Criterion) -> bool:
    """True for a ratio like a / (a + b)."""
    return any(_counts_in(criterion.expression.numerator, reference) for reference in criterion.expression.denominator)


def _counts_in(top: Reference, reference: Reference) -> bool:
    """True when what the numerator names is also counted by a reference of the denominator."""
    return top.sli == reference.sli and set(reference.labels) <= set(top.labels)


def _label_sets(criterion: Criterion, reference: Reference, group: str, target: float) -> list[Part]:
    labels = {**dict(reference.labels), **({criterion.each: group} if criterion.each else {})}
    how = _aggregation(criterion, reference)
    free = [label for label in reference.entry.labels if label not in labels]
    if not criterion.across or not free:
        return [Part(reference.sli, labels, how, target)]
    if criterion.across != "sum":
        aims = target, target
    elif reference.entry.dimension == "count":
        aims = target // 2, target - target // 2
    else:
        aims = target / 2, target / 2
    return [Part(reference.sli, {**labels, free[0]: name}, how, aim) for name, aim in zip(LABEL_SETS, aims)]


def _aggregation(criterion: Criterion, reference: Reference) -> Aggregation:
    """As the judge does it: in a ratio of a counter and a gauge each side is made a number in its own way."""
    if reference.entry.kind == "counter":
        return criterion.aggregation if criterion.aggregation.name == "rate" else Aggregation("increase")
    return Aggregation("last") if criterion.aggregation.name == "increase" else criterion.aggregation
