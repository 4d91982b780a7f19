# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a soak counts instead of keeping it: a log histogram for each short stretch of time, in the same SQLite file as the samples.

48 h at 50 requests/s are 8.6 million durations, and 2,880 histograms of a minute. Both are written in one transaction, so that a kill
loses all of a tick or nothing. The samples of the last quarter of an hour stay, for those who look at a soak while it runs.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable

from ...core.log_histogram import log_histogram, merged, parse_log_histogram
from ...core.soak.soak_record import COUNTED

# Seconds of a stretch where nobody says how long one is, and for how long samples of what is counted are kept.
STRETCH_SECONDS = 60.0
KEPT_SECONDS = 900.0

SCHEMA = """
CREATE TABLE IF NOT EXISTS histograms (
    metric TEXT NOT NULL, labels TEXT NOT NULL, at REAL NOT NULL, counts TEXT NOT NULL, PRIMARY KEY (metric, labels, at)
) WITHOUT ROWID;
"""
_FIND = "SELECT counts FROM histograms WHERE metric = ? AND labels = ? AND at = ?"
_TRIM = "DELETE FROM samples WHERE metric = ? AND at < (SELECT max(at) FROM samples WHERE metric = ?) - ?"

# metric, labels as they stand in the table, unix seconds, value
Written = tuple[str, str, float, float]


def count(db: sqlite3.Connection, rows: Iterable[Written], stretch: float) -> None:
    """Add the rows of the metrics of COUNTED to their histograms, inside the caller's transaction; of their samples the old ones go."""
    found: dict[tuple[str, str, float], list[float]] = {}
    for metric, labels, at, value in rows:
        if metric in COUNTED:
            found.setdefault((metric, labels, math.floor(at / stretch) * stretch), []).append(value)
    for key, values in found.items():
        kept = db.execute(_FIND, key).fetchone()
        before = [parse_log_histogram(kept[0])] if kept else []
        counts = json.dumps(merged([*before, log_histogram(values)]).as_dict(), separators=(",", ":"))
        db.execute("INSERT OR REPLACE INTO histograms VALUES (?, ?, ?, ?)", (*key, counts))
    for metric in {key[0] for key in found}:
        db.execute(_TRIM, (metric, metric, KEPT_SECONDS))
