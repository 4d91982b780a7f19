# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Doing journeys in a browser."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable, Optional
from urllib.parse import urlsplit

from ...core.eyes.api_journey import without_secrets
from ...core.eyes.browser_journey import Journey, Step, Target
from ...core.eyes.browser_watch import Allowed, ConsoleError, FailedRequest, console_errors, failed_requests, page_label, safe_name
from ...core.eyes.journey_report import BrowserResult, JourneyResult, StepResult
from ...core.eyes.preview import Lead, foreign_hosts
from .browser import Watch, load, take_picture

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

SETTLE_QUIET_SECONDS = 0.5
CLICK_QUIET_SECONDS = 0.25
CLICK_SETTLE_SECONDS = 3.0


@dataclass(frozen=True)
class JourneyOptions:
    """Where the application is, what may be written into fields, where pictures go, how long a step may take, what is led where."""

    base_url: str
    secrets: Mapping[str, str] = field(default_factory=dict)
    artifacts_dir: str = ""
    allowed: tuple[Allowed, ...] = ()
    leads: tuple[Lead, ...] = ()
    timeout_seconds: float = 10.0
    width: int = 1440
    height: int = 900


def run_journeys(browser: Browser, engine: str, journeys: Sequence[Journey], options: JourneyOptions) -> BrowserResult:
    """Do the journeys one after the other, each in a session of its own (or continuing that of an earlier one)."""
    run = _Run(browser, options)
    results = tuple(run.journey(journey) for journey in journeys)
    return BrowserResult(
        engine=engine,
        version=browser.version,
        journeys=results,
        console=tuple(_scrubbed(console_errors(run.console, run.requests, options.allowed), options.secrets)),
        requests=tuple(failed_requests(run.requests, options.allowed)),
        pages=tuple(sorted(run.pages)),
        loads=run.loads,
        foreign=tuple(foreign_hosts(run.urls, options.leads, options.allowed)) if options.leads else None,
    )


def sign_in(browser: Browser, journey: Journey, options: JourneyOptions) -> tuple[JourneyResult, Optional[Any]]:
    """Do one journey and return its result with the session (cookies, local storage) that it left; None when it failed."""
    run = _Run(browser, options)
    result = run.journey(journey)
    return result, run.sessions.get(journey.name)


class _Run:
    """The state of one run: sessions by journey, what was seen, what was complained about."""

    def __init__(self, browser: Browser, options: JourneyOptions) -> None:
        self.browser = browser
        self.options = options
        self.sessions: dict[str, Any] = {}
        self.console: list[ConsoleError] = []
        self.requests: list[FailedRequest] = []
        self.pages: set[str] = set()
        self.urls: set[str] = set()
        self.loads: dict[str, list[float]] = {}

    def journey(self, journey: Journey) -> JourneyResult:
        """Do one journey; a failing step ends it, its clean-up is done all the same."""
        if journey.session_of and journey.session_of not in self.sessions:
            return JourneyResult(journey.name, (), f"not begun: {journey.session_of}, whose session it needs, failed")
        context = self._context(journey)
        try:
            walk = _Walk(self, journey.name, context)
            steps = walk.steps(journey.steps, stop=True)
            cleanup = walk.steps(journey.cleanup, stop=False)
            result = JourneyResult(journey.name, tuple(steps), "", tuple(cleanup))
            if not result.failures:
                self.sessions[journey.name] = context.storage_state()
            self.console += walk.watch.console
            self.requests += walk.watch.requests
            self.urls |= walk.watch.urls
            return result
        finally:
            context.close()

    def _context(self, journey: Journey) -> BrowserContext:
        return self.browser.new_context(
            viewport={"width": self.options.width, "height": self.options.height},
            storage_state=self.sessions.get(journey.session_of),
            reduced_motion="reduce",
            locale="en-US",
        )


class _Walk:
    """One journey on one page."""

    def __init__(self, run: _Run, name: str, context: BrowserContext) -> None:
        self.run = run
        self.name = name
        self.watch = Watch(context)
        self.page: Page = context.new_page()
        self.number = 0

    def steps(self, steps: Sequence[Step], stop: bool) -> list[StepResult]:
        results = []
        for step in steps:
            result = self.step(step)
            results.append(result)
            if stop and not result.ok:
                break
        return results

    def step(self, step: Step) -> StepResult:
        from playwright.sync_api import Error

        self.number += 1
        started, error = time.monotonic(), ""
        seconds = step.timeout_seconds or self.run.options.timeout_seconds
        try:
            VERBS[step.verb](self, step, seconds)
        except (Error, AssertionError) as failure:
            error = _reason(failure, self.run.options.secrets)
        taken = time.monotonic() - started
        path = page_label(self.page.url)
        if self.page.url.startswith("http"):
            self.run.pages.add(path)
        return StepResult(step.title, not error, round(taken, 3), path, self.picture(step), error)

    def picture(self, step: Step) -> str:
        folder = self.run.options.artifacts_dir
        name = f"{safe_name(self.name)}-{self.number:02d}-{safe_name(step.title)}"
        return take_picture(self.page, folder, name) if folder else ""

    def open(self, step: Step, seconds: float) -> None:
        url = self.run.options.base_url.rstrip("/") + step.text
        _status, taken = load(self.page, self.watch, url, seconds, SETTLE_QUIET_SECONDS)
        self._loaded(taken)

    def reload(self, _step: Step, seconds: float) -> None:
        _status, taken = load(self.page, self.watch, self.page.url, seconds, SETTLE_QUIET_SECONDS)
        self._loaded(taken)

    def back(self, _step: Step, seconds: float) -> None:
        self.page.go_back(timeout=seconds * 1000)
        self._settle()

    def fill(self, step: Step, seconds: float) -> None:
        text = self.run.options.secrets[step.secret] if step.secret else step.text
        self._find(step).fill(text, timeout=seconds * 1000)

    def choose(self, step: Step, seconds: float) -> None:
        self._find(step).select_option(label=step.text, timeout=seconds * 1000)

    def tick(self, step: Step, seconds: float) -> None:
        self._find(step).check(timeout=seconds * 1000)

    def press(self, step: Step, _seconds: float) -> None:
        self.page.keyboard.press(step.text)
        self._settle()

    def click(self, step: Step, seconds: float) -> None:
        self._find(step).click(timeout=seconds * 1000)
        self._settle()

    def see(self, step: Step, seconds: float) -> None:
        self._find(step).first.wait_for(state="visible", timeout=seconds * 1000)

    def not_see(self, step: Step, seconds: float) -> None:
        self._find(step).first.wait_for(state="hidden", timeout=seconds * 1000)

    def at(self, step: Step, seconds: float) -> None:
        self.page.wait_for_url(lambda url: _path(url) == step.text, timeout=seconds * 1000, wait_until="commit")

    def _find(self, step: Step) -> Locator:
        if step.target is None:
            raise AssertionError("the step has no target")
        return _locate(self.page, step.target).filter(visible=True)

    def _settle(self) -> None:
        self.watch.settle(self.page, CLICK_QUIET_SECONDS, CLICK_SETTLE_SECONDS)

    def _loaded(self, taken: float) -> None:
        self.run.loads.setdefault(page_label(self.page.url), []).append(taken)


VERBS: dict[str, Callable[[_Walk, Step, float], None]] = {
    "open": _Walk.open,
    "reload": _Walk.reload,
    "back": _Walk.back,
    "fill": _Walk.fill,
    "choose": _Walk.choose,
    "tick": _Walk.tick,
    "press": _Walk.press,
    "click": _Walk.click,
    "see": _Walk.see,
    "not_see": _Walk.not_see,
    "at": _Walk.at,
}


def _locate(page: Page, target: Target) -> Locator:
    root: Any = _locate(page, target.inside) if target.inside else page
    if target.by == "role":
        found = root.get_by_role(target.value, name=target.name, exact=target.exact) if target.name else root.get_by_role(target.value)
    elif target.by == "test_id":
        found = root.get_by_test_id(target.value)
    else:
        found = getattr(root, f"get_by_{target.by}")(target.value, exact=target.exact)
    locator: Locator = found
    return locator


def _path(url: str) -> str:
    return urlsplit(url).path or "/"


def _reason(failure: Exception, secrets: Mapping[str, str]) -> str:
    """The first line of what Playwright says: the others may quote what was written into a field."""
    lines = [line.strip() for line in str(failure).splitlines() if line.strip()]
    return without_secrets(lines[0] if lines else type(failure).__name__, secrets)[:300]


def _scrubbed(errors: Sequence[ConsoleError], secrets: Mapping[str, str]) -> list[ConsoleError]:
    return [ConsoleError(without_secrets(error.text, secrets), without_secrets(error.url, secrets)) for error in errors]
