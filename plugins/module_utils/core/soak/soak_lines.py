# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a person reads at every look at a soak: two lines, made of what the staging host keeps, whoever looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..text import plain
from .job_schedule import Standing
from .soak_progress import duration_text

WIDTH = 116
# Said by the first line already, or about the soak and not about the application.
_SAID = ("duration", "coverage", "gap", "sampler", "alerts", "alert_rules", "jobs_missed")
_UNITS = {"count": "", "1": ""}


def head_line(status: Mapping[str, Any], alerts: Mapping[str, int], jobs: Sequence[Standing]) -> str:
    """How far the soak is: time, coverage, alerts ({open, fired, rules}), what is run next, what was missed."""
    left = " (done)" if status["finished"] else f", {duration_text(status['remaining_seconds'])} left"
    parts = [
        f"soak {duration_text(status['elapsed_seconds'])} of {duration_text(status['duration_seconds'])}{left}",
        f"coverage {status['coverage'] * 100:.0f} %",
    ]
    if alerts["rules"]:
        parts.append(f"{_number(alerts['open'], 'alert')} open, {alerts['fired']} so far" if alerts["fired"] else "no alert so far")
    missed = sum(len(each.missed) for each in jobs)
    if jobs:
        soon = _next(jobs, status["elapsed_seconds"])
        parts.append(f"{', '.join(soon) or 'no job left'}; {missed} missed")
    if not status["finished"] and not status["running"]:
        parts.append("THE AGENT IS NOT RUNNING")
    return plain(" | ".join(parts), WIDTH)


def value_line(outcomes: Sequence[Mapping[str, Any]]) -> str:
    """The values of now against their limits, those nearest to it first, as many as fit; `!` marks what the gate would refuse now."""
    known = [each for each in outcomes if each["value"] is not None and each["id"].partition(".")[2] not in _SAID]
    parts: list[str] = []
    for each in sorted(known, key=_nearness):
        unit = _UNITS.get(each["unit"], f" {each['unit']}")
        limit = each["limit"] if unit and unit.strip() in each["limit"] else f"{each['limit']}{unit}"
        mark = "!" if each["status"] in ("FAIL", "ERROR") else ""
        part = f"{mark}{each['id'].partition('.')[2]} {each['value']:.4g} ({limit})"
        if len(" | ".join([*parts, part])) <= WIDTH:
            parts.append(part)
    return plain(" | ".join(parts), WIDTH)


def _nearness(outcome: Mapping[str, Any]) -> tuple[int, float]:
    """What is broken first; then what has the least room beside its value, as a share of both."""
    room, value = outcome["distance"], abs(outcome["value"])
    if room is None:
        return (0 if outcome["status"] in ("FAIL", "ERROR") else 2), 0.0
    return (0 if outcome["status"] in ("FAIL", "ERROR") else 1), room / (value + abs(room)) if value + abs(room) else 1.0


def _next(jobs: Sequence[Standing], elapsed: float) -> list[str]:
    due = [f"{each.name} now" for each in jobs if each.due is not None]
    coming = [(each.following - elapsed, each.name) for each in jobs if each.due is None and each.following is not None]
    return due + [f"{name} in {duration_text(max(0.0, seconds))}" for seconds, name in sorted(coming)[:2]]


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
