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
    "throttle": ("cpu", "cpu.stat"),
    "pids": ("pids", "pids.current"),
    "io": ("blkio", "blkio.throttle.io_service_bytes"),
}
V2_FILES = {
    "cpu": ("", "cpu.stat"),
    "memory": ("", "memory.current"),
    "memory_stat": ("", "memory.stat"),
    "oom": ("", "memory.events"),
    "procs": ("", "cgroup.procs"),
    "pids": ("", "pids.current"),
    "io": ("", "io.stat"),
}
CONTROLLERS = {controller for controller, _file in V1_FILES.values()}


@dataclass(frozen=True)
class Cgroup:
    """Where a process is accounted: cgroup version and the path for each v1 controller (v2: the key is empty)."""

    version: int
    paths: dict[str, str]

    def files(self) -> dict[str, str]:
        """Path of each wanted file below /sys/fs/cgroup, by the name that it has in V1_FILES."""
        wanted = V1_FILES if self.version == 1 else V2_FILES
        found = {}
        for name, (controller, file) in wanted.items():
            if controller in self.paths:
                found[name] = "/".join(part for part in (controller, self.paths[controller].strip("/"), file) if part)
        return found


@dataclass(frozen=True)
class Usage:
    """A container at one moment: CPU seconds since its start, working set in bytes, out-of-memory kills.

    What not every host accounts is None there: bytes read and written, processes and threads, periods of the CPU quota (none
    without a quota), and of these the ones in which it was throttled, and for how many seconds.
    """

    cpu_seconds: float
    working_set: int
    oom_kills: int
    io_read: Optional[int] = None
    io_written: Optional[int] = None
    pids: Optional[int] = None
    periods: Optional[int] = None
    throttled: Optional[int] = None
    throttled_seconds: Optional[float] = None


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
            if controller in CONTROLLERS:
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
        working_set = max(0, int(texts["memory"]) - inactive)
    except (KeyError, ValueError):
        return None
    io_read, io_written = (_v1_io if version == 1 else _v2_io)(texts.get("io"))
    pids = texts.get("pids", "").strip()
    return Usage(
        cpu, working_set, oom.get("oom_kill", 0), io_read, io_written, int(pids) if pids.isdigit() else None, **_throttling(version, texts)
    )


def _throttling(version: int, texts: dict[str, str]) -> dict[str, Any]:
    """Quota periods, throttled ones, and seconds: v1 counts nanoseconds in a file of its own, v2 microseconds beside the usage."""
    stat = counters(texts.get("throttle" if version == 1 else "cpu", ""))
    spent = stat.get("throttled_time" if version == 1 else "throttled_usec")
    seconds = None if spent is None else spent / (1e9 if version == 1 else 1e6)
    return {"periods": stat.get("nr_periods"), "throttled": stat.get("nr_throttled"), "throttled_seconds": seconds}


def _v1_io(text: Optional[str]) -> tuple[Optional[int], Optional[int]]:
    """Bytes read and written from lines like `8:0 Read 4096`; a container that has done nothing has `Total 0` alone."""
    if text is None:
        return None, None
    sums = {"Read": 0, "Write": 0}
    for line in text.splitlines():
        words = line.split()
        if len(words) == 3 and words[1] in sums and words[2].isdigit():
            sums[words[1]] += int(words[2])
    return sums["Read"], sums["Write"]


def _v2_io(text: Optional[str]) -> tuple[Optional[int], Optional[int]]:
    """Bytes read and written from lines like `8:0 rbytes=4096 wbytes=0 rios=1 ...`; an empty file is no I/O."""
    if text is None:
        return None, None
    pairs = [word.partition("=") for line in text.splitlines() for word in line.split()[1:]]
    sums = [sum(int(number) for name, _equals, number in pairs if name == wanted and number.isdigit()) for wanted in ("rbytes", "wbytes")]
    return sums[0], sums[1]


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
