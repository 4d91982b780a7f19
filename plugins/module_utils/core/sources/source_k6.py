# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""k6 summaries: `--summary-export` and what `handleSummary` gets.

Both look good when nothing ran: a Trend without samples is all 0, a Rate without samples is 0, and their thresholds hold.
In a Rate, `passes` counts what was true: the `passes` of http_req_failed are the requests that failed. Thresholds are
`true` when crossed in a summary export, and `{"ok": true}` when kept in handleSummary.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import EvidenceError, InputError
from ..text import plain
from ..units import did_you_mean
from .source_facts import Found, number_in
from .source_json import Ask, releases_at, stated_time
from .source_spec import Source

STATISTICS = {
    "trend": ("avg", "min", "med", "max", "count", "p(N)", "crossed"),
    "rate": ("rate", "true", "false", "total", "crossed"),
    "counter": ("count", "rate", "crossed"),
    "gauge": ("value", "min", "max", "crossed"),
}
# The k6 names of what a Rate counted; `passes` and `fails` invite to be read the wrong way round.
_RATE_COUNTS = {"true": ("passes",), "false": ("fails",), "total": ("passes", "fails")}
_PERCENTILE = re.compile(r"p\([0-9]{1,2}(?:\.[0-9]{1,6})?\)|p\(100\)")
_TIMES = re.compile(r"(http_req_\w+|iteration_duration|group_duration|ws_connecting|ws_session_duration|ws_ping|grpc_req_duration)(\{|$)")
_BYTES = re.compile(r"(data_sent|data_received)(\{|$)")
# An unanswered request counts as 0 ms here.
_ANSWER_TIMES = ("http_req_duration", "http_req_waiting")


@dataclass(frozen=True)
class Metric:
    """A metric of either form: its type, what it contains (time, data, default), its numbers, crossed thresholds by text."""

    name: str
    type: str
    contains: str
    values: Mapping[str, Any]
    crossed: Mapping[str, bool]


def check_k6(source: Source) -> None:
    """InputError when `select` or `of` names no statistic that k6 writes."""
    selected(source, "select")
    if source.of:
        selected(source, "of")


def found_in_k6(source: Source, document: Any, ask: Ask, file_time: float | None) -> Found:
    """Return `<metric> <statistic>`, or `thresholds crossed`: how many of all thresholds were."""
    name, statistic = selected(source, "select")
    metrics = _metrics(document)
    if source.of:
        _check_counted(source, metrics)
    if name == "thresholds":
        chosen = [metric for metric in metrics.values() if metric.crossed]
        if not chosen:
            raise EvidenceError("the summary has no thresholds")
        _check_unit(source, "count")
        value: float = sum(_crossed(metric, bool(source.of)) for metric in chosen)
    else:
        if name not in metrics:
            raise EvidenceError(f"the summary has no metric {plain(name, 80)!r}", why="k6 leaves out what was never measured")
        value = _statistic(source, metrics[name], statistic)
    at = stated_time(source, document, ask, file_time)
    return Found(at, releases_at(source, document, ask), value)


def selected(source: Source, key: str) -> tuple[str, str]:
    """Return metric and statistic of `select` or `of`; InputError when they are none."""
    where = f"{source.at}, field {key}"
    name, _space, statistic = (source.of if key == "of" else source.select).rpartition(" ")
    known = sorted({word for words in STATISTICS.values() for word in words})
    if not name.strip():
        raise InputError("select names a k6 metric and a statistic", where=where, todo="write it like http_req_duration p(95)")
    if statistic in ("passes", "fails"):
        todo = "write true (k6 calls it passes) or false (fails); http_req_failed true is the number of failed requests"
        raise InputError(f"{statistic!r} is read the wrong way round too easily", where=where, todo=todo)
    if statistic not in known and not _PERCENTILE.fullmatch(statistic):
        raise InputError(f"unknown statistic {statistic[:40]!r}", where=where, todo=did_you_mean(statistic, known))
    if name.strip() == "thresholds" and statistic != "crossed":
        raise InputError("of all thresholds only `thresholds crossed` is known", where=where)
    return name.strip(), statistic


def _check_counted(source: Source, metrics: Mapping[str, Metric]) -> None:
    name, statistic = selected(source, "of")
    found = metrics[name].values.get(statistic) if name in metrics else 0
    if number_in(found, source.of) <= 0:
        raise EvidenceError(f"nothing was looked at: {source.of[:120]} is 0")


def _metrics(document: Any) -> dict[str, Metric]:
    metrics = document.get("metrics") if isinstance(document, Mapping) else None
    if not isinstance(metrics, Mapping) or not metrics:
        raise EvidenceError("it is no k6 summary, or one without metrics")
    return {str(name): _metric(str(name), body) for name, body in metrics.items()}


def _metric(name: str, body: Any) -> Metric:
    if not isinstance(body, Mapping):
        raise EvidenceError(f"the k6 metric {plain(name, 80)!r} has an unknown form")
    thresholds = body.get("thresholds", {})
    if not isinstance(thresholds, Mapping):
        raise EvidenceError(f"the thresholds of {plain(name, 80)!r} have an unknown form")
    if "values" in body:
        values, kind, contains = body["values"], body.get("type"), str(body.get("contains", ""))
    else:
        values, kind, contains = body, _type_of(body), _contents_of(name)
    if not isinstance(values, Mapping) or not isinstance(kind, str) or kind not in STATISTICS:
        raise EvidenceError(f"the k6 metric {plain(name, 80)!r} has an unknown form")
    crossed = {str(text): _is_crossed(name, verdict, "values" in body) for text, verdict in thresholds.items()}
    return Metric(name, kind, contains, values, crossed)


def _type_of(body: Mapping[str, Any]) -> str:
    """A summary export does not name the types: they are known by their numbers."""
    if {"passes", "fails"} <= set(body):
        return "rate"
    if {"count", "rate"} <= set(body):
        return "counter"
    return "gauge" if "value" in body else "trend"


def _contents_of(name: str) -> str:
    if _TIMES.match(name):
        return "time"
    return "data" if _BYTES.match(name) else ""


def _is_crossed(name: str, verdict: Any, from_handle_summary: bool) -> bool:
    ok = verdict.get("ok") if isinstance(verdict, Mapping) else None
    if from_handle_summary and isinstance(ok, bool):
        return not ok
    if not from_handle_summary and isinstance(verdict, bool):
        return verdict
    raise EvidenceError(f"a threshold of {plain(name, 80)!r} has an unknown form", why=f"found {plain(repr(verdict), 60)}")


def _statistic(source: Source, metric: Metric, statistic: str) -> float:
    known = STATISTICS[metric.type]
    if ("p(N)" if _PERCENTILE.fullmatch(statistic) else statistic) not in known:
        raise InputError(f"a k6 {metric.type} has no {statistic}", where=source.at, why=f"{plain(metric.name, 80)}: {', '.join(known)}")
    _check_unit(source, _unit_of(metric, statistic))
    if statistic == "crossed":
        return _crossed(metric, bool(source.of))
    _check_not_empty(metric, bool(source.of))
    if metric.type == "rate":
        return _rate(metric, statistic)
    value = number_in(metric.values.get(statistic), f"{metric.name} {statistic}")
    if value < 0 and metric.type != "gauge":
        raise EvidenceError(f"{plain(metric.name, 80)} {statistic} is negative")
    return value


def _rate(metric: Metric, statistic: str) -> float:
    if statistic != "rate":
        return sum(_count(metric, name) for name in _RATE_COUNTS[statistic])
    # Calculated from the counts, so that both forms and all versions agree.
    return _count(metric, "passes") / (_count(metric, "passes") + _count(metric, "fails"))


def _count(metric: Metric, name: str) -> float:
    value = number_in(metric.values.get(name), f"{metric.name} {name}")
    if value < 0:
        raise EvidenceError(f"{plain(metric.name, 80)} {name} is negative")
    return value


def _check_not_empty(metric: Metric, counted: bool) -> None:
    """EvidenceError when the numbers are those of no sample. A Counter may be 0 where `of` has shown that something ran."""
    shown = plain(metric.name, 80)
    if metric.type == "rate" and _count(metric, "passes") + _count(metric, "fails") == 0:
        raise EvidenceError(f"{shown} has no samples", why="its rate of 0 is that of nothing")
    if metric.type == "counter" and not counted and not _count(metric, "count"):
        raise EvidenceError(f"{shown} has counted nothing", todo="write of: http_reqs count, where 0 is an answer")
    if metric.type != "trend":
        return
    numbers = [number_in(value, metric.name) for name, value in metric.values.items() if name != "thresholds"]
    if not numbers or not any(numbers):
        raise EvidenceError(f"{shown} has no samples", why="all its statistics are 0, as k6 writes for an empty Trend or an unanswered one")
    if metric.name.partition("{")[0] in _ANSWER_TIMES and metric.values.get("min") == 0:
        raise EvidenceError(
            f"{shown} holds requests without an answer, as 0 ms", todo=f"select {_ANSWER_TIMES[0]}{{expected_response:true}}"
        )


def _crossed(metric: Metric, counted: bool) -> int:
    """How many thresholds of the metric were crossed; a threshold of an empty metric was never held against anything."""
    if not metric.crossed:
        raise EvidenceError(f"{plain(metric.name, 80)} has no thresholds")
    _check_not_empty(metric, counted)
    return sum(metric.crossed.values())


def _unit_of(metric: Metric, statistic: str) -> str:
    """The unit in which k6 writes the number; "" where the script decides."""
    if statistic == "crossed" or (metric.type == "rate" and statistic != "rate") or (metric.type == "trend" and statistic == "count"):
        return "count"
    if metric.type == "rate":
        return "ratio"
    if metric.type == "counter" and statistic == "rate":
        return "per_s"
    return {"time": "ms", "data": "B"}.get(metric.contains, "")


def _check_unit(source: Source, unit: str) -> None:
    if unit and source.unit != unit:
        raise InputError(f"k6 writes {source.select[:80]} in {unit}", where=f"{source.at}, field unit", why=f"found {source.unit!r}")
