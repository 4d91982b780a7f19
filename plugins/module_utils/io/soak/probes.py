# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asking services whether they answer: on time, whatever the last question came to, and with latency from the intended start."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Optional

from ...core.errors import StagegateError
from ...core.soak.soak_plan import Probe
from ..web.http_session import HttpSession, split_url
from .soak_store import Row

GOOD = range(200, 400)


class Probes:
    """Asks each address every `interval` seconds, each on a thread of its own, so that one that hangs keeps no other waiting.

    `kept` are the counts so far, by service: what an agent that comes back goes on from; it belongs to the rows of the last `drain`.
    """

    def __init__(
        self,
        probes: Sequence[Probe],
        interval: float,
        wall: Callable[[], float],
        kept: Optional[Mapping[str, Any]] = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval = interval
        self._wall = wall
        self._clock = clock
        self._counts = {probe.name: list((kept or {}).get(probe.name, [0, 0])) for probe in probes}
        self._fresh: set[str] = set()
        self._rows: list[Row] = []
        self._down: set[str] = set()
        self._notes: list[tuple[float, str]] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._loop, args=(probe,), daemon=True) for probe in probes]
        self._longest = max((probe.timeout for probe in probes), default=0.0)
        self.kept: dict[str, Any] = {name: list(counts) for name, counts in self._counts.items()}

    def start(self) -> None:
        """Begin asking; what was counted before is told first, so that no question is lost in front of the first count."""
        with self._lock:
            self._rows += self._count_rows(self._counts)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End; questions under way are waited for."""
        self._stop.set()
        for thread in self._threads:
            thread.join(self._longest + 1)

    def drain(self) -> tuple[list[Row], list[tuple[float, str]]]:
        """Counts, times and notes since the last call."""
        with self._lock:
            rows, self._rows = self._rows + self._count_rows(self._fresh), []
            self._fresh = set()
            notes, self._notes = self._notes, []
            self.kept = {name: list(counts) for name, counts in self._counts.items()}
        return rows, notes

    def ask(self, probe: Probe, intended: float) -> None:
        """Ask once; `intended` is when it was to be asked (seconds of the clock)."""
        answered, why = False, ""
        try:
            base, path = split_url(probe.url)
            with HttpSession(base, probe.timeout) as session:
                status = session.request("GET", path).status
            answered, why = status in GOOD, f"it answered {status}"
        except StagegateError as error:
            why = str(error)
        seconds = max(0.0, self._clock() - intended)
        if answered and seconds > probe.timeout:
            answered, why = False, f"its answer took {seconds:.1f} s"
        at = self._wall()
        with self._lock:
            counts = self._counts[probe.name]
            counts[0] += 1
            counts[1] += not answered
            self._fresh.add(probe.name)
            self._rows.append(("probe.duration", {"service": probe.name}, at, seconds))
            # One note for each time that it stops answering.
            if not answered and probe.name not in self._down:
                self._notes.append((at, f"{probe.name} does not answer: {why}"[:300]))
            (self._down.discard if answered else self._down.add)(probe.name)

    def _count_rows(self, names: Iterable[str]) -> list[Row]:
        at = self._wall()
        rows: list[Row] = []
        for name in sorted(names):
            asked, failed = self._counts[name]
            rows += [("probe.requests", {"service": name}, at, float(asked)), ("probe.failed", {"service": name}, at, float(failed))]
        return rows

    def _loop(self, probe: Probe) -> None:
        intended = self._clock()
        while not self._stop.is_set():
            self.ask(probe, intended)
            # A question takes at most the time to the next one: what comes late is told as late, never left out.
            intended += self._interval
            self._stop.wait(max(0.0, intended - self._clock()))
