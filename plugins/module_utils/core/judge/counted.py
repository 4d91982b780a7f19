# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Observations that were counted: instead of millions of samples a log histogram for each short stretch of time.

Histograms of stretches add up to that of any longer time, so that a percentile over it is never a mean of percentiles. What is taken from
one is known to 1 pct, and an interval until it has been held against its limit.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from ..log_histogram import GAMMA, LogHistogram, merged
from ..units import scale
from .drift import Drift
from .histogram import Histogram
from .samples import Samples


class CountedSamples(Samples):
    """`at` are the beginnings of the stretches, `parts` what was counted in each.

    A single value is not known any more: those of `values` are no numbers, and no limit is ever kept by one.
    """

    __slots__ = ("_scale", "parts")

    def __init__(self, at: Sequence[float], parts: Sequence[LogHistogram], factor: tuple[float, float] = (1.0, 1.0)) -> None:
        super().__init__(at, [math.nan] * len(at))
        self.parts = tuple(parts)
        self._scale = factor

    @property
    def finite(self) -> bool:
        """True when every time is a finite number; what is counted is one."""
        return all(map(math.isfinite, self.at))

    def histogram(self) -> Histogram:
        """Return what was counted in all of the time."""
        bounds, counts = zip(*merged(self.parts).buckets())
        return Histogram(tuple(map(self._scaled, bounds)), tuple(map(float, counts)))

    def block_percentiles(self, count: int, q: float) -> list[tuple[float, float]]:
        """Cut the time into at most `count` blocks; (median time, percentile to 1 pct) of each in which something was counted."""
        if self.span <= 0:
            return []
        count = max(1, min(count, len(self.at)))
        edges = [bisect_left(self.at, self.at[0] + self.span * number / count) for number in range(count)]
        found = []
        for begin, end in zip(edges, [*edges[1:], len(self.at)]):
            value = merged(self.parts[begin:end]).percentile(q)
            if value is not None:
                found.append((self.at[(begin + end - 1) // 2], self._scaled(value)))
        return found

    def converted(self, source: str, target: str) -> Samples:
        """The same in another unit."""
        return self if source == target else CountedSamples(self.at, self.parts, scale(source, target))

    def _scaled(self, value: float) -> float:
        factor, divisor = self._scale
        return value * factor / divisor

    def _slice(self, low: int, high: int) -> Samples:
        return CountedSamples(self.at[low:high], self.parts[low:high], self._scale)


def blurred(drift: Drift) -> Drift:
    """Return a drift of medians that are known to 1 pct: either end lies further away by twice that."""
    return replace(drift, low=drift.low / GAMMA, high=drift.high * GAMMA, detection_limit=drift.detection_limit * GAMMA + GAMMA - 1)
