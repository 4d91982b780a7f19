# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Samples by reference: read from the SQLite file that the soak writes, inside the state folder and nowhere else."""

from __future__ import annotations

import json
import math
import os
import sqlite3
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ..core.errors import EvidenceError

ROWS_LIMIT = 2_000_000


def read_series(state_dir: str, reference: Mapping[str, Any], rows_limit: int = ROWS_LIMIT) -> list[tuple[float, float]]:
    """Return (unix seconds, value) pairs in order of time; a value that is no number is NaN, so that it never passes.

    `reference` is {file, metric, labels?}. EvidenceError when the file lies outside `state_dir`, is not there, is no SQLite file
    with the table `samples(metric, labels, at, value)`, or holds more than `rows_limit` rows of the metric.
    """
    path = inside(state_dir, reference.get("file"))
    query = "SELECT at, value FROM samples WHERE metric = ?"
    arguments: list[Any] = [str(reference.get("metric", ""))]
    if reference.get("labels") is not None:
        query += " AND labels = ?"
        arguments.append(json.dumps(reference["labels"], sort_keys=True, separators=(",", ":")))
    try:
        connection = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, timeout=10)
        try:
            rows = connection.execute(f"{query} ORDER BY at LIMIT ?", [*arguments, rows_limit + 1]).fetchall()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise EvidenceError("samples cannot be read", where=path, why=str(error)[:200]) from error
    if len(rows) > rows_limit:
        raise EvidenceError("too many samples", where=path, why=f"more than {rows_limit} rows of {arguments[0]!r}")
    return [(_number(at), _number(value)) for at, value in rows]


def inside(state_dir: str, relative: Any) -> str:
    """Return the real path of a file of the state folder; EvidenceError for a path that leads out of it."""
    if not isinstance(relative, str) or not relative or "\0" in relative or len(relative) > 500 or os.path.isabs(relative):
        raise EvidenceError("a series needs the path of a file relative to the state folder", why=repr(relative)[:100])
    root = os.path.realpath(state_dir)
    path = os.path.realpath(os.path.join(root, relative))
    if not path.startswith(root + os.sep):
        raise EvidenceError("a series leads out of the state folder", where=relative[:200])
    if not os.path.isfile(path):
        raise EvidenceError("the samples are not there", where=path)
    return path


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return math.nan
    return float(value)
