# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JUnit XML, read without trusting it: no document type, no entities, limited size, depth and number of cases."""

from __future__ import annotations

from dataclasses import dataclass
from xml.parsers import expat

from ..errors import EvidenceError

MAX_BYTES = 32 * 1024 * 1024
MAX_DEPTH = 40
MAX_CASES = 200_000


@dataclass(frozen=True)
class TestResults:
    """Counted from the cases themselves, never from the totals that a report states."""

    run: int
    passed: int
    failed: int
    skipped: int
    failures: tuple[str, ...]


class _Reader:
    """Counts cases while expat goes through the report."""

    def __init__(self) -> None:
        self.depth = 0
        self.root = ""
        self.stated = 0
        self.case: str | None = None
        self.outcome = ""
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}
        self.failures: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins; a prefix of a namespace makes no other element of it."""
        name = name.rsplit(":", 1)[-1].lower()
        self.depth += 1
        self.root = self.root or name
        if self.depth > MAX_DEPTH:
            raise EvidenceError(f"the test report is nested deeper than {MAX_DEPTH} levels")
        if name in ("testsuite", "testsuites"):
            self.stated += sum(attributes.get(count, "0").strip() not in ("", "0") for count in ("failures", "errors"))
        if name == "testcase":
            if self.case is not None:
                raise EvidenceError("a test case stands in another one", where=self.case, why="the failure of one would hide in the other")
            self.case = f"{attributes.get('classname', '')}::{attributes.get('name', '')}"[:300]
            self.outcome = "passed"
        elif self.case is not None and name in ("failure", "error"):
            self.outcome = "failed"
        elif self.case is not None and name == "skipped" and self.outcome == "passed":
            self.outcome = "skipped"
        elif self.case is None and name in ("failure", "error"):
            # A suite that broke outside its cases: not one of them may hide it.
            self.counts["failed"] += 1
            self.failures.append(f"suite: {attributes.get('message', '')[:200]}")

    def end(self, name: str) -> None:
        """An element ends."""
        name = name.rsplit(":", 1)[-1].lower()
        self.depth -= 1
        if name == "testcase" and self.case is not None:
            self.counts[self.outcome] += 1
            if self.outcome == "failed":
                self.failures.append(self.case)
            self.case = None
        if sum(self.counts.values()) > MAX_CASES:
            raise EvidenceError(f"the test report has more than {MAX_CASES} cases")


def _refuse(*_arguments: object) -> None:
    raise EvidenceError("the test report has a document type or entities", why="a JUnit report needs none, an attack does")


def read_junit(raw: bytes) -> TestResults:
    """Count the cases of a report. Raises EvidenceError for one that is too large, no XML, or no test report."""
    if len(raw) > MAX_BYTES:
        raise EvidenceError(f"the test report is larger than {MAX_BYTES} bytes")
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise EvidenceError("the test report is no XML", where=f"line {error.lineno}", why=str(error)) from error
    except (LookupError, ValueError) as error:
        raise EvidenceError("the test report is no XML", why=f"its encoding cannot be read: {error}"[:200]) from error
    if reader.root not in ("testsuites", "testsuite"):
        raise EvidenceError("the report is no JUnit report", why=f"its root is <{reader.root}>")
    counts = reader.counts
    if reader.stated and not counts["failed"]:
        raise EvidenceError("the test report contradicts itself", why="a suite states failures or errors, and no case has one")
    run = counts["passed"] + counts["failed"]
    return TestResults(run, counts["passed"], counts["failed"], counts["skipped"], tuple(reader.failures[:50]))
