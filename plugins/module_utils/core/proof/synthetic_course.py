# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The course of synthetic samples over time: how many, how dense, and how they rise, so that an aggregation comes to a target."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from ..judge.aggregate import ESTIMATES, Aggregation
from ..judge.criterion import Criterion
from ..judge.held import STEADY_PARTS
from ..judge.limit import Limit
from ..judge.samples import Samples
from ..judge.trend import BLOCKS, WARMUP_SHARE, settled

_LEVEL = 1000.0
# Some more than the blocks of a slope, of which a warm-up takes a part.
_LEAST = {"slope": 3 * BLOCKS, "drift": 3 * BLOCKS, "share": 101}
_SERIES = ("slope", "drift", "share", "rate", "count")
# Of what a limit of share() looks for, and of what it does not.
_SIDES = {"<": (-1.0, 1.0), "<=": (-1.0, 1.0), ">": (1.0, -1.0), ">=": (1.0, -1.0), "==": (0.0, 1.0), "!=": (1.0, 0.0)}


@dataclass(frozen=True)
class Layout:
    """Where the samples lie: `warm` of them in the warm-up, then `windows` times `each`, `step` seconds apart.

    `plain`: nothing asks for a series, one value will do. `least`: seconds that a series must last, however few its samples are.
    `settles`: the judge drops a warm-up that nobody declared.
    """

    plain: bool
    step: float = 1.0
    warm: int = 0
    windows: int = 1
    each: int = 1
    least: float = 0.0
    settles: bool = False

    def begin(self, start: float) -> float:
        """The unix time of the first sample after the warm-up."""
        return start + self.warm * self.step

    def times(self, start: float, window: int) -> list[float]:
        """The unix times of the samples of a window."""
        return [self.begin(start) + (window * self.each + number) * self.step for number in range(self.each)]


def layout_of(criterion: Criterion) -> Layout:
    """Return the smallest layout that gives the criterion all that it asks for."""
    tries = bool(criterion.expression.denominator) and criterion.expression.numerator.entry.dimension == "count"
    least = 1 if tries else math.ceil(criterion.min_samples / (1 - WARMUP_SHARE)) + 1 if _settles(criterion) else criterion.min_samples
    asks = (criterion.min_duration, criterion.warmup, criterion.every, criterion.sampled_every, criterion.max_gap, _steady(criterion))
    if not any(asks) and least == 1 and criterion.aggregation.name not in _SERIES:
        return Layout(True)
    # A share moves a sample, and may lose one by that.
    least = max(least + (criterion.aggregation.name == "share"), _LEAST.get(criterion.aggregation.name, 4))
    dense = _densest(criterion)
    if criterion.every:
        windows = _windows(criterion)
        each = max(least, math.ceil(criterion.every / dense - 1e-9) if math.isfinite(dense) else 0)
        return _with_step(criterion, criterion.every / each, windows, each)
    length = max(criterion.min_duration, 2 * _steady(criterion), 4 * criterion.max_gap, 60.0)
    if criterion.sampled_every:
        length = criterion.sampled_every * math.ceil(length / criterion.sampled_every - 1e-9)
    each = math.ceil(length / dense - 1e-9) + 1 if math.isfinite(dense) else 0
    if each < least:
        return _with_step(criterion, length / (least - 1), 1, least)
    return _with_step(criterion, dense, 1, each)


def thinner(criterion: Criterion, layout: Layout, each: int) -> Layout:
    """Return a layout as long as `layout`, with fewer samples in each window."""
    length = layout.step * (layout.each if criterion.every else layout.each - 1)
    return _with_step(criterion, length / (each if criterion.every else max(each - 1, 1)), layout.windows, each)


def _with_step(criterion: Criterion, step: float, windows: int, each: int) -> Layout:
    warm = math.ceil(criterion.warmup / step - 1e-9) if criterion.warmup else 0
    return Layout(False, step, warm, windows, each, criterion.min_duration, _settles(criterion))


def _settles(criterion: Criterion) -> bool:
    """True when the judge drops a warm-up that nobody declared."""
    return criterion.aggregation.name in ESTIMATES and not criterion.warmup and not criterion.every


def course(layout: Layout, how: Aggregation, targets: Sequence[float], start: float) -> Samples:
    """Return samples of which every window comes to its target."""
    if layout.plain:
        return Samples([start], [targets[0]])
    if how.name == "count":
        return _counted(layout, targets, start)
    counter, reached = how.name in ("increase", "rate"), 0.0
    at, values = [start + number * layout.step for number in range(layout.warm)], []
    for window, target in enumerate(targets):
        times = layout.times(start, window)
        if counter:
            # To a window of a counter the sample before it belongs.
            seconds = times[-1] - times[0] + (layout.step if window else 0.0)
            grown = target * seconds if how.name == "rate" else target
            made = [reached if number < layout.each // 2 else reached + grown for number in range(layout.each)]
            reached += grown
        elif how.limit is not None:
            times, made = _shared(times, how.limit, target)
        else:
            made = _risen(times, how.name, target, layout.settles)
        at += times
        values += made
    first = values[0] if values else 0.0
    return Samples(at, [first] * layout.warm + values)


def _risen(times: Sequence[float], name: str, target: float, settles: bool) -> list[float]:
    if name == "slope":
        return _staircase(times, target, settles)
    if name == "drift":
        judged = settled(Samples(times, times)) if settles else Samples(times, times)
        return [_LEVEL if at < (judged.first + judged.last) / 2 else _LEVEL * target for at in times]
    if name == "sum":
        return [0.0] * (len(times) - 1) + [target]
    return [target] * len(times)


def _staircase(times: Sequence[float], target: float, settles: bool) -> list[float]:
    """Percent per hour of the level at the start, which is that of the first block that is judged; every block has a level of its own."""
    judged = Samples(times, times)
    blocks = (settled(judged) if settles else judged).block_medians(BLOCKS)
    middles = [middle for middle, _same in blocks]
    levels = [_LEVEL * (1 + target / 100 * (middle - middles[0]) / 3600) for middle in middles]
    ends = [(before + after) / 2 for before, after in zip(middles, middles[1:])]
    return [levels[bisect_left(ends, at)] for at in times]


def _shared(times: list[float], limit: Limit, target: float) -> tuple[list[float], list[float]]:
    """The limit holds from the first sample on, for the share `target` of the time; one sample is moved so that it does so exactly."""
    margin = abs(limit.bound) * 0.25 or 1.0
    held, missed = (limit.bound + side * margin for side in _SIDES[limit.sign])
    length = times[-1] - times[0]
    turn = times[0] + target * length
    if target <= 0 or target >= 1 or length <= 0:
        return times, [missed if target <= 0 else held] * len(times)
    last = max((number for number, at in enumerate(times) if at < turn), default=0)
    moved = 2 * turn - times[last]
    kept = [at for number, at in enumerate(times) if number <= last or at > moved]
    at = sorted({*kept, min(moved, times[-1] + length)})
    return at, [held if moment <= times[last] else missed for moment in at]


def _counted(layout: Layout, targets: Sequence[float], start: float) -> Samples:
    """As many samples as wanted, over the same time, or for longer when they would lie closer than the layout asks."""
    at = [start + number * layout.step for number in range(layout.warm)]
    for window, target in enumerate(targets):
        begin, length = layout.times(start, window)[0], layout.step * (layout.each - 1)
        wanted = int(target)
        if layout.windows == 1 and wanted < layout.each:
            length = max(layout.least, min(length, max(wanted - 1, 0) * layout.step))
        at += [begin + length * number / max(wanted - 1, 1) for number in range(wanted)]
    return Samples(at, [1.0] * len(at))


def _steady(criterion: Criterion) -> float:
    limits = [limit for limits in (*criterion.alternatives, *criterion.warnings) for limit in limits]
    return max((limit.steady.first for limit in limits if limit.steady), default=0.0)


def _densest(criterion: Criterion) -> float:
    """How many seconds may lie between two samples; inf when nothing says it."""
    gap = criterion.max_gap / 2 or math.inf
    steady = min((criterion.max_gap or 2 * criterion.sampled_every or _steady(criterion) / STEADY_PARTS) / 2 or math.inf, math.inf)
    return min(criterion.sampled_every or math.inf, gap, steady if _steady(criterion) else math.inf)


def _windows(criterion: Criterion) -> int:
    """Enough windows for every tolerance to be used up and overdrawn, with good ones between."""
    may = criterion.tolerance
    least = 2 * (may.failed + may.inconclusive + may.error) + 6
    return max(least, math.ceil(criterion.min_duration / criterion.every) + 1)
