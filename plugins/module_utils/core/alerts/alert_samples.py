# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the recorded SLIs must be, and when, so that the value an alert watches comes out as a test wants it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import InputError
from .alert_growth import first_look, growth_at, line, look_from, sample_seconds, steepness
from .alert_rules import Alert
from .alert_watch import Watch
from .promql import selector

STEP = 30  # seconds between two evaluations
_MARGINS = (0.02, 0.03, 0.05, 0.07, 0.11, 0.13)
_LOOKED_AT = 100.0

Series = list[dict[str, str]]


@dataclass(frozen=True)
class Scene:
    """The times and values with which one alert is tested. `over` fires it, `under` does not; both in the unit of the alert."""

    alert: Alert
    over: float
    under: float

    @property
    def watch(self) -> Watch:
        """What is watched."""
        return self.alert.watch

    @property
    def groups(self) -> tuple[str, ...]:
        """The values of the label of `each`; the first of them is the one that misbehaves."""
        return (self.watch.expect or ("bad", "good")) if self.watch.each else ("",)

    @property
    def step(self) -> int:
        """Seconds between two samples."""
        return sample_seconds(self.watch) if self.watch.shape == "growth" else STEP

    @property
    def rounds(self) -> int:
        """How many evaluations a breach must outlast."""
        return math.ceil(self.alert.seconds / STEP)

    @property
    def first_value(self) -> float:
        """When there is a value for the first time."""
        return first_look(self.watch, STEP) if self.watch.shape == "growth" else 0.0

    @property
    def fire_time(self) -> float:
        """When a breach from the beginning has fired."""
        at = self.first_value + (self.rounds + 1) * STEP
        return look_from(self.watch, at, STEP) if self.watch.shape == "growth" else at

    @property
    def shown(self) -> float:
        """The value that is seen at `fire_time` while the alert fires."""
        if self.watch.shape != "growth":
            return self.over
        return growth_at(self.watch, self._steepness(self.over, _upper(self.alert)), self.fire_time)

    def series(self, first: float, others: float) -> Series:
        """The samples up to `fire_time`: the first group has the value `first`, the others have `others`."""
        if self.watch.shape != "growth":
            return self.flat([(first, math.ceil(self.fire_time / STEP) + 1)], others)
        found = []
        for group in self.groups:
            value = first if group == self.groups[0] else others
            # A breach is one at every look, and what is none is none at any.
            steep = self._steepness(value, _upper(self.alert) is self.alert.breached(value))
            metric = selector(self.watch.queries[0].metric, self._labels(0, group))
            found.append({"series": metric, "values": line(self.watch, steep, self.fire_time)})
        return found

    def flat(self, course: Sequence[tuple[float, int]], others: float) -> Series:
        """Samples in which the first group goes through (value, number of samples), and the others keep a value."""
        count = sum(times for _value, times in course)
        found: Series = []
        for group in self.groups:
            values = course if group == self.groups[0] else [(others, count)]
            sides = [self._sides(value / self.watch.factor, group) for value, _times in values]
            for rows in zip(*sides):
                texts = [_repeated(value, times) for (_name, value), (_value, times) in zip(rows, values)]
                found.append({"series": rows[0][0], "values": " ".join(texts)})
        return found

    def without_number(self, until: float) -> dict[str, Series]:
        """Samples of which no value comes out, by what they are: NaN, and 0 where nothing was looked at."""
        count = math.ceil(until / STEP) + 1
        names = [name for group in self.groups for name, _value in self._sides(1.0, group)]
        kinds = {"NaN": math.nan, **({"of nothing": 0.0} if self.watch.shape in ("ratio", "quantile") else {})}
        return {kind: [{"series": name, "values": _repeated(value, count)} for name in names] for kind, value in kinds.items()}

    def _sides(self, value: float, group: str) -> list[tuple[str, float]]:
        """(series, value) of each recorded SLI that makes the watched value, in the unit of the queries."""
        watch = self.watch
        if watch.shape == "quantile":
            # All observations lie in one bucket from 0 to its bound: the percentile q is at q of it.
            bounds = (f"{value / watch.q:.17g}", "+Inf")
            return [(selector(watch.queries[0].metric, (*self._labels(0, group), ("le", bound))), 1.0) for bound in bounds]
        values = _shares(watch, value) if watch.shape == "ratio" else {0: value}
        return [(selector(watch.queries[index].metric, self._labels(index, group)), each) for index, each in values.items()]

    def _labels(self, index: int, group: str) -> tuple[tuple[str, str], ...]:
        return (*self.watch.fixed[index], *([(self.watch.each, group)] if self.watch.each else []))

    def _steepness(self, growth: float, last: bool) -> float:
        return steepness(self.watch, growth, self.fire_time, last)


def scene(alert: Alert) -> Scene:
    """Return a scene whose values are just over and just under the limit, and are printed the same way whatever the rounding."""
    whole = alert.watch.unit == "count"
    for margin in _MARGINS:
        near = [_near(breach.quantity.value, whole, margin) for breach in alert.breaches]
        candidates = [value for values in zip(*near) for value in values]
        over = next((value for value in candidates if alert.breached(value)), None)
        under = next((value for value in candidates if not alert.breached(value)), None)
        if over is not None and under is not None:
            made = Scene(alert, over, under)
            if len({alert.value_format % (made.shown * factor) for factor in (1 - 1e-6, 1, 1 + 1e-6)}) == 1:
                return made
    raise InputError(f"no values were found to test {alert.name} with", why=f"it fires on {alert.words}")


def _near(bound: float, whole: bool, margin: float) -> tuple[float, float, float]:
    if whole:
        return bound, bound + 1, bound - 1
    room = abs(bound) * margin or margin
    return bound + room, bound - room, bound


def _shares(watch: Watch, share: float) -> dict[int, float]:
    """Index of an SLI -> its value: of a hundred that were looked at in all, the share."""
    sides = list(zip(watch.queries, watch.fixed))
    rest = [index for index, side in enumerate(sides) if index and side != sides[0]]
    if not rest:
        raise InputError("a ratio of something to itself is always 1", where=watch.queries[0].sli)
    values = dict.fromkeys((0, *rest), 0.0)
    values[0] = share * _LOOKED_AT
    values[rest[0]] = _LOOKED_AT - values[0] if sides[0] in sides[1:] else _LOOKED_AT
    return {index: value / watch.factors[index] for index, value in values.items()}


def _upper(alert: Alert) -> bool:
    """True when too much is the breach."""
    return alert.breaches[0].sign in (">", ">=")


def _repeated(value: float, count: int) -> str:
    # The short form does not know NaN.
    return " ".join(["NaN"] * count) if math.isnan(value) else f"{value:.17g}+0x{count - 1}"
