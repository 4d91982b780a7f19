# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What squawk says of a migration's SQL: which findings are unsafe on a live database, and which are advice."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import EvidenceError
from ..measurement import measurement

# Style and growth, nothing that blocks or breaks while the migration runs; the two timeouts are set by the train itself. Every rule
# that does not stand here is unsafe, those included that a newer squawk brings and nobody has judged.
ADVICE = frozenset(
    {
        "ban-char-field",
        "prefer-big-int",
        "prefer-bigint-over-int",
        "prefer-bigint-over-smallint",
        "prefer-identity",
        "prefer-robust-stmts",
        "prefer-text-field",
        "prefer-timestamp-tz",
        "require-lock-timeout",
        "require-statement-timeout",
        "require-table-schema",
        "require-timeout-settings",
    }
)
_REVISION = re.compile(r"^-- Running upgrade .*-> *(?P<revision>[\w.-]+)", re.M)
_BOOK_KEEPING = re.compile(r"^\s*(BEGIN|COMMIT|(CREATE TABLE|INSERT INTO|UPDATE|DELETE FROM) (\w+\.)?alembic_version\b)", re.I)


@dataclass(frozen=True)
class Finding:
    """One finding: the rule, the line (from 1), the revision whose SQL it is in, and what the linter says."""

    rule: str
    line: int
    revision: str
    message: str

    @property
    def unsafe(self) -> bool:
        """True for every rule that is not known to be mere advice."""
        return self.rule not in ADVICE

    def __str__(self) -> str:
        """`0005 line 12, renaming-column: Renaming a column may break existing clients.`"""
        return f"{self.revision or 'sql'} line {self.line}, {self.rule}: {self.message}"


def read_findings(text: str, sql: str) -> tuple[Finding, ...]:
    """Read squawk's JSON; EvidenceError when it is no list of findings: silence is not a pass, `[]` is."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EvidenceError("the linter's output is no JSON", why=text.strip()[:200] or "it said nothing") from error
    if not isinstance(raw, list):
        raise EvidenceError("the linter's output is no list", why=str(raw)[:200])
    return tuple(_finding(item, sql) for item in raw)


def statements(sql: str) -> int:
    """How many statements the migration has, the book-keeping of alembic left out."""
    plain = re.sub(r"--[^\n]*", "", sql)
    return sum(1 for part in plain.split(";") if part.strip() and not _BOOK_KEEPING.match(part.strip()))


def lint_measurements(findings: Sequence[Finding], sql: str, source: str) -> list[dict[str, Any]]:
    """The unsafe findings with the number of statements looked at, and the advice."""
    unsafe = [finding for finding in findings if finding.unsafe]
    advice = [finding for finding in findings if not finding.unsafe]
    return [
        measurement("migration.lint_statements", statements(sql), "count", source=source),
        measurement("migration.lint_findings", len(unsafe), "count", source=source, detail=[str(finding) for finding in unsafe]),
        measurement("migration.lint_advice", len(advice), "count", source=source, detail=sorted({item.rule for item in advice})),
    ]


def _finding(raw: Any, sql: str) -> Finding:
    if not isinstance(raw, dict) or not isinstance(raw.get("rule_name"), str) or not isinstance(raw.get("line"), int):
        raise EvidenceError("a finding of the linter is not understood", why=str(raw)[:200])
    line = raw["line"]
    above = "\n".join(sql.splitlines()[: line + 1])
    passed = _REVISION.findall(above)
    return Finding(raw["rule_name"], line + 1, passed[-1] if passed else "", str(raw.get("message") or "")[:200])
