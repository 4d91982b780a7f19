# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading the sources of reports: what can be measured becomes measurements, what cannot becomes a line that says why.

Never a default: a report that is missing, empty, too old, of another release or of another form gives nothing at all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ...core.errors import EvidenceError, InputError, ServiceError, StagegateError
from ...core.eyes.api_journey import without_secrets
from ...core.sources.source_csv import columns_of, found_in_csv
from ...core.sources.source_facts import Found, Wanted, measured
from ...core.sources.source_json import found_in_json
from ...core.sources.source_junit import check_junit, found_in_junit
from ...core.sources.source_k6 import check_k6, found_in_k6
from ...core.sources.source_spec import FILE_KINDS, Source, read_source
from ...core.text import plain
from ..web.fetch import fetch
from ..web.http_session import split_url
from .documents import parse_csv, parse_json, read_document
from .prometheus import Fetch, PrometheusServer, ask_prometheus
from .report_expression import ask, check_expressions

SOURCES_LIMIT = 500
LINE_LIMIT = 500


class Gathered(NamedTuple):
    """Measurements for the ledger, and a line for each source that gave none."""

    measurements: list[dict[str, Any]]
    problems: list[str]


class Report(NamedTuple):
    """A report as it lies there: its text, and the unix time of the file (None: not known)."""

    text: str
    file_time: float | None


def read_sources(given: Sequence[Any]) -> list[Source]:
    """Return the sources as they are written; InputError for the first mistake of the writer."""
    if len(given) > SOURCES_LIMIT:
        raise InputError(f"{len(given)} sources are too many", why=f"the limit is {SOURCES_LIMIT}")
    sources = [read_source(item, number) for number, item in enumerate(given)]
    seen: dict[Any, Source] = {}
    for source in sources:
        if source.kind in FILE_KINDS:
            check_expressions(source)
        if source.kind == "junit":
            check_junit(source)
        if source.kind == "k6":
            check_k6(source)
        identity = (source.sli, tuple(sorted(source.labels.items())), tuple(sorted(source.labels_from)))
        if identity in seen:
            raise InputError(f"{source.name} measures the same as {seen[identity].at}", where=source.at, todo="give them different labels")
        seen[identity] = source
    return sources


class Gathering:
    """One passage over sources. A report that several sources share is read once, so that all see the same."""

    def __init__(self, wanted: Wanted, tokens: Mapping[str, str], seconds: float, fetch: Fetch = fetch) -> None:
        """`tokens` by name; `seconds` for each answer over HTTP; `fetch` is for tests."""
        self._wanted = wanted
        self._tokens = tokens
        self._seconds = seconds
        self._fetch = fetch
        self._reports: dict[str, Report | StagegateError] = {}
        self._documents: dict[str, Any] = {}

    def gather(self, sources: Sequence[Source]) -> Gathered:
        """Read all of them. A mistake of the writer ends it with an InputError, everything else is a problem line."""
        measurements: list[dict[str, Any]] = []
        problems: list[str] = []
        for source in sources:
            try:
                for found in self._found(source):
                    measurements.append(measured(source, found, self._wanted, self._origin(source)))
            except InputError:
                raise
            except StagegateError as error:
                said = " | ".join(part for part in (error.what, error.why, error.todo) if part)
                problems.append(f"{source.name}: {self._clean(said)}")
        return _without_doubles(measurements, problems)

    def _found(self, source: Source) -> list[Found]:
        if source.kind not in FILE_KINDS:
            server = PrometheusServer(source.url, self._headers(source), self._seconds, self._fetch)
            return ask_prometheus(source, server, self._wanted)
        report = self._report(source)
        if not report.text.strip():
            raise EvidenceError("it is empty")
        where = self._origin(source)
        if source.kind == "junit":
            return [found_in_junit(source, report.text.encode(), report.file_time)]
        if source.kind == "csv":
            return [found_in_csv(source, parse_csv(report.text, where, columns_of(source)), self._wanted.since, report.file_time)]
        found_in = found_in_k6 if source.kind == "k6" else found_in_json
        return [found_in(source, self._json(source, report, where), ask, report.file_time)]

    def _json(self, source: Source, report: Report, where: str) -> Any:
        place = source.path or source.url
        if place not in self._documents:
            if report.text.lstrip()[:1] == "<":
                raise EvidenceError("it is HTML or XML, not JSON")
            self._documents[place] = parse_json(report.text, where)
        return self._documents[place]

    def _report(self, source: Source) -> Report:
        place = source.path or source.url
        if place not in self._reports:
            try:
                self._reports[place] = self._downloaded(source) if source.url else _file(source.path)
            except (EvidenceError, ServiceError) as error:
                self._reports[place] = error
        report = self._reports[place]
        if isinstance(report, StagegateError):
            raise report
        return report

    def _downloaded(self, source: Source) -> Report:
        base, path = split_url(source.url)
        reply = self._fetch(base, path, self._headers(source), self._seconds)
        if not 200 <= reply.status <= 299:
            raise ServiceError(f"it answered {reply.status}")
        stated = reply.headers.get("last-modified", "")
        return Report(reply.text, http_date(stated) if stated else None)

    def _headers(self, source: Source) -> dict[str, str]:
        if not source.token:
            return {}
        if not self._tokens.get(source.token):
            raise InputError(f"there is no token {source.token[:60]!r}", where=f"{source.at}, field token", todo="put it under tokens")
        return {"Authorization": f"Bearer {self._tokens[source.token]}"}

    def _origin(self, source: Source) -> str:
        return os.path.basename(source.path) if source.path else urlsplit(source.url).netloc

    def _clean(self, said: str) -> str:
        return plain(without_secrets(said, self._tokens), LINE_LIMIT)


def _file(path: str) -> Report:
    """Read a report. Its time is asked first: a file that is replaced meanwhile is then held to be older, never newer."""
    try:
        file_time = os.stat(path).st_mtime
    except (OSError, ValueError) as error:
        raise EvidenceError("it cannot be read", why=getattr(error, "strerror", "") or str(error)) from error
    return Report(read_document(path), file_time)


def http_date(text: str) -> float:
    """Return the unix seconds of `Mon, 23 Nov 2026 10:15:00 GMT`; EvidenceError for another form."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError) as error:
        raise EvidenceError("Last-Modified is no time", why=plain(text, 60)) from error


def _without_doubles(measurements: Sequence[dict[str, Any]], problems: list[str]) -> Gathered:
    """Two measurements of the same thing: which one counts is not said, so neither does."""
    times: dict[Any, int] = {}
    for item in measurements:
        identity = (item["sli"], tuple(sorted(item["labels"].items())))
        times[identity] = times.get(identity, 0) + 1
    kept = [item for item in measurements if times[(item["sli"], tuple(sorted(item["labels"].items())))] == 1]
    for (sli, labels), number in times.items():
        if number > 1:
            problems.append(f"{sli} {dict(labels)} was measured {number} times: none of them counts")
    return Gathered(kept, problems)
