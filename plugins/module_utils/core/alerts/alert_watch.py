# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a criterion measures, as PromQL over the recorded SLIs.

An alert watches the value of now, for as long as its `for` says; the statistics that a gate makes of a whole phase (a percentile,
a maximum) are not made again. Only where the SLI is a distribution (a histogram, or a gauge with `over`) or the criterion a
growth, is the aggregation part of what is watched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..errors import InputError
from ..judge.criterion import Criterion
from ..units import convert
from .alert_queries import Labels, Queries, Query, query_of
from .promql import duration, quoted, scaled

# The level from which a growth is counted is the median of the first of that many parts of the window; core/judge/trend.py knows more of
# it than PromQL can say. A part holds a few samples at least.
GROWTH_PARTS = 48
GROWTH_PART_SECONDS = 60.0
GROWTH_WINDOW_SECONDS = 60.0
_OVER_TIME = {"max": "max_over_time", "min": "min_over_time", "mean": "avg_over_time"}
_AS_OF_NOW = ("last", "max", "min", "mean", "median", "p", "sum")


@dataclass(frozen=True)
class Watch:
    """`shape` is how one value is made of the SLIs: now, over, quantile, growth or ratio.

    `window` is in seconds (over, growth), `q` a percentile, `factor` turns the value into `unit`.
    """

    shape: str
    queries: tuple[Query, ...]
    fixed: tuple[Labels, ...]  # the labels that the criterion asks for, one tuple a query
    unit: str
    factor: float = 1.0
    across: str = ""
    each: str = ""
    expect: tuple[str, ...] = ()
    window: float = 0.0
    q: float = 0.0
    how: str = ""  # of over: the function of PromQL
    factors: tuple[float, ...] = ()  # of a ratio: what brings each SLI into the unit of the first

    @property
    def value(self) -> str:
        """The value in `unit`."""
        return scaled(self._bare(), self.factor)

    @property
    def unknown(self) -> str:
        """True wherever the value is missing or is no finite number: nothing compares with it, so nothing else would tell."""
        absent = [self._absent(group) for group in self.expect] or [self._absent()]
        return " or ".join((*absent, *(f"({value} unless (abs({value}) < Inf))" for value in self._numbers())))

    @property
    def first_part(self) -> float:
        """Seconds of the part of a growth's window that gives the level at its start."""
        return max(self.window / GROWTH_PARTS, min(GROWTH_PART_SECONDS, self.window / 2))

    def labels_of(self, group: str) -> dict[str, str]:
        """The labels that a value carries; `group` is the value of `each`."""
        named = {self.each: group} if self.each else {}
        return named if self.across or self.shape == "ratio" else {**dict(self.fixed[0]), **named}

    def _numbers(self) -> list[str]:
        """What must be a number: the value, and what it is made of where a statistic would pass over a NaN, or has no value yet."""
        if self.shape == "quantile":
            return [f"sum without (le) ({self._select(0, ())})", self._bare()]
        return [self._select(0, ()), self._bare()] if self.window else [self._bare()]

    def _absent(self, group: str = "") -> str:
        only = ((self.each, group),) if group else ()
        if self.shape != "ratio":
            # PromQL gives the labels of a selector back by itself, and nothing of a calculation.
            return f"absent({self._select(0, only)})"
        absent = f"absent({self._bare(only)})"
        return f'label_replace({absent}, "{self.each}", {quoted(group.replace("$", "$$"))}, "", "")' if group else absent

    def _bare(self, only: Labels = ()) -> str:
        if self.shape == "ratio":
            top, *bottom = [self._side(index, only) for index in range(len(self.queries))]
            whole = " + ".join(bottom)
            return f"({top} / ({whole}))" if " " in whole else f"({top} / {whole})"
        selected = self._select(0, only)
        if self.shape == "quantile":
            return f"histogram_quantile({self.q:g}, {selected})"
        if self.shape == "over":
            ranged = f"{selected}[{duration(self.window)}]"
            return self._joined(f"{self.how}({self.q:g}, {ranged})" if self.how == "quantile_over_time" else f"{self.how}({ranged})")
        if self.shape == "growth":
            part = self.first_part
            level = f"quantile_over_time(0.5, {selected}[{duration(part)}] offset {duration(self.window - part)})"
            return f"(deriv({selected}[{duration(self.window)}]) * 3600 / abs({level}) * 100)"
        return self._joined(selected)

    def _side(self, index: int, only: Labels) -> str:
        """One SLI of a ratio. Labels that are asked for are taken off, because the other side may ask for others."""
        selected = self._joined(self._select(index, only))
        names = ", ".join(name for name, _value in self.fixed[index])
        if names and not self.across:
            selected = f"sum without ({names}) ({selected})"
        return scaled(selected, self.factors[index])

    def _joined(self, selected: str) -> str:
        if not self.across:
            return selected
        return f"{self.across} by ({self.each}) ({selected})" if self.each else f"{self.across}({selected})"

    def _select(self, index: int, only: Labels) -> str:
        return self.queries[index].select((*self.fixed[index], *only))


def watch(criterion: Criterion, unit: str, queries: Queries, where: str) -> Watch:
    """Return what Prometheus watches for a criterion, in `unit`. InputError for what it cannot see as the gate does."""
    references = criterion.expression.references
    found = tuple(query_of(queries, reference.sli, where) for reference in references)
    fixed = tuple(reference.labels for reference in references)
    plain = Watch("now", found, fixed, unit, across=criterion.across, each=criterion.each, expect=criterion.expect)
    if len(found) > 1:
        return _ratio(criterion, plain, where)
    if criterion.aggregation.name == "slope":
        return _growth(criterion, plain, where)
    return replace(_value(criterion, plain, where), factor=convert(1, found[0].unit, unit))


def _value(criterion: Criterion, made: Watch, where: str) -> Watch:
    query, how = made.queries[0], criterion.aggregation
    q = how.q / 100 if how.name == "p" else 0.5
    if query.kind == "histogram":
        if how.name not in ("p", "median"):
            raise _unseen(criterion, where, "of a histogram only a percentile can be watched")
        return replace(made, shape="quantile", q=q)
    if query.kind == "counter" and how.name != "rate":
        raise _unseen(criterion, where, "how far a counter has grown depends on since when")
    if query.over:
        if how.name not in ("p", "median", *_OVER_TIME):
            raise _unseen(criterion, where, f"its query has over, and there is no {how.name} over time")
        return replace(made, shape="over", window=query.over, q=q, how=_OVER_TIME.get(how.name, "quantile_over_time"))
    if query.kind == "gauge" and how.name not in _AS_OF_NOW:
        raise _unseen(criterion, where, f"{how} cannot be watched")
    return made


def _ratio(criterion: Criterion, made: Watch, where: str) -> Watch:
    kinds = {query.kind for query in made.queries}
    if kinds not in ({"gauge"}, {"counter"}) or any(query.over for query in made.queries):
        raise _unseen(criterion, where, "a ratio is of counters, or of gauges without over")
    factors = tuple(convert(1, query.unit, made.queries[0].unit) for query in made.queries)
    return replace(made, shape="ratio", factor=convert(1, "ratio", made.unit), factors=factors)


def _growth(criterion: Criterion, made: Watch, where: str) -> Watch:
    query = made.queries[0]
    if query.kind != "gauge" or query.over:
        raise _unseen(criterion, where, "a growth is that of a gauge without over")
    if criterion.min_duration < GROWTH_WINDOW_SECONDS:
        raise _unseen(criterion, where, f"its min_duration is under {GROWTH_WINDOW_SECONDS:g} s")
    return replace(made, shape="growth", window=criterion.min_duration, factor=convert(1, "pct/h", made.unit))


def _unseen(criterion: Criterion, where: str, why: str) -> InputError:
    return InputError(f"Prometheus cannot watch {criterion.id}", where=where, why=why, todo="take the alert off the criterion")
