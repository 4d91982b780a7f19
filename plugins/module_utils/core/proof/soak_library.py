# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Memory of soaks that never were: healthy ones that look like leaks, leaks, and both at once. What is known about them is exact.

The level is 200 MB. All but `flat` have noise whose neighbours are alike for about five minutes (2 pct of the level) beside the noise of
each sample (1 pct).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Protocol

from ..judge.samples import Samples

LEVEL = 200e6
SAMPLE_NOISE = 0.01
SLOW_NOISE = 0.02
SLOW_SECONDS = 300.0
TOOTH = 0.20
HOUR = 3600.0


class Chance(Protocol):
    """Where chance comes from: a seeded random.Random."""

    def random(self) -> float:
        """A number from 0 to 1."""

    def gauss(self, mu: float, sigma: float) -> float:
        """A normal number."""


# Of the seconds since the begin, of all seconds, and of a number from 0 to 1 that is drawn once: the level, as a multiple.
Shape = Callable[[float, float, float], float]


def _saw(period: float) -> Shape:
    return lambda at, whole, drawn: 1 + TOOTH * ((at / period + drawn) % 1)


def _leak(percent: float) -> Shape:
    return lambda at, whole, drawn: 1 + percent / 100 * at / HOUR


def _both(percent: float, period: float) -> Shape:
    saw, leak = _saw(period), _leak(percent)
    return lambda at, whole, drawn: saw(at, whole, drawn) + leak(at, whole, drawn) - 1


def _step(at: float, whole: float, drawn: float) -> float:
    """A tenth more from some moment on, anywhere but in the first and the last tenth."""
    return 1.1 if at > whole * (0.1 + 0.8 * drawn) else 1.0


def _warm(at: float, whole: float, drawn: float) -> float:
    """A third is reached within the first half hour at most, faster the shorter the soak is."""
    return 1 + 0.3 * (1 - math.exp(-at / min(HOUR / 6, whole / 40)))


def _fill(at: float, whole: float, drawn: float) -> float:
    """A cache that takes a third more and is full to 95 pct after one to three hours."""
    return 1 + 0.3 * (1 - math.exp(-3 * at / (HOUR * (1 + 2 * drawn))))


def _late(at: float, whole: float, drawn: float) -> float:
    """Nothing for half of the time, then 10 pct an hour."""
    return 1 + 0.1 * max(0.0, at - whole / 2) / HOUR


# Healthy ones first: none of them may be called a leak.
HEALTHY = ("flat", "noise", "saw-tooth 20 min", "saw-tooth 3 h", "step", "warm-up", "cache fill")
SHAPES: Mapping[str, Shape] = {
    "flat": lambda at, whole, drawn: 1.0,
    "noise": lambda at, whole, drawn: 1.0,
    "saw-tooth 20 min": _saw(HOUR / 3),
    "saw-tooth 3 h": _saw(3 * HOUR),
    "step": _step,
    "warm-up": _warm,
    "cache fill": _fill,
    "leak 1 pct/h": _leak(1),
    "leak 3 pct/h": _leak(3),
    "leak 5 pct/h": _leak(5),
    "leak 10 pct/h": _leak(10),
    "leak 1 pct/h + saw 20 min": _both(1, HOUR / 3),
    "leak 10 pct/h + saw 20 min": _both(10, HOUR / 3),
    "leak 10 pct/h + saw 3 h": _both(10, 3 * HOUR),
    "late leak 10 pct/h": _late,
}


# How much slower a latency is at the end than at the start, and by how much it wanders for minutes.
LATENCIES: Mapping[str, tuple[float, float]] = {
    "steady": (0.0, 0.0),
    "busy minutes": (0.0, 0.15),
    "5 pct slower": (0.05, 0.05),
    "15 pct slower": (0.15, 0.05),
    "30 pct slower": (0.30, 0.05),
    "60 pct slower": (0.60, 0.05),
}


def latency_of(kind: str, hours: float, interval_seconds: float, chance: Chance) -> Samples:
    """Return the seconds that requests took, one at each interval, growing along a line; the noise of a request is 40 pct."""
    slower, wander = LATENCIES[kind]
    alike = math.exp(-interval_seconds / SLOW_SECONDS)
    slow, at, values = chance.gauss(0, 1), [], []
    ticks = math.floor(hours * HOUR / interval_seconds)
    for number in range(ticks + 1):
        at.append(number * interval_seconds)
        values.append(0.1 * (1 + slower * number / ticks) * math.exp(wander * slow + 0.4 * chance.gauss(0, 1)))
        slow = alike * slow + math.sqrt(1 - alike * alike) * chance.gauss(0, 1)
    return Samples(at, values)


def soak_of(kind: str, hours: float, interval_seconds: float, chance: Chance) -> Samples:
    """Return the working set, in bytes, of one soak."""
    shape, whole, drawn = SHAPES[kind], hours * HOUR, chance.random()
    alike = 0.0 if kind == "flat" else math.exp(-interval_seconds / SLOW_SECONDS)
    fresh = SLOW_NOISE * math.sqrt(1 - alike * alike) if alike else 0.0
    slow = SLOW_NOISE * chance.gauss(0, 1) if alike else 0.0
    at, values = [], []
    for number in range(math.floor(whole / interval_seconds) + 1):
        moment = number * interval_seconds
        at.append(moment)
        values.append(LEVEL * (shape(moment, whole, drawn) + slow + SAMPLE_NOISE * chance.gauss(0, 1)))
        slow = alike * slow + fresh * chance.gauss(0, 1) if alike else 0.0
    return Samples(at, values)
