# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The part of a criterion that is about time: how long, how dense, in which windows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..errors import InputError
from ..fields import Fields
from .aggregate import ESTIMATES
from .trend import CYCLES_MINIMUM

KEYS = ("min_duration", "max_age", "warmup", "every", "limits", "sampled_every", "min_coverage", "max_gap", "min_cycles")
_LIMITS = ("failed", "consecutive", "inconclusive", "error")
WINDOWS_LIMIT = 100000


@dataclass(frozen=True)
class Tolerance:
    """How many windows may fail, fail one after the other, be inconclusive, be in error."""

    failed: int = 0
    consecutive: int = 0
    inconclusive: int = 0
    error: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return the four numbers by name."""
        return asdict(self)


def read_timing(fields: Fields, aggregation: str) -> dict[str, Any]:
    """Return the fields of a criterion by name, in seconds and ratios; InputError for what cannot be meant."""
    if aggregation in ESTIMATES and not fields.has("min_duration"):
        todo = "say how long it must be watched: min_duration: 4 h"
        raise InputError(f"a {aggregation} needs min_duration", where=fields.where, todo=todo)
    if fields.has("min_cycles") and aggregation != "slope":
        raise InputError("min_cycles needs agg slope", where=fields.at("min_cycles"), why="only a growth is mistaken for a part of a cycle")
    times = {name: fields.quantity(name, "time") for name in KEYS if name not in ("limits", "min_coverage", "min_cycles")}
    coverage = fields.quantity("min_coverage", "ratio")
    _check_density(fields, times, coverage)
    _check_windows(fields, times)
    cycles = fields.whole("min_cycles", CYCLES_MINIMUM, 0)
    return {**times, "min_coverage": coverage, "min_cycles": cycles, "tolerance": _tolerance(fields)}


def _check_density(fields: Fields, times: dict[str, float], coverage: float) -> None:
    if coverage > 1:
        raise InputError("min_coverage cannot be more than 100 pct", where=fields.at("min_coverage"))
    if coverage and not times["sampled_every"]:
        todo = "say how often a sample is expected: sampled_every: 5 s"
        raise InputError("min_coverage needs sampled_every", where=fields.at("min_coverage"), todo=todo)
    if times["sampled_every"] and not coverage:
        todo = "say which share of the samples must be there: min_coverage: 95 pct"
        raise InputError("sampled_every needs min_coverage", where=fields.at("sampled_every"), why="alone it judges nothing", todo=todo)
    if 0 < times["max_gap"] < times["sampled_every"]:
        raise InputError("max_gap is shorter than sampled_every", where=fields.at("max_gap"), why="every series would have such a hole")


def _check_windows(fields: Fields, times: dict[str, float]) -> None:
    every = times["every"]
    if not every:
        if fields.has("limits"):
            raise InputError("limits needs every", where=fields.at("limits"), why="it counts windows", todo="write the window: every: 2 h")
        return
    if times["warmup"] >= every:
        raise InputError("warmup is not shorter than a window", where=fields.at("warmup"), why="whole windows would never be looked at")
    if 0 < times["min_duration"] < every:
        raise InputError("min_duration is shorter than a window", where=fields.at("min_duration"), todo="make every shorter")
    if every < times["sampled_every"]:
        raise InputError("every is shorter than sampled_every", where=fields.at("every"), why="a window would hold no sample")


def _tolerance(fields: Fields) -> Tolerance:
    if not fields.has("limits"):
        return Tolerance()
    limits = Fields(fields.given["limits"], fields.at("limits"), _LIMITS)
    counts = {name: limits.whole(name, 0, 0) for name in _LIMITS}
    # A window that may fail may fail alone.
    consecutive = counts["consecutive"] if limits.has("consecutive") else counts["failed"]
    if (counts["failed"] > 0) != (consecutive > 0) or consecutive > counts["failed"]:
        raise InputError(
            f"consecutive: {consecutive} contradicts failed: {counts['failed']}",
            where=limits.at("consecutive"),
            todo="let consecutive be 1 to failed, or leave it out",
        )
    return Tolerance(**{**counts, "consecutive": consecutive})
