# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Error lines of a log and their kinds: lines that differ in numbers, ids, times and quoted words alone are of one kind."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Optional

from ..release.log_scan import DEFAULT_IGNORED, DEFAULT_PATTERNS, compile_patterns, line_severity, mask

MOST_KINDS = 200
EXAMPLE = 300
MESSAGE_KEYS = ("message", "msg", "event", "error", "text")
_CLIP = 2000
# In this order: what a later one would take apart goes first.
_VARIABLE = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z| ?[+-]\d\d:?\d\d| UTC)?"), "<time>"),
    (re.compile(r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b"), "<id>"),
    (re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`"), "<text>"),
    (re.compile(r"\b0[xX][0-9a-fA-F]+\b|\b(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{8,}\b"), "<hex>"),
    (re.compile(r"\d+(?:[.:,]\d+)*"), "<n>"),
    (re.compile(r"\s+"), " "),
)


@dataclass
class Kind:
    """One kind of error line: how often, when first and last (unix seconds), and one of them, masked and clipped."""

    level: str
    count: int
    first: float
    last: float
    example: str


@dataclass
class Counted:
    """What a stretch of log holds: lines looked at, error lines (critical ones among them), critical lines, and kinds by signature."""

    lines: int = 0
    errors: int = 0
    critical: int = 0
    kinds: dict[str, Kind] = field(default_factory=dict)


class LineJudge:
    """Sorts lines by the patterns of a plan; empty ones take the built-in patterns."""

    def __init__(self, patterns: tuple[str, ...] = (), ignored: tuple[str, ...] = ()) -> None:
        """Raises InputError for what is no regular expression."""
        self._critical = compile_patterns(patterns or DEFAULT_PATTERNS, "plan.logs.patterns")
        self._ignored = compile_patterns([*DEFAULT_IGNORED, *ignored], "plan.logs.ignored")

    def count(self, counted: Counted, at: float, line: str) -> None:
        """Add a line, written at the unix time `at`."""
        text = line.strip()
        if not text:
            return
        counted.lines += 1
        level = line_severity(text, self._critical, self._ignored)
        if not level:
            return
        counted.errors += 1
        counted.critical += level == "critical"
        _add(counted.kinds, signature(text, level), Kind(level, 1, at, at, mask(text)[:EXAMPLE]))


def signature(line: str, level: str) -> str:
    """The kind of a line: its level and its message with everything replaced that differs from one time to the next."""
    text = _message(line)
    for pattern, name in _VARIABLE:
        text = pattern.sub(name, text)
    return f"{level}: {mask(text).strip()[:EXAMPLE]}"


def merged(known: Mapping[str, Kind], new: Mapping[str, Kind]) -> dict[str, Kind]:
    """Both together; no more than MOST_KINDS are kept apart, the others go under one name."""
    result = {name: Kind(**asdict(kind)) for name, kind in known.items()}
    for name, kind in new.items():
        _add(result, name, kind)
    return result


def as_kept(kinds: Mapping[str, Kind]) -> dict[str, dict[str, Any]]:
    """Kinds as JSON."""
    return {name: asdict(kind) for name, kind in kinds.items()}


def from_kept(kept: Optional[Mapping[str, Mapping[str, Any]]]) -> dict[str, Kind]:
    """Kinds from JSON."""
    return {name: Kind(**kind) for name, kind in (kept or {}).items()}


def kind_lines(kinds: Mapping[str, Kind], most: int = 10) -> list[str]:
    """The most frequent kinds for people, the critical ones first: `12 x error: ...`, with one example."""
    ordered = sorted(kinds.items(), key=lambda item: (item[1].level != "critical", -item[1].count, item[0]))
    return [f"{kind.count} x {name[:120]} | {kind.example[:160]}" for name, kind in ordered[:most]]


def _add(kinds: dict[str, Kind], name: str, kind: Kind) -> None:
    if name not in kinds and len(kinds) >= MOST_KINDS:
        name = f"{kind.level}: other kinds"
    known = kinds.get(name)
    if known is None:
        kinds[name] = Kind(**asdict(kind))
        return
    known.count += kind.count
    known.first, known.last = min(known.first, kind.first), max(known.last, kind.last)


def _message(line: str) -> str:
    if not line.startswith("{"):
        return line[:_CLIP]
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return line[:_CLIP]
    if not isinstance(entry, dict):
        return line[:_CLIP]
    said = next((str(entry[key]) for key in MESSAGE_KEYS if entry.get(key)), "")
    return f"{entry.get('logger') or ''} {said}".strip()[:_CLIP] or line[:_CLIP]
