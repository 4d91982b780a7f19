# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a release stands on this host: asked of the edge and the engine, not remembered."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...core.errors import EvidenceError, InputError
from ...core.ledger.releases import Release
from ...core.release.compose_plan import COLOURS
from ...core.release.edge_config import mapped_colour
from ...core.release.engine_state import ColourState, colour_state
from ..edge.edge_socket import EdgeSocket
from ..engine.docker_cli import Engine
from ..system.files import read_text


@dataclass(frozen=True)
class Standing:
    """The live colour (None: nothing was ever switched), whether the edge runs, and both colours."""

    active: str | None
    edge_running: bool
    map_agrees: bool
    colours: tuple[ColourState, ...]

    @property
    def active_release(self) -> str:
        """The release of the live colour; empty when none runs there."""
        return next((state.release for state in self.colours if state.colour == self.active), "")


def standing(application: str, state_dir: str, engine: Engine) -> Standing:
    """Ask the running edge for the live colour; where it does not run, its map file on disk is what it will read."""
    containers = engine.application_containers(application)
    edge = EdgeSocket(application, engine)
    running = edge.is_running()
    on_disk = disk_colour(application, state_dir)
    active = edge.live_colour() if running else on_disk
    states = tuple(colour_state(containers, application, colour) for colour in COLOURS)
    return Standing(active, running, not running or active == on_disk, states)


def disk_colour(application: str, state_dir: str) -> str | None:
    """The colour in the map file; None when it was never written."""
    path = os.path.join(state_dir, "edge", "active.map")
    return mapped_colour(read_text(path), application) if os.path.exists(path) else None


def recorded_images(state_dir: str, release: str) -> Mapping[str, Mapping[str, Any]]:
    """Service -> {tag, id} as the build phase wrote it; InputError when this release was never built here."""
    path = os.path.join(state_dir, "releases", release, "release.json")
    if not os.path.isfile(path):
        raise InputError(f"release {release} was never built on this host", where=path, todo="run its build phase first")
    try:
        images = json.loads(read_text(path)).get("images")
    except (ValueError, AttributeError) as error:
        raise EvidenceError("release.json cannot be read", where=path, why=str(error)[:200]) from error
    if not isinstance(images, dict) or not all(isinstance(image, dict) for image in images.values()):
        raise EvidenceError("release.json names no images", where=path, todo="run the build phase again")
    return images


def missing_images(state_dir: str, release: Release, engine: Engine, running: bool = False) -> list[str]:
    """What is not here any more that starting the release again would need, a sentence each; empty when all of it is here.

    A release that runs needs its images only; its tags and its plan are not looked at.
    """
    folder = os.path.join(state_dir, "releases", release.release)
    wanted = [name for name in ("model.json", "release.json") if not running and not os.path.isfile(os.path.join(folder, name))]
    found = [f"{name} of the release is not in {folder}" for name in wanted]
    images = release.record.get("images") or ({} if wanted else recorded_images(state_dir, release.release))
    for service, image in sorted(images.items()) if isinstance(images, Mapping) else ():
        there = isinstance(image, Mapping) and engine.image_id(str(image.get("id") or "none"))
        if not there:
            found.append(f"the image of {service} is gone")
        elif not running and image.get("tag") and engine.image_id(str(image["tag"])) != image["id"]:
            found.append(f"the tag {image['tag']} does not name the image of {service} any more")
    return found if images else [*found, "no image was recorded for it"]
