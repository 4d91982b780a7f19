# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What would make it GO: the fewest changes, each named once."""

from __future__ import annotations

from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge import verdict
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.outcome import GOOD, SEVERITY, Outcome
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.way_to_go import way_text, way_to_go
from ansible_collections.proofile.stagegate.plugins.module_utils.core.report import tables


def changes(book: Any, criterion: Any) -> tuple[str, ...]:
    needed: tuple[str, ...] = book.outcome(criterion).changes
    return needed


def test_a_good_outcome_needs_no_change(book: Any) -> None:
    book.measure("soak", "postgres.active", 3, "count")
    assert changes(book, {"sli": "postgres.active", "pass": "< 20 count"}) == ()


def test_a_failure_says_from_where_to_where(book: Any) -> None:
    book.measure("soak", "host.cpu", 75, "pct")
    assert changes(book, {"sli": "host.cpu", "agg": "p(95)", "pass": ["> 1 pct", "< 70 pct"]}) == (
        "p(95) of host.cpu from 75 pct to < 70 pct",
    )


@pytest.mark.parametrize(("value", "change"), [(4, "from 4 s to <= 3 s"), (9, "from 9 s to >= 10 s")])
def test_of_several_alternatives_the_nearest_is_named(book: Any, value: int, change: str) -> None:
    book.measure("soak", "page.load", value, "s", labels={"page": "a"})
    assert changes(book, {"sli": "page.load", "pass": [["<= 3 s"], [">= 10 s", "<= 12 s"]]}) == (f"page.load {change}",)


def test_every_group_that_is_not_good_is_named(book: Any) -> None:
    for name, value in (("a", 0), ("b", 2), ("c", 1)):
        book.measure("soak", "container.restarts", value, "count", labels={"container": name})
    criterion = {"sli": "container.restarts", "each": "container", "expect": ["d"], "pass": "== 0 count"}
    assert changes(book, criterion) == (
        "container.restarts of container b from 2 to == 0",
        "container.restarts of container c from 1 to == 0",
        "record container.restarts in phase soak for container d",
    )


@pytest.mark.parametrize(
    ("errors", "requests", "change"),
    [
        (0, 1000, "http.errors / http.requests: look at 1995 more, without another hit"),
        (1, 2000, "http.errors / http.requests: look at 2742 more, without another hit"),
    ],
)
def test_low_power_says_how_many_more_must_be_looked_at(book: Any, errors: int, requests: int, change: str) -> None:
    book.measure("soak", "http.errors", errors, "count")
    book.measure("soak", "http.requests", requests, "count")
    assert changes(book, {"sli": "http.errors / http.requests", "pass": "< 0.1 pct", "confidence": "95 pct"}) == (change,)
    wanted = requests + int(change.split("look at ")[1].split()[0])
    book.measure("soak", "http.requests", wanted, "count")
    assert book.outcome({"sli": "http.errors / http.requests", "pass": "< 0.1 pct", "confidence": "95 pct"}).status == "PASS"


def test_evidence_on_which_several_criteria_rest_is_named_once(book: Any, one_gate: Any) -> None:
    gate = one_gate(
        {"id": "soak.p50", "sli": "http.duration", "agg": "p(50)", "pass": "< 1 s"},
        {"id": "soak.p95", "sli": "http.duration", "agg": "p(95)", "pass": "< 5 s", "key": True},
        {"id": "soak.cpu", "sli": "host.cpu", "pass": "< 70 pct"},
        {"id": "soak.disk", "sli": "host.disk_used", "pass": "< 80 pct", "observe": True},
    )
    judged = verdict.judge_gate(gate, book.evidence(), lambda _reference: [], book.now)
    assert way_to_go([outcome.as_dict() for outcome in judged]) == [
        "record http.duration in phase soak (soak.p50, soak.p95)",
        "record host.cpu in phase soak (soak.cpu)",
    ]


def test_the_message_and_the_table_say_what_would_make_it_go(book: Any, one_gate: Any) -> None:
    book.measure("soak", "host.cpu", 75, "pct")
    judged = verdict.judge_gate(
        one_gate({"id": "soak.cpu", "sli": "host.cpu", "pass": "< 70 pct"}), book.evidence(), lambda _r: [], book.now
    )
    outcomes = [outcome.as_dict() for outcome in judged]
    assert verdict.gate_message("soak", "HOLD", "demo", outcomes) == (
        "gate soak: HOLD (demo policy) | soak.cpu FAIL: 75 pct, must be < 70 pct, missed by 5 pct"
        " | to make it GO: | - host.cpu from 75 pct to < 70 pct (soak.cpu)"
    )
    assert tables.verdict_table(outcomes).splitlines()[1:] == ["  to make it GO:", "    - host.cpu from 75 pct to < 70 pct (soak.cpu)"]


def unmeasured(count: int, **more: Any) -> list[dict[str, Any]]:
    base = {"status": "INCONCLUSIVE", "reason": "no_data", "sentence": "no evidence", "key": False, "observe": False, **more}
    return [{**base, "id": f"deploy.u{number}", "changes": [f"record {number}"]} for number in range(count)]


def test_a_phase_that_stopped_early_is_one_step_and_one_row_and_what_failed_stays_by_itself() -> None:
    bad = {
        "id": "deploy.bad",
        "status": "FAIL",
        "reason": "",
        "sentence": "2, must be == 0",
        "key": True,
        "observe": False,
        "changes": ["repair"],
    }
    text = tables.verdict_table([*unmeasured(8), bad])
    assert text.splitlines() == [
        "  X  deploy.bad*  FAIL          2, must be == 0",
        "  ?  8 criteria   INCONCLUSIVE  nothing was measured: deploy.u0, deploy.u1, deploy.u2, deploy.u3, deploy.u4, deploy.u5,"
        " deploy.u6, deploy.u7",
        "  to make it GO:",
        "    - repair (deploy.bad)",
        "    - let the phase come to its end: for 8 criteria nothing was measured (deploy.u0, deploy.u1, deploy.u2, deploy.u3, deploy.u4,"
        " deploy.u5 and 2 more)",
    ]


def test_a_few_that_nothing_was_measured_for_are_told_one_by_one() -> None:
    text = tables.verdict_table(unmeasured(3))
    assert text.count("no evidence") == 3
    assert "- record 2 (deploy.u2)" in text


def test_those_that_only_observe_have_a_row_of_their_own_and_no_step() -> None:
    lines = tables.verdict_table([*unmeasured(4), *unmeasured(5, observe=True)]).splitlines()
    assert [line.split("  ")[2].strip() for line in lines[:2]] == ["4 criteria", "5 criteria"]
    assert lines[1].endswith("(observed)")
    assert "for 4 criteria" in lines[3]
    assert len(lines) == 4


def test_the_names_of_many_are_wrapped() -> None:
    lines = tables.verdict_table(unmeasured(40)).splitlines()
    assert all(len(line) <= 110 + 40 for line in lines if "nothing was measured (" not in line)
    assert sum("deploy.u39" in line for line in lines) == 1


def test_a_long_way_is_cut_for_people() -> None:
    lines = way_text([f"step {number}" for number in range(12)], 5)
    assert (len(lines), lines[0], lines[-1]) == (7, "to make it GO:", "  - and 7 more")
    assert way_text([]) == []


ROWS = st.lists(st.tuples(st.sampled_from(SEVERITY), st.booleans(), st.booleans(), st.floats(0, 100)), min_size=1, max_size=8)


@hypothesis.given(ROWS)
def test_the_way_names_exactly_the_criteria_that_are_in_the_way(rows: Any) -> None:
    outcomes = [
        Outcome(f"soak.c{number}", status, "x", "", "count", key=key, observe=observe).as_dict()
        for number, (status, key, observe, _weight) in enumerate(rows)
    ]
    way = " ".join(way_to_go(outcomes))
    in_the_way = set(verdict.failed_ids(outcomes))
    assert {item["id"] for item in outcomes if f"({item['id']}" in way or f" {item['id']}" in way} == in_the_way


@hypothesis.given(ROWS)
def test_no_score_makes_a_go_of_anything_else(rows: Any) -> None:
    """The verdict is that of outcomes without weights, whatever the weights say."""
    weighted = [
        Outcome(f"soak.c{number}", status, "", "", "count", key=key, observe=observe, weight=weight)
        for number, (status, key, observe, weight) in enumerate(rows)
    ]
    deciding = [outcome for outcome in weighted if not outcome.observe]
    if not deciding:
        return
    plain = [Outcome(outcome.id, outcome.status, "", "", "count", key=outcome.key, observe=outcome.observe) for outcome in weighted]
    assert 0 <= verdict.gate_score(weighted) <= 100
    assert verdict.gate_verdict(weighted) == verdict.gate_verdict(plain)
    assert (verdict.gate_verdict(weighted) == "GO") == all(outcome.status in GOOD for outcome in deciding)


def test_the_score_is_weighted_and_a_failure_of_little_weight_still_holds() -> None:
    outcomes = [Outcome("soak.a", "PASS", "", "", "count", weight=98), Outcome("soak.b", "FAIL", "", "", "count", weight=2)]
    assert (verdict.gate_score(outcomes), verdict.gate_verdict(outcomes)) == (98.0, "HOLD")
    assert verdict.gate_score([Outcome("soak.a", "WARN", "", "", "count")]) == 50
