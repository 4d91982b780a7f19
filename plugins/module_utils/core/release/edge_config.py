# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The edge: HAProxy's configuration made from the routes, its map file, and what its runtime socket says."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import EvidenceError
from .compose_plan import COLOURS, Route
from .engine_state import Container

FOLDER = "/etc/stagegate"
MAP_PATH = f"{FOLDER}/active.map"
SOCKET_PATH = "/run/haproxy/admin.sock"
NOWHERE = "none"  # no backend has a name that ends so

_HEAD = """\
# Made by proofile.stagegate: changes made by hand are lost with the next deploy.
global
    description {digest}
    log stdout format raw local0 info
    stats socket {socket} mode 600 level admin
    stats timeout 30s
    maxconn 4096
    hard-stop-after 10m

defaults
    mode http
    log global
    option httplog
    option dontlog-normal
    option forwardfor
    option redispatch
    # Each request goes over a connection of its own to the server, while clients keep theirs: a server that closes an idle
    # connection at the moment a POST is sent on it would lose that POST, which nobody may repeat.
    option http-server-close
    # A connection that was refused is tried again for every request; an empty answer only where a repetition is harmless.
    retries 3
    retry-on conn-failure empty-response
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout queue 5s
    timeout http-request 30s
    timeout http-keep-alive 30s
    timeout tunnel 1h
    default-server check inter 1s fastinter 250ms fall 2 rise 1 resolvers engine resolve-prefer ipv4 init-addr none

# The engine's own DNS: a colour that is started, replaced or removed is followed without a reload.
resolvers engine
    nameserver engine 127.0.0.11:53
    resolve_retries 3
    timeout resolve 1s
    timeout retry 1s
    hold valid 1s
    hold nx 2s
    hold obsolete 2s
    hold other 2s
    hold refused 2s
    hold timeout 2s
"""


def configuration(application: str, routes: Sequence[Route]) -> str:
    """Return haproxy.cfg: a frontend on each public port, a backend for each service port and colour, one map for all."""
    parts = [_frontend(application, route) for route in routes]
    parts += [_backend(route, colour) for route in routes for colour in COLOURS]
    body = "\n".join(parts)
    digest = hashlib.sha256((_HEAD + body).encode()).hexdigest()[:16]
    return _HEAD.format(digest=digest, socket=SOCKET_PATH) + "\n" + body


def configuration_digest(text: str) -> str:
    """The digest that a configuration carries and that `show info` gives back: which one is running."""
    found = re.search(r"^    description (\S+)$", text, re.MULTILINE)
    if not found:
        raise EvidenceError("the edge configuration carries no digest", todo="deploy again: the file is written anew")
    return found.group(1)


def backend_name(route: Route, colour: str) -> str:
    """The name of the backend that answers `route` with the service of `colour`."""
    return f"{route.service}_{route.public}_{colour}"


def map_text(application: str, colour: str) -> str:
    """The map file: one line, so that all services move together. Without a colour it leads nowhere: nothing was switched to yet."""
    return f"{application} {colour or NOWHERE}\n"


def mapped_colour(text: str, application: str) -> str | None:
    """The active colour according to a map file, or to `show map` (whose lines begin with an address); None when unset."""
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2 and words[-2] == application and words[-1] in COLOURS:
            return words[-1]
    return None


@dataclass(frozen=True)
class Server:
    """What the edge believes of one server: its status (`UP`, `UP 1/2`, `DOWN`, `MAINT (resolution)`, ...) and its address."""

    status: str
    address: str


def servers(stat: str) -> dict[str, Server]:
    """Backend name -> its server, out of `show stat` CSV (HAProxy Management Guide, section 9.1)."""
    rows = csv.DictReader(io.StringIO(stat.lstrip("# ")))
    return {row["pxname"]: Server(row["status"] or "", _host(row.get("addr") or "")) for row in rows if row.get("svname") == "app"}


def not_reached(known: Mapping[str, Server], containers: Iterable[Container], routes: Sequence[Route], colour: str) -> list[str]:
    """`service: why` for every route whose server of `colour` does not lead to one of the running `containers`; empty when all do.

    A container that is replaced leaves its server `UP` until the next check and the next look at the DNS: a switch at that moment
    would send requests to an address where nobody is. So the status has to be whole, and the address one of today's.
    """
    running: dict[str, set[str]] = {}
    for item in containers:
        if item.state == "running":
            running.setdefault(item.service, set()).update(item.addresses)
    troubles = ((route.service, _trouble(known.get(backend_name(route, colour)), running.get(route.service, set()))) for route in routes)
    return [f"{service}: {trouble}" for service, trouble in troubles if trouble]


def _trouble(server: Server | None, addresses: set[str]) -> str:
    if server is None:
        return "unknown to the edge"
    if server.status != "UP":
        return server.status or "no status"
    return "" if server.address in addresses else f"the edge still sends to {server.address or 'no address'}, where no container of it runs"


def _host(address: str) -> str:
    """The address without its port; an IPv6 address without its brackets."""
    return address.rpartition(":")[0].strip("[]")


def _frontend(application: str, route: Route) -> str:
    backend = f"{route.service}_{route.public}_%[str({application}),map({MAP_PATH},{NOWHERE})]"
    return (
        f"frontend port_{route.public}\n"
        f"    bind :{route.public}\n"
        f"    http-request disable-l7-retry unless METH_GET\n"
        f"    use_backend {backend}\n"
    )


def _backend(route: Route, colour: str) -> str:
    return f"backend {backend_name(route, colour)}\n    server app {route.service}-{colour}:{route.target}\n"
