# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What /proc tells about the host: CPU and memory in use, as ratios, and the load average."""

from __future__ import annotations

from typing import Optional

IDLE, IOWAIT = 3, 4


def cpu_times(stat: str) -> Optional[tuple[int, int]]:
    """(busy, total) ticks since boot from /proc/stat; guest time is inside user time and not counted twice."""
    for line in stat.splitlines():
        if line.startswith("cpu "):
            fields = [int(field) for field in line.split()[1:9] if field.isdigit()]
            if len(fields) < 5:
                return None
            total = sum(fields)
            return total - fields[IDLE] - fields[IOWAIT], total
    return None


def cpu_ratio(before: Optional[tuple[int, int]], after: Optional[tuple[int, int]]) -> Optional[float]:
    """Share of all cores' time that was used between two looks; None when no time has passed."""
    if before is None or after is None or after[1] <= before[1]:
        return None
    return max(0.0, min(1.0, (after[0] - before[0]) / (after[1] - before[1])))


def load_per_core(loadavg: str, stat: str) -> Optional[float]:
    """The load average of the last minute for each core, from /proc/loadavg and /proc/stat; None when either cannot be read."""
    cores = sum(line.startswith("cpu") and line[3:4].isdigit() for line in stat.splitlines())
    try:
        return float(loadavg.split()[0]) / cores if cores else None
    except (IndexError, ValueError):
        return None


def memory_ratio(meminfo: str) -> Optional[float]:
    """Share of memory in use (1 - MemAvailable / MemTotal) from /proc/meminfo."""
    values = _kibibytes(meminfo)
    total, available = values.get("MemTotal", 0), values.get("MemAvailable")
    return None if not total or available is None else 1 - available / total


def memory_total(meminfo: str) -> int:
    """Bytes of memory that the host has; 0 when it does not say."""
    return _kibibytes(meminfo).get("MemTotal", 0) * 1024


def _kibibytes(meminfo: str) -> dict[str, int]:
    values = {}
    for line in meminfo.splitlines():
        name, _colon, rest = line.partition(":")
        number = rest.split()[:1]
        if number and number[0].isdigit():
            values[name] = int(number[0])
    return values
