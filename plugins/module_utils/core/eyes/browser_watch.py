# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a browser complains about while pages are open, what of it is allowed, and how it is told to people.

An allow rule is {url, status?, console?, why}: `url` is a regular expression searched in the address, `status` one or several
HTTP statuses (0: no answer at all), `console` a regular expression searched in a console text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from re import Pattern
from typing import Any
from urllib.parse import urlsplit

from ..errors import InputError

ALLOW_KEYS = {"url", "status", "console", "why"}
LOAD_FAILURE = "Failed to load resource"
# A page that is left cancels what it was still loading; so does a prefetch that is no longer wanted.
CANCELLED = ("net::ERR_ABORTED", "NS_BINDING_ABORTED", "Load request cancelled")
_ID = re.compile(r"(?:[0-9]+|[0-9a-f]{8,}(?:-[0-9a-f]{4,}){0,4})")


@dataclass(frozen=True)
class ConsoleError:
    """An error in the console, or an exception that nothing caught; `url` is the address that it speaks of."""

    text: str
    url: str

    def __str__(self) -> str:
        return f"{self.text[:300]} ({without_query(self.url)})" if self.url else self.text[:300]


@dataclass(frozen=True)
class FailedRequest:
    """A request answered with a status of 400 or more, or (status 0) not answered for the `reason`."""

    method: str
    url: str
    status: int
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.method} {without_query(self.url)}: {self.status or self.reason or 'no answer'}"


@dataclass(frozen=True)
class Allowed:
    """One rule of the allow list."""

    url: Pattern[str]
    statuses: tuple[int, ...] = ()
    console: Pattern[str] = re.compile("")
    requests: bool = True


def parse_allowed(raw: Any, where: str = "allow") -> tuple[Allowed, ...]:
    """Read an allow list. Raises InputError with the position of a rule that cannot be used."""
    if not isinstance(raw, (list, tuple)):
        raise InputError("the allow list is a list", where=where, why=f"got {str(raw)[:60]!r}")
    return tuple(_rule(entry, f"{where}[{number}]") for number, entry in enumerate(raw))


def failed_requests(seen: Iterable[FailedRequest], allowed: Sequence[Allowed]) -> list[FailedRequest]:
    """The requests that count as failed: not cancelled by the page itself, not allowed."""
    return [request for request in seen if request.reason not in CANCELLED and not _allows_request(request, allowed)]


def console_errors(seen: Iterable[ConsoleError], requests: Iterable[FailedRequest], allowed: Sequence[Allowed]) -> list[ConsoleError]:
    """The console errors that count. The echo of an allowed request in the console is allowed with it."""
    quiet = {request.url for request in requests if _allows_request(request, allowed)}
    return [error for error in seen if not (_is_echo(error, quiet) or _allows_console(error, allowed))]


def without_query(url: str) -> str:
    """The address without query and fragment: they may hold what a person typed."""
    return re.split(r"[?#]", url, maxsplit=1)[0][:300]


def page_label(url: str) -> str:
    """The page of an address: its path, with :id for every part that is a number or a hash."""
    parts = (urlsplit(url).path or "/").split("/")
    return "/".join(":id" if _ID.fullmatch(part) else part for part in parts)[:200] or "/"


def safe_name(text: str, limit: int = 60) -> str:
    """A file name made of lower-case letters, digits and single dashes."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:limit].strip("-") or "page"


def _is_echo(error: ConsoleError, quiet: set[str]) -> bool:
    return error.text.startswith(LOAD_FAILURE) and error.url in quiet


def _allows_request(request: FailedRequest, allowed: Sequence[Allowed]) -> bool:
    return any(
        rule.requests and rule.url.search(request.url) and (not rule.statuses or request.status in rule.statuses) for rule in allowed
    )


def _allows_console(error: ConsoleError, allowed: Sequence[Allowed]) -> bool:
    return any(not rule.requests and rule.url.search(error.url) and rule.console.search(error.text) for rule in allowed)


def _rule(raw: Any, where: str) -> Allowed:
    if not isinstance(raw, Mapping) or not set(raw) <= ALLOW_KEYS or not ("url" in raw or "console" in raw):
        raise InputError("an allow rule is a mapping with url, status, console, why", where=where, why=f"got {str(raw)[:80]!r}")
    if "console" in raw and "status" in raw:
        raise InputError("a rule is about requests (status) or about the console, not both", where=where, todo="write two rules")
    given = raw.get("status", [])
    statuses = given if isinstance(given, (list, tuple)) else [given]
    if not all(isinstance(status, int) and (status == 0 or 400 <= status <= 599) for status in statuses):
        raise InputError(f"{given!r} is no status that a rule can allow", where=where, todo="write 0 or 400 to 599")
    return Allowed(_pattern(raw.get("url", ""), where), tuple(statuses), _pattern(raw.get("console", ""), where), "console" not in raw)


def _pattern(text: Any, where: str) -> Pattern[str]:
    try:
        return re.compile(str(text))
    except re.error as error:
        raise InputError(f"{str(text)[:60]!r} is no regular expression", where=where, why=str(error)) from error
