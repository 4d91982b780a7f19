#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find the release to roll back to, and ask whether it can live on the schema."""

from __future__ import annotations

DOCUMENTATION = r"""
module: rollback_target
short_description: Find the release to roll back to, and ask whether it can live on the schema
version_added: 0.1.0
description:
  - Chooses the last verified-good release, or takes the one that is named, and refuses an unknown, bad or live one with a list of what
    there is.
  - Refuses a release whose images, or whose plan, are not on this host any more, and names those that could be taken instead. Another
    release is never chosen silently.
  - Asks the target's image for its alembic history and the live database for its revision. When the image does not know that revision,
    an entry of the ledger must show that this release passed its checks on this very schema; otherwise it is refused.
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
    description: The release to go back to. Empty chooses the last verified-good one.
    type: str
    default: ''
  service:
    description: The service whose image holds the migrations. Empty means that the application has no database to ask.
    type: str
    default: backend
  database_service:
    description: The service of the data project that is the database.
    type: str
    default: postgres
  database_user:
    description: The database user. Empty takes POSTGRES_USER of the database's container.
    type: str
    default: ''
  database_name:
    description: The database. Empty takes POSTGRES_DB of the database's container.
    type: str
    default: ''
  history_command:
    description: The command that prints the history, as a list of words.
    type: list
    elements: str
    default: [alembic, history]
attributes:
  check_mode:
    description: Works the same.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Find the release to roll back to
  proofile.stagegate.rollback_target:
    application: proofile
    state_dir: /var/lib/stagegate/proofile
  register: target
"""

RETURN = r"""
release:
  description: The release to go back to.
  returned: always
  type: str
from_release:
  description: The live release.
  returned: always
  type: str
colour:
  description: The colour in which the target runs, or is to be started.
  returned: always
  type: str
is_running:
  description: True when it still runs, healthy, so that switching is all there is to do.
  returned: always
  type: bool
proof:
  description: Why its code can live on the schema.
  returned: always
  type: str
record:
  description: What the ledger holds about the target, such as C(commit), C(images), C(alembic_heads).
  returned: always
  type: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import InputError
from ..module_utils.core.ledger.releases import Release, release_history
from ..module_utils.core.release.compose_plan import project_name
from ..module_utils.core.release.engine_state import target_colour
from ..module_utils.core.release.rollback import (
    choose,
    compatibility_proofs,
    image_ids,
    left_release,
    refuse_without_images,
    schema_proof,
)
from ..module_utils.io.database.migration import image_history
from ..module_utils.io.database.postgres import Postgres
from ..module_utils.io.engine.docker_cli import Engine
from ..module_utils.io.ledger.ledger_file import LedgerFile
from ..module_utils.io.release.journal_file import JournalFile
from ..module_utils.io.release.release_facts import missing_images, recorded_images, standing

SPEC = {
    "application": {"type": "str", "required": True},
    "state_dir": {"type": "path", "required": True},
    "release": {"type": "str", "default": ""},
    "service": {"type": "str", "default": "backend"},
    "database_service": {"type": "str", "default": "postgres"},
    "database_user": {"type": "str", "default": ""},
    "database_name": {"type": "str", "default": ""},
    "history_command": {"type": "list", "elements": "str", "default": ["alembic", "history"]},
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Choose, look whether the images are there, ask for the schema."""
    engine = Engine()
    entries = LedgerFile(params["state_dir"]).entries()
    now = standing(params["application"], params["state_dir"], engine)
    history = release_history(entries)
    leaves = left_release(history, now.active_release, JournalFile(params["state_dir"]).lines())
    target = choose(history, leaves, params["release"])
    running = any(state.release == target.release and state.healthy for state in now.colours)
    _need_images(params, engine, target, running, entries, leaves)
    images = image_ids(target, recorded_images(params["state_dir"], target.release))
    proof = _schema(params, engine, target, images, entries) if params["service"] else "the application has no schema to ask"
    colour = target_colour(target.release, now.active, now.colours)
    return {
        "changed": False,
        "release": target.release,
        "from_release": leaves,
        "colour": colour,
        "is_running": running,
        "proof": proof,
        "record": target.record,
    }


def _need_images(
    params: Mapping[str, Any], engine: Engine, target: Release, running: bool, entries: Sequence[Mapping[str, Any]], live: str
) -> None:
    """Refuse a target whose images are gone before anything is touched, and say which releases could be taken instead."""
    history = release_history(entries)
    gone = missing_images(params["state_dir"], target, engine, running)
    here = {item.release for item in history if not missing_images(params["state_dir"], item, engine)} if gone else set()
    refuse_without_images(target, gone, history, live, here)


def _schema(
    params: Mapping[str, Any], engine: Engine, target: Release, images: Mapping[str, str], entries: Sequence[Mapping[str, Any]]
) -> str:
    image = images.get(params["service"], "")
    if not image:
        raise InputError(f"release {target.release} has no image of service {params['service']}", where="rollback_service")
    container = engine.service_container(project_name(params["application"], "data"), params["database_service"])
    live = Postgres(container.name, engine, params["database_user"], params["database_name"]).versions()
    known = image_history(engine, image, params["history_command"])
    return schema_proof(target.release, known, live, compatibility_proofs(entries))


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
