# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An HTTP session towards one host: cookies, kept connections, time limits, bounded bodies. Standard library only.

It never leaves its host: a redirect to another origin is handed back as the 3xx that it is, and is not followed.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Callable, Union
from urllib.parse import urljoin, urlsplit

from ...core.errors import InputError, ServiceError

MAX_BODY = 1024 * 1024
MAX_REDIRECTS = 5
REDIRECTS = (301, 302, 303, 307, 308)

Connection = Union[http.client.HTTPConnection, http.client.HTTPSConnection]
Connect = Callable[[], Connection]


@dataclass(frozen=True)
class Reply:
    """An answer: status, headers (lower-case names), the body as text (up to the session's limit), seconds."""

    status: int
    headers: Mapping[str, str]
    text: str
    seconds: float
    truncated: bool = False


@dataclass
class CookieJar:
    """The cookies of one host. Sessions may share a jar; single dict operations are atomic, so threads may too."""

    values: dict[str, str] = field(default_factory=dict)

    def take(self, set_cookie: str) -> None:
        """Keep (or drop, when it is expired by Max-Age) the cookie of one Set-Cookie header."""
        pair, *attributes = set_cookie.split(";")
        name, equals, value = pair.strip().partition("=")
        if not equals or not name:
            return
        gone = any(attribute.strip().lower() in ("max-age=0", "max-age=-1") for attribute in attributes)
        if gone:
            self.values.pop(name, None)
        else:
            self.values[name] = value.strip().strip('"')

    def header(self) -> str:
        """The value of the Cookie header; empty when there is none."""
        return "; ".join(f"{name}={value}" for name, value in list(self.values.items()))


class HttpSession:
    """Requests to one base URL. Not for use by two threads at once (the jar may be shared, the session not)."""

    def __init__(
        self,
        base_url: str,
        timeout: float = 10.0,
        cookies: CookieJar | None = None,
        ca_file: str | None = None,
        max_body: int = MAX_BODY,
        connect: Connect | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`timeout` is seconds for connecting and for each read; `connect` and `clock` are for tests."""
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(f"{base_url!r} is no HTTP address", todo="write it like http://127.0.0.1:8000")
        self.base_url = base_url.rstrip("/")
        self.cookies = cookies if cookies is not None else CookieJar()
        self._origin = (parts.scheme, parts.netloc)
        self._prefix = parts.path.rstrip("/")
        self._max_body = max_body
        self._clock = clock
        self._connect = connect or _connector(parts.scheme, parts.hostname, parts.port, timeout, ca_file)
        self._connection: Connection | None = None
        self._used = False

    def request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        follow: bool = True,
    ) -> Reply:
        """Send a request and read the answer, whatever its status. GET and HEAD follow redirects on this host only.

        Raises ServiceError when there is no whole answer (refused, reset, timed out).
        """
        started = self._clock()
        target = self._prefix + path
        for _hop in range(MAX_REDIRECTS + 1):
            reply = self._once(method, target, dict(headers or {}), body, started)
            onward = self._redirect(method, reply, target) if follow else None
            if onward is None:
                return reply
            target = onward
        raise ServiceError(f"{self.base_url}{path} redirects in a circle", why=f"more than {MAX_REDIRECTS} hops")

    def __enter__(self) -> HttpSession:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the kept connection; the cookies stay."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _redirect(self, method: str, reply: Reply, target: str) -> str | None:
        location = reply.headers.get("location", "")
        if method not in ("GET", "HEAD") or reply.status not in REDIRECTS or not location:
            return None
        scheme, netloc = self._origin
        onward = urlsplit(urljoin(f"{scheme}://{netloc}{target}", location))
        if (onward.scheme, onward.netloc) != self._origin:
            return None
        return onward.path + (f"?{onward.query}" if onward.query else "")

    def _once(self, method: str, target: str, headers: dict[str, str], body: bytes | None, started: float) -> Reply:
        cookie = self.cookies.header()
        if cookie:
            headers.setdefault("Cookie", cookie)
        headers.setdefault("Accept", "application/json, text/html;q=0.9, */*;q=0.5")
        headers.setdefault("User-Agent", "proofile-stagegate")
        reused = self._connection is not None and self._used
        try:
            return self._exchange(method, target, headers, body, started)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            # A kept connection that the server has closed meanwhile is no failure: ask once more on a new one.
            if reused and isinstance(error, (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)):
                try:
                    return self._exchange(method, target, headers, body, started)
                except (OSError, http.client.HTTPException) as second:
                    self.close()
                    error = second
            raise self._no_answer(method, target, error) from error

    def _exchange(self, method: str, target: str, headers: dict[str, str], body: bytes | None, started: float) -> Reply:
        if self._connection is None:
            self._connection = self._connect()
            self._used = False
        self._connection.request(method, target, body=body, headers=headers)
        response = self._connection.getresponse()
        raw = response.read(self._max_body + 1)
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                self.cookies.take(value)
        if response.will_close or len(raw) > self._max_body:
            response.close()
            self.close()
        self._used = True
        return Reply(
            status=response.status,
            headers={name.lower(): value for name, value in response.getheaders()},
            text=raw[: self._max_body].decode("utf-8", "replace"),
            seconds=self._clock() - started,
            truncated=len(raw) > self._max_body,
        )

    def _no_answer(self, method: str, target: str, error: BaseException) -> ServiceError:
        timed_out = isinstance(error, (socket.timeout, TimeoutError))
        why = "no answer in time" if timed_out else (str(error) or type(error).__name__)
        return ServiceError(f"{method} {target} got no answer", where=self.base_url, why=why)


def _connector(scheme: str, host: str, port: int | None, timeout: float, ca_file: str | None) -> Connect:
    def connect() -> Connection:
        if scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=timeout)
        context = ssl.create_default_context(cafile=ca_file)
        return http.client.HTTPSConnection(host, port, timeout=timeout, context=context)

    return connect


def split_url(url: str) -> tuple[str, str]:
    """`http://host:1/a?b` -> (`http://host:1`, `/a?b`): the base URL of a session and the path to ask it for."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise InputError(f"{url!r} is no HTTP address", todo="write it like http://127.0.0.1:8000/health")
    return f"{parts.scheme}://{parts.netloc}", (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
