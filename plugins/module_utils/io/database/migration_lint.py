# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Linting the SQL of a migration with squawk, on the controller: the staging host has nothing but Python."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from typing import Any

from ...core.errors import CommandError
from ...core.release.migration_lint import Finding, lint_measurements, read_findings
from ..system.command import Runner, run


def lint(sql: str, command: Sequence[str], runner: Runner = run) -> tuple[tuple[Finding, ...], list[dict[str, Any]]]:
    """The findings and their measurements. CommandError when the linter is not there or fails: then nothing was looked at."""
    if not sql.strip():
        raise CommandError("there is no SQL to lint", why="the migration printed nothing", todo="look at migrate_sql_command")
    program = _program(command[0])
    version = runner([program, "--version"], timeout=30.0)
    # A remark in the migration is no waiver, nor is a configuration that lies about: `/` holds none.
    heard = sql.replace("squawk-ignore", "squawk-heard")
    done = runner([program, *command[1:], "--reporter", "Json"], timeout=120.0, stdin=heard, cwd="/")
    # 1 means findings of level error; everything else but 0 is a failure of the linter.
    if done.rc not in (0, 1):
        raise CommandError(
            "the linter of migrations failed", where=" ".join(command), why=f"exit code {done.rc}: {done.stderr.strip()[-500:]}"
        )
    findings = read_findings(done.stdout, sql)
    return findings, lint_measurements(findings, sql, version.stdout.strip()[:80] or command[0])


def _program(name: str) -> str:
    """The program on the path, or else beside the running interpreter: a virtual environment need not be active."""
    beside = os.path.join(os.path.dirname(sys.executable), name)
    return shutil.which(name) or (beside if os.path.exists(beside) else name)
