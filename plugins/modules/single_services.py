#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Let the services that must not run twice follow the edge."""

from __future__ import annotations

DOCUMENTATION = r"""
module: single_services
short_description: Let the services that must not run twice follow the edge
version_added: 0.1.0
description:
  - Workers and schedulers of which never two may run have a compose project of their own in each colour.
  - Before the switch, O(state=stopped) stops those of every colour but the one that is to be served. Afterwards O(state=following)
    starts those of the colour that the edge serves. At no moment those of two colours run.
  - A release without such services has the others stopped all the same.
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
    description: V(stopped) stops those that are not of O(release) in O(colour); V(following) makes those of the live colour run.
    type: str
    required: true
    choices: [stopped, following]
  release:
    description: The release that is to be served. With O(state=following) it is read from the live colour.
    type: str
    default: ''
  colour:
    description: The colour that is to be served. With O(state=following) the edge is asked.
    type: str
    choices: [blue, green]
  wait_seconds:
    description: How long the services may take to become healthy.
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
- name: Stop the workers of the release that is left
  proofile.stagegate.single_services:
    application: proofile
    state_dir: /var/lib/stagegate/proofile
    state: stopped
    release: 1a2b3c4d5e6f
    colour: green

- name: Start the workers of the release that serves
  proofile.stagegate.single_services:
    application: proofile
    state_dir: /var/lib/stagegate/proofile
    state: following
"""

RETURN = r"""
stopped:
  description: Names of the containers that were stopped.
  returned: always
  type: list
  elements: str
healthy:
  description: True when every single service of the live release is healthy, also when it has none.
  returned: always
  type: bool
as_judged:
  description: True when they run the images that the build of the release recorded.
  returned: always
  type: bool
troubles:
  description: A line for each service that is not healthy, followed by the end of its log, with secrets masked.
  returned: always
  type: list
  elements: str
measurements:
  description:
    - C(service.total) and C(service.unhealthy) of the whole stack, C(release.images) and C(release.digest_mismatches) of the colour.
    - None when the release has no single services, or they are only stopped.
  returned: always
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import InputError
from ..module_utils.core.measurement import measurement
from ..module_utils.core.release.compose_plan import project_name
from ..module_utils.core.release.engine_state import digest_mismatches
from ..module_utils.io.engine.compose_stack import Outcome
from ..module_utils.io.engine.docker_cli import Engine
from ..module_utils.io.release.release_facts import recorded_images, standing
from ..module_utils.io.release.single_stack import SingleStack, names_of
from ..module_utils.io.release.steps import STEP_OPTION, step

SPEC = {
    "application": {"type": "str", "required": True},
    "state_dir": {"type": "path", "required": True},
    "state": {"type": "str", "required": True, "choices": ["stopped", "following"]},
    "release": {"type": "str", "default": ""},
    "colour": {"type": "str", "choices": ["blue", "green"]},
    "wait_seconds": {"type": "int", "default": 120},
    "step": STEP_OPTION,
}
NOTHING: Mapping[str, Any] = {"stopped": [], "healthy": True, "as_judged": True, "troubles": [], "measurements": []}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Stop, or follow."""
    engine = Engine()
    singles = SingleStack(params["application"], params["state_dir"], engine)
    if params["state"] == "following":
        return _follow(params, singles, engine, check_mode)
    if not params["colour"] or not params["release"]:
        raise InputError("nobody said what is to be served", where="parameters release and colour", todo="give both")
    others = singles.others(params["release"], params["colour"])
    if check_mode or not others:
        return {"changed": bool(others), **NOTHING, "stopped": names_of(others)}
    with step(params["state_dir"], params["step"], "stopping services that must not run twice"):
        stopped = singles.stop_others(params["release"], params["colour"])
    return {"changed": bool(stopped), **NOTHING, "stopped": names_of(stopped)}


def _follow(params: Mapping[str, Any], singles: SingleStack, engine: Engine, check_mode: bool) -> Mapping[str, Any]:
    now = standing(params["application"], params["state_dir"], engine)
    if not now.active:
        return {"changed": False, **NOTHING}
    if not now.active_release:
        return {"changed": False, **NOTHING, "healthy": False, "troubles": [f"no single release runs in {now.active}, the live colour"]}
    differs = singles.differs(now.active_release, now.active)
    if check_mode or (not differs and not singles.services(now.active_release, now.active)):
        return {"changed": differs, **NOTHING}
    others = singles.others(now.active_release, now.active)
    with step(params["state_dir"], params["step"], "starting services that must not run twice"):
        outcome = singles.follow(now.active_release, now.active, params["wait_seconds"])
    if outcome is None:
        return {"changed": True, **NOTHING, "stopped": names_of(others)}
    return {"changed": outcome.changed or bool(others), "stopped": names_of(others), **_told(params, now, outcome, engine)}


def _told(params: Mapping[str, Any], now: Any, outcome: Outcome, engine: Engine) -> Mapping[str, Any]:
    beside = [item for part in ("data", now.active) for item in engine.containers(project_name(params["application"], part))]
    release = [item for item in beside if item.project == project_name(params["application"], now.active)]
    images = recorded_images(params["state_dir"], now.active_release)
    wrong = digest_mismatches([*release, *outcome.containers], images)
    bad = [f"{item.service}: {item.condition}" for item in beside if not item.is_healthy]
    source = "docker inspect"
    facts = [
        measurement("service.total", len(outcome.expected) + len(beside), "count", source=source),
        measurement("service.unhealthy", len(outcome.unhealthy) + len(bad), "count", source=source, detail=[*outcome.troubles, *bad]),
        measurement("release.images", len(images), "count", source="release.json"),
        measurement("release.digest_mismatches", len(wrong), "count", source=source, detail=wrong),
    ]
    return {"healthy": outcome.healthy, "as_judged": not wrong, "troubles": list(outcome.troubles), "measurements": facts}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
