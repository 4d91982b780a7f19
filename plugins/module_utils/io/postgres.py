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

from ..core.errors import CommandError, ServiceError
from ..core.release.alembic_state import parse_versions
from .command import Completed
from .docker_cli import Engine
from .files import ensure_folder, write_atomic

# 'stag' as a number: every train of this collection asks for the same lock of the database.
ADVISORY_KEY = 0x73746167
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
        done = self._client("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", sql)
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

    def size(self) -> int:
        """Bytes of the database on disk."""
        return int(self.query("SELECT pg_database_size(current_database())").strip())

    def back_up(self, path: str) -> Backup:
        """Dump to `path` (0600) with a checksum beside it, and read it back. CommandError when either does not work."""
        ensure_folder(os.path.dirname(path))
        self._save(path + ".part", "pg_dump", "-Fc", "--no-password")
        entries = self._list(path + ".part")
        os.replace(path + ".part", path)
        digest = _sha256(path)
        write_atomic(path + ".sha256", f"{digest}  {os.path.basename(path)}\n")
        return Backup(path, os.path.getsize(path), digest, entries)

    @contextmanager
    def advisory_lock(self, name: str, patience_seconds: float) -> Iterator[None]:
        """Hold the session lock while the block runs; it goes away with this process. CommandError names the holder."""
        argv = self._argv("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", interactive=True)
        # AnsibleModule and its run_command are not known in io.
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(argv, text=True, **pipes) as session:  # pylint: disable=ansible-bad-function
            try:
                if session.stdin is None or session.stdout is None:
                    raise CommandError("no pipe to psql")
                session.stdin.write(
                    f"SET application_name = '{_plain(name)}'; SET lock_timeout = '{int(patience_seconds * 1000)}ms';\n"
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

    def _client(self, *argv: str) -> Completed:
        return self._engine.execute(self._container, ["sh", "-c", _CLIENT + _DATABASE, *argv], env=self._env)

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
