#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring the live database to the head of a release."""

from __future__ import annotations

DOCUMENTATION = r"""
module: migrate
short_description: Bring the live database to the head of a release
version_added: 0.1.0
description:
  - Asks the image for its alembic history and the live Postgres for its revision, makes a backup and reads it back, upgrades by a
    one-off container of the new image under a session advisory lock, and looks again.
  - A migration that fails is a fact (C(ok) is false, C(trouble) says why and where the database is), not a failure of the module, so
    that it can be recorded and judged. A release that does not know the database's revision is refused before anything is done.
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
  release:
    description: The release to migrate to; its image is the one that its build recorded.
    type: str
    required: true
  project:
    description: The compose project of the colour in which the release is planned.
    type: str
    required: true
  file:
    description: The plan of that project.
    type: path
    required: true
  service:
    description: The service whose image holds the migrations.
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
  upgrade_command:
    description: The command that upgrades, as a list of words.
    type: list
    elements: str
    default: [alembic, upgrade, head]
  after_commands:
    description: Commands, each a list of words, run once in the new image when the database is at the release's head.
    type: list
    elements: list
    default: []
  backup:
    description: When to make a backup.
    type: str
    choices: [always, pending, never]
    default: always
  backups_kept:
    description:
      - How many backups stay when the database is at the release's head; older ones are removed.
      - The backups of the release, of the one that serves and of the rollback target always stay.
    type: int
    default: 5
  lock_timeout_seconds:
    description: How long the migration waits for its own lock and for locks of tables.
    type: int
    default: 10
  statement_timeout_seconds:
    description: How long one statement may take. 0 means without limit.
    type: int
    default: 300
  upgrade_timeout_seconds:
    description: How long a command in the new image may take as a whole.
    type: int
    default: 900
attributes:
  check_mode:
    description: In check mode image and database are asked, and nothing is done.
    support: full
  diff_mode:
    description: The revisions before and after are returned instead.
    support: none
notes:
  - Lock and statement timeouts reach drivers built on libpq (psycopg) through PGOPTIONS; others, such as asyncpg, do not read it.
"""

EXAMPLES = r"""
- name: Migrate
  proofile.stagegate.migrate:
    application: proofile
    state_dir: /var/lib/stagegate/proofile
    release: 1a2b3c4d5e6f
    project: proofile-green
    file: /var/lib/stagegate/proofile/releases/1a2b3c4d5e6f/green.json
    after_commands:
      - [python, -m, app.seed]
  register: migrated
"""

RETURN = r"""
ok:
  description: True when the database is at the release's head and every command ended well.
  returned: always
  type: bool
trouble:
  description: What went wrong, and at which revision the database is; empty when nothing did.
  returned: always
  type: str
heads:
  description: Heads of the release.
  returned: always
  type: list
  elements: str
before:
  description: Revisions of the database before.
  returned: always
  type: list
  elements: str
after:
  description: Revisions of the database afterwards.
  returned: always
  type: list
  elements: str
pending:
  description: Revisions that were pending, with their titles.
  returned: always
  type: list
  elements: str
backup:
  description: The backup, with C(path), C(bytes), C(sha256) and C(entries); empty when none was made.
  returned: always
  type: dict
measurements:
  description: C(migration.heads), C(.pending), C(.applied), C(.behind), C(.duration), C(backup.made), C(.bytes), C(.unreadable).
  returned: always
  type: list
  elements: dict
"""

import os
from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import InputError
from ..module_utils.core.ledger.releases import current_release, release_history, rollback_target
from ..module_utils.core.release.alembic_state import describe
from ..module_utils.core.release.compose_plan import project_name
from ..module_utils.io.database.backups import backup_measurements, prune_backups
from ..module_utils.io.database.migration import Migration, Settings, backup_body
from ..module_utils.io.database.postgres import Postgres
from ..module_utils.io.engine.docker_cli import Engine
from ..module_utils.io.ledger.ledger_file import LedgerFile
from ..module_utils.io.release.release_facts import recorded_images
from ..module_utils.io.release.steps import STEP_OPTION, step

SPEC = {
    "application": {"type": "str", "required": True},
    "state_dir": {"type": "path", "required": True},
    "release": {"type": "str", "required": True},
    "project": {"type": "str", "required": True},
    "file": {"type": "path", "required": True},
    "service": {"type": "str", "default": "backend"},
    "database_service": {"type": "str", "default": "postgres"},
    "database_user": {"type": "str", "default": ""},
    "database_name": {"type": "str", "default": ""},
    "history_command": {"type": "list", "elements": "str", "default": ["alembic", "history"]},
    "upgrade_command": {"type": "list", "elements": "str", "default": ["alembic", "upgrade", "head"]},
    "after_commands": {"type": "list", "elements": "list", "default": []},
    "backup": {"type": "str", "choices": ["always", "pending", "never"], "default": "always"},
    "backups_kept": {"type": "int", "default": 5},
    "lock_timeout_seconds": {"type": "int", "default": 10},
    "statement_timeout_seconds": {"type": "int", "default": 300},
    "upgrade_timeout_seconds": {"type": "int", "default": 900},
    "step": STEP_OPTION,
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Look, migrate, look again."""
    if check_mode and not os.path.isfile(params["file"]):
        return {
            "changed": True,
            "ok": True,
            "trouble": "",
            "heads": [],
            "before": [],
            "after": [],
            "pending": [],
            "backup": {},
            "measurements": [],
        }
    engine = Engine()
    database = engine.service_container(project_name(params["application"], "data"), params["database_service"])
    migration = Migration(_settings(params), engine, Postgres(database.name, engine, params["database_user"], params["database_name"]))
    found = migration.situation()
    shown = {"heads": list(found.history.heads), "before": list(found.current), "pending": describe(found.history, found.pending)}
    if check_mode:
        changed = bool(found.pending) or migration.commands_due()
        return {
            "changed": changed,
            "ok": True,
            "trouble": "",
            "after": list(found.current),
            "backup": {},
            "measurements": [],
            **shown,
        }
    with step(params["state_dir"], params["step"], f"migrating to {params['release']}"):
        done = migration.run(found)
        kept = _prune(params) if not done.trouble else []
    return {
        "changed": bool(done.applied or done.after_commands),
        "ok": not done.trouble,
        "trouble": done.trouble,
        "after": list(done.after),
        "backup": backup_body(done.backup),
        "measurements": [*done.measurements, *kept],
        **shown,
    }


def _prune(params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Keep the folder of backups within its bounds; the backups that a rollback may need stay whatever their age."""
    history = release_history(LedgerFile(params["state_dir"]).entries())
    serving, target = current_release(history), rollback_target(history, params["release"])
    protected = {params["release"], *(item.release for item in (serving, target) if item)}
    folder = os.path.join(params["state_dir"], "backups")
    return backup_measurements(folder, prune_backups(folder, params["backups_kept"], protected))


def _settings(params: Mapping[str, Any]) -> Settings:
    image = recorded_images(params["state_dir"], params["release"]).get(params["service"], {}).get("id", "")
    if not image:
        raise InputError(
            f"release {params['release']} has no image of service {params['service']}",
            where="release.json",
            todo="name the service that holds the migrations in migrate_service",
        )
    return Settings(
        application=params["application"],
        state_dir=params["state_dir"],
        release=params["release"],
        project=params["project"],
        file=params["file"],
        service=params["service"],
        image=image,
        history_command=params["history_command"],
        upgrade_command=params["upgrade_command"],
        after_commands=params["after_commands"],
        backup=params["backup"],
        lock_timeout=params["lock_timeout_seconds"],
        statement_timeout=params["statement_timeout_seconds"],
        upgrade_timeout=params["upgrade_timeout_seconds"],
    )


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
