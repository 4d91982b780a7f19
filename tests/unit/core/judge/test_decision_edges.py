# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of a recorded gate counts in the decision, at the edges that mutation testing found open."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge import decision, policy
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.ledger import digest

GATES: dict[str, Any] = {
    name: {"criteria": [{"id": f"{name}.cpu", "sli": "host.cpu", "pass": "< 70 pct"}]} for name in ("build", "smoke", "soak", "validate")
}
GATES["soak"]["criteria"].append({"id": "soak.seen", "sli": "host.disk_used", "pass": "< 80 pct", "observe": True})
MATRIX: dict[str, Any] = {
    "go": [{"id": "go.all", "needs": ["build.cpu", "smoke.cpu", "soak.cpu", "validate.cpu"]}],
    "hold": [{"id": "hold.soak", "unless": ["soak.cpu"]}],
}


def outcome(name: str, status: str = "PASS", **more: Any) -> dict[str, Any]:
    return {"id": name, "status": status, "sentence": "said", "reason": "", **more}


def recorded(book: Any, phase: str, *outcomes: Any, verdict: str = "GO") -> None:
    book.start(phase)
    book.gate(phase, verdict, outcomes=list(outcomes), gate_digest=digest(GATES[phase]))


def stand(book: Any) -> Any:
    return decision.standing(book.entries, book.run["id"], policy.read_policy(GATES, MATRIX), GATES)


def decided(book: Any) -> Any:
    return decision.decide(policy.read_policy(GATES, MATRIX), stand(book), book.evidence(), None, book.now)  # type: ignore[arg-type]


def test_the_four_gates_are_go(book: Any) -> None:
    for name in GATES:
        recorded(book, name, outcome(f"{name}.cpu"))
    assert decided(book)["decision"] == "GO"


@pytest.mark.parametrize("other", ["build", "smoke", "validate"])
def test_a_gate_cannot_speak_for_a_criterion_of_another_phase(book: Any, other: str) -> None:
    for name in GATES:
        if name != "soak":
            more = [outcome("soak.cpu")] if name == other else []
            recorded(book, name, outcome(f"{name}.cpu"), *more)
    book.start("soak")
    assert set(stand(book).outcomes) == {"build.cpu", "smoke.cpu", "validate.cpu"}
    assert decided(book)["hold"][0]["answer"] == "UNKNOWN"


def test_an_outcome_that_nobody_knows_is_no_outcome(book: Any) -> None:
    recorded(book, "soak", outcome("soak.other"), {"status": "PASS"})
    assert stand(book).outcomes == {}


@pytest.mark.parametrize(("status", "verdict"), [("PASS", "GO"), ("WARN", "GO"), ("WAIVED", "HOLD"), ("FAIL", "HOLD"), ("what", "HOLD")])
def test_a_gate_said_go_only_while_all_that_decides_is_good(book: Any, status: str, verdict: str) -> None:
    recorded(book, "soak", outcome("soak.cpu", status))
    assert stand(book).phases["soak"].verdict == verdict
    recorded(book, "soak", outcome("soak.cpu"), outcome("soak.seen", status, observe=True))
    assert stand(book).phases["soak"].verdict == "GO"


@pytest.mark.parametrize("verdict", ["HOLD", "FAIL", "ERROR"])
def test_a_verdict_that_was_not_go_never_becomes_go(book: Any, verdict: str) -> None:
    recorded(book, "soak", outcome("soak.cpu"), verdict=verdict)
    assert stand(book).phases["soak"].verdict == verdict
    assert "gate:soak" in decided(book)["in_the_way"]


def test_a_gate_from_before_the_newest_start_does_not_count(book: Any) -> None:
    recorded(book, "soak", outcome("soak.cpu"))
    book.start("soak")
    assert (stand(book).phases["soak"].verdict, stand(book).outcomes) == ("RUNNING", {})


@pytest.mark.parametrize(("state", "answer"), [("GO", "YES"), ("HOLD", "NO"), ("FAIL", "NO"), ("ERROR", "UNKNOWN")])
def test_a_row_that_needs_a_gate_says_what_the_gate_said(book: Any, state: str, answer: str) -> None:
    matrix = {**MATRIX, "go": [{"id": "go.gate", "needs": ["gate:soak"]}]}
    recorded(book, "soak", outcome("soak.cpu"), verdict=state)
    read = policy.read_policy(GATES, matrix)
    result = decision.decide(read, stand(book), book.evidence(), None, book.now)  # type: ignore[arg-type]
    assert result["go"][0]["answer"] == answer


@pytest.mark.parametrize(
    ("status", "go", "hold"),
    [
        ("PASS", "YES", "CLEAR"),
        ("WARN", "YES", "CLEAR"),
        ("FAIL", "NO", "HOLD"),
        ("INCONCLUSIVE", "UNKNOWN", "UNKNOWN"),
        ("ERROR", "UNKNOWN", "UNKNOWN"),
    ],
)
def test_the_answers_of_a_row_follow_the_worst_it_rests_on(book: Any, status: str, go: str, hold: str) -> None:
    for name in GATES:
        recorded(book, name, outcome(f"{name}.cpu", status if name == "soak" else "PASS"), verdict="GO" if go == "YES" else "HOLD")
    result = decided(book)
    assert (result["go"][0]["answer"], result["hold"][0]["answer"]) == (go, hold)


def test_a_known_no_beside_an_unknown_is_a_no(book: Any) -> None:
    recorded(book, "soak", outcome("soak.cpu", "FAIL"), verdict="HOLD")
    result = decided(book)
    assert (result["go"][0]["answer"], result["hold"][0]["answer"]) == ("NO", "HOLD")


@pytest.mark.parametrize(("verdict", "told"), [("", "validate (NEVER)"), ("HOLD", "validate (HOLD)"), ("FAIL", "validate (FAIL)")])
def test_a_gate_that_no_row_names_is_in_the_way_and_told(book: Any, verdict: str, told: str) -> None:
    rows = {"go": [{"id": "go.some", "needs": ["build.cpu", "smoke.cpu", "soak.cpu"]}], "hold": MATRIX["hold"]}
    for name in ("build", "smoke", "soak"):
        recorded(book, name, outcome(f"{name}.cpu"))
    if verdict:
        recorded(book, "validate", verdict=verdict)
    result = decision.decide(policy.read_policy(GATES, rows), stand(book), book.evidence(), None, book.now)  # type: ignore[arg-type]
    assert (result["decision"], result["in_the_way"]) == ("NO-GO", ["gate:validate"])
    assert result["way_to_go"] == [f"take these phases to GO: {told}"]


def test_what_only_observes_is_in_the_way_of_the_rows_that_need_it_and_of_nothing_else(book: Any) -> None:
    for name in GATES:
        more = [outcome("soak.seen", "FAIL", observe=True)] if name == "soak" else []
        recorded(book, name, outcome(f"{name}.cpu"), *more)
    assert (decided(book)["decision"], decided(book)["way_to_go"]) == ("GO", [])
    rows = {**MATRIX, "go": [{"id": "go.seen", "needs": ["soak.seen"]}]}
    result = decision.decide(policy.read_policy(GATES, rows), stand(book), book.evidence(), None, book.now)  # type: ignore[arg-type]
    assert (result["decision"], result["in_the_way"]) == ("NO-GO", ["go.seen"])


def test_a_gate_outside_of_the_decision_is_told_when_a_row_needs_it(book: Any) -> None:
    gates = {**GATES, "soak": {**GATES["soak"], "in_decision": False}}
    matrix = {"go": [{"id": "go.gate", "needs": ["gate:soak"]}], "hold": [{"id": "hold.build", "unless": ["build.cpu"]}]}
    for name in ("build", "smoke", "validate"):
        recorded(book, name, outcome(f"{name}.cpu"))
    read = policy.read_policy(gates, matrix)
    state = decision.standing(book.entries, book.run["id"], read, gates)
    result = decision.decide(read, state, book.evidence(), None, book.now)  # type: ignore[arg-type]
    assert (result["in_the_way"], result["way_to_go"]) == (["go.gate"], ["take these phases to GO: soak (NEVER)"])


@pytest.mark.parametrize(("passed", "answer"), [(80, "HOLD"), (95, "CLEAR"), (110, "UNKNOWN"), (None, "UNKNOWN")])
def test_a_condition_whose_evidence_is_missing_or_contradicts_itself_is_not_clear(book: Any, passed: Any, answer: str) -> None:
    when = {"sli": "qa.points_passed / qa.points_total", "phase": "soak", "is": "< 90 pct"}
    for name in GATES:
        recorded(book, name, outcome(f"{name}.cpu"))
    book.measure("soak", "qa.points_total", 100, "count")
    if passed is not None:
        book.measure("soak", "qa.points_passed", passed, "count")
    read = policy.read_policy(GATES, {**MATRIX, "hold": [{"id": "hold.qa", "when": when}]})
    result = decision.decide(read, stand(book), book.evidence(), None, book.now)  # type: ignore[arg-type]
    assert result["hold"][0]["answer"] == answer
    assert (result["decision"] == "GO") == (answer == "CLEAR")


@pytest.mark.parametrize(("verdict", "shown"), [("GO", "NEVER"), ("HOLD", "HOLD"), ("FAIL", "FAIL"), ("ERROR", "ERROR")])
def test_what_was_judged_by_other_criteria_was_never_judged_by_these(book: Any, verdict: str, shown: str) -> None:
    book.start("soak")
    book.gate("soak", verdict, outcomes=[outcome("soak.cpu")], gate_digest=digest(GATES["build"]))
    assert (stand(book).phases["soak"].verdict, stand(book).outcomes) == (shown, {})


def test_a_failure_that_no_row_names_is_told_as_a_cause(book: Any) -> None:
    rows = {"go": [{"id": "go.some", "needs": ["build.cpu"]}], "hold": [{"id": "hold.build", "unless": ["build.cpu"]}]}
    for name in ("build", "smoke", "validate"):
        recorded(book, name, outcome(f"{name}.cpu"))
    seen = outcome("soak.seen", "FAIL", observe=True, changes=["free the disk"])
    recorded(book, "soak", outcome("soak.cpu", "FAIL", changes=["slow down"]), seen, verdict="HOLD")
    result = decision.decide(policy.read_policy(GATES, rows), stand(book), book.evidence(), None, book.now)  # type: ignore[arg-type]
    assert (result["in_the_way"], result["way_to_go"]) == (["gate:soak"], ["slow down (soak.cpu)"])


def test_a_gate_that_said_go_without_the_outcomes_of_all_that_decides_does_not_count(book: Any) -> None:
    recorded(book, "soak", outcome("soak.seen", observe=True))
    assert stand(book).phases["soak"].verdict == "HOLD"
    recorded(book, "soak", outcome("soak.cpu", "FAIL", observe=True))
    assert stand(book).phases["soak"].verdict == "HOLD", "that it only observes is for the policy to say"
    recorded(book, "soak", outcome("soak.cpu"))
    assert stand(book).phases["soak"].verdict == "GO"


@pytest.mark.parametrize("missing", ["go", "hold"])
def test_nothing_is_decided_with_one_side_of_the_matrix_alone(book: Any, missing: str) -> None:
    for name in GATES:
        recorded(book, name, outcome(f"{name}.cpu"))
    whole = policy.read_policy(GATES, MATRIX)
    half = dataclasses.replace(whole, **{missing: ()})
    assert decision.decide(whole, stand(book), book.evidence(), None, book.now)["decision"] == "GO"  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no go/no-go matrix"):
        decision.decide(half, stand(book), book.evidence(), None, book.now)  # type: ignore[arg-type]


def test_a_row_that_needs_a_gate_names_it_in_words(book: Any) -> None:
    recorded(book, "soak", outcome("soak.cpu"))
    read = policy.read_policy(GATES, {**MATRIX, "go": [{"id": "go.gate", "needs": ["gate:soak", "gate:smoke"]}]})
    result = decision.decide(read, stand(book), book.evidence(), None, book.now)  # type: ignore[arg-type]
    assert result["go"][0]["sentence"] == "gate smoke is NEVER"


def test_a_condition_that_is_clear_says_what_was_seen(book: Any) -> None:
    for name in GATES:
        recorded(book, name, outcome(f"{name}.cpu"))
    book.measure("soak", "log.critical", 2, "count")
    when = {"sli": "log.critical", "phase": "soak", "is": "> 5 count"}
    read = policy.read_policy(GATES, {**MATRIX, "hold": [{"id": "hold.qa", "when": when}]})
    result = decision.decide(read, stand(book), book.evidence(), None, book.now)  # type: ignore[arg-type]
    assert result["hold"][0]["sentence"] == "2 is not > 5"
