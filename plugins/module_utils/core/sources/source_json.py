# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JSON reports of any tool: what stands at an expression. Reports of tools that look good when nothing ran are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from ..errors import EvidenceError
from .source_facts import Found, in_time_order, number_in, time_in
from .source_spec import Source

# What stands at an expression in the document, or None: a plain path or JMESPath.
Ask = Callable[[str, Any], Any]


def found_in_json(source: Source, document: Any, ask: Ask, file_time: float | None) -> Found:
    """Return what the report says. A list at `select` needs a list of the same length at `time` and becomes samples."""
    empty = why_empty(document)
    if empty:
        raise EvidenceError(empty, why="nothing was measured, whatever its numbers say")
    _check_counted(source, document, ask)
    releases = releases_at(source, document, ask)
    value = ask(source.select, document)
    if isinstance(value, list):
        times = None if source.time == "file" else ask(source.time, document)
        if not isinstance(times, list) or len(times) != len(value):
            raise EvidenceError(f"{source.select} are {len(value)} values", why="time does not give one time for each of them")
        samples = in_time_order(
            [
                (time_in(at, source.zone, f"{source.time}[{index}]"), number_in(number, f"{source.select}[{index}]"))
                for index, (at, number) in enumerate(zip(times, value))
            ]
        )
        return Found(samples[-1][0], releases, samples=samples)
    return Found(stated_time(source, document, ask, file_time), releases, number_in(value, source.select))


def releases_at(source: Source, document: Any, ask: Ask) -> tuple[str, ...]:
    """Return the release that the report states: () when it states none."""
    if not source.release:
        return ()
    found = ask(source.release, document)
    if found is None:
        return ()
    if not isinstance(found, str):
        raise EvidenceError(f"{source.release[:80]} is no text", why=f"found {type(found).__name__}")
    return (found,)


def stated_time(source: Source, document: Any, ask: Ask, file_time: float | None) -> float:
    """Return the unix time of the report: what it states, or that of its file (None: the server did not tell it)."""
    if source.time != "file":
        return time_in(ask(source.time, document), source.zone, source.time)
    if file_time is None:
        raise EvidenceError("the time of the report is not known", why="the server sent no Last-Modified")
    return file_time


def _check_counted(source: Source, document: Any, ask: Ask) -> None:
    if not source.of:
        return
    counted = ask(source.of, document)
    number = len(counted) if isinstance(counted, list) else number_in(counted, source.of)
    if number <= 0:
        raise EvidenceError(f"nothing was looked at: {source.of[:120]} is {number}")


def why_empty(document: Any) -> str:
    """Return why a report of a known tool says nothing at all; "" when it does, or when the tool is not known."""
    if isinstance(document, list) and document and all(_is_size_limit(item) for item in document):
        return _size_limit(document)
    if not isinstance(document, Mapping):
        return ""
    requests, stats = document.get("requests"), document.get("stats")
    if isinstance(requests, Mapping) and "latency" in document and "non2xx" in document:
        return _autocannon(document, requests)
    if isinstance(document.get("metrics"), Mapping) and "root_group" in document:
        return "it is a k6 summary: read it with from: k6, which knows an empty one"
    if isinstance(stats, Mapping) and "suites" in document and {"expected", "unexpected", "skipped"} <= set(stats):
        return _playwright(stats)
    return ""


def _is_size_limit(item: Any) -> bool:
    return isinstance(item, Mapping) and {"name", "passed", "size"} <= set(item)


def _size_limit(document: list[Any]) -> str:
    for item in document:
        if not item["size"]:
            return f"size-limit has measured nothing for {str(item['name'])[:60]!r}: its pattern matches no file"
    return ""


def _autocannon(document: Mapping[str, Any], requests: Mapping[str, Any]) -> str:
    return "" if requests.get("total") else f"autocannon got no answer at all ({document.get('errors')} errors)"


def _playwright(stats: Mapping[str, Any]) -> str:
    run = [stats.get(name) for name in ("expected", "unexpected", "flaky")]
    return "" if any(run) else "Playwright ran no test"
