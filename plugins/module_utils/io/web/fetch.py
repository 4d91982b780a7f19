# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One document over HTTP: bounded in size and in whole time, also from a server that sends a byte now and then."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from types import TracebackType
from urllib.parse import urlsplit

from ...core.errors import ServiceError
from .http_session import Connection, HttpSession, Reply

BYTES_LIMIT = 16 * 1024 * 1024


class _Deadline:
    """Ends every connection that it has seen when the time is over."""

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._timer.cancel()

    def watch(self, connected: socket.socket) -> None:
        """End this connection, too."""
        with self._lock:
            self._sockets.append(connected)
            if self.over:
                _shut(connected)

    def _end(self) -> None:
        with self._lock:
            self.over = True
            for connected in self._sockets:
                _shut(connected)


def _shut(connected: socket.socket) -> None:
    try:
        connected.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it has ended by itself


def fetch(base_url: str, path: str, headers: Mapping[str, str], seconds: float, limit: int = BYTES_LIMIT) -> Reply:
    """GET a document of at most `limit` bytes within `seconds`, whatever its status.

    Raises ServiceError for no answer, a late or too large one, and a redirect to another host; InputError for a bad address.
    """
    parts = urlsplit(base_url)
    host, port = parts.hostname or "", parts.port
    with _Deadline(seconds) as deadline:

        def connect() -> Connection:
            connection: Connection
            if parts.scheme == "https":
                connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=ssl.create_default_context())
            else:
                connection = http.client.HTTPConnection(host, port, timeout=seconds)
            connection.connect()
            deadline.watch(connection.sock)
            return connection

        with HttpSession(base_url, seconds, max_body=limit, connect=connect) as session:
            try:
                reply = session.request("GET", path, headers)
            except ServiceError as error:
                # The path may hold a secret, and the query may be long: only the host is told.
                why = f"not within {seconds:g} s" if deadline.over else error.why
                raise ServiceError("no answer", where=parts.netloc, why=why) from error
        if deadline.over:
            raise ServiceError("no whole answer", where=parts.netloc, why=f"not within {seconds:g} s")
    if reply.truncated:
        raise ServiceError("the answer is too large", where=parts.netloc, why=f"more than {limit} bytes")
    if 300 <= reply.status <= 399:
        why = "a redirect to another host is not followed"
        raise ServiceError(f"it answered {reply.status}", where=parts.netloc, why=why, todo="write the address that it leads to")
    return reply
