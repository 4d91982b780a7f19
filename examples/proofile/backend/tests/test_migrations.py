"""The migrations make the schema that the code expects."""

import io
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from app.profile import Profile

INI = Path(__file__).parent.parent / "alembic.ini"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    found = Config(str(INI), stdout=io.StringIO(), attributes={"configure_logger": False})
    found.set_main_option("sqlalchemy.url", f"sqlite:///{tmp_path}/schema.db")
    return found


def test_the_history_is_one_line_of_at_least_three(config: Config) -> None:
    scripts = ScriptDirectory.from_config(config)
    revisions = list(scripts.walk_revisions())
    assert len(scripts.get_heads()) == 1 and len(scripts.get_bases()) == 1
    assert len(revisions) >= 3
    assert not any(revision.is_merge_point for revision in revisions)


def test_migrated_and_declared_schema_are_the_same(config: Config) -> None:
    command.upgrade(config, "head")
    engine = create_engine(config.get_main_option("sqlalchemy.url"))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Profile.metadata) == []
    engine.dispose()


def test_everything_can_be_taken_back(config: Config) -> None:
    command.upgrade(config, "head")
    command.downgrade(config, "base")
    engine = create_engine(config.get_main_option("sqlalchemy.url"))
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_offline_sql_needs_no_database(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    config.set_main_option("sqlalchemy.url", "")
    config.output_buffer = io.StringIO()
    monkeypatch.setenv("DATABASE_URL", "postgres://u:p@nowhere/x")
    command.upgrade(config, "head", sql=True)
    assert "CREATE TABLE profiles" in config.output_buffer.getvalue()


def test_without_a_database_url_it_says_so(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    config.set_main_option("sqlalchemy.url", "")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(SystemExit, match="DATABASE_URL"):
        command.upgrade(config, "head")
