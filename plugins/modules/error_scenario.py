#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take the database or the cache away, see how the application behaves, and give it back."""

from __future__ import annotations

DOCUMENTATION = r"""
module: error_scenario
short_description: See how the running stack behaves when something is missing
version_added: 0.1.0
description:
  - Goes through scenarios, stops services of the data project where a scenario says so, makes requests and browser journeys,
    and gives back what it stopped, also when a check fails or the module is terminated.
  - What a killed call left stopped is given back by the next call before anything else.
  - An answer that shows a stack trace is a failed check. A failed check is evidence, not a failure of the module.
  - Runs on the staging host. Scenarios with browser journeys need Playwright and Chromium there.
  - In check mode the scenarios are read and nothing is stopped.
author: ProoFile operations (@proofile)
extends_documentation_fragment: [proofile.stagegate.step]
options:
  application:
    description: Name of the application.
    type: str
    required: true
  state_dir:
    description: The state folder of the application on the staging host.
    type: path
    required: true
  base_url:
    description: The address of the API.
    type: str
    required: true
  pages_url:
    description: The address of the pages, for browser journeys.
    type: str
    default: ""
  scenarios:
    description:
      - The scenarios, each a mapping with C(name), C(stop) (services of the data project), C(base_url), C(steps) (API steps)
        and C(journeys) (browser journeys).
    type: list
    elements: dict
    required: true
  recovered:
    description: API steps that pass when the stack is whole again.
    type: list
    elements: dict
    default: []
  secrets:
    description: Values that steps and journeys name. They appear in no result.
    type: dict
    default: {}
  within_seconds:
    description: How long an answer may take to become the expected one.
    type: float
    default: 15
  repair_seconds:
    description: How long the stack may take to be whole again.
    type: float
    default: 90
  artifacts_dir:
    description: Folder into which pictures of browser journeys go.
    type: path
  executable:
    description: Chromium's program. Without it the usual places are looked at.
    type: path
  resolver_rules:
    description: Chromium's rules that lead the application's public address to another port.
    type: str
    default: ""
attributes:
  check_mode:
    description: In check mode nothing is stopped and nothing is sent.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Take the database away
  proofile.stagegate.error_scenario:
    application: proofile
    state_dir: /var/lib/stagegate/proofile
    base_url: http://localhost:8000
    recovered: [{request: GET /health/ready}]
    scenarios:
      - name: database_down
        stop: [postgres]
        steps:
          - {request: POST /api/auth/login, json: {email: demo@proofile.dev, password: any}, expect: 503}
"""

RETURN = r"""
repaired_first:
  description: Containers that an earlier, killed call had left stopped and that were started before anything else.
  type: list
  elements: str
  returned: always
failures:
  description: The checks that failed.
  type: list
  elements: str
  returned: always
unrepaired:
  description: What is still not whole after the last scenario.
  type: list
  elements: str
  returned: always
measurements:
  description: scenario.checks, scenario.failed, scenario.unrepaired.
  type: list
  elements: dict
  returned: always
"""

import os

from ..module_utils.adapter import run_module
from ..module_utils.core.eyes.api_journey import parse_steps
from ..module_utils.core.eyes.browser_journey import require_secrets
from ..module_utils.core.eyes.error_scenario import parse_scenarios, scenario_measurements
from ..module_utils.io.engine.docker_cli import Engine
from ..module_utils.io.eyes.browser import BrowserSettings, open_browser
from ..module_utils.io.eyes.browser_journey import JourneyOptions, run_journeys
from ..module_utils.io.eyes.error_scenario import ScenarioOptions, ScenarioRun, no_browser, projects_of
from ..module_utils.io.eyes.outage import Outages
from ..module_utils.io.release.release_uptime import active_release
from ..module_utils.io.release.steps import STEP_OPTION, step

SPEC = {
    "application": {"type": "str", "required": True},
    "state_dir": {"type": "path", "required": True},
    "base_url": {"type": "str", "required": True},
    "pages_url": {"type": "str", "default": ""},
    "scenarios": {"type": "list", "elements": "dict", "required": True},
    "recovered": {"type": "list", "elements": "dict", "default": []},
    "secrets": {"type": "dict", "default": {}, "no_log": True},
    "within_seconds": {"type": "float", "default": 15},
    "repair_seconds": {"type": "float", "default": 90},
    "artifacts_dir": {"type": "path"},
    "executable": {"type": "path"},
    "resolver_rules": {"type": "str", "default": ""},
    "step": STEP_OPTION,
}


def handle(params, check_mode):
    """Repair what was left, go through the scenarios, report."""
    scenarios = parse_scenarios(params["scenarios"])
    recovered = parse_steps(params["recovered"], "recovered") if params["recovered"] else ()
    secrets = {name: str(value) for name, value in params["secrets"].items()}
    require_secrets([journey for scenario in scenarios for journey in scenario.journeys], secrets)
    if check_mode:
        return {"changed": False, "repaired_first": [], "failures": [], "unrepaired": [], "measurements": []}
    os.umask(0o077)
    outages = Outages(f"{params['application']}-data", params["state_dir"])
    with step(params["state_dir"], params["step"], "taking services away on purpose"):
        repaired_first = outages.repair_leftover()
        options = ScenarioOptions(
            base_url=params["base_url"],
            secrets=secrets,
            projects=projects_of(params["application"], active_release(params["application"], params["state_dir"]).project),
            recovered=recovered,
            within_seconds=params["within_seconds"],
            repair_seconds=params["repair_seconds"],
        )
        results, unrepaired = go_through(scenarios, options, outages, params)
    return {
        "changed": False,
        "repaired_first": repaired_first,
        "failures": [f"{result.name}: {text}" for result in results for text in result.failures],
        "unrepaired": unrepaired,
        "measurements": scenario_measurements(results, unrepaired),
    }


def go_through(scenarios, options, outages, params):
    """Run the scenarios, with one browser for all where a journey needs one."""
    if not any(scenario.journeys for scenario in scenarios):
        return ScenarioRun(options, outages, Engine(), no_browser).scenarios(scenarios)
    pages = JourneyOptions(params["pages_url"] or params["base_url"], options.secrets, params["artifacts_dir"] or "")
    with open_browser(BrowserSettings("chromium", params["executable"] or "", params["resolver_rules"])) as browser:

        def walk_journeys(journeys):
            return run_journeys(browser, "chromium", journeys, pages).journeys

        return ScenarioRun(options, outages, Engine(), walk_journeys).scenarios(scenarios)


def main():
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
