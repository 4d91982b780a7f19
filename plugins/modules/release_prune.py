#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Remove releases that are not needed any more."""

from __future__ import annotations

DOCUMENTATION = r"""
module: release_prune
short_description: Remove releases that are not needed any more
version_added: 0.1.0
description:
  - Keeps the newest releases and, whatever their age, the live one, the one that a rollback would go to, those that a container runs,
    and those that are proved to live on the schema of the live one.
  - Of the others it removes the images (also those of builder, test and E2E stages), the exported source, the folder with plan,
    environment and package, and the logs of their builds. Only releases that the ledger knows are touched.
  - Volumes, backups, the ledger and its evidence are never touched. Nothing is removed by force; what the engine will not
    give up is told in RV(refused).
  - It does not work while somebody holds the lease of the application, because what is old may be needed in a moment.
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
  count:
    description: How many of the newest releases to keep.
    type: int
    required: true
  release:
    description: A release that is kept in any case, because it is being worked on.
    type: str
    default: ''
attributes:
  check_mode:
    description: In check mode it tells what would be removed, and removes nothing.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Keep the five newest releases, and what a rollback needs
  proofile.stagegate.release_prune:
    application: proofile
    state_dir: /var/lib/stagegate/proofile
    count: 5
"""

RETURN = r"""
kept:
  description: Release to the reasons why it is kept.
  returned: always
  type: dict
removed:
  description: The releases that were removed (in check mode, that would be), the oldest first.
  returned: always
  type: list
  elements: str
images:
  description: Tags, and ids of images without a tag, that were removed.
  returned: always
  type: list
  elements: str
paths:
  description: Files and folders that were removed.
  returned: always
  type: list
  elements: str
refused:
  description: What could not be removed, and why.
  returned: always
  type: list
  elements: str
bytes:
  description: Bytes freed. In check mode at least so many would be; layers that images share are not counted.
  returned: always
  type: int
measurements:
  description: C(retention.freed), C(retention.kept), C(retention.removed) and C(retention.refused); none in check mode.
  returned: always
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.measurement import measurement
from ..module_utils.io.engine.docker_cli import Engine
from ..module_utils.io.ledger.ledger_file import LedgerFile
from ..module_utils.io.release.release_facts import standing
from ..module_utils.io.release.release_prune import LocalImages, Prunable, Pruned, Pruner
from ..module_utils.io.release.steps import step

SPEC = {
    "application": {"type": "str", "required": True},
    "state_dir": {"type": "path", "required": True},
    "count": {"type": "int", "required": True},
    "release": {"type": "str", "default": ""},
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Choose, and remove."""
    pruner = Pruner(params["state_dir"], params["application"], LocalImages())
    if check_mode:
        found = _survey(params, pruner)
        images = tuple(item.reference for item in found.images)
        return _result(found, Pruned(images, found.paths, (), found.size), [])
    with step(params["state_dir"], None, "removing old releases"):
        found = _survey(params, pruner)
        done = pruner.prune(found)
    return _result(found, done, _measured(found, done))


def _survey(params: Mapping[str, Any], pruner: Pruner) -> Prunable:
    engine = Engine()
    live = standing(params["application"], params["state_dir"], engine).active_release
    entries = LedgerFile(params["state_dir"]).entries()
    # Containers of every project count: what any of them uses is in use.
    return pruner.survey(entries, engine.containers(), params["count"], live, params["release"])


def _measured(found: Prunable, done: Pruned) -> list[dict[str, Any]]:
    kept = [f"{release}: {', '.join(reasons)}" for release, reasons in found.retained.kept.items()]
    going = list(found.retained.expendable)
    return [
        measurement("retention.freed", done.freed, "B", source="docker system df, files removed", detail=[*done.images, *done.paths]),
        measurement("retention.kept", len(kept), "count", source="ledger, engine", detail=kept),
        measurement("retention.removed", len(going), "count", source="ledger, engine", detail=going),
        measurement("retention.refused", len(done.refused), "count", source="docker image rm", detail=list(done.refused)),
    ]


def _result(found: Prunable, done: Pruned, facts: list[dict[str, Any]]) -> Mapping[str, Any]:
    return {
        "changed": bool(done.images or done.paths),
        "kept": {release: list(reasons) for release, reasons in found.retained.kept.items()},
        "removed": list(found.retained.expendable),
        "images": list(done.images),
        "paths": list(done.paths),
        "refused": list(done.refused),
        "bytes": done.freed,
        "measurements": facts,
    }


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
