# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The backtest: what a changed policy would have said about runs that are over, and what it cannot know any more."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.decision import decide, standing
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.policy import read_policy
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.verdict import gate_verdict, judge_gate
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.ledger import digest
from ansible_collections.proofile.stagegate.plugins.module_utils.core.proof import backtest as bt
from ansible_collections.proofile.stagegate.plugins.module_utils.core.proof.backtest_report import backtest_lines

GATES: dict[str, Any] = {
    "smoke": {"criteria": [{"id": "smoke.login", "sli": "journey.failed{journey=login}", "pass": "== 0 count", "key": True}]},
    "soak": {
        "requires": ["smoke"],
        "criteria": [
            {"id": "soak.db_connections", "sli": "postgres.active", "agg": "max", "pass": "< 20 count"},
            {"id": "soak.p95", "sli": "http.duration", "agg": "p(95)", "pass": "<= 5 s", "key": True},
        ],
    },
}
MATRIX: dict[str, Any] = {
    "go": [{"id": "go.soak", "needs": ["gate:soak"]}, {"id": "go.login", "needs": ["smoke.login"]}],
    "hold": [{"id": "hold.busy", "when": {"sli": "postgres.active", "agg": "max", "phase": "soak", "is": "> 30 count"}}],
}
SAMPLES = [(float(at), 1.0 + at / 100) for at in range(100)]


def changed(**limits: Any) -> dict[str, Any]:
    """The gates with other limits: soak_db_connections="< 5 count"."""
    gates = copy.deepcopy(GATES)
    for gate in gates.values():
        for criterion in gate["criteria"]:
            criterion["pass"] = limits.get(criterion["id"].replace(".", "_"), criterion["pass"])
    return gates


def read(_reference: Any) -> Any:
    return SAMPLES


def judged(book: Any, phase: str, gates: Any = None, load: Any = read) -> str:
    """Judge a gate as the module does, and note it."""
    gates = gates or GATES
    outcomes = judge_gate(read_policy(gates).gate(phase), book.evidence(), load, book.now)
    verdict = gate_verdict(outcomes)
    book.gate(phase, verdict, outcomes=[item.as_dict() for item in outcomes], gate_digest=digest(gates[phase]))
    return verdict


def decided(book: Any, gates: Any = None) -> str:
    policy = read_policy(gates or GATES, MATRIX)
    stand = standing(book.entries, book.run["id"], policy, gates or GATES)
    result = decide(policy, stand, book.evidence(), read, book.now)
    book.add("decision", "decision", result)
    return str(result["decision"])


@pytest.fixture
def past(book: Any) -> Any:
    """Give the ledger of one run that was decided GO: 12 connections, p95 1.94 s."""
    book.add("run", "", {"policy_digest": "0" * 64})
    book.start("smoke")
    book.measure("smoke", "journey.failed", 0, "count", labels={"journey": "login"})
    assert judged(book, "smoke") == "GO"
    book.start("soak", "smoke")
    book.measure("soak", "postgres.active", 12, "count")
    book.measure("soak", "http.duration", None, "s", series={"file": "soak/r/samples.sqlite", "metric": "http.duration"})
    assert judged(book, "soak") == "GO"
    assert decided(book) == "GO"
    return book


def replayed(book: Any, gates: Any, load: Any = read, matrix: Any = None, **options: Any) -> dict[str, Any]:
    policy = read_policy(gates, matrix or MATRIX)
    return bt.backtest(bt.Replay(book.entries, policy, gates, load), **options)


def gate_of(result: dict[str, Any], phase: str) -> dict[str, Any]:
    return next(gate for gate in result["runs"][0]["gates"] if gate["phase"] == phase)


class TestAgainstAnotherPolicy:
    """What would have been said."""

    def test_the_same_policy_says_the_same(self, past: Any) -> None:
        result = replayed(past, GATES)
        assert (result["changed_decisions"], result["decisions"], result["changed_gates"], result["judged_gates"]) == (0, 1, 0, 2)
        assert [gate["differences"] for gate in result["runs"][0]["gates"]] == [[], []]
        assert backtest_lines(result)[1] == "  the same: smoke GO, soak GO, the decision GO"

    @pytest.mark.parametrize(("limit", "verdict", "decision"), [("< 13 count", "GO", "GO"), ("< 12 count", "HOLD", "NO-GO")])
    def test_a_tighter_limit_turns_the_decision_at_its_edge(self, past: Any, limit: str, verdict: str, decision: str) -> None:
        result = replayed(past, changed(soak_db_connections=limit))
        assert gate_of(result, "soak")["now"] == verdict
        assert result["runs"][0]["decision"]["now"] == decision
        assert result["changed_decisions"] == (decision != "GO")

    def test_the_criterion_that_made_the_difference_is_named_with_both_sentences(self, past: Any) -> None:
        (difference,) = gate_of(replayed(past, changed(soak_db_connections="< 12 count")), "soak")["differences"]
        assert (difference["id"], difference["then"], difference["now"]) == ("soak.db_connections", "PASS", "FAIL")
        assert difference["then_sentence"] == "12, must be < 20, 8 to spare"
        assert difference["now_sentence"].startswith("12, must be < 12")
        assert difference["decisive"]

    def test_a_wider_limit_turns_a_recorded_no_go(self, book: Any) -> None:
        book.add("run", "", {})
        book.start("smoke")
        book.measure("smoke", "journey.failed", 0, "count", labels={"journey": "login"})
        judged(book, "smoke")
        book.start("soak", "smoke")
        book.measure("soak", "postgres.active", 25, "count")
        book.measure("soak", "http.duration", None, "s", samples=SAMPLES)
        assert judged(book, "soak") == "HOLD"
        assert decided(book) == "NO-GO"
        result = replayed(book, changed(soak_db_connections="< 26 count"))
        decision = result["runs"][0]["decision"]
        assert (decision["then"], decision["now"], decision["changed"]) == ("NO-GO", "GO", True)

    def test_a_row_of_the_matrix_is_judged_again_too(self, past: Any) -> None:
        matrix = copy.deepcopy(MATRIX)
        matrix["hold"][0]["when"]["is"] = "> 11 count"
        result = replayed(past, GATES, matrix=matrix)
        (row,) = result["runs"][0]["decision"]["differences"]
        assert (row["id"], row["then"], row["now"]) == ("hold.busy", "CLEAR", "HOLD")
        assert (result["changed_gates"], result["changed_decisions"]) == (0, 1)

    def test_a_gate_that_fails_now_outdates_what_rested_on_it(self, past: Any) -> None:
        result = replayed(past, changed(smoke_login="!= 0 count"))
        rows = {row["id"]: row["now"] for row in result["runs"][0]["decision"]["differences"]}
        assert (rows["gate:smoke"], rows["gate:soak"]) == ("FAIL", "OUTDATED")
        assert result["runs"][0]["stands_at"]["now"] != ""

    def test_a_criterion_that_is_new_has_no_evidence_and_holds(self, past: Any) -> None:
        gates = copy.deepcopy(GATES)
        gates["soak"]["criteria"].append({"id": "soak.cpu", "sli": "host.cpu", "agg": "p(95)", "pass": "< 70 pct"})
        result = replayed(past, gates)
        (difference,) = gate_of(result, "soak")["differences"]
        assert (difference["kind"], difference["now"]) == (bt.NEW, "INCONCLUSIVE(no_data)")
        assert result["changed_decisions"] == 1

    def test_a_criterion_that_is_no_longer_judged_is_said_so(self, past: Any) -> None:
        gates = copy.deepcopy(GATES)
        gates["soak"]["criteria"].pop()
        result = replayed(past, gates)
        assert [item["kind"] for item in gate_of(result, "soak")["differences"]] == [bt.GONE_CRITERION]
        assert "    soak.p95  no longer judged, was PASS" in "\n".join(backtest_lines(result))
        assert result["changed_gates"] == 0

    def test_a_gate_that_the_policy_no_longer_has_is_a_change(self, past: Any) -> None:
        gates = {"soak": {**copy.deepcopy(GATES["soak"]), "requires": []}}
        matrix = {**MATRIX, "go": MATRIX["go"][:1]}
        result = replayed(past, gates, matrix=matrix)
        assert gate_of(result, "smoke")["now"] == ""
        assert "GO -> no longer judged" in "\n".join(backtest_lines(result))

    def test_a_criterion_that_only_observes_now_makes_the_difference(self, book: Any) -> None:
        book.add("run", "", {})
        book.start("soak")
        book.measure("soak", "postgres.active", 25, "count")
        book.measure("soak", "http.duration", None, "s", samples=SAMPLES)
        judged(book, "soak")
        gates = copy.deepcopy(GATES)
        gates["soak"]["criteria"][0]["observe"] = True
        (difference,) = gate_of(replayed(book, gates), "soak")["differences"]
        assert (difference["then"], difference["now"], difference["decisive"]) == ("FAIL", "FAIL, observed", True)


class TestAsThen:
    """What counted then counts, and nothing else."""

    def test_what_was_recorded_after_the_verdict_does_not_count(self, past: Any) -> None:
        past.measure("soak", "postgres.active", 99, "count")
        assert gate_of(replayed(past, GATES), "soak")["differences"] == []

    def test_what_was_recorded_before_the_phase_began_does_not_count(self, book: Any) -> None:
        book.add("run", "", {})
        book.measure("soak", "postgres.active", 1, "count")
        book.start("soak")
        book.measure("soak", "http.duration", None, "s", samples=SAMPLES)
        assert judged(book, "soak") == "HOLD"
        assert gate_of(replayed(book, GATES), "soak")["now"] == "HOLD"

    def test_the_age_of_evidence_is_that_of_then(self, past: Any) -> None:
        gates = copy.deepcopy(GATES)
        gates["soak"]["criteria"][0]["max_age"] = "1 min"
        assert gate_of(replayed(past, gates), "soak")["now"] == "GO"
        gates["soak"]["criteria"][0]["max_age"] = "1 s"
        assert gate_of(replayed(past, gates), "soak")["differences"][0]["now"] == "INCONCLUSIVE(stale)"

    def test_samples_from_after_the_verdict_do_not_count(self, past: Any) -> None:
        later = [*SAMPLES, (past.now + 3600, 100.0)]
        gates = copy.deepcopy(GATES)
        gates["soak"]["criteria"][1]["agg"] = "max"
        assert gate_of(replayed(past, gates, load=lambda _reference: later), "soak")["now"] == "GO"

    def test_the_newest_verdict_of_a_phase_is_the_one_that_is_shown(self, past: Any) -> None:
        past.start("soak", "smoke")
        past.measure("soak", "postgres.active", 19, "count")
        past.measure("soak", "http.duration", None, "s", samples=SAMPLES)
        judged(past, "soak")
        result = replayed(past, changed(soak_db_connections="< 15 count"))
        assert (gate_of(result, "soak")["now"], result["runs"][0]["decision"]["now"]) == ("HOLD", "GO")

    def test_another_outcome_of_the_same_criteria_is_pointed_at(self, past: Any) -> None:
        result = replayed(past, GATES, load=lambda _reference: [(at, 9.0) for at, _value in SAMPLES])
        assert gate_of(result, "soak")["same_criteria"]
        assert "      its criteria are the same: the judge, the waivers or the samples are not" in backtest_lines(result)


def gone(_reference: Any) -> Any:
    raise bt.SamplesGone("the samples are not there")


def unreadable(_reference: Any) -> Any:
    raise EvidenceError("samples cannot be read")


class TestSamplesThatAreGone:
    """They are named as what they are, and never taken for the same."""

    def test_they_are_inconclusive_and_named(self, past: Any) -> None:
        result = replayed(past, GATES, load=gone)
        (difference,) = gate_of(result, "soak")["differences"]
        assert (difference["kind"], difference["now"]) == (bt.SAMPLES_GONE, "INCONCLUSIVE(no_data)")
        assert difference["gone"] == ["soak/r/samples.sqlite"]
        lines = backtest_lines(result)
        assert "      ? without their samples, so INCONCLUSIVE or worse: soak.p95" in lines
        assert "  the samples are gone: soak/r/samples.sqlite" in lines
        assert lines[-1].startswith("runs of which samples are gone: 1 of 1")
        assert result["runs"][0]["decision"]["now"] == "NO-GO"

    def test_an_outcome_that_was_inconclusive_then_is_not_called_the_same(self, book: Any) -> None:
        book.add("run", "", {})
        book.start("soak")
        book.measure("soak", "postgres.active", 1, "count")
        book.measure("soak", "http.duration", None, "s", series={"file": "soak/r/samples.sqlite", "metric": "http.duration"})
        judged(book, "soak", load=lambda _reference: [])
        assert [item["kind"] for item in gate_of(replayed(book, GATES, load=gone), "soak")["differences"]] == [bt.SAMPLES_GONE]

    def test_those_of_the_baseline_are_named_too(self, past: Any) -> None:
        past.add("release", "smoke", {"release": past.run["release"], "state": "verified"})
        past.run.update(id="r-20261123T121500Z-ffffffffffff", release="f" * 12)
        past.add("run", "", {})
        past.start("soak")
        past.measure("soak", "http.duration", None, "s", samples=SAMPLES)
        gates = {"soak": {"criteria": [{"id": "soak.p95", "sli": "http.duration", "agg": "p(95)", "pass": "<= baseline * 1.1"}]}}
        assert judged(past, "soak", gates) == "GO"
        result = bt.backtest(bt.Replay(past.entries, read_policy(gates), gates, gone), limit=1)
        (difference,) = gate_of(result, "soak")["differences"]
        assert (difference["now"], difference["gone"]) == ("INCONCLUSIVE(no_baseline)", ["soak/r/samples.sqlite"])

    def test_what_is_no_finite_number_is_not_cut_away(self, past: Any) -> None:
        spoilt = [*SAMPLES, (past.now + 3600, float("nan"))]
        (difference,) = gate_of(replayed(past, GATES, load=lambda _reference: spoilt), "soak")["differences"]
        assert difference["now"] == "INCONCLUSIVE(not_finite)"

    def test_samples_that_cannot_be_read_are_an_error_and_not_gone(self, past: Any) -> None:
        (difference,) = gate_of(replayed(past, GATES, load=unreadable), "soak")["differences"]
        assert (difference["kind"], difference["now"]) == (bt.CHANGED, "ERROR")


@given(limit=st.integers(1, 30), seen=st.integers(0, 40))
def test_a_replay_says_what_the_gate_would_have_said(new_book: Any, limit: int, seen: int) -> None:
    book = new_book()
    book.add("run", "", {})
    book.start("soak")
    book.measure("soak", "postgres.active", seen, "count")
    book.measure("soak", "http.duration", None, "s", samples=SAMPLES)
    gates = changed(soak_db_connections=f"< {limit} count")
    gates["soak"]["requires"] = []
    fresh = gate_verdict(judge_gate(read_policy({"soak": gates["soak"]}).gate("soak"), book.evidence(), read, book.now))
    judged(book, "soak")
    assert gate_of(replayed(book, gates), "soak")["now"] == fresh


def test_nothing_is_written_and_the_ledger_in_memory_stays_as_it_is(past: Any) -> None:
    before = copy.deepcopy(past.entries)
    replayed(past, changed(soak_db_connections="< 2 count"))
    assert past.entries == before
