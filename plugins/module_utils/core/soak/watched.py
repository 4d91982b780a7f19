# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much of the soak each container was seen, and for how long nothing was heard of anything else that is sampled.

A container that went away, an engine or a database that did not answer for hours shows here: the samples that there are do not tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..measurement import measurement
from .soak_plan import SoakPlan
from .soak_progress import Coverage


def watched_measurements(watched: Mapping[str, Coverage]) -> list[dict[str, Any]]:
    """container.coverage and container.longest_gap of every container that was ever seen."""
    found = []
    for name, covered in sorted(watched.items()):
        labels, source = {"container": name}, f"soak agent, {covered.taken} of {covered.expected} samples"
        found.append(measurement("container.coverage", round(covered.ratio, 6), "ratio", labels, source))
        found.append(measurement("container.longest_gap", covered.longest_gap, "s", labels, source))
    return found


def expected_metrics(plan: SoakPlan) -> tuple[str, ...]:
    """What must be heard of all the time, of those that have no containers."""
    asked = (("postgres.active", plan.postgres), ("redis.hits", plan.cache), ("http.requests", plan.load))
    return ("host.cpu", "host.memory_used", "host.disk_used", *(metric for metric, ask in asked if ask))


def silence_measurements(silences: Mapping[str, float]) -> list[dict[str, Any]]:
    """soak.longest_silence (seconds) of each metric; of what was never heard the silence is the whole soak."""
    return [measurement("soak.longest_silence", seconds, "s", {"metric": metric}, "soak agent") for metric, seconds in silences.items()]
