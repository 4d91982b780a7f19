# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A straight line whose growth, as an alert rule sees it, is known exactly.

The rule sees the slope of the window in percent of the level at its start, an hour. Along a straight line that start rises, so the
growth falls from look to look: it is at its highest at the first look, and at its lowest at the last.
"""

from __future__ import annotations

import math

from ..errors import InputError
from .alert_watch import Watch

LEVEL = 1000.0
_PERCENT_AN_HOUR = 360000.0


def sample_seconds(watch: Watch) -> int:
    """Seconds between two samples, a few in the first part of the window.

    A prime number: samples then hardly meet the edges of a window, which Prometheus 2 counts in and Prometheus 3 does not.
    """
    return next((prime for prime in (61, 31, 13) if watch.first_part >= 4 * prime), 7)


def first_look(watch: Watch, step: int) -> float:
    """The first evaluation, every `step` seconds, that finds a level to grow from."""
    return math.ceil((watch.window - watch.first_part) / step) * step


def look_from(watch: Watch, earliest: float, step: int) -> float:
    """The first evaluation from `earliest` on for which no sample lies on an edge of the first part of the window."""
    at = earliest
    while any((at - watch.window + edge) % sample_seconds(watch) == 0 for edge in (0, watch.first_part)):
        at += step
    return at


def steepness(watch: Watch, growth: float, at: float, last: bool) -> float:
    """What the line gains a second when its growth is to be `growth` at its last look `at`, or else at its first."""
    share = growth / watch.factor / _PERCENT_AN_HOUR
    risen = 1 - share * (_level_time(watch, at) if last else 0.0)
    if risen <= 0:
        raise InputError(f"no straight line grows by {growth:g} {watch.unit} for {at:g} s", todo="shorten the `for` of the alert")
    return share * LEVEL / risen


def growth_at(watch: Watch, steep: float, at: float) -> float:
    """The growth, in the unit of the alert, that is seen at the time `at`."""
    return steep * _PERCENT_AN_HOUR / (LEVEL + steep * _level_time(watch, at)) * watch.factor


def line(watch: Watch, steep: float, until: float) -> str:
    """The samples up to the time `until`, as promtool reads them."""
    every = sample_seconds(watch)
    return f"{LEVEL:g}{steep * every:+.17g}x{math.ceil(until / every) + 1}"


def _level_time(watch: Watch, at: float) -> float:
    """The time of the median sample in the first part of the window that ends at `at`; the samples begin at 0."""
    every, begin = sample_seconds(watch), at - watch.window
    first = max(0, math.ceil(begin / every))
    last = max(first, math.floor((begin + watch.first_part) / every))
    return (first + last) / 2 * every
