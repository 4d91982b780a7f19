#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Wait until the active release has been up for a while, and see whether anything of it died meanwhile."""

from __future__ import annotations

DOCUMENTATION = r"""
module: release_uptime
short_description: Wait until the active release has settled, and count its restarts
version_added: 0.1.0
description:
  - Waits until the release to which the edge leads has been up for the given time, so that a release that dies after a
    minute is seen to die.
  - Then records for each of its containers how often it was restarted since the switch, and whether it runs.
  - In check mode it does not wait.
author: ProoFile operations (@proofile)
options:
  application:
    description: Name of the application.
    type: str
    required: true
  state_dir:
    description: The state folder of the application on the staging host.
    type: path
    required: true
  settle_seconds:
    description: How long the release must have been up.
    type: float
    default: 0
attributes:
  check_mode:
    description: In check mode nothing is waited for.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Wait until the release has been up for 75 seconds
  proofile.stagegate.release_uptime:
    application: proofile
    state_dir: /var/lib/stagegate/proofile
    settle_seconds: 75
"""

RETURN = r"""
project:
  description: The compose project of the active colour.
  type: str
  returned: always
waited_seconds:
  description: How long was waited.
  type: float
  returned: always
up_seconds:
  description: How long the release has been up since the switch.
  type: float
  returned: always
measurements:
  description: container.watched and container.restarts.
  type: list
  elements: dict
  returned: always
"""

from ..module_utils.adapter import run_module
from ..module_utils.core.release.release_uptime import uptime_measurements
from ..module_utils.io.engine.docker_cli import Engine
from ..module_utils.io.release.release_uptime import active_release, containers_of, deployed, wait_until_settled
from ..module_utils.io.system import clock as machine

SPEC = {
    "application": {"type": "str", "required": True},
    "state_dir": {"type": "path", "required": True},
    "settle_seconds": {"type": "float", "default": 0},
}


def handle(params, check_mode):
    """Wait, look, report."""
    if check_mode and not deployed(params["state_dir"]):
        return {"changed": False, "project": "", "waited_seconds": 0.0, "up_seconds": 0.0, "measurements": []}
    active = active_release(params["application"], params["state_dir"])
    waited = 0.0 if check_mode else wait_until_settled(active, params["settle_seconds"])
    now = machine.now()
    return {
        "changed": False,
        "project": active.project,
        "waited_seconds": round(waited, 1),
        "up_seconds": round(now - active.since, 1),
        "measurements": uptime_measurements(containers_of(active, Engine()), active.since, now),
    }


def main():
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
