# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""YAML from outside, built from the parser's events: no alias, no tag, no merge key, and the plain words of JSON only.

What stands without quotes is a number, true, false or null as in YAML 1.2 (core schema); everything else is text. So `NO`
stays `NO`, `12:30:45` a time as somebody wrote it, and `.nan` is refused. PyYAML is loaded when the first YAML is read.
"""

from __future__ import annotations

import importlib
import math
import re
from typing import Any

from ...core.errors import EvidenceError, InputError
from .document_limits import BYTES_LIMIT, DEPTH_LIMIT, DIGITS_LIMIT, NODES_LIMIT

# The parser in Python is fifty times slower than the one in C.
SLOW_LIMIT = 512 * 1024

_WHOLE = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS.update({word: truth for truth, words in ((True, "true True TRUE"), (False, "false False FALSE")) for word in words.split()})


class _Open:
    """A list or mapping whose end has not come yet."""

    def __init__(self, mapping: bool) -> None:
        self.value: Any = {} if mapping else []
        self.mapping = mapping
        self.key: Any = None
        self.has_key = False


class _Builder:
    """Makes one value out of events, and counts."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.value: Any = None
        self.documents = 0
        self._nodes = 0
        self._open: list[_Open] = []

    def take(self, event: Any, kind: str) -> None:
        """Take one event; `kind` is its class name without `Event`."""
        if kind == "DocumentStart":
            self.documents += 1
            if self.documents > 1:
                raise EvidenceError("a second document begins", where=self._at(event), why="one document is read")
        elif kind == "Alias":
            raise EvidenceError("an alias is not read", where=self._at(event), why="*name may grow without end", todo="write the value out")
        elif kind in ("Scalar", "SequenceStart", "MappingStart"):
            self._begin(event, kind)
        elif kind in ("SequenceEnd", "MappingEnd"):
            closed = self._open.pop()
            self._place(closed.value, event)

    def _begin(self, event: Any, kind: str) -> None:
        self._nodes += 1
        if self._nodes > NODES_LIMIT:
            raise EvidenceError("a document has too many parts", where=self._at(event), why=f"more than {NODES_LIMIT} nodes")
        if event.anchor is not None:
            raise EvidenceError("an anchor is not read", where=self._at(event), why=f"&{event.anchor[:40]}", todo="write the value out")
        if event.tag is not None:
            raise EvidenceError("a tag is not read", where=self._at(event), why=str(event.tag)[:60], todo="leave it out")
        if kind == "Scalar":
            self._place(self._scalar(event), event)
            return
        if len(self._open) >= DEPTH_LIMIT:
            raise EvidenceError("a document is nested too deeply", where=self._at(event), why=f"more than {DEPTH_LIMIT} levels")
        if self._open and self._open[-1].mapping and not self._open[-1].has_key:
            raise EvidenceError("a key must be a plain value", where=self._at(event))
        self._open.append(_Open(kind == "MappingStart"))

    def _place(self, value: Any, event: Any) -> None:
        if not self._open:
            self.value = value
            return
        inner = self._open[-1]
        if not inner.mapping:
            inner.value.append(value)
        elif inner.has_key:
            inner.value[inner.key] = value
            inner.has_key = False
        else:
            inner.key, inner.has_key = self._checked_key(value, inner, event), True

    def _checked_key(self, key: Any, inner: _Open, event: Any) -> str:
        """Keys are texts, as in JSON: `1` and `"1"` are the same key, and so are twice."""
        name = key if isinstance(key, str) else str(event.value)
        if name == "<<" and not event.style:
            raise EvidenceError("a merge key is not read", where=self._at(event), todo="write the values out")
        if name in inner.value:
            raise EvidenceError(f"the key {name[:60]!r} stands twice", where=self._at(event), why="which one counts is not said")
        return name

    def _scalar(self, event: Any) -> Any:
        text = str(event.value)
        if event.style:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _NO_NUMBER.fullmatch(text):
            raise EvidenceError(f"{text} is no number", where=self._at(event), why="finite numbers only")
        if len(text) > DIGITS_LIMIT:
            return text
        if _WHOLE.fullmatch(text):
            return int(text)
        if _BASED.fullmatch(text):
            return int(text, 0)
        return self._float(text, event) if _FLOAT.fullmatch(text) else text

    def _float(self, text: str, event: Any) -> float:
        value = float(text)
        if not math.isfinite(value):
            raise EvidenceError(f"{text[:40]} is too large for a number", where=self._at(event))
        return value

    def _at(self, event: Any) -> str:
        return f"{self.where}, line {event.start_mark.line + 1}, column {event.start_mark.column + 1}"


def parse_yaml(text: str, where: str) -> Any:
    """Return the value of a YAML text of one document; None for an empty one. EvidenceError for whatever the module refuses."""
    try:
        yaml = importlib.import_module("yaml")
    except ImportError as error:
        raise InputError(
            "YAML cannot be read on this host", where=where, why="Python has no module yaml", todo="install PyYAML there, or give JSON"
        ) from error
    fast = hasattr(yaml, "CSafeLoader")
    limit = BYTES_LIMIT if fast else SLOW_LIMIT
    if len(text) > limit:
        raise EvidenceError("a document is too large", where=where, why=f"more than {limit} characters")
    builder = _Builder(where)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader if fast else yaml.SafeLoader):
            builder.take(event, type(event).__name__[: -len("Event")])
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{where}, line {mark.line + 1}, column {mark.column + 1}" if mark else where
        raise EvidenceError("a document is no YAML", where=place, why=str(error.problem)[:160]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise EvidenceError("a document is no YAML", where=where, why=" ".join(str(error).split())[:160]) from error
    return builder.value
