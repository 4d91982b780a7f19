# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Taking samples of the host and of the watched containers: a few small files and one list call to the engine."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional, Protocol

from ...core.errors import ServiceError
from ...core.soak.cgroup import Cgroup, Usage, parse_proc_cgroup, process_state, stuck, usage
from ...core.soak.host_load import cpu_ratio, cpu_times, load_per_core, memory_ratio, memory_total

Value = tuple[str, dict[str, str], float]  # metric, labels, value


class Engine(Protocol):
    """What the samplers ask the engine."""

    def containers(self, projects: Sequence[str]) -> list[dict[str, Any]]:
        """The running containers."""

    def inspect(self, container: str) -> dict[str, Any]:
        """One container."""


def read(path: str) -> str:
    """The text of a small file; empty when it cannot be read. Without the layers of `open`, which cost more than the reading."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        found = b""
        while part := os.read(handle, 65536):
            found += part
        return found.decode("utf-8", "replace")
    except OSError:
        return ""
    finally:
        os.close(handle)


def _one_off(entry: Mapping[str, Any]) -> bool:
    """True for a container of `docker compose run`, which is there for a task and not for the soak."""
    return str((entry.get("Labels") or {}).get("com.docker.compose.oneoff", "")).lower() == "true"


class HostSampler:
    """CPU, load, memory and disk of the host."""

    def __init__(self, disk_path: str, proc: str = "/proc") -> None:
        self._disk_path = disk_path
        self._proc = proc
        self._before: Optional[tuple[int, int]] = None

    def sample(self) -> list[Value]:
        """host.cpu since the last look, host.load, host.memory_used, host.disk_used; what cannot be read is left out."""
        stat = read(f"{self._proc}/stat")
        after = cpu_times(stat)
        found: list[tuple[str, Optional[float]]] = [
            ("host.cpu", cpu_ratio(self._before, after)),
            ("host.load", load_per_core(read(f"{self._proc}/loadavg"), stat)),
            ("host.memory_used", memory_ratio(read(f"{self._proc}/meminfo"))),
            ("host.disk_used", self._disk()),
        ]
        self._before = after
        return [(metric, {}, value) for metric, value in found if value is not None]

    def _disk(self) -> Optional[float]:
        try:
            disk = os.statvfs(self._disk_path)
        except OSError:
            return None
        # As df counts: what only root may use is neither used nor available.
        used = disk.f_blocks - disk.f_bfree
        return used / (used + disk.f_bavail) if used + disk.f_bavail else None


@dataclass
class _Watched:
    """What is known of a container between two looks."""

    identity: tuple[str, str]  # id, time of start
    pid: int
    cgroup: Optional[Cgroup]
    started: int  # of the process, in ticks since boot
    memory_limit: int = 0  # bytes; 0: nobody could tell
    told: bool = False  # the limit, which is told once
    usage: Optional[Usage] = None
    at: float = 0.0
    said: dict[str, float] = field(default_factory=dict)  # the counters as they were recorded last
    states: dict[int, tuple[str, int]] = field(default_factory=dict)


class ContainerSampler:
    """CPU, working set, memory limit, restarts, OOM kills and hung processes of the containers of compose projects.

    `memory` is what an earlier agent of the same soak left: {name: {identity, restarts, replaced, oom_kills}}; a container that was
    replaced while nobody looked is counted then. Of a container that was restarted or replaced the samples go on under the
    label `life: later`: what two processes used is no one series, and whoever judges it as one shall see that it is two.
    """

    def __init__(
        self,
        engine: Engine,
        projects: Sequence[str],
        memory: Optional[Mapping[str, Any]] = None,
        proc: str = "/proc",
        cgroups: str = "/sys/fs/cgroup",
    ) -> None:
        self._engine = engine
        self._projects = projects
        self._proc = proc
        self._cgroups = cgroups
        self._watched: dict[str, _Watched] = {}
        self.memory: dict[str, Any] = {name: dict(known) for name, known in (memory or {}).items()}

    def sample(self, now: float) -> list[Value]:
        """One look at `now` (seconds of a steady clock). Raises ServiceError when the engine does not answer."""
        listed = {entry["Names"][0].lstrip("/"): entry for entry in self._engine.containers(self._projects) if not _one_off(entry)}
        found: list[Value] = [("container.watched", {}, float(len(listed)))]
        for name, entry in sorted(listed.items()):
            self._follow(name, str(entry["Id"]))
            if name in self._watched:
                found += self._look(name, self._watched[name], now)
        for name in set(self._watched) - set(listed):
            del self._watched[name]
        for name, known in sorted(self.memory.items()):
            found.append(("container.restarts", {"container": name}, float(known["restarts"])))
            found.append(("container.oom_kills", {"container": name}, float(known["oom_kills"])))
            found.append(("container.replaced", {"container": name}, float(known.get("replaced", 0))))
        return found

    def _follow(self, name: str, container: str) -> None:
        """Make sure that `_watched[name]` is the container as it runs now; count it when it is another one."""
        known = self._watched.get(name)
        # A process that was gone when its start was asked for has start 0: of it nothing is known yet.
        if known and known.identity[0] == container and known.started and self._start_of(known.pid) == known.started:
            return
        try:
            seen = self._engine.inspect(container)
        except ServiceError:  # gone between the list and the question: the next look will tell
            self._watched.pop(name, None)
            return
        state = seen.get("State", {})
        pid = int(state.get("Pid") or 0)
        identity = (container, str(state.get("StartedAt", "")))
        cgroup = parse_proc_cgroup(read(f"{self._proc}/{pid}/cgroup"))
        self._watched[name] = _Watched(identity, pid, cgroup, self._start_of(pid), self._memory_limit(seen))
        kept = self.memory.setdefault(name, {"identity": list(identity), "restarts": 0, "replaced": 0, "oom_kills": 0})
        if kept["identity"] != list(identity):
            kept["replaced"] = kept.get("replaced", 0) + int(kept["identity"][0] != container)
            kept["identity"] = list(identity)
            kept["restarts"] += 1
            kept["oom_kills"] += int(bool(state.get("OOMKilled")))

    def _look(self, name: str, watched: _Watched, now: float) -> list[Value]:
        labels = {"container": name}
        life = {**labels, "life": "later"} if self.memory[name]["restarts"] else labels
        texts = self._texts(watched.cgroup)
        found: list[Value] = []
        if watched.memory_limit and not watched.told:
            found.append(("container.memory_limit", labels, float(watched.memory_limit)))
            watched.told = True
        seen = usage(watched.cgroup.version, texts) if watched.cgroup else None
        if seen:
            found.append(("container.working_set", life, float(seen.working_set)))
            before = watched.usage
            if before and now > watched.at:
                spent = max(0.0, seen.cpu_seconds - before.cpu_seconds)
                found.append(("container.cpu", life, spent / (now - watched.at)))
                self.memory[name]["oom_kills"] += max(0, seen.oom_kills - before.oom_kills)
            watched.usage, watched.at = seen, now
            found += _beside(name, seen, watched.said)
        if "procs" in texts:
            states = self._states(texts["procs"])
            found.append(("process.hung", labels, float(len(stuck(states, watched.states)))))
            watched.states = states
        return found

    def _memory_limit(self, seen: Mapping[str, Any]) -> int:
        """The container's own limit in bytes, else all that the host has; 0 when neither is known."""
        own = (seen.get("HostConfig") or {}).get("Memory") or 0
        return int(own) if own else memory_total(read(f"{self._proc}/meminfo"))

    def _texts(self, cgroup: Optional[Cgroup]) -> dict[str, str]:
        paths = cgroup.files() if cgroup else {}
        texts = {name: read(f"{self._cgroups}/{path}") for name, path in paths.items()}
        return {name: text for name, text in texts.items() if text}

    def _states(self, procs: str) -> dict[int, tuple[str, int]]:
        states = {}
        for pid in procs.split():
            state = process_state(read(f"{self._proc}/{pid}/stat"))
            if state:
                states[int(pid)] = state
        return states

    def _start_of(self, pid: int) -> int:
        state = process_state(read(f"{self._proc}/{pid}/stat"))
        return state[1] if state else 0


def _beside(name: str, seen: Usage, said: dict[str, float]) -> list[Value]:
    """Processes, I/O and throttling: counters since the container's start, recorded when they have changed, so that 48 h stay small."""
    labels = {"container": name}
    found: list[Value] = [] if seen.pids is None else [("container.pids", labels, float(seen.pids))]
    counted = (
        ("container.io_bytes", {**labels, "direction": "read"}, seen.io_read),
        ("container.io_bytes", {**labels, "direction": "write"}, seen.io_written),
        ("container.cpu_periods", labels, seen.periods),
        ("container.throttled_periods", labels, seen.throttled),
        ("container.throttled_time", labels, seen.throttled_seconds),
    )
    for metric, told, value in counted:
        key = metric + told.get("direction", "")
        if value is not None and said.get(key) != value:
            said[key] = float(value)
            found.append((metric, told, float(value)))
    return found
