# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Samples of one series, in order of time, as two columns. What can be asked of them stands here and nowhere else."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Callable, Optional

from ..errors import EvidenceError, InputError
from ..units import converter
from .limit import Limit


class Samples:
    """`at` are unix seconds, never falling; `values` belong to them, in the first unit of the dimension.

    The functions that need a value (percentile, minimum, first, last, ...) must not be asked when there is no sample.
    """

    __slots__ = ("at", "values")

    def __init__(self, at: Iterable[float] = (), values: Iterable[float] = ()) -> None:
        self.at: Sequence[float] = array("d", at)
        self.values: Sequence[float] = array("d", values)
        if len(self.at) != len(self.values):
            raise EvidenceError("the samples of a series are torn", why=f"{len(self.at)} times, {len(self.values)} values")

    @classmethod
    def of(cls, pairs: Iterable[tuple[float, float]]) -> Samples:
        """Return the samples of (unix seconds, value) pairs in any order."""
        ordered = sorted(pairs)
        return cls((at for at, _value in ordered), (value for _at, value in ordered))

    def __len__(self) -> int:
        return len(self.at)

    def __iter__(self) -> Iterator[tuple[float, float]]:
        return zip(self.at, self.values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (Samples, list, tuple)) and list(self) == list(other)

    # What can be compared by its content and is no key of a mapping; object says that every class can be hashed.
    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Samples.of({list(self)[:5]!r}{'...' if len(self) > 5 else ''})"

    @property
    def first(self) -> float:
        """The oldest value."""
        return self.values[0]

    @property
    def last(self) -> float:
        """The newest value."""
        return self.values[-1]

    @property
    def span(self) -> float:
        """Seconds from the first to the last sample."""
        return self.at[-1] - self.at[0] if len(self.at) else 0.0

    @property
    def finite(self) -> bool:
        """True when every time and every value is a finite number."""
        return all(map(math.isfinite, self.values)) and all(map(math.isfinite, self.at))

    def minimum(self) -> float:
        """The smallest value."""
        return min(self.values)

    def maximum(self) -> float:
        """The greatest value."""
        return max(self.values)

    def total(self) -> float:
        """The sum of the values."""
        return math.fsum(self.values)

    def mean(self) -> float:
        """The mean of the values."""
        return math.fsum(self.values) / len(self.values)

    def percentile(self, q: float) -> float:
        """The q-th percentile (0 < q <= 100), type 7."""
        return _type_seven(self._ordered(), q)

    def increase(self) -> Optional[float]:
        """By how much a counter grew; a fall is a reset, after which it counts from 0. None for fewer than two samples."""
        if len(self.values) < 2:
            return None
        pairs = zip(self.values, self.values[1:])
        return math.fsum(after - before if after >= before else after for before, after in pairs)

    def share(self, limit: Limit) -> Optional[float]:
        """Share of the time in which `limit` held: each sample stands for half of the way to its neighbours. None when no time passed."""
        if self.span <= 0:
            return None
        edges = [self.at[0], *((before + after) / 2 for before, after in zip(self.at, self.at[1:])), self.at[-1]]
        held = math.fsum(end - begin for value, begin, end in zip(self.values, edges, edges[1:]) if limit.holds(value))
        return min(1.0, held / self.span)

    def keeps(self, limit: Limit) -> bool:
        """True when every value keeps the limit."""
        return all(limit.holds(value) for value in self.values)

    def largest_gap(self) -> float:
        """Seconds of the longest hole between two samples."""
        return max((after - before for before, after in zip(self.at, self.at[1:])), default=0.0)

    def occupied(self, interval: float, begin: float, count: int) -> int:
        """How many of `count` slots of `interval` seconds, counted from `begin`, hold a sample that is nearer to them than to others."""
        slots = {math.floor((at - begin) / interval + 0.5) for at in self.at}
        return sum(0 <= slot < count for slot in slots)

    def block_medians(self, count: int) -> list[tuple[float, float]]:
        """Cut the time into at most `count` blocks of equal length; (median time, median value) of each that holds samples."""
        return self.block_percentiles(count, 50)

    def block_percentiles(self, count: int, q: float) -> list[tuple[float, float]]:
        """The same with the q-th percentile of the values."""
        if self.span <= 0:
            return []
        count = max(1, min(count, len(self.at)))
        edges = [bisect_left(self.at, self.at[0] + self.span * number / count) for number in range(count)]
        blocks = (self._slice(begin, end) for begin, end in zip(edges, [*edges[1:], len(self.at)]) if begin < end)
        return [(_type_seven(block.at, 50), block.percentile(q)) for block in blocks]

    def between(self, begin: float, end: float, lead: bool = False) -> Samples:
        """The samples with begin <= time < end; with `lead` also the one before them (what a counter has to be compared with)."""
        low, high = bisect_left(self.at, begin), bisect_left(self.at, end)
        return self._slice(max(0, low - 1) if lead and low < high else low, high)

    def after(self, time: float) -> Samples:
        """The samples with time >= `time`."""
        return self._slice(bisect_left(self.at, time), len(self.at))

    def converted(self, source: str, target: str) -> Samples:
        """The samples in another unit."""
        if source == target:
            return self
        change: Callable[[float], float] = converter(source, target)
        return Samples(self.at, map(change, self.values))

    # io/sources/columns.py has other columns and answers these, and what takes long, in its own way.
    def _slice(self, low: int, high: int) -> Samples:
        return Samples(self.at[low:high], self.values[low:high])

    def _ordered(self) -> Sequence[float]:
        return sorted(self.values)


def percentile(values: Sequence[float], q: float) -> float:
    """Return the q-th percentile (0 < q <= 100) by linear interpolation (type 7). InputError without values."""
    return _type_seven(sorted(values), q)


def _type_seven(ordered: Sequence[float], q: float) -> float:
    if not len(ordered) or not 0 < q <= 100:
        raise InputError(f"no percentile {q:g} of {len(ordered)} values", todo="give values, and 0 < q <= 100")
    position = (len(ordered) - 1) * q / 100
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    low, high = ordered[below], ordered[above]
    return low if low == high else low + (high - low) * (position - below)
