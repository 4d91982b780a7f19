"""Faults of migrations on a real Postgres with a real alembic: each has its expected end, and the live database is never half migrated."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine_client import docker
from migration_shop import (
    APPLICATION,
    DATABASE,
    IMAGE,
    LIVE_URL,
    Train,
    end_pauses,
    fresh_database,
    is_pausing,
    session,
    sql,
    standing_shop,
    wait_for,
)

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import CommandError, InputError, ServiceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.rollback import schema_proof
from ansible_collections.proofile.stagegate.plugins.module_utils.io.database.migration import Migrated, image_history
from ansible_collections.proofile.stagegate.plugins.module_utils.io.database.postgres import ADVISORY_KEY
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.docker_cli import Engine


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with standing_shop() as engine:
        yield engine


@pytest.fixture
def train(tmp_path: Path, engine: Engine) -> Callable[[str], Train]:
    live = fresh_database(engine)
    return lambda variant: Train(tmp_path, engine, live, variant)


def test_an_upgrade_that_ignores_the_address_it_is_given_cannot_change_the_live_database(train) -> None:
    deaf = train("safe_nullable_column")
    deaf.command = ["env", f"DATABASE_URL={LIVE_URL}", *deaf.command]
    before = sql("SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public'")
    rehearsal = deaf.rehearsal()
    made = rehearsal.run(deaf.situation(), None)
    rehearsal.clear()
    assert "lock timeout" in made.trouble
    assert deaf.live.versions() == ("0001",)
    assert sql("SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public'") == before


def test_the_next_rehearsal_removes_what_a_killed_one_left(train) -> None:
    ready = train("safe_nullable_column")
    first = ready.rehearsal().run(ready.situation(), ready.old())
    assert first.old_url
    again = ready.rehearsal()
    second = again.run(ready.situation(), ready.old())
    assert second.trouble == second.old_trouble == ""
    assert second.old_url != ""
    again.clear()
    assert sql("SELECT count(*) FROM pg_database WHERE datname LIKE '%rehearsal'") == "0"
    assert docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={APPLICATION}-rehearsal") == ""


def test_a_rehearsal_without_room_for_the_copy_is_refused_before_it_fills_the_disk_of_the_live_database(train) -> None:
    full = train("safe_nullable_column")
    docker("exec", DATABASE, "sh", "-c", "fallocate -l 385m /disk/ballast 2>/dev/null || true")
    free = int(docker("exec", DATABASE, "sh", "-c", "df -Pk /disk | tail -1").split()[3])
    docker("exec", DATABASE, "sh", "-c", f"fallocate -l {max(free - 8000, 0) + 1}k /disk/ballast2")
    try:
        made = full.rehearsal().run(full.situation(), None)
    finally:
        docker("exec", DATABASE, "sh", "-c", "rm -f /disk/ballast*")
    assert "there is no room for a copy of the database" in made.trouble
    assert full.live.versions() == ("0001",)


def test_a_migration_that_fills_the_disk_leaves_the_old_revision_and_the_next_run_goes_on(train) -> None:
    done = train("fault_fills_the_disk").migration()
    ended = done.run(done.situation())
    assert "No space left on device" in ended.trouble
    assert "the database is at 0001" in ended.trouble
    other = train("safe_nullable_column").migration()
    assert other.run(other.situation()).after == ("0002",)


def test_a_migration_killed_in_the_middle_leaves_the_old_revision_says_so_and_the_next_run_goes_on(train) -> None:
    slow = train("fault_slow").migration()
    sql("UPDATE pace SET seconds = 8")
    found = slow.situation()
    ended: list[Migrated] = []
    running = threading.Thread(target=lambda: ended.append(slow.run(found)))
    running.start()
    wait_for(is_pausing)
    with pytest.raises(CommandError, match=r"a migration is still running.*the database is at 0001"):
        train("fault_slow").situation()
    name = docker("ps", "--format", "{{.Names}}", "--filter", f"name={APPLICATION}-migrate-")
    docker("kill", "--signal", "KILL", name)
    running.join()
    assert "exit code 137" in ended[0].trouble
    assert "the database is at 0001; it was at 0001" in ended[0].trouble
    assert sql("SELECT to_regclass('before_the_pause') IS NULL") == "t", "half of it is there"
    sql("UPDATE pace SET seconds = 0")
    again = train("fault_slow").migration()
    resumed = again.run(again.situation())
    assert (resumed.before, resumed.after, resumed.trouble) == (("0001",), ("0002",), "")


def test_a_table_locked_by_another_session_ends_the_migration_after_the_timeout_and_changes_nothing(train) -> None:
    blocked = train("safe_nullable_column").migration()
    found = blocked.situation()
    holder = session("BEGIN; LOCK TABLE people IN ACCESS SHARE MODE; SELECT pg_sleep(30)")
    ended = blocked.run(found)
    end_pauses()
    holder.wait()
    assert "lock timeout" in ended.trouble
    assert ended.after == ("0001",)


def test_of_two_migrations_at_once_the_second_is_told_who_the_first_is(train) -> None:
    second = train("safe_nullable_column").migration()
    found = second.situation()
    holder = session(f"SET application_name = 'the-first'; SELECT pg_advisory_lock({ADVISORY_KEY}), pg_sleep(30)")
    ended = second.run(found)
    end_pauses()
    holder.wait()
    assert "held by the-first" in ended.trouble
    assert ended.after == ("0001",)


def test_an_invalid_index_that_a_failed_migration_left_is_counted(train) -> None:
    failing = train("unsafe_unique_on_duplicates").migration()
    ended = failing.run(failing.situation())
    fact = next(fact for fact in ended.measurements if fact["sli"] == "migration.invalid_indexes")
    assert (fact["value"], fact["detail"]) == (1, ["ux_people_email"])
    assert ended.after == ("0001",)


def test_going_back_below_a_dropped_column_is_refused_and_no_downgrade_is_run(train) -> None:
    new = train("unsafe_drop_column").migration()
    assert new.run(new.situation()).after == ("0002",)
    old = image_history(Engine(), IMAGE, ["alembic", "history"])
    with pytest.raises(InputError, match=r"does not know the schema.*restore the backup"):
        schema_proof("0000000000a1", old, ("0002",), [])


# The last one, because the database does not come back.
def test_a_database_that_is_stopped_is_an_error_of_the_first_look_and_nothing_is_begun(train) -> None:
    stopped = train("safe_nullable_column")
    found = stopped.situation()
    docker("stop", "--time", "5", DATABASE)
    with pytest.raises((ServiceError, CommandError), match="does not answer"):
        stopped.situation()
    with pytest.raises((ServiceError, CommandError), match="does not answer"):
        stopped.migration().run(found)
