#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Let the public ports serve a colour."""

from __future__ import annotations

DOCUMENTATION = r"""
module: edge
short_description: Let the public ports serve a colour
version_added: 0.1.0
description:
  - Starts the edge where it does not run, lets it read a changed configuration without closing its ports, waits until it reaches every
    service of the colour, and moves all services together by one command on its runtime socket. The map on disk is written too.
  - When a service of the colour cannot be reached, nothing is switched and the module fails.
  - While it works it holds the deploy lock of the state folder.
author: ProoFile operations (@proofile)
extends_documentation_fragment: [proofile.stagegate.step]
options:
  application:
    description: Name of the application.
    type: str
    required: true
  state_dir:
    description: The state folder of the application.
    type: path
    required: true
  release:
    description: The release that runs in the colour; it must have been planned.
    type: str
    required: true
  colour:
    description: The colour to serve.
    type: str
    required: true
    choices: [blue, green]
  wait_seconds:
    description: How long the edge may take to reach the services.
    type: int
    default: 30
attributes:
  check_mode:
    description: In check mode it is told whether something would change.
    support: full
  diff_mode:
    description: The colour before and after is returned instead.
    support: none
"""

EXAMPLES = r"""
- name: Switch
  proofile.stagegate.edge:
    application: proofile
    state_dir: /var/lib/stagegate/proofile
    release: 1a2b3c4d5e6f
    colour: green
"""

RETURN = r"""
colour:
  description: The colour that is served now.
  returned: always
  type: str
before:
  description: The colour that was served before; empty when there was none.
  returned: always
  type: str
switched:
  description: True when the colour was changed by this call.
  returned: always
  type: bool
now:
  description: The host's time when the colour was served, RFC 3339 UTC.
  returned: always
  type: str
measurements:
  description: C(switch.duration), when it switched.
  returned: always
  type: list
  elements: dict
"""

import os
from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.measurement import measurement
from ..module_utils.core.times import rfc3339
from ..module_utils.io.engine.docker_cli import Engine
from ..module_utils.io.release.edge import Edge
from ..module_utils.io.release.steps import STEP_OPTION, step
from ..module_utils.io.system import clock

SPEC = {
    "application": {"type": "str", "required": True},
    "state_dir": {"type": "path", "required": True},
    "release": {"type": "str", "required": True},
    "colour": {"type": "str", "required": True, "choices": ["blue", "green"]},
    "wait_seconds": {"type": "int", "default": 30},
    "step": STEP_OPTION,
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Tell, or switch."""
    release, colour = params["release"], params["colour"]
    edge = Edge(params["application"], params["state_dir"], Engine())
    nothing = {"colour": colour, "before": "", "switched": False, "now": rfc3339(clock.now()), "measurements": []}
    if check_mode:
        planned = os.path.isfile(os.path.join(params["state_dir"], "releases", release, f"plan-{colour}.json"))
        return {"changed": not planned or edge.differs(release, colour), **nothing}
    with step(params["state_dir"], params["step"], f"switching {params['application']} to {colour}") as work:
        done = edge.switch(release, colour, params["wait_seconds"], work.part)
    facts = [] if done.seconds is None else [measurement("switch.duration", done.seconds, "s", source="edge runtime socket")]
    return {
        "changed": done.changed,
        "colour": colour,
        "before": done.before,
        "switched": done.seconds is not None,
        "now": rfc3339(clock.now()),
        "measurements": facts,
    }


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
