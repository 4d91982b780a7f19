# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A browser on the probe, driven by Playwright for Python. Playwright is imported only when a browser is wanted."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Optional

from ...core.errors import InputError, ServiceError
from ...core.eyes.browser_watch import ConsoleError, FailedRequest
from ..system.files import ensure_folder

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, WebError

ENGINES = ("chromium", "firefox")
WHERE_ENGINES_ARE = {
    "chromium": ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"),
    "firefox": ("/usr/bin/firefox-esr", "/usr/bin/firefox"),
}
# With these nothing leaves the browser but what the resolver rules lead somewhere: a proxy of the environment would look names up
# itself, QUIC and WebRTC have connections of their own, and the browser's own services would fill the picture with noise.
ALONE = (
    "--no-proxy-server",
    "--disable-quic",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-pings",
)
URLS_KEPT = 2000
IDLE = "() => new Promise(done => (window.requestIdleCallback || setTimeout)(() => done(true), {timeout: 400}))"


@dataclass(frozen=True)
class BrowserSettings:
    """Which browser to start.

    `resolver_rules` is Chromium's way to lead a public address to another port. With `alone` the browser has no other way out
    than these rules; `any_certificate` is for a TLS end of our own, and only together with `alone`.
    """

    engine: str = "chromium"
    executable: str = ""
    resolver_rules: str = ""
    alone: bool = False
    any_certificate: bool = False


@contextmanager
def open_browser(settings: BrowserSettings) -> Iterator[Browser]:
    """Start the browser, hand it over, close it. InputError when something is missing, ServiceError when it fails."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise InputError(
            "Playwright for Python is not there",
            where="the Python interpreter of the probe",
            why=str(error),
            todo="install requirements/controller.txt there, or set ansible_python_interpreter of the probe to one that has it",
        ) from error
    executable = find_executable(settings)
    with sync_playwright() as playwright:
        try:
            browser = _launch(playwright, settings, executable)
        except Error as error:
            said = str(error).strip().splitlines()
            raise ServiceError(
                f"{settings.engine} does not start", where=executable, why=" ".join(said[:3])[:500], todo="start it by hand once"
            ) from error
        try:
            yield browser
        finally:
            browser.close()


def find_executable(settings: BrowserSettings) -> str:
    """The browser's program. InputError when there is none."""
    places = (settings.executable,) if settings.executable else WHERE_ENGINES_ARE[settings.engine]
    for place in places:
        if os.access(place, os.X_OK):
            return place
    raise InputError(
        f"no {settings.engine} on the probe",
        where=", ".join(places),
        todo="install the distribution's package (make setup does), or name another program",
    )


def _launch(playwright: Any, settings: BrowserSettings, executable: str) -> Browser:
    if settings.engine == "firefox":
        if settings.alone:
            raise InputError("only chromium can be led to preview ports", where="engine: firefox", todo="leave engine out")
        browser: Browser = playwright.firefox.launch(channel="moz-firefox", executable_path=executable)
        return browser
    arguments = [f"--host-resolver-rules={settings.resolver_rules}"] if settings.resolver_rules else []
    if settings.alone:
        arguments += [*ALONE, *(["--ignore-certificate-errors"] if settings.any_certificate else [])]
    chromium: Browser = playwright.chromium.launch(executable_path=executable, args=arguments)
    return chromium


class Watch:
    """Listens to a browser context: console errors, failed requests, requests that are still under way."""

    def __init__(self, context: BrowserContext) -> None:
        self.console: list[ConsoleError] = []
        self.requests: list[FailedRequest] = []
        self.urls: set[str] = set()
        self.last_activity = time.monotonic()
        self._open: set[Request] = set()
        self._answered: set[Request] = set()
        context.on("page", self._on_page)
        context.on("console", self._on_console)
        context.on("weberror", self._on_exception)
        context.on("request", self._on_request)
        context.on("requestfinished", self._on_end)
        context.on("requestfailed", self._on_failure)
        context.on("response", self._on_response)

    def settle(self, page: Page, quiet_seconds: float, limit_seconds: float) -> None:
        """Wait until nothing was requested for a while and the page's scripts are idle; at most `limit_seconds`."""
        end = time.monotonic() + limit_seconds
        while time.monotonic() < end:
            page.wait_for_timeout(50)
            if not self._open and time.monotonic() - self.last_activity >= quiet_seconds:
                break
        self._open.clear()
        self._answered.clear()
        idle(page)

    def _on_page(self, page: Page) -> None:
        page.on("framenavigated", self._on_navigated)
        page.on("websocket", lambda socket: self._asked(socket.url))

    def _on_navigated(self, _frame: Any) -> None:
        # The browser never reports the end of an answer that the page left unread when it was left.
        self._open -= self._answered
        self._answered.clear()

    def _asked(self, url: str) -> None:
        if len(self.urls) < URLS_KEPT:
            self.urls.add(url)

    def _on_request(self, request: Request) -> None:
        self._asked(request.url)
        self._open.add(request)
        self.last_activity = time.monotonic()

    def _on_end(self, request: Request) -> None:
        self._open.discard(request)
        self._answered.discard(request)
        self.last_activity = time.monotonic()

    def _on_failure(self, request: Request) -> None:
        self._on_end(request)
        self.requests.append(FailedRequest(request.method, request.url, 0, request.failure or ""))

    def _on_response(self, response: Response) -> None:
        self._answered.add(response.request)
        self.last_activity = time.monotonic()
        if response.status >= 400:
            self.requests.append(FailedRequest(response.request.method, response.url, response.status))

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.console.append(ConsoleError(message.text, str(message.location.get("url", ""))))

    def _on_exception(self, error: WebError) -> None:
        page = error.page
        self.console.append(ConsoleError(f"uncaught: {error.error}", page.url if page else ""))


def idle(page: Page) -> None:
    """Wait until the page's scripts have nothing to do; a page that goes away meanwhile is no failure."""
    from playwright.sync_api import Error

    try:
        page.evaluate(IDLE)
    except Error:
        return


def load(page: Page, watch: Watch, url: str, timeout_seconds: float, quiet_seconds: float) -> tuple[Optional[int], float]:
    """Open an address and wait until it is quiet. Returns the status (None: none) and the seconds until the last activity."""
    started = time.monotonic()
    response = page.goto(url, wait_until="load", timeout=timeout_seconds * 1000)
    loaded = time.monotonic()
    watch.settle(page, quiet_seconds, timeout_seconds)
    return (response.status if response else None), max(loaded, watch.last_activity) - started


def take_picture(page: Page, folder: str, name: str) -> str:
    """Save a PNG of the visible part, password fields covered, for the owner only; its file name, or nothing when it failed."""
    from playwright.sync_api import Error

    try:
        image = page.screenshot(mask=[page.locator("input[type=password]")], animations="disabled", timeout=10000)
    except Error:
        return ""
    save_private(os.path.join(folder, f"{name}.png"), image)
    return f"{name}.png"


def save_private(path: str, content: bytes) -> None:
    """Write bytes for the owner only; the folder is made when it is missing."""
    ensure_folder(os.path.dirname(path))
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
