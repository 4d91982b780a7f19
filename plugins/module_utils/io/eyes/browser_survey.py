# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looking at the pages of an application: every width, accessibility, keyboard, Web Vitals."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import util
from typing import TYPE_CHECKING, Any, Callable, Optional

from ...core.errors import EvidenceError, InputError
from ...core.eyes.axe_report import PageReport, parse_report
from ...core.eyes.browser_watch import safe_name
from ...core.eyes.page_checks import Breakpoint, KeyboardWalk, LayoutCheck, Page, layout_failures, presses_needed
from ...core.eyes.vitals import Load, parse_load
from ..system.files import read_text
from .browser import Watch, load, save_private, take_picture
from .survey_scripts import COLLECT_VITALS, FOCUSABLE, FOCUSED, GONE, LAYOUT, VITALS_OBSERVER

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext
    from playwright.sync_api import Page as Tab

QUIET_SECONDS = 0.2
PHONE_WIDTH = 767


@dataclass(frozen=True)
class SurveyOptions:
    """What is looked at, and how. `axe_source` is the text of axe-core, `axe_options` goes to axe.run."""

    base_url: str
    pages: tuple[Page, ...]
    landmarks: tuple[str, ...] = ("main", "h1")
    artifacts_dir: str = ""
    timeout_seconds: float = 15.0
    loads: int = 5
    width: int = 1440
    height: int = 900
    axe_source: str = ""
    axe_options: Any = field(default_factory=dict)


class Survey:
    """A survey in one browser with one session (what the login journey left; None: nobody is signed in)."""

    def __init__(self, browser: Browser, session: Optional[Any], options: SurveyOptions) -> None:
        self.browser = browser
        self.session = session
        self.options = options
        self.problems: list[str] = []

    def layouts(self, breakpoints: Sequence[Breakpoint]) -> list[LayoutCheck]:
        """Every page at every breakpoint: loaded at that size, measured, pictured."""
        return [check for size in breakpoints for check in self._layouts_at(size)]

    def _layouts_at(self, size: Breakpoint) -> list[LayoutCheck]:
        checks: list[LayoutCheck] = []

        def measure(tab: Tab, watch: Watch, page: Page) -> None:
            checks.append(self._layout(tab, watch, page, size))

        self._each_page(size.width, size.height, measure)
        return checks

    def accessibility(self) -> tuple[list[PageReport], list[KeyboardWalk]]:
        """axe-core and a walk with Tab on every page. A page that cannot be examined is a problem, not a clean page."""
        reports: list[PageReport] = []
        walks: list[KeyboardWalk] = []

        def examine(tab: Tab, watch: Watch, page: Page) -> None:
            if self._load(tab, watch, page) is None:
                return
            report = self._axe(tab, page)
            if report:
                reports.append(report)
            walks.append(_keyboard_walk(tab, page))

        self._each_page(self.options.width, self.options.height, examine)
        return reports, walks

    def vitals(self) -> dict[str, list[Load]]:
        """Web Vitals by page, each load in a context of its own, so that no cache helps. Rounds go over all pages in turn."""
        found: dict[str, list[Load]] = {page.label: [] for page in self.options.pages}

        def measure(tab: Tab, watch: Watch, page: Page) -> None:
            if self._load(tab, watch, page) is None:
                return
            one = parse_load(tab.evaluate(COLLECT_VITALS))
            if one:
                found[page.label].append(one)

        for _round in range(self.options.loads):
            for page in self.options.pages:
                self._each_page(self.options.width, self.options.height, measure, VITALS_OBSERVER, (page,))
        return found

    def _each_page(
        self,
        width: int,
        height: int,
        look: Callable[[Tab, Watch, Page], None],
        script: str = "",
        pages: Sequence[Page] = (),
    ) -> None:
        """One context for those who are signed in and one for the others, each with one tab, kept for all its pages."""
        chosen = pages or self.options.pages
        for signed_in in (False, True):
            mine = [page for page in chosen if page.signed_in == signed_in]
            if mine:
                self._with_tab(width, height, signed_in, look, script, mine)

    def _with_tab(
        self,
        width: int,
        height: int,
        signed_in: bool,
        look: Callable[[Tab, Watch, Page], None],
        script: str,
        pages: Sequence[Page],
    ) -> None:
        context = self._context(width, height, signed_in)
        try:
            if script:
                context.add_init_script(script)
            watch = Watch(context)
            tab = context.new_page()
            for page in pages:
                look(tab, watch, page)
        finally:
            context.close()

    def _context(self, width: int, height: int, signed_in: bool) -> BrowserContext:
        phone = width <= PHONE_WIDTH
        return self.browser.new_context(
            viewport={"width": width, "height": height},
            is_mobile=phone,
            has_touch=phone,
            storage_state=self.session if signed_in else None,
            bypass_csp=False,
            reduced_motion="reduce",
            locale="en-US",
        )

    def _load(self, tab: Tab, watch: Watch, page: Page) -> Optional[int]:
        from playwright.sync_api import Error

        url = self.options.base_url.rstrip("/") + page.path
        try:
            status, _seconds = load(tab, watch, url, self.options.timeout_seconds, QUIET_SECONDS)
        except Error as error:
            self.problems.append(f"{page.label}: {str(error).splitlines()[0][:200]}")
            return None
        return status

    def _layout(self, tab: Tab, watch: Watch, page: Page, size: Breakpoint) -> LayoutCheck:
        status = self._load(tab, watch, page)
        if status is None:
            return LayoutCheck(page.label, size, ("the page did not load",))
        seen = {**tab.evaluate(LAYOUT, list(self.options.landmarks)), "status": status}
        if self.options.artifacts_dir:
            take_picture(tab, self.options.artifacts_dir, f"{safe_name(size.name)}-{safe_name(page.label)}")
        return LayoutCheck(page.label, size, layout_failures(seen, self.options.landmarks))

    def _axe(self, tab: Tab, page: Page) -> Optional[PageReport]:
        tab.evaluate(self.options.axe_source)
        raw = tab.evaluate("options => axe.run(document, options)", self.options.axe_options)
        if self.options.artifacts_dir:
            kept = {"page": page.path, **{key: raw.get(key) for key in ("testEngine", "timestamp", "violations", "incomplete")}}
            name = os.path.join(self.options.artifacts_dir, f"axe-{safe_name(page.label)}.json")
            save_private(name, json.dumps(kept, indent=1).encode())
        try:
            return parse_report(page.label, raw)
        except EvidenceError as error:
            self.problems.append(str(error))
            return None


def read_axe_source(path: str = "") -> str:
    """The text of axe-core: the file named, or the one that the PyPI package axe-playwright-python carries."""
    if not path:
        package = util.find_spec("axe_playwright_python")
        if package is None or not package.submodule_search_locations:
            raise InputError(
                "axe-core is not there",
                where="the Python interpreter of the probe",
                todo="install requirements/controller.txt there (axe-playwright-python), or name a file with axe_source",
            )
        path = os.path.join(next(iter(package.submodule_search_locations)), "axe.min.js")
    return read_text(path)


def _keyboard_walk(tab: Tab, page: Page) -> KeyboardWalk:
    elements = tab.evaluate(FOCUSABLE)
    visited: list[Optional[int]] = []
    for _press in range(presses_needed(len(elements))):
        tab.keyboard.press("Tab")
        visited.append(tab.evaluate(FOCUSED))
    gone = tab.evaluate(GONE)
    return KeyboardWalk(page.label, tuple(elements), (*visited, *gone))
