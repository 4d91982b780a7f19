# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JUnit reports: how many cases ran, passed, failed, were skipped; the time of the suites; the release as a property."""

from __future__ import annotations

from xml.parsers import expat

from ..errors import EvidenceError, InputError
from ..units import did_you_mean
from .junit import read_junit
from .source_facts import Found, time_in
from .source_spec import Source

COUNTS = ("run", "passed", "failed", "skipped")


def check_junit(source: Source) -> None:
    """InputError when the source does not name a count of cases."""
    if source.select not in COUNTS:
        raise InputError(
            f"unknown count {source.select[:40]!r}", where=f"{source.at}, field select", todo=did_you_mean(source.select, COUNTS)
        )
    if source.unit != "count":
        raise InputError("test cases are counted", where=f"{source.at}, field unit", todo="write unit: count")


def found_in_junit(source: Source, raw: bytes, file_time: float | None) -> Found:
    """Return a count of cases. A report in which no case ran says nothing, not even that none failed."""
    check_junit(source)
    results = read_junit(raw)
    if not results.run:
        raise EvidenceError("no test case ran", why=f"{results.skipped} were skipped")
    said = _statements(raw, source.release)
    if source.time == "file":
        if file_time is None:
            raise EvidenceError("the time of the report is not known", why="the server sent no Last-Modified")
        at = file_time
    elif not said.times:
        raise EvidenceError("it does not state its time", why="no suite has a timestamp")
    else:
        # The oldest suite decides: one that ran long ago must not hide behind a new one.
        at = min(time_in(text, source.zone, "timestamp") for text in said.times)
    value = {"run": results.run, "passed": results.passed, "failed": results.failed, "skipped": results.skipped}[source.select]
    return Found(at, tuple(said.releases), value, detail="; ".join(results.failures[:10]) if source.select == "failed" else "")


class _Statements:
    """The times and releases that stand in a report."""

    def __init__(self, property_name: str) -> None:
        self.property_name = property_name
        self.times: list[str] = []
        self.releases: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if name == "testsuite" and attributes.get("timestamp"):
            self.times.append(attributes["timestamp"])
        elif name == "property" and self.property_name and attributes.get("name") == self.property_name:
            self.releases.append(attributes.get("value", ""))


def _statements(raw: bytes, property_name: str) -> _Statements:
    """Read once more what `read_junit` has found harmless."""
    said = _Statements(property_name)
    parser = expat.ParserCreate()
    parser.StartElementHandler = said.start
    parser.Parse(raw, True)
    return said
