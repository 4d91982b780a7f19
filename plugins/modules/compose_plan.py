#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plan how a release runs: data, colour and edge projects."""

from __future__ import annotations

DOCUMENTATION = r"""
module: compose_plan
short_description: Plan the data, colour, single and edge projects of a release
version_added: 0.1.0
description:
  - Reads the application's own compose files through C(docker compose config) and cuts the model into three compose projects, which
    it writes, with the configuration of the edge, into C(<state_dir>/releases/<release>/) (0600, because they hold secrets).
  - Refuses, before anything is changed, when a port or a fixed container name is held by something that is not this application, and
    when the application runs here already by plain C(docker compose up) and O(take_over) is not set.
author: ProoFile operations (@proofile)
options:
  application:
    description: Name of the application; the projects are called C(<application>-data), C(-blue), C(-green) and C(-edge).
    type: str
    required: true
  release:
    description: The release, 12 hex digits.
    type: str
    required: true
  colour:
    description: The colour in which the release is to run.
    type: str
    required: true
    choices: [blue, green]
  live_colour:
    description:
      - The colour that serves. When O(colour) is that one and the release would be started otherwise than it was (another environment,
        another image of the same release), the other colour is planned, so that nothing that serves is replaced.
      - Empty means that O(colour) is planned whatever serves.
    type: str
    choices: ['', blue, green]
    default: ''
  state_dir:
    description: The state folder of the application.
    type: path
    required: true
  files:
    description:
      - The compose files in their order, absolute or relative to C(<state_dir>/source/<release>).
      - Empty means that the model kept from the last planning of this release is used again, for a rollback.
    type: list
    elements: str
    default: []
  env_file:
    description: The environment file with which variables in the compose files are filled in.
    type: path
  state_services:
    description: Services that keep state. Empty means every service with a named volume.
    type: list
    elements: str
    default: []
  single_services:
    description:
      - Services that must not run twice, such as workers and schedulers; they are started at the switch only.
      - Empty means every application service that publishes and exposes no port and on which no other one depends.
      - The label C(stagegate.single) of a service, C("true") or C("false"), decides over both.
    type: list
    elements: str
    default: []
  take_over:
    description: Whether a stack of this application that plain C(docker compose up) started may be taken over.
    type: bool
    default: false
  edge_image:
    description: The image of the edge. Empty keeps the one that runs, or that this release was planned with before.
    type: str
    default: ''
attributes:
  check_mode:
    description: In check mode nothing is written; when source or environment file are not there yet, nothing is planned.
    support: full
  diff_mode:
    description: Never, because the plans hold secrets.
    support: none
"""

EXAMPLES = r"""
- name: Plan the release
  proofile.stagegate.compose_plan:
    application: proofile
    release: 1a2b3c4d5e6f
    colour: green
    state_dir: /var/lib/stagegate/proofile
    files: [docker-compose.yml, /var/lib/stagegate/proofile/releases/1a2b3c4d5e6f/overrides/compose.staging.yml]
    env_file: /var/lib/stagegate/proofile/releases/1a2b3c4d5e6f/environment
    edge_image: stagegate-edge:0c6f5d2a91b7
"""

RETURN = r"""
planned:
  description: False in check mode when there is nothing to plan from yet.
  returned: always
  type: bool
colour:
  description: The colour that was planned.
  returned: when planned
  type: str
projects:
  description: For C(data), C(colour), C(single) and C(edge) the C(name) of the compose project and the C(file) of its plan.
  returned: when planned
  type: dict
routes:
  description: Public ports with C(service), C(public), C(target) and C(preview), the port of this colour on 127.0.0.1.
  returned: when planned
  type: list
  elements: dict
application_services:
  description: The services that run once for each colour.
  returned: when planned
  type: list
  elements: str
single_services:
  description: The services that must not run twice.
  returned: when planned
  type: list
  elements: str
state_services:
  description: The services that keep state and run once.
  returned: when planned
  type: list
  elements: str
predecessor:
  description: The compose project that is to be taken over; empty when there is none.
  returned: when planned
  type: str
"""

import os
from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.release.compose_plan import other
from ..module_utils.io.release.release_plan import ReleasePlanner

SPEC = {
    "application": {"type": "str", "required": True},
    "release": {"type": "str", "required": True},
    "colour": {"type": "str", "required": True, "choices": ["blue", "green"]},
    "live_colour": {"type": "str", "choices": ["", "blue", "green"], "default": ""},
    "state_dir": {"type": "path", "required": True},
    "files": {"type": "list", "elements": "str", "default": []},
    "env_file": {"type": "path"},
    "state_services": {"type": "list", "elements": "str", "default": []},
    "single_services": {"type": "list", "elements": "str", "default": []},
    "take_over": {"type": "bool", "default": False},
    "edge_image": {"type": "str", "default": ""},
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Plan, look for strangers, write."""
    planner = ReleasePlanner(params["state_dir"], params["application"], params["release"])
    missing = [path for path in (planner.source, params["env_file"] or planner.source) if not os.path.exists(path)]
    if check_mode and params["files"] and missing:
        return {"changed": True, "planned": False}
    model = planner.model(params["files"], params["env_file"] or "") if params["files"] else planner.kept_model()
    edge_image = planner.edge_image(params["edge_image"])
    colour, cut = params["colour"], (edge_image, params["state_services"] or None, params["single_services"])
    plan = planner.plan(model, colour, *cut)
    if colour == params["live_colour"] and not planner.is_started_as(plan, colour):
        colour = other(colour)
        plan = planner.plan(model, colour, *cut)
    found = planner.predecessor(model, params["take_over"])
    planner.refuse_strangers(plan, colour, found.containers if found else ())
    changed = planner.write(model, plan, colour, check_mode)
    return {"changed": changed, "planned": True, "predecessor": found.project if found else "", **planner.described(plan, colour)}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
