# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A shop that counts what it answers, and loads of k6 and locust on it; for tests."""

from __future__ import annotations

import collections
import contextlib
import http.server
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_plan import parse_plan
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.foreign_load import ForeignLoad
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.load import Tally

PASSWORD = "a word only the environment knows"
SLOW = 1.0


def program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")]))
    if not found:
        pytest.skip(f"{name} is not installed")
    return found


class Shop(http.server.BaseHTTPRequestHandler):
    """Knows a login by cookie, and counts what it answers by path and status."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[collections.Counter[tuple[str, int]]] = collections.Counter()
    clients: ClassVar[collections.Counter[str]] = collections.Counter()  # by address
    lock = threading.Lock()

    def do_GET(self) -> None:
        if self.path == "/slow":
            time.sleep(SLOW)
        inside = "sid=in" in self.headers.get("Cookie", "")
        known = self.path in ("/page", "/slow") or (self.path in ("/private", "/things/7%20a") and inside)
        self.answer(200 if known else 404, b'{"user": {"name": "demo"}}')

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/login":
            self.answer(200 if sent == {"password": PASSWORD} else 401, b"{}", "sid=in", "csrf=token")
        else:
            allowed = self.headers.get("X-CSRF") == "token" and sent["name"].startswith("thing ")
            self.answer(201 if allowed else 403, b'{"id": "7 a"}')

    def answer(self, status: int, body: bytes, *cookies: str) -> None:
        with Shop.lock:
            Shop.seen[self.path, status] += 1
            Shop.clients[self.client_address[0]] += 1
        self.send_response(status)
        for cookie in cookies:
            self.send_header("Set-Cookie", f"{cookie}; Path=/; HttpOnly")
        self.send_header("Content-Length", str(len(body)))
        with contextlib.suppress(ConnectionError):  # who was killed reads no answer
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        pass


@contextlib.contextmanager
def serving(host: str) -> Iterator[str]:
    """The shop at an address of this machine; the URL under which it answers."""
    Shop.seen.clear()
    Shop.clients.clear()
    server = http.server.ThreadingHTTPServer((host, 0), Shop)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{host}:{server.server_port}"
    server.shutdown()
    server.server_close()


MIX = [
    {"weight": 6, "steps": [{"request": "GET /page"}]},
    {"weight": 3, "steps": [{"request": "GET /private", "expect_json": {"user.name": "demo"}}]},
    {
        "weight": 1,
        "steps": [
            {"request": "POST /things", "json": {"name": "thing {unique}"}, "expect": 201, "save": {"id": "id"}},
            {"request": "GET /things/{id}"},
        ],
    },
]


def raw_load(engine: str, address: str, **changed: Any) -> dict[str, Any]:
    return {
        "engine": engine, "program": program(engine), "base_url": address, "rate_per_second": 22, "workers": 4, "timeout_seconds": 4,
        "csrf": {"cookie": "csrf", "header": "X-CSRF"},
        "session": {"every_seconds": 60, "steps": [{"request": "POST /login", "json": {"password": {"secret": "password"}}}]},
        "mix": MIX, **changed,
    }  # fmt: skip


def load_of(engine: str, address: str, folder: Path, **changed: Any) -> ForeignLoad:
    load = raw_load(engine, address, **changed)
    plan = parse_plan({"run": "r", "duration_seconds": 90, "interval_seconds": 1, "projects": ["p"], "load": load})
    assert plan.load
    return ForeignLoad(plan.load, {"password": PASSWORD}, time.time, str(folder), run="r")


class Drained:
    """All that a load has told since its start."""

    def __init__(self, load: ForeignLoad) -> None:
        self.load = load
        self.all = Tally()

    def look(self) -> Tally:
        tally = self.load.drain()
        for name in ("requests", "errors", "saturated", "durations", "failures"):
            setattr(self.all, name, getattr(self.all, name) + getattr(tally, name))
        return self.all

    def until(self, done: Callable[[Tally], bool], seconds: float = 30.0) -> None:
        ends = time.monotonic() + seconds
        while not done(self.look()):
            assert time.monotonic() < ends, (self.all.requests, self.all.errors, self.all.saturated, self.all.failures)
            time.sleep(0.2)


def senders(folder: str) -> set[int]:
    """The living processes that were started with a script of this folder."""
    found = set()
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().decode().split("\0") if entry.name.isdigit() else []
            if any(word.startswith(folder) and word.endswith((".js", "locustfile.py")) for word in words):
                found.add(int(entry.name))
    return found
