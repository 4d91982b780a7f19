# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What estimates by ranks share: the interval around a median of many pairs, and how much less neighbours say than strangers.

Sources: Sen, Estimates of the regression coefficient based on Kendall's tau (1968); Hodges and Lehmann, Estimates of location based on
rank tests (1963); Hamed and Rao, A modified Mann-Kendall trend test for autocorrelated data (1998), with its lag 1 alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Two-sided 95 pct: one end in forty lies on the wrong side.
NORMAL_95 = 1.959964
# What is nearer than this, as a share of the value, is arithmetic and no doubt.
SAME = 1e-9
# Beyond it the neighbours say nearly the same, and the correction would divide by nothing.
_CORRELATION_LIMIT = 0.8


@dataclass(frozen=True)
class Estimate:
    """A number that was estimated, with its 95 pct interval; the ends may be infinite.

    `detection_limit` is how far above a limit the number has to lie to be called above it; `why` is what widened the interval.
    """

    low: float
    value: float
    high: float
    detection_limit: float
    why: str = ""


def kendall_deviation(count: int) -> float:
    """Return the standard deviation of Kendall's S among `count` values without ties."""
    return math.sqrt(count * (count - 1) * (2 * count + 5) / 18)


def shift_deviation(count: int, others: int) -> float:
    """Return the standard deviation of twice the Mann-Whitney statistic of two samples without ties."""
    return 2 * math.sqrt(count * others * (count + others + 1) / 12)


def rank_interval(ordered: Sequence[float], deviation: float) -> tuple[float, float]:
    """Return the 95 pct interval around the median of ordered pairs; infinite where they are too few to say."""
    margin = NORMAL_95 * deviation
    low = math.floor((len(ordered) - margin) / 2)
    high = math.ceil((len(ordered) + margin) / 2)
    return (ordered[low] if low >= 0 else -math.inf), (ordered[high] if high < len(ordered) else math.inf)


def widening(residuals: Sequence[float], fitted: int = 0) -> float:
    """Return by how much an interval grows because neighbours are alike: the root of n over the effective n, at least 1.

    `fitted` parameters were taken out of the values before, which makes what is left look less alike than it is.
    """
    count = len(residuals)
    middle = math.fsum(residuals) / count
    around = [value - middle for value in residuals]
    power = math.fsum(value * value for value in around)
    # Of numbers that are hardly apart, or far too large, nothing is known.
    if not 0 < power < math.inf:
        return 1.0
    seen = math.fsum(one * other for one, other in zip(around, around[1:])) / power
    unbiased = (count * seen + fitted) / (count - 2 * fitted) if count > 4 * fitted else seen
    alike = min(max(unbiased, 0.0), _CORRELATION_LIMIT)
    return math.sqrt((1 + alike) / (1 - alike))
