# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From many samples to one number: functions of values, or of (unix seconds, value) pairs in order of time, that never guess."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Callable

from .errors import InputError
from .units import did_you_mean

Points = Sequence[tuple[float, float]]
SLOPE_BLOCKS = 48
SLOPE_MINIMUM = 6
_PERCENTILE = re.compile(r"p\(\s*([0-9]{1,2}(?:\.[0-9]{1,3})?|100)\s*\)")


@dataclass(frozen=True)
class Aggregation:
    """One way to make a number of samples; `q` only for percentiles."""

    name: str
    q: float = 0.0

    def __str__(self) -> str:
        return f"p({self.q:g})" if self.name == "p" else self.name


def percentile(values: Sequence[float], q: float) -> float:
    """Return the q-th percentile (0 < q <= 100) by linear interpolation (type 7). InputError without values."""
    if not values or not 0 < q <= 100:
        raise InputError(f"no percentile {q:g} of {len(values)} values", todo="give values, and 0 < q <= 100")
    ordered = sorted(values)
    position = (len(ordered) - 1) * q / 100
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    low, high = ordered[below], ordered[above]
    return low if low == high else low + (high - low) * (position - below)


def increase(points: Points) -> float | None:
    """Return by how much a counter grew; a fall is a reset, after which it counts from 0. None for fewer than two samples."""
    if len(points) < 2:
        return None
    values = [value for _at, value in points]
    return math.fsum(after - before if after >= before else after for before, after in zip(values, values[1:]))


def rate(points: Points) -> float | None:
    """Return the increase of a counter per second; None when no time passed."""
    grown, seconds = increase(points), span(points)
    return grown / seconds if grown is not None and seconds > 0 else None


def span(points: Points) -> float:
    """Return the seconds from the first to the last sample."""
    return points[-1][0] - points[0][0] if points else 0.0


def slope_per_hour(points: Points) -> float | None:
    """Return the growth in percent of the level at the start, per hour; None when there are too few samples or the level is 0.

    Theil-Sen over the medians of up to 48 blocks of time; the level at the start is the median of the first block.
    """
    blocks = _block_medians(points)
    if len(blocks) < SLOPE_MINIMUM or blocks[0][1] == 0:
        return None
    slopes = [
        (later[1] - earlier[1]) / (later[0] - earlier[0])
        for index, earlier in enumerate(blocks)
        for later in blocks[index + 1 :]
        if later[0] > earlier[0]
    ]
    return percentile(slopes, 50) * 3600 / abs(blocks[0][1]) * 100 if slopes else None


def aggregate(how: Aggregation, points: Points) -> float | None:
    """Return the number that `how` makes of the samples of one series; None when it cannot be made."""
    if not points:
        return None
    if how.name == "p":
        return percentile([value for _at, value in points], how.q)
    return _FUNCTIONS[how.name](points)


def parse_aggregation(text: Any, where: str) -> Aggregation:
    """Read `last`, `p(95)`, ... InputError with the nearest known name."""
    match = _PERCENTILE.fullmatch(text.strip()) if isinstance(text, str) and len(text) <= 40 else None
    if match and float(match.group(1)) > 0:
        return Aggregation("p", float(match.group(1)))
    name = text.strip() if isinstance(text, str) else ""
    if name not in _FUNCTIONS:
        raise InputError(f"unknown aggregation {str(text)[:40]!r}", where=where, todo=did_you_mean(str(text), [*_FUNCTIONS, "p(95)"]))
    return Aggregation(name)


def _values(function: Callable[[list[float]], float]) -> Callable[[Points], float | None]:
    return lambda points: function([value for _at, value in points])


_FUNCTIONS: dict[str, Callable[[Points], float | None]] = {
    "last": lambda points: points[-1][1],
    "first": lambda points: points[0][1],
    "min": _values(min),
    "max": _values(max),
    "mean": _values(lambda values: math.fsum(values) / len(values)),
    "median": _values(lambda values: percentile(values, 50)),
    "sum": _values(math.fsum),
    "count": lambda points: float(len(points)),
    "increase": increase,
    "rate": rate,
    "slope": slope_per_hour,
}


def _block_medians(points: Points) -> list[tuple[float, float]]:
    """Cut the time into blocks of equal length; return (median time, median value) of each block that holds samples."""
    length = span(points)
    if length <= 0:
        return []
    count = max(1, min(SLOPE_BLOCKS, len(points)))
    blocks: list[list[tuple[float, float]]] = [[] for _block in range(count)]
    for at, value in points:
        blocks[min(count - 1, int((at - points[0][0]) / length * count))].append((at, value))
    return [(percentile([at for at, _value in block], 50), percentile([value for _at, value in block], 50)) for block in blocks if block]
