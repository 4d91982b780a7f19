"""The status report."""

from __future__ import annotations

from typing import Any

from ansible_collections.proofile.stagegate.plugins.module_utils.core.report.status import status_lines

WHY: dict[str, Any] = {
    "sentence": "run r-1 of release 1a2b3c4d5e6f stands at deploy",
    "phases": {
        "build": {"verdict": "GO", "attempt": 1, "seconds": 20000.0},
        "deploy": {"verdict": "HOLD", "attempt": 2, "seconds": 30.0},
    },
}
RELEASES: dict[str, Any] = {
    "releases": [
        {"release": "1a2b3c4d5e6f", "state": "verified", "good": True},
        {"release": "ffffffffffff", "state": "bad", "good": False},
    ],
    "current": "ffffffffffff",
    "rollback_target": "1a2b3c4d5e6f",
}
WHOLE = {"verified": True, "entries": 7, "problems": []}


def report(**changed: Any) -> list[str]:
    given = {"why": WHY, "releases": RELEASES, "ledger": WHOLE, "planned": {"build": "4 h", "deploy": "2 h"}, **changed}
    return status_lines(**given)


def row(word: str, lines: list[str]) -> str:
    return next(line for line in lines if line.strip().startswith(word))


def test_a_phase_that_took_longer_than_planned_is_marked() -> None:
    assert "longer than planned" in row("build", report())
    assert "longer than planned" not in row("deploy", report())


def test_a_phase_that_never_began_is_told_so() -> None:
    assert "NEVER" in row("soak", report())


def test_the_report_says_what_serves_and_where_a_rollback_goes() -> None:
    assert "a rollback goes here" in row("1a2b3c4d5e6f", report())
    assert "serves" in row("ffffffffffff", report())


def test_a_damaged_ledger_is_shouted_with_its_problems() -> None:
    lines = report(ledger={"verified": False, "problems": ["entry 3 was changed"]})
    assert "THE LEDGER IS DAMAGED:" in lines
    assert "  entry 3 was changed" in lines


def test_a_host_on_which_nothing_was_deployed_is_told_so() -> None:
    assert "no release has been deployed" in report(releases={})
