# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documents from outside, read without trusting them: JSON, YAML, CSV.

Whatever is too large, too deep, ambiguous (a key twice) or no finite number is an EvidenceError that says where. Limits are
checked before anything is built, so a small text never becomes a large object.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import stat
from collections import Counter
from collections.abc import Sequence
from typing import Any, NoReturn

from ...core.errors import EvidenceError
from .document_limits import BYTES_LIMIT, DEPTH_LIMIT, DIGITS_LIMIT, NODES_LIMIT

CELL_LIMIT = 10_000
COLUMNS_LIMIT = 500

_TEXTS = re.compile(r'"[^"]*"?')
_BRACKETS = re.compile(r"[\[\]{}]")


def read_document(path: str, limit_bytes: int = BYTES_LIMIT) -> str:
    """Return the text of a regular file of at most `limit_bytes` bytes of UTF-8; EvidenceError for any other.

    The size is asked before reading. A pipe, a device or a file that changes meanwhile is refused.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise EvidenceError("a document cannot be read", where=_shown(path), why=getattr(error, "strerror", "") or str(error)) from error
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise EvidenceError("a document must be a regular file", where=_shown(path))
        if facts.st_size > limit_bytes:
            why = f"{facts.st_size} bytes, the limit is {limit_bytes}"
            raise EvidenceError("a document is too large", where=_shown(path), why=why, todo="look at what wrote it")
        with open(descriptor, "rb", closefd=False) as stream:
            raw = stream.read(facts.st_size + 1)
    except OSError as error:
        raise EvidenceError("a document cannot be read", where=_shown(path), why=error.strerror or str(error)) from error
    finally:
        os.close(descriptor)
    if len(raw) != facts.st_size:
        raise EvidenceError("a document was changed while it was read", where=_shown(path), todo="read it when it is finished")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EvidenceError("a document is no UTF-8 text", where=_shown(path), why=f"byte {error.start}") from error


def parse_json(text: str, where: str) -> Any:
    """Return the value of a JSON text. EvidenceError for a key that stands twice, NaN, Infinity, too deep, too many nodes."""
    _check_size(text, where)
    _check_json_shape(text, where)

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) < len(items):
            names = Counter(name for name, _value in items)
            raise EvidenceError(
                f"the key {names.most_common(1)[0][0][:60]!r} stands twice", where=where, why="which one counts is not said"
            )
        return found

    def constant(name: str) -> NoReturn:
        raise EvidenceError(f"{name} is no number", where=where, why="JSON knows finite numbers only")

    try:
        value = json.loads(
            text,
            object_pairs_hook=pairs,
            parse_constant=constant,
            parse_float=lambda digits: _finite(digits, where),
            parse_int=lambda digits: _whole(digits, where),
        )
    except (ValueError, RecursionError) as error:
        raise EvidenceError("a document is no JSON", where=where, why=str(error)[:160]) from error
    if "\\u" in text:
        _check_letters(json.dumps(value, ensure_ascii=False), where)
    return value


def parse_yaml(text: str, where: str) -> Any:
    """Return the value of a YAML text of one document; None for an empty one. EvidenceError for whatever yaml_document.py refuses."""
    # Imported when YAML comes: every module that opens the ledger would have to compile it.
    from . import yaml_document

    return yaml_document.parse_yaml(text, where)


def parse_csv(text: str, where: str, needed: Sequence[str] = ()) -> list[dict[str, str]]:
    """Return the rows of a CSV text with a header line, each a dict of texts; lines without any text are left out.

    EvidenceError for a column that stands twice or is missing (`needed`), a row of another length than the header, a cell of
    more than 10 000 characters, more than 500 columns or 200 000 cells.
    """
    _check_size(text, where)
    _check_letters(text, where)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    rows: list[dict[str, str]] = []
    cells = 0
    try:
        for row in reader:
            line = f"{where}, line {reader.line_num}"
            cells += max(1, len(row))
            if cells > NODES_LIMIT:
                raise EvidenceError(f"a CSV text has more than {NODES_LIMIT} cells", where=line)
            if not any(cell.strip() for cell in row):
                continue
            _check_cells(row, len(header), line)
            if header:
                rows.append(dict(zip(header, row)))
            else:
                header = _header(row, needed, line)
    except csv.Error as error:
        raise EvidenceError("a document is no CSV", where=f"{where}, line {reader.line_num}", why=str(error)[:160]) from error
    if not header:
        raise EvidenceError("a CSV text has no header line", where=where)
    return rows


def _header(row: Sequence[str], needed: Sequence[str], where: str) -> list[str]:
    names = [cell.strip() for cell in row]
    if len(set(names)) < len(names):
        raise EvidenceError("a column stands twice", where=where, why=f"columns: {', '.join(names)[:200]}")
    missing = [name for name in needed if name not in names]
    if missing:
        raise EvidenceError(f"the column {missing[0]!r} is missing", where=where, why=f"columns: {', '.join(names)[:200]}")
    return names


def _check_cells(row: Sequence[str], columns: int, where: str) -> None:
    if len(row) > COLUMNS_LIMIT:
        raise EvidenceError(f"a CSV line has more than {COLUMNS_LIMIT} columns", where=where)
    if columns and len(row) != columns:
        raise EvidenceError("a CSV line has another number of columns than the header", where=where, why=f"{len(row)}, not {columns}")
    if any(len(cell) > CELL_LIMIT for cell in row):
        raise EvidenceError(f"a cell is longer than {CELL_LIMIT} characters", where=where)


def _check_size(text: str, where: str) -> None:
    if len(text) > BYTES_LIMIT:
        raise EvidenceError("a document is too large", where=where, why=f"more than {BYTES_LIMIT} characters")


def _check_letters(text: str, where: str) -> None:
    """Half of a surrogate pair is no letter: nothing could write it down again."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise EvidenceError(
            "a document holds half a letter", where=where, why=f"a lone surrogate, {error.object[error.start]!r}"
        ) from error


def _check_json_shape(text: str, where: str) -> None:
    """Count nodes and depth in the text itself, with its strings taken out; whether it is JSON is found out later."""
    bare = _TEXTS.sub("", text.replace("\\\\", "").replace('\\"', ""))
    if sum(map(bare.count, "[{,:")) > NODES_LIMIT:
        raise EvidenceError("a document has too many parts", where=where, why=f"more than {NODES_LIMIT} nodes")
    depth = 0
    for bracket in _BRACKETS.finditer(bare):
        depth += 1 if bracket.group() in "[{" else -1
        if depth > DEPTH_LIMIT:
            raise EvidenceError("a document is nested too deeply", where=where, why=f"more than {DEPTH_LIMIT} levels")
        if depth < 0:
            return


def _finite(digits: str, where: str) -> float:
    value = float(digits) if len(digits) <= DIGITS_LIMIT else math.inf
    if not math.isfinite(value):
        raise EvidenceError(f"{digits[:40]} is too large for a number", where=where)
    return value


def _whole(digits: str, where: str) -> int:
    if len(digits) > DIGITS_LIMIT:
        raise EvidenceError(f"{digits[:40]}... is too large for a number", where=where, why=f"{len(digits)} digits")
    return int(digits)


def _shown(path: str) -> str:
    return path[:300].replace("\0", "?")
