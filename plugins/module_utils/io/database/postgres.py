# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The live Postgres, through the client programs in its own container: the password never leaves it."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ...core.errors import CommandError, ServiceError
from ...core.release.alembic_state import parse_versions
from ...core.release.rehearsal import parse_counts
from ..engine.docker_cli import Engine
from ..system.command import Completed
from ..system.files import ensure_folder, write_atomic

# 'stag' as a number: every train of this collection asks for the same lock of the database.
ADVISORY_KEY = 0x73746167
# Counting reads every table of the copy once.
COUNT_TIMEOUT = 900.0
_CLIENT = 'PGPASSWORD="${POSTGRES_PASSWORD:-}" PGCONNECT_TIMEOUT=10 exec "$0" -U "${STAGEGATE_USER:-${POSTGRES_USER:-postgres}}" '
_DATABASE = '-d "${STAGEGATE_DATABASE:-${POSTGRES_DB:-${POSTGRES_USER:-postgres}}}" "$@"'


@dataclass(frozen=True)
class Backup:
    """A dump in custom format: where it is, how large, its checksum, and how many entries it lists when read back."""

    path: str
    size: int
    sha256: str
    entries: int


class Postgres:
    """One database in one container. User and database default to the container's own POSTGRES_USER and POSTGRES_DB."""

    def __init__(self, container: str, engine: Engine, user: str = "", database: str = "") -> None:
        self._container = container
        self._engine = engine
        self._env = {key: value for key, value in (("STAGEGATE_USER", user), ("STAGEGATE_DATABASE", database)) if value}

    def query(self, sql: str) -> str:
        """Rows as text, columns separated by `|`. ServiceError with the server's words when it refuses."""
        return self._said(self._client("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", sql))

    def _said(self, done: Completed) -> str:
        if not done.ok:
            raise ServiceError(
                "the database does not answer",
                where=f"container {self._container}",
                why=done.stderr.strip()[-500:],
                todo="look whether it runs and accepts connections",
            )
        return done.stdout

    def versions(self) -> tuple[str, ...]:
        """The alembic revisions that the database is at; empty when it was never migrated."""
        if self.query("SELECT to_regclass('alembic_version') IS NOT NULL").strip() != "t":
            return ()
        return parse_versions(self.query("SELECT version_num FROM alembic_version"))

    def name(self) -> str:
        """The name of the database."""
        return self.query("SELECT current_database()").strip()

    def size(self) -> int:
        """Bytes of the database on disk."""
        return int(self.query("SELECT pg_database_size(current_database())").strip())

    def row_counts(self) -> dict[str, int]:
        """Table -> rows, counted one by one; the tables of the system and of alembic are left out."""
        sql = (
            "SELECT format('SELECT %L, count(*) FROM %I.%I', n.nspname || '.' || c.relname, n.nspname, c.relname) "
            "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND c.relname <> 'alembic_version' "
            "AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' ORDER BY 1 \\gexec\n"
        )
        return parse_counts(self._said(self._client("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", stdin=sql, timeout=COUNT_TIMEOUT)))

    def invalid_indexes(self) -> tuple[str, ...]:
        """Indexes that a failed CREATE INDEX CONCURRENTLY has left behind; one that is being built just now is none."""
        rows = self.query(
            "SELECT i.indexrelid::regclass FROM pg_index i WHERE NOT i.indisvalid AND NOT EXISTS "
            "(SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid) ORDER BY 1"
        )
        return tuple(line for line in rows.splitlines() if line)

    def open_migrations(self) -> tuple[str, ...]:
        """Transactions of others that have looked at alembic_version and not ended: a killed client's go on for a moment."""
        rows = self.query(
            "SELECT DISTINCT 'pid ' || l.pid FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
            "JOIN pg_database d ON d.oid = l.database "
            "WHERE c.relname = 'alembic_version' AND d.datname = current_database() AND l.pid <> pg_backend_pid() ORDER BY 1"
        )
        return tuple(line for line in rows.splitlines() if line)

    def back_up(self, path: str) -> Backup:
        """Dump to `path` (0600) with a checksum beside it, and read it back. CommandError when either does not work."""
        ensure_folder(os.path.dirname(path))
        self._save(path + ".part", "pg_dump", "-Fc", "--no-password")
        entries = self._list(path + ".part")
        os.replace(path + ".part", path)
        digest = _sha256(path)
        write_atomic(path + ".sha256", f"{digest}  {os.path.basename(path)}\n")
        return Backup(path, os.path.getsize(path), digest, entries)

    def restore(self, path: str) -> None:
        """Fill this database, which must be empty, from a dump. CommandError with the words of pg_restore."""
        with open(path, "rb") as stream:
            pipes: dict[str, Any] = {"stdin": stream, "capture_output": True}
            # AnsibleModule and its run_command are not known in io.
            done = subprocess.run(  # pylint: disable=ansible-bad-function
                self._argv("pg_restore", "--exit-on-error", interactive=True), check=False, **pipes
            )
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip()
            raise CommandError("the backup cannot be restored", where=path, why=said[-500:], todo="the backup is no way back: look why")

    @contextmanager
    def advisory_lock(self, name: str, patience_seconds: float, guard: str = "") -> Iterator[None]:
        """Hold the session lock while the block runs; it goes away with this process. CommandError names the holder.

        `guard` is SQL that the session runs before, such as a transaction that keeps others from writing a table.
        """
        argv = self._argv("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", interactive=True)
        # AnsibleModule and its run_command are not known in io.
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(argv, text=True, **pipes) as session:  # pylint: disable=ansible-bad-function
            try:
                if session.stdin is None or session.stdout is None:
                    raise CommandError("no pipe to psql")
                session.stdin.write(
                    f"SET application_name = '{_plain(name)}'; SET lock_timeout = '{int(patience_seconds * 1000)}ms'; {guard}\n"
                    f"SELECT 'locked' FROM (SELECT pg_advisory_lock({ADVISORY_KEY})) AS held;\n"
                )
                session.stdin.flush()
                if session.stdout.readline().strip() != "locked":
                    raise CommandError(
                        "the migration lock of the database is taken",
                        where=f"container {self._container}",
                        why=f"held by {self._lock_holder()}",
                        todo="wait until that migration has ended, then run this again",
                    )
                yield
            finally:
                if session.stdin is not None:
                    session.stdin.close()
                session.wait(timeout=15)

    def _lock_holder(self) -> str:
        rows = self.query(
            "SELECT a.application_name || ' (pid ' || a.pid || ', since ' || a.backend_start || ')' FROM pg_locks l "
            f"JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.objid = {ADVISORY_KEY} AND l.granted"
        ).strip()
        return rows or "a session that has just ended"

    def _save(self, path: str, *argv: str) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            # AnsibleModule and its run_command are not known in io.
            pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": stream, "stderr": subprocess.PIPE}
            done = subprocess.run(self._argv(*argv), check=False, **pipes)  # pylint: disable=ansible-bad-function
            stream.flush()
            os.fsync(stream.fileno())
        if done.returncode != 0:
            os.unlink(path)
            raise CommandError(
                "the backup failed",
                where=f"{argv[0]} in container {self._container}",
                why=done.stderr.decode("utf-8", "replace").strip()[-500:],
                todo="nothing was migrated; repair and run again",
            )

    def _list(self, path: str) -> int:
        """How many entries pg_restore finds in the dump; CommandError when it cannot be read."""
        with open(path, "rb") as stream:
            argv = ["docker", "exec", "-i", self._container, "pg_restore", "--list"]
            # AnsibleModule and its run_command are not known in io.
            done = subprocess.run(argv, stdin=stream, capture_output=True, check=False)  # pylint: disable=ansible-bad-function
        listed = [line for line in done.stdout.decode("utf-8", "replace").splitlines() if line and not line.startswith(";")]
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip()
            raise CommandError("the backup cannot be read back", where=path, why=said[-500:])
        return len(listed)

    def _client(self, *argv: str, stdin: str | None = None, timeout: float = 60.0) -> Completed:
        return self._engine.execute(self._container, ["sh", "-c", _CLIENT + _DATABASE, *argv], stdin=stdin, timeout=timeout, env=self._env)

    def _argv(self, *argv: str, interactive: bool = False) -> Sequence[str]:
        options = [word for key, value in self._env.items() for word in ("-e", f"{key}={value}")]
        return [
            "docker",
            "exec",
            *(["-i"] if interactive else []),
            *options,
            self._container,
            "sh",
            "-c",
            _CLIENT + _DATABASE,
            *argv,
        ]


def _plain(name: str) -> str:
    return "".join(letter for letter in name if letter.isalnum() or letter in "-_ ")[:60]


def _sha256(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()
