# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Samples by reference: read from the SQLite file that the soak writes, inside the state folder and nowhere else."""

from __future__ import annotations

import json
import math
import os
from array import array
from collections.abc import Mapping
from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING, Any, Optional

from ...core.errors import EvidenceError
from ...core.judge.samples import Samples

if TYPE_CHECKING:
    from sqlite3 import Connection

ROWS_LIMIT = 2_000_000
COUNTS_LIMIT = 100_000
KEPT_SAMPLES = 4_000_000  # 16 bytes each
SWEEP_FROM = 100_000
SWEPT_SAMPLES = 10_000_000  # about 1.5 GB while they are read


class SeriesReader:
    """Gives the samples of references into one state folder, for as long as one judgement takes; a series is read once.

    At most `kept_samples` are kept; what does not fit is read again when it is asked for again. After a series of at least
    `sweep_from` samples the other series of its metric are read in one go, where the libraries for that are there (io/sources/columns.py);
    SWEPT_SAMPLES of them in all.
    """

    def __init__(self, state_dir: str, kept_samples: int = KEPT_SAMPLES, sweep_from: int = SWEEP_FROM) -> None:
        self._state_dir = state_dir
        self._room = kept_samples
        self._sweep_from = sweep_from
        self._kept: dict[str, Samples] = {}
        self._long: set[tuple[str, str]] = set()
        self._swept: dict[tuple[str, str], Mapping[bytes, Samples]] = {}
        self._sweep_room = SWEPT_SAMPLES

    def __call__(self, reference: Mapping[str, Any]) -> Samples:
        """Return the samples, as `read_series` does."""
        name = json.dumps(reference, sort_keys=True, default=repr)
        if name in self._kept:
            return self._kept[name]
        swept = self._from_sweep(reference)
        if swept is not None:
            return swept
        samples = read_series(self._state_dir, reference)
        if len(samples) >= self._sweep_from:
            self._long.add(_metric_of(reference))
        if len(samples) <= self._room:
            self._room -= len(samples)
            self._kept[name] = samples
        return samples

    def _from_sweep(self, reference: Mapping[str, Any]) -> Optional[Samples]:
        metric, labels = _metric_of(reference), reference.get("labels")
        if metric not in self._long or labels is None or "table" in reference:
            return None
        if metric not in self._swept:
            from .columns import sweep

            self._swept[metric] = sweep(inside(self._state_dir, metric[0]), metric[1], self._sweep_room) or {}
            self._sweep_room -= sum(map(len, self._swept[metric].values()))
        samples = self._swept[metric].get(labels_text(labels).encode())
        return samples if samples is not None and len(samples) <= ROWS_LIMIT else None


def read_series(state_dir: str, reference: Mapping[str, Any], rows_limit: int = ROWS_LIMIT) -> Samples:
    """Return the samples by time, those of one time by value; a value that is no number is NaN, so that it never passes.

    `reference` is {file, metric, labels?}; with `table: histograms` what was counted is returned. EvidenceError when the file lies
    outside `state_dir`, is not there, is no SQLite file with the table `samples(metric, labels, at, value)`, or holds more than
    `rows_limit` rows of the metric.
    """
    path = inside(state_dir, reference.get("file"))
    if "table" in reference:
        return _counted(path, reference)
    query = "SELECT at, value FROM samples WHERE metric = ?"
    arguments: list[Any] = [str(reference.get("metric", ""))]
    if reference.get("labels") is not None:
        query += " AND labels = ?"
        arguments.append(labels_text(reference["labels"]))
    # The order in which samples were written says nothing, so it decides nothing.
    numbers = _numbers(path, f"{query} ORDER BY at, value LIMIT ?", [*arguments, rows_limit + 1])
    if len(numbers) > 2 * rows_limit:
        raise EvidenceError("too many samples", where=path, why=f"more than {rows_limit} rows of {arguments[0]!r}")
    return Samples(numbers[::2], numbers[1::2])


def inside(state_dir: str, relative: Any) -> str:
    """Return the real path of a file of the state folder; EvidenceError for a path that leads out of it."""
    if not isinstance(relative, str) or not 0 < len(relative) <= 500 or not relative.isprintable() or os.path.isabs(relative):
        raise EvidenceError("a series needs the path of a file relative to the state folder", why=repr(relative)[:100])
    root = os.path.realpath(state_dir)
    path = os.path.realpath(os.path.join(root, relative))
    if not path.startswith(root + os.sep):
        raise EvidenceError("a series leads out of the state folder", where=relative[:200])
    if not os.path.isfile(path):
        raise EvidenceError("the samples are not there", where=path)
    return path


def labels_text(labels: Any) -> str:
    """Return labels as they stand in the table."""
    return json.dumps(labels, sort_keys=True, separators=(",", ":"))


def _counted(path: str, reference: Mapping[str, Any]) -> Samples:
    """Return the histograms of a metric. A reference to them says which labels it means."""
    import sqlite3

    from ...core.judge.counted import CountedSamples
    from ...core.log_histogram import parse_log_histogram

    if reference["table"] != "histograms" or reference.get("labels") is None:
        raise EvidenceError("a series of this kind cannot be read", where=path, why=f"table {str(reference['table'])[:40]!r}")
    query = "SELECT at, counts FROM histograms WHERE metric = ? AND labels = ? ORDER BY at LIMIT ?"
    arguments = (str(reference.get("metric", "")), labels_text(reference["labels"]), COUNTS_LIMIT + 1)
    try:
        with closing(_opened(path)) as connection:
            rows = connection.execute(query, arguments).fetchall()
    except (sqlite3.Error, UnicodeError) as error:
        raise EvidenceError("histograms cannot be read", where=path, why=str(error)[:200]) from error
    if len(rows) > COUNTS_LIMIT:
        raise EvidenceError("too many histograms", where=path, why=f"more than {COUNTS_LIMIT} rows of {arguments[0]!r}")
    return CountedSamples([_number(at) for at, _counts in rows], [parse_log_histogram(counts) for _at, counts in rows])


def _opened(path: str) -> Connection:
    import sqlite3
    from urllib.parse import quote

    return sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, timeout=10)


def _metric_of(reference: Mapping[str, Any]) -> tuple[str, str]:
    return str(reference.get("file")), str(reference.get("metric", ""))


def _numbers(path: str, query: str, arguments: list[Any]) -> array[float]:
    """Return the two columns of a query as one row of numbers: first, second, first, second, ..."""
    # Most gates have no series: what they do not need is not loaded.
    import sqlite3

    try:
        with closing(_opened(path)) as connection:
            try:
                return array("d", chain.from_iterable(connection.execute(query, arguments)))
            except TypeError:
                # Something is no number: slower, and each of these becomes NaN.
                return array("d", map(_number, chain.from_iterable(connection.execute(query, arguments))))
    except (sqlite3.Error, UnicodeError) as error:
        raise EvidenceError("samples cannot be read", where=path, why=str(error)[:200]) from error


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan
