# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.grounds import with_grounds
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.outcome import Outcome
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.policy import read_policy
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.verdict import gate_verdict

KEPT_UP = {"id": "soak.load_kept_up", "sli": "soak.saturated / http.requests", "pass": "< 1 pct"}
P95 = {"id": "soak.p95", "sli": "http.duration", "agg": "p(95)", "pass": "<= 5 s", "rests_on": ["soak.load_kept_up"], "key": True}


def gate(*criteria: dict[str, Any]) -> Any:
    return read_policy({"soak": {"criteria": list(criteria)}}).gates["soak"]


def judged(ground: str, status: str) -> list[Outcome]:
    outcomes = [
        Outcome("soak.load_kept_up", ground, "said", "< 1 pct", "pct"),
        Outcome("soak.p95", status, "said", "<= 5 s", "s", key=True),
    ]
    return with_grounds(gate(KEPT_UP, P95).criteria, outcomes)


@pytest.mark.parametrize("ground", ["FAIL", "INCONCLUSIVE", "ERROR"])
@pytest.mark.parametrize("status", ["PASS", "WARN"])
def test_what_a_saturated_generator_measured_is_not_known_to_be_good(ground: str, status: str) -> None:
    outcome = judged(ground, status)[1]
    assert (outcome.status, outcome.reason) == ("INCONCLUSIVE", "no_ground")
    assert "rests on soak.load_kept_up" in outcome.sentence
    assert gate_verdict(judged(ground, status)) != "GO"


@pytest.mark.parametrize("ground", ["PASS", "WARN", "WAIVED"])
def test_on_good_ground_an_outcome_stays_what_it_is(ground: str) -> None:
    assert [outcome.status for outcome in judged(ground, "PASS")] == [ground, "PASS"]


@pytest.mark.parametrize("status", ["FAIL", "ERROR", "INCONCLUSIVE", "WAIVED"])
def test_what_was_found_bad_stays_bad(status: str) -> None:
    assert judged("FAIL", status)[1].status == status


def test_a_ground_must_stand_in_the_same_gate_and_on_itself() -> None:
    with pytest.raises(InputError, match=r"no criterion 'soak.load_kept_up'"):
        gate(P95)
    with pytest.raises(InputError, match="rests on something itself"):
        gate(P95, {**KEPT_UP, "rests_on": ["soak.p95"]})
