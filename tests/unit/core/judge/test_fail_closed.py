# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The law of the judge, as properties: nothing that is lost, broken or added ever turns a non-GO into GO."""

from __future__ import annotations

import math
from typing import Any

import hypothesis
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core import units
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge import outcome, verdict

CRITERIA: list[dict[str, Any]] = [
    {"id": "soak.cpu", "sli": "host.cpu", "agg": "p(95)", "pass": "< 70 pct", "min_samples": 2},
    {"id": "soak.errors", "sli": "http.errors / http.requests", "pass": "< 0.1 pct", "confidence": "95 pct", "key": True},
    {"id": "soak.restarts", "sli": "container.restarts", "each": "container", "expect": ["a"], "pass": "== 0 count"},
    {"id": "soak.log", "sli": "log.critical", "agg": "sum", "pass": "== 0 count", "warn": ">= 0 count"},
    {"id": "soak.hits", "sli": "redis.hits / (redis.hits + redis.misses)", "pass": "> 80 pct", "min_samples": 10},
    {"id": "soak.disk", "sli": "host.disk_used", "pass": ["> 1 pct", "< 80 pct"], "max_age": "1 h"},
]
CPU = st.lists(st.sampled_from([1.0, 50.0, 69.9, 70.0, 99.0]), min_size=1, max_size=6)
FACTS = st.lists(
    st.one_of(
        st.tuples(st.just("host.cpu"), st.just("pct"), st.just({}), CPU),
        st.tuples(st.just("http.errors"), st.just("count"), st.just({}), st.sampled_from([0, 1, 50])),
        st.tuples(st.just("http.requests"), st.just("count"), st.just({}), st.sampled_from([0, 100, 10000])),
        st.tuples(
            st.just("container.restarts"),
            st.just("count"),
            st.sampled_from([{"container": "a"}, {"container": "b"}]),
            st.integers(0, 1),
        ),
        st.tuples(st.just("log.critical"), st.just("count"), st.sampled_from([{"service": "a"}, {"service": "b"}]), st.integers(0, 1)),
        st.tuples(st.just("redis.hits"), st.just("count"), st.just({}), st.sampled_from([0, 80, 1000])),
        st.tuples(st.just("redis.misses"), st.just("count"), st.just({}), st.sampled_from([0, 3, 400])),
        st.tuples(st.just("host.disk_used"), st.just("pct"), st.just({}), st.sampled_from([0, 40, 80])),
    ),
    max_size=14,
)
GOOD_FACTS = [
    ("host.cpu", "pct", {}, [1.0, 50.0, 60.0]),
    ("http.errors", "count", {}, 0),
    ("http.requests", "count", {}, 10000),
    ("container.restarts", "count", {"container": "a"}, 0),
    ("log.critical", "count", {"service": "a"}, 0),
    ("redis.hits", "count", {}, 1000),
    ("redis.misses", "count", {}, 3),
    ("host.disk_used", "pct", {}, 40),
]


def record(new_book: Any, facts: list[Any]) -> Any:
    book = new_book()
    for sli, unit, labels, value in facts:
        if isinstance(value, list):
            book.measure("soak", sli, None, unit, labels=labels, samples=list(enumerate(value)))
        else:
            book.measure("soak", sli, value, unit, labels=labels)
    return book


def judged(book: Any, gate: Any, load: Any = None) -> str:
    return verdict.gate_verdict(verdict.judge_gate(gate, book.evidence(), load, book.now))


def test_the_good_facts_are_go(new_book: Any, one_gate: Any) -> None:
    assert judged(record(new_book, GOOD_FACTS), one_gate(*CRITERIA)) == "GO"


def test_each_good_fact_is_needed(new_book: Any, one_gate: Any) -> None:
    for number in range(len(GOOD_FACTS)):
        rest = GOOD_FACTS[:number] + GOOD_FACTS[number + 1 :]
        assert judged(record(new_book, rest), one_gate(*CRITERIA)) == "HOLD", GOOD_FACTS[number]


@hypothesis.given(FACTS, st.lists(st.sampled_from(CRITERIA), min_size=1, max_size=6, unique_by=lambda item: item["id"]), st.data())
def test_removing_all_evidence_of_an_sli_never_makes_a_go(
    new_book: Any, one_gate: Any, facts: list[Any], criteria: list[Any], data: Any
) -> None:
    before = judged(record(new_book, facts), one_gate(*criteria))
    lost = data.draw(st.sampled_from(["host.cpu", "http.errors", "http.requests", "redis.hits", "redis.misses", "host.disk_used"]))
    after = judged(record(new_book, [fact for fact in facts if fact[0] != lost]), one_gate(*criteria))
    assert before == "GO" or after != "GO"


@hypothesis.given(FACTS, st.data())
def test_a_value_that_is_no_finite_number_never_makes_a_go(new_book: Any, one_gate: Any, facts: list[Any], data: Any) -> None:
    facts = [*GOOD_FACTS, *facts]
    book = record(new_book, facts)
    entry = data.draw(st.sampled_from(book.entries))
    wrong = data.draw(st.sampled_from([math.nan, math.inf, -math.inf, None, True, "0", []]))
    before = judged(book, one_gate(*CRITERIA))
    if "value" in entry["body"]:
        entry["body"]["value"] = wrong
    else:
        entry["body"]["samples"][-1][1] = wrong
    after = judged(book, one_gate(*CRITERIA))
    assert before == "GO" or after != "GO"


@hypothesis.given(st.data())
def test_every_finite_value_of_the_good_facts_is_looked_at(new_book: Any, one_gate: Any, data: Any) -> None:
    book = record(new_book, GOOD_FACTS)
    entry = data.draw(st.sampled_from([entry for entry in book.entries if "value" in entry["body"]]))
    entry["body"]["value"] = data.draw(st.sampled_from([math.nan, math.inf, -math.inf, None, "0"]))
    assert judged(book, one_gate(*CRITERIA)) != "GO"


@hypothesis.given(FACTS, st.sampled_from(CRITERIA))
def test_adding_a_criterion_never_makes_a_go(new_book: Any, one_gate: Any, facts: list[Any], added: dict[str, Any]) -> None:
    base = [item for item in CRITERIA if item is not added][:3]
    book = record(new_book, facts)
    assert judged(book, one_gate(*base)) == "GO" or judged(book, one_gate(*base, added)) != "GO"


@hypothesis.given(FACTS, st.permutations(CRITERIA))
def test_the_order_of_the_criteria_changes_nothing(new_book: Any, one_gate: Any, facts: list[Any], order: list[Any]) -> None:
    book = record(new_book, facts)
    assert judged(book, one_gate(*CRITERIA)) == judged(book, one_gate(*order))


SMALLER = {"kB": "B", "MB": "kB", "KiB": "B", "MiB": "KiB", "s": "ms", "min": "s", "h": "min", "d": "h"}


@hypothesis.given(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(sorted(SMALLER)), st.sampled_from(["<", "<=", ">", ">="]))
def test_the_unit_of_value_and_limit_changes_nothing(new_book: Any, value: int, limit: int, unit: str, sign: str) -> None:
    sli = "host.disk_free" if units.dimension_of(unit) == "bytes" else "soak.duration"
    small = SMALLER[unit]
    statuses = set()
    for given_unit, limit_unit in ((unit, unit), (small, unit), (unit, small), (small, small)):
        book = new_book()
        book.measure("soak", sli, units.convert(value, unit, given_unit), given_unit)
        text = f"{sign} {units.convert(limit, unit, limit_unit):.0f} {limit_unit}"
        statuses.add(book.outcome({"sli": sli, "pass": text}).status)
    assert len(statuses) == 1


@hypothesis.given(st.lists(st.tuples(st.sampled_from(outcome.SEVERITY), st.booleans(), st.booleans()), min_size=1, max_size=8))
def test_go_needs_every_deciding_outcome_to_be_good(rows: list[tuple[str, bool, bool]]) -> None:
    outcomes = [outcome.Outcome("soak.x", status, "", "", "count", key=key, observe=observe) for status, key, observe in rows]
    deciding = [item for item in outcomes if not item.observe]
    if not deciding:
        return
    said = verdict.gate_verdict(outcomes)
    assert (said == "GO") == all(item.status in ("PASS", "WARN", "WAIVED") for item in deciding)
    if any(item.status == "FAIL" and item.key for item in deciding):
        assert said == "FAIL"
