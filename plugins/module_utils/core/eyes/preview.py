# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looking at a release before it serves: a browser that opens the public addresses is led to the preview ports.

A frontend build has the public address of its API baked in, so a page that is opened on a preview port would call the release
that serves. Here the addresses, and with them origins, cookies and CORS, stay those of production; only the connection goes
elsewhere. Whatever is not led does not exist: no request can reach the release that serves, or anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..errors import InputError
from .browser_watch import Allowed, without_query

PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
LEAD_KEYS = {"public", "preview"}
NOWHERE = "MAP * ~NOTFOUND"
_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?")


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port of an address."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"


@dataclass(frozen=True)
class Lead:
    """Requests for `public` are sent to `preview`."""

    public: Origin
    preview: Origin

    @property
    def ends_tls(self) -> bool:
        """True when somebody in front of the release ends TLS in production, so that somebody must do it here, too."""
        return self.public.scheme == "https" and self.preview.scheme == "http"


def parse_leads(raw: Any, where: str = "preview") -> tuple[Lead, ...]:
    """Read a list of {public, preview} addresses; the same line twice counts once. InputError for what cannot be led."""
    if not isinstance(raw, (list, tuple)):
        raise InputError("a list of {public, preview} is needed", where=where, why=f"got {str(raw)[:60]!r}")
    found: dict[tuple[str, int], Lead] = {}
    for number, entry in enumerate(raw):
        lead = _lead(entry, f"{where}[{number}]")
        earlier = found.setdefault((lead.public.host, lead.public.port), lead)
        if earlier != lead:
            raise InputError(
                f"{lead.public} is led to two places",
                where=f"{where}[{number}]",
                why=f"{earlier.public} -> {earlier.preview}, {lead.public} -> {lead.preview}",
                todo="give each public address one preview address",
            )
    return tuple(found.values())


def resolver_rules(leads: Sequence[Lead], ways: Mapping[Lead, tuple[str, int]]) -> str:
    """Chromium's --host-resolver-rules; `ways` names host and port of what stands in between (a tunnel, an end of TLS).

    The last rule holds for IP addresses, too. There must be no EXCLUDE, not even for 127.0.0.1: the edge listens there.
    """
    rules = []
    for lead in leads:
        host, port = ways.get(lead, (lead.preview.host, lead.preview.port))
        rules.append(f"MAP {lead.public.host}:{lead.public.port} {host}:{port}")
    return ", ".join([*rules, NOWHERE])


def foreign_hosts(urls: Iterable[str], leads: Sequence[Lead], allowed: Sequence[Allowed] = ()) -> list[str]:
    """The origins among `urls` that are led nowhere, sorted. An allow rule for an unanswered request (status 0) excuses one."""
    led = {(lead.public.host, lead.public.port) for lead in leads}
    found = set()
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme not in PORTS or _excused(url, allowed):
            continue
        try:
            address = ((parts.hostname or "").lower(), parts.port or PORTS[parts.scheme])
        except ValueError:
            address = ("", 0)
        if address not in led:
            found.add(without_query(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"))
    return sorted(found)


def relayed_head(head: bytes) -> bytes:
    """The head of a request as whoever ends TLS hands it on: it says https, and the connection serves this request alone.

    Everything after the first request of a connection would pass unread, so there is none, except after an Upgrade.
    """
    lines = head.split(b"\r\n")
    names = [line.partition(b":")[0].strip().lower() for line in lines]
    upgrades = b"upgrade" in names[1:]
    dropped = {b"x-forwarded-proto", b"" if upgrades else b"connection"}
    kept = [line for name, line in zip(names[1:], lines[1:]) if name and name not in dropped]
    added = [b"X-Forwarded-Proto: https"] + ([] if upgrades else [b"Connection: close"])
    return b"\r\n".join([lines[0], *kept, *added, b"", b""])


def preview_journeys(raw: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The journeys marked `preview: true` with those whose session they continue, in their order; none is marked: the first."""
    by_name = {str(journey.get("name")): journey for journey in raw}
    wanted = {name for name, journey in by_name.items() if journey.get("preview") is True}
    waiting = list(wanted)
    while waiting:
        before = str(by_name[waiting.pop()].get("session_of") or "")
        if before in by_name and before not in wanted:
            wanted.add(before)
            waiting.append(before)
    return [journey for journey in raw if str(journey.get("name")) in wanted] or list(raw[:1])


def _excused(url: str, allowed: Sequence[Allowed]) -> bool:
    return any(rule.requests and rule.url.search(url) and (not rule.statuses or 0 in rule.statuses) for rule in allowed)


def _lead(raw: Any, where: str) -> Lead:
    if not isinstance(raw, Mapping) or set(raw) != LEAD_KEYS:
        raise InputError("a lead is a mapping with public and preview", where=where, why=f"got {str(raw)[:80]!r}")
    lead = Lead(_origin(raw["public"], f"{where} public"), _origin(raw["preview"], f"{where} preview"))
    if lead.public.scheme == "http" and lead.preview.scheme == "https":
        raise InputError("an http address cannot be led to an https one", where=where, todo="name the preview port with http")
    return lead


def _origin(raw: Any, where: str) -> Origin:
    todo = "write it like http://staging.example.org:8000"
    parts = urlsplit(raw if isinstance(raw, str) else "")
    try:
        host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise InputError(f"{str(raw)[:80]!r} is no address", where=where, why=str(error), todo=todo) from error
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host) or parts.username is not None:
        raise InputError(f"{str(raw)[:80]!r} is no address that a browser can be led from or to", where=where, todo=todo)
    return Origin(parts.scheme, host, port)
