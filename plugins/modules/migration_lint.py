#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lint the SQL of the pending migrations."""

from __future__ import annotations

DOCUMENTATION = r"""
module: migration_lint
short_description: Lint the SQL of the pending migrations
version_added: 0.1.0
description:
  - Hands the SQL to squawk and counts the findings that are unsafe on a live database apart from those that are advice.
  - A rule that this collection does not know is unsafe. Remarks in the SQL that would silence the linter do not.
  - Where the linter is not there, fails or says nothing, C(ok) is false and no finding is counted, so that the gate has no evidence.
author: ProoFile operations (@proofile)
options:
  sql:
    description: The SQL, as C(alembic upgrade --sql) prints it.
    type: str
    required: true
  pending:
    description: How many migrations are pending. With 0 there is nothing to lint.
    type: int
    required: true
  command:
    description: The linter, as a list of words. It is looked for on the path and beside the Python interpreter.
    type: list
    elements: str
    default: [squawk]
attributes:
  check_mode:
    description: Works the same.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
requirements:
  - squawk-cli, on the host on which the module runs
"""

EXAMPLES = r"""
- name: Lint what is pending
  proofile.stagegate.migration_lint:
    sql: "{{ rehearsal.sql }}"
    pending: "{{ rehearsal.pending | length }}"
  delegate_to: "{{ groups['probe'] | first }}"
  register: linted
"""

RETURN = r"""
ok:
  description: True when the linter looked at everything and found nothing unsafe.
  returned: always
  type: bool
trouble:
  description: Why the SQL was not linted; empty when it was.
  returned: always
  type: str
unsafe:
  description: The unsafe findings, one sentence for each.
  returned: always
  type: list
  elements: str
measurements:
  description: migration.lint_statements, migration.lint_findings and migration.lint_advice.
  returned: always
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import StagegateError
from ..module_utils.core.release.migration_lint import lint_measurements
from ..module_utils.io.database.migration_lint import lint

SPEC = {
    "sql": {"type": "str", "required": True},
    "pending": {"type": "int", "required": True},
    "command": {"type": "list", "elements": "str", "default": ["squawk"]},
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Lint; a linter that could not look is told, and leaves no measurement."""
    if params["pending"] == 0:
        facts = lint_measurements((), "", "nothing was pending")
        return {"changed": False, "ok": True, "trouble": "", "unsafe": [], "measurements": facts}
    try:
        findings, facts = lint(params["sql"], params["command"])
    except StagegateError as error:
        return {"changed": False, "ok": False, "trouble": str(error), "unsafe": [], "measurements": []}
    unsafe = [str(finding) for finding in findings if finding.unsafe]
    return {"changed": False, "ok": not unsafe, "trouble": "", "unsafe": unsafe, "measurements": facts}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
