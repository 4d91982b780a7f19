# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asking a Prometheus server by its HTTP API: one moment, or a range in pieces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable
from urllib.parse import urlencode, urlsplit

from ...core.errors import EvidenceError, InputError, ServiceError, StagegateError
from ...core.sources.source_facts import SAMPLES_LIMIT, Found, Wanted
from ...core.sources.source_prometheus import Series, found_in_matrix, found_in_vector, positive, read_answer
from ...core.sources.source_spec import Source
from ..web.fetch import fetch
from ..web.http_session import Reply
from .documents import parse_json

# The server gives at most 11 000 steps at once; pieces of this size also keep an answer of many series small.
STEPS_AT_ONCE = 2000

# (base address, path with query, headers, seconds) -> the answer; tests hand in their own.
Fetch = Callable[[str, str, Mapping[str, str], float], Reply]


@dataclass(frozen=True)
class PrometheusServer:
    """One server: its address, the headers of each question, how many seconds an answer may take."""

    url: str
    headers: Mapping[str, str]
    seconds: float
    fetch: Fetch = fetch

    def vector(self, query: str, at: float) -> list[Series]:
        """Return the series of an instant query at the unix time `at`."""
        return read_answer(self._answer("query", {"query": query, "time": f"{at:.3f}"}), "vector")

    def matrix(self, query: str, start: float, end: float, step: float) -> list[Series]:
        """Return the series of a range query; asked in pieces, each piece put behind the one before."""
        steps = int((end - start) / step) + 1
        found: dict[tuple[tuple[str, str], ...], list[tuple[float, str]]] = {}
        for first in range(0, steps, STEPS_AT_ONCE):
            last = min(first + STEPS_AT_ONCE, steps) - 1
            window = {"start": f"{start + first * step:.3f}", "end": f"{start + last * step:.3f}", "step": f"{step:.3f}"}
            for series in read_answer(self._answer("query_range", {"query": query, **window}), "matrix", may_be_empty=True):
                found.setdefault(tuple(sorted(series.labels.items())), []).extend(series.points)
                if sum(map(len, found.values())) > SAMPLES_LIMIT:
                    raise EvidenceError("the answer has too many samples", why=f"the limit is {SAMPLES_LIMIT}", todo="take a larger step")
        if not found:
            raise EvidenceError("the query found no series")
        return [Series(dict(labels), tuple(points)) for labels, points in found.items()]

    def _answer(self, endpoint: str, parameters: Mapping[str, str]) -> Any:
        reply = self.fetch(self.url.rstrip("/"), f"/api/v1/{endpoint}?{urlencode(parameters)}", self.headers, self.seconds)
        try:
            document = parse_json(reply.text, urlsplit(self.url).netloc)
        except StagegateError as error:
            html = "it is HTML, not JSON" if reply.text.lstrip()[:1] == "<" else f"{error.what}: {error.why}".rstrip(": ")
            raise ServiceError(f"it answered {reply.status}, without an answer of the Prometheus API", why=html) from error
        if not 200 <= reply.status <= 299 and not (isinstance(document, dict) and document.get("status") == "error"):
            raise ServiceError(f"it answered {reply.status}")
        return document


def ask_prometheus(source: Source, server: PrometheusServer, wanted: Wanted) -> list[Found]:
    """Return what the server says to the query of a source."""
    try:
        if source.of:
            positive(server.vector(source.of, wanted.now), source.of)
        if source.kind == "prometheus_range":
            return _range(source, server, wanted)
        answer = server.vector(source.select, wanted.now)
        # The time of an instant vector is that of the question; a sample behind it may be minutes old.
        times = server.vector(f"timestamp({source.select})", wanted.now)
    except InputError as error:
        raise InputError(error.what, where=error.where or source.at, why=error.why, todo=error.todo) from error
    return found_in_vector(source, answer, times, wanted.now)


def _range(source: Source, server: PrometheusServer, wanted: Wanted) -> list[Found]:
    if not wanted.since and not source.max_age:
        raise EvidenceError("the phase has not been started", why="the samples begin with it")
    start = wanted.now - source.range if source.range else wanted.since
    if not source.max_age:
        start = max(start, wanted.since)
    # The ledger and Prometheus count in milliseconds.
    start = round(start, 3)
    if (wanted.now - start) / source.step > SAMPLES_LIMIT:
        raise InputError("the step is too small for this range", where=source.at, why=f"more than {SAMPLES_LIMIT} steps")
    if start > wanted.now:
        raise EvidenceError("the phase was started in the future")
    answer = server.matrix(source.select, start, wanted.now, source.step)
    times = server.matrix(f"timestamp({source.select})", start, wanted.now, source.step)
    return found_in_matrix(source, answer, times, start, wanted.now)
