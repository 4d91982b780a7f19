# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Markdown as a QA sheet uses it: headings, task boxes, table rows. Everything else is text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import EvidenceError

MAX_CHARS = 2_000_000
MAX_LINES = 20_000
MAX_LINE_CHARS = 5_000
MAX_NESTING = 10
MAX_HEADING_CHARS = 500
MAX_CELLS = 100

# Each pattern is matched in linear time, whatever the line: nothing that repeats stands beside its like.
_HEADING = re.compile(r"^ {0,3}(#{1,6})\s+(.*)$")
_TASK = re.compile(r"^(\s*)(?:[-*+]|\d{1,4}[.)])\s+\[(.)\](?:\s+(.*))?$")
_FENCE = re.compile(r"^\s*(```+|~~~+)")


@dataclass(frozen=True)
class Line:
    """One line that says something.

    `kind` is heading, task, header, row or text; `path` holds the headings above it, outermost first. A task has a `mark`
    (what stands in its box) and an `indent` in columns; header and row have `cells`, a row also the header of its table.
    """

    number: int
    kind: str
    text: str
    path: tuple[str, ...] = ()
    mark: str = ""
    indent: int = 0
    cells: tuple[str, ...] = ()
    header: tuple[str, ...] = ()


def read_lines(text: str) -> list[Line]:
    """Split a Markdown text into lines that say something; code blocks and HTML comments are left out.

    Raises EvidenceError for a text that is too large, binary, or nested deeper than a sheet for people ever is.
    """
    raw = _checked(text)
    found: list[Line] = []
    headings: list[tuple[int, str]] = []
    header: tuple[str, ...] = ()
    fence = ""
    for number, line in enumerate(raw, start=1):
        opened = _FENCE.match(line)
        if opened and (not fence or opened.group(1).startswith(fence)):
            fence = "" if fence else opened.group(1)[:3]
            continue
        if fence or not line.strip():
            header = ()
            continue
        heading = _HEADING.match(line)
        if heading:
            level, title = len(heading.group(1)), heading.group(2).rstrip().rstrip("#").rstrip()
            if len(title) > MAX_HEADING_CHARS:
                raise EvidenceError(f"a heading is longer than {MAX_HEADING_CHARS} characters", where=f"line {number}")
            headings = [item for item in headings if item[0] < level] + [(level, title)]
            found.append(Line(number, "heading", title, _path(headings)))
            header = ()
            continue
        if "|" in line and line.strip().startswith("|"):
            header = _table_line(found, number, line, _path(headings), header)
            continue
        header = ()
        found.append(_task_or_text(number, line, _path(headings)))
    return found


def _checked(text: str) -> list[str]:
    """The lines of the text with comments blanked out, after the limits."""
    if len(text) > MAX_CHARS:
        raise EvidenceError(f"the sheet is longer than {MAX_CHARS} characters", todo="keep logs and pictures out of it")
    if "\x00" in text:
        raise EvidenceError("the sheet is no text", where=f"line {text[: text.index(chr(0))].count(chr(10)) + 1}")
    bare = re.sub(r"<!--.*?(?:-->|\Z)", lambda match: "\n" * match.group(0).count("\n"), text, flags=re.S)
    lines = bare.split("\n")
    if len(lines) > MAX_LINES:
        raise EvidenceError(f"the sheet has more than {MAX_LINES} lines", where=f"line {MAX_LINES}")
    for number, line in enumerate(lines, start=1):
        if len(line) > MAX_LINE_CHARS:
            raise EvidenceError(f"a line is longer than {MAX_LINE_CHARS} characters", where=f"line {number}")
    return [line.rstrip("\r") for line in lines]


def _path(headings: list[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(title for _level, title in headings)


def _table_line(found: list[Line], number: int, line: str, path: tuple[str, ...], header: tuple[str, ...]) -> tuple[str, ...]:
    """Append a line of a table; the header of the table it belongs to is returned."""
    if _is_rule(line.strip()):
        return header
    cells = tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|")))
    if len(cells) > MAX_CELLS:
        raise EvidenceError(f"a table has more than {MAX_CELLS} columns", where=f"line {number}")
    if not header:
        found.append(Line(number, "header", line.strip(), path, cells=cells))
        return cells
    found.append(Line(number, "row", line.strip(), path, cells=cells, header=header))
    return header


def _is_rule(line: str) -> bool:
    """True for the line between header and rows, such as `|---|:-:|`."""
    return line.rfind("|") > 0 and all(letter in ":|-" or letter.isspace() for letter in line)


def _task_or_text(number: int, line: str, path: tuple[str, ...]) -> Line:
    task = _TASK.match(line)
    if not task:
        return Line(number, "text", line.strip(), path)
    indent = len(task.group(1).expandtabs(4))
    if indent > MAX_NESTING * 4:
        raise EvidenceError(f"boxes are nested deeper than {MAX_NESTING} levels", where=f"line {number}")
    return Line(number, "task", (task.group(3) or "").strip(), path, mark=task.group(2), indent=indent)
