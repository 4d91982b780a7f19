# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Issues of a QA sheet: how severe they are and whether they are settled."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import EvidenceError

SEVERITIES = ("critical", "major", "minor")
_SEVERITY_WORDS = {
    "critical": ("critical", "blocker", "blocking", "p0", "s1", "sev1"),
    "major": ("major", "high", "p1", "s2", "sev2"),
    "minor": ("minor", "medium", "low", "trivial", "cosmetic", "p2", "p3", "p4", "s3", "s4"),
}
_RESOLVED = ("fixed", "resolved", "closed", "done", "verified")
_DOCUMENTED = ("documented", "accepted", "deferred", "won't fix", "wont fix", "known issue")
# A settled word beside one of these says that it is not settled after all.
_DOUBT = re.compile(r"\b(not|re-?opened?|pending|partial(ly)?|still|un\w+|regress\w*|awaiting|to be|needs?|failed|wip)\b|\?")
_NOTHING = {"", "none", "n/a", "na", "-", "--", "_", "...", "tbd"}


@dataclass(frozen=True)
class Issue:
    """One recorded issue; `state` is open, documented or resolved."""

    severity: str
    title: str
    state: str
    line: int


def plain(text: str) -> str:
    """A cell or heading in lower case without emphasis, emoji and numbering."""
    bare = re.sub(r"[*_`~]", "", text)
    bare = re.sub(r"[^\w\s/'#&().,:?+-]", " ", bare)
    return re.sub(r"\s+", " ", bare).strip().lower()


def severity_of(text: str) -> str | None:
    """critical, major or minor when the text names exactly one of them, otherwise None."""
    words = set(re.findall(r"[a-z0-9]+", plain(text)))
    named = [name for name, known in _SEVERITY_WORDS.items() if any(_has(words, word) for word in known)]
    return named[0] if len(named) == 1 else None


def state_of(text: str) -> str:
    """What a status cell says. Whatever cannot be read as settled is open: so are blanks and unknown words."""
    said = plain(text)
    if _DOUBT.search(said.replace("won't", "wont")):
        return "open"
    if any(re.match(rf"{re.escape(word)}\b", said) for word in _RESOLVED):
        return "resolved"
    if any(re.match(rf"{re.escape(word)}\b", said) for word in _DOCUMENTED):
        return "documented"
    return "open"


@functools.lru_cache(maxsize=64)
def issue_columns(header: tuple[str, ...]) -> Mapping[str, int] | None:
    """Where an issue table keeps title, status and severity; None for a table that is no issue table."""
    names = [plain(cell) for cell in header]
    columns: dict[str, int] = {}
    for position, name in enumerate(names):
        for key, pattern in (("title", r"issue|bug|defect|problem"), ("status", r"status|state"), ("severity", r"severity")):
            if key not in columns and re.search(rf"\b({pattern})s?\b", name):
                columns[key] = position
    return columns if "title" in columns and ("status" in columns or "severity" in columns) else None


def issue_of_row(cells: Sequence[str], columns: Mapping[str, int], path: tuple[str, ...], line: int) -> Issue | None:
    """The issue of a table row, None for a row that is still empty.

    The heading above the table names the severity, or a severity column does. Raises EvidenceError where neither does.
    """
    title = _cell(cells, columns["title"])
    others = [cell for position, cell in enumerate(cells) if position != columns["title"]]
    if plain(title) in _NOTHING and all(plain(cell) in _NOTHING or severity_of(cell) for cell in others):
        return None
    severity = None
    if "severity" in columns:
        severity = severity_of(_cell(cells, columns["severity"]))
    severity = severity or heading_severity(path)
    if severity is None:
        raise EvidenceError(
            f"an issue has no severity: {title[:80]!r}",
            where=f"line {line}",
            why="neither the heading above its table nor a severity column says critical, major or minor",
            todo="put it under Critical, Major or Minor",
        )
    state = state_of(_cell(cells, columns["status"])) if "status" in columns else "open"
    return Issue(severity, title[:200] or "(no title)", state, line)


@functools.lru_cache(maxsize=256)
def heading_severity(path: tuple[str, ...]) -> str | None:
    """The severity that the nearest heading names."""
    for heading in reversed(path):
        severity = severity_of(heading)
        if severity:
            return severity
    return None


def _cell(cells: Sequence[str], position: int) -> str:
    return cells[position] if position < len(cells) else ""


def _has(words: set[str], word: str) -> bool:
    return word in words or f"{word}s" in words
