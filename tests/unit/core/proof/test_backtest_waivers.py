# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waivers in a backtest judge as then: what was waived then is waived, by what was recorded and by nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.decision import decide, standing
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.policy import read_policy
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.verdict import gate_verdict, judge_gate
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.waiver import read_waivers
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.ledger import digest
from ansible_collections.proofile.stagegate.plugins.module_utils.core.proof import backtest as bt
from ansible_collections.proofile.stagegate.plugins.module_utils.core.times import rfc3339

CONNECTIONS = {"id": "soak.db_connections", "sli": "postgres.active", "pass": "< 20 count"}
P95 = {"id": "soak.p95", "sli": "http.duration", "pass": "<= 5 s"}
GATES: dict[str, Any] = {"soak": {"criteria": [CONNECTIONS, P95]}}
MATRIX: dict[str, Any] = {"go": [{"id": "go.soak", "needs": ["gate:soak"]}], "hold": [{"id": "hold.p95", "unless": ["soak.p95"]}]}


@pytest.fixture
def waived(book: Any) -> Any:
    """Give a run that was decided GO although 25 connections are too many, because of a waiver that ended an hour later."""
    book.add("run", "", {})
    given = [{"criterion": "soak.db_connections", "owner": "Ann", "reason": "known", "expires": rfc3339(book.now + 3600)}]
    policy = read_policy(GATES, MATRIX)
    waivers = read_waivers(given, policy.home, book.now)
    book.start("soak")
    book.measure("soak", "postgres.active", 25, "count")
    book.measure("soak", "http.duration", 1, "s")
    outcomes = judge_gate(policy.gate("soak"), book.evidence(), nothing, book.now, waivers)
    verdict = gate_verdict(outcomes)
    book.gate("soak", verdict, outcomes=[item.as_dict() for item in outcomes], gate_digest=digest(GATES["soak"]), waivers=given)
    stand = standing(book.entries, book.run["id"], policy, GATES, book.now, waivers)
    decided = decide(policy, stand, book.evidence(), nothing, book.now)
    book.add("decision", "decision", {**decided, "waivers": given})
    assert (verdict, decided["decision"]) == ("GO", "GO")
    return book


def nothing(_reference: Any) -> Any:
    return []


def replayed(book: Any, *criteria: dict[str, Any]) -> tuple[str, str]:
    """Return the verdict of the gate and the decision."""
    gates = {"soak": {"criteria": list(criteria)}}
    (run,) = bt.backtest(bt.Replay(book.entries, read_policy(gates, MATRIX), gates, nothing))["runs"]
    return run["gates"][0]["now"], run["decision"]["now"]


def test_what_was_waived_then_is_waived(waived: Any) -> None:
    assert replayed(waived, CONNECTIONS, {**P95, "pass": "<= 1 s"}) == ("GO", "GO")


def test_a_waiver_that_the_decision_did_not_have_any_more_does_not_count_in_it(waived: Any) -> None:
    waived.entries[-1]["body"]["waivers"] = []
    assert replayed(waived, CONNECTIONS, P95) == ("GO", "NO-GO")


def test_a_decision_that_recorded_none_takes_those_of_its_gates(waived: Any) -> None:
    waived.entries[-1]["body"].pop("waivers")
    assert replayed(waived, CONNECTIONS, P95) == ("GO", "GO")


def test_a_waiver_does_not_cover_another_criterion(waived: Any) -> None:
    assert replayed(waived, CONNECTIONS, {**P95, "pass": "< 1 s"}) == ("HOLD", "NO-GO")


def test_a_waiver_of_a_criterion_that_is_gone_is_no_error(waived: Any) -> None:
    assert replayed(waived, P95) == ("GO", "GO")


def test_a_waiver_never_covers_a_key_criterion(waived: Any) -> None:
    assert replayed(waived, {**CONNECTIONS, "key": True}, P95) == ("FAIL", "NO-GO")


def test_without_a_recorded_waiver_nothing_is_waived(waived: Any) -> None:
    for entry in waived.entries:
        entry["body"].pop("waivers", None)
        for item in entry["body"].get("outcomes", ()):
            item["waiver"] = None
    assert replayed(waived, CONNECTIONS, P95) == ("HOLD", "NO-GO")
