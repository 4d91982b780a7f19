"""`python scripts/bench/edge_proxies.py name=binary ...`: haproxy, caddy, traefik as the edge, in turn, on the same two servers.

Each is told 20 times to send everything to the other server, by the fastest way that it has, under 200 requests a second on new
connections and eight clients that keep theirs; then a long request and a WebSocket are under way while it is told once more.
Results stand in docs/decisions/edge_proxy.md. `haproxy=docker:<image>` runs it from an image.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "collections"), str(ROOT / "tests/integration")]

from loaded_release import load

EDGE, ADMIN, BLUE, GREEN = 8690, 8691, 8692, 8693
PORTS = {"blue": BLUE, "green": GREEN}
URL = f"http://127.0.0.1:{EDGE}"
SWITCHES = 20


class HAProxy:
    """One line to the runtime socket changes a map."""

    def __init__(self, folder: Path) -> None:
        self._socket = f"{folder}/admin.sock"
        backends = "".join(f"backend {name}\n    server app 127.0.0.1:{port} check inter 1s\n" for name, port in PORTS.items())
        (folder / "active.map").write_text("app blue\n")
        (folder / "proxy.cfg").write_text(
            f"global\n    stats socket {self._socket} mode 600 level admin\n"
            "defaults\n    mode http\n    option http-server-close\n    option redispatch\n    retries 3\n"
            "    timeout connect 2s\n    timeout client 60s\n    timeout server 60s\n    timeout tunnel 1h\n"
            f"frontend edge\n    bind :{EDGE}\n    use_backend %[str(app),map({folder}/active.map)]\n{backends}"
        )
        self.arguments = ["-db", "-f", f"{folder}/proxy.cfg"]
        self._map = f"{folder}/active.map"

    def switch(self, colour: str) -> None:
        """`set map`."""
        with socket.socket(socket.AF_UNIX) as runtime:
            runtime.connect(self._socket)
            runtime.sendall(f"set map {self._map} app {colour}\n".encode())
            runtime.recv(100)


class Caddy:
    """The admin interface takes a changed configuration."""

    def __init__(self, folder: Path) -> None:
        route = {"handle": [{"handler": "reverse_proxy", "@id": "edge", "upstreams": [{"dial": f"127.0.0.1:{BLUE}"}]}]}
        servers = {"edge": {"listen": [f":{EDGE}"], "automatic_https": {"disable": True}, "routes": [route]}}
        told = {"admin": {"listen": f"127.0.0.1:{ADMIN}"}, "apps": {"http": {"servers": servers}}}
        (folder / "caddy.json").write_text(json.dumps(told))
        self.arguments = ["run", "--config", f"{folder}/caddy.json"]

    def switch(self, colour: str) -> None:
        """`PATCH` of the upstreams."""
        body = json.dumps([{"dial": f"127.0.0.1:{PORTS[colour]}"}]).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{ADMIN}/id/edge/upstreams", body, headers, method="PATCH")
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - an address of ours
            answer.read()


class Traefik:
    """A watched file is replaced."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.switch("blue")
        self.arguments = [
            f"--entryPoints.edge.address=:{EDGE}",
            f"--providers.file.filename={folder}/dynamic.yml",
            "--providers.file.watch=true",
            "--providers.providersThrottleDuration=10ms",
            "--global.checkNewVersion=false",
            "--global.sendAnonymousUsage=false",
        ]

    def switch(self, colour: str) -> None:
        """A new file by rename. JSON is YAML, too."""
        router = {"app": {"rule": "PathPrefix(`/`)", "service": "app", "entryPoints": ["edge"]}}
        service = {"app": {"loadBalancer": {"servers": [{"url": f"http://127.0.0.1:{PORTS[colour]}"}]}}}
        fresh = self._folder / "new"
        fresh.write_text(json.dumps({"http": {"routers": router, "services": service}}))
        fresh.rename(self._folder / "dynamic.yml")


KINDS = {"haproxy": HAProxy, "caddy": Caddy, "traefik": Traefik}


def measured(kind: str, binary: str) -> dict[str, Any]:
    """All figures of one proxy."""
    with tempfile.TemporaryDirectory(prefix=f"stagegate-{kind}-") as folder:
        proxy = KINDS[kind](Path(folder))
        argv = [binary]
        if binary.startswith("docker:"):
            argv = ["docker", "run", "--rm", "--init", "--network", "host", "-v", f"{folder}:{folder}", binary[7:], kind]
        with open(f"{folder}/log", "w", encoding="utf-8") as log:
            process = subprocess.Popen([*argv, *proxy.arguments], stdout=log, stderr=log)
        try:
            _wait_for("blue")
            with load(URL) as told:
                took = [_switch(proxy, ("green", "blue")[number % 2]) for number in range(SWITCHES)]
            survivors = _under_way(proxy)
        finally:
            process.terminate()
            process.wait(30)
    figures = {name: told[name] for name in ("requests", "slowest", "p99", "kept_connections")}
    figures["failed"] = {kind: sum(one[1] == kind for one in told["failed"]) for kind in ("new", "kept GET", "kept POST")}
    orders, serving = zip(*took)
    return {**figures, "order": statistics.median(orders), "serving": statistics.median(serving), "worst": max(serving), **survivors}


def _switch(proxy: Any, colour: str) -> tuple[float, float]:
    """Seconds that the order took, and until the first answer of the other server."""
    begun = time.monotonic()
    proxy.switch(colour)
    order = time.monotonic() - begun
    _wait_for(colour)
    serving = time.monotonic() - begun
    time.sleep(0.2)
    return order, serving


def _under_way(proxy: Any) -> dict[str, bool]:
    """Whether a request of two seconds, and a WebSocket, outlive a switch."""
    with ThreadPoolExecutor(1) as pool, socket.create_connection(("127.0.0.1", EDGE), timeout=10) as chat:
        upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg=="
        chat.sendall(f"GET /ws HTTP/1.1\r\nHost: edge\r\n{upgrade}\r\n\r\n".encode())
        assert b" 101 " in chat.recv(4096)
        slow = pool.submit(_answer, "/slow?s=2")
        time.sleep(0.3)
        _switch(proxy, "green")
        finished = slow.result(30) == "blue"
        try:
            chat.sendall(b"\x81\x82\0\0\0\0hi")
            echoed = chat.recv(100).endswith(b"blue hi")
        except OSError:
            echoed = False
    return {"request_outlives": finished, "websocket_outlives": echoed}


def _answer(path: str = "/") -> str:
    try:
        with urllib.request.urlopen(URL + path, timeout=10) as answer:  # noqa: S310 - an address of ours
            return str(answer.read().decode())
    except OSError:
        return ""


def _wait_for(colour: str) -> None:
    deadline = time.monotonic() + 20
    while _answer() != colour:
        if time.monotonic() > deadline:
            raise SystemExit(f"{colour} does not answer")
        time.sleep(0.002)


def main() -> int:
    """Each in turn."""
    server = str(ROOT / "tests/integration/loaded_app/server.py")
    servers = [
        subprocess.Popen([sys.executable, server], env={**os.environ, "RELEASE": name, "PORT": str(port), "KEEP_ALIVE_SECONDS": "60"})
        for name, port in PORTS.items()
    ]
    try:
        for word in sys.argv[1:]:
            kind, _, binary = word.partition("=")
            print(kind, json.dumps(measured(kind, binary)), flush=True)
    finally:
        for one in servers:
            one.terminate()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
