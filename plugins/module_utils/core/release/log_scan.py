# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Critical errors in container logs: JSON lines by their level, other lines by patterns; secrets are masked before anything is kept."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InputError

CRITICAL_LEVELS = frozenset({"critical", "fatal", "emerg", "emergency", "alert", "panic"})
ERROR_LEVELS = frozenset({"error", "err", "severe"})
LEVEL_KEYS = ("level", "levelname", "severity", "log.level", "lvl")
# pino and bunyan write numbers.
NUMBERED_FATAL, NUMBERED_ERROR = 60, 50
TRACE_KEYS = ("exc_info", "exception", "traceback", "stack", "stack_trace", "error.stack_trace")
DEFAULT_PATTERNS = (
    r"\b(?:CRITICAL|FATAL|PANIC|EMERG)\b",
    r"^Traceback \(most recent call last\)",
    r"\b(?:Unhandled|Uncaught) (?:exception|error|promise rejection)|unhandledRejection|uncaughtException",
    r"\bOut of memory\b|\bOOMKilled\b|JavaScript heap out of memory",
    r"\bSegmentation fault\b",
)
# What only looks like it: a client of Postgres that came while it started or stopped.
DEFAULT_IGNORED = (
    r"FATAL:\s+the database system is (?:starting up|shutting down|not yet accepting connections)",
    r"FATAL:\s+terminating connection due to administrator command",
)
# A line that is no JSON and says that it is an error.
ERROR_LINE = re.compile(r"\b(?:ERROR|SEVERE)\b|\b(?:level|severity)=\"?(?:error|err|severe)\b|\[(?:error|err)\]", re.ASCII)
EXCERPTS = 20
_FLAGS = re.compile(r"\(\?([aimsux]+)\)")
OFTEN = 3  # lines of one kind, from which on the last one stands for all
# Quoted words stay, other than in the signatures of a soak: lines that say something else are told beside each other.
_NUMBERS = re.compile(r"\b(?=[0-9a-fA-F-]*\d)[0-9a-fA-F-]{8,}\b|\d+")
_MASKS = (
    (re.compile(r"(://[^:/@\s]+:)[^@\s/]+@"), r"\1***@"),
    (
        re.compile(
            r"(?i)((?:password|passwd|secret|token|api[_-]?key|authorization|cookie)[\"']?\s*[:=]\s*[\"']?)(?:Bearer\s+)?[^\s\"',;&]+"
        ),
        r"\1***",
    ),
)


@dataclass(frozen=True)
class Scan:
    """Lines looked at, how many of them are critical, and the first of those, masked and clipped."""

    lines: int
    critical: int
    excerpts: tuple[str, ...]


def compile_patterns(patterns: Sequence[str], where: str) -> re.Pattern[str] | None:
    """One expression out of many; InputError names the one that cannot be read. None for an empty list."""
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise InputError(f"{pattern!r} is no regular expression", where=where, why=str(error)) from error
    return re.compile("|".join(_scoped(pattern) for pattern in patterns), re.MULTILINE) if patterns else None


def _scoped(pattern: str) -> str:
    """The pattern as a part of a larger one: flags that it begins with, `(?i)`, hold for it alone."""
    flags = _FLAGS.match(pattern)
    return f"(?{flags[1]}:{pattern[flags.end() :]})" if flags else f"(?:{pattern})"


def scan(lines: Iterable[str], critical: re.Pattern[str] | None, ignored: re.Pattern[str] | None) -> Scan:
    """Look at every line; a line is critical by its JSON level, or by a pattern where it is not JSON."""
    seen = bad = 0
    excerpts: list[str] = []
    for line in lines:
        text = line.strip()
        if not text:
            continue
        seen += 1
        if ignored is not None and ignored.search(text):
            continue
        if _is_critical(text, critical):
            bad += 1
            if len(excerpts) < EXCERPTS:
                excerpts.append(mask(text)[:400])
    return Scan(seen, bad, tuple(excerpts))


def line_severity(text: str, critical: re.Pattern[str] | None, ignored: re.Pattern[str] | None) -> str:
    """`critical`, `error`, or nothing, of one line without blanks around it."""
    if ignored is not None and ignored.search(text):
        return ""
    if _is_critical(text, critical):
        return "critical"
    return "error" if _is_error(text) else ""


def mask(text: str) -> str:
    """Take passwords out of addresses and values out of `password=...`, so that a log excerpt can be shown."""
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return text


def tail(text: str, count: int = 20) -> list[str]:
    """The last lines of a log, masked and clipped: what a person reads to see why a service does not come up.

    Of lines that differ in nothing but numbers, as a service says them again and again, the last one stands for all.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    kinds = [_NUMBERS.sub("#", line) for line in lines]
    often = Counter(kinds)
    last = {kind: place for place, kind in enumerate(kinds)}
    told = [
        mask(line)[:400] + (f" ({often[kind]} times)" if often[kind] >= OFTEN else "")
        for place, (line, kind) in enumerate(zip(lines, kinds))
        if often[kind] < OFTEN or last[kind] == place
    ]
    return told[-count:]


def _is_error(text: str) -> bool:
    entry = _json_entry(text)
    if entry is None:
        return ERROR_LINE.search(text) is not None
    level = _level(entry)
    if isinstance(level, (int, float)) and not isinstance(level, bool):
        return level >= NUMBERED_ERROR
    return str(level or "").lower() in CRITICAL_LEVELS | ERROR_LEVELS


def _level(entry: dict[str, Any]) -> Any:
    return next((entry[key] for key in LEVEL_KEYS if key in entry), None)


def _is_critical(text: str, critical: re.Pattern[str] | None) -> bool:
    entry = _json_entry(text)
    if entry is None:
        return critical is not None and critical.search(text) is not None
    level = _level(entry)
    has_trace = any(entry.get(key) for key in TRACE_KEYS)
    if isinstance(level, (int, float)) and not isinstance(level, bool):
        return level >= NUMBERED_FATAL or (level >= NUMBERED_ERROR and has_trace)
    name = str(level or "").lower()
    return name in CRITICAL_LEVELS or (name in ERROR_LEVELS and has_trace)


def _json_entry(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None
