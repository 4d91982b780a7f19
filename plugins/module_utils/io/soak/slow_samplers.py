# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Samples that cost a process each (psql, redis-cli), and the edge's counters.

They are taken seldom, on a thread of their own, so that no tick waits for them.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping
from typing import Any, Optional

from ...core.errors import ServiceError, StagegateError
from ...core.soak.edge_counters import EdgeReading
from ...core.soak.postgres_counters import from_psql
from ...core.soak.redis_counters import beside_hits, from_info, from_json
from ...core.soak.running_totals import RunningTotals
from ...core.soak.soak_plan import Ask, SoakPlan
from ..edge.edge_counters import read_edge
from ..engine.engine_socket import EngineSocket
from ..system.command import Runner, must, run
from ..web.http_session import HttpSession, split_url
from .soak_store import Row

TIMEOUT = 8.0


class SlowSamplers:
    """Asks the database, the cache and the edge every `plan.slow_interval` seconds.

    `kept` is what an agent that comes back needs to go on counting; it belongs to the rows of the last `drain`.
    """

    def __init__(
        self,
        plan: SoakPlan,
        engine: EngineSocket,
        wall: Callable[[], float],
        runner: Runner = run,
        kept: Optional[Mapping[str, Any]] = None,
    ) -> None:
        self._plan = plan
        self._engine = engine
        self._wall = wall
        self._runner = runner
        self._totals = RunningTotals(kept)
        self._served: dict[str, int] = {}
        self.kept: dict[str, Any] = copy.deepcopy(self._totals.state)
        self._rows: list[Row] = []
        self._notes: list[tuple[float, str]] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, daemon=True)

    def start(self) -> None:
        """Begin asking."""
        self._thread.start()

    def stop(self) -> None:
        """End; a question under way is waited for."""
        self._stop.set()
        self._thread.join(TIMEOUT * 2)

    def drain(self) -> tuple[list[Row], list[tuple[float, str]]]:
        """Samples and notes since the last call."""
        with self._lock:
            rows, self._rows = self._rows, []
            notes, self._notes = self._notes, []
            self.kept = copy.deepcopy(self._totals.state)
        return rows, notes

    def look(self) -> None:
        """Ask once; what does not answer leaves a note and no sample."""
        # The edge first: as little as can be of the load is to be sent before its first look.
        for ask, take in ((self._plan.edge, self._edge), (self._plan.postgres, self._postgres), (self._plan.cache, self._cache)):
            if ask is None:
                continue
            try:
                rows = take(ask)
                note = None if rows else f"{ask.service or ask.url} gave no usable answer"
            except StagegateError as error:
                rows, note = [], str(error)
            with self._lock:
                self._rows += rows
                if note:
                    self._notes.append((self._wall(), note))

    def _loop(self) -> None:
        self.look()
        while not self._stop.wait(self._plan.slow_interval):
            self.look()
        self.look()

    def _postgres(self, ask: Ask) -> list[Row]:
        container = self._container(ask)
        said = from_psql(self._exec(ask, container))
        if said is None:
            return []
        levels = {f"postgres.{name}": said.pop(name) for name in ("active", "locks_waiting") if name in said}
        return self._levels(levels) + self._counted("postgres", container, {f"postgres.{name}": number for name, number in said.items()})

    def _cache(self, ask: Ask) -> list[Row]:
        levels: dict[str, int] = {}
        if ask.url:
            base, path = split_url(ask.url)
            with HttpSession(base, TIMEOUT) as session:
                hits = from_json(session.request("GET", path).text, ask.hits, ask.misses)
            memory, evicted, server = None, None, ""
        else:
            container = self._container(ask)
            said = self._exec(ask, container)
            hits = from_info(said)
            memory, evicted, process = beside_hits(said)
            server = f"{container} {process}"
        if hits is None:
            return []
        if memory is not None:
            levels["redis.used_memory"] = memory
        counters = {"redis.hits": hits[0], "redis.misses": hits[1], **({} if evicted is None else {"redis.evicted": evicted})}
        return self._levels(levels) + self._counted("redis", server, counters)

    def _edge(self, ask: Ask) -> list[Row]:
        server, reading = read_edge(self._engine.inspect(self._container(ask)), self._runner)
        names = {f"{metric} {label}": (metric, label) for metric, label in reading.counters}
        raw = {name: reading.counters[key] for name, key in names.items()}
        at = self._wall()
        with self._lock:
            totals = self._totals.advance("edge", server, raw)
        rows: list[Row] = []
        for name, (metric, label) in names.items():
            rows.append((metric, {"port" if label.isdigit() else "backend": label}, at, float(totals[name])))
        return rows + self._averages(reading, at)

    def _averages(self, reading: EdgeReading, at: float) -> list[Row]:
        """Of the services that were asked something since the last look: the others' average is of another time."""
        before, self._served = self._served, dict(reading.served)
        busy = [name for name in reading.averages if reading.served[name] != before.get(name, reading.served[name])]
        return [("edge.time_average", {"backend": name}, at, reading.averages[name]) for name in busy]

    def _levels(self, levels: Mapping[str, int]) -> list[Row]:
        at = self._wall()
        return [(metric, {}, at, float(value)) for metric, value in levels.items()]

    def _counted(self, source: str, server: str, counters: Mapping[str, int]) -> list[Row]:
        at = self._wall()
        with self._lock:
            totals = self._totals.advance(source, server, counters)
        return [(metric, {}, at, float(totals[metric])) for metric in counters]

    def _container(self, ask: Ask) -> str:
        for entry in self._engine.containers([ask.project]):
            if entry.get("Labels", {}).get("com.docker.compose.service") == ask.service:
                return str(entry["Id"])
        raise ServiceError(f"no running container of service {ask.service} in project {ask.project}")

    def _exec(self, ask: Ask, container: str) -> str:
        done = self._runner(["docker", "exec", container, *ask.command], timeout=TIMEOUT)
        return must(done, f"{ask.service} cannot be asked").stdout
