# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The built-in load: an open model, so that a slow service makes requests late, never fewer. Threads, standard library."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...core.errors import StagegateError
from ...core.eyes.api_journey import Step
from ...core.soak.load_schedule import arrivals
from ...core.soak.soak_plan import Load
from ..eyes.journey import StepResult, walk
from ..web.http_session import CookieJar, HttpSession

LATE = 1.0  # seconds after its intended start at which a journey counts as one that the generator could not send in time


@dataclass
class Tally:
    """What happened since the last `drain`: counts, durations with their unix times, texts of failures."""

    requests: int = 0
    errors: int = 0
    saturated: int = 0
    durations: list[tuple[float, float]] = field(default_factory=list)
    failures: list[tuple[float, str]] = field(default_factory=list)


class LoadGenerator:
    """Sends the mix of journeys at a constant rate until it is stopped."""

    def __init__(
        self, load: Load, secrets: Mapping[str, str], wall: Callable[[], float], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._load = load
        self._secrets = secrets
        self._wall = wall
        self._clock = clock
        self._jar = CookieJar()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._tally = Tally()
        self._due: queue.Queue[tuple[float, int, int]] = queue.Queue(maxsize=load.workers * 8)
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Log in, then begin: one thread keeps the schedule, one renews the login, `workers` send."""
        jobs = [self._schedule, *[self._work] * self._load.workers]
        if self._load.session:
            self._log_in()
            jobs.append(self._renew)
        self._threads = [threading.Thread(target=job, daemon=True) for job in jobs]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send nothing more; wait for what is under way, at most the time limit of a request."""
        self._stop.set()
        for thread in self._threads:
            thread.join(self._load.timeout + 1)

    def drain(self) -> Tally:
        """Everything since the last call."""
        with self._lock:
            tally, self._tally = self._tally, Tally()
        return tally

    def _schedule(self) -> None:
        mix = self._load.mix
        began = self._clock()
        plan = arrivals([entry.weight for entry in mix], [len(entry.steps) for entry in mix], self._load.rate)
        for number, (offset, chosen) in enumerate(plan):
            wait = began + offset - self._clock()
            if wait > 0 and self._stop.wait(wait):
                return
            if self._stop.is_set():
                return
            try:
                self._due.put_nowait((began + offset, chosen, number))
                unsent = wait < -LATE
            except queue.Full:
                unsent = True
            if unsent:
                self._count_saturated(len(mix[chosen].steps))

    def _work(self) -> None:
        sessions: dict[str, HttpSession] = {}
        try:
            while not self._stop.is_set():
                try:
                    intended, chosen, number = self._due.get(timeout=0.2)
                except queue.Empty:
                    continue
                journey = self._load.mix[chosen]
                session = sessions.setdefault(journey.base_url, HttpSession(journey.base_url, self._load.timeout))
                session.cookies = self._jar
                self._walk(session, journey.steps, intended, {"unique": f"{int(self._wall() * 1000):x}-{number}"})
        finally:
            for session in sessions.values():
                session.close()

    def _renew(self) -> None:
        while not self._stop.wait(self._load.session_every):
            self._log_in()

    def _log_in(self) -> None:
        with HttpSession(self._load.base_url or self._load.mix[0].base_url, self._load.timeout) as session:
            results = self._walk(session, self._load.session, self._clock(), {})
        if results and all(result.ok for result in results):
            self._jar = session.cookies

    def _walk(self, session: HttpSession, steps: Sequence[Step], intended: float, saved: Mapping[str, Any]) -> list[StepResult]:
        late = max(0.0, self._clock() - intended)

        def observe(result: StepResult) -> None:
            nonlocal late
            self._count(result, late)
            late = 0.0  # the second step is meant to start when the first has its answer

        try:
            return walk(session, steps, self._secrets, saved, observe)
        except StagegateError as error:
            self._count(StepResult("load", None, 0.0, (str(error),)), late)
            return []

    def _count(self, result: StepResult, late: float) -> None:
        at = self._wall()
        with self._lock:
            self._tally.requests += 1
            # A refused connection took no time worth a percentile; an answer, or waiting for one in vain, did.
            if result.status is not None or result.seconds >= self._load.timeout * 0.9:
                self._tally.durations.append((at, result.seconds + late))
            if not result.ok:
                self._tally.errors += 1
                self._tally.failures += [(at, text[:300]) for text in result.failures[:1]]

    def _count_saturated(self, requests: int) -> None:
        with self._lock:
            self._tally.saturated += requests
