"""A shop of two services: pages with the API's public address baked in, and an API that signs in by cookie.

usage: shop.py pages|api PORT

RELEASE is said on the pages and by the API, API_URL is baked into the pages, VARIANT spoils them. Every request is a line on
standard output, so that a test can count who was asked.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

RELEASE, API_URL, VARIANT = (os.environ.get(name, "") for name in ("RELEASE", "API_URL", "VARIANT"))
SPOILED = {
    "console": "console.error('something is undefined')",
    "stranger": "fetch('http://metrics.example/collect', {mode: 'no-cors'}).catch(() => 0)",
    "address": f"fetch('{API_URL}/api/me'.replace('localhost', '127.0.0.1'), {{mode: 'no-cors'}}).catch(() => 0)",
}
LOGIN = """<label for=e>Email</label><input id=e><label for=p>Password</label><input id=p type=password><button>Sign in</button>
<p role=status></p><script>
document.querySelector('button').onclick = async () => {
  const body = JSON.stringify({password: document.getElementById('p').value});
  const headers = {'Content-Type': 'application/json'};
  const answer = await fetch('%(api)s/api/login', {method: 'POST', credentials: 'include', headers, body});
  if (answer.ok) location.assign('/orders'); else document.querySelector('p').textContent = 'Refused';
}</script>"""
ORDERS = """<script>
(async () => {
  const me = await (await fetch('%(api)s/api/me', {credentials: 'include'})).json();
  const token = document.cookie.match(/csrf=([^;]+)/)[1];
  const headers = {'X-CSRF-Token': token};
  const order = await fetch('%(api)s/api/orders', {method: 'POST', credentials: 'include', headers});
  document.querySelector('h1').textContent = `Orders at ${me.release}, ${order.status}`;
})()</script>"""


class Shop(BaseHTTPRequestHandler):
    """What both services share."""

    protocol_version = "HTTP/1.1"

    def answer(self, status: int, body: str, kind: str, headers: dict[str, list[str]]) -> None:
        raw = body.encode()
        self.send_response(status)
        for name, values in {**headers, "Content-Type": [kind], "Content-Length": [str(len(raw))]}.items():
            for value in values:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, _form: str, *_values: object) -> None:
        print(f"{self.command} {self.path} host={self.headers.get('Host')} proto={self.headers.get('X-Forwarded-Proto', '')}", flush=True)


class Pages(Shop):
    """Sign in, and see the orders."""

    def do_GET(self) -> None:
        body = {"/login": LOGIN, "/orders": ORDERS, "/health": "", "/favicon.ico": ""}.get(self.path)
        title = f"Shop {RELEASE}"
        spoiled = f"<script>{SPOILED.get(VARIANT, '')}</script>"
        text = f"<!doctype html><html lang=en><title>{title}</title><h1>{title}</h1>{(body or '') % {'api': API_URL}}{spoiled}</html>"
        self.answer(404 if body is None else 200, text, "text/html; charset=utf-8", {})


class Api(Shop):
    """Login by cookie; orders want the cookie's token in a header. Pages of another origin are let in by CORS."""

    sessions: ClassVar[dict[str, str]] = {}

    def tell(self, status: int, told: object, *cookies: str) -> None:
        headers = {
            "Access-Control-Allow-Origin": [self.headers.get("Origin", "null")],
            "Access-Control-Allow-Credentials": ["true"],
            "Access-Control-Allow-Headers": ["content-type, x-csrf-token"],
            "Set-Cookie": list(cookies),
        }
        self.answer(status, json.dumps(told), "application/json", headers)

    def token(self) -> str:
        pairs = dict(pair.strip().partition("=")[::2] for pair in self.headers.get("Cookie", "").split(";"))
        return self.sessions.get(pairs.get("session", ""), "")

    def do_OPTIONS(self) -> None:
        self.tell(204, "")

    def do_GET(self) -> None:
        if self.path == "/health":
            return self.tell(200, "ok")
        return self.tell(200 if self.token() else 401, {"release": RELEASE})

    def do_POST(self) -> None:
        given = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        if self.path == "/api/orders":
            return self.tell(201 if self.token() and self.headers.get("X-CSRF-Token") == self.token() else 403, {})
        if VARIANT == "login" or given.get("password") != "open-sesame":
            return self.tell(500 if VARIANT == "login" else 401, {})
        session, token = secrets.token_hex(8), secrets.token_hex(8)
        self.sessions[session] = token
        secure = "; Secure" if self.headers.get("X-Forwarded-Proto") == "https" else ""
        return self.tell(200, {}, f"session={session}; HttpOnly; Path=/; SameSite=Lax{secure}", f"csrf={token}; Path=/{secure}")


def main() -> None:
    """Serve until told to stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    service = {"pages": Pages, "api": Api}[sys.argv[1]]
    ThreadingHTTPServer((os.environ.get("BIND", "127.0.0.1"), int(sys.argv[2])), service).serve_forever()


if __name__ == "__main__":
    main()
