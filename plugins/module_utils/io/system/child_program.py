# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A program that runs beside us: its lines are handed on as they come, its last words kept, its whole group ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Optional

LINE_BYTES = 64 * 1024  # a longer line is cut into lines of this length


class ChildProgram:
    """One process in a session of its own."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str], folder: str, take: Callable[[str], None]) -> None:
        self._argv = list(argv)
        self._environment = dict(environment)
        self._folder = folder
        self._take = take
        self._words: deque[str] = deque(maxlen=5)
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._readers: list[threading.Thread] = []

    def start(self) -> None:
        """Start it; one that cannot be started counts as ended."""
        try:
            self._process = subprocess.Popen(  # pylint: disable=ansible-bad-function
                self._argv, env=self._environment, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            self._words.append(str(error))
            return
        streams = ((self._process.stdout, self._take), (self._process.stderr, self._words.append))
        self._readers = [threading.Thread(target=_read, args=(stream, take), daemon=True) for stream, take in streams if stream]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        """Its process id, 0 when it never ran."""
        return self._process.pid if self._process else 0

    def alive(self) -> bool:
        """True while it runs."""
        return self._process is not None and self._process.poll() is None

    def last_words(self) -> str:
        """What it said last on its error output, and how it ended."""
        for reader in self._readers:
            reader.join(1.0)
        code = self._process.poll() if self._process else None
        return " / ".join([*(word.strip() for word in self._words if word.strip()), f"exit code {code}"])

    def end(self, seconds: float) -> None:
        """Ask it to end, kill its group after `seconds`, read what it still said."""
        if not self._process:
            return
        # Not SIGINT: who is started in the background of a shell ignores that one, and so do all its children.
        for what, wait in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5.0)):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, what)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(wait)
        for reader in self._readers:
            reader.join(2.0)


def _read(stream: IO[bytes], take: Callable[[str], None]) -> None:
    with contextlib.suppress(OSError, ValueError), stream:
        for raw in iter(lambda: stream.readline(LINE_BYTES), b""):
            take(raw.decode("utf-8", "replace"))
