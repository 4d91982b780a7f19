# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The soak's memory: SQLite in WAL mode, one commit a tick, readable by the judge while the soak runs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Optional
from urllib.parse import quote

from ...core.errors import EvidenceError, ServiceError
from ...core.judge.samples import Samples
from . import soak_counts

Row = tuple[str, Mapping[str, str], float, float]  # metric, labels, unix seconds, value
TICK = "soak.tick"  # one row for each sample taken; value: seconds since the soak's start
KEPT_NOTES = 200

SCHEMA = """
CREATE TABLE IF NOT EXISTS samples (metric TEXT NOT NULL, labels TEXT NOT NULL, at REAL NOT NULL, value REAL NOT NULL);
CREATE INDEX IF NOT EXISTS samples_by_metric ON samples (metric, labels, at);
CREATE TABLE IF NOT EXISTS notes (at REAL NOT NULL, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


def canonical(labels: Mapping[str, str]) -> str:
    """Labels as they stand in the table: JSON with sorted keys and no blanks."""
    return json.dumps(dict(labels), sort_keys=True, separators=(",", ":"))


class SoakStore:
    """One connection; not for use by two threads at once."""

    def __init__(self, path: str, readonly: bool = False, durable: bool = True) -> None:
        """Open (and, unless `readonly`, create) the file. Raises EvidenceError when it cannot be used.

        What is not `durable` outlives its process, but not a power cut.
        """
        self.path = path
        self.stretch_seconds = soak_counts.STRETCH_SECONDS
        self._db: Any = None
        try:
            if readonly:
                self._db = sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True, timeout=10)
                return
            self._db = sqlite3.connect(path, timeout=30)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
            self._db.executescript(SCHEMA + soak_counts.SCHEMA)
        except sqlite3.Error as error:
            self.close()
            raise EvidenceError("the soak's samples cannot be opened", where=path, why=str(error)) from error

    def __enter__(self) -> SoakStore:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, if it was opened."""
        if self._db is not None:
            self._db.close()

    def append(self, rows: Iterable[Row], notes: Sequence[tuple[float, str]] = (), **meta: Any) -> None:
        """Write samples, notes and meta values in one transaction. Raises ServiceError when nothing of it was written."""
        try:
            with self._db:
                self._write(rows, notes, meta)
        except sqlite3.Error as error:
            raise ServiceError("the samples cannot be written", where=self.path, why=str(error), todo="make room on the disk") from error

    def _write(self, rows: Iterable[Row], notes: Sequence[tuple[float, str]], meta: Mapping[str, Any]) -> None:
        written = [(metric, canonical(labels), at, value) for metric, labels, at, value in rows]
        self._db.executemany("INSERT INTO samples VALUES (?, ?, ?, ?)", written)
        soak_counts.count(self._db, written, self.stretch_seconds)
        if notes and self._one("SELECT count(*) FROM notes") < KEPT_NOTES:
            self._db.executemany("INSERT INTO notes VALUES (?, ?)", notes[:20])
        for name, value in meta.items():
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, json.dumps(value)))

    def meta(self, name: str, default: Any = None) -> Any:
        """A value that was kept under a name."""
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return default if row is None else json.loads(row[0])

    def ticks(self) -> list[float]:
        """Seconds from the soak's start to each of its samples, in order."""
        return [row[0] for row in self._db.execute("SELECT value FROM samples WHERE metric = ? ORDER BY value", (TICK,))]

    def last_at(self) -> Optional[float]:
        """Unix time of the newest sample, or None."""
        row = self._db.execute("SELECT max(at) FROM samples WHERE metric = ?", (TICK,)).fetchone()
        return None if row is None else row[0]

    def last(self, metric: str) -> dict[tuple[tuple[str, str], ...], float]:
        """The newest value of a metric for each set of labels."""
        query = "SELECT labels, value, max(at) FROM samples WHERE metric = ? GROUP BY labels"
        return {labels_key(row[0]): row[1] for row in self._db.execute(query, (metric,))}

    def times(self, metric: str) -> dict[tuple[tuple[str, str], ...], list[float]]:
        """When a metric was sampled (unix seconds, in order), for each set of labels."""
        found: dict[str, list[float]] = {}
        for labels, at in self._db.execute("SELECT labels, at FROM samples WHERE metric = ? ORDER BY labels, at", (metric,)):
            found.setdefault(labels, []).append(at)
        return {labels_key(labels): times for labels, times in found.items()}

    def since(self, metric: str, start: float) -> list[float]:
        """The values of a metric from a unix time on."""
        query = "SELECT value FROM samples WHERE metric = ? AND at >= ?"
        return [row[0] for row in self._db.execute(query, (metric, start))]

    def between(self, metric: str, begin: float, end: float) -> dict[tuple[tuple[str, str], ...], Samples]:
        """The samples of a metric with begin <= time < end, by their labels. What lies before is not walked through, however much it is."""
        query = "SELECT at, value FROM samples WHERE metric = ? AND labels = ? AND at >= ? AND at < ? ORDER BY at"
        found: dict[tuple[tuple[str, str], ...], Samples] = {}
        for labels in self._labels_of(metric):
            rows = self._db.execute(query, (metric, labels, begin, end)).fetchall()
            if rows:
                found[labels_key(labels)] = Samples([row[0] for row in rows], [row[1] for row in rows])
        return found

    def _labels_of(self, metric: str) -> Iterator[str]:
        """The sets of labels of a metric, each found by one step in the index: DISTINCT would walk through every sample."""
        query, labels = "SELECT labels FROM samples WHERE metric = ? AND labels > ? ORDER BY labels LIMIT 1", ""
        while True:
            row = self._db.execute(query, (metric, labels)).fetchone()
            if row is None:
                return
            labels = row[0]
            yield labels

    def sampled(self) -> list[tuple[str, dict[str, str]]]:
        """Every metric with every set of labels under which it has samples."""
        query = "SELECT DISTINCT metric, labels FROM samples ORDER BY metric, labels"
        return [(row[0], json.loads(row[1])) for row in self._db.execute(query)]

    def notes(self, limit: int = 40) -> list[str]:
        """The first notes that were kept (what failed in the load)."""
        return [row[0] for row in self._db.execute("SELECT text FROM notes ORDER BY at LIMIT ?", (limit,))]

    def seal(self) -> None:
        """Fold the log into the file and leave WAL mode: from now on the file alone is the whole record."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.execute("PRAGMA journal_mode=DELETE")

    def _one(self, query: str) -> int:
        return int(self._db.execute(query).fetchone()[0])


def labels_key(text: str) -> tuple[tuple[str, str], ...]:
    """Canonical labels as sorted pairs, fit for a dict's key."""
    return tuple(sorted(json.loads(text).items()))
