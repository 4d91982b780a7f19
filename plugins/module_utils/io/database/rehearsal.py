# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rehearsing a migration on a copy, before the live database is touched; then the release that serves is started on that copy."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...core.errors import CommandError, InputError, StagegateError
from ...core.measurement import measurement
from ...core.release.alembic_state import describe
from ...core.release.compose_plan import project_name
from ...core.release.log_scan import tail
from ...core.release.rehearsal import PART, lost_rows, redirected, rehearsal_project, revision_range
from ..engine.compose_stack import ComposeStack
from ..engine.docker_cli import Engine
from ..system import clock as machine
from ..system.files import ensure_folder, read_text, write_json
from .migration import Situation
from .postgres import Postgres
from .scratch_database import ScratchDatabase

# Nobody writes alembic_version of the live database meanwhile: a command that ignores the address it is given fails and changes nothing.
GUARD = "BEGIN; LOCK TABLE alembic_version IN EXCLUSIVE MODE;"
RANGE = "{range}"
LARGEST_SQL = 5_000_000


@dataclass(frozen=True)
class Settings:
    """What a rehearsal is given. Seconds everywhere.

    `plan` is the planned colour of the release; `environment` wins over what that says.
    """

    application: str
    state_dir: str
    release: str
    plan: str
    service: str
    image: str
    upgrade_command: Sequence[str]
    sql_command: Sequence[str]
    environment: Mapping[str, str]
    database_variables: Sequence[str]
    lock_timeout: float
    statement_timeout: float
    upgrade_timeout: float


@dataclass(frozen=True)
class OldRelease:
    """The release that serves: its plan, the service that is asked, the id of its image, how long it may take to become healthy."""

    release: str
    plan: str
    service: str
    image: str
    wait: float


@dataclass
class Rehearsed:
    """How it went. `trouble` is empty when the copy is at the head; `old_url` is where the old release answers, when it does."""

    trouble: str = ""
    sql: str = ""
    sql_trouble: str = ""
    old_url: str = ""
    old_trouble: str = ""
    took: float | None = None
    before: dict[str, int] = field(default_factory=dict)
    after: dict[str, int] = field(default_factory=dict)


class Rehearsal:
    """One rehearsal. Engine, live database, clock and sleep are parameters."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        live: Postgres,
        scratch: ScratchDatabase,
        clock: machine.Clock = machine.now,
        sleep: machine.Sleep = machine.sleep,
    ) -> None:
        self._set = settings
        self._engine = engine
        self._live = live
        self._scratch = scratch
        self._clock = clock
        self._sleep = sleep
        self._project = project_name(settings.application, PART)
        self._folder = os.path.join(settings.state_dir, PART)

    def clear(self) -> bool:
        """Remove everything that a rehearsal makes; True when there was something."""
        there = self._engine.project_containers(self._project)
        self._engine.remove([item.id for item in there])
        self._scratch.drop()
        had_files = os.path.isdir(self._folder)
        if had_files:
            shutil.rmtree(self._folder)
        return bool(there) or had_files

    def run(self, found: Situation, old: OldRelease | None) -> Rehearsed:
        """Copy, upgrade the copy, start the old release on it. What fails is told in the result; nothing live is written."""
        made = Rehearsed()
        guard = GUARD if found.current else ""
        try:
            with self._live.advisory_lock(f"stagegate-rehearse-{self._set.release}", self._set.lock_timeout, guard):
                self.clear()
                self._upgrade_a_copy(found, made)
        except StagegateError as error:
            made.trouble = made.trouble or str(error)
        if self._live.versions() != found.current:
            made.trouble = (
                f"the rehearsal has reached the live database, which is at {', '.join(self._live.versions())} now | {made.trouble}"
            )
        if old is not None and not made.trouble:
            try:
                made.old_url = self._start(old)
            except StagegateError as error:
                made.old_trouble = str(error)
        return made

    def _upgrade_a_copy(self, found: Situation, made: Rehearsed) -> None:
        plan = self._write_plan("upgrade", self._set.plan, self._set.service, self._set.image)
        try:
            made.sql = self._offline_sql(found, plan)
        except StagegateError as error:
            made.sql_trouble = str(error)
        self._scratch.make(os.path.join(self._folder, "copy.dump"))
        made.before = self._scratch.database.row_counts()
        begun = self._clock()
        self._one_off(plan, self._set.upgrade_command, "the migration fails on a copy of the database")
        made.took = self._clock() - begun
        made.after = self._scratch.database.row_counts()
        reached = self._scratch.database.versions()
        if set(reached) != set(found.history.heads):
            raise CommandError(
                "the rehearsal did not bring the copy to the release's head",
                where=f"copy at {', '.join(reached) or 'no revision'}",
                why=f"the head is {', '.join(found.history.heads)}",
                todo="look which database the upgrade command takes its address from",
            )

    def _offline_sql(self, found: Situation, plan: str) -> str:
        if not self._set.sql_command:
            raise InputError("no command prints the SQL", todo="set migrate_sql_command")
        span = revision_range(found.current)
        sql = self._one_off(plan, [word.replace(RANGE, span) for word in self._set.sql_command], "the migration does not print its SQL")
        if len(sql) > LARGEST_SQL:
            raise CommandError(f"the SQL of the migration has more than {LARGEST_SQL} characters", todo="read it by hand, and waive")
        return sql

    def _one_off(self, plan: str, command: Sequence[str], what: str) -> str:
        options = f"-c lock_timeout={int(self._set.lock_timeout * 1000)} -c statement_timeout={int(self._set.statement_timeout * 1000)}"
        run = ("run", "--rm", "--no-deps", "-T", "-e", f"PGOPTIONS={options}", "upgrade", *command)
        done = self._engine.compose(self._project, plan, *run, timeout=self._set.upgrade_timeout)
        if not done.ok:
            raise CommandError(
                what,
                where=" ".join(command),
                why=f"exit code {done.rc}: " + " / ".join(tail(done.stdout + "\n" + done.stderr, 12)),
                todo="repair the migration; the live database was not touched",
            )
        return done.stdout

    def _start(self, old: OldRelease) -> str:
        """Bring the old release up on the copy; where it answers. CommandError with the end of its log when it does not get healthy."""
        plan = self._write_plan("old", old.plan, old.service, old.image)
        outcome = ComposeStack(self._project, plan, self._engine, self._clock, self._sleep).up(old.wait)
        if not outcome.healthy:
            raise CommandError(
                f"release {old.release} does not come up on the new schema",
                where="copy of the database",
                why=" / ".join(outcome.troubles) or "it has no container",
                todo="make the change in two releases, so that the old code can live on it",
            )
        targets = [int(port["target"]) for port in json.loads(read_text(plan))["services"]["old"]["ports"]]
        name = next(item.name for item in outcome.containers if item.service == "old")
        return f"http://127.0.0.1:{self._engine.published_port(name, targets[0])}"

    def _write_plan(self, role: str, path: str, service: str, image: str) -> str:
        if not os.path.isfile(path):
            raise InputError("the release is not planned on this host", where=path, todo="deploy it first")
        planned = json.loads(read_text(path))
        described = (planned.get("services") or {}).get(service) or {}
        to_copy = redirected(
            described.get("environment") or {},
            self._scratch.live_name,
            self._scratch.name,
            self._set.database_variables,
            self._set.environment,
        )
        made = rehearsal_project(planned, self._set.application, service, image, to_copy.environment, role)
        if role == "old" and not made["services"][role]["ports"]:
            raise InputError(
                f"service {service} publishes no port", where=path, todo="name the service that is asked in migrate_proof_service"
            )
        ensure_folder(self._folder)
        target = os.path.join(self._folder, f"{role}.json")
        write_json(target, made)
        return target


def measurements_of(found: Situation, made: Rehearsed, needed: bool) -> list[dict[str, Any]]:
    """What was rehearsed, how long it took, which rows got lost. Nothing that was not looked at is counted as fine."""
    rehearsed = len(found.pending) if needed and not made.trouble else 0
    open_ones = len(found.pending) - rehearsed
    facts = [
        measurement(
            "migration.rehearsed", rehearsed, "count", source="copy of the database", detail=describe(found.history, found.pending)
        ),
        measurement("migration.unrehearsed", open_ones, "count", source="copy of the database", detail=made.trouble),
    ]
    if not open_ones:
        lost = lost_rows(made.before, made.after)
        detail = [f"{table}: {rows} rows" for table, rows in lost.items()] or ("" if found.pending else "nothing was pending")
        facts += [
            measurement("migration.tables_counted", len(made.before), "count", source="copy of the database"),
            measurement("migration.rows_counted", sum(made.before.values()), "count", source="copy of the database"),
            measurement("migration.rows_lost", sum(lost.values()), "count", source="copy of the database", detail=detail),
        ]
    if made.took is not None and not made.trouble:
        facts.append(measurement("migration.rehearsal_duration", round(made.took, 3), "s", source="copy of the database"))
    return facts
