"""The linter is a program that may be missing, may fail, and may be told to be silent: none of it is a pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import CommandError, EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.database.migration_lint import lint
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.command import Completed

SQUAWK = ["squawk"]


class Linter:
    """Plays squawk; keeps what it was handed."""

    def __init__(self, text: str, rc: int = 0) -> None:
        self.text, self.rc = text, rc
        self.heard = ""
        self.cwd = ""

    def __call__(self, argv: Sequence[str], stdin: str = "", cwd: str = "", **_options: Any) -> Completed:
        if "--version" in argv:
            return Completed(tuple(argv), 0, "squawk 9.9.9\n", "")
        self.heard, self.cwd = stdin, cwd
        return Completed(tuple(argv), self.rc, self.text, "cannot")


def test_the_real_linter_finds_a_rename_and_lets_a_nullable_column_pass() -> None:
    assert [item.rule for item in lint("ALTER TABLE a RENAME b TO c;", SQUAWK)[0] if item.unsafe] == ["renaming-column"]
    findings, facts = lint("ALTER TABLE a ADD COLUMN b text;", SQUAWK)
    assert not any(item.unsafe for item in findings)
    assert {fact["sli"]: fact["value"] for fact in facts}["migration.lint_statements"] == 1
    assert facts[0]["source"].startswith("squawk ")


def test_the_real_linter_counts_sql_that_it_cannot_read_as_unsafe() -> None:
    assert [item.rule for item in lint("ALTER TABEL a;", SQUAWK)[0] if item.unsafe][:1] == ["syntax-error"]


def test_a_remark_in_the_migration_does_not_silence_the_linter() -> None:
    sql = "-- squawk-ignore renaming-column\nALTER TABLE a RENAME b TO c;"
    assert any(item.unsafe for item in lint(sql, SQUAWK)[0])
    assert any(item.unsafe for item in lint(f"-- squawk-ignore-file\n{sql}", SQUAWK)[0])


def test_it_runs_where_no_configuration_lies_about() -> None:
    linter = Linter("[]")
    lint("SELECT 1;", SQUAWK, linter)
    assert linter.cwd == "/"


@pytest.mark.parametrize("rc", [2, 101, 137])
def test_a_linter_that_fails_is_no_pass(rc: int) -> None:
    with pytest.raises(CommandError, match=f"linter of migrations failed.*exit code {rc}"):
        lint("SELECT 1;", SQUAWK, Linter("[]", rc))


def test_a_linter_that_says_nothing_is_no_pass() -> None:
    with pytest.raises(EvidenceError, match="it said nothing"):
        lint("SELECT 1;", SQUAWK, Linter(""))


def test_a_linter_that_is_not_there_is_no_pass() -> None:
    with pytest.raises(CommandError, match="cannot be started"):
        lint("SELECT 1;", ["no-such-linter"])


@pytest.mark.parametrize("sql", ["", "  \n"])
def test_a_migration_that_printed_nothing_is_no_pass(sql: str) -> None:
    with pytest.raises(CommandError, match="no SQL to lint"):
        lint(sql, SQUAWK, Linter("[]"))
