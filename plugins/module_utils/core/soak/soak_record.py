# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a soak hands to the ledger: scalars, and references to its samples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional

from ..measurement import measurement
from .soak_progress import Coverage

# metric -> unit; recorded as a series for each set of labels that was sampled
SERIES = {
    "host.cpu": "ratio",
    "host.load": "1",
    "host.memory_used": "ratio",
    "host.disk_used": "ratio",
    "container.cpu": "ratio",
    "container.working_set": "B",
    "container.watched": "count",
    "container.pids": "count",
    "container.io_bytes": "B",
    "container.cpu_periods": "count",
    "container.throttled_periods": "count",
    "container.throttled_time": "s",
    "process.hung": "count",
    "postgres.active": "count",
    "postgres.locks_waiting": "count",
    "postgres.blocks_hit": "count",
    "postgres.blocks_read": "count",
    "postgres.deadlocks": "count",
    "redis.used_memory": "B",
    "redis.evicted": "count",
    "redis.hits": "count",
    "redis.misses": "count",
    "probe.requests": "count",
    "probe.failed": "count",
    "probe.duration": "s",
    "edge.requests": "count",
    "edge.errors_5xx": "count",
    "edge.connection_errors": "count",
    "edge.response_errors": "count",
    "edge.retries": "count",
    "edge.time_average": "s",
    "logs.lines": "count",
    "logs.errors": "count",
    "logs.critical": "count",
    "logs.error_signatures": "count",
    "logs.gaps": "count",
    "http.requests": "count",
    "http.errors": "count",
    "http.duration": "s",
}
# Counted in log histograms, of which any time can be judged: too many to be kept one by one.
COUNTED = ("http.duration",)
# cumulative from the soak's start, or said once: the last value tells all
TOTALS = {
    "container.restarts": "count",
    "container.replaced": "count",
    "container.oom_kills": "count",
    "container.memory_limit": "B",
    "container.creations": "count",
    "container.starts": "count",
    "container.deaths": "count",
    "container.oom_events": "count",
    "container.health_flips": "count",
    "soak.event_gaps": "count",
    "soak.saturated": "count",
    "soak.clock_steps": "count",
    "soak.reboots": "count",
}


def soak_measurements(
    file: str,
    duration: float,
    covered: Coverage,
    sampled: Iterable[tuple[str, Mapping[str, str]]],
    totals: Mapping[tuple[str, tuple[tuple[str, str], ...]], float],
    failures: Sequence[str],
    log_kinds: Optional[Mapping[str, Sequence[str]]] = None,
) -> list[dict[str, Any]]:
    """The measurements of a soak. `file` is relative to the state folder; what was never sampled is left out.

    `sampled` are the metrics with the labels under which they have samples; `totals` the last values of TOTALS;
    `log_kinds` what the logs of a container say, for people.
    """
    source = f"soak agent, {covered.taken} of {covered.expected} samples"
    found = [
        measurement("soak.duration", round(duration, 3), "s", source=source),
        measurement("soak.coverage", round(covered.ratio, 6), "ratio", source=source),
        measurement("soak.longest_gap", covered.longest_gap, "s", source=source),
    ]
    for (metric, pairs), value in sorted(totals.items()):
        found.append(measurement(metric, value, TOTALS[metric], dict(pairs), source))
    for metric, labels in sampled:
        if metric in SERIES:
            series: dict[str, Any] = {"file": file, "metric": metric, "labels": dict(labels)}
            series.update({"table": "histograms"} if metric in COUNTED else {})
            detail = list(failures) if metric == "http.errors" else None
            if metric == "logs.errors":
                detail = list((log_kinds or {}).get(labels.get("container", ""), ())) or None
            found.append(measurement(metric, None, SERIES[metric], labels, source, detail, series=series))
    return found
