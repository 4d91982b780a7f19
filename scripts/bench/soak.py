"""The long soaks of the benchmarks, and the twelve criteria by which they are judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

EACH = {"sli": "container.working_set", "each": "container"}


@dataclass(frozen=True)
class Soak:
    """How long, how often, how many."""

    hours: float
    interval_seconds: float
    containers: int

    @property
    def ticks(self) -> int:
        """Samples of each container."""
        return round(self.hours * 3600 / self.interval_seconds)

    @property
    def rows(self) -> int:
        """Rows in the file."""
        return self.ticks * self.containers

    @property
    def names(self) -> list[str]:
        """The containers."""
        return [f"service-{number:02}" for number in range(self.containers)]


def twelve(interval: str) -> list[dict[str, Any]]:
    """In the manner of the soak gate: most aggregations, windows, holes, steadiness, growth, of samples taken every `interval`."""
    dense = {"sampled_every": interval, "min_coverage": "95 pct", "max_gap": "5 min"}
    return [
        {"id": "soak.memory_max", **EACH, "agg": "max", "pass": "< 512 MB", "key": True},
        {"id": "soak.memory_min", **EACH, "agg": "min", "pass": "> 10 MB"},
        {"id": "soak.memory_mean", **EACH, "agg": "mean", "pass": "< 400 MB"},
        {"id": "soak.memory_median", **EACH, "agg": "median", "pass": "< 400 MB", "warn": "> 350 MB"},
        {"id": "soak.memory_p95", **EACH, "agg": "p(95)", "pass": "< 450 MB", "min_samples": 1000},
        {"id": "soak.memory_p99", **EACH, "agg": "p(99)", "pass": "< 460 MB", "warmup": "15 min"},
        {"id": "soak.memory_growth", **EACH, "agg": "slope", "pass": "<= 5 pct/h", "min_duration": "24 h", "key": True},
        {"id": "soak.memory_high", **EACH, "agg": "share(> 240 MB)", "pass": "<= 100 pct"},
        {"id": "soak.memory_whole", **EACH, "agg": "count", "pass": ">= 1000 count", **dense},
        {"id": "soak.memory_end", **EACH, "pass": "< 400 MB for 2 h", "max_gap": "5 min"},
        {"id": "soak.memory_windows", **EACH, "agg": "max", "pass": "< 450 MB", "every": "2 h", "limits": {"failed": 1, "consecutive": 1}},
        {"id": "soak.memory_window_p95", **EACH, "agg": "p(95)", "pass": "< 440 MB", "every": "2 h", **dense},
    ]
