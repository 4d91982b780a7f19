# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A criterion: what is judged, how one number is made of it, and the limits that the number must keep."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .aggregate import Aggregation, parse_aggregation
from .errors import InputError
from .expression import Expression, parse_expression
from .fields import Fields
from .limit import Limit, parse_limits
from .runs import check_phase
from .units import did_you_mean

KEYS = (
    "id",
    "title",
    "sli",
    "agg",
    "each",
    "expect",
    "pass",
    "warn",
    "min_samples",
    "min_duration",
    "max_age",
    "confidence",
    "phase",
    "key",
    "observe",
    "covers",
    "note",
)
ACROSS = ("sum", "max", "min")
ID = re.compile(r"[a-z][a-z0-9_]{0,60}\.[a-z0-9_]{1,60}")
_POINT = re.compile(r"[A-Z]{2,6}-[0-9]{2}")
_SPECIAL = {"count": "count", "slope": "growth", "rate": "rate"}
_COUNTER_AGGREGATIONS = ("sum", "max", "min", "rate")


@dataclass(frozen=True)
class Criterion:
    """See docs/criteria.md. Durations are seconds, `confidence` a ratio (0: none); `across` joins label sets ("": never)."""

    id: str
    phase: str
    expression: Expression
    aggregation: Aggregation
    dimension: str
    limits: tuple[Limit, ...]
    warnings: tuple[Limit, ...] = ()
    across: str = ""
    each: str = ""
    expect: tuple[str, ...] = ()
    min_samples: int = 1
    min_duration: float = 0.0
    max_age: float = 0.0
    confidence: float = 0.0
    key: bool = False
    observe: bool = False
    covers: tuple[str, ...] = ()
    title: str = ""
    note: str = ""

    @property
    def unit(self) -> str:
        """The unit in which the criterion speaks: that of its first limit."""
        return self.limits[0].quantity.unit

    @property
    def limit_text(self) -> str:
        """The limits as one text."""
        return " and ".join(str(limit) for limit in self.limits)


def read_criterion(given: Any, gate_phase: str, where: str) -> Criterion:
    """Read a criterion of a policy; InputError with its position for everything that cannot be right."""
    fields = Fields(given, where, KEYS)
    name = fields.required("id", "give it the id phase.criterion")
    if not isinstance(name, str) or not ID.fullmatch(name):
        raise InputError(f"{str(name)[:60]!r} is no id", where=where, todo="write it like soak.memory_growth")
    fields.where = f"{where} ({name})"
    expression = parse_expression(fields.required("sli", "name what is judged"), fields.at("sli"))
    aggregation, across, dimension = read_aggregation(fields, expression)
    limits = parse_limits(fields.required("pass", 'write the limit, e.g. pass: "== 0 count"'), dimension, fields.at("pass"))
    return Criterion(
        id=name,
        phase=check_phase(fields.text("phase", gate_phase)),
        expression=expression,
        aggregation=aggregation,
        dimension=dimension,
        limits=limits,
        warnings=parse_limits(given["warn"], dimension, fields.at("warn")) if fields.has("warn") else (),
        across=across,
        each=_each(fields, expression),
        expect=_expect(fields),
        min_samples=fields.whole("min_samples", 1),
        min_duration=_min_duration(fields, aggregation),
        max_age=fields.quantity("max_age", "time"),
        confidence=_confidence(fields, expression, limits),
        key=fields.flag("key"),
        observe=fields.flag("observe"),
        covers=read_covers(fields),
        title=fields.text("title"),
        note=fields.text("note"),
    )


def read_aggregation(fields: Fields, expression: Expression) -> tuple[Aggregation, str, str]:
    """Return the aggregation of one series, how label sets are joined ("": they are not), and the dimension of what comes out."""
    entry, ratio = expression.numerator.entry, bool(expression.denominator)
    given = parse_aggregation(fields.given["agg"], fields.at("agg")) if fields.has("agg") else None
    if entry.kind == "counter":
        _check_counter(given, fields, expression)
        aggregation = given if given is not None and given.name == "rate" else Aggregation("increase")
    else:
        aggregation = given or Aggregation("last")
        if aggregation.name in ("rate", "increase"):
            raise InputError(f"{aggregation} needs a counter", where=fields.at("agg"), why=f"{expression.numerator.sli} is a gauge")
    if ratio and aggregation.name in _SPECIAL:
        raise InputError(f"{aggregation} of a ratio means nothing", where=fields.at("agg"), todo="leave agg out")
    across = given.name if given is not None and given.name in ACROSS else ""
    return aggregation, across, "ratio" if ratio else _SPECIAL.get(aggregation.name, entry.dimension)


def _check_counter(given: Aggregation | None, fields: Fields, expression: Expression) -> None:
    if given is not None and given.name not in _COUNTER_AGGREGATIONS:
        raise InputError(
            f"{given} means nothing for a counter",
            where=fields.at("agg"),
            why=f"{expression.numerator.sli} only grows",
            todo=f"leave agg out (the increase is judged), or use one of {', '.join(_COUNTER_AGGREGATIONS)}",
        )


def read_covers(fields: Fields) -> tuple[str, ...]:
    """Return the plan points that a criterion or row covers."""
    covers = fields.texts("covers")
    for point in covers:
        if not _POINT.fullmatch(point):
            raise InputError(f"{point[:40]!r} is no point of the plan", where=fields.at("covers"), todo="write it like BLD-03")
    return covers


def _each(fields: Fields, expression: Expression) -> str:
    each = fields.text("each")
    for reference in expression.references if each else ():
        if each not in reference.entry.labels:
            raise InputError(
                f"{reference.sli} has no label {each[:40]!r}",
                where=fields.at("each"),
                todo=did_you_mean(each, reference.entry.labels) if reference.entry.labels else "leave each out",
            )
        if each in dict(reference.labels):
            raise InputError(f"label {each} is fixed by the expression and cannot be each", where=fields.at("each"))
    return each


def _expect(fields: Fields) -> tuple[str, ...]:
    if fields.has("expect") and not fields.has("each"):
        raise InputError("expect needs each", where=fields.at("expect"), why="it lists the values that the label must have")
    return fields.texts("expect")


def _min_duration(fields: Fields, aggregation: Aggregation) -> float:
    if aggregation.name == "slope" and not fields.has("min_duration"):
        raise InputError("a slope needs min_duration", where=fields.where, todo="say how long it must be watched: min_duration: 4 h")
    return fields.quantity("min_duration", "time")


def _confidence(fields: Fields, expression: Expression, limits: tuple[Limit, ...]) -> float:
    if not fields.has("confidence"):
        return 0.0
    confidence = fields.quantity("confidence", "ratio")
    counts = bool(expression.denominator) and expression.numerator.entry.dimension == "count"
    if not counts or any(limit.sign in ("==", "!=") for limit in limits):
        raise InputError("confidence only fits a ratio of counts with limits < <= > >=", where=fields.at("confidence"), todo="leave it out")
    if not 0.5 < confidence < 1:
        raise InputError("confidence must lie between 50 and 100 pct", where=fields.at("confidence"), todo="write 95 pct")
    return confidence
