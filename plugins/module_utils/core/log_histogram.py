# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A histogram whose buckets are 2 pct wide: percentiles of millions of latencies in a few hundred numbers, which add up over parts.

Percentiles of parts cannot be averaged; counts can be added. The bucket `number` holds what is above GAMMA ** (number - 1) and at most
GAMMA ** number; what is 0 is counted apart. Source of the layout: Masson, Rim, Lee, DDSketch (2019).
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from .errors import EvidenceError

GAMMA = 1.02
# The bounds of what is told apart: below it is 0, above it is the last bucket. A nanosecond and 30 years, as seconds.
SMALLEST, GREATEST = 1e-9, 1e9
_LOG_GAMMA = math.log(GAMMA)


@dataclass(frozen=True)
class LogHistogram:
    """`zeros` and the counts by number of the bucket. Equal histograms are equal, however they were made."""

    counts: Mapping[int, int]
    zeros: int = 0

    @property
    def total(self) -> int:
        """How many observations there are."""
        return self.zeros + sum(self.counts.values())

    def merged(self, other: LogHistogram) -> LogHistogram:
        """Return the histogram of both."""
        return LogHistogram(dict(Counter(self.counts) + Counter(other.counts)), self.zeros + other.zeros)

    def percentile(self, q: float) -> Optional[float]:
        """Return the q-th percentile (0 < q <= 100), at most 1 pct beside the observation of that rank; None without observations."""
        if not self.total or not 0 < q <= 100:
            return None
        rank = math.floor((self.total - 1) * q / 100 + 0.5)
        seen = self.zeros
        if rank < seen:
            return 0.0
        for number in sorted(self.counts):
            seen += self.counts[number]
            if rank < seen:
                return middle_of(number)
        return None

    def buckets(self) -> list[tuple[float, int]]:
        """Return (upper bound, observations up to it), as a measurement takes it: of neighbours that are empty only the last one."""
        found = [(SMALLEST, self.zeros)]
        seen = self.zeros
        for number in sorted(self.counts):
            below = bound_of(number - 1)
            if below > found[-1][0] * (1 + 1e-12):
                found.append((below, seen))
            seen += self.counts[number]
            found.append((bound_of(number), seen))
        return [*found, (math.inf, seen)]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return {"gamma": GAMMA, "zeros": self.zeros, "counts": {str(number): self.counts[number] for number in sorted(self.counts)}}


def merged(parts: Iterable[LogHistogram]) -> LogHistogram:
    """Return the histogram of all parts."""
    counts: Counter[int] = Counter()
    zeros = 0
    for part in parts:
        counts.update(part.counts)
        zeros += part.zeros
    return LogHistogram(dict(counts), zeros)


def log_histogram(values: Iterable[float]) -> LogHistogram:
    """Count values; EvidenceError for one that is negative or no finite number."""
    counts: Counter[int] = Counter()
    zeros = 0
    for value in values:
        if not 0 <= value < math.inf:
            raise EvidenceError(f"{value} cannot be counted in a log histogram", why="only numbers from 0 on can")
        if value <= SMALLEST:
            zeros += 1
        else:
            counts[number_of(value)] += 1
    return LogHistogram(dict(counts), zeros)


def read_log_histogram(given: Any) -> LogHistogram:
    """Return what `as_dict` made. EvidenceError for anything else."""
    try:
        if given["gamma"] != GAMMA:
            raise EvidenceError(f"the histogram has buckets of another width ({given['gamma']!r})", why=f"only {GAMMA} can be added up")
        counts = {int(number): count for number, count in given["counts"].items()}
        everything = [given["zeros"], *counts.values()]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EvidenceError("this is no log histogram", why=str(error)[:100]) from error
    whole = all(isinstance(count, int) and not isinstance(count, bool) and count >= 0 for count in everything)
    if not whole or not all(number_of(SMALLEST) <= number <= number_of(GREATEST) for number in counts):
        raise EvidenceError("this is no log histogram", why="a count is no whole number from 0 on, or a bucket lies outside")
    return LogHistogram({number: count for number, count in counts.items() if count}, given["zeros"])


def parse_log_histogram(text: object) -> LogHistogram:
    """Return the histogram of which `text` is the JSON; EvidenceError for anything else."""
    try:
        read = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        read = None
    return read_log_histogram(read if isinstance(read, Mapping) else None)


def number_of(value: float) -> int:
    """Return the number of the bucket of a value above 0."""
    return math.ceil(math.log(min(value, GREATEST)) / _LOG_GAMMA - 1e-9)


def bound_of(number: int) -> float:
    """Return the upper bound of a bucket."""
    return math.exp(number * _LOG_GAMMA)


def middle_of(number: int) -> float:
    """Return the value that is, in percent, as far from the one end of a bucket as from the other."""
    return 2 * bound_of(number) / (GAMMA + 1)
