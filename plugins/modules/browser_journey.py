#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Do what a person does, in a real browser, and record what that person saw."""

from __future__ import annotations

DOCUMENTATION = r"""
module: browser_journey
short_description: Do journeys through an application in a real browser
version_added: 0.1.0
description:
  - Does journeys, rows of steps such as open, fill, click and see, in a browser, and takes a picture after every step.
  - Counts failed steps, errors in the browser's console and failed requests, and takes the time that pages need to load.
  - A failed step is evidence, not a failure of the module. The module fails only for input that cannot be used, and when
    the browser does not start.
  - Runs on the probe and needs Playwright for Python and a browser of the distribution there.
  - In check mode the journeys are read, and not done, because they may write.
  - With C(preview) the browser opens the public addresses and is led to other ports, so that a release can be looked at before it
    serves. Origins, cookies, CORS and addresses that are baked into the frontend are then those of production, and nothing else can
    be reached, neither by name nor by IP address.
author: ProoFile operations (@proofile)
options:
  base_url:
    description: The address of the application as its users know it.
    type: str
    required: true
  journeys:
    description:
      - The journeys, each a mapping with C(name), C(steps), C(finally) (steps that clean up), C(session_of) (an earlier
        journey whose session this one continues) and C(preview) (it is done before the switch, too).
      - "A step is a mapping with one verb: C(open), C(reload), C(back), C(fill), C(choose), C(tick), C(press), C(click),
        C(see), C(not_see) or C(at). A field is filled C(with) a text or with the C(secret) of that name."
      - A target is C(role) and C(name), C(label), C(text), C(placeholder) or C(test_id), C(inside) another one.
    type: list
    elements: dict
    required: true
  secrets:
    description: Values that the journeys name. They appear in no result, picture or file name.
    type: dict
    default: {}
  allow:
    description:
      - Complaints that are expected, each a mapping with C(url) (a regular expression) and C(status) (one or several, 0 for
        no answer), or with C(console) (a regular expression), and C(why).
    type: list
    elements: dict
    default: []
  artifacts_dir:
    description: Folder on the probe into which the pictures go. Without it none are taken.
    type: path
  engine:
    description: The browser engine.
    type: str
    choices: [chromium, firefox]
    default: chromium
  executable:
    description: The browser's program. Without it the usual places are looked at.
    type: path
  preview:
    description:
      - The public addresses with the preview ports that answer in their place. Chromium only.
      - Where the public address is C(https) and the preview port is not, TLS is ended on the probe, with C(openssl) from there.
    type: list
    elements: dict
    default: []
    suboptions:
      public:
        description: Address as the pages write it, with scheme and port.
        type: str
        required: true
      preview:
        description: Address that answers, as the host of the release reaches it.
        type: str
        required: true
  tunnel:
    description: The way by ssh to the host whose preview ports are meant. Without it they are those of the probe.
    type: dict
    suboptions:
      host:
        description: Name or address; empty for no tunnel.
        type: str
        default: ""
      port:
        description: Port of its ssh server; 0 for the one that ssh would take.
        type: int
        default: 0
      user:
        description: Who logs in; empty for the one that ssh would take.
        type: str
        default: ""
      key_file:
        description: Private key on the probe; empty for those that ssh would take.
        type: path
        default: ""
      arguments:
        description: More arguments of ssh in one text, such as C(-J bastion).
        type: str
        default: ""
  stage:
    description: Label of the measurements that tells this look from others, such as C(preview).
    type: str
    default: ""
  timeout_seconds:
    description: How long a step may take.
    type: float
    default: 10
  width:
    description: Width of the window in CSS pixels.
    type: int
    default: 1440
  height:
    description: Height of the window in CSS pixels.
    type: int
    default: 900
attributes:
  check_mode:
    description: In check mode the journeys are read and no browser is started.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Log in and see the dashboard
  proofile.stagegate.browser_journey:
    base_url: http://localhost:3000
    artifacts_dir: /var/lib/stagegate/proofile/evidence/r-20261123T101500Z-1a2b3c4d5e6f/smoke
    secrets: {password: "{{ seed_password }}"}
    journeys:
      - name: login
        steps:
          - open: /login
          - fill: {label: Email, with: demo@proofile.dev}
          - fill: {label: Password, secret: password}
          - click: {role: button, name: Sign in}
          - see: {role: heading, name: Dashboard}
"""

RETURN = r"""
walked:
  description: False in check mode, where the journeys are only read.
  type: bool
  returned: always
journeys:
  description: For each journey its name, steps (title, ok, seconds, page, picture, error), clean-up and failures.
  type: list
  elements: dict
  returned: always
console_errors:
  description: Errors of the browser's console that are not allowed.
  type: list
  elements: str
  returned: always
failed_requests:
  description: Requests that failed and are not allowed.
  type: list
  elements: str
  returned: always
measurements:
  description:
    - journey.steps, journey.failed, browser.pages, browser.console_errors, browser.failed_requests, page.load.
    - With C(preview) also browser.foreign_hosts.
  type: list
  elements: dict
  returned: always
foreign_hosts:
  description: With C(preview), addresses that the pages asked and that are led nowhere and not allowed.
  type: list
  elements: str
  returned: always
engine_measurements:
  description: browser.engine_steps and browser.engine_failed, which tell engines apart.
  type: list
  elements: dict
  returned: always
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.eyes.browser_journey import Journey, parse_journeys, require_secrets
from ..module_utils.core.eyes.browser_watch import parse_allowed
from ..module_utils.core.eyes.journey_report import BrowserResult, engine_measurements, journey_measurements
from ..module_utils.core.eyes.preview import parse_leads, resolver_rules
from ..module_utils.io.eyes.browser import ENGINES, BrowserSettings, open_browser
from ..module_utils.io.eyes.browser_journey import JourneyOptions, run_journeys
from ..module_utils.io.eyes.preview_ways import Tunnel, open_ways

SPEC = {
    "base_url": {"type": "str", "required": True},
    "journeys": {"type": "list", "elements": "dict", "required": True},
    "secrets": {"type": "dict", "default": {}, "no_log": True},
    "allow": {"type": "list", "elements": "dict", "default": []},
    "artifacts_dir": {"type": "path"},
    "engine": {"type": "str", "choices": list(ENGINES), "default": "chromium"},
    "executable": {"type": "path"},
    "preview": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {"public": {"type": "str", "required": True}, "preview": {"type": "str", "required": True}},
    },
    "tunnel": {
        "type": "dict",
        "options": {
            "host": {"type": "str", "default": ""},
            "port": {"type": "int", "default": 0},
            "user": {"type": "str", "default": ""},
            "key_file": {"type": "path", "default": "", "no_log": False},
            "arguments": {"type": "str", "default": ""},
        },
    },
    "stage": {"type": "str", "default": ""},
    "timeout_seconds": {"type": "float", "default": 10},
    "width": {"type": "int", "default": 1440},
    "height": {"type": "int", "default": 900},
}
NOTHING = {
    "changed": False,
    "walked": False,
    "journeys": [],
    "console_errors": [],
    "failed_requests": [],
    "foreign_hosts": [],
    "measurements": [],
    "engine_measurements": [],
}


def handle(params, check_mode):
    """Read the journeys, do them, hand over what was seen."""
    journeys = parse_journeys(params["journeys"])
    secrets = {name: str(value) for name, value in params["secrets"].items()}
    require_secrets(journeys, secrets)
    options = JourneyOptions(
        base_url=params["base_url"],
        secrets=secrets,
        artifacts_dir=params["artifacts_dir"] or "",
        allowed=parse_allowed(params["allow"]),
        timeout_seconds=params["timeout_seconds"],
        width=params["width"],
        height=params["height"],
        leads=parse_leads(params["preview"]),
    )
    if check_mode:
        return NOTHING
    os.umask(0o077)
    result = _walked(params, journeys, options)
    return {
        "changed": False,
        "walked": True,
        "journeys": [{**asdict(journey), "failures": journey.failures} for journey in result.journeys],
        "console_errors": [str(error) for error in result.console],
        "failed_requests": [str(request) for request in result.requests],
        "foreign_hosts": list(result.foreign or ()),
        "measurements": journey_measurements(result, params["stage"]),
        "engine_measurements": engine_measurements(result),
    }


def _walked(params: Mapping[str, Any], journeys: Sequence[Journey], options: JourneyOptions) -> BrowserResult:
    engine, executable, leads = params["engine"], params["executable"] or "", options.leads
    if not leads:
        with open_browser(BrowserSettings(engine, executable)) as browser:
            return run_journeys(browser, engine, journeys, options)
    tunnel = Tunnel(**(params["tunnel"] or {}))
    with open_ways(leads, tunnel) as ways:
        settings = BrowserSettings(engine, executable, resolver_rules(leads, ways), True, any(lead.ends_tls for lead in leads))
        with open_browser(settings) as browser:
            return run_journeys(browser, engine, journeys, options)


def main():
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
