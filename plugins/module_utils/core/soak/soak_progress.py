# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a soak stands: coverage, gaps, the line that a person reads while it runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Coverage:
    """Samples expected and taken (each time slot counts once), and the longest hole between two of them in seconds."""

    expected: int
    taken: int
    longest_gap: float

    @property
    def ratio(self) -> float:
        """Share of the expected samples that were taken, 0 to 1."""
        return min(1.0, self.taken / self.expected) if self.expected else 0.0


def coverage(offsets: Sequence[float], elapsed: float, interval: float) -> Coverage:
    """Judge the times of the samples (seconds from the start, in order) after `elapsed` seconds of soak.

    The holes before the first and after the last sample count too: a sampler that died early shows it.
    """
    # A slot is missed when no sample lies nearer to it than to its neighbours.
    expected = math.floor(elapsed / interval + 1e-6) + 1
    slots = {round(offset / interval) for offset in offsets}
    edges = [0.0, *offsets, max(elapsed, offsets[-1] if offsets else 0.0)]
    gap = max(later - earlier for earlier, later in zip(edges, edges[1:]))
    return Coverage(expected, sum(0 <= slot < expected for slot in slots), round(gap, 3))


def duration_text(seconds: float) -> str:
    """`1h04m`, `12m30s`, `45s`."""
    whole = int(seconds)
    if whole >= 3600:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    return f"{whole // 60}m{whole % 60:02d}s" if whole >= 60 else f"{whole}s"


def progress_line(status: Mapping[str, Any]) -> str:
    """One line for a person: where the soak stands and the latest values."""
    latest = status.get("latest", {})
    parts = [
        f"soak {duration_text(status['elapsed_seconds'])} of {duration_text(status['duration_seconds'])}"
        + (" (done)" if status["finished"] else f", {duration_text(status['remaining_seconds'])} left"),
        f"coverage {status['coverage'] * 100:.0f} %",
    ]
    if "host_cpu" in latest:
        parts.append(f"cpu {latest['host_cpu'] * 100:.0f} %")
    if "p95_seconds" in latest:
        parts.append(f"p95 {latest['p95_seconds'] * 1000:.0f} ms")
    if "requests" in latest:
        parts.append(f"{latest['errors']:.0f} errors in {latest['requests']:.0f} requests")
    if "largest_container" in latest:
        parts.append(f"{latest['largest_container']} {latest['largest_working_set'] / 1024 / 1024:.0f} MiB")
    if "postgres_active" in latest:
        parts.append(f"{latest['postgres_active']:.0f} db connections")
    if not status["finished"] and not status["running"]:
        parts.append("THE AGENT IS NOT RUNNING")
    return " | ".join(parts)
