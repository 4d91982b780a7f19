#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look at the pages of an application at every width, with axe-core, with the keyboard and with a stop watch."""

from __future__ import annotations

DOCUMENTATION = r"""
module: browser_survey
short_description: Survey the pages of an application in Chromium
version_added: 0.1.0
description:
  - Loads every page at every breakpoint and finds pages that scroll sideways, lack a landmark or show nothing.
  - Examines every page with axe-core, walks it with the Tab key, and measures its Web Vitals over several loads.
  - What is wrong with a page is evidence, not a failure of the module. What could not be examined is not reported as clean.
  - Runs on the probe and needs Playwright for Python, axe-core and Chromium there.
  - In check mode the input is read and no page is opened.
author: ProoFile operations (@proofile)
options:
  base_url:
    description: The address of the application as its users know it.
    type: str
    required: true
  pages:
    description: The pages, each a path, or a mapping with C(path), C(name) and C(signed_in) (default true).
    type: list
    elements: raw
    required: true
  breakpoints:
    description: The sizes of the window, each a mapping with C(name), C(width) and C(height) in CSS pixels.
    type: list
    elements: dict
    required: true
  login:
    description: The journey that signs in, as for M(proofile.stagegate.browser_journey). Without it no page is seen signed in.
    type: dict
  secrets:
    description: Values that the login journey names. They appear in no result.
    type: dict
    default: {}
  checks:
    description: What is looked at.
    type: list
    elements: str
    choices: [responsive, accessibility, vitals]
    default: [responsive, accessibility, vitals]
  landmarks:
    description: CSS selectors of which each must be visible on every page at every width.
    type: list
    elements: str
    default: [main, h1]
  vitals_loads:
    description: Loads of each page from which the median of its vitals is taken.
    type: int
    default: 5
  axe_source:
    description: File with axe-core. Without it the one that the Python package axe-playwright-python carries.
    type: path
  axe_tags:
    description: Tags of the axe rules that are applied.
    type: list
    elements: str
    default: [wcag2a, wcag2aa, wcag21a, wcag21aa, wcag22aa]
  axe_rules:
    description: Rules that are applied besides.
    type: list
    elements: str
    default: [landmark-one-main, landmark-unique, page-has-heading-one, region, heading-order, empty-heading]
  artifacts_dir:
    description: Folder on the probe for pictures and axe reports. Without it none are kept.
    type: path
  executable:
    description: Chromium's program. Without it the usual places are looked at.
    type: path
  resolver_rules:
    description: Chromium's rules that lead the application's public address to another port.
    type: str
    default: ""
  timeout_seconds:
    description: How long a page may take to load.
    type: float
    default: 15
attributes:
  check_mode:
    description: In check mode the input is read and no browser is started.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Survey two pages at two widths
  proofile.stagegate.browser_survey:
    base_url: http://localhost:3000
    pages: [{path: /login, signed_in: false}, /dashboard]
    breakpoints:
      - {name: phone-375, width: 375, height: 812}
      - {name: desktop-1440, width: 1440, height: 900}
    secrets: {password: "{{ seed_password }}"}
    login:
      name: login
      steps:
        - open: /login
        - fill: {label: Email, with: demo@proofile.dev}
        - fill: {label: Password, secret: password}
        - click: {role: button, name: Sign in}
        - see: {role: heading, name: Dashboard}
"""

RETURN = r"""
surveyed:
  description: False in check mode, where no page is opened.
  type: bool
  returned: always
failures:
  description: What is wrong, one text for each finding.
  type: list
  elements: str
  returned: always
problems:
  description: What could not be examined.
  type: list
  elements: str
  returned: always
measurements:
  description: responsive.checks, responsive.failures, a11y.pages, a11y.violations, a11y.keyboard_traps, vitals.*.
  type: list
  elements: dict
  returned: always
"""

import os

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import InputError, ServiceError
from ..module_utils.core.eyes import axe_report, page_checks, vitals
from ..module_utils.core.eyes.browser_journey import parse_journeys, require_secrets
from ..module_utils.io.eyes.browser import BrowserSettings, open_browser
from ..module_utils.io.eyes.browser_journey import JourneyOptions, sign_in
from ..module_utils.io.eyes.browser_survey import Survey, SurveyOptions, read_axe_source

CHECKS = ["responsive", "accessibility", "vitals"]
SPEC = {
    "base_url": {"type": "str", "required": True},
    "pages": {"type": "list", "elements": "raw", "required": True},
    "breakpoints": {"type": "list", "elements": "dict", "required": True},
    "login": {"type": "dict"},
    "secrets": {"type": "dict", "default": {}, "no_log": True},
    "checks": {"type": "list", "elements": "str", "choices": CHECKS, "default": CHECKS},
    "landmarks": {"type": "list", "elements": "str", "default": ["main", "h1"]},
    "vitals_loads": {"type": "int", "default": 5},
    "axe_source": {"type": "path"},
    "axe_tags": {"type": "list", "elements": "str", "default": list(axe_report.DEFAULT_TAGS)},
    "axe_rules": {"type": "list", "elements": "str", "default": list(axe_report.DEFAULT_RULES)},
    "artifacts_dir": {"type": "path"},
    "executable": {"type": "path"},
    "resolver_rules": {"type": "str", "default": ""},
    "timeout_seconds": {"type": "float", "default": 15},
}


def handle(params, check_mode):
    """Read the input, sign in once, look at everything."""
    pages = page_checks.parse_pages(params["pages"])
    breakpoints = page_checks.parse_breakpoints(params["breakpoints"])
    journeys = parse_journeys([params["login"]], "login") if params["login"] else ()
    secrets = {name: str(value) for name, value in params["secrets"].items()}
    require_secrets(journeys, secrets)
    if not journeys and any(page.signed_in for page in pages):
        raise InputError("pages are to be seen signed in, and there is no login", where="pages", todo="give login, or signed_in: false")
    options = SurveyOptions(
        base_url=params["base_url"],
        pages=pages,
        landmarks=tuple(params["landmarks"]),
        artifacts_dir=params["artifacts_dir"] or "",
        timeout_seconds=params["timeout_seconds"],
        loads=params["vitals_loads"],
        axe_source=read_axe_source(params["axe_source"] or "") if "accessibility" in params["checks"] else "",
        axe_options=axe_report.run_options(params["axe_tags"], params["axe_rules"]),
    )
    if check_mode:
        return {"changed": False, "surveyed": False, "failures": [], "problems": [], "measurements": []}
    os.umask(0o077)
    with open_browser(BrowserSettings("chromium", params["executable"] or "", params["resolver_rules"])) as browser:
        survey = Survey(browser, session_of(browser, journeys, options, secrets), options)
        return look(survey, params["checks"], breakpoints, f"chromium {browser.version}")


def session_of(browser, journeys, options, secrets):
    """Sign in, and return the session. ServiceError when that fails: there is then nothing to look at."""
    if not journeys:
        return None
    result, session = sign_in(browser, journeys[0], JourneyOptions(options.base_url, secrets, timeout_seconds=options.timeout_seconds))
    if session is None:
        raise ServiceError(
            "the survey could not sign in", where=options.base_url, why="; ".join(result.failures), todo="see the smoke phase"
        )
    return session


def look(survey, checks, breakpoints, source):
    """Make the chosen checks and return the result of the module."""
    facts, failures = [], []
    # The vitals come first: nothing of what follows may disturb them.
    if "vitals" in checks:
        detail = [f"load of the probe before the first page: {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores"]
        for page, loads in survey.vitals().items():
            facts += vitals.vitals_measurements(page, loads, source, detail)
    if "responsive" in checks:
        layouts = survey.layouts(breakpoints)
        facts += page_checks.layout_measurements(layouts, source)
        failures += [f"{check.page} on {check.breakpoint.name}: {text}" for check in layouts for text in check.failures]
    if "accessibility" in checks:
        reports, walks = survey.accessibility()
        facts += axe_report.axe_measurements(reports)
        walked = page_checks.keyboard_measurement(walks, source)
        facts += walked
        failures += [str(violation) for report in reports for violation in report.violations]
        failures += [f"{walk.page}: {text}" for walk in walks for text in page_checks.keyboard_failures(walk)]
    return {"changed": False, "surveyed": True, "failures": failures, "problems": survey.problems, "measurements": facts}


def main():
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
