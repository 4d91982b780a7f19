# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a level grows: the trend of a series with the interval in which it lies.

A straight line with its p-value calls a third of all healthy soaks leaks, because neighbouring samples are alike and memory goes up and
down in saw-teeth. So: the series is cut into blocks of time, of each only its trough (p10) counts, the slope is the median of those
between any two blocks (Theil-Sen), its interval that of Kendall's statistic, widened by the likeness of neighbours. What the line cannot
know widens it further: a growth that slowed down or began late, and cycles of which too few were seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from .ranks import SAME, Estimate, kendall_deviation, rank_interval, widening
from .samples import Samples, percentile

BLOCKS = 48
BLOCKS_MINIMUM = 6
TROUGH = 10.0
WARMUP_SECONDS = 3600.0
WARMUP_SHARE = 0.15
CYCLES_MINIMUM = 3
# The level at the start is taken from that share of the blocks.
_START_SHARE = 8
# How far cycles that were seen less than three times may bend the line, in heights of a cycle over the time watched.
_CYCLE_BEND = 2.0
# What widens the interval by a smaller part of itself is not worth a word.
_WORTH_TELLING = 0.25
_HOUR = 3600.0

Blocks = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Trend(Estimate):
    """`low`, `value`, `high` in percent of the level at the start per hour.

    `cycles` is how often it went down as it does (0: it never does); `start` and `end` are the level of the troughs at either end, in the
    unit of the series.
    """

    blocks: int = 0
    cycles: int = 0
    hours: float = 0.0
    start: float = 0.0
    end: float = 0.0

    def hours_to(self, bound: float) -> float:
        """Return after how many hours the level is at `bound` if it grows no faster than the lower end says; inf when it does not grow."""
        if self.end >= bound:
            return 0.0
        growth = self.low / 100 * self.start
        return (bound - self.end) / growth if growth > 0 else math.inf


def settled(samples: Samples) -> Samples:
    """Return the samples without the time in which a fresh process warms up: 15 pct of the whole, an hour at most."""
    if not len(samples):
        return samples
    return samples.after(samples.at[0] + min(WARMUP_SECONDS, WARMUP_SHARE * samples.span))


def troughs(samples: Samples) -> list[tuple[float, float]]:
    """Return (median time, p10) of up to 48 blocks of time."""
    return samples.block_percentiles(BLOCKS, TROUGH)


def trend(samples: Samples, cycles_needed: int = CYCLES_MINIMUM) -> Optional[Trend]:
    """Return the trend of what is left of a series after its warm-up; None for too few blocks, or a level of 0."""
    blocks = troughs(samples)
    if len(blocks) < BLOCKS_MINIMUM:
        return None
    half = len(blocks) // 2
    slopes, late = _slopes(blocks), percentile(_slopes(blocks[half:]), 50)
    slope, start = percentile(slopes, 50), abs(_start(blocks, percentile(_slopes(blocks[: half + 1]), 50)))
    to_percent = _HOUR / start * 100 if start else math.inf
    if not math.isfinite(slope * to_percent):
        return None
    residuals = [value - slope * (at - blocks[0][0]) for at, value in blocks]
    low, high = rank_interval(slopes, kendall_deviation(len(blocks)) * widening(residuals, 2))
    bend, cycles = _bend(blocks, residuals, samples.span, cycles_needed)
    doubts = (
        (bend, f"{cycles} of {cycles_needed} cycles seen"),
        (slope - late, "it grew more slowly in the second half"),
        (late - slope, "it grew faster in the second half"),
    )
    most, why = max(doubts)
    why = why if most > _WORTH_TELLING * (high - low) else ""
    detection = (slope - low + bend) * to_percent
    ends = (min(low, late) - bend) * to_percent, slope * to_percent, (max(high, late) + bend) * to_percent
    if ends[2] - ends[0] <= SAME * (abs(ends[1]) or 1.0):
        # What arithmetic costs is no doubt.
        ends = ends[1], ends[1], ends[1]
    hours = samples.span / _HOUR
    end = start + slope * (blocks[-1][0] - blocks[0][0])
    return Trend(*ends, detection, why, len(blocks), cycles, hours, start, end)


def _slopes(blocks: Blocks) -> list[float]:
    """Return the slopes between any two blocks, in order of size."""
    return sorted(
        (later - earlier) / (end - begin)
        for index, (begin, earlier) in enumerate(blocks)
        for end, later in blocks[index + 1 :]
        if end > begin
    )


def _start(blocks: Blocks, slope: float) -> float:
    """The level at the first block: the median of the first few, each brought back along the line."""
    first = blocks[: max(1, len(blocks) // _START_SHARE)]
    return percentile([value - slope * (at - blocks[0][0]) for at, value in first], 50)


def _bend(blocks: Blocks, residuals: Sequence[float], span: float, needed: int) -> tuple[float, int]:
    """Return how far, a second, cycles may have bent the line, and how many of them were seen.

    A cycle is a fall and a rise of which the fall is there before the line is taken off and after it: neither a level that sinks all
    the time nor a single step up is one. Where too few of the largest were seen, the line may be a part of one.
    """
    height = min(_greatest_fall([value for _at, value in blocks]), _greatest_fall(residuals))
    if height <= 0:
        return 0.0, 0
    cycles = _falls(residuals, height / 2)
    return (_CYCLE_BEND * height / span if cycles < needed else 0.0), cycles


def _greatest_fall(values: Sequence[float]) -> float:
    """Return by how much the values fall from any one to any later one, at most."""
    top, fall = values[0], 0.0
    for value in values:
        top = max(top, value)
        fall = max(fall, top - value)
    return fall


def _falls(values: Sequence[float], least: float) -> int:
    """Return how many falls of at least `least` there are, each after a rise of that size."""
    count, extreme, falling = 0, values[0], False
    for value in values:
        if falling:
            extreme = min(extreme, value)
            if value - extreme >= least:
                extreme, falling = value, False
        else:
            extreme = max(extreme, value)
            if extreme - value >= least:
                count, extreme, falling = count + 1, value, True
    return count
