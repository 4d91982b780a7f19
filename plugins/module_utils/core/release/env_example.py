# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The variables a compose application needs: found in its compose files and its example file, held against what is set.

Values come in, names go out: nothing here returns a value.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import InputError

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_REFERENCE = re.compile(rf"\$(?:\$|(?P<bare>{_NAME})|\{{(?P<name>{_NAME})(?P<modifier>:?[-?+])?)")
_ENTRY = re.compile(rf"^(?P<hash>#\s?)?(?:export\s+)?(?P<name>{_NAME})=(?P<value>.*)$")
PLACEHOLDERS = (
    r"(?<![a-z])(change[-_ ]?(me|this|it)|replace[-_ ]?(me|this)|place-?holder|todo|tbd|fixme|x{3,}|example)(?![a-z])",
    r"(?<![a-z])(your|my)[-_ ]\w+",
    r"<[^<>]+>",
    r"://(user|username):(pass|password)@",
)


@dataclass(frozen=True)
class Needed:
    """Variables by name: `required` must have a value, `optional` have a default."""

    required: frozenset[str]
    optional: frozenset[str]


@dataclass(frozen=True)
class EnvironmentReport:
    """Names only. `hints` are sentences for the human."""

    needed: tuple[str, ...]
    undocumented: tuple[str, ...]
    missing: tuple[str, ...]
    placeholders: tuple[str, ...]
    hints: tuple[str, ...]


def read_environment(text: str) -> dict[str, str]:
    """The environment of the application, given as one JSON object. Raises InputError without showing any of it."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict) or any(isinstance(value, (dict, list)) for value in values.values()):
        raise InputError("the environment is no mapping of names to values", todo="give it as NAME: value, one for each variable")
    spoken = {True: "true", False: "false", None: ""}
    return {str(name): spoken[value] if value is None or isinstance(value, bool) else str(value) for name, value in values.items()}


def needed_by_compose(texts: Sequence[str]) -> Needed:
    """Every ${VARIABLE} of the compose files; one with a default in any place that lacks none is optional."""
    required: set[str] = set()
    optional: set[str] = set()
    for text in texts:
        code = "\n".join(re.sub(r"(^|\s)#.*$", "", line) for line in text.split("\n"))
        for match in _REFERENCE.finditer(code):
            name = match.group("bare") or match.group("name")
            if name:
                (optional if (match.group("modifier") or "").endswith(("-", "+")) else required).add(name)
    return Needed(frozenset(required), frozenset(optional - required))


def read_example(text: str, where: str = ".env.example") -> Needed:
    """An example file. A variable whose example is empty or a placeholder is required, one with a usable example is optional.

    A comment right above it that says "required" makes it required too; a commented `# NAME=…` is optional.
    Raises InputError for a line of another shape.
    """
    required: set[str] = set()
    optional: set[str] = set()
    comment = ""
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        entry = _ENTRY.match(line)
        if entry:
            value = entry.group("value").strip().strip("\"'")
            must = not entry.group("hash") and (not value or is_placeholder(value) or "required" in comment.lower())
            (required if must else optional).add(entry.group("name"))
        elif line and not line.startswith("#"):
            raise InputError("a line is no NAME=value", where=f"{where} line {number}", todo="write NAME=value, or # before a comment")
        comment = f"{comment} {line}" if line.startswith("#") else ""
    return Needed(frozenset(required), frozenset(optional - required))


def is_placeholder(value: str, patterns: Sequence[str] = PLACEHOLDERS) -> bool:
    """True for a value that somebody was meant to replace."""
    return any(re.search(pattern, value.lower()) for pattern in patterns)


def examine(compose: Needed, example: Needed, values: Mapping[str, str], provided: Sequence[str] = ()) -> EnvironmentReport:
    """Hold what is set against what is needed. `provided` names are set by the train itself (the image tag, for one)."""
    needed = (compose.required | example.required) - set(provided)
    documented = example.required | example.optional
    missing = sorted(name for name in needed if not values.get(name, "").strip())
    set_names = {name for name in values if values[name].strip()}
    unneeded = sorted(set_names - needed - compose.optional - documented - set(provided))
    hints = []
    for name in missing:
        near = difflib.get_close_matches(name, unneeded, n=1, cutoff=0.8)
        hints.append(f"{name}: no value" + (f" ({near[0]} is set and nobody needs it: misspelt?)" if near else ""))
    return EnvironmentReport(
        needed=tuple(sorted(needed)),
        undocumented=tuple(sorted(compose.required - documented - set(provided))),
        missing=tuple(missing),
        placeholders=tuple(sorted(name for name in set_names if is_placeholder(values[name]))),
        hints=tuple(hints),
    )
