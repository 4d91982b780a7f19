# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which release is active, since when, and how its containers are doing."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ...core.errors import ServiceError
from ...core.release.compose_plan import project_name
from ...core.release.edge_config import mapped_colour
from ...core.release.engine_state import Container
from ...core.release.release_uptime import seconds_to_wait
from ..engine.docker_cli import Engine
from ..system import clock as machine
from ..system.files import read_text


@dataclass(frozen=True)
class Active:
    """The active colour's project, and the unix time of the switch to it."""

    project: str
    since: float


def deployed(state_dir: str) -> bool:
    """True when the edge has a map, so that something has been switched to."""
    return os.path.isfile(os.path.join(state_dir, "edge", "active.map"))


def active_release(application: str, state_dir: str) -> Active:
    """Read the edge's map: it is written at the switch. ServiceError when nothing has been switched to yet."""
    path = os.path.join(state_dir, "edge", "active.map")
    colour = mapped_colour(read_text(path), application) if os.path.isfile(path) else None
    if colour is None:
        raise ServiceError(f"no release of {application} is active", where=path, why="the edge's map names no colour", todo="deploy first")
    return Active(project_name(application, colour), os.stat(path).st_mtime)


def wait_until_settled(
    active: Active, settle_seconds: float, clock: machine.Clock = machine.now, sleep: machine.Sleep = machine.sleep
) -> float:
    """Wait until the release has been up for so long; returns the seconds waited."""
    missing = seconds_to_wait(active.since, settle_seconds, clock())
    if missing > 0:
        sleep(missing)
    return missing


def containers_of(active: Active, engine: Engine) -> tuple[Container, ...]:
    """The containers of the active colour. ServiceError when there are none: nothing serves."""
    found = tuple(engine.containers(active.project))
    if not found:
        raise ServiceError("the active release has no containers", where=f"compose project {active.project}", todo="deploy again")
    return found
