# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The decision: GO only when everything is known and good."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge import decision, policy, verdict
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.ledger import digest
from ansible_collections.proofile.stagegate.plugins.module_utils.core.report import tables

GATES: dict[str, Any] = {
    "manual_qa": {
        "criteria": [{"id": "manual_qa.pass_rate", "sli": "qa.points_passed / qa.points_total", "pass": ">= 95 pct", "key": True}]
    },
    "smoke": {
        "requires": ["manual_qa"],
        "criteria": [{"id": "smoke.console", "sli": "browser.console_errors", "pass": "== 0 count"}],
    },
}
MATRIX: dict[str, Any] = {
    "go": [{"id": "go.manual_qa", "title": "Manual QA >= 95 pct", "needs": ["manual_qa.pass_rate", "gate:smoke"]}],
    "hold": [
        {
            "id": "hold.manual_qa",
            "title": "Manual QA < 90 pct",
            "when": {"sli": "qa.points_passed / qa.points_total", "phase": "manual_qa", "is": "< 90 pct"},
        },
        {"id": "hold.security", "title": "Console is not clean", "unless": ["smoke.console"]},
    ],
}


def judge_phase(book: Any, phase: str, gates: dict[str, Any] = GATES) -> None:
    outcomes = verdict.judge_gate(policy.read_policy(gates).gate(phase), book.evidence(), None, book.now)
    book.gate(phase, verdict.gate_verdict(outcomes), outcomes=[item.as_dict() for item in outcomes], gate_digest=digest(gates[phase]))


def passed_through(book: Any, points: int = 96, errors: int = 0) -> Any:
    book.start("manual_qa")
    book.measure("manual_qa", "qa.points_passed", points, "count")
    book.measure("manual_qa", "qa.points_total", 100, "count")
    judge_phase(book, "manual_qa")
    book.start("smoke", "manual_qa")
    book.measure("smoke", "browser.console_errors", errors, "count")
    judge_phase(book, "smoke")
    return book


def decided(book: Any, gates: dict[str, Any] = GATES) -> dict[str, Any]:
    read = policy.read_policy(gates, MATRIX)
    stand = decision.standing(book.entries, book.run["id"], read, gates)
    return decision.decide(read, stand, book.evidence(), None, book.now)  # type: ignore[arg-type]


def answers(result: dict[str, Any]) -> dict[str, str]:
    return {row["id"]: row["answer"] for row in [*result["go"], *result["hold"]]}


def test_everything_good_is_go(book: Any) -> None:
    result = decided(passed_through(book))
    assert (result["decision"], result["in_the_way"]) == ("GO", [])
    assert answers(result) == {"go.manual_qa": "YES", "hold.manual_qa": "CLEAR", "hold.security": "CLEAR"}


def test_an_empty_ledger_is_no_go_and_every_answer_unknown(book: Any) -> None:
    result = decided(book)
    assert result["decision"] == "NO-GO"
    assert set(answers(result).values()) == {"UNKNOWN"}


@pytest.mark.parametrize(
    ("points", "go", "hold"),
    [(95, "YES", "CLEAR"), (94, "NO", "CLEAR"), (90, "NO", "CLEAR"), (89, "NO", "HOLD"), (0, "NO", "HOLD")],
)
def test_between_90_and_95_percent_is_neither_go_nor_hold_and_so_no_go(book: Any, points: int, go: str, hold: str) -> None:
    result = decided(passed_through(book, points=points))
    assert (answers(result)["go.manual_qa"], answers(result)["hold.manual_qa"]) == (go, hold)
    assert (result["decision"] == "GO") == (points >= 95)


def test_the_way_to_go_names_each_cause_once(book: Any) -> None:
    result = decided(passed_through(book, points=92, errors=1))
    assert len(result["in_the_way"]) == 4
    assert result["way_to_go"] == [
        "qa.points_passed / qa.points_total from 92 pct to >= 95 pct (manual_qa.pass_rate)",
        "browser.console_errors from 1 to == 0 (smoke.console)",
    ]
    assert "  to make it GO:\n    - qa.points_passed" in tables.decision_table(result, "demo")
    assert " | to make it GO: | - qa.points_passed" in decision.decision_message(result, "demo")


def test_the_way_to_go_names_the_phases_that_were_not_judged(book: Any) -> None:
    assert decided(book)["way_to_go"] == [
        "record qa.points_passed in phase manual_qa (hold.manual_qa)",
        "record qa.points_total in phase manual_qa (hold.manual_qa)",
        "take these phases to GO: manual_qa (NEVER), smoke (NEVER)",
    ]
    passed_through(book).start("smoke", "manual_qa")
    assert decided(book)["way_to_go"] == ["take these phases to GO: smoke (RUNNING)"]
    assert decided(passed_through(book))["way_to_go"] == []


def test_a_condition_that_is_true_is_a_cause_of_its_own(book: Any) -> None:
    matrix = {**MATRIX, "hold": [{"id": "hold.few", "when": {"sli": "qa.points_total", "phase": "manual_qa", "is": "< 200 count"}}]}
    read = policy.read_policy(GATES, matrix)
    passed_through(book)
    stand = decision.standing(book.entries, book.run["id"], read, GATES)
    result = decision.decide(read, stand, book.evidence(), None, book.now)  # type: ignore[arg-type]
    assert (result["decision"], result["way_to_go"]) == ("NO-GO", ["qa.points_total must not be < 200 (hold.few)"])


def test_a_failed_criterion_under_unless_is_hold(book: Any) -> None:
    result = decided(passed_through(book, errors=1))
    assert answers(result)["hold.security"] == "HOLD"
    assert result["in_the_way"] == ["go.manual_qa", "hold.security", "gate:smoke"]


def test_a_phase_begun_again_is_unknown_until_it_is_judged(book: Any) -> None:
    passed_through(book).start("smoke", "manual_qa")
    result = decided(book)
    assert answers(result)["hold.security"] == "UNKNOWN"
    assert "gate:smoke" in result["in_the_way"]


def test_a_gate_that_rests_on_a_phase_begun_again_does_not_count(book: Any) -> None:
    passed_through(book)
    book.start("manual_qa")
    book.measure("manual_qa", "qa.points_passed", 96, "count")
    book.measure("manual_qa", "qa.points_total", 100, "count")
    judge_phase(book, "manual_qa")
    result = decided(book)
    assert result["gates"][1]["verdict"] == "OUTDATED"
    assert answers(result)["hold.security"] == "UNKNOWN"


def test_a_gate_judged_by_other_criteria_does_not_count(book: Any) -> None:
    passed_through(book)
    stricter = {**GATES, "smoke": {**GATES["smoke"], "title": "another"}}
    result = decided(book, stricter)
    assert result["decision"] == "NO-GO"
    assert answers(result)["hold.security"] == "UNKNOWN"


def test_a_gate_may_be_left_out_of_the_decision_by_name_only(book: Any) -> None:
    passed_through(book)
    more = {**GATES, "soak": {"criteria": [{"id": "soak.cpu", "sli": "host.cpu", "pass": "< 70 pct"}]}}
    assert decided(book, more)["in_the_way"] == ["gate:soak"]
    assert decided(book, {**more, "soak": {**more["soak"], "in_decision": False}})["decision"] == "GO"


def test_a_matrix_must_be_there(book: Any) -> None:
    read = policy.read_policy(GATES)
    stand = decision.standing(book.entries, book.run["id"], read, GATES)
    with pytest.raises(InputError, match="no go/no-go matrix"):
        decision.decide(read, stand, book.evidence(), None, book.now)  # type: ignore[arg-type]


def test_the_message_and_table_name_the_policy_and_what_is_in_the_way(book: Any) -> None:
    result = decided(passed_through(book, points=94))
    message = decision.decision_message(result, "demo")
    assert message.startswith("decision: NO-GO (demo policy) | go.manual_qa: manual_qa.pass_rate FAIL: 94 pct, must be >= 95 pct")
    table = tables.decision_table(result, "demo")
    assert "  X  Manual QA >= 95 pct  NO" in table
    assert table.endswith("decision: NO-GO (demo policy)")
    assert tables.decision_table(result, "staging").endswith("decision: NO-GO")


def test_the_table_of_a_gate_is_aligned_and_carries_no_escape_codes() -> None:
    rows = [
        {"id": "a.b", "status": "PASS", "sentence": "fine", "key": True},
        {
            "id": "long.name",
            "status": "INCONCLUSIVE",
            "reason": "no_data",
            "sentence": "no \x1b[31m evidence\nline",
            "observe": True,
        },
    ]
    assert tables.verdict_table(rows).splitlines() == [
        "  ok  a.b*       PASS                   fine",
        "  ?   long.name  INCONCLUSIVE(no_data)  no [31m evidence line (observed)",
    ]
