# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The load, sent by k6 or locust: started, read while it runs, started again when it dies.

What the schedule demands and the program reports neither as sent nor as dropped is counted as saturated: a program that died,
hangs or begins late is never a quiet hour.
"""

from __future__ import annotations

import ipaddress
import math
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Optional

from ...core.eyes.api_journey import without_secrets
from ...core.soak.k6_script import k6_script
from ...core.soak.load_lines import LoadLine, k6_line, locust_line
from ...core.soak.load_table import load_key, table_of
from ...core.soak.locust_file import locust_file, lone_words, master_words, worker_words
from ...core.soak.soak_plan import LOOPBACK, Load
from ..system.child_program import ChildProgram
from ..system.files import write_atomic
from .load import LoadGenerator, Tally
from .load_programs import PAUSE_SECONDS, program_of, variables_of
from .soak_senses import LoadSense

READY_SECONDS = 60.0  # in which a program has to begin; from then on what it does not send is missed
GRACE_SECONDS = 5.0  # beyond the time limits of a journey, for what is under way
REMOTE_SECONDS = 60.0  # that workers of other hosts have beyond that
RETURN_SECONDS = 15.0  # in which workers have to be back when their master was started again


def check_engine(load: Optional[Load], supervisor: str) -> None:
    """Before a soak begins: raises InputError when its load's program is not there. A container has programs of its own."""
    if load and load.engine != "builtin" and supervisor != "container":
        program_of(load)


def load_sense(load: Load, secrets: Mapping[str, str], wall: Callable[[], float], folder: str, run: str = "") -> LoadSense:
    """What sends the load of a plan; `folder` is for the script of a foreign engine."""
    if load.engine == "builtin":
        return LoadGenerator(load, secrets, wall)
    return ForeignLoad(load, secrets, wall, folder, run=run)


class ForeignLoad:
    """Sends the mix of journeys by k6 or locust until it is stopped."""

    def __init__(
        self,
        load: Load,
        secrets: Mapping[str, str],
        wall: Callable[[], float],
        folder: str,
        clock: Callable[[], float] = time.monotonic,
        run: str = "",
    ) -> None:
        self._load = load
        self._secrets = secrets
        self._wall = wall
        self._clock = clock
        self._folder = folder
        self._mean = float(table_of(load)["mean_requests"])
        self._read = k6_line if load.engine == "k6" else locust_line
        self._slack = max(len(journey.steps) for journey in load.mix) * load.timeout + GRACE_SECONDS
        self._key = load_key(run, load, secrets) if load.remote_workers else ""
        self._patience = READY_SECONDS + (REMOTE_SECONDS if load.remote_workers else 0.0)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._tally = Tally()
        self._programs: list[ChildProgram] = []
        self._ready: set[int] = set()  # which of the programs that now run have begun to send
        self._began: Optional[float] = None  # when the schedule began (seconds of the clock)
        self._heard: Optional[float] = None  # when the first of them said so
        self._settled = False  # all of them have begun once, or one of them is gone again
        self._accounted = 0.0  # requests of the schedule that were sent, dropped or missed
        self._part = 0.0  # of a saturated request, not counted yet
        self._launched = 0.0
        self._keeper: Optional[threading.Thread] = None

    def start(self) -> None:
        """Start the program, and a thread that starts it again. Raises InputError when there is none."""
        program = program_of(self._load)
        self._write()
        self._launched = self._clock()
        self._launch(program, max(1.0, self._patience - RETURN_SECONDS))
        self._keeper = threading.Thread(target=self._keep, args=(program,), daemon=True)
        self._keeper.start()

    def stop(self) -> None:
        """End the program; it has the time limit of a request to do so."""
        self._count_missing()
        self._stop.set()
        if self._keeper:
            self._keeper.join(self._load.timeout + 10)
        self._end()

    def drain(self) -> Tally:
        """Everything since the last call."""
        self._count_missing()
        with self._lock:
            tally, self._tally = self._tally, Tally()
        return tally

    def processes(self) -> list[int]:
        """The process ids of what sends now."""
        return [child.pid for child in self._programs if child.pid]

    def _write(self) -> None:
        if self._load.engine == "k6":
            text = k6_script(self._load)
        else:
            # Where these very modules come from: the agent's zip file, or the collection.
            package, parts = __name__.rsplit(".", 3)[0], __name__.count(".") + 1
            text = locust_file(self._load, os.path.abspath(__file__).rsplit(os.sep, parts)[0], package)
        write_atomic(self._script(), text)

    def _script(self) -> str:
        return os.path.join(self._folder, "load.js" if self._load.engine == "k6" else "locustfile.py")

    def _launch(self, program: str, patience: float = RETURN_SECONDS) -> None:
        self._ready = set()
        patience = patience if self._load.remote_workers else 0.0
        self._programs = [
            ChildProgram([program, *argv], variables_of(self._secrets, part, self._key, patience), self._folder, self._take)
            for argv, part in self._commands()
        ]
        for child in self._programs:
            child.start()

    def _commands(self) -> list[tuple[list[str], str]]:
        """The words of each process, and its share of the schedule."""
        if self._load.engine == "k6":
            return [(["run", "--quiet", "--no-summary", "--no-thresholds", "--no-usage-report", "--address", "", "--out", "json=-",
                      self._script()], "0/1")]  # fmt: skip
        load = self._load
        if load.senders == 1 and not load.remote_workers:
            return [(lone_words(self._script(), load), "0/1")]
        port = load.port or _free_port()
        worker = worker_words(self._script(), LOOPBACK if ipaddress.ip_address(load.bind).is_unspecified else load.bind, port)
        # Those of other hosts have the shares after ours.
        workers = [(worker, f"{number}/{load.senders}") for number in range(load.processes)]
        return [(master_words(self._script(), load, load.bind, port), "0/1"), *workers]

    def _keep(self, program: str) -> None:
        while not self._stop.wait(0.2):
            dead = [child for child in self._programs if not child.alive()]
            if not dead:
                continue
            said = without_secrets(dead[0].last_words(), self._secrets)[:300]
            self._end()
            with self._lock:
                self._ready = set()
                self._tally.failures.append((self._wall(), f"the load program {self._load.engine} ended in mid-soak: {said or 'no word'}"))
            if not self._stop.wait(PAUSE_SECONDS):
                self._launch(program)

    def _end(self) -> None:
        for child in self._programs:
            child.end(self._load.timeout + 2)

    def _take(self, line: str) -> None:
        found = self._read(line, self._mean)
        if not found:
            return
        at = self._wall()
        with self._lock:
            if found.ready:
                self._ready.discard(found.part)  # one that begins again was away
                self._miss()
                self._ready.add(found.part)
                self._heard = self._clock() if self._heard is None else self._heard
                self._began = self._heard if self._began is None else self._began
                self._settled = self._settled or len(self._ready) >= self._load.senders
            if found.gone:
                self._ready.discard(found.part)
                self._settled = True
                said = f"worker {found.part + 1} of {self._load.senders} of the load is gone; what it does not send is counted"
                self._tally.failures.append((at, said))
            if found.note:  # somebody does not come
                self._settled = True
                self._tally.failures.append((at, found.note))
            self._accounted += found.due + found.dropped
            self._saturate(found.dropped)
            if found.request:
                self._count(found, at)

    def _count(self, found: LoadLine, at: float) -> None:
        self._tally.requests += 1
        # A refused connection took no time worth a percentile; an answer, or waiting for one in vain, did.
        if found.status or found.spent >= self._load.timeout * 0.9:
            self._tally.durations.append((at, found.seconds))
        if found.text:
            self._tally.errors += 1
            self._tally.failures.append((at, without_secrets(found.text, self._secrets)))

    def _count_missing(self) -> None:
        """Count what should have been heard of by now and was not."""
        if self._stop.is_set():
            return
        with self._lock:
            self._miss()

    def _miss(self) -> None:
        now = self._clock()
        if self._began is None and now - self._launched > self._patience:
            self._began = self._launched + self._patience
        if self._began is None:
            return
        # The first of all has begun, and the others are about to.
        beginning = not self._settled and self._heard is not None and now - self._heard < self._slack
        complete = len(self._ready) >= self._load.senders or beginning
        slack = self._slack if complete and all(child.alive() for child in self._programs) else 0.0
        missing = (now - self._began - slack) * self._load.rate - self._accounted
        if missing >= 1.0:
            self._accounted += missing
            self._saturate(missing)

    def _saturate(self, requests: float) -> None:
        # A part of a request counts as a whole one at once, and is not counted again.
        self._part += requests
        whole = math.ceil(self._part - 1e-9)
        self._part -= whole
        self._tally.saturated += whole


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
