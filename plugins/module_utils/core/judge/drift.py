# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether something became slower: the last part of a series against its first one, as a ratio with the interval in which it lies.

Thousands of requests of the same minute are not thousands of witnesses: a rank test of the raw samples calls a third of all healthy
soaks slower. So the medians of blocks of five minutes are compared, every one of the last part with every one of the first: the ratio is
the median of those (Hodges-Lehmann), its interval that of the Mann-Whitney statistic, widened by the likeness of neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from .ranks import SAME, Estimate, rank_interval, shift_deviation, widening
from .samples import Samples, percentile

BLOCK_SECONDS = 300.0
PART_SECONDS = 4 * 3600.0
# Where the whole is too short for blocks of five minutes it is cut into so many: with half of them on either side the interval has ends
# also where neighbours are as alike as the correction goes.
BLOCKS_MINIMUM = 48
_PART_MINIMUM = 6


@dataclass(frozen=True)
class Drift(Estimate):
    """`low`, `value`, `high` are ratios of the last part to the first; `blocks` are those of both parts together."""

    blocks: int = 0
    part_hours: float = 0.0


def drift(samples: Samples) -> Optional[Drift]:
    """Return the drift of what is left of a series after its warm-up; None for too few blocks, or where something is not above 0.

    The parts are the first and the last third; where a third is shorter than four hours, the halves.
    """
    if samples.span <= 0:
        return None
    parts = 3 if samples.span >= 3 * PART_SECONDS else 2
    blocks = samples.block_medians(max(BLOCKS_MINIMUM, math.ceil(samples.span / BLOCK_SECONDS)))
    length = samples.span / parts
    begin, end = samples.at[0] + length, samples.at[-1] - length
    first = [value for at, value in blocks if at < begin]
    last = [value for at, value in blocks if at >= end]
    if min(len(first), len(last)) < _PART_MINIMUM or min(*first, *last) <= 0:
        return None
    return _compared([math.log(value) for value in first], [math.log(value) for value in last], length / 3600)


def _compared(first: Sequence[float], last: Sequence[float], hours: float) -> Drift:
    shifts = sorted(later - earlier for earlier in first for later in last)
    middle = percentile(shifts, 50)
    residuals = [*_around(first), *_around(last)]
    low, high = rank_interval(shifts, shift_deviation(len(first), len(last)) * widening(residuals, 1))
    if high - low <= SAME:
        low = high = middle
    ends = [_ratio(low), _ratio(middle), _ratio(high)]
    return Drift(ends[0], ends[1], ends[2], ends[1] - ends[0], "", len(first) + len(last), hours)


def _around(values: Sequence[float]) -> list[float]:
    middle = percentile(values, 50)
    return [value - middle for value in values]


def _ratio(shift: float) -> float:
    try:
        return math.exp(shift)
    except OverflowError:
        return math.inf
