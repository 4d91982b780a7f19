#!/usr/bin/env python3
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A tiny application: login with a CSRF cookie, one resource, cache counters. `tiny_app.py <port>`; /broken answers 500."""

import http.server
import itertools
import json
import sys

HITS = itertools.count(1)


class App(http.server.BaseHTTPRequestHandler):
    """Answers of the application."""

    protocol_version = "HTTP/1.1"

    def answer(self, status: int, document: object, cookie: str = "") -> None:
        """Send a JSON document."""
        body = json.dumps(document).encode()
        self.send_response(status)
        if cookie:
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def allowed(self) -> bool:
        """True when the CSRF header repeats the cookie."""
        return self.headers.get("X-CSRF-Token") == "t1" and "csrf_token=t1" in self.headers.get("Cookie", "")

    def do_GET(self) -> None:
        """Read."""
        known = {"/health": {"status": "ok"}, "/page": "Sign in"}
        if self.path == "/cache":
            self.answer(200, {"hits": next(HITS), "misses": 1})
        else:
            self.answer(200 if self.path in known else 500, known.get(self.path))

    def do_POST(self) -> None:
        """Log in, or make something."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == "/login":
            right = b"canary-5f3a" in body
            self.answer(200 if right else 401, {}, "csrf_token=t1; Path=/" if right else "")
        else:
            self.answer(201 if self.allowed() else 403, {"id": 7})

    def do_DELETE(self) -> None:
        """Remove something."""
        self.answer(200 if self.allowed() else 403, {})

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), App).serve_forever()
