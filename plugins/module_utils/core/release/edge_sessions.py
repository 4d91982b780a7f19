# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is still on a colour: what the edge's counters and its processes say."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from ..errors import EvidenceError

COUNTED = ("scur", "qcur")  # requests under way (a WebSocket is one for as long as it lasts), and those that wait for the server


@dataclass(frozen=True)
class Drained:
    """A colour that was waited for: seconds, sessions on it at first, and those that were still there at the end."""

    seconds: float
    at_first: int
    left: int


def open_sessions(stat: str, colour: str) -> int:
    """Sessions on the servers of `colour` according to `show stat` CSV. EvidenceError when it tells of no such server."""
    rows = [row for row in csv.DictReader(io.StringIO(stat.lstrip("# "))) if row.get("svname") == "app"]
    mine = [row for row in rows if str(row.get("pxname")).endswith(f"_{colour}")]
    if not mine:
        raise EvidenceError(
            f"the edge knows no server of {colour}", where="show stat", todo="deploy again: its configuration is written anew"
        )
    try:
        return sum(int(row[name] or 0) for row in mine for name in COUNTED)
    except (KeyError, TypeError, ValueError) as error:
        raise EvidenceError("the edge's counters cannot be read", where="show stat", why=repr(error)[:200]) from error


def leaving_workers(names: str) -> int:
    """How many of the edge's processes have been replaced by a reload and stay for sessions of theirs.

    `names` are the names of the processes in its container, a line each. One master and one worker is the rule.
    """
    return max(0, names.split().count("haproxy") - 2)
