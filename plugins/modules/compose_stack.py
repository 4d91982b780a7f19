#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring a planned compose project up, or take it down."""

from __future__ import annotations

DOCUMENTATION = r"""
module: compose_stack
short_description: Bring a planned compose project up, or take it down
version_added: 0.1.0
description:
  - Starts what is not there, replaces what differs, and waits until every container of every service is healthy.
  - A service without a healthcheck is never healthy, because nothing says that it works.
  - A service that does not become healthy is a fact (C(healthy) is false, with the end of its log), not a failure of the module,
    so that it can be recorded and judged.
  - Before containers of a colour that is not live are replaced or removed, requests and WebSocket connections that the edge still has
    on them are waited for, at most O(drain_seconds).
  - Volumes are never removed. While it works it holds the deploy lock of the state folder.
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
  project:
    description: Name of the compose project.
    type: str
    required: true
  file:
    description: The plan of the project.
    type: path
    required: true
  state:
    description: Whether the project runs.
    type: str
    choices: [present, absent]
    default: present
  release:
    description: The release whose images, as its build recorded them, the services must run. Empty for services that are no release.
    type: str
    default: ''
  keep_images:
    description:
      - Do not replace a container because its tag names another image now. A database is not stopped for a rebuilt image of the same
        configuration.
    type: bool
    default: false
  wait_seconds:
    description: How long the services may take to become healthy.
    type: int
    default: 120
  drain_seconds:
    description: How long requests that are still under way on a colour that is not live any more are waited for before it is changed.
    type: int
    default: 30
attributes:
  check_mode:
    description: In check mode it is told whether something would change.
    support: full
  diff_mode:
    description: Never, because the plans hold secrets.
    support: none
notes:
  - C(community.docker.docker_compose_v2) reports a service that never becomes healthy as a failure without its log, and costs seconds.
"""

EXAMPLES = r"""
- name: Start the colour of the release
  proofile.stagegate.compose_stack:
    application: proofile
    state_dir: /var/lib/stagegate/proofile
    project: proofile-green
    file: /var/lib/stagegate/proofile/releases/1a2b3c4d5e6f/green.json
    release: 1a2b3c4d5e6f
    wait_seconds: 120
  register: colour
"""

RETURN = r"""
healthy:
  description: True when there are planned services and every container of each of them is healthy.
  returned: always
  type: bool
as_judged:
  description: True when every container runs the image that the build of O(release) recorded; always true without O(release).
  returned: always
  type: bool
troubles:
  description: A line for each service that is not healthy, followed by the end of its log, with secrets masked.
  returned: always
  type: list
  elements: str
containers:
  description: The containers with C(service), C(name), C(condition) and C(image_id).
  returned: always
  type: list
  elements: dict
measurements:
  description:
    - C(service.total), C(service.unhealthy), and with O(release) C(release.images) and C(release.digest_mismatches).
    - Where a colour was changed C(edge.drain_duration), C(edge.open_sessions) and C(edge.cut_sessions).
  returned: always
  type: list
  elements: dict
"""

import os
from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import InputError
from ..module_utils.core.measurement import measurement
from ..module_utils.core.release.compose_plan import project_name
from ..module_utils.core.release.engine_state import digest_mismatches
from ..module_utils.io.edge.edge_drain import EdgeDrain
from ..module_utils.io.engine.compose_stack import ComposeStack, Outcome
from ..module_utils.io.engine.docker_cli import Engine
from ..module_utils.io.release.release_facts import recorded_images
from ..module_utils.io.release.steps import STEP_OPTION, step

SPEC = {
    "application": {"type": "str", "required": True},
    "state_dir": {"type": "path", "required": True},
    "project": {"type": "str", "required": True},
    "file": {"type": "path", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "release": {"type": "str", "default": ""},
    "keep_images": {"type": "bool", "default": False},
    "wait_seconds": {"type": "int", "default": 120},
    "drain_seconds": {"type": "int", "default": 30},
    "step": STEP_OPTION,
}
NOTHING: Mapping[str, Any] = {"healthy": False, "as_judged": False, "troubles": [], "containers": [], "measurements": []}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Bring up and look, or take down."""
    engine = Engine()
    stack = ComposeStack(params["project"], params["file"], engine, keep_images=params["keep_images"])
    drained: list[dict[str, Any]] = []

    def drain() -> None:
        drained.extend(_drain_facts(params, engine))

    if not os.path.isfile(params["file"]):
        if params["state"] == "absent":
            # What was refused before it was planned has left nothing; a kept colour of an earlier release is not ours to remove.
            return {"changed": False, **NOTHING}
        if check_mode:
            return {"changed": True, **NOTHING}
        raise InputError("the project was never planned", where=params["file"], todo="deploy the release")
    if params["state"] == "absent":
        if check_mode:
            return {"changed": bool(engine.containers(params["project"])), **NOTHING}
        with step(params["state_dir"], params["step"], f"removing {params['project']}"):
            return {"changed": stack.down(drain), **NOTHING, "measurements": drained}
    if check_mode and stack.differs():
        return {"changed": True, **NOTHING}
    with step(params["state_dir"], params["step"], f"starting {params['project']}"):
        outcome = stack.up(params["wait_seconds"], drain)
    result = _result(params, outcome, engine)
    return {**result, "measurements": [*result["measurements"], *drained]}


def _result(params: Mapping[str, Any], outcome: Outcome, engine: Engine) -> Mapping[str, Any]:
    containers = [
        {"service": item.service, "name": item.name, "condition": item.condition, "image_id": item.image_id} for item in outcome.containers
    ]
    facts, wrong = _service_facts(params, outcome, engine), []
    if params["release"]:
        images = recorded_images(params["state_dir"], params["release"])
        wrong = digest_mismatches(outcome.containers, images)
        facts.append(measurement("release.images", len(images), "count", source="release.json"))
        facts.append(measurement("release.digest_mismatches", len(wrong), "count", source="docker inspect", detail=wrong))
    return {
        "changed": outcome.changed,
        "healthy": outcome.healthy,
        "as_judged": not wrong,
        "troubles": list(outcome.troubles),
        "containers": containers,
        "measurements": facts,
    }


def _drain_facts(params: Mapping[str, Any], engine: Engine) -> list[dict[str, Any]]:
    """Wait until nobody is on the colour any more; nothing to tell of a project that is no colour or is live."""
    drained = EdgeDrain(params["application"], engine).wait(params["project"], params["drain_seconds"])
    if drained is None:
        return []
    return [
        measurement("edge.drain_duration", drained.seconds, "s", source="edge runtime socket"),
        measurement("edge.open_sessions", drained.at_first, "count", source="edge runtime socket"),
        measurement("edge.cut_sessions", drained.left, "count", source="edge runtime socket"),
    ]


def _service_facts(params: Mapping[str, Any], outcome: Outcome, engine: Engine) -> list[dict[str, Any]]:
    """Services of this project and of the state services beside it: together they are the stack."""
    data = project_name(params["application"], "data")
    beside = [item for item in engine.containers(data) if params["project"] != data]
    bad = [f"{item.service}: {item.condition}" for item in beside if not item.is_healthy]
    return [
        measurement("service.total", len(outcome.expected) + len(beside), "count", source="docker inspect"),
        measurement(
            "service.unhealthy",
            len(outcome.unhealthy) + len(bad),
            "count",
            source="docker inspect",
            detail=[*outcome.troubles, *bad],
        ),
    ]


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
