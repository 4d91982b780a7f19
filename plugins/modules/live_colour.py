#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stop the live colour so that another can start, or start it again as it was."""

from __future__ import annotations

DOCUMENTATION = r"""
module: live_colour
short_description: Stop the live colour so that another can start, or start it again as it was
version_added: 0.1.0
description:
  - For stacks that cannot run twice (strategy C(recreate)). What serves is stopped before the new release is started in the other colour,
    which is an interruption until the switch. Its containers are kept.
  - When the new release does not come up, O(state=started) starts the kept containers again.
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
  state:
    description: Whether the live colour runs.
    type: str
    required: true
    choices: [stopped, started]
  target:
    description: The colour for which room is made; when it is the live one itself, nothing is stopped.
    type: str
    default: ''
  wait_seconds:
    description: How long its services may take to become healthy again.
    type: int
    default: 120
attributes:
  check_mode:
    description: In check mode it is told whether something would change.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Make room for the new release
  proofile.stagegate.live_colour:
    application: proofile
    state_dir: /var/lib/stagegate/proofile
    state: stopped
    target: green
"""

RETURN = r"""
release:
  description: The release of the live colour; empty when there is none.
  returned: always
  type: str
healthy:
  description: False when it was to be started and did not become healthy.
  returned: always
  type: bool
troubles:
  description: A line for each service that is not healthy, followed by the end of its log, with secrets masked.
  returned: always
  type: list
  elements: str
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import InputError
from ..module_utils.io.engine.docker_cli import Engine
from ..module_utils.io.release.live_colour import LiveColour
from ..module_utils.io.release.steps import STEP_OPTION, step

SPEC = {
    "application": {"type": "str", "required": True},
    "state_dir": {"type": "path", "required": True},
    "state": {"type": "str", "required": True, "choices": ["stopped", "started"]},
    "target": {"type": "str", "default": ""},
    "wait_seconds": {"type": "int", "default": 120},
    "step": STEP_OPTION,
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Stop, or start again."""
    colour = LiveColour(params["application"], params["state_dir"], Engine())
    answer = {"release": colour.kept_release(), "healthy": True, "troubles": []}
    due = bool(colour.running(params["target"])) if params["state"] == "stopped" else colour.is_down()
    if check_mode or not due:
        return {"changed": due, **answer}
    if params["state"] == "stopped":
        with step(params["state_dir"], params["step"], "stopping the live colour"):
            return {"changed": bool(colour.stop(params["target"])), **answer}
    with step(params["state_dir"], params["step"], "starting the live colour again"):
        try:
            outcome = colour.start(params["wait_seconds"])
        except InputError as error:
            # A plan that is gone is for the role to weigh: before a deployment it is no reason not to deploy.
            return {"changed": False, **answer, "healthy": False, "troubles": [str(error)]}
    return {"changed": outcome.changed, **answer, "healthy": outcome.healthy, "troubles": list(outcome.troubles)}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
