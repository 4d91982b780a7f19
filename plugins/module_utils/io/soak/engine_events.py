# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Following the engine's events on a thread of their own: over lost connections and restarts of the agent."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Optional
from urllib.parse import quote

from ...core.errors import ServiceError
from ...core.soak.engine_events import METRICS, EventCounts
from ..engine.engine_socket import EngineSocket, Stream
from .soak_store import Row

PAUSE = 0.5  # seconds before the next attempt
DELAY = 2 * 10**9  # nanoseconds within which an event has arrived on a connection that stands


class EngineEvents:
    """Counts creations, starts, deaths, health flips and out-of-memory events of the containers of compose projects.

    `kept` is what an agent that comes back needs to go on; it belongs to the rows of the last `drain`.
    `clock` is the wall clock of the host, by which the engine dates its events (nanoseconds).
    """

    def __init__(
        self,
        engine: EngineSocket,
        projects: Sequence[str],
        wall: Callable[[], float],
        kept: Optional[Mapping[str, Any]] = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self._engine = engine
        self._projects = projects
        self._wall = wall
        self._clock = clock
        self._counts = EventCounts(projects, kept)
        self._reached = bool(kept)  # the engine has answered once in this soak
        self._broken = bool(kept)  # nobody listened for a while
        self._told: dict[tuple[str, str], int] = {}
        self._notes: list[tuple[float, str]] = []
        self._noted = ""
        self._stream: Optional[Stream] = None
        self._connected = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, daemon=True)
        self.kept: dict[str, Any] = self._counts.state

    def start(self) -> None:
        """Begin to follow."""
        if not self._reached:
            self._counts.begin(self._clock())
        self._thread.start()

    def stop(self) -> None:
        """End; what the engine told until now has been counted."""
        self._stop.set()
        with self._lock:
            stream = self._stream
            self._counts.gaps += self._reached and stream is None  # what came after the last connection is not known
        if stream:
            stream.end()
        self._thread.join(10.0)

    def drain(self) -> tuple[list[Row], list[tuple[float, str]]]:
        """Counts that have changed, and notes, since the last call; nothing before the engine has been reached once."""
        at = self._wall()
        with self._lock:
            # What was asked for again at the beginning has been read by then.
            if self._stream and self._clock() - self._connected > 2 * DELAY:
                self._counts.known_until(self._clock() - DELAY)
            found = {(metric, name): number for metric, name, number in self._counts.rows()}
            if self._reached:
                # As long as nobody listens, something may be missed: that is said until it is known better.
                found["soak.event_gaps", ""] = self._counts.gaps + (self._stream is None and not self._stop.is_set())
            rows: list[Row] = []
            for (metric, name), number in found.items():
                if self._told.get((metric, name)) != number:
                    rows.append((metric, {"container": name} if name else {}, at, float(number)))
            self._told = found
            notes, self._notes = self._notes, []
            self.kept = self._counts.state
        return rows, notes

    def _loop(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow()
                self._note("the engine ended its stream of events")
            except (ServiceError, OSError, ValueError, TypeError, AttributeError, http.client.HTTPException) as error:
                self._note(str(error))
            self._broken = True
            self._stop.wait(PAUSE)

    def _follow(self) -> None:
        filters = quote(json.dumps({"type": ["container"], "event": list(METRICS)}))
        stream = self._engine.stream(f"/events?since={_moment(self._counts.since)}&filters={filters}")
        try:
            names = [entry["Names"][0].lstrip("/") for entry in self._engine.containers(self._projects)]
            remembered = self._remembered() if self._broken else []
            with self._lock:
                if self._broken:
                    self._counts.check(remembered)
                self._reached = True
                self._counts.know(names)
                self._noted = ""
                self._stream, self._connected = stream, self._clock()
            for line in stream.lines():
                with self._lock:
                    self._counts.take(json.loads(line))
        finally:
            with self._lock:
                self._stream = None
            stream.close()

    def _remembered(self) -> list[dict[str, Any]]:
        """All events that the engine still has in its memory."""
        stream = self._engine.stream(f"/events?since=1&until={_moment(self._clock())}")
        try:
            return [json.loads(line) for line in stream.lines()]
        finally:
            stream.close()

    def _note(self, text: str) -> None:
        """Say what is new: an engine that stays away would fill the notes."""
        if not self._stop.is_set() and text != self._noted:
            self._noted = text
            with self._lock:
                self._notes.append((self._wall(), text))


def _moment(nanoseconds: int) -> str:
    return f"{nanoseconds // 10**9}.{nanoseconds % 10**9:09d}"
