#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the application stands on this host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: release_state
short_description: Where the application stands on this host
version_added: 0.1.0
description:
  - Asks the running edge which colour is live and the engine what runs in each colour; the ledger tells the history of releases.
  - Changes nothing.
author: ProoFile operations (@proofile)
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
    description: The release that is asked about. Empty asks about the live one.
    type: str
    default: ''
attributes:
  check_mode:
    description: Works the same.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Ask where the application stands
  proofile.stagegate.release_state:
    application: proofile
    state_dir: /var/lib/stagegate/proofile
    release: 1a2b3c4d5e6f
  register: standing
"""

RETURN = r"""
active:
  description: The live colour; empty when nothing was ever switched.
  returned: always
  type: str
active_release:
  description: The release that runs in the live colour; empty when none does.
  returned: always
  type: str
kept_release:
  description: The release whose containers, running or stopped, are in the live colour; empty when there are none.
  returned: always
  type: str
colour:
  description: The colour in which the release asked about runs, or is to be started.
  returned: always
  type: str
idle:
  description: The colour that is not live.
  returned: always
  type: str
is_live:
  description: True when the release is the live one, all its services are healthy, the edge runs and its map agrees with the disk.
  returned: always
  type: bool
is_running:
  description: True when the release runs healthily in some colour.
  returned: always
  type: bool
is_bad:
  description: True when the release was found bad and not verified since.
  returned: always
  type: bool
automatic_rollbacks:
  description: How often a gate has ordered a rollback away from the release since its deployment was begun last.
  returned: always
  type: int
edge_running:
  description: True when the edge runs.
  returned: always
  type: bool
colours:
  description: For each colour C(release), C(services) that run, C(healthy).
  returned: always
  type: dict
history:
  description:
    - All releases that the ledger knows with C(release), C(state), C(good), C(times) and C(images).
    - The one that changed last is at the end.
  returned: always
  type: list
  elements: dict
now:
  description: The host's time, RFC 3339 UTC.
  returned: always
  type: str
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.ledger.releases import release_history
from ..module_utils.core.release.compose_plan import other
from ..module_utils.core.release.engine_state import target_colour
from ..module_utils.core.release.rollback import automatic_rollbacks
from ..module_utils.core.times import rfc3339
from ..module_utils.io.engine.docker_cli import Engine
from ..module_utils.io.ledger.ledger_file import LedgerFile
from ..module_utils.io.release.release_facts import standing
from ..module_utils.io.system import clock

SPEC = {
    "application": {"type": "str", "required": True},
    "state_dir": {"type": "path", "required": True},
    "release": {"type": "str", "default": ""},
}


def image_ids(record: Mapping[str, Any]) -> list:
    """The ids of the images that were recorded with a release; a record of another shape has none."""
    images = record.get("images")
    return [str(image["id"]) for image in images.values() if "id" in image] if isinstance(images, Mapping) else []


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Ask the edge, the engine and the ledger."""
    now = standing(params["application"], params["state_dir"], Engine())
    release = params["release"] or now.active_release
    colour = target_colour(release, now.active, now.colours)
    entries = LedgerFile(params["state_dir"]).entries()
    history = release_history(entries)
    healthy = any(release and state.release == release and state.healthy for state in now.colours)
    return {
        "changed": False,
        "active": now.active or "",
        "active_release": now.active_release,
        "kept_release": now.active_release or next((state.kept for state in now.colours if state.colour == now.active), ""),
        "colour": colour,
        "idle": other(now.active) if now.active else colour,
        "is_live": healthy and colour == now.active and now.edge_running and now.map_agrees,
        "is_running": healthy,
        "is_bad": any(item.release == release and item.seqs.get("bad", 0) > item.good_since for item in history),
        "automatic_rollbacks": automatic_rollbacks(entries, release),
        "edge_running": now.edge_running,
        "colours": {
            item.colour: {"release": item.release, "services": list(item.services), "healthy": item.healthy} for item in now.colours
        },
        "history": [
            {
                "release": item.release,
                "state": item.state,
                "good": item.good,
                "times": item.times,
                "images": image_ids(item.record),
            }
            for item in history
        ],
        "now": rfc3339(clock.now()),
    }


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
