# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The alert rules of the policy over the samples of a soak: the rules that Prometheus gets, without Prometheus.

The samples are looked at on a grid of moments that begins with the soak. So whoever looks, and however often, finds the same alerts at
the same times: what was not looked at yet is gone through, moment by moment. Two things differ from PromQL on purpose: a growth is the
careful end of the judge's interval (a straight line calls healthy noise a leak), and an alert whose value goes missing goes on firing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Optional

from ..catalogue import SLIS
from ..judge.policy import Gate, Policy
from ..judge.samples import Samples
from ..judge.trend import WARMUP_SECONDS, WARMUP_SHARE, trend
from ..text import plain
from .alert_queries import Labels, Query
from .alert_rules import Alert, AlertSettings, read_alerts
from .alert_watch import Watch

RATE_SECONDS = 120.0
OVER_SECONDS = 300.0
GROWTH_LOOKS_SECONDS = 300.0
KEPT_INCIDENTS = 500
PENDING, FIRING = "pending", "firing"
# One observation a request, and not one of now: a percentile needs some time of them.
_OBSERVED = ("http.duration",)

_JOIN: dict[str, Callable[[list[float]], float]] = {"sum": math.fsum, "max": max, "min": min}

# Gives the samples of an SLI by their labels, in the unit of the store.
Series = Callable[[str], Mapping[Labels, Samples]]


@dataclass(frozen=True)
class Grid:
    """When is looked, in unix seconds: from `start` every `step`; a value older than `stale` is none; `duration` is the plan's."""

    start: float
    step: float
    stale: float
    duration: float

    @property
    def warm(self) -> float:
        """The time from which on a growth is one: fresh processes warm up."""
        return self.start + min(WARMUP_SECONDS, WARMUP_SHARE * self.duration)


@dataclass
class Course:
    """How the alerts stand. `seen` is the newest moment that was looked at; `active` by rule and group; `incidents` in order of firing."""

    seen: float = 0.0
    active: dict[str, dict[str, Any]] = field(default_factory=dict)
    incidents: list[dict[str, Any]] = field(default_factory=list)
    fired: dict[str, int] = field(default_factory=dict)  # how often in all, by severity

    @classmethod
    def of(cls, kept: Optional[Mapping[str, Any]]) -> Course:
        """Read what `as_dict` wrote; nothing is a course that has not begun."""
        return cls(**{name: kept[name] for name in ("seen", "active", "incidents", "fired")}) if kept else cls()

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {"seen": self.seen, "active": self.active, "incidents": self.incidents, "fired": self.fired}

    def open(self, state: str = FIRING) -> list[dict[str, Any]]:
        """What fires, or is pending, now."""
        return [each for each in self.active.values() if each["state"] == state]


def soak_alerts(gate: Gate, units: Mapping[str, str], over: Mapping[str, float], settings: AlertSettings) -> list[Alert]:
    """Return what of a gate can be watched over samples: `units` are those of the store by SLI, `over` the seconds of a percentile."""
    named = settings.from_pass
    criteria = tuple(
        criterion
        for criterion in gate.criteria
        if (criterion.alert is not None or criterion.id in named)
        and all(reference.sli in units for reference in criterion.expression.references)
    )
    if not criteria:
        return []
    home = {criterion.id: gate.phase for criterion in criteria}
    queries = {sli: _query(sli, unit, over) for sli, unit in units.items()}
    known = {name: seconds for name, seconds in named.items() if name in home}
    policy = Policy({gate.phase: replace(gate, criteria=criteria)}, home=home)
    return read_alerts(policy, queries, replace(settings, from_pass=known))


def moments(grid: Grid, seen: float, until: float) -> range:
    """The numbers of the moments after `seen` up to `until`."""
    first = max(1, math.floor((seen - grid.start) / grid.step + 1e-6) + 1)
    return range(first, math.floor((until - grid.start) / grid.step + 1e-6) + 1)


def advance(alerts: list[Alert], settings: AlertSettings, grid: Grid, course: Course, series: Series, until: float) -> None:
    """Take the course up to the last moment before `until` (unix seconds)."""
    for number in moments(grid, course.seen, until):
        at = grid.start + number * grid.step
        for alert in alerts:
            if number % _looks_apart(alert.watch, grid):
                continue
            values = values_at(alert, grid, series, at)
            for group, value in values.items():
                _step(course, alert, settings, group, value, at)
            _step_unknown(course, alert, settings, not any(value is not None for value in values.values()), at)
        course.seen = at


def values_at(alert: Alert, grid: Grid, series: Series, at: float) -> dict[str, Optional[float]]:
    """The value of each group in the unit of the alert; None where there are samples and no number comes of them (NaN: not yet)."""
    watch = alert.watch
    if watch.shape == "ratio":
        return _ratios(watch, grid, series, at)
    found: dict[str, list[Optional[float]]] = {}
    for labels, samples in _matching(watch, 0, series).items():
        value = _growth(alert, grid, samples, at) if watch.shape == "growth" else _single(watch, grid, samples, at)
        if value is not None or watch.shape != "growth":
            found.setdefault(_group(watch, labels), []).append(value)
    joined = {group: _join(watch.across, values) for group, values in found.items()}
    return {group: None if value is None else value * watch.factor for group, value in joined.items()}


def _query(sli: str, unit: str, over: Mapping[str, float]) -> Query:
    """How the store has an SLI, in the words of the rules."""
    kind = SLIS[sli].kind
    return Query(sli, kind, "", "per_s" if kind == "counter" else unit, over.get(sli) or OVER_SECONDS if sli in _OBSERVED else 0.0)


def _looks_apart(watch: Watch, grid: Grid) -> int:
    if watch.shape != "growth":
        return 1
    return max(1, math.floor(min(GROWTH_LOOKS_SECONDS, watch.first_part) / grid.step))


def _matching(watch: Watch, index: int, series: Series) -> dict[Labels, Samples]:
    wanted = set(watch.fixed[index])
    return {labels: samples for labels, samples in series(watch.queries[index].sli).items() if wanted <= set(labels)}


def _group(watch: Watch, labels: Labels) -> str:
    if watch.each:
        return dict(labels).get(watch.each, "")
    return "" if watch.across else ", ".join(f"{name}={value}" for name, value in labels)


def _join(across: str, values: list[Optional[float]]) -> Optional[float]:
    known = [value for value in values if value is not None]
    if len(known) < len(values) or not known:
        return None
    return _JOIN[across](known) if across in _JOIN else known[-1]


def _single(watch: Watch, grid: Grid, samples: Samples, at: float) -> Optional[float]:
    if watch.shape == "over":
        part = samples.between(at - watch.window, at)
        return _over(watch, part) if len(part) else None
    return _now(watch.queries[0], grid, samples, at)


def _now(query: Query, grid: Grid, samples: Samples, at: float) -> Optional[float]:
    """The newest value, of a counter its rate; None when there is none that is young enough, or it is no finite number."""
    if query.kind == "counter":
        part = samples.between(at - RATE_SECONDS, at, lead=True)
        grown = part.increase()
        return grown / part.span if grown is not None and part.span > 0 and math.isfinite(grown) else None
    part = samples.between(at - grid.stale, at)
    return part.last if len(part) and math.isfinite(part.last) else None


def _over(watch: Watch, part: Samples) -> Optional[float]:
    made = {"max_over_time": Samples.maximum, "min_over_time": Samples.minimum, "avg_over_time": Samples.mean}
    value = made[watch.how](part) if watch.how in made else part.percentile(watch.q * 100)
    return value if math.isfinite(value) else None


def _growth(alert: Alert, grid: Grid, samples: Samples, at: float) -> Optional[float]:
    """The growth of which the interval leaves no doubt, in pct/h; NaN while the window is not full; None without a young sample."""
    if not len(samples.between(at - grid.stale, at)):
        return None
    begin = at - alert.watch.window
    part = samples.between(begin, at)
    if begin < grid.warm or part.span < alert.watch.window * 0.9:
        return math.nan
    found = trend(part, alert.criterion.min_cycles)
    if found is None:
        return math.nan
    return found.low if alert.breaches[0].sign in (">", ">=") else found.high


def _ratios(watch: Watch, grid: Grid, series: Series, at: float) -> dict[str, Optional[float]]:
    sides: list[dict[str, list[Optional[float]]]] = []
    for index, query in enumerate(watch.queries):
        found: dict[str, list[Optional[float]]] = {}
        for labels, samples in _matching(watch, index, series).items():
            value = _now(query, grid, samples, at)
            group = dict(labels).get(watch.each, "") if watch.each else ""
            found.setdefault(group, []).append(None if value is None else value * watch.factors[index])
        sides.append(found)
    groups = set().union(*sides)
    return {group: _share([_join(watch.across, side.get(group, [])) for side in sides], watch.factor) for group in sorted(groups)}


def _share(parts: list[Optional[float]], factor: float) -> Optional[float]:
    known = [part for part in parts if part is not None]
    whole = math.fsum(known[1:])
    return known[0] / whole * factor if len(known) == len(parts) and whole > 0 else None


def _step(course: Course, alert: Alert, settings: AlertSettings, group: str, value: Optional[float], at: float) -> None:
    """One group at one moment."""
    known = value is not None and math.isfinite(value)
    name = alert.name
    if value is None or not known:
        # Nobody knows whether it still lasts: what was pending begins anew, what fires goes on.
        if course.active.get(_key(name, group), {}).get("state") == PENDING:
            del course.active[_key(name, group)]
        return
    shown = alert.value_format % value
    said = alert.annotations(shown, plain(group, 60), str)
    facts = {"name": name, "group": plain(group, 120), "severity": alert.labels(settings.policy)["severity"], "value": value, **said}
    _move(course, facts, alert.breached(value), alert.seconds, at)


def _step_unknown(course: Course, alert: Alert, settings: AlertSettings, unknown: bool, at: float) -> None:
    said = alert.no_data_annotations(settings.no_data_for, str)
    severity = alert.labels(settings.policy)["severity"]
    _move(course, {"name": alert.no_data_name, "group": "", "severity": severity, **said}, unknown, settings.no_data_for, at)


def _move(course: Course, facts: Mapping[str, Any], breached: bool, lasting: float, at: float) -> None:
    """inactive -> pending -> firing -> resolved."""
    key = _key(facts["name"], facts["group"])
    now = course.active.get(key)
    if not breached:
        gone = course.active.pop(key, None)
        if gone is not None and gone["state"] == FIRING:
            _resolve(course, gone["id"], at)
        return
    if now is None:
        now = course.active[key] = {"state": PENDING, "name": facts["name"], "group": facts["group"], "since": at}
    if now["state"] == PENDING and at - now["since"] >= lasting - 1e-6:
        number = sum(course.fired.values()) + 1
        now.update(state=FIRING, fired_at=at, id=number)
        course.incidents.append({**facts, "id": number, "since": now["since"], "fired_at": at, "resolved_at": None})
        del course.incidents[:-KEPT_INCIDENTS]
        course.fired[facts["severity"]] = course.fired.get(facts["severity"], 0) + 1


def _resolve(course: Course, number: int, at: float) -> None:
    for incident in course.incidents:
        if incident["id"] == number:
            incident["resolved_at"] = at


def _key(name: str, group: str) -> str:
    return f"{name}|{group}"
