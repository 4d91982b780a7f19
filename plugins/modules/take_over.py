#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take over a stack that plain docker compose runs, or give the host back to it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: take_over
short_description: Take over a stack that plain docker compose runs, or give the host back to it
version_added: 0.1.0
description:
  - A stack of the same application that C(docker compose up) started is recognised by fixed container names, volumes or, where it has
    neither, by all its public ports. Containers that carry the label C(stagegate.application) never are.
  - O(state=taken) stops its containers and keeps them as C(<name>-before-stagegate) without restart policy. Volumes are not touched.
  - O(state=given_back) removes the containers of the release engine, and starts the kept ones under their own names with their own
    restart policies. Rows written meanwhile stay, and so does the schema.
  - Both can be killed at any moment and started again. C(<state_dir>/take_over.json) is the record.
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
    description: Who has the host.
    type: str
    required: true
    choices: [taken, given_back]
  release:
    description: The planned release by whose compose model the earlier stack is recognised. Needed for O(state=taken).
    type: str
    default: ''
  wait_seconds:
    description: How long the containers of the earlier stack may take to become healthy again.
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
- name: Take the stack over that ran before
  proofile.stagegate.take_over:
    application: proofile
    state_dir: /var/lib/stagegate/proofile
    state: taken
    release: 1a2b3c4d5e6f
"""

RETURN = r"""
project:
  description: The compose project of the earlier stack; empty when there is none.
  returned: always
  type: str
containers:
  description: The names of its containers.
  returned: always
  type: list
  elements: str
troubles:
  description: A line for each container of the earlier stack that does not work after the way back.
  returned: always
  type: list
  elements: str
"""

import os
from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import InputError
from ..module_utils.io.engine.docker_cli import Engine
from ..module_utils.io.release.release_plan import ReleasePlanner
from ..module_utils.io.release.steps import STEP_OPTION, step
from ..module_utils.io.release.take_over import TakeOver

SPEC = {
    "application": {"type": "str", "required": True},
    "state_dir": {"type": "path", "required": True},
    "state": {"type": "str", "required": True, "choices": ["taken", "given_back"]},
    "release": {"type": "str", "default": ""},
    "wait_seconds": {"type": "int", "default": 120},
    "step": STEP_OPTION,
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Take, or give back."""
    stack = TakeOver(params["state_dir"], params["application"], Engine())
    if params["state"] == "given_back":
        return _give_back(params, stack, check_mode)
    if not params["release"]:
        raise InputError("no release is named", where="parameter release", todo="name the planned release")
    planner = ReleasePlanner(params["state_dir"], params["application"], params["release"])
    if check_mode and not os.path.isfile(os.path.join(planner.folder, "model.json")):
        return {"changed": False, **_told(stack)}
    model = planner.kept_model()
    if check_mode or not stack.is_pending(model):
        return {"changed": stack.is_pending(model), **_told(stack)}
    with step(params["state_dir"], params["step"], "taking over the stack that ran before"):
        changed = stack.take(model)
    return {"changed": changed, **_told(stack)}


def _give_back(params: Mapping[str, Any], stack: TakeOver, check_mode: bool) -> Mapping[str, Any]:
    if check_mode or not stack.can_give_back():
        return {"changed": stack.can_give_back(), **_told(stack)}
    with step(params["state_dir"], params["step"], "giving the host back to the stack that ran before"):
        done = stack.give_back(params["wait_seconds"])
    return {"changed": done.changed, **_told(stack), "troubles": list(done.troubles)}


def _told(stack: TakeOver) -> Mapping[str, Any]:
    record = stack.record()
    if record is None:
        return {"project": "", "containers": [], "troubles": []}
    return {"project": record.project, "containers": [item.name for item in record.containers], "troubles": []}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
