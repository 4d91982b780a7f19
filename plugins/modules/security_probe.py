#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Send requests that must be refused, and count those that were not."""

from __future__ import annotations

DOCUMENTATION = r"""
module: security_probe
short_description: Send forged and unauthorised requests that must be refused
version_added: 0.1.0
description:
  - Signs in, and sends forged requests with that session, without and with an invented CSRF token, as a stranger's page would.
  - Sends requests without a session, with an invented session and with wrong credentials.
  - Makes the rightful request, too. Where that one is refused nothing is recorded, because a refusal then proves nothing.
  - An accepted probe is evidence, not a failure of the module.
  - In check mode nothing is sent.
author: ProoFile operations (@proofile)
options:
  base_url:
    description: The address of the API.
    type: str
    required: true
  probes:
    description:
      - A mapping with C(login), C(control) (rightful requests with session and token), C(forged), C(unauthenticated) and
        C(wrong_credentials), each a list of API steps; C(csrf) with C(cookie) and C(header); C(refusals) (statuses).
    type: dict
    required: true
  secrets:
    description: Values that the steps name. They appear in no result.
    type: dict
    default: {}
  timeout_seconds:
    description: How long one answer may take.
    type: float
    default: 10
attributes:
  check_mode:
    description: In check mode nothing is sent.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Forge requests
  proofile.stagegate.security_probe:
    base_url: http://localhost:8000
    secrets: {password: "{{ seed_password }}"}
    probes:
      csrf: {cookie: csrf_token, header: X-CSRF-Token}
      login: [{request: POST /api/auth/login, json: {email: demo@proofile.dev, password: {secret: password}}}]
      forged: [{request: POST /api/profiles, json: {full_name: Forged}}]
      control: [{request: POST /api/auth/logout, expect: 204}]
      unauthenticated: [{request: GET /api/profiles}]
      wrong_credentials: [{request: POST /api/auth/login, json: {email: demo@proofile.dev, password: wrong}}]
"""

RETURN = r"""
accepted:
  description: The probes that were not refused.
  type: list
  elements: str
  returned: always
problems:
  description: Why rightful requests were not taken.
  type: list
  elements: str
  returned: always
measurements:
  description: security.csrf_probes, security.csrf_accepted, security.auth_probes, security.auth_accepted.
  type: list
  elements: dict
  returned: always
"""

from ..module_utils.adapter import run_module
from ..module_utils.core.eyes.security_probe import parse_probes, probe_measurements
from ..module_utils.io.eyes.security_probe import probe
from ..module_utils.io.web.http_session import HttpSession

SPEC = {
    "base_url": {"type": "str", "required": True},
    "probes": {"type": "dict", "required": True},
    "secrets": {"type": "dict", "default": {}, "no_log": True},
    "timeout_seconds": {"type": "float", "default": 10},
}


def handle(params, check_mode):
    """Read the probes, send them, count."""
    probes = parse_probes(params["probes"])
    if check_mode:
        return {"changed": False, "accepted": [], "problems": [], "measurements": []}
    secrets = {name: str(value) for name, value in params["secrets"].items()}
    result = probe(probes, secrets, lambda jar: HttpSession(params["base_url"], params["timeout_seconds"], jar))
    return {
        "changed": False,
        "accepted": [str(entry) for entry in result.probes if not entry.refused],
        "problems": list(result.problems),
        "measurements": probe_measurements(result, params["base_url"]),
    }


def main():
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
