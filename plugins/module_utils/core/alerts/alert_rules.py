# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Prometheus's alert rules, made of the same policy as the gates.

A criterion with `alert` becomes two rules: one that fires on the breach, one that fires when nobody can say whether there is one
(the value is missing or is no finite number). A criterion without may be watched by the breach of its `pass`. The watchdog always
fires: when it falls silent, so has everything else.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..judge.criterion import Criterion
from ..judge.limit import Limit
from ..judge.policy import Policy
from ..text import plain
from ..units import convert, did_you_mean, dimension_of, first_unit, parse_quantity, show_time
from .alert_queries import Queries
from .alert_watch import Watch, watch
from .promql import duration, literal, number

GROUP = "stagegate"
WATCHDOG = "stagegate.watchdog"
NO_DATA_FOR = "5 min"
# Labels that the rules set: a series that brings one of them would lose it, and two that differ only there would be one.
OWN_LABELS = frozenset({"alertname", "severity", "policy", "phase", "criterion", "reason"})
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_WORDS = {">": "more than {}", ">=": "{} or more", "<": "less than {}", "<=": "{} or less", "==": "exactly {}", "!=": "other than {}"}


@dataclass(frozen=True)
class AlertSettings:
    """What the rules need beside policy and queries; durations in seconds, `from_pass` by criterion id."""

    policy: str
    no_data_for: float
    from_pass: Mapping[str, float]


@dataclass(frozen=True)
class Alert:
    """One criterion that is watched: any of `breaches`, unbroken for `seconds`."""

    criterion: Criterion
    gate: str
    breaches: tuple[Limit, ...]
    seconds: float
    watch: Watch

    @property
    def name(self) -> str:
        """The id of the criterion: one word for it in policy, ledger, report and alert."""
        return self.criterion.id

    @property
    def no_data_name(self) -> str:
        """The name of the rule that fires when the value is missing."""
        return f"{self.criterion.id}.no_data"

    @property
    def expression(self) -> str:
        """The breach in PromQL."""
        value, unit = self.watch.value, self.watch.unit
        bounds = [(breach.sign, number(convert(breach.quantity.value, breach.quantity.unit, unit))) for breach in self.breaches]
        parts = [f"{value} {sign} {bound}" for sign, bound in bounds]
        return parts[0] if len(parts) == 1 else " or ".join(f"({part})" for part in parts)

    @property
    def words(self) -> str:
        """The breach for people: `more than 80 pct`."""
        return " or ".join(_WORDS[breach.sign].format(breach.quantity) for breach in self.breaches)

    @property
    def value_format(self) -> str:
        """How a value is printed beside its limit: a decimal more than the smallest limit needs."""
        least = min(abs(breach.quantity.value) or 1.0 for breach in self.breaches)
        return f"%.{1 if least >= 1 else math.ceil(-math.log10(least)) + 1}f"

    def breached(self, value: float) -> bool:
        """True when a value in the unit of the alert fires it."""
        return any(breach.holds(convert(value, self.watch.unit, first_unit(breach.quantity.dimension))) for breach in self.breaches)

    def labels(self, policy: str, text: Callable[[str], str] = literal, **more: str) -> dict[str, str]:
        """The labels of both rules; `text` makes a template of what the policy says, or leaves it."""
        severity = "critical" if self.criterion.key else "warning"
        named = {"severity": severity, "policy": text(plain(policy)), "phase": self.gate, "criterion": self.criterion.id}
        return {**named, **more}

    def annotations(self, value: str, group: str, text: Callable[[str], str] = literal) -> dict[str, str]:
        """What people read when it fires; `value` and `group` are templates, or what these come out as."""
        unit = self.watch.unit
        shown = value if unit in ("1", "count") else f"{value} {unit}"
        of_group = f" of {self.watch.each} {group}" if self.watch.each else ""
        lasting = f" for {show_time(self.seconds)}" if self.seconds else ""
        return {"summary": f"{self.name}{of_group}: {shown}, {self.words}{lasting}", **self._background(text)}

    def no_data_annotations(self, seconds: float, text: Callable[[str], str] = literal) -> dict[str, str]:
        """What people read when the value is missing."""
        summary = f"{self.name}: no usable value for {show_time(seconds)}, so nobody would know of {self.words}"
        return {"summary": summary, **self._background(text)}

    def _background(self, text: Callable[[str], str]) -> dict[str, str]:
        criterion = self.criterion
        what = f"{criterion.subject} ({criterion.expression.numerator.entry.what}); the gate asks for {criterion.limit_text}"
        said = [what, *(part for part in (criterion.title, criterion.note) if part)]
        found = {"description": text(plain(". ".join(said), 1000))}
        return {**found, "plan": ", ".join(criterion.covers)} if criterion.covers else found


def read_settings(policy: Any, no_data_for: Any = NO_DATA_FOR, from_pass: Any = None) -> AlertSettings:
    """Read the settings as the inventory has them: `from_pass` is {criterion id: duration}. InputError for what does not fit."""
    if not isinstance(policy, str) or not policy:
        raise InputError("the alert rules need the name of the policy", why=f"found {policy!r}"[:80])
    given = {} if from_pass is None else from_pass
    if not isinstance(given, Mapping):
        raise InputError("from_pass is a mapping of criterion id to duration", why=f"found {type(given).__name__}")
    durations = {str(name): _seconds(text, f"from_pass[{str(name)[:60]}]") for name, text in given.items()}
    return AlertSettings(policy, _seconds(no_data_for, "no_data_for"), durations)


def read_alerts(policy: Policy, queries: Queries, settings: AlertSettings) -> list[Alert]:
    """Return what is watched, in the order of the policy. InputError when a criterion cannot be, or when nothing is."""
    unknown = sorted(set(settings.from_pass) - set(policy.home))
    if unknown:
        raise InputError(f"there is no criterion {unknown[0][:60]!r}", where="from_pass", todo=did_you_mean(unknown[0], policy.home))
    found = [
        _alert(criterion, gate.phase, queries, settings)
        for gate in policy.gates.values()
        for criterion in gate.criteria
        if criterion.alert is not None or criterion.id in settings.from_pass
    ]
    if not found:
        raise InputError(
            "no criterion says when to alert",
            where="stagegate_gates",
            why="rules without an alert would never fire",
            todo='write alert: "> 80 pct for 5 min" in a criterion, or name one in from_pass',
        )
    return found


def alert_rules(alerts: list[Alert], settings: AlertSettings) -> dict[str, Any]:
    """Return the rules file: the recorded SLIs first, because what is recorded in a group is there for the rules after it."""
    recorded = {query.metric: query.rule for alert in alerts for query in alert.watch.queries}
    rules = [rule for alert in alerts for rule in _rules(alert, settings)]
    return {"groups": [{"name": GROUP, "rules": [*recorded.values(), *rules, watchdog(settings)]}]}


def watchdog(settings: AlertSettings, text: Callable[[str], str] = literal) -> dict[str, Any]:
    """Return the rule that always fires."""
    return {
        "alert": WATCHDOG,
        "expr": "vector(1)",
        "labels": {"severity": "none", "policy": text(plain(settings.policy))},
        "annotations": {"summary": "It always fires. When it does not arrive, neither does any other alert."},
    }


def _rules(alert: Alert, settings: AlertSettings) -> list[dict[str, Any]]:
    value = f'{{{{ printf "{alert.value_format}" $value }}}}'
    group = f"{{{{ $labels.{alert.watch.each} }}}}"
    return [
        {
            "alert": alert.name,
            "expr": alert.expression,
            **({"for": duration(alert.seconds)} if alert.seconds else {}),
            "labels": alert.labels(settings.policy),
            "annotations": alert.annotations(value, group),
        },
        {
            "alert": alert.no_data_name,
            "expr": alert.watch.unknown,
            "for": duration(settings.no_data_for),
            "labels": alert.labels(settings.policy, reason="no_data"),
            "annotations": alert.no_data_annotations(settings.no_data_for),
        },
    ]


def _alert(criterion: Criterion, gate: str, queries: Queries, settings: AlertSettings) -> Alert:
    where = f"stagegate_gates.{gate} ({criterion.id}), field alert"
    if criterion.alert is None:
        seconds, breaches = settings.from_pass[criterion.id], _opposite(criterion)
    elif criterion.id in settings.from_pass:
        raise InputError(f"{criterion.id} has an alert of its own", where="from_pass", todo="take it out of from_pass")
    else:
        steady = criterion.alert.steady
        seconds, breaches = steady.first if steady else 0.0, (criterion.alert,)
    _check_labels(criterion, where)
    made = Alert(criterion, gate, breaches, seconds, watch(criterion, breaches[0].quantity.unit, queries, where))
    if made.watch.shape == "growth" and (len(breaches) > 1 or breaches[0].sign in ("==", "!=")):
        raise InputError("a growth is watched against one limit", where=where, why=f"found {made.words}", todo="use one of < <= > >=")
    return made


def _check_labels(criterion: Criterion, where: str) -> None:
    left = {criterion.each} if criterion.across else {label for part in criterion.expression.references for label in part.entry.labels}
    taken = sorted(left & OWN_LABELS)
    if taken:
        raise InputError(
            f"the label {taken[0]} of {criterion.expression.numerator.sli} is one that the rules set",
            where=where,
            todo="join its values with agg sum, max or min",
        )


def _opposite(criterion: Criterion) -> tuple[Limit, ...]:
    """What breaks the limits of the gate: the opposite of any of them."""
    if len(criterion.alternatives) > 1 or any(limit.relative for limit in criterion.limits):
        raise InputError(
            f"there is no one breach of {criterion.id}",
            where="from_pass",
            why=f"its limits are {criterion.limit_text}",
            todo="write the breach as its alert",
        )
    return tuple(Limit(_OPPOSITE[limit.sign], limit.quantity) for limit in criterion.limits)


def _seconds(text: Any, where: str) -> float:
    quantity = parse_quantity(text, where)
    if dimension_of(quantity.unit) != "time" or quantity.value <= 0:
        raise InputError(f"{quantity} is no duration", where=where, todo="write it like 5 min")
    return convert(quantity.value, quantity.unit, first_unit("time"))
