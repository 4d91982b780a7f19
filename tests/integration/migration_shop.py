"""A small application on a real Postgres with a real alembic, for tests of migrations. Its name, networks and containers are its own."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine_client import docker

from ansible_collections.proofile.stagegate.plugins.module_utils.io.database import migration as live_migration
from ansible_collections.proofile.stagegate.plugins.module_utils.io.database.migration import Migration, situation
from ansible_collections.proofile.stagegate.plugins.module_utils.io.database.postgres import Postgres
from ansible_collections.proofile.stagegate.plugins.module_utils.io.database.rehearsal import OldRelease, Rehearsal, Settings
from ansible_collections.proofile.stagegate.plugins.module_utils.io.database.scratch_database import ScratchDatabase
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.docker_cli import Engine

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests/fixtures/migrations"
# Two files of tests have this shop, and may be run at the same time.
APPLICATION = f"migrationshop{os.environ.get('PYTEST_XDIST_WORKER', '')}"
IMAGE = "stagegate-migrations-app:1"
DATABASE_IMAGE = "stagegate-migrations-postgres:1"
DATABASE = f"{APPLICATION}-database"
SECRET = "canary-91c$"
LIVE_URL = f"postgres://app:{SECRET}@{DATABASE}:5432/shop"


def remove() -> None:
    for part in ("data", "green", "blue", "rehearsal"):
        names = docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={APPLICATION}-{part}").split()
        if names:
            docker("rm", "--force", "--volumes", *names, check=False)
    docker("network", "rm", f"{APPLICATION}-green", check=False)


@contextmanager
def standing_shop() -> Iterator[Engine]:
    """The image of the application, and a database on a small disk in memory. Its own application name, its own networks."""
    remove()
    docker("build", "--quiet", "--tag", IMAGE, "--file", str(FIXTURES / "app/Dockerfile"), str(FIXTURES))
    docker("build", "--quiet", "--tag", DATABASE_IMAGE, str(ROOT / "examples/proofile/docker/postgres"))
    docker("network", "create", f"{APPLICATION}-green")
    labels = {"com.docker.compose.project": f"{APPLICATION}-data", "com.docker.compose.service": "postgres"}
    options = [word for key, value in labels.items() for word in ("--label", f"{key}={value}")]
    for key, value in (("POSTGRES_USER", "app"), ("POSTGRES_PASSWORD", SECRET), ("POSTGRES_DB", "shop"), ("PGDATA", "/disk/pgdata")):
        options += ["--env", f"{key}={value}"]
    docker(
        "run",
        "--detach",
        "--name",
        DATABASE,
        "--network",
        f"{APPLICATION}-green",
        "--tmpfs",
        "/disk:size=400m,mode=1777",
        *options,
        DATABASE_IMAGE,
    )
    wait_for(lambda: subprocess.run([*PSQL, "-d", "shop", "-c", "SELECT 1"], check=False, capture_output=True).returncode == 0)
    try:
        _make_pristine()
        yield Engine()
    finally:
        remove()


def _make_pristine() -> None:
    """The database at 0001 with people, two of them with the same address, and notes without stars; each test gets a copy."""
    options = ["--network", f"{APPLICATION}-green", "--env", f"DATABASE_URL={LIVE_URL}"]
    docker("run", "--rm", *options, IMAGE, "alembic", "upgrade", "head")
    sql("INSERT INTO people (name, email) VALUES ('Ada', 'a@example.org'), ('Bob', 'a@example.org'), ('Eve', 'e@example.org')")
    sql("INSERT INTO notes (person_id, stars) SELECT 1, i % 3 FROM generate_series(1, 30) i; INSERT INTO pace VALUES (0)")
    sql("ALTER DATABASE shop RENAME TO pristine", database="postgres")


PSQL = ["docker", "exec", "-e", f"PGPASSWORD={SECRET}", DATABASE, "psql", "-h", "127.0.0.1", "-U", "app", "-XqAt"]


def wait_for(reached: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "not reached in time"
        time.sleep(0.2)


def sql(text: str, database: str = "shop") -> str:
    return subprocess.run([*PSQL, "-d", database, "-c", text], check=True, capture_output=True, text=True).stdout.strip()


def session(text: str) -> subprocess.Popen[bytes]:
    """A session of somebody else on the live database; it has begun when this returns, if its text ends in a pause."""
    begun = subprocess.Popen([*PSQL, "-d", "shop", "-c", text])
    wait_for(is_pausing)
    return begun


def is_pausing() -> bool:
    return sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == "1"


def end_pauses() -> None:
    sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")


def fresh_database(engine: Engine) -> Postgres:
    """The live database as it was in the beginning."""
    sql("DROP DATABASE IF EXISTS shop WITH (FORCE)", database="postgres")
    sql("CREATE DATABASE shop TEMPLATE pristine", database="postgres")
    return Postgres(DATABASE, engine)


class Train:
    """The settings of one variant, as the modules would be given them."""

    def __init__(self, folder: Path, engine: Engine, live: Postgres, variant: str, **environment: str) -> None:
        self.engine, self.live = engine, live
        self.plan = folder / "green.json"
        service = {
            "image": IMAGE,
            "environment": {"DATABASE_URL": LIVE_URL.replace("$", "$$"), **environment},
            "networks": {"colour": {"aliases": ["web"]}},
            "ports": [{"mode": "ingress", "host_ip": "127.0.0.1", "target": 8000, "published": "18210", "protocol": "tcp"}],
            "healthcheck": {"test": ["CMD", "curl", "-fsS", "http://localhost:8000/health"], "interval": "30s", "timeout": "5s"},
        }
        networks = {"colour": {"name": f"{APPLICATION}-green", "external": True}}
        self.plan.write_text(json.dumps({"name": f"{APPLICATION}-green", "services": {"web": service}, "networks": networks}))
        self.folder = str(folder)
        self.command = ["sh", "/app/variant_alembic", variant]

    def situation(self) -> live_migration.Situation:
        return situation(self.engine, self.live, APPLICATION, IMAGE, [*self.command, "history"])

    def rehearsal(self) -> Rehearsal:
        settings = Settings(
            application=APPLICATION,
            state_dir=self.folder,
            release="0000000000b2",
            plan=str(self.plan),
            service="web",
            image=docker("image", "inspect", "--format", "{{.Id}}", IMAGE),
            upgrade_command=[*self.command, "upgrade", "head"],
            sql_command=[*self.command, "upgrade", "{range}", "--sql"],
            environment={},
            database_variables=[],
            lock_timeout=2,
            statement_timeout=30,
            upgrade_timeout=60,
        )
        return Rehearsal(settings, self.engine, self.live, ScratchDatabase(DATABASE, self.engine, self.live))

    def old(self) -> OldRelease:
        return OldRelease("0000000000a1", str(self.plan), "web", docker("image", "inspect", "--format", "{{.Id}}", IMAGE), 30)

    def migration(self, application: str = APPLICATION, lock_timeout: float = 1) -> Migration:
        settings = live_migration.Settings(
            application=application,
            state_dir=self.folder,
            release="0000000000b2",
            project=f"{APPLICATION}-green",
            file=str(self.plan),
            service="web",
            image=IMAGE,
            history_command=[*self.command, "history"],
            upgrade_command=[*self.command, "upgrade", "head"],
            after_commands=[],
            backup="always",
            lock_timeout=lock_timeout,
            statement_timeout=60,
            upgrade_timeout=90,
        )
        return Migration(settings, self.engine, self.live)
