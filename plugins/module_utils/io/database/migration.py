# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bringing the live schema to a release: what is pending, a backup that reads back, the upgrade under one lock."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core.errors import CommandError, StagegateError
from ...core.measurement import measurement
from ...core.release.alembic_state import History, describe, parse_history
from ...core.release.compose_plan import COLOURS, project_name
from ...core.release.log_scan import tail
from ...core.times import compact, rfc3339
from ..engine.docker_cli import Engine
from ..system import clock as machine
from ..system.command import must
from ..system.files import write_json
from .postgres import Backup, Postgres

# How long the transaction of a migration that failed is waited for.
SETTLE_SECONDS = 30.0


@dataclass(frozen=True)
class Settings:
    """What the migration is given. Seconds everywhere; `project` and `file` are the planned colour of the new release."""

    application: str
    state_dir: str
    release: str
    project: str
    file: str
    service: str
    image: str
    history_command: Sequence[str]
    upgrade_command: Sequence[str]
    after_commands: Sequence[Sequence[str]]
    backup: str
    lock_timeout: float
    statement_timeout: float
    upgrade_timeout: float


@dataclass(frozen=True)
class Situation:
    """Before anything is done: what the image knows and where the database is."""

    history: History
    current: tuple[str, ...]

    @property
    def pending(self) -> list[str]:
        """Revisions still to come, oldest first."""
        return self.history.pending(self.current)


@dataclass(frozen=True)
class Migrated:
    """How it ended. `trouble` is empty when the database is at the release's head and every command afterwards ended well."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    applied: tuple[str, ...]
    backup: Backup | None
    after_commands: int
    trouble: str
    measurements: tuple[dict[str, Any], ...]


class Migration:
    """One migration of one database. Engine, database and clock are parameters."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        database: Postgres,
        clock: machine.Clock = machine.now,
        sleep: machine.Sleep = machine.sleep,
    ) -> None:
        self._set = settings
        self._engine = engine
        self._database = database
        self._clock = clock
        self._sleep = sleep

    def situation(self) -> Situation:
        """Ask the image and the database. CommandError when a migration still runs, or the database is ahead of the release."""
        return situation(self._engine, self._database, self._set.application, self._set.image, self._set.history_command)

    def run(self, found: Situation) -> Migrated:
        """Back up, upgrade, look again, run the commands afterwards; a failure is told in `trouble`, with what is known recorded."""
        if len(found.history.heads) != 1:
            return self._ended(found, None, 0.0, 0, f"the release has {len(found.history.heads)} heads: {', '.join(found.history.heads)}")
        backup, trouble, took, ran = None, "", 0.0, 0
        try:
            with self._database.advisory_lock(f"stagegate-migrate-{self._set.release}", self._set.lock_timeout):
                if self._set.backup == "always" or (self._set.backup == "pending" and found.pending):
                    backup = self._database.back_up(self._backup_path())
                if found.pending:
                    took = self._upgrade()
        except StagegateError as error:
            trouble = str(error)
        if not trouble:
            try:
                ran = self._run_after_commands()
            except StagegateError as error:
                trouble = str(error)
        return self._ended(found, backup, took, ran, trouble)

    def commands_due(self) -> bool:
        """True when the commands that follow a migration have not been run for this release."""
        return bool(self._set.after_commands) and not os.path.exists(self._marker())

    def _upgrade(self) -> float:
        begun = self._clock()
        self._one_off(self._set.upgrade_command, "the migration failed", self._set.upgrade_timeout)
        return self._clock() - begun

    def _run_after_commands(self) -> int:
        if not self.commands_due():
            return 0
        for command in self._set.after_commands:
            self._one_off(command, "a command after the migration failed", self._set.upgrade_timeout)
        write_json(self._marker(), {"commands": [list(command) for command in self._set.after_commands], "time": rfc3339(self._clock())})
        return len(self._set.after_commands)

    def _one_off(self, command: Sequence[str], what: str, timeout: float) -> None:
        """Run a command in the new image beside the live stack. libpq hands PGOPTIONS to the server: no lock is waited for long."""
        options = f"-c lock_timeout={int(self._set.lock_timeout * 1000)} -c statement_timeout={int(self._set.statement_timeout * 1000)}"
        name = f"{self._set.application}-migrate-{compact(self._clock())}-{hashlib.sha256(repr(command).encode()).hexdigest()[:6]}"
        done = self._engine.compose(
            self._set.project,
            self._set.file,
            "run",
            "--rm",
            "--no-deps",
            "-T",
            "--name",
            name,
            "-e",
            f"PGOPTIONS={options}",
            self._set.service,
            *command,
            timeout=timeout,
        )
        if not done.ok:
            said = tail(done.stdout + "\n" + done.stderr, 12)
            raise CommandError(
                what,
                where=" ".join(command),
                why=f"exit code {done.rc}: " + " / ".join(said),
                todo="the database's revision is told below; repair the cause, then run this again",
            )

    def _ended(self, found: Situation, backup: Backup | None, took: float, ran: int, trouble: str) -> Migrated:
        if trouble:
            trouble += self._wait_for_the_server()
        after = self._database.versions()
        applied = tuple(revision for revision in found.pending if revision in found.history.applied(after))
        behind = set(after) != set(found.history.heads)
        if behind and not trouble:
            trouble = f"the database is at {', '.join(after) or 'no revision'}, the release's head is {', '.join(found.history.heads)}"
        elif behind:
            trouble += f" | the database is at {', '.join(after) or 'no revision'}; it was at {', '.join(found.current) or 'no revision'}"
        facts = [
            measurement(
                "migration.heads",
                len(found.history.heads),
                "count",
                source="alembic history of the image",
                detail=list(found.history.heads),
            ),
            measurement(
                "migration.pending",
                len(found.pending),
                "count",
                source="alembic_version of the database",
                detail=describe(found.history, found.pending),
            ),
            measurement("migration.applied", len(applied), "count", source="alembic_version of the database", detail=list(applied)),
            measurement(
                "migration.behind",
                int(behind or bool(trouble)),
                "count",
                source="alembic_version of the database",
                detail=trouble,
            ),
            self._index_fact(),
            *self._backup_facts(found, backup, trouble),
        ]
        if applied:
            facts.append(measurement("migration.duration", took, "s", source=" ".join(self._set.upgrade_command)))
        return Migrated(found.current, after, applied, backup, ran, trouble, tuple(facts))

    def _wait_for_the_server(self) -> str:
        """The server goes on with the transaction of a killed client for a moment: which revision it leaves is known afterwards."""
        deadline = self._clock() + SETTLE_SECONDS
        while self._clock() < deadline:
            if not self._database.open_migrations():
                return ""
            self._sleep(0.5)
        return f" | a transaction of a migration is still open ({', '.join(self._database.open_migrations())}); its revision may still come"

    def _index_fact(self) -> dict[str, Any]:
        broken = self._database.invalid_indexes()
        return measurement("migration.invalid_indexes", len(broken), "count", source="pg_index of the database", detail=list(broken))

    def _backup_facts(self, found: Situation, backup: Backup | None, trouble: str) -> list[dict[str, Any]]:
        if backup is None:
            wanted = self._set.backup == "always" or (self._set.backup == "pending" and found.pending)
            return [measurement("backup.unreadable", 1, "count", source="pg_restore --list", detail=trouble)] if wanted and trouble else []
        detail = f"{os.path.basename(backup.path)}, {backup.entries} entries, sha256 {backup.sha256}"
        return [
            measurement("backup.made", 1, "count", source="pg_dump", detail=detail),
            measurement("backup.bytes", backup.size, "B", source="pg_dump"),
            measurement(
                "backup.unreadable",
                int(backup.entries == 0 and bool(found.current)),
                "count",
                source="pg_restore --list",
                detail=detail,
            ),
        ]

    def _backup_path(self) -> str:
        return os.path.join(self._set.state_dir, "backups", f"{self._set.release}-{compact(self._clock())}.dump")

    def _marker(self) -> str:
        digest = hashlib.sha256(json.dumps([list(command) for command in self._set.after_commands]).encode()).hexdigest()[:12]
        return os.path.join(self._set.state_dir, "releases", self._set.release, f"after_migration-{digest}.json")


def situation(engine: Engine, database: Postgres, application: str, image: str, history_command: Sequence[str]) -> Situation:
    """Ask the image and the database. CommandError when a migration still runs, or the database is ahead of the release."""
    history = image_history(engine, image, history_command)
    _refuse_running(engine, database, application)
    current = database.versions()
    if not history.knows(current):
        raise CommandError(
            "the database is at a revision that this release does not know",
            where=f"revision {', '.join(current)}",
            why=f"the release's head is {', '.join(history.heads)}: a newer release has migrated the database",
            todo="deploy that release or a newer one; to go back below it, restore the backup that was made before it",
        )
    return Situation(history, current)


def _refuse_running(engine: Engine, database: Postgres, application: str) -> None:
    for colour in COLOURS:
        for item in engine.one_offs(project_name(application, colour)):
            if "-migrate-" in item.name:
                raise CommandError(
                    "a migration is still running",
                    where=f"container {item.name}, since {item.started[:19]}Z",
                    why=f"whoever started it is gone; the database is at {', '.join(database.versions()) or 'no revision'}",
                    todo="wait until it has ended, then run this again",
                )


def image_history(engine: Engine, image: str, command: Sequence[str]) -> History:
    """The revisions an image knows, asked of the image itself, without network. CommandError when it cannot say."""
    done = must(
        engine.once(image, command, timeout=120.0),
        "the image does not tell its migrations",
        todo=f"try it by hand: docker run --rm {image} {' '.join(command)}",
    )
    return parse_history(done.stdout)


def backup_body(backup: Backup | None) -> Mapping[str, Any]:
    """A backup as a module returns it."""
    return {} if backup is None else {"path": backup.path, "bytes": backup.size, "sha256": backup.sha256, "entries": backup.entries}
