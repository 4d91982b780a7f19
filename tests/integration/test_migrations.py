"""Eight unsafe and eight safe migrations told apart before the live database is touched: by lint, by rehearsal, or by the old code."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engine_client import docker
from migration_shop import APPLICATION, FIXTURES, IMAGE, LIVE_URL, SECRET, Train, fresh_database, standing_shop

from ansible_collections.proofile.stagegate.plugins.module_utils.core.eyes.health_check import parse_checks
from ansible_collections.proofile.stagegate.plugins.module_utils.io.database.migration_lint import lint
from ansible_collections.proofile.stagegate.plugins.module_utils.io.database.rehearsal import Rehearsed, measurements_of
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.docker_cli import Engine
from ansible_collections.proofile.stagegate.plugins.module_utils.io.eyes.health_probe import HealthProbe

VARIANTS = sorted(path.stem for path in (FIXTURES / "variants").glob("*safe_*.py"))
UNSAFE = {name for name in VARIANTS if name.startswith("unsafe_")}
SAFE = {name for name in VARIANTS if name.startswith("safe_")}
# What a linter cannot see, and what sees it.
SEEN_BY_ROWS, SEEN_BY_UPGRADE, SEEN_BY_OLD_CODE = "unsafe_delete_rows", "unsafe_unique_on_duplicates", "unsafe_check_that_old_code_breaks"
UNSEEN_BY_LINT = {SEEN_BY_ROWS, SEEN_BY_UPGRADE, SEEN_BY_OLD_CODE}
OLD_CODE = [
    {"name": "reads", "component": "api", "kind": "http", "url": "{url}/people", "contains": "row"},
    {"name": "writes", "component": "api", "kind": "journey", "base_url": "{url}", "steps": [{"request": "POST /people"}]},
]
SQUAWK = [str(Path(sys.executable).parent / "squawk")]
MARK = "--@@ "


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with standing_shop() as engine:
        yield engine


# A rehearsal does not touch the live database, so all of them share it.
@pytest.fixture(scope="module")
def train(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Callable[[str], Train]:
    live, folder = fresh_database(engine), tmp_path_factory.mktemp("state")
    return lambda variant: Train(folder, engine, live, variant)


@pytest.fixture(scope="module")
def sql_of(engine: Engine) -> dict[str, str]:
    """What alembic prints for each variant; all of them in one container, to save time."""
    each = f"for v in {' '.join(VARIANTS)}; do echo '{MARK}'$v; sh /app/variant_alembic $v upgrade 0001:head --sql; done"
    printed = docker("run", "--rm", "--network", "none", "--env", f"DATABASE_URL={LIVE_URL}", IMAGE, "sh", "-ec", each)
    return {name: text for name, _end, text in (part.partition("\n") for part in printed.split(MARK) if part.strip())}


def old_code_fails(made: Rehearsed) -> list[str]:
    if not made.old_url:
        return [made.old_trouble]
    checks = json.loads(json.dumps(OLD_CODE).replace("{url}", made.old_url))
    return [text for result in HealthProbe({}).until_passed(parse_checks(checks), 1, 1) for text in result.failures]


def rehearsed(train: Train) -> dict[str, list[str]]:
    """What the upgrade of the copy, its rows and the old code on it say against the migration."""
    rehearsal, found = train.rehearsal(), train.situation()
    made = rehearsal.run(found, train.old())
    try:
        rows = {fact["sli"]: fact for fact in measurements_of(found, made, True)}.get("migration.rows_lost", {})
        told = {
            "upgrade": [made.trouble] if made.trouble else [],
            "rows": rows["detail"] if rows.get("value") else [],
            "old_code": [] if made.trouble else old_code_fails(made),
        }
    finally:
        assert rehearsal.clear()
    assert made.sql.count("Running upgrade 0001 -> 0002") == 1
    assert train.live.versions() == ("0001",), "the live database was touched"
    return {name: texts for name, texts in told.items() if texts}


def test_there_are_eight_of_each() -> None:
    assert (len(UNSAFE), len(SAFE)) == (8, 8)


def test_the_linter_names_what_locks_or_breaks_with_its_revision_and_nothing_else(sql_of: dict[str, str]) -> None:
    found = {name: [str(item) for item in lint(text, SQUAWK)[0] if item.unsafe] for name, text in sql_of.items()}
    assert set(found) == SAFE | UNSAFE
    assert {name for name, findings in found.items() if findings} == UNSAFE - UNSEEN_BY_LINT
    assert all(finding.startswith("0002 line ") for findings in found.values() for finding in findings)


@pytest.mark.parametrize("variant", sorted(SAFE))
def test_a_safe_migration_passes_the_rehearsal_and_the_old_code_lives_on_it(train, variant: str) -> None:
    assert rehearsed(train(variant)) == {}


def test_rows_that_a_migration_deletes_are_counted_although_the_linter_sees_nothing(train) -> None:
    assert rehearsed(train(SEEN_BY_ROWS)) == {"rows": ["public.notes: 10 rows"]}


def test_a_migration_that_fails_on_the_data_fails_on_the_copy(train) -> None:
    found = rehearsed(train(SEEN_BY_UPGRADE))
    assert set(found) == {"upgrade"}
    assert "could not create unique index" in found["upgrade"][0]
    assert "the live database was not touched" in found["upgrade"][0]
    assert SECRET not in found["upgrade"][0]


def test_what_the_linter_calls_safe_and_the_old_code_cannot_live_with_is_caught_by_the_old_code_itself(train) -> None:
    found = rehearsed(train(SEEN_BY_OLD_CODE))
    assert set(found) == {"old_code"}
    assert "writes" in found["old_code"][0]


def test_nothing_of_a_rehearsal_stays(train) -> None:
    train(sorted(SAFE)[0]).rehearsal().clear()
    assert docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={APPLICATION}-rehearsal") == ""
