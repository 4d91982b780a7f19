"""Only a finding that is known to be advice is advice; silence of the linter is no pass."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.migration_lint import (
    ADVICE,
    lint_measurements,
    read_findings,
    statements,
)

SQL = """BEGIN;

-- Running upgrade  -> 0001, people

CREATE TABLE people (id bigint);

UPDATE alembic_version SET version_num='0001';

-- Running upgrade 0001 -> 0002_b, rename; it is short

ALTER TABLE people RENAME id TO number;

UPDATE alembic_version SET version_num='0002_b' WHERE alembic_version.version_num = '0001';

COMMIT;
"""


def finding(rule: str, line: int = 10) -> dict[str, object]:
    return {"rule_name": rule, "line": line, "message": "May break clients.", "level": "Warning"}


def values(findings: str) -> dict[str, float]:
    return {fact["sli"]: fact["value"] for fact in lint_measurements(read_findings(findings, SQL), SQL, "squawk")}


def test_an_unsafe_finding_is_counted_apart_from_advice_with_what_was_looked_at() -> None:
    text = json.dumps([finding("renaming-column"), finding("prefer-text-field")])
    assert values(text) == {"migration.lint_statements": 2, "migration.lint_findings": 1, "migration.lint_advice": 1}


def test_a_finding_names_its_revision_and_line() -> None:
    assert str(read_findings(json.dumps([finding("renaming-column")]), SQL)[0]) == "0002_b line 11, renaming-column: May break clients."


@given(st.text(min_size=1))
def test_a_rule_that_nobody_has_judged_is_unsafe(rule: str) -> None:
    assert read_findings(json.dumps([finding(rule)]), SQL)[0].unsafe == (rule not in ADVICE)


def test_sql_that_cannot_be_read_is_unsafe() -> None:
    assert read_findings(json.dumps([finding("syntax-error", 0)]), SQL)[0].unsafe


@pytest.mark.parametrize(
    "text", ["", "nothing found", "{}", "null", '["renaming-column"]', '[{"rule_name": 3, "line": 1}]', '[{"line": 1}]']
)
def test_what_is_no_list_of_findings_is_no_pass(text: str) -> None:
    with pytest.raises(EvidenceError):
        read_findings(text, SQL)


def test_no_finding_is_a_pass_only_as_an_empty_list() -> None:
    assert values("[]") == {"migration.lint_statements": 2, "migration.lint_findings": 0, "migration.lint_advice": 0}


def test_the_book_keeping_of_alembic_is_no_statement_of_the_migration() -> None:
    assert statements(SQL) == 2
    assert statements("BEGIN;\nCOMMIT;\n") == 0
