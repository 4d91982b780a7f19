# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which lines of a log may be critical at all: found by fixed words, so that few lines have to be looked at closely."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Optional

# What a JSON line must hold to be critical by its level, in small letters. A \u may hide a word.
JSON_WORDS = ('"critical"', '"fatal"', '"emerg', '"alert"', '"panic"', '"err', '"severe"', "\\u")
NUMBERED_KEYS = (b'level"', b'levelname"', b'severity"', b'lvl"')
NUMBERED = re.compile(rb'(?:level|levelname|severity|lvl)"\s*:\s*(?:[5-9]\d|\d{3,}|\d[\d.]*e)')
_BLANK = re.compile(rb"\n[ \t\r\v\f]*(?=\n)")
_BLANK_FIRST = re.compile(rb"[ \t\r\v\f]*\n")
_SHORTEST = 3


def words_of(patterns: Sequence[str]) -> Optional[tuple[str, ...]]:
    """Words of which every line that matches one of the expressions holds at least one.

    None when an expression has no such word, or does not mind the case: then every line has to be looked at.
    """
    found: set[str] = set()
    for pattern in patterns:
        words = _required(pattern)
        if words is None:
            return None
        found |= words
    return tuple(sorted(word for word in found if not any(other != word and other in word for other in found)))


def candidates(chunk: bytes, words: Sequence[str]) -> Iterator[bytes]:
    """The lines of a chunk of whole lines that hold one of the words, or a JSON level of 50 and more, in their order."""
    begins = _begins(chunk, words)
    if b"{" in chunk:
        small = chunk.lower()
        begins |= _begins(small, JSON_WORDS)
        if any(key in small for key in NUMBERED_KEYS):
            begins.update(small.rfind(b"\n", 0, hit.start()) + 1 for hit in NUMBERED.finditer(small))
    for begin in sorted(begins):
        end = chunk.find(b"\n", begin)
        yield chunk[begin : end if end >= 0 else None]


def said_lines(chunk: bytes) -> int:
    """How many lines of a chunk hold more than blanks."""
    blank = len(_BLANK.findall(chunk)) + bool(_BLANK_FIRST.match(chunk))
    return chunk.count(b"\n") - blank + (not chunk.endswith(b"\n") and bool(chunk.rpartition(b"\n")[2].strip()))


def _begins(chunk: bytes, words: Sequence[str]) -> set[int]:
    """Where the lines begin that hold one of the words."""
    begins: set[int] = set()
    for word in words:
        wanted = word.encode()
        at = chunk.find(wanted)
        while at >= 0:
            begins.add(chunk.rfind(b"\n", 0, at) + 1)
            end = chunk.find(b"\n", at)
            at = chunk.find(wanted, end) if end >= 0 else -1
    return begins


def _required(pattern: str) -> Optional[set[str]]:
    try:
        # The one parser of expressions that Python has is no public module, and has another name in each of its versions.
        from re import _parser as parser  # type: ignore[attr-defined,unused-ignore]
    except ImportError:  # before Python 3.11
        import sre_parse as parser  # type: ignore[no-redef,unused-ignore]
    parsed = parser.parse(pattern)
    return None if parsed.state.flags & re.IGNORECASE else _of_sequence(list(parsed))


def _of_sequence(tokens: Sequence[Any]) -> Optional[set[str]]:
    """Of the things that must all be there one is enough: the one with the longest words."""
    options: list[set[str]] = []
    run = ""
    for kind, value in [*tokens, ("END", None)]:
        if str(kind) == "LITERAL" and value < 128:
            run += chr(value)
            continue
        if len(run) >= _SHORTEST:
            options.append({run})
        run = ""
        inner = _of_token(str(kind), value)
        if inner is not None:
            options.append(inner)
    return max(options, key=lambda words: min(map(len, words)), default=None)


def _of_token(kind: str, value: Any) -> Optional[set[str]]:
    if kind == "SUBPATTERN":
        return None if value[1] & re.IGNORECASE else _of_sequence(list(value[-1]))
    if kind in ("MAX_REPEAT", "POSSESSIVE_REPEAT", "MIN_REPEAT") and value[0] >= 1:
        return _of_sequence(list(value[2]))
    if kind == "BRANCH":
        branches = [_of_sequence(list(branch)) for branch in value[1]]
        known = [words for words in branches if words is not None]
        return set().union(*known) if len(known) == len(branches) else None
    return None
