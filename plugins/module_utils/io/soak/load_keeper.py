# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where worker.pyz begins: keeps locust's workers on a host that only sends load, until the deadline or until it is asked to stop.

Run as `python3 worker.pyz <folder>`. A worker that ends, because the master was started again or for whatever else, is started again
and tries to reach the master: nothing is sent before it has. When this process dies its workers die with it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Optional

from ...core.eyes.api_journey import without_secrets
from ..system.child_program import ChildProgram
from ..system.process_lock import Lock
from .load_programs import PAUSE_SECONDS, variables_of
from .soak_files import SoakFolder
from .soak_loop import say


class KeptWorker:
    """One worker; `argv` starts with its program, `variables` are its environment."""

    def __init__(self, argv: Sequence[str], variables: Mapping[str, str], folder: str, secrets: Mapping[str, str]) -> None:
        self._secrets = secrets
        self._make: Callable[[], ChildProgram] = lambda: ChildProgram(argv, variables, folder, lambda _line: None)
        self._child: Optional[ChildProgram] = None
        self._due = 0.0

    def look(self, now: float) -> None:
        """Start it when it does not run; `now` (seconds of any clock) is when."""
        if self._child and not self._child.alive():
            say(f"a worker ended: {without_secrets(self._child.last_words(), self._secrets)[:300]}")
            self._child, self._due = None, now + PAUSE_SECONDS
        if not self._child and now >= self._due:
            self._child = self._make()
            self._child.start()

    def end(self, seconds: float) -> None:
        """End it; it has so many seconds to do it itself."""
        if self._child:
            self._child.end(seconds)


def keep(folder: str, stop: threading.Event) -> int:
    """Keep the workers that worker.json of the folder names; ends at once when another keeper of the folder lives."""
    lock = Lock(os.path.join(folder, "keeper.lock"))
    if not lock.take():
        return 0
    files = SoakFolder(folder)
    kept, hidden = files.json("worker.json"), files.json("secrets.json")
    secrets = hidden["secrets"]
    workers = [
        KeptWorker(one["argv"], variables_of(secrets, one["part"], hidden["key"]), folder, secrets) for one in kept["workers"]
    ]  # fmt: skip
    # From here on no clock that somebody sets moves the deadline.
    ends = time.monotonic() + float(kept["ends_at"]) - time.time()
    try:
        # A folder that somebody has removed has no workers any more.
        while time.monotonic() < ends and files.has("keeper.lock") and not files.has("STOP"):
            for worker in workers:
                worker.look(time.monotonic())
            if stop.wait(0.2):
                break
    finally:
        files.forget_secrets()
        for worker in workers:
            worker.end(float(kept["grace_seconds"]))
    return 0


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Entry point of worker.pyz."""
    arguments = list(sys.argv if argv is None else argv)
    if len(arguments) != 2:
        say("usage: worker.pyz <folder of the workers>")
        return 2
    os.umask(0o077)
    stop = threading.Event()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_what: stop.set())
    return keep(arguments[1], stop)
