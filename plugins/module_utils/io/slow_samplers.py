# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Samples that cost a process each (psql, redis-cli): taken seldom, on a thread of their own, so that no tick waits for them."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..core.errors import ServiceError, StagegateError
from ..core.soak.redis_counters import from_info, from_json
from ..core.soak.soak_plan import Ask, SoakPlan
from .command import Runner, must, run
from .engine_socket import EngineSocket
from .http_session import HttpSession, split_url
from .soak_store import Row

TIMEOUT = 8.0


class SlowSamplers:
    """Asks the database and the cache every `plan.slow_interval` seconds."""

    def __init__(self, plan: SoakPlan, engine: EngineSocket, wall: Callable[[], float], runner: Runner = run) -> None:
        self._plan = plan
        self._engine = engine
        self._wall = wall
        self._runner = runner
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
        return rows, notes

    def look(self) -> None:
        """Ask once. What does not answer leaves a note and no sample."""
        for ask, take in ((self._plan.postgres, self._postgres), (self._plan.cache, self._cache)):
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
        said = self._exec(ask).strip()
        return [("postgres.active", {}, self._wall(), float(said))] if said.isdigit() else []

    def _cache(self, ask: Ask) -> list[Row]:
        if ask.url:
            base, path = split_url(ask.url)
            with HttpSession(base, TIMEOUT) as session:
                counted = from_json(session.request("GET", path).text, ask.hits, ask.misses)
        else:
            counted = from_info(self._exec(ask))
        if counted is None:
            return []
        at = self._wall()
        return [("redis.hits", {}, at, float(counted[0])), ("redis.misses", {}, at, float(counted[1]))]

    def _exec(self, ask: Ask) -> str:
        for entry in self._engine.containers([ask.project]):
            if entry.get("Labels", {}).get("com.docker.compose.service") == ask.service:
                done = self._runner(["docker", "exec", str(entry["Id"]), *ask.command], timeout=TIMEOUT)
                return must(done, f"{ask.service} cannot be asked").stdout
        raise ServiceError(f"no running container of service {ask.service} in project {ask.project}")
