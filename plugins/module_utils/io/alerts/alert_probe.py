# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A test alert: sent through the notifier's own path, and looked for where it must arrive."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional
from urllib.parse import urlsplit

from ...core.errors import InputError, ServiceError, StagegateError
from ..web.http_session import HttpSession, split_url
from ..web.webhook import post_json

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MAX_BODY = 64 * 1024


@dataclass(frozen=True)
class AlertSeen:
    """What became of a test alert; `why` is empty when it arrived."""

    received: bool
    seconds: float
    via: str
    why: str = ""


@dataclass
class AlertSink:
    """A receiver on the loopback interface, for as long as the `with` block lasts. It keeps what it is sent."""

    port: int = 0
    bodies: list[str] = field(default_factory=list)
    _server: Optional[http.server.ThreadingHTTPServer] = None

    def __enter__(self) -> AlertSink:
        bodies = self.bodies

        class Receive(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = self.headers.get("Content-Length", "0")
                size = min(int(length), MAX_BODY) if length.isdigit() else 0
                bodies.append(self.rfile.read(size).decode("utf-8", "replace"))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_arguments: Any) -> None:
                """Say nothing: the module's output is its result."""

        try:
            self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Receive)
        except OSError as error:
            raise ServiceError(
                "the alert sink cannot listen", where=f"127.0.0.1:{self.port}", why=str(error), todo="choose a free port"
            ) from error
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


def through_sink(url: str, alert: Mapping[str, Any], marker: str, timeout: float) -> AlertSeen:
    """Send the alert to an own sink: at `url` (a loopback address), or on any free port when `url` is empty."""
    parts = urlsplit(url)
    if url and (parts.hostname not in LOOPBACK or not parts.port):
        raise InputError(
            "the alert sink listens on this host only",
            where="webhook_url",
            why=f"{parts.hostname} is another host, or the port is missing",
            todo="give receipt_url, where arrived alerts can be read, or leave webhook_url empty",
        )
    with AlertSink(parts.port or 0) as sink:
        target = url or f"http://127.0.0.1:{sink.port}/alerts"
        return _sent(target, alert, timeout, "own sink on the staging host", lambda: any(marker in b for b in sink.bodies))


def through_receiver(url: str, receipt_url: str, alert: Mapping[str, Any], marker: str, timeout: float) -> AlertSeen:
    """Send the alert to the team's webhook and read `receipt_url` until the marker is seen there."""
    base, path = split_url(receipt_url)

    def arrived() -> bool:
        with HttpSession(base, min(timeout, 10.0)) as session:
            return marker in session.request("GET", path).text

    return _sent(url, alert, timeout, base, arrived)


def _sent(url: str, alert: Mapping[str, Any], timeout: float, via: str, arrived: Callable[[], bool]) -> AlertSeen:
    started = time.monotonic()
    why = f"it did not arrive within {timeout:g} s"
    try:
        post_json(url, alert, min(timeout, 10.0))
        while time.monotonic() - started < timeout:
            if arrived():
                return AlertSeen(True, round(time.monotonic() - started, 3), via)
            time.sleep(0.2)
    except InputError:
        raise
    except StagegateError as error:
        why = f"{error.what}: {error.why}" if error.why else error.what
    return AlertSeen(False, round(time.monotonic() - started, 3), via, why)
