# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Histograms: cumulative counts below upper bounds. A number taken from one is known as an interval only."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..buckets import bound_of
from ..units import convert
from .limit import Limit

# Dimensions in which nothing is below 0, so that the first bucket has a lower edge.
_FROM_ZERO = ("count", "ratio", "bytes", "time", "rate")

Interval = tuple[float, float]


@dataclass(frozen=True)
class Histogram:
    """Upper bounds in the first unit of the dimension, and how many observations are at most that large."""

    bounds: tuple[float, ...]
    counts: tuple[float, ...]
    floor: float = 0.0

    @property
    def total(self) -> float:
        """How many observations there are."""
        return self.counts[-1]

    def percentile(self, q: float) -> Interval:
        """The interval in which the q-th percentile (type 7) lies."""
        position = (self.total - 1) * q / 100 if self.total >= 1 else 0.0
        return self.of_rank(math.floor(position))[0], self.of_rank(math.ceil(position))[1]

    def minimum(self) -> Interval:
        """The interval in which the smallest observation lies."""
        return self.of_rank(0)

    def maximum(self) -> Interval:
        """The interval in which the greatest observation lies."""
        return self.of_rank(math.ceil(self.total) - 1)

    def share(self, limit: Limit) -> Interval:
        """The interval in which the share of the observations that keep `limit` lies."""
        edges = [self.floor, *self.bounds]
        sizes = [after - before for before, after in zip((0.0, *self.counts), self.counts)]
        # An observation of a bucket is above its lower edge and at most its upper one.
        sure = [size for size, low, high in zip(sizes, edges, edges[1:]) if _all_keep(limit, low, high)]
        never = [size for size, low, high in zip(sizes, edges, edges[1:]) if _none_keeps(limit, low, high)]
        return math.fsum(sure) / self.total, 1.0 - math.fsum(never) / self.total

    def of_rank(self, rank: int) -> Interval:
        """Edges of the bucket that holds the observation of a rank, from 0."""
        index = min(bisect_right(self.counts, rank), len(self.bounds) - 1)
        return (self.bounds[index - 1] if index else self.floor), self.bounds[index]


def histogram_of(buckets: Sequence[Sequence[Any]], unit: str, target: str, dimension: str) -> Histogram:
    """Return checked buckets as a histogram in the unit `target`."""
    bounds = tuple(convert(bound_of(bound), unit, target) for bound, _count in buckets)
    floor = 0.0 if dimension in _FROM_ZERO and bounds[0] > 0 else -math.inf
    return Histogram(bounds, tuple(float(count) for _bound, count in buckets), floor)


def _all_keep(limit: Limit, low: float, high: float) -> bool:
    """Every number above `low` and at most `high` keeps the limit."""
    bound = limit.bound
    if limit.sign in ("<", "<="):
        return high < bound or (limit.sign == "<=" and high == bound)
    if limit.sign in (">", ">="):
        return low >= bound
    return limit.sign == "!=" and not low < bound <= high


def _none_keeps(limit: Limit, low: float, high: float) -> bool:
    """No number above `low` and at most `high` keeps the limit."""
    opposite = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!="}.get(limit.sign)
    return opposite is not None and _all_keep(Limit(opposite, limit.quantity), low, high)
