# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the kernel tells about a container: the texts of cgroup v1 and v2 files, and of /proc/<pid>/stat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

V1_FILES = {
    "cpu": ("cpuacct", "cpuacct.usage"),
    "memory": ("memory", "memory.usage_in_bytes"),
    "memory_stat": ("memory", "memory.stat"),
    "oom": ("memory", "memory.oom_control"),
    "procs": ("memory", "cgroup.procs"),
}
V2_FILES = {
    "cpu": ("", "cpu.stat"),
    "memory": ("", "memory.current"),
    "memory_stat": ("", "memory.stat"),
    "oom": ("", "memory.events"),
    "procs": ("", "cgroup.procs"),
}


@dataclass(frozen=True)
class Cgroup:
    """Where a process is accounted: cgroup version and the path for each v1 controller (v2: the key is empty)."""

    version: int
    paths: dict[str, str]

    def files(self) -> dict[str, str]:
        """Path of each wanted file below /sys/fs/cgroup: cpu, memory, memory_stat, oom, procs."""
        wanted = V1_FILES if self.version == 1 else V2_FILES
        found = {}
        for name, (controller, file) in wanted.items():
            if controller in self.paths:
                found[name] = "/".join(part for part in (controller, self.paths[controller].strip("/"), file) if part)
        return found


@dataclass(frozen=True)
class Usage:
    """A container at one moment: CPU seconds since its start, working set in bytes, out-of-memory kills."""

    cpu_seconds: float
    working_set: int
    oom_kills: int


def parse_proc_cgroup(text: str) -> Optional[Cgroup]:
    """Read /proc/<pid>/cgroup. Where v1 controllers are mounted (hybrid too) v1 is used; None when nothing is told."""
    controllers: dict[str, str] = {}
    unified = None
    for line in text.splitlines():
        parts = line.split(":", 2)
        if len(parts) != 3:
            continue
        if parts[0] == "0" and not parts[1]:
            unified = parts[2]
        for controller in parts[1].split(","):
            if controller in ("cpuacct", "memory"):
                controllers[controller] = parts[2]
    if {"cpuacct", "memory"} <= set(controllers):
        return Cgroup(1, controllers)
    return None if unified is None else Cgroup(2, {"": unified})


def usage(version: int, texts: dict[str, str]) -> Optional[Usage]:
    """CPU, working set (usage - inactive_file) and OOM kills from the files' texts; None when one cannot be read."""
    stat = counters(texts.get("memory_stat", ""))
    oom = counters(texts.get("oom", ""))
    try:
        if version == 1:
            cpu = int(texts["cpu"]) / 1e9
            inactive = stat["total_inactive_file"]
        else:
            cpu = counters(texts["cpu"])["usage_usec"] / 1e6
            inactive = stat["inactive_file"]
        return Usage(cpu, max(0, int(texts["memory"]) - inactive), oom.get("oom_kill", 0))
    except (KeyError, ValueError):
        return None


def counters(text: str) -> dict[str, int]:
    """Read `name number` lines; other lines are left out."""
    found = {}
    for line in text.splitlines():
        name, _blank, number = line.partition(" ")
        if number.strip().isdigit():
            found[name] = int(number)
    return found


def process_state(stat: str) -> Optional[tuple[str, int]]:
    """State letter and start time (ticks since boot) from /proc/<pid>/stat; the command may hold blanks and brackets."""
    _before, bracket, after = stat.rpartition(")")
    fields = after.split()
    if not bracket or len(fields) < 20 or not fields[19].isdigit():
        return None
    return fields[0], int(fields[19])


def stuck(states: dict[Any, tuple[str, int]], before: dict[Any, tuple[str, int]]) -> list[Any]:
    """Processes that were in state D or Z at both looks, and are the same processes (same start time)."""
    return sorted(
        pid
        for pid, (state, started) in states.items()
        if state in "DZ" and pid in before and before[pid][0] in "DZ" and before[pid][1] == started
    )
