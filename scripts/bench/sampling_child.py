"""One way of looking at containers, once a second: `sampling_child.py idle|files|stats <project> <seconds> <folder>`.

Prints as JSON how often it looked, how many containers it saw, and the CPU seconds that it and the engine took for it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "collections"))

from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.engine_socket import EngineSocket
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.samplers import ContainerSampler, HostSampler
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_store import SoakStore

THREADS = 16
ENGINE = ("dockerd", "containerd", "containerd-shim")  # names of processes, of which the kernel keeps 15 characters


class StatsApi(EngineSocket):
    """The engine's own figures, as `docker stats` reads them, but each asked for once."""

    def look(self, containers: list[str]) -> int:
        """CPU and working set of each; the number of those that answered."""
        with ThreadPoolExecutor(THREADS) as pool:
            return sum(pool.map(self._one, containers))

    def _one(self, container: str) -> bool:
        stats = self._get(f"/containers/{container}/stats?stream=false&one-shot=true")
        return stats["memory_stats"].get("usage", 0) > 0 and stats["cpu_stats"]["cpu_usage"]["total_usage"] > 0


def engine_seconds() -> float:
    """CPU seconds of the engine's processes until now."""
    ticks = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            stat = Path("/proc", pid, "stat").read_text()
        except OSError:
            continue
        name, _bracket, after = stat.partition("(")[2].rpartition(")")
        if name.startswith(ENGINE):
            ticks += sum(int(field) for field in after.split()[11:13])
    return ticks / os.sysconf("SC_CLK_TCK")


def looker(way: str, project: str, folder: str) -> Callable[[], int]:
    """What is done once a second; it returns how many containers it saw."""
    engine = StatsApi()
    if way == "idle":
        return lambda: 0
    if way == "stats":
        return lambda: engine.look([entry["Id"] for entry in engine.containers([project])])
    host, containers, store = HostSampler("/"), ContainerSampler(engine, [project]), SoakStore(f"{folder}/samples.sqlite")

    def files() -> int:
        at = time.time()
        values = host.sample() + containers.sample(time.monotonic())
        store.append([(metric, labels, at, value) for metric, labels, value in values], containers=containers.memory)
        return sum(metric == "container.working_set" for metric, _labels, _value in values)

    return files


def main() -> None:
    """Look, and say what it cost."""
    way, project, seconds, folder = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4]
    look = looker(way, project, folder)
    seen = look()  # the first look asks for more than the others
    looks, own, engine, begun = 0, time.process_time(), engine_seconds(), time.monotonic()
    while time.monotonic() - begun < seconds:
        time.sleep(max(0.0, begun + looks - time.monotonic()))
        look()
        looks += 1
    wall = time.monotonic() - begun
    print(json.dumps({"looks": looks, "seen": seen, "wall": wall, "own": time.process_time() - own, "engine": engine_seconds() - engine}))


if __name__ == "__main__":
    main()
