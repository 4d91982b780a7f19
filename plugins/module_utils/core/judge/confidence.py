# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clopper-Pearson bounds of a proportion, with nothing but the standard library."""

from __future__ import annotations

import math
from typing import Callable

from ..errors import InputError

# Beyond it a share cannot be told finely enough for a bound to be careful.
TRIES_LIMIT = 10**12


def upper_bound(hits: int, tries: int, confidence: float) -> float:
    """Return the one-sided upper bound of the true share when `hits` of `tries` were seen. `confidence` is a ratio, say 0.95."""
    _check(hits, tries, confidence)
    if hits == tries:
        return 1.0
    return _solve(lambda share: 1 - _beta(hits + 1, tries - hits, share), 1 - confidence)


def lower_bound(hits: int, tries: int, confidence: float) -> float:
    """Return the one-sided lower bound."""
    return 1.0 - upper_bound(tries - hits, tries, confidence)


def _check(hits: int, tries: int, confidence: float) -> None:
    if not (0 <= hits <= tries and 0 < tries <= TRIES_LIMIT and 0 < confidence < 1):
        raise InputError(f"no bound for {hits} of {tries} at confidence {confidence:g}")


def _solve(falling: Callable[[float], float], target: float) -> float:
    """Return the larger end of the bracket in which a falling function crosses `target`: the careful side."""
    low, high = 0.0, 1.0
    for _step in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if falling(middle) > target else (low, middle)
    return high


def _beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    tiny = 1e-300
    c, d = 1.0, _away(1 - (a + b) * x / (a + 1), tiny)
    d = 1 / d
    result = d
    for m in range(1, 10000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1 / _away(1 + even * d, tiny), _away(1 + even / c, tiny)
        result *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1 / _away(1 + odd * d, tiny), _away(1 + odd / c, tiny)
        result *= d * c
        if abs(d * c - 1) < 1e-14:
            return result
    raise InputError(f"the bound does not converge for {a:g}, {b:g}")


def _away(value: float, tiny: float) -> float:
    return tiny if abs(value) < tiny else value
