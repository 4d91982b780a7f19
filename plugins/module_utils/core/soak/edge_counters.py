# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The edge's counters of real traffic, out of HAProxy's `show info` and `show stat`."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import EvidenceError

QUESTION = "show info;show stat"
# metric -> column. What users asked and were answered stands with the frontends; what it took to answer, with the backends.
OF_FRONTEND = {"edge.requests": "req_tot", "edge.errors_5xx": "hrsp_5xx"}
OF_BACKEND = {"edge.connection_errors": "econ", "edge.response_errors": "eresp", "edge.retries": "wretr"}
AVERAGE = "ttime"  # milliseconds, of the last 1,024 requests


@dataclass(frozen=True)
class EdgeReading:
    """One look: the process that was asked, its counters by (metric, label value), average seconds of an answer by backend, and the
    requests that each backend has had."""

    process: str
    counters: Mapping[tuple[str, str], int]
    averages: Mapping[str, float]
    served: Mapping[str, int]


def parse(said: str) -> EdgeReading:
    """Read the answer to QUESTION. EvidenceError when it lacks the process, the frontends or a counter."""
    info, header, table = said.partition("# pxname,")
    process = re.search(r"^Pid: (\d+)$", info, re.MULTILINE)
    rows = list(csv.DictReader(io.StringIO("pxname," + table))) if header else []
    frontends = {row["pxname"][len("port_") :]: row for row in rows if row["svname"] == "FRONTEND" and row["pxname"].startswith("port_")}
    backends = {row["pxname"]: row for row in rows if row["svname"] == "BACKEND"}
    if not process or not frontends:
        raise EvidenceError("the edge's counters cannot be read", where=QUESTION, why=said[:200] or "it said nothing")
    try:
        counters = {(metric, port): int(row[column]) for port, row in frontends.items() for metric, column in OF_FRONTEND.items()}
        for name, row in backends.items():
            counters.update({(metric, name): int(row[column]) for metric, column in OF_BACKEND.items()})
        served = {name: int(row["req_tot"] or 0) for name, row in backends.items()}
        averages = {name: int(row[AVERAGE]) / 1000 for name, row in backends.items() if row.get(AVERAGE)}
    except (KeyError, TypeError, ValueError) as error:
        raise EvidenceError("the edge's counters cannot be read", where=QUESTION, why=repr(error)[:200]) from error
    return EdgeReading(process.group(1), counters, averages, served)
