# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A criterion: what is judged, how one number is made of it, and the limits that the number must keep."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Optional

from ..errors import InputError
from ..fields import Fields
from ..ledger.runs import check_phase
from ..units import did_you_mean, first_unit
from .aggregate import ESTIMATES, Aggregation, parse_aggregation
from .expression import Expression, parse_expression
from .limit import Alternatives, Limit, alternatives_text, parse_alternatives, parse_limit
from .reach import Reach, parse_reaches, split_warnings
from .timing import KEYS as TIMING_KEYS
from .timing import Tolerance, read_timing

KEYS = (
    "id",
    "title",
    "sli",
    "agg",
    "each",
    "expect",
    "pass",
    "surely",
    "warn",
    "alert",
    "baseline",
    "min_samples",
    *TIMING_KEYS,
    "confidence",
    "rests_on",
    "phase",
    "key",
    "waivable",
    "observe",
    "weight",
    "covers",
    "note",
)
ACROSS = ("sum", "max", "min")
ID = re.compile(r"[a-z][a-z0-9_]{0,60}\.[a-z0-9_]{1,60}")
NO_TOLERANCE = Tolerance()
ON_NONE = INCONCLUSIVE, ABSOLUTE_ONLY = "inconclusive", "absolute_only"
_POINT = re.compile(r"[A-Z]{2,6}-[0-9]{2}")
_SPECIAL = {"count": "count", "slope": "growth", "drift": "ratio", "rate": "rate", "share": "ratio"}
_TOTALS = ("sum", "count", "increase")
_COUNTER_AGGREGATIONS = ("sum", "max", "min", "rate")


@dataclass(frozen=True)
class Criterion:
    """See docs/criteria.md. Times are seconds, `confidence` and `min_coverage` ratios (0: none).

    Every limit of one of `alternatives` must hold; `warnings` likewise, `reaches` are those about a growth. `across` joins label sets
    ("": never). `baseline` is what to do without one ("": no limit is relative). `alert` is for the alert rules alone. `surely` is what
    the worse end of an estimate must keep, in place of the limit itself.
    """

    id: str
    phase: str
    expression: Expression
    aggregation: Aggregation
    dimension: str
    alternatives: Alternatives
    surely: Optional[Limit] = None
    warnings: Alternatives = ()
    reaches: tuple[Reach, ...] = ()
    across: str = ""
    each: str = ""
    expect: tuple[str, ...] = ()
    alert: Optional[Limit] = None
    baseline: str = ""
    min_samples: int = 1
    min_duration: float = 0.0
    max_age: float = 0.0
    warmup: float = 0.0
    every: float = 0.0
    tolerance: Tolerance = NO_TOLERANCE
    sampled_every: float = 0.0
    min_coverage: float = 0.0
    max_gap: float = 0.0
    min_cycles: int = 0
    confidence: float = 0.0
    key: bool = False
    waivable: bool = False
    observe: bool = False
    weight: float = 1.0
    rests_on: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    title: str = ""
    note: str = ""

    @property
    def limits(self) -> tuple[Limit, ...]:
        """All limits of all alternatives."""
        return tuple(limit for limits in self.alternatives for limit in limits)

    @property
    def unit(self) -> str:
        """The unit in which the criterion speaks: that of its first limit that has one."""
        units = (limit.quantity.unit for limit in self.limits if limit.relative != "*")
        return next(units, first_unit(self.dimension))

    @property
    def limit_text(self) -> str:
        """The limits as one text."""
        return alternatives_text(self.alternatives) + (f", surely {self.surely}" if self.surely else "")

    @property
    def subject(self) -> str:
        """What is judged, as one text: `p(95) of host.cpu`."""
        plain = self.aggregation.name in ("last", "increase")
        return self.expression.text if plain else f"{self.aggregation} of {self.expression.text}"


def read_criterion(given: Any, gate_phase: str, where: str) -> Criterion:
    """Read a criterion of a policy; InputError with its position for everything that cannot be right."""
    fields = Fields(given, where, KEYS)
    name = fields.required("id", "give it the id phase.criterion")
    if not isinstance(name, str) or not ID.fullmatch(name):
        raise InputError(f"{str(name)[:60]!r} is no id", where=where, todo="write it like soak.memory_growth")
    fields.where = f"{where} ({name})"
    expression = parse_expression(fields.required("sli", "name what is judged"), fields.at("sli"))
    aggregation, across, dimension = read_aggregation(fields, expression)
    alternatives, warnings, reaches = _read_limits(fields, expression, aggregation, dimension)
    _check_windows(fields, expression, aggregation, (*alternatives, *warnings))
    _check_steady(fields, expression, aggregation, (*alternatives, *warnings))
    return Criterion(
        id=name,
        phase=check_phase(fields.text("phase", gate_phase)),
        expression=expression,
        aggregation=aggregation,
        dimension=dimension,
        alternatives=alternatives,
        surely=_surely(fields, aggregation, alternatives),
        warnings=warnings,
        reaches=reaches,
        across=across,
        each=_each(fields, expression),
        expect=_expect(fields),
        alert=_alert(fields, dimension),
        baseline=_baseline(fields, alternatives, warnings),
        min_samples=fields.whole("min_samples", 1),
        confidence=_confidence(fields, expression, alternatives),
        key=fields.flag("key"),
        waivable=fields.flag("waivable"),
        observe=fields.flag("observe"),
        weight=fields.weight("weight", 1.0),
        rests_on=fields.texts("rests_on"),
        covers=read_covers(fields),
        title=fields.text("title"),
        note=fields.text("note"),
        **read_timing(fields, aggregation.name),
    )


def read_aggregation(fields: Fields, expression: Expression) -> tuple[Aggregation, str, str]:
    """Return the aggregation of one series, how label sets are joined ("": they are not), and the dimension of what comes out."""
    entry, ratio = expression.numerator.entry, bool(expression.denominator)
    given = parse_aggregation(fields.given["agg"], fields.at("agg"), entry.dimension) if fields.has("agg") else None
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


def _check_counter(given: Optional[Aggregation], fields: Fields, expression: Expression) -> None:
    if given is not None and given.name not in _COUNTER_AGGREGATIONS:
        raise InputError(
            f"{given} means nothing for a counter",
            where=fields.at("agg"),
            why=f"{expression.numerator.sli} only grows",
            todo=f"leave agg out (the increase is judged), or use one of {', '.join(_COUNTER_AGGREGATIONS)}",
        )


def _read_limits(
    fields: Fields, expression: Expression, aggregation: Aggregation, dimension: str
) -> tuple[Alternatives, Alternatives, tuple[Reach, ...]]:
    given = fields.required("pass", 'write the limit, e.g. pass: "== 0 count"')
    alternatives = parse_alternatives(given, dimension, fields.at("pass"))
    if not fields.has("warn"):
        return alternatives, (), ()
    limits, given = split_warnings(fields.given["warn"])
    reaches = parse_reaches(given, expression.numerator.entry.dimension, aggregation.name, fields.at("warn"))
    warnings = () if limits is None else parse_alternatives(limits, dimension, fields.at("warn"), every_one=False)
    return alternatives, warnings, reaches


def _surely(fields: Fields, aggregation: Aggregation, alternatives: Alternatives) -> Optional[Limit]:
    """Read the limit of an estimate's worse end: a looser one than the one that the value itself must keep."""
    if not fields.has("surely"):
        return None
    where, limits = fields.at("surely"), [limit for limits in alternatives for limit in limits]
    if aggregation.name not in ESTIMATES or len(limits) != 1 or limits[0].relative or not limits[0].upper:
        raise InputError("surely only fits a slope or drift with one limit < or <=", where=where, todo="leave it out")
    surely = parse_limit(fields.given["surely"], limits[0].quantity.dimension, where)
    if surely.relative or surely.steady or not surely.upper or not surely.bound > limits[0].bound:
        raise InputError(
            f"surely {surely} is not looser than {limits[0]}", where=where, todo=f"write < or <= and more than {limits[0].quantity}"
        )
    return surely


def _check_steady(fields: Fields, expression: Expression, aggregation: Aggregation, alternatives: Alternatives) -> None:
    if not any(limit.steady for limits in alternatives for limit in limits):
        return
    if expression.denominator or expression.numerator.entry.kind == "counter" or aggregation.name != "last":
        raise InputError("a limit with `for` needs one gauge and agg last", where=fields.where, todo="leave agg out, or leave `for` out")
    if fields.has("every"):
        raise InputError("a limit with `for` cannot be judged in windows", where=fields.where, why="it is about the end of a series")


def _check_windows(fields: Fields, expression: Expression, aggregation: Aggregation, alternatives: Alternatives) -> None:
    """The baseline is measured over a whole run: a window's total beside a run's total would always look small."""
    if not fields.has("every") or not any(limit.relative for limits in alternatives for limit in limits):
        return
    kinds = {reference.entry.kind for reference in expression.references}
    if len(kinds) > 1 or (not expression.denominator and aggregation.name in _TOTALS):
        raise InputError(
            "the total of a window cannot be compared with that of a whole earlier run",
            where=fields.where,
            why="a total grows with the time it is taken over",
            todo="judge a rate, a percentile or a ratio of counters, or leave every out",
        )


def _alert(fields: Fields, dimension: str) -> Optional[Limit]:
    if not fields.has("alert"):
        return None
    alert = parse_limit(fields.given["alert"], dimension, fields.at("alert"))
    if alert.relative:
        raise InputError("an alert cannot be relative to a baseline", where=fields.at("alert"), todo="write a number and a unit")
    return alert


def _baseline(fields: Fields, alternatives: Alternatives, warnings: Alternatives) -> str:
    relative = any(limit.relative for limits in (*alternatives, *warnings) for limit in limits)
    if not fields.has("baseline"):
        return INCONCLUSIVE if relative else ""
    given = Fields(fields.given["baseline"], fields.at("baseline"), ("from", "on_none"))
    for name, known in (("from", ("last_verified",)), ("on_none", ON_NONE)):
        value = given.text(name, known[0])
        if value not in known:
            raise InputError(f"{name} cannot be {value[:40]!r}", where=given.where, todo=did_you_mean(value, known))
    if not relative:
        raise InputError("no limit uses the baseline", where=given.where, todo='write a limit like "<= baseline * 1.10"')
    on_none = given.text("on_none", INCONCLUSIVE)
    if on_none == ABSOLUTE_ONLY and any(all(limit.relative for limit in limits) for limits in alternatives):
        raise InputError(
            "absolute_only needs an absolute limit beside the relative one",
            where=given.where,
            why="without a baseline nothing would be left to judge by",
            todo='write both: pass: ["<= 5 s", "<= baseline * 1.10"]',
        )
    return on_none


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


def _confidence(fields: Fields, expression: Expression, alternatives: Alternatives) -> float:
    if not fields.has("confidence"):
        return 0.0
    confidence = fields.quantity("confidence", "ratio")
    counts = bool(expression.denominator) and expression.numerator.entry.dimension == "count"
    if not counts or any(limit.sign in ("==", "!=") for limits in alternatives for limit in limits):
        raise InputError("confidence only fits a ratio of counts with limits < <= > >=", where=fields.at("confidence"), todo="leave it out")
    if not 0.5 < confidence < 1:
        raise InputError("confidence must lie between 50 and 100 pct", where=fields.at("confidence"), todo="write 95 pct")
    return confidence
