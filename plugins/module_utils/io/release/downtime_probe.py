# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The process of the downtime meter: it asks the public addresses at a constant rate until it is told to end, or its time is over.

Standard library only: it runs on the staging host, from a zip file, detached from whoever started it.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, Callable, Optional, TextIO
from urllib.parse import urlsplit

from ...core.release.downtime import DROPPED, FAILED, GOOD, Answer, MeterPlan, end_line, line_of, parse_plan
from ..system.process_lock import Lock

MAX_BODY = 4 * 1024 * 1024
HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,12})[ \t]*\r?$", re.I | re.M)
CHUNKED = re.compile(rb"^transfer-encoding:.*chunked", re.I | re.M)
LOOK_SECONDS = 1.0  # how often results are written and the plan's file is looked at

# Asks one address within so many seconds: an empty text for a good answer, else what was wrong with it.
Ask = Callable[[str, float], str]


def ask(url: str, timeout: float) -> str:
    """GET on a new connection; good is a whole answer with a status below 400.

    Read by hand: http.client takes twice the processor time, and a meter must not be seen in what it measures.
    """
    host, port, request, secure = _target(url)
    try:
        with socket.create_connection((host, port), timeout) as plain:
            if not secure:
                return _exchange(plain, request)
            with _tls().wrap_socket(plain, server_hostname=host) as wrapped:
                return _exchange(wrapped, request)
    except (OSError, ValueError, IndexError) as error:
        return f"{type(error).__name__}: {error}"[:200]


def _exchange(connection: socket.socket, request: bytes) -> str:
    connection.sendall(request)
    said = bytearray()
    while not _is_whole(said):
        chunk = connection.recv(65536)
        said += chunk
        if not chunk:
            break
        if len(said) > MAX_BODY:
            return f"the answer is larger than {MAX_BODY} bytes"
    head, rest, body = bytes(said).partition(HEAD_END)
    if not rest:
        return "the connection was closed before the answer"
    if not head.startswith(b"HTTP/1.") or _lacks(head, body):
        return "the answer was cut off"
    status = int(head.split(None, 2)[1])
    return "" if 200 <= status < 400 else f"status {status}"


def _is_whole(said: bytearray) -> bool:
    """True when nothing more can come; an answer without a length ends with its connection."""
    head, rest, body = bytes(said).partition(HEAD_END)
    return bool(rest) and (LENGTH.search(head) is not None or CHUNKED.search(head) is not None) and not _lacks(head, body)


def _lacks(head: bytes, body: bytes) -> bool:
    """True when the answer says that it is longer than what there is."""
    if CHUNKED.search(head):
        return not body.endswith(b"0\r\n\r\n")
    length = LENGTH.search(head)
    return length is not None and len(body) < int(length.group(1))


@lru_cache(maxsize=64)
def _target(url: str) -> tuple[str, int, bytes, bool]:
    """Host, port and request of an address, and whether it is a secure one."""
    parts = urlsplit(url)
    secure, path = parts.scheme == "https", (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"GET {path} HTTP/1.1", f"Host: {parts.netloc.rpartition('@')[2]}", "User-Agent: stagegate-downtime-meter", "Accept: */*"]
    request = "\r\n".join([*lines, "Connection: close", "", ""]).encode("ascii")
    return parts.hostname or "", parts.port or (443 if secure else 80), request, secure


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class Probe:
    """One measurement. `asker` and `clock` (monotonic seconds) are parameters; answers are written to `out` as JSON lines."""

    def __init__(self, plan: MeterPlan, out: TextIO, asker: Ask = ask, clock: Callable[[], float] = time.monotonic) -> None:
        self._plan = plan
        self._out = out
        self._ask = asker
        self._clock = clock
        self._started = clock()
        self._ends = self._started + plan.deadline
        self._asked_to_end = threading.Event()
        self._answers: list[Answer] = []
        self._open: dict[int, threading.Thread] = {}

    def end(self, *_signal: Any) -> None:
        """Ask it to end; also a signal handler."""
        self._asked_to_end.set()

    def renew(self) -> None:
        """Let the deadline begin anew."""
        self._ends = self._clock() + self._plan.deadline

    def run(self, look: Callable[[], None] = lambda: None) -> None:
        """Send until asked to end or the time is over; `look` is called about every second."""
        number, next_look = 0, LOOK_SECONDS
        while self._wait_for(self._plan.due(number)):
            self._send(number)
            number += 1
            if self._elapsed() >= next_look:
                next_look = self._elapsed() + LOOK_SECONDS
                self._write()
                look()
        asked, seconds = self._asked_to_end.is_set(), self._elapsed()
        self._finish(seconds if asked else None)

    def _wait_for(self, due: float) -> bool:
        """Wait until that second after the start; False when there is nothing more to be sent."""
        now = self._clock()
        if self._asked_to_end.wait(max(0.0, self._started + due - now)):
            return False
        return self._clock() < self._ends

    def _send(self, number: int) -> None:
        due, url = self._plan.due(number), self._plan.url(number)
        late = self._elapsed() - due
        crowd = self._plan.rate * self._plan.timeout * 2
        if late > self._plan.late or len(self._open) > crowd:
            why = f"it could be sent {late:.2f} s late only" if late > self._plan.late else "too many requests were open"
            self._answers.append(Answer(due, url, DROPPED, 0.0, why))
            return
        thread = threading.Thread(target=self._request, args=(number, due, url), daemon=True)
        self._open[number] = thread
        thread.start()

    def _request(self, number: int, due: float, url: str) -> None:
        wrong = self._ask(url, self._plan.timeout)
        seconds = self._elapsed() - due
        if not wrong and seconds > self._plan.timeout + self._plan.late:
            wrong = f"answered after {seconds:.1f} s"
        self._answers.append(Answer(due, url, FAILED if wrong else GOOD, seconds, wrong))
        self._open.pop(number, None)

    def _finish(self, asked: Optional[float]) -> None:
        """Wait for the open answers; those that do not come are failures. Only who was asked to end writes the end line."""
        patience = self._clock() + self._plan.timeout + 1.0
        for number, thread in list(self._open.items()):
            thread.join(max(0.0, patience - self._clock()))
            unanswered = self._open.pop(number, None)
            if unanswered is not None:
                due = self._plan.due(number)
                self._answers.append(Answer(due, self._plan.url(number), FAILED, self._elapsed() - due, "no answer"))
        self._write()
        if asked is not None:
            self._out.write(end_line(asked))
            self._out.flush()

    def _write(self) -> None:
        ready, self._answers = self._answers, []
        self._out.write("".join(line_of(answer) for answer in ready))
        self._out.flush()

    def _elapsed(self) -> float:
        return self._clock() - self._started


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """`meter.pyz <path without suffix>`: reads <path>.json, holds <path>.lock while it lives, writes <path>.jsonl."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if len(given) != 1:
        sys.stderr.write("usage: meter.pyz PATH\n")
        return 2
    path = given[0]
    with open(f"{path}.json", encoding="utf-8") as stream:
        plan = parse_plan(json.load(stream)["plan"])
    lock = Lock(f"{path}.lock")
    if not lock.take():
        return 1
    _prefer()
    handle = os.open(f"{path}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        probe = Probe(plan, out)
        signal.signal(signal.SIGTERM, probe.end)
        # A newer start renews the deadline by touching the file of the plan.
        seen = [os.stat(f"{path}.json").st_mtime]

        def look() -> None:
            changed = os.stat(f"{path}.json").st_mtime
            if changed != seen[0]:
                seen[0] = changed
                probe.renew()

        probe.run(look)
    return 0


def _prefer() -> None:
    """A meter that waits for a busy processor measures the processor: it is given way where that is allowed."""
    with suppress(OSError):
        os.nice(-10)
