#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rehearse a migration on a copy of the live database."""

from __future__ import annotations

DOCUMENTATION = r"""
module: migration_rehearsal
short_description: Rehearse a migration on a copy of the live database
version_added: 0.1.0
description:
  - Dumps the live database, restores it as C(<database>_stagegate_rehearsal) on the same server, upgrades that copy by a one-off container
    of the new image, counts the rows of every table before and after, and prints the SQL of what is pending for the linter.
  - Then starts the release that serves on the copy, so that it can be asked whether it lives on the new schema. It stands until the
    module is called with O(state=absent).
  - The live database is not written. Meanwhile nobody can write its C(alembic_version), so that a command which ignores the address it is
    given fails and changes nothing.
  - A rehearsal that fails is a fact (C(ok) is false, C(trouble) says why), not a failure of the module. What a killed rehearsal left is
    removed first. Where nothing is pending nothing is copied.
extends_documentation_fragment: [proofile.stagegate.step]
author: ProoFile operations (@proofile)
options:
  state:
    description: V(present) rehearses; V(absent) removes the copy, the containers and their files.
    type: str
    choices: [present, absent]
    default: present
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
  colour:
    description: The colour in which the release is planned.
    type: str
    default: ''
  service:
    description: The service whose image holds the migrations.
    type: str
    default: backend
  earlier_release:
    description: The release that serves. Empty means that there is none to ask.
    type: str
    default: ''
  earlier_colour:
    description: The colour of the release that serves.
    type: str
    default: ''
  proof_service:
    description: The service of the release that serves which is started on the copy. Empty means O(service).
    type: str
    default: ''
  proof_timeout_seconds:
    description: How long it may take to become healthy.
    type: int
    default: 60
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
  sql_command:
    description: The command that prints the SQL of what is pending; C({range}) stands for C(<revision of the database>:head).
    type: list
    elements: str
    default: [alembic, upgrade, "{range}", --sql]
  database_variables:
    description: Environment variables that hold the name of the database, besides POSTGRES_DB and PGDATABASE.
    type: list
    elements: str
    default: []
  environment:
    description: Environment that the containers on the copy get instead of the planned one.
    type: dict
    default: {}
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
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Rehearse
  proofile.stagegate.migration_rehearsal:
    application: proofile
    state_dir: /var/lib/stagegate/proofile
    release: 1a2b3c4d5e6f
    colour: green
    earlier_release: 0f1e2d3c4b5a
    earlier_colour: blue
  register: rehearsal

- name: Remove the copy
  proofile.stagegate.migration_rehearsal:
    state: absent
    application: proofile
    state_dir: /var/lib/stagegate/proofile
    release: 1a2b3c4d5e6f
"""

RETURN = r"""
ok:
  description: True when the copy is at the release's head, or nothing was pending.
  returned: always
  type: bool
trouble:
  description: What went wrong; empty when nothing did.
  returned: always
  type: str
heads:
  description: Heads of the release.
  returned: when state is present
  type: list
  elements: str
pending:
  description: Revisions that are pending, with their titles.
  returned: always
  type: list
  elements: str
sql:
  description: The SQL of what is pending; empty when the image does not print it.
  returned: always
  type: str
sql_trouble:
  description: Why the image does not print it.
  returned: always
  type: str
old_url:
  description: Where the release that serves answers on the copy; empty when it does not, or there is none.
  returned: always
  type: str
old_trouble:
  description: Why it does not come up on the copy; empty when it does, or there is none to ask.
  returned: always
  type: str
lost:
  description: Tables that have fewer rows on the copy after the upgrade, with how many are gone.
  returned: always
  type: list
  elements: str
measurements:
  description: migration.rehearsed, migration.unrehearsed, migration.rows_lost with what was counted, migration.rehearsal_duration.
  returned: always
  type: list
  elements: dict
"""

import os
from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import InputError, StagegateError
from ..module_utils.core.release.alembic_state import describe
from ..module_utils.core.release.compose_plan import project_name
from ..module_utils.core.release.rehearsal import lost_rows
from ..module_utils.io.database.migration import situation
from ..module_utils.io.database.postgres import Postgres
from ..module_utils.io.database.rehearsal import OldRelease, Rehearsal, Rehearsed, Settings, measurements_of
from ..module_utils.io.database.scratch_database import ScratchDatabase
from ..module_utils.io.engine.docker_cli import Engine
from ..module_utils.io.release.release_facts import recorded_images
from ..module_utils.io.release.steps import STEP_OPTION, step

SPEC = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "application": {"type": "str", "required": True},
    "state_dir": {"type": "path", "required": True},
    "release": {"type": "str", "required": True},
    "colour": {"type": "str", "default": ""},
    "service": {"type": "str", "default": "backend"},
    "earlier_release": {"type": "str", "default": ""},
    "earlier_colour": {"type": "str", "default": ""},
    "proof_service": {"type": "str", "default": ""},
    "proof_timeout_seconds": {"type": "int", "default": 60},
    "database_service": {"type": "str", "default": "postgres"},
    "database_user": {"type": "str", "default": ""},
    "database_name": {"type": "str", "default": ""},
    "history_command": {"type": "list", "elements": "str", "default": ["alembic", "history"]},
    "upgrade_command": {"type": "list", "elements": "str", "default": ["alembic", "upgrade", "head"]},
    "sql_command": {"type": "list", "elements": "str", "default": ["alembic", "upgrade", "{range}", "--sql"]},
    "database_variables": {"type": "list", "elements": "str", "default": []},
    "environment": {"type": "dict", "default": {}, "no_log": True},
    "lock_timeout_seconds": {"type": "int", "default": 10},
    "statement_timeout_seconds": {"type": "int", "default": 300},
    "upgrade_timeout_seconds": {"type": "int", "default": 900},
    "step": STEP_OPTION,
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Look what is pending, rehearse it, hand over where the old release answers."""
    if params["state"] == "absent":
        return _clear(params, check_mode)
    settings = _settings(params)
    engine, live, rehearsal = _rehearsal(params, settings)
    found = situation(engine, live, params["application"], settings.image, params["history_command"])
    shown = {"heads": list(found.history.heads), "pending": describe(found.history, found.pending)}
    if check_mode:
        return {"changed": False, **_told(Rehearsed()), **shown, "measurements": []}
    made = Rehearsed()
    if found.pending:
        with step(params["state_dir"], params["step"], f"rehearsing the migration to {params['release']}"):
            made = rehearsal.run(found, _old(params))
    return {"changed": False, **_told(made), **shown, "measurements": measurements_of(found, made, bool(found.pending))}


def _clear(params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """Remove what a rehearsal made. Where that fails, the next rehearsal does it: the failure that led here is the one to be told."""
    made, changed = Rehearsed(), False
    if check_mode:
        return {"changed": False, **_told(made), "pending": [], "measurements": []}
    try:
        with step(params["state_dir"], params["step"], "removing the copy of a rehearsal"):
            changed = _rehearsal(params, _settings(params))[2].clear()
    except StagegateError as error:
        made.trouble = str(error)
    return {"changed": changed, **_told(made), "pending": [], "measurements": []}


def _rehearsal(params: Mapping[str, Any], settings: Settings) -> tuple[Engine, Postgres, Rehearsal]:
    engine = Engine()
    container = engine.service_container(project_name(params["application"], "data"), params["database_service"]).name
    live = Postgres(container, engine, params["database_user"], params["database_name"])
    return engine, live, Rehearsal(settings, engine, live, ScratchDatabase(container, engine, live, params["database_user"]))


def _told(made: Rehearsed) -> dict[str, Any]:
    return {
        "ok": not made.trouble,
        "trouble": made.trouble,
        "sql": made.sql,
        "sql_trouble": made.sql_trouble,
        "old_url": made.old_url,
        "old_trouble": made.old_trouble,
        "lost": [f"{table}: {rows} rows" for table, rows in lost_rows(made.before, made.after).items()] if not made.trouble else [],
    }


def _settings(params: Mapping[str, Any]) -> Settings:
    return Settings(
        application=params["application"],
        state_dir=params["state_dir"],
        release=params["release"],
        plan=_plan(params, params["release"], params["colour"]),
        service=params["service"],
        image=_image(params, params["release"], params["service"]) if params["state"] == "present" else "",
        upgrade_command=params["upgrade_command"],
        sql_command=params["sql_command"],
        environment={name: str(value) for name, value in params["environment"].items()},
        database_variables=params["database_variables"],
        lock_timeout=params["lock_timeout_seconds"],
        statement_timeout=params["statement_timeout_seconds"],
        upgrade_timeout=params["upgrade_timeout_seconds"],
    )


def _old(params: Mapping[str, Any]) -> OldRelease | None:
    name, service = params["earlier_release"], params["proof_service"] or params["service"]
    if not name:
        return None
    plan = _plan(params, name, params["earlier_colour"])
    return OldRelease(name, plan, service, _image(params, name, service), params["proof_timeout_seconds"])


def _plan(params: Mapping[str, Any], release: str, colour: str) -> str:
    return os.path.join(params["state_dir"], "releases", release, f"{colour}.json")


def _image(params: Mapping[str, Any], release: str, service: str) -> str:
    image = recorded_images(params["state_dir"], release).get(service, {}).get("id", "")
    if not image:
        raise InputError(
            f"release {release} has no image of service {service}",
            where="release.json",
            todo="name the service that holds the migrations in migrate_service",
        )
    return str(image)


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
