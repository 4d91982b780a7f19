# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The copy of the live database on which a migration is rehearsed. It stands on the same server, under a name of its own."""

from __future__ import annotations

import os

from ...core.errors import CommandError
from ...core.release.rehearsal import LONGEST_NAME, SUFFIX, scratch_name
from ..engine.docker_cli import Engine
from .postgres import Postgres

# The server makes the name itself (as scratch_name does) and quotes it.
_COPY = f"left(current_database(), {LONGEST_NAME - len(SUFFIX)}) || '{SUFFIX}'"
_END_SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :copy".replace(":copy", _COPY)
_DROP = "SELECT format('DROP DATABASE IF EXISTS %I', :copy)".replace(":copy", _COPY)
_CREATE = (
    "SELECT format('CREATE DATABASE %I TEMPLATE template0 ENCODING %L LC_COLLATE %L LC_CTYPE %L OWNER %I', :copy, "
    "pg_encoding_to_char(encoding), datcollate, datctype, pg_get_userbyid(datdba)) FROM pg_database WHERE datname = current_database()"
).replace(":copy", _COPY)


class ScratchDatabase:
    """One copy of one database. What an earlier, killed run left is dropped first."""

    def __init__(self, container: str, engine: Engine, live: Postgres, user: str = "") -> None:
        self._container = container
        self._engine = engine
        self._live = live
        self.live_name = live.name()
        self.name = scratch_name(self.live_name)
        self.database = Postgres(container, engine, user, self.name)

    def drop(self) -> None:
        """Remove the copy with all sessions on it; nothing happens where there is none."""
        self._live.query(_END_SESSIONS)
        self._live.query(self._live.query(_DROP))

    def make(self, dump: str) -> None:
        """Dump the live database to the file `dump`, restore it into the copy, remove the file. CommandError when there is no room."""
        self._need_room()
        self.drop()
        created = self._live.query(_CREATE)
        try:
            self._live.back_up(dump)
            self._live.query(created)
            self.database.restore(dump)
        finally:
            for path in (dump, dump + ".sha256", dump + ".part"):
                if os.path.exists(path):
                    os.unlink(path)

    def _need_room(self) -> None:
        """The copy lies on the disk of the live database: filling that up would stop the application."""
        done = self._engine.execute(self._container, ["sh", "-c", 'df -Pk "${PGDATA:-/var/lib/postgresql/data}"'])
        words = done.stdout.splitlines()[-1].split() if done.ok and done.stdout.strip() else []
        free = int(words[3]) * 1024 if len(words) > 3 and words[3].isdigit() else None
        needed = 2 * self._live.size()
        if free is None or free < needed:
            raise CommandError(
                "there is no room for a copy of the database",
                where=f"disk of container {self._container}",
                why=f"{needed} bytes are wanted (twice the database), {'unknown' if free is None else free} are free",
                todo="make room; the live database was not touched",
            )
