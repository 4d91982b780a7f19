# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Answers of the Prometheus HTTP API, made into what they say.

An answer with an error, with warnings (part of the servers did not answer), without series, or with NaN is no data. Several
series are ambiguous unless each has its own labels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import EvidenceError, InputError
from ..text import plain
from ..times import duration_text
from .source_facts import SAMPLES_LIMIT, Found, Samples, in_time_order, number_in, number_of_text
from .source_spec import Source

SERIES_LIMIT = 1000
# The distance between the asked and the answered time, with which an answer is still the one to this question.
TIME_STEP_SECONDS = 1.0
HALF_A_MILLISECOND = 0.0005


@dataclass(frozen=True)
class Series:
    """One series of an answer: its labels, and (unix seconds, number as text)."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, str], ...]

    @property
    def identity(self) -> tuple[tuple[str, str], ...]:
        """The labels without the name, which functions drop."""
        return tuple(sorted((name, text) for name, text in self.labels.items() if name != "__name__"))


def read_answer(document: Any, wanted: str, may_be_empty: bool = False) -> list[Series]:
    """Return the series of an answer whose result type must be `wanted` (vector or matrix).

    A query that Prometheus does not understand is an InputError; every other answer without data is an EvidenceError.
    """
    if not isinstance(document, Mapping) or document.get("status") not in ("success", "error"):
        raise EvidenceError("it is no answer of the Prometheus API")
    if document["status"] == "error":
        said = f"{plain(document.get('errorType', ''), 40)}: {plain(document.get('error', ''), 300)}"
        if document.get("errorType") == "bad_data":
            raise InputError("Prometheus does not understand the query", why=said)
        raise EvidenceError("Prometheus could not answer", why=said)
    if document.get("warnings"):
        raise EvidenceError("Prometheus warns that the answer may not be whole", why=plain(document["warnings"], 200))
    content = document.get("data")
    kind = content.get("resultType") if isinstance(content, Mapping) else None
    result = content.get("result") if isinstance(content, Mapping) else None
    if kind in ("scalar", "string") or (kind == "matrix" and wanted == "vector"):
        raise InputError(
            f"the query gives a {kind}", why="wanted are series with one number each", todo="write a query that gives an instant vector"
        )
    if kind != wanted or not isinstance(result, list):
        raise EvidenceError(f"the answer is no {wanted}", why=f"its type is {plain(kind, 40)}")
    if not result and not may_be_empty:
        raise EvidenceError("the query found no series")
    if len(result) > SERIES_LIMIT:
        raise EvidenceError(f"{len(result)} series are too many", why=f"the limit is {SERIES_LIMIT}")
    return [_series(item, wanted) for item in result]


def _series(item: Any, wanted: str) -> Series:
    labels = item.get("metric") if isinstance(item, Mapping) else None
    if not isinstance(labels, Mapping) or not all(isinstance(text, str) for text in labels.values()):
        raise EvidenceError("a series of the answer has no labels")
    if "histogram" in item or "histograms" in item:
        raise EvidenceError("a native histogram cannot be read", todo="ask for histogram_quantile(), or for classic buckets")
    points = [item.get("value")] if wanted == "vector" else item.get("values")
    if not isinstance(points, list) or not points or len(points) > SAMPLES_LIMIT:
        raise EvidenceError("a series of the answer has no samples, or too many")
    return Series(labels, tuple(_point(point) for point in points))


def _point(point: Any) -> tuple[float, str]:
    if not isinstance(point, list) or len(point) != 2 or not isinstance(point[1], str):
        raise EvidenceError("a sample of the answer is no pair of time and number")
    return number_in(point[0], "the time of a sample"), point[1]


def found_in_vector(source: Source, answer: Sequence[Series], times: Sequence[Series], asked: float) -> list[Found]:
    """Return one value for each series, with the time of its sample (`times`: the answer to `timestamp(...)`)."""
    sampled: dict[tuple[tuple[str, str], ...], float] = {}
    for series in times:
        # Series that differ by name only are one here: the oldest sample decides.
        at = number_of_text(series.points[0][1], "the time of a sample")
        sampled[series.identity] = min(at, sampled.get(series.identity, at))
    for series in answer:
        if abs(series.points[0][0] - asked) > TIME_STEP_SECONDS:
            raise EvidenceError("the answer is of another time than the question", why="something between has kept it")
        if series.identity not in sampled:
            raise EvidenceError("a series is gone while it was asked")
    if source.histogram:
        return _histograms(source, answer, sampled)
    _check_distinct(source, answer)
    return [
        Found(
            sampled[series.identity],
            releases_of(source, [series]),
            number_of_text(series.points[0][1], "the value"),
            labels=_labels(source, series),
        )
        for series in answer
    ]


def found_in_matrix(source: Source, answer: Sequence[Series], times: Sequence[Series], start: float, end: float) -> list[Found]:
    """Return the samples of each series, each with its own time (`times`: the answer to `timestamp(...)` over the same range).

    At every step Prometheus answers with a sample of the last five minutes: taken once, and at their own time, samples show the
    holes that they have. A series that stops before the end of the range is no data, however good it was before.
    """
    _check_distinct(source, answer)
    if sum(len(series.points) for series in answer) > SAMPLES_LIMIT:
        raise EvidenceError("the answer has too many samples", why=f"the limit is {SAMPLES_LIMIT}", todo="take a larger step")
    sampled = {series.identity: dict(series.points) for series in times}
    found = []
    for series in answer:
        samples = _samples(series, sampled.get(series.identity, {}), start, end)
        behind = end - samples[-1][0]
        if behind > max(source.max_age, 2 * source.step):
            raise EvidenceError(f"a series stops {duration_text(behind)} before the end of the range")
        detail = f"{len(samples)} samples at {int((end - start) / source.step) + 1} steps"
        found.append(Found(samples[-1][0], releases_of(source, [series]), samples=samples, labels=_labels(source, series), detail=detail))
    return found


def _samples(series: Series, sampled: Mapping[float, str], start: float, end: float) -> Samples:
    """Return the samples that were taken since `start`, each once."""
    taken: dict[float, float] = {}
    for step, text in series.points:
        if not start - TIME_STEP_SECONDS <= step <= end + TIME_STEP_SECONDS:
            raise EvidenceError("the answer is of another time than the question", why="something between has kept it")
        if step not in sampled:
            raise EvidenceError("a series is gone while it was asked")
        at, value = number_of_text(sampled[step], "the time of a sample"), number_of_text(text, "a sample")
        if at > start - HALF_A_MILLISECOND:
            taken[at] = value
    return in_time_order(list(taken.items()))


def positive(answer: Sequence[Series], query: str) -> None:
    """EvidenceError unless the only number of the answer to `of` is more than 0."""
    if len(answer) != 1:
        raise EvidenceError(f"of: {len(answer)} series", why="how many were looked at must be one number", todo="write sum(...)")
    if number_of_text(answer[0].points[0][1], "of") <= 0:
        raise EvidenceError(f"nothing was looked at: {query[:120]} is {plain(answer[0].points[0][1], 40)}")


def releases_of(source: Source, answer: Sequence[Series]) -> tuple[str, ...]:
    """Return the releases that the label of each series states; one without the label states none."""
    if not source.release:
        return ()
    stated = [series.labels.get(source.release, "") for series in answer]
    return tuple(dict.fromkeys(stated)) if all(stated) else ()


def _labels(source: Source, series: Series) -> dict[str, str]:
    found = {}
    for ours, theirs in source.labels_from.items():
        if not series.labels.get(theirs):
            raise EvidenceError(f"a series has no label {theirs[:60]!r}", why=plain(dict(series.identity), 200))
        found[ours] = plain(series.labels[theirs])
    return found


def _check_distinct(source: Source, answer: Sequence[Series]) -> None:
    """Several series must differ in the labels that they bring; none is ever picked."""
    seen = {tuple(sorted(_labels(source, series).items())) for series in answer}
    if len(seen) < len(answer):
        raise EvidenceError(
            f"{len(answer)} series are ambiguous",
            why=f"they make {len(seen)} of our label sets",
            todo="write a query that gives one, or labels_from, which tells them apart",
        )


def _histograms(source: Source, answer: Sequence[Series], sampled: Mapping[tuple[tuple[str, str], ...], float]) -> list[Found]:
    groups: dict[tuple[tuple[str, str], ...], list[Series]] = {}
    for series in answer:
        groups.setdefault(tuple(sorted(_labels(source, series).items())), []).append(series)
    return [
        Found(
            min(sampled[series.identity] for series in group),
            releases_of(source, group),
            histogram=_buckets(group),
            labels=dict(labels),
        )
        for labels, group in sorted(groups.items())
    ]


def _buckets(group: Sequence[Series]) -> tuple[tuple[float, float], ...]:
    """Return (upper bound, cumulative count), ascending, the last bound +Inf; EvidenceError for anything else."""
    pairs = sorted((_bound(series), number_of_text(series.points[0][1], "the count of a bucket")) for series in group)
    bounds = [bound for bound, _count in pairs]
    if len(set(bounds)) < len(bounds):
        raise EvidenceError(
            "a bucket stands twice", why="several histograms are in the answer", todo="write sum by (le) (...), or labels_from"
        )
    if len(pairs) < 2 or not math.isinf(bounds[-1]):
        raise EvidenceError("the histogram has no bucket le=+Inf, or no other")
    counts = [count for _bound_, count in pairs]
    if counts[0] < 0 or any(after < before for before, after in zip(counts, counts[1:])):
        raise EvidenceError("the buckets of the histogram fall", why="they must be cumulative")
    if counts[-1] <= 0:
        raise EvidenceError("the histogram has counted nothing")
    return tuple(pairs)


def _bound(series: Series) -> float:
    text = series.labels.get("le")
    if text is None:
        raise EvidenceError("a series has no label le", why="histogram: true reads classic buckets")
    return math.inf if text in ("+Inf", "Inf") else number_of_text(text, "le")
