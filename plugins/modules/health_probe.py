#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ask every component of the application itself whether it works."""

from __future__ import annotations

DOCUMENTATION = r"""
module: health_probe
short_description: Ask every component of an application itself whether it works
version_added: 0.1.0
description:
  - Makes HTTP, in-container and API journey checks and repeats those that failed until they pass or the time is over.
  - A failed check is evidence, not a failure of the module. The module fails only for input that cannot be used.
  - In check mode nothing is asked, because journeys may write.
author: ProoFile operations (@proofile)
options:
  checks:
    description:
      - The checks, each a mapping with C(component) (backend, frontend, database, cache or api) and C(kind).
      - C(kind=http) has C(url), C(status) (default 200) and C(contains).
      - C(kind=exec) has C(container) or C(project) and C(service), C(command) (a list) and C(contains).
      - C(kind=journey) has C(base_url), C(steps) and C(csrf). A mapping with the single key C(secret) is taken from O(secrets).
    type: list
    elements: dict
    required: true
  secrets:
    description: Values that the journeys name. They never appear in a result.
    type: dict
    default: {}
  stage:
    description: The label under which the result is recorded.
    type: str
    choices: [preview, public, old_on_copy, old_on_new_schema, rollback]
    default: public
  components:
    description: Ask these components only. Empty asks all of them.
    type: list
    elements: str
    choices: [backend, frontend, database, cache, api]
    default: []
  timeout_seconds:
    description: How long failing checks are repeated.
    type: float
    default: 60
  interval_seconds:
    description: The pause between two tries.
    type: float
    default: 2
  request_timeout_seconds:
    description: How long one HTTP answer may take; a command in a container may take twice as long.
    type: float
    default: 5
"""

EXAMPLES = r"""
- name: Ask the database itself, and log in
  proofile.stagegate.health_probe:
    stage: public
    secrets: {password: "{{ seed_password }}"}
    checks:
      - {component: database, kind: exec, project: proofile-data, service: postgres, command: [pg_isready]}
      - component: api
        kind: journey
        base_url: http://127.0.0.1:8000
        steps:
          - request: POST /api/auth/login
            json: {email: demo@proofile.dev, password: {secret: password}}
"""

RETURN = r"""
probed:
  description: False in check mode, where nothing is asked.
  type: bool
  returned: always
passed:
  description: True when every check passed. False in check mode.
  type: bool
  returned: always
failures:
  description: What failed, one text for each failure, without secrets.
  type: list
  elements: str
  returned: always
measurements:
  description: health.checks, health.failed and health.duration for each component.
  type: list
  elements: dict
  returned: always
"""

from ..module_utils.adapter import run_module
from ..module_utils.core.eyes.health_check import COMPONENTS, STAGES, measurements_of, parse_checks
from ..module_utils.io.eyes.health_probe import HealthProbe

SPEC = {
    "checks": {"type": "list", "elements": "dict", "required": True},
    "secrets": {"type": "dict", "default": {}, "no_log": True},
    "stage": {"type": "str", "choices": list(STAGES), "default": "public"},
    "components": {"type": "list", "elements": "str", "choices": list(COMPONENTS), "default": []},
    "timeout_seconds": {"type": "float", "default": 60},
    "interval_seconds": {"type": "float", "default": 2},
    "request_timeout_seconds": {"type": "float", "default": 5},
}


def handle(params, check_mode):
    """Make the checks and hand over what was found."""
    wanted = params["components"] or COMPONENTS
    checks = parse_checks([check for check in params["checks"] if check.get("component", wanted[0]) in wanted])
    if check_mode:
        return {"changed": False, "probed": False, "passed": False, "failures": [], "measurements": []}
    secrets = {name: str(value) for name, value in params["secrets"].items()}
    probe = HealthProbe(secrets, params["request_timeout_seconds"])
    results = probe.until_passed(checks, params["timeout_seconds"], params["interval_seconds"])
    return {
        "changed": False,
        "probed": True,
        "passed": all(result.ok for result in results),
        "failures": [text for result in results for text in result.failures],
        "measurements": measurements_of(results, params["stage"]),
    }


def main():
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
