# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A criterion on trial: values are tried on the judge until it is known where the answer flips, for each of its limits."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Optional

from ..judge.criterion import Criterion
from ..judge.evidence import EvidenceBook, Loader
from ..judge.limit import Limit
from ..judge.outcome import FAIL, GOOD, INCONCLUSIVE, PASS, WARN, Outcome
from ..units import convert, first_unit, show
from .synthetic import Evidence, evidence_of
from .synthetic_course import layout_of
from .synthetic_parts import Range, range_of

Judge = Callable[[Criterion, EvidenceBook, Loader, float], Outcome]
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
# How far from a limit the answer may flip, in steps of the last binary digit: what arithmetic over many samples costs.
_DIGITS = 24
_HALVINGS = 80
_NEAR = 1e-6
_SAME = 1e-7
_TINY = 1e-12


class Problem(NamedTuple):
    """What is wrong with a criterion or a row: its id, the limit, and why."""

    id: str
    limit: str
    why: str


class Twins(NamedTuple):
    """Two values beside each other, in the first unit: by the one the criterion passes, by the other it fails."""

    limit: Limit
    passes: float
    fails: float
    beside: float
    baseline: Optional[float]


class Trial:
    """Asks the judge about values of one criterion, each value once; `asked` counts the pieces of evidence."""

    def __init__(self, criterion: Criterion, judge: Judge) -> None:
        self.criterion = criterion
        self.range: Range = range_of(criterion)
        self.asked = 0
        self._judge = judge
        self._known: dict[tuple[float, Optional[float]], Outcome] = {}

    def evidence(self, value: float, baseline: Optional[float] = None, **options: Any) -> Evidence:
        """Return evidence by which the criterion comes to `value`."""
        return evidence_of(self.criterion, value, baseline, **options)

    def judged(self, evidence: Evidence) -> Outcome:
        """Return what the judge says."""
        self.asked += 1
        return self._judge(self.criterion, evidence.book, evidence.load, evidence.now)

    def outcome(self, value: float, baseline: Optional[float]) -> Outcome:
        """Return what the judge says about a value."""
        if (value, baseline) not in self._known:
            self._known[value, baseline] = self.judged(self.evidence(value, baseline))
        return self._known[value, baseline]

    def fails(self, value: float, baseline: Optional[float]) -> bool:
        """True when the value breaks the criterion."""
        return self.outcome(value, baseline).status == FAIL

    def good(self, value: float, baseline: Optional[float]) -> bool:
        """True when the criterion is good by the value."""
        return self.outcome(value, baseline).status in GOOD

    def shown(self, value: float) -> str:
        """Write a value with all its digits, in the unit of the criterion."""
        return exactly(convert(value, first_unit(self.criterion.dimension), self.criterion.unit), self.criterion.unit)

    def told(self, value: float, baseline: Optional[float]) -> str:
        """Write what the judge made of the evidence for a value."""
        number = self.outcome(value, baseline).value
        return self.shown(value) if number is None else exactly(number, self.criterion.unit)


def exactly(number: float, unit: str) -> str:
    """Write a number with all its digits and its unit."""
    text = repr(number)
    text = text[:-2] if text.endswith(".0") else text
    return text if unit in ("1", "count") else f"{text} {unit}"


def bound_of(trial: Trial, limit: Limit, baseline: Optional[float]) -> float:
    """Return the bound of a limit in the first unit."""
    if not limit.relative:
        return limit.bound
    return limit.resolved(baseline or 0.0, trial.criterion.dimension).bound


def baselines_of(trial: Trial) -> list[Optional[float]]:
    """Return baselines to try: below, about and above the absolute limits, so that each limit is once the one that decides."""
    criterion = trial.criterion
    if not criterion.baseline:
        return [None]
    quantities = [limit.bound for limit in criterion.limits if not limit.relative and limit.bound > 0]
    shifts = [abs(limit.quantity.first) for limit in criterion.limits if limit.relative in ("+", "-")]
    usual = min(0.4, trial.range.high) if trial.range.high <= 1 else max([100.0, *(4 * shift for shift in shifts)])
    tried = [usual, *(bound * part for bound in quantities for part in (0.25, 0.5, 0.9, 1.1, 2.0, 4.0))]
    return list(dict.fromkeys(trial.range.nearest(value) for value in tried if value > 0))


def probes(trial: Trial, baseline: Optional[float]) -> list[float]:
    """Return values on all sides of all limits, those first that are far from any."""
    criterion = trial.criterion
    warnings = [limit for limits in criterion.warnings for limit in limits]
    bounds = sorted({bound_of(trial, limit, baseline) for limit in (*criterion.limits, *warnings)})
    between = [(low + high) / 2 for low, high in zip(bounds, bounds[1:])]
    outside = [bounds[0] - (abs(bounds[0]) / 2 or 1.0), bounds[-1] + (abs(bounds[-1]) / 2 or 1.0)]
    ends = [end for end in (trial.range.low, trial.range.high) if math.isfinite(end)]
    # As many samples as complete evidence has.
    ends += [layout_of(criterion).each] if criterion.aggregation.name == "count" else []
    return list(dict.fromkeys(trial.range.nearest(value) for value in (*between, *outside, *ends, *bounds)))


def comes_to(trial: Trial, value: float, baseline: Optional[float]) -> bool:
    """True when the judge makes of the evidence for a value that value, and has a baseline when it was given one."""
    if baseline is not None and trial.outcome(value, baseline).baseline is None:
        return False
    return abs(_judged_value(trial, value, baseline) - value) <= _NEAR * max(abs(value), 1e-3)


def keeps(trial: Trial, value: float, baseline: Optional[float]) -> Optional[bool]:
    """Say, without the judge, whether a value keeps the limits; None too near to one of them to tell."""
    answers = []
    for limits in trial.criterion.alternatives:
        each = []
        for limit in limits:
            bound = bound_of(trial, limit, baseline)
            if trial.range.step != 1 and abs(value - bound) <= max(_NEAR * abs(bound), trial.range.step, _TINY):
                return None
            each.append(_COMPARE[limit.sign](value, bound))
        answers.append(all(each))
    return any(answers)


def twins_of(trial: Trial, limit: Limit, baseline: Optional[float]) -> Optional[Twins]:
    """Return the twins at a limit; None when the answer does not flip there."""
    bound = bound_of(trial, limit, baseline)
    pair = _on_the_grid(trial, bound, baseline) if trial.range.step else _among_all_numbers(trial, bound, baseline)
    if pair is None:
        return None
    beside, fails = (pair[1], pair[0]) if trial.fails(pair[0], baseline) else pair
    passes = beside if trial.good(beside, baseline) else _further(trial, beside, fails, baseline)
    return None if passes is None else Twins(limit, passes, fails, beside, baseline)


def _on_the_grid(trial: Trial, bound: float, baseline: Optional[float]) -> Optional[tuple[float, float]]:
    step = trial.range.step
    tries = round(1 / step) if step < 1 else 1
    below = math.floor(bound * tries + _NEAR)
    for number in (below - 1, below, below + 1):
        pair = number / tries, (number + 1) / tries
        near = pair[0] <= bound + _NEAR * step and bound - _NEAR * step <= pair[1]
        if near and all(map(trial.range.holds, pair)) and _parts(trial, pair, baseline):
            return pair
    return None


def _parts(trial: Trial, pair: tuple[float, float], baseline: Optional[float]) -> bool:
    """True when one of the two fails, and the other one does not."""
    statuses = {trial.outcome(value, baseline).status for value in pair}
    allowed = {PASS, WARN, FAIL, INCONCLUSIVE} if trial.criterion.confidence else {PASS, WARN, FAIL}
    return FAIL in statuses and len(statuses) == 2 and statuses <= allowed


def _among_all_numbers(trial: Trial, bound: float, baseline: Optional[float]) -> Optional[tuple[float, float]]:
    beside = [trial.range.nearest(bound + side * (abs(bound) or 1.0) * _NEAR) for side in (-1, 0, 1)]
    flips = len({trial.fails(value, baseline) for value in beside}) > 1
    digit = math.ulp(bound) if bound else _TINY
    for number in range(_DIGITS if flips else 0):
        for other in (bound - digit * 2**number, bound + digit * 2**number):
            if trial.range.holds(bound) and trial.range.holds(other) and _parts(trial, (bound, other), baseline):
                return bound, other
    return _bisected(trial, bound, baseline)


def _bisected(trial: Trial, bound: float, baseline: Optional[float]) -> Optional[tuple[float, float]]:
    """Where a made value is not met exactly (a slope over blocks of samples), the flip is sought around the bound."""
    width = abs(bound) / 10 or 1.0
    low, high = max(bound - width, trial.range.low), min(bound + width, trial.range.high)
    if not _parts(trial, (low, high), baseline):
        return None
    for _number in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if trial.fails(middle, baseline) == trial.fails(low, baseline) else (low, middle)
    # The judge's own number has to be the bound; what was made for it may be a little off.
    near = _SAME * (abs(bound) or 1.0)
    return (low, high) if all(abs(_judged_value(trial, value, baseline) - bound) <= near for value in (low, high)) else None


def _judged_value(trial: Trial, value: float, baseline: Optional[float]) -> float:
    """What the judge makes of the evidence for a value, in the first unit; NaN when it says none."""
    told = trial.outcome(value, baseline).value
    return math.nan if told is None else convert(told, trial.criterion.unit, first_unit(trial.criterion.dimension))


def _further(trial: Trial, beside: float, fails: float, baseline: Optional[float]) -> Optional[float]:
    """With a confidence the value beside the limit is not sure enough: go on until one is."""
    for value in _away(trial, beside, fails):
        if trial.good(value, baseline):
            return value
    return None


def _away(trial: Trial, beside: float, fails: float) -> Iterator[float]:
    distance, end = beside - fails, trial.range.low if beside < fails else trial.range.high
    while trial.range.holds(fails + 2 * distance):
        distance *= 2
        yield fails + distance
    if math.isfinite(end):
        yield end


def range_text(trial: Trial) -> str:
    """Say which values the criterion can come to."""
    unit, first = trial.criterion.unit, first_unit(trial.criterion.dimension)
    low, high = (show(convert(end, first, unit), unit) if math.isfinite(end) else "" for end in (trial.range.low, trial.range.high))
    kind = "whole numbers" if trial.range.step == 1 else "values"
    span = f"{kind} from {low} to {high}" if low and high else f"{kind} from {low} on" if low else f"{kind} of every size"
    return f"{trial.criterion.subject} comes to {span}"
