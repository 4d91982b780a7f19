# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rehearsing a migration: the copy of the database that containers are led to, what they are given, and whether rows got lost."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from .compose_plan import LABEL_APPLICATION, LABEL_COLOUR, LABEL_RELEASE, project_name

SUFFIX = "_stagegate_rehearsal"
# Postgres cuts longer names in silence.
LONGEST_NAME = 63
DATABASE_VARIABLES = ("POSTGRES_DB", "PGDATABASE")
PART = "rehearsal"
LABEL_REHEARSAL = "stagegate.rehearsal"
_URL = re.compile(r"^(?P<head>(?:jdbc:)?postgres(?:ql)?(?:\+\w+)?://(?:.*@)?[^/?#@]*)(?P<slash>/?)(?P<database>[^/?#]*)(?P<rest>.*)$")
_WORDS = re.compile(r"(?P<head>(?:^|\s)dbname\s*=\s*)(?P<quote>'?)(?P<database>[^\s']+)(?P=quote)(?=\s|$)")


@dataclass(frozen=True)
class Redirected:
    """The environment of a container on the copy, and the names of the variables that lead it there."""

    environment: dict[str, Any]
    variables: tuple[str, ...]


def scratch_name(database: str) -> str:
    """The name of the copy; a long name is cut so that the end of it always tells what it is."""
    return database[: LONGEST_NAME - len(SUFFIX)] + SUFFIX


def redirected(
    environment: Mapping[str, Any],
    database: str,
    scratch: str,
    named: Sequence[str] = (),
    given: Mapping[str, str] | None = None,
) -> Redirected:
    """Lead every address of `database` to `scratch`: Postgres URLs, `dbname=` words, POSTGRES_DB, PGDATABASE and the variables `named`.

    `given` replaces variables altogether. Raises InputError when afterwards no variable leads to the copy, or one still leads to the
    live database or to one that it does not name: a rehearsal must never reach the live database.
    """
    bare = {*DATABASE_VARIABLES, *named}
    made = {name: _led(name, value, database, scratch, bare) for name, value in environment.items()}
    made.update(given or {})
    unclear = sorted(name for name, value in made.items() if _leads_elsewhere(name, value, database, bare))
    leading = tuple(sorted(name for name, value in made.items() if scratch in str(value)))
    if unclear or not leading:
        raise InputError(
            "the migration cannot be rehearsed",
            where=f"environment of the migration's service, variables {', '.join(unclear) or 'all'}",
            why="no variable leads to the copy of the database" if not unclear else "they would still lead to the live database",
            todo="name the variables that hold the database's name in migrate_database_variables, or set the address of the copy "
            f"({scratch}) in migrate_rehearsal_environment",
        )
    return Redirected(made, leading)


def rehearsal_project(
    plan: Mapping[str, Any], application: str, service: str, image: str, environment: Mapping[str, Any], role: str
) -> dict[str, Any]:
    """A project of one service called `role`, as planned in a colour, but nobody finds it by name and the kernel chooses its ports."""
    services = plan.get("services") or {}
    if service not in services:
        raise InputError(f"the plan has no service {service}", where="compose plan", todo=f"its services are {', '.join(sorted(services))}")
    made = copy.deepcopy(dict(services[service]))
    for key in ("container_name", "depends_on", "build", "profiles", "deploy", "scale"):
        made.pop(key, None)
    made["image"] = image
    made["pull_policy"] = "never"
    made["restart"] = "no"
    made["environment"] = dict(environment)
    labels = {key: value for key, value in (made.get("labels") or {}).items() if key not in (LABEL_COLOUR, LABEL_RELEASE)}
    made["labels"] = {**labels, LABEL_APPLICATION: application, LABEL_REHEARSAL: role}
    made["networks"] = {name: {} for name in made.get("networks") or ()}
    made["ports"] = [
        {"mode": "ingress", "host_ip": "127.0.0.1", "target": port["target"], "protocol": port.get("protocol", "tcp")}
        for port in made.get("ports") or ()
    ]
    if made.get("healthcheck"):
        # Asked often, and given up by the waiting only: how fast a copy comes up says nothing about the release.
        made["healthcheck"] = {**made["healthcheck"], "interval": "1s", "retries": 1000}
    kept = {key: plan[key] for key in ("networks", "volumes", "secrets", "configs") if key in plan}
    return {**copy.deepcopy(kept), "name": project_name(application, PART), "services": {role: made}}


def lost_rows(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """Table -> rows that are gone, for each table that has fewer than before; one that is gone has lost them all."""
    return {table: rows - after.get(table, 0) for table, rows in sorted(before.items()) if after.get(table, 0) < rows}


def parse_counts(text: str) -> dict[str, int]:
    """Read `table|rows` lines."""
    pairs = (line.rpartition("|") for line in text.splitlines() if "|" in line)
    return {table: int(rows) for table, _bar, rows in pairs}


def revision_range(current: Sequence[str]) -> str:
    """What `alembic upgrade --sql` takes: from the revision of the database to the head."""
    if len(current) > 1:
        raise InputError("the database is at several revisions", why=", ".join(current), todo="merge the heads before this release")
    return f"{current[0]}:head" if current else "head"


def _led(name: str, value: Any, database: str, scratch: str, bare: set[str]) -> Any:
    text = str(value)
    if name in bare:
        return scratch if text == database else value
    url = _URL.match(text)
    if url and url.group("database") == database:
        return f"{url.group('head')}/{scratch}{url.group('rest')}"
    words = _WORDS.search(text)
    if words and words.group("database") == database:
        return text[: words.start()] + f"{words.group('head')}{scratch}" + text[words.end() :]
    return value


def _leads_elsewhere(name: str, value: Any, database: str, bare: set[str]) -> bool:
    """True when the value still names the live database, or is an address of a server without saying which database."""
    if name in bare:
        return str(value) == database
    url = _URL.match(str(value))
    return url is not None and url.group("database") in ("", database)
