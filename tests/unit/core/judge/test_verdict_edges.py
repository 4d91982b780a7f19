# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The verdict and its words, at the edges that mutation testing found open."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge import verdict
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.outcome import Outcome, status_text


def outcome(name: str, status: str, **more: Any) -> Outcome:
    return Outcome(f"soak.{name}", status, f"words of {name}", "", "count", **more)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("PASS", {})], "GO"),
        ([("PASS", {}), ("FAIL", {})], "HOLD"),
        ([("PASS", {}), ("FAIL", {"key": True})], "FAIL"),
        ([("FAIL", {}), ("PASS", {"key": True})], "HOLD"),
        ([("ERROR", {}), ("PASS", {})], "ERROR"),
        ([("ERROR", {}), ("FAIL", {})], "ERROR"),
        ([("ERROR", {}), ("FAIL", {"key": True})], "FAIL"),
        ([("ERROR", {"key": True}), ("PASS", {})], "ERROR"),
        ([("INCONCLUSIVE", {"key": True}), ("PASS", {})], "HOLD"),
        ([("PASS", {}), ("FAIL", {"key": True, "observe": True})], "GO"),
        ([("PASS", {}), ("ERROR", {"observe": True})], "GO"),
        ([("WARN", {}), ("WAIVED", {"key": True})], "GO"),
    ],
)
def test_the_verdict(rows: Any, expected: str) -> None:
    judged = [outcome(str(number), status, **more) for number, (status, more) in enumerate(rows)]
    assert verdict.gate_verdict(judged) == expected
    assert verdict.failed_ids([item.as_dict() for item in judged]) == [
        item.id for item in judged if item.status not in ("PASS", "WARN", "WAIVED") and not item.observe
    ]


@pytest.mark.parametrize("judged", [[], [outcome("a", "PASS", observe=True)]])
def test_nothing_that_decides_is_no_verdict(judged: Any) -> None:
    with pytest.raises(InputError, match="nothing was judged that could decide"):
        verdict.gate_verdict(judged)


@pytest.mark.parametrize(
    ("rows", "score"),
    [
        ([("PASS", 1), ("PASS", 1)], 100.0),
        ([("PASS", 1), ("FAIL", 1)], 50.0),
        ([("PASS", 3), ("WARN", 1)], 87.5),
        ([("WAIVED", 1), ("PASS", 1)], 50.0),
        ([("PASS", 1), ("FAIL", 2)], 33.3),
        ([("PASS", 0)], 0.0),
        ([("PASS", 0), ("PASS", 0.5)], 100.0),
    ],
)
def test_the_score(rows: Any, score: float) -> None:
    assert verdict.gate_score([outcome(str(number), status, weight=weight) for number, (status, weight) in enumerate(rows)]) == score
    assert verdict.gate_score([outcome("a", "PASS"), outcome("b", "FAIL", observe=True)]) == 100.0


@pytest.mark.parametrize(
    ("policy", "note"), [("staging", ""), ("demo", " (demo policy)"), ("zebra", " (zebra policy)"), ("stagin", " (stagin policy)")]
)
def test_every_policy_but_the_reference_one_is_named(policy: str, note: str) -> None:
    assert verdict.policy_note(policy) == note
    assert verdict.gate_line("soak", "GO", policy) == f"gate soak: GO{note}"


def message(*judged: Outcome) -> str:
    return verdict.gate_message("soak", "HOLD", "staging", [item.as_dict() for item in judged])


def test_a_go_says_nothing_more() -> None:
    assert verdict.gate_message("soak", "GO", "staging", [outcome("a", "FAIL", observe=True).as_dict()]) == "gate soak: GO"


def test_up_to_three_unknown_ones_are_explained() -> None:
    unknown = [outcome(f"u{number}", "INCONCLUSIVE", reason="no_data", changes=("record it",)) for number in range(3)]
    assert message(*unknown, outcome("good", "PASS"), outcome("seen", "FAIL", observe=True)) == (
        "gate soak: HOLD | soak.u0 INCONCLUSIVE(no_data): words of u0 | soak.u1 INCONCLUSIVE(no_data): words of u1"
        " | soak.u2 INCONCLUSIVE(no_data): words of u2 | to make it GO: | - record it (soak.u0, soak.u1, soak.u2)"
    )


def test_more_unknown_ones_are_named_and_what_failed_is_still_explained() -> None:
    unknown = [outcome(f"u{number}", "INCONCLUSIVE", reason="no_data", changes=("record it",)) for number in range(4)]
    assert message(*unknown, outcome("bad", "FAIL", changes=("repair it",)), outcome("torn", "ERROR")) == (
        "gate soak: HOLD | soak.bad FAIL: words of bad | soak.torn ERROR: words of torn | INCONCLUSIVE: soak.u0, soak.u1, soak.u2, soak.u3"
        " | to make it GO: | - record it (soak.u0, soak.u1, soak.u2, soak.u3) | - repair it (soak.bad)"
        " | - repair the evidence: words of torn (soak.torn)"
    )


def test_a_status_is_told_with_its_reason_when_it_has_one() -> None:
    assert status_text({"status": "INCONCLUSIVE", "reason": "gap"}) == "INCONCLUSIVE(gap)"
    assert status_text({"status": "FAIL", "reason": ""}) == status_text({"status": "FAIL"}) == "FAIL"


def test_the_first_five_steps_are_told() -> None:
    judged = [outcome(f"f{number}", "FAIL", changes=(f"repair {number}",)) for number in range(7)]
    told = message(*judged)
    assert "- repair 4 (soak.f4) | - and 2 more" in told
    assert "repair 5" not in told


@pytest.mark.parametrize("said", ["HOLD", "FAIL", "ERROR"])
def test_every_verdict_but_go_is_explained(said: str) -> None:
    judged = [outcome("bad", "FAIL").as_dict()]
    assert verdict.gate_message("soak", said, "staging", judged).startswith(f"gate soak: {said} | soak.bad FAIL: words of bad")
    assert verdict.gate_message("soak", "GO", "staging", judged) == "gate soak: GO"
