# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A manual QA sheet, read as data: points, issues, what the sheet says about itself.

A point is a task box (or a box in a table cell). Not points: boxes of the sign-off, of summaries and of prerequisites
(by the heading above them), a box with boxes nested under it (it repeats them), a box that only sums up ("All items above
pass"), and boxes under an issue heading (those are issues). A box is passed only by `[x]`.
"""

from __future__ import annotations

import csv
import functools
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..errors import EvidenceError
from .markdown import MAX_CHARS, MAX_LINES, Line, read_lines
from .qa_issues import Issue, heading_severity, issue_columns, issue_of_row, plain, severity_of, state_of

_SIGN_OFF = re.compile(r"^(?:\W|\d|and\b|qa\b|team\b|final\b|section\b|part\b|test\w*\b)*(sign[- ]?offs?|approvals?)\b")
_SUMMARY = re.compile(
    r"^(?:\W|\d|qa\b|test\w*\b|overall\b|final\b|section\b|total\b)*"
    r"(summary|points?|scor(es?|ing)|totals?|results?|legend|pass criteria)(\s+(summary|table|system|thresholds?))*\W*$"
)
_PREREQUISITES = re.compile(
    r"^(?:\W|\d|test\w*\b|qa\b|environment\b)*"
    r"(prerequisites?|pre-?requisites?|before (you|testing)\b.*|set-?up|preparations?|how to use.*|instructions?)$"
)
_ISSUES = re.compile(r"\b(issues?|bugs?|defects?)\b")
_SUMS_UP = re.compile(r"^(all (of the )?(above|items|points|checks)\b|(section|part|group)\b.*\b(complete|completed|passed|done)\b)")
_STATED = re.compile(r"(?:(\d{1,5})\s{0,5}\+?\s{0,5}(?:points?|pts)\b|(?:total|score)\b[^\d\n]{0,20}[\d_ ]{0,20}/\s{0,5}(\d{2,5})\b)", re.I)
_SCORE = re.compile(r"\bscore\b[^\d\n/]{0,20}(\d{1,5})\s{0,5}/\s{0,5}\d{1,5}", re.I)
_UNSAID = re.compile(r"[\w /()-]{2,40}:?\**:?\**")
_UNSAID_LIMIT = 60
_PASSED_CELLS = {"[x]": True, "✅": True, "✓": True, "✔": True, "✔️": True, "[ ]": False, "❌": False, "✗": False, "✘": False}


@dataclass(frozen=True)
class Group:
    """Points under one heading."""

    name: str
    total: int
    passed: int


@dataclass(frozen=True)
class Checklist:
    """What a sheet holds. `stated` and `score` are what its text claims, None where it claims nothing."""

    total: int
    passed: int
    stated: int | None
    score: int | None
    issues: tuple[Issue, ...]
    issue_tables: int
    sign_off_blanks: int
    groups: tuple[Group, ...]
    not_passed: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass
class _Count:
    """What is being counted while the lines go by."""

    groups: dict[str, list[int]] = field(default_factory=dict)
    not_passed: list[str] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    tables: int = 0
    blanks: int = 0

    def point(self, group: str, text: str, line: int, passed: bool) -> None:
        """Count one point."""
        counted = self.groups.setdefault(group, [0, 0])
        counted[0] += 1
        counted[1] += int(passed)
        if not passed:
            self.not_passed.append(f"line {line}: {text[:160]}")

    def leave_out(self, reason: str) -> None:
        """Remember that a box was no point, and why."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1


def parse_markdown(text: str) -> Checklist:
    """Read a Markdown sheet. Raises EvidenceError with the line for a sheet that is empty or of another shape."""
    if not text.strip():
        raise EvidenceError("the QA sheet is empty", where="line 1", todo="fill in the checklist of this release")
    lines = read_lines(text)
    count = _Count()
    for position, line in enumerate(lines):
        kind = _section(line.path)
        if line.kind == "task":
            _count_task(count, lines, position, kind)
        elif line.kind in ("header", "row"):
            _count_table(count, line, kind)
        if kind == "sign-off" and line.kind != "heading":
            count.blanks += _blanks(line)
    if not count.groups:
        raise EvidenceError(
            "the QA sheet holds no point",
            where=f"line {lines[-1].number if lines else 1}",
            why=f"no `- [ ]` box outside summaries, prerequisites and sign-off ({sum(count.left_out.values())} boxes left out)",
            todo="write the points as `- [ ] what to check` under headings",
        )
    return _checklist(count, _claim(_STATED, text, largest=True), _claim(_SCORE, text, largest=False))


def parse_csv(text: str) -> Checklist:
    """Read `id,title,status,severity` lines: with a severity an issue, without one a point."""
    if len(text) > MAX_CHARS:
        raise EvidenceError(f"the QA sheet is longer than {MAX_CHARS} characters")
    count = _Count()
    for line, row in _csv_rows(text):
        if row.get("severity", "").strip():
            count.issues.append(_csv_issue(row, line))
        else:
            passed = plain(row["status"]) in ("pass", "passed", "ok")
            count.point(row.get("group", "") or "points", row["title"], line, passed)
    if not count.groups:
        raise EvidenceError("the QA sheet holds no point", where="line 2", why="every line names a severity, or none is there")
    count.tables = 1
    return _checklist(count, None, None)


def _csv_rows(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the number of a line and its cells by column; a column that stands twice would let a cell hide another one."""
    reader = csv.reader(io.StringIO(text, newline=""))
    names: list[str] = []
    try:
        for row in reader:
            if reader.line_num > MAX_LINES:
                raise EvidenceError(f"the QA sheet has more than {MAX_LINES} lines", where=f"line {MAX_LINES}")
            if not names:
                names = _csv_header(row)
            elif len(row) > len(names):
                why = f"{len(row)} cells, {len(names)} columns"
                raise EvidenceError("a line has more cells than there are columns", where=f"line {reader.line_num}", why=why)
            elif row:
                yield reader.line_num, {**dict.fromkeys(names, ""), **dict(zip(names, row))}
    except csv.Error as error:
        raise EvidenceError("the QA sheet is no CSV", where=f"line {reader.line_num}", why=str(error)[:160]) from error
    if not names:
        raise EvidenceError("the QA sheet is empty", where="line 1")


def _csv_header(row: Sequence[str]) -> list[str]:
    names = [name.strip().lower() for name in row]
    if not {"title", "status"} <= set(names):
        raise EvidenceError("the QA sheet has no title and status column", where="line 1", todo="start it with id,title,status,severity")
    if len(set(names)) < len(names):
        raise EvidenceError("a column of the QA sheet stands twice", where="line 1", why=", ".join(names)[:200])
    return names


def _csv_issue(row: dict[str, str], line: int) -> Issue:
    severity = severity_of(row["severity"])
    if severity is None:
        raise EvidenceError(f"unknown severity {row['severity'][:40]!r}", where=f"line {line}", todo="use critical, major or minor")
    return Issue(severity, row["title"][:200], state_of(row["status"]), line)


def _checklist(count: _Count, stated: int | None, score: int | None) -> Checklist:
    groups = tuple(Group(name, total, passed) for name, (total, passed) in count.groups.items())
    return Checklist(
        total=sum(group.total for group in groups),
        passed=sum(group.passed for group in groups),
        stated=stated,
        score=score,
        issues=tuple(count.issues),
        issue_tables=count.tables,
        sign_off_blanks=count.blanks,
        groups=groups,
        not_passed=tuple(count.not_passed),
        left_out=tuple(f"{number} boxes left out: {reason}" for reason, number in count.left_out.items()),
    )


@functools.lru_cache(maxsize=256)
def _section(path: tuple[str, ...]) -> str:
    """What the headings above a line make of it: points, or one of the sections whose boxes are no points."""
    for heading in path:
        name = re.sub(r"^(?:(?:part|section|phase|step)\s+)?\d+(?:\.\d+)*\s*[:.)-]*\s*", "", plain(heading))
        if _SIGN_OFF.match(name):
            return "sign-off"
        if _PREREQUISITES.match(name):
            return "prerequisites"
        if _SUMMARY.match(name):
            return "summary"
    return "issues" if any(_ISSUES.search(plain(heading)) for heading in path[1:] or path) else "points"


def _count_task(count: _Count, lines: Sequence[Line], position: int, kind: str) -> None:
    line = lines[position]
    passed = line.mark in ("x", "X")
    if kind == "issues" and heading_severity(line.path):
        if plain(line.text):
            state = "resolved" if passed else "open"
            count.issues.append(Issue(heading_severity(line.path) or "critical", line.text[:200], state, line.number))
        return
    if kind != "points":
        count.leave_out(f"they belong to the {kind}")
    elif _has_children(lines, position):
        count.leave_out("they repeat the boxes nested under them")
    elif _SUMS_UP.match(plain(line.text)):
        count.leave_out("they sum up other boxes")
    else:
        count.point(" / ".join(line.path[-2:]), line.text, line.number, passed)


def _has_children(lines: Sequence[Line], position: int) -> bool:
    """True when the next box is nested under this one."""
    for line in lines[position + 1 :]:
        if line.kind == "task":
            return line.indent > lines[position].indent
        if line.kind == "heading":
            return False
    return False


def _count_table(count: _Count, line: Line, kind: str) -> None:
    columns = issue_columns(line.header or line.cells)
    if columns is not None and kind in ("issues", "points"):
        if line.kind == "header":
            count.tables += 1
            return
        issue = issue_of_row(line.cells, columns, line.path, line.number)
        if issue:
            count.issues.append(issue)
        return
    if kind == "points" and line.kind == "row":
        for name, cell in zip(line.header, line.cells):
            mark = _PASSED_CELLS.get(cell.lower())
            if mark is not None:
                count.point(" / ".join(line.path[-2:]), f"{line.cells[0]} ({name})", line.number, mark)


def _blanks(line: Line) -> int:
    """Fields of a sign-off line that nobody has filled in."""
    if line.kind == "row":
        return sum(not cell or set(cell) <= {"_", " "} for cell in line.cells)
    if line.kind == "task":
        return int(line.mark not in "xX")
    if line.kind == "header":
        return 0
    underscores = len(re.findall(r"_{3,}", line.text))
    choice = "[ ]" in line.text and not re.search(r"\[[xX]\]", line.text)
    label = line.text.strip().lstrip("-* \t")
    unsaid = ":" in label and len(label) <= _UNSAID_LIMIT and bool(_UNSAID.fullmatch(label))
    return underscores or int(choice or unsaid)


def _claim(pattern: re.Pattern[str], text: str, largest: bool) -> int | None:
    """The number that the sheet itself states, None where it states none."""
    numbers = [int(next(group for group in match.groups() if group)) for match in pattern.finditer(text[:MAX_CHARS].replace("*", ""))]
    if not numbers:
        return None
    return max(numbers) if largest else numbers[-1]
