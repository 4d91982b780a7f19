# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where Prometheus has the values of an SLI: one PromQL query an SLI, with the unit of its result.

Each query is recorded under a name of ours (`stagegate:host_cpu`); the alert rules speak of these names only, so that a query
stands in the rules once, and a test can give a recorded name any value.

gauge      the value of now; with `over`, measurements of which the criterion's aggregation over that time is watched
counter    the rate of a counter, per second or minute or hour
histogram  the rates of the buckets of a histogram, with their label `le`
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..catalogue import SLIS
from ..errors import InputError
from ..fields import Fields
from ..units import did_you_mean, dimension_of
from .promql import selector

KINDS = ("gauge", "counter", "histogram")
VARIABLE = "stagegate_prometheus_queries"
PROMQL_LIMIT = 2000
_SUFFIX = {"gauge": "", "counter": ":rate", "histogram": ":buckets"}

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Query:
    """The PromQL of an SLI; `unit` is that of its result (of the bounds `le`, for a histogram), `over` is seconds (0: none)."""

    sli: str
    kind: str
    promql: str
    unit: str
    over: float = 0.0

    @property
    def metric(self) -> str:
        """The name under which the result is recorded."""
        return f"stagegate:{self.sli.replace('.', '_')}{_SUFFIX[self.kind]}"

    def select(self, labels: Labels = ()) -> str:
        """Return the selector of the recorded result."""
        return selector(self.metric, labels)

    @property
    def rule(self) -> dict[str, str]:
        """The recording rule."""
        return {"record": self.metric, "expr": self.promql}


Queries = Mapping[str, Query]


def read_queries(given: Any) -> Queries:
    """Read {sli: {gauge | counter | histogram: PromQL, unit: ..., over: ...}}. InputError with SLI and field."""
    if not isinstance(given, Mapping):
        raise InputError("the queries are a mapping of SLI to query", where=VARIABLE, why=f"found {type(given).__name__}")
    return {str(sli): _read(str(sli), query) for sli, query in given.items()}


def query_of(queries: Queries, sli: str, where: str) -> Query:
    """Return the query of an SLI. InputError names who asks, and the nearest SLI that has one."""
    if sli not in queries:
        raise InputError(
            f"Prometheus cannot be asked for {sli}",
            where=where,
            why=f"{VARIABLE} has no query for it",
            todo=f"add one, or take the alert off the criterion; {did_you_mean(sli, queries)}",
        )
    return queries[sli]


def _read(sli: str, given: Any) -> Query:
    where = f"{VARIABLE}[{sli[:60]}]"
    if sli not in SLIS:
        raise InputError(f"unknown SLI {sli[:60]!r}", where=VARIABLE, todo=did_you_mean(sli, SLIS))
    fields = Fields(given, where, (*KINDS, "unit", "over"))
    kinds = [kind for kind in KINDS if fields.has(kind)]
    if len(kinds) != 1:
        raise InputError("a query is a gauge, a counter or a histogram", where=where, why=f"found {', '.join(kinds) or 'none of them'}")
    kind = kinds[0]
    promql = fields.required(kind)
    if not isinstance(promql, str) or not promql.strip() or len(promql) > PROMQL_LIMIT:
        raise InputError(f"{kind} is PromQL, a text of at most {PROMQL_LIMIT} characters", where=fields.at(kind), why=repr(promql)[:60])
    if fields.has("over") and kind != "gauge":
        raise InputError("over is for a gauge", where=fields.at("over"), why=f"the {kind} says in its query over which time it looks")
    query = Query(sli, kind, promql.strip(), fields.text("unit"), fields.quantity("over", "time"))
    _check_kind(query, fields)
    return query


def _check_kind(query: Query, fields: Fields) -> None:
    """The query and the catalogue must agree about what the SLI is; else a limit would be held against something else."""
    entry = SLIS[query.sli]
    if (entry.kind == "counter") != (query.kind == "counter"):
        raise InputError(f"{query.sli} is a {entry.kind}", where=fields.at(query.kind), todo=f"write its query as a {entry.kind}")
    wanted = "rate" if query.kind == "counter" else entry.dimension
    unit = fields.required("unit", "say in which unit the query answers")
    found = dimension_of(str(unit))
    if found != wanted:
        raise InputError(f"the unit {unit} does not fit", where=fields.at("unit"), why=f"{query.sli} is {wanted} here, {unit} is {found}")
