# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the thresholds of a k6 test to a gate of ours.

Read are k6 options in JSON or YAML, as `k6 inspect script.js` prints them: `{"thresholds": {"http_req_duration": ["p(95)<500"]}}`.
k6 itself makes the one number of its samples (p(95), avg, rate ...); what is judged here is that number as its summary reports it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..fields import Fields
from ..scanner import Scanner
from ..text import plain
from ..units import did_you_mean
from .imported import (
    NAME_LIMIT,
    Ids,
    Imported,
    NoteBook,
    Wanted,
    checked_name,
    checked_units,
    decimal_of,
    finished,
    number_text,
    reference,
    sli_of,
)

THRESHOLDS_LIMIT = 200
COUNTER, GAUGE, RATE, TREND = "counter", "gauge", "rate", "trend"
# type of metric -> how its samples become one number
_STATISTICS = {COUNTER: ("count", "rate"), GAUGE: ("value",), RATE: ("rate",), TREND: ("avg", "min", "med", "max", "p(N)")}
_TIMES = (
    "http_req_blocked http_req_connecting http_req_duration http_req_receiving http_req_sending http_req_tls_handshaking http_req_waiting "
    "iteration_duration group_duration ws_connecting ws_ping ws_session_duration grpc_req_duration browser_http_req_duration "
    "browser_web_vital_fcp browser_web_vital_fid browser_web_vital_inp browser_web_vital_lcp browser_web_vital_ttfb"
)
_COUNTS = (
    "http_reqs iterations dropped_iterations ws_sessions ws_msgs_sent ws_msgs_received grpc_streams grpc_streams_msgs_sent "
    "grpc_streams_msgs_received"
)
# metric -> (type, unit of its number; of a counter that of its count)
BUILT_IN: dict[str, tuple[str, str]] = {
    **dict.fromkeys(_TIMES.split(), (TREND, "ms")),
    **dict.fromkeys(_COUNTS.split(), (COUNTER, "count")),
    **dict.fromkeys(("data_sent", "data_received", "browser_data_sent", "browser_data_received"), (COUNTER, "B")),
    **dict.fromkeys(("vus", "vus_max"), (GAUGE, "count")),
    **dict.fromkeys(("checks", "http_req_failed", "browser_http_req_failed"), (RATE, "ratio")),
    "browser_web_vital_cls": (TREND, "1"),
}
_METRIC = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,127})(?:\{(.*)\})?", re.DOTALL)
_STATISTIC = re.compile(r"(?:count|rate|value|avg|min|med|max)\b|p\(([0-9.]{1,12})\)", re.ASCII)
_SIGN = re.compile(r"<=|<|>=|>|===|==|!=")
_NUMBER = re.compile(r"[+-]?[0-9.]{1,32}(?:[eE][+-]?[0-9]{1,2})?", re.ASCII)
HOW = "write it like p(95)<500"


@dataclass(frozen=True)
class _Threshold:
    """One threshold: the statistic of the metric, the limit without its unit, and where it stands."""

    statistic: str
    sign: str
    number: str
    where: str
    aborts: bool = False
    delay: str = ""


@dataclass(frozen=True)
class _Metric:
    """One metric as it stands under `thresholds`: key, name without tags, label, position, and its thresholds by statistic."""

    key: str
    name: str
    label: str
    where: str
    thresholds: dict[str, list[_Threshold]]


def import_k6(document: Any, phase: str, units: Mapping[str, str], where: str = "k6 options") -> Imported:
    """Return the gate for parsed k6 options.

    `units` gives the unit of each metric that the script defines itself. Several thresholds on one number of a metric become
    one criterion. InputError names the place of whatever cannot be taken over.
    """
    metrics = [_read_metric(key, given, where) for key, given in _thresholds(document, where).items()]
    asked: dict[str, set[str]] = {}
    for metric in metrics:
        asked.setdefault(metric.name, set()).update(metric.thresholds)
    notes, ids = NoteBook(), Ids(phase)
    criteria: list[dict[str, Any]] = []
    wanted: list[Wanted] = []
    for metric in metrics:
        kind, own = _kind_of(metric.name, asked[metric.name], str(units.get(metric.name) or ""), metric.where)
        for statistic, found in metric.thresholds.items():
            unit = _unit_of(metric.name, statistic, kind, own, metric.where)
            sli, labels = sli_of(unit, metric.name, metric.where), {"name": metric.label, "part": statistic}
            name = ids.of(f"{metric.label} {statistic}", metric.where)
            limits = [f"{threshold.sign} {threshold.number} {unit}" for threshold in found]
            criteria.append({"id": name, "sli": reference(sli, labels), "pass": limits if len(limits) > 1 else limits[0]})
            wanted.append(Wanted(name, sli, labels, unit, f"{metric.key} {statistic}"))
            _note(name, metric.name, found, notes)
    checked_units(units, list(asked), where)
    _note_options(document, notes)
    return finished(phase, f"Thresholds of {where}", criteria, notes, wanted)


def _thresholds(document: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(document, Mapping):
        raise InputError("k6 options are expected", where=where, why=f"found {type(document).__name__}")
    if "thresholds" not in document:
        todo = did_you_mean("thresholds", map(str, document)) if document else ""
        if "metrics" in document:
            todo = "give the options, not the summary: k6 inspect script.js"
        raise InputError("there are no thresholds", where=where, why="k6 passes without any", todo=todo)
    given = document["thresholds"]
    if not isinstance(given, Mapping) or not given:
        raise InputError("thresholds must be a mapping with at least one metric", where=f"{where}, field thresholds")
    if len(given) > THRESHOLDS_LIMIT:
        raise InputError(f"at most {THRESHOLDS_LIMIT} metrics can be imported", where=f"{where}, field thresholds")
    return given


def _read_metric(key: Any, given: Any, where: str) -> _Metric:
    """Read `http_req_duration{status:200}` and its thresholds, these by the number that they are about."""
    match = _METRIC.fullmatch(key) if isinstance(key, str) else None
    if match is None:
        where = f"{where}, field thresholds"
        raise InputError(f"{str(key)[:60]!r} is no metric of k6", where=where, todo="write metric or metric{tag:value}")
    place, name, tags = f"{where}, thresholds[{key[:NAME_LIMIT]!r}]", match.group(1), match.group(2)
    pairs = [pair.strip() for pair in tags.split(",")] if tags is not None else []
    if not all(re.fullmatch(r"[^:]+:.+", pair) for pair in pairs):
        raise InputError(f"the tags of {name} cannot be read", where=place, todo="write metric{tag:value, tag:value}")
    if not isinstance(given, list) or not given or len(given) > THRESHOLDS_LIMIT:
        raise InputError("a list of thresholds is expected", where=place, why="k6 passes a metric without any" if given == [] else "")
    found: dict[str, list[_Threshold]] = {}
    for number, item in enumerate(given):
        threshold = _read_threshold(item, f"{place}[{number}]")
        found.setdefault(threshold.statistic, []).append(threshold)
    label = checked_name(f"{name}[{', '.join(pairs)}]" if pairs else name, place)
    return _Metric(key, name, label, place, found)


def _read_threshold(given: Any, where: str) -> _Threshold:
    if isinstance(given, str):
        return _Threshold(*_read_expression(given, where), where)
    fields = Fields(given, where, ("threshold", "abortOnFail", "delayAbortEval"))
    text = fields.required("threshold", "write the expression")
    if not isinstance(text, str):
        raise InputError("a threshold is a text", where=fields.at("threshold"), why=f"found {type(text).__name__}")
    delay = fields.given.get("delayAbortEval")
    if delay is not None and not (isinstance(delay, str) and re.fullmatch(r"(?:[0-9.]+(?:ms|us|s|m|h|d))*", delay)):
        raise InputError("delayAbortEval must be a duration", where=fields.at("delayAbortEval"), why=repr(delay)[:60], todo="write 10s")
    return _Threshold(*_read_expression(text, fields.at("threshold")), where, fields.flag("abortOnFail"), delay or "")


def _read_expression(text: str, where: str) -> tuple[str, str, str]:
    """Read `p(95)<500` into statistic, sign and number; InputError with the column of what k6's grammar does not know."""
    scanner = Scanner(text, where, "threshold of k6", HOW)
    statistic = scanner.take(_STATISTIC)
    if statistic is None:
        scanner.refuse("expected count, rate, value, avg, min, med, max or p(N)", HOW)
    sign = scanner.take(_SIGN)
    if sign is None:
        scanner.refuse("expected one of < <= > >= == === !=", HOW)
    number = scanner.take(_NUMBER)
    if number is None:
        scanner.refuse("expected a number", HOW)
    scanner.expect_end("the threshold should end here", HOW)
    limit = number_text(decimal_of(number.group(), where))
    return _percentile(statistic, where), "==" if sign.group() == "===" else sign.group(), limit


def _percentile(statistic: re.Match[str], where: str) -> str:
    """Return the statistic; every percentile is written in one way, so that p(95.0) is p(95)."""
    if statistic.group(1) is None:
        return statistic.group()
    q = decimal_of(statistic.group(1), where)
    if q > 100:
        raise InputError(f"there is no percentile {statistic.group()}", where=where, todo="write 0 to 100")
    return f"p({number_text(q.normalize())})"


def _kind_of(metric: str, statistics: Collection[str], given: str, where: str) -> tuple[str, str]:
    """Return type and unit of a metric. A metric of the script itself is what its thresholds ask of it, in the unit that was given."""
    if metric in BUILT_IN:
        if given:
            why = f"k6 gives it in {BUILT_IN[metric][1]}"
            raise InputError(f"the unit of {metric} is known", where=f"{where}, units", why=why, todo="leave it out")
        return BUILT_IN[metric]
    fitting = [kind for kind, known in _STATISTICS.items() if all(_general(statistic) in known for statistic in statistics)]
    if fitting == [COUNTER, RATE]:
        # k6 gives a share as a ratio and a counter's rate in seconds: another unit would change what the numbers say.
        if given not in ("ratio", "per_s"):
            todo = f"give it: units: {{{metric}: ratio}} for a Rate, per_s for a Counter"
            raise InputError(f"what the rate of {metric} is, is not known", where=where, why=f"its unit: {given or 'none'}", todo=todo)
        return (RATE, "ratio") if given == "ratio" else (COUNTER, "count")
    if not fitting:
        raise InputError(f"no metric of k6 has {', '.join(sorted(statistics))}", where=where)
    return fitting[0], given or ("count" if fitting[0] == COUNTER else "")


def _unit_of(metric: str, statistic: str, kind: str, unit: str, where: str) -> str:
    """Return the unit of one number of a metric. InputError when the metric has no such number."""
    known = _STATISTICS[kind]
    if _general(statistic) not in known:
        raise InputError(f"{metric} has no {statistic}", where=where, why=f"it is a {kind}", todo=f"a {kind} has {', '.join(known)}")
    if kind == COUNTER and statistic == "rate":
        if unit != "count":
            raise InputError(f"the rate of {metric} cannot be taken over", where=where, why=f"{unit} per second is no unit here")
        return "per_s"
    return unit


def _general(statistic: str) -> str:
    return "p(N)" if statistic.startswith("p(") else statistic


def _note(name: str, metric: str, found: list[_Threshold], notes: NoteBook) -> None:
    notes.add(
        "missing data",
        "without a sample k6 judges a trend by 0 and passes over a rate; here it is INCONCLUSIVE",
        name,
    )
    if metric not in BUILT_IN:
        notes.add("custom metric", "what type the script gave it is not known here; what is not reported is no pass", name)
    if any(threshold.aborts for threshold in found):
        notes.add("abortOnFail", "k6 stops the run as soon as it is crossed; here nothing is stopped, and the whole run is judged", name)
    if any(threshold.delay for threshold in found):
        notes.add("delayAbortEval", "it only delays the abort, no sample is left out: there is nothing to take over", name)


def _note_options(document: Mapping[str, Any], notes: NoteBook) -> None:
    others = sorted(str(key) for key in document if key != "thresholds")
    if document.get("noThresholds"):
        notes.add("noThresholds", "k6 was told not to judge; here every threshold is")
    if others:
        notes.add("options", f"they say how the load is made and are not judged: {plain(', '.join(others), 200)}")
