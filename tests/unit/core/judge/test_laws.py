# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The laws of the language with everything in it: windows, warm-up, coverage, baselines, histograms, alternatives, waivers.

What is lost, broken, worsened or added never turns a non-GO into GO; order and units change nothing. Two things are excepted because
the policy asks for them by name: `absolute_only` judges less strictly (as a WARN) without a baseline, and a sample that is taken away
may take a failure with it. So the law about lost evidence is about all the evidence of an SLI, or about too little of it.
"""

from __future__ import annotations

import copy
import math
from typing import Any

import hypothesis
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core import units
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge import verdict
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.waiver import read_waivers

OLD = {"id": "r-20261101T000000Z-aaaaaaaaaaaa", "release": "aaaaaaaaaaaa"}
CRITERIA: list[dict[str, Any]] = [
    {"id": "soak.max", "sli": "host.cpu", "agg": "max", "pass": "< 70 pct", "warmup": "2 min", "key": True},
    {
        "id": "soak.windows",
        "sli": "host.cpu",
        "agg": "mean",
        "pass": "< 60 pct",
        "every": "5 min",
        "limits": {"failed": 1, "inconclusive": 1},
    },
    {"id": "soak.dense", "sli": "host.cpu", "agg": "p(90)", "pass": "< 75 pct", "sampled_every": "1 min", "min_coverage": "70 pct"},
    {"id": "soak.share", "sli": "host.cpu", "agg": "share(> 65 pct)", "pass": "<= 30 pct", "max_gap": "5 min"},
    {"id": "soak.steady", "sli": "host.cpu", "pass": "< 80 pct for 4 min", "max_gap": "2 min"},
    {"id": "soak.either", "sli": "host.cpu", "agg": "median", "pass": [["< 40 pct"], ["< 60 pct", "<= baseline * 1.5"]]},
    {"id": "soak.past", "sli": "reported.time", "pass": "<= baseline + 50 ms"},
    {"id": "soak.band", "sli": "reported.time", "pass": "10-400 ms", "warn": "> baseline", "waivable": True, "key": True},
    {"id": "soak.buckets", "sli": "reported.bytes", "agg": "p(95)", "pass": "<= 2 kB", "min_samples": 20},
    {"id": "soak.errors", "sli": "reported.total{name=bad} / reported.total{name=all}", "pass": "< 10 pct", "every": "10 min"},
]
CPU = st.lists(st.sampled_from([10.0, 35.0, 45.0, 55.0, 64.0, 72.0, 90.0]), min_size=1, max_size=16)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "host.cpu": CPU,
        "reported.time": st.sampled_from([5, 100, 140, 151, 390, 500]),
        "reported.bytes": st.tuples(st.integers(0, 40), st.integers(0, 5), st.integers(0, 3)),
        "reported.total": st.tuples(st.lists(st.integers(0, 2), min_size=1, max_size=20), st.integers(0, 9)),
        "baseline": st.sampled_from([0, 60, 100, 300]),
    },
)
GOOD: dict[str, Any] = {
    "host.cpu": [45.0] * 16,
    "reported.time": 120,
    "reported.bytes": (40, 0, 0),
    "reported.total": ([0] * 20, 9),
    "baseline": 100,
}
CHOSEN = st.lists(st.sampled_from(CRITERIA), min_size=1, max_size=5, unique_by=lambda item: item["id"])


def record(new_book: Any, facts: dict[str, Any]) -> Any:
    book = new_book()
    if "baseline" in facts:
        past(book, facts["baseline"])
    book.start("soak")
    if "host.cpu" in facts:
        book.measure("soak", "host.cpu", None, "pct", samples=[(at * 60.0, value) for at, value in enumerate(facts["host.cpu"])])
    if "reported.time" in facts:
        book.measure("soak", "reported.time", facts["reported.time"], "ms", labels={"name": "x"})
    if "reported.bytes" in facts:
        low, middle, high = facts["reported.bytes"]
        buckets = [[1000, low], [2000, low + middle], ["+Inf", low + middle + high]]
        book.measure("soak", "reported.bytes", None, "B", labels={"name": "x"}, histogram=buckets)
    if "reported.total" in facts:
        bad, all_of = facts["reported.total"]
        for name, steps in (("bad", bad), ("all", [max(all_of, step) for step in bad])):
            counted = [(at * 60.0, float(sum(steps[: at + 1]))) for at in range(len(steps))]
            book.measure("soak", "reported.total", None, "count", labels={"name": name}, samples=counted)
    return book


def past(book: Any, value: float) -> None:
    book.add("run", "", {"commit": "a" * 40}, **OLD)
    book.add("phase", "soak", {"event": "started", "requires": []}, **OLD)
    book.add("evidence", "soak", {"sli": "reported.time", "labels": {"name": "x"}, "unit": "ms", "value": value, "source": ""}, **OLD)
    cpu = [[at * 60.0, 40.0] for at in range(12)]
    book.add("evidence", "soak", {"sli": "host.cpu", "labels": {}, "unit": "pct", "samples": cpu, "source": ""}, **OLD)
    book.add("gate", "soak", {"phase": "soak", "verdict": "GO"}, **OLD)
    book.add("release", "soak", {"release": OLD["release"], "state": "soaked"}, **OLD)


def judged(book: Any, gate: Any, waivers: Any = (), now: Any = None) -> str:
    outcomes = verdict.judge_gate(gate, book.evidence(), lambda _reference: [], book.now if now is None else now, waivers)
    return verdict.gate_verdict(outcomes)


def never_better(before: str, after: str) -> bool:
    return before == "GO" or after != "GO"


def test_the_good_facts_are_go(new_book: Any, one_gate: Any) -> None:
    assert judged(record(new_book, GOOD), one_gate(*CRITERIA)) == "GO"


def test_each_good_fact_is_needed(new_book: Any, one_gate: Any) -> None:
    for name in GOOD:
        rest = {key: value for key, value in GOOD.items() if key != name}
        assert judged(record(new_book, rest), one_gate(*CRITERIA)) != "GO", name


@hypothesis.given(FACTS, CHOSEN, st.sampled_from(sorted(GOOD)))
def test_losing_all_evidence_of_something_never_makes_a_go(new_book: Any, one_gate: Any, facts: Any, criteria: Any, lost: str) -> None:
    gate = one_gate(*criteria)
    rest = {key: value for key, value in facts.items() if key != lost}
    assert never_better(judged(record(new_book, facts), gate), judged(record(new_book, rest), gate))


@hypothesis.given(FACTS, CHOSEN)
def test_evidence_of_another_release_or_run_never_makes_a_go(new_book: Any, one_gate: Any, facts: Any, criteria: Any) -> None:
    gate, book = one_gate(*criteria), record(new_book, {key: value for key, value in facts.items() if key != "baseline"})
    other = new_book()
    for entry in book.entries:
        release = {"release": "cccccccccccc"} if entry["kind"] == "evidence" else {}
        other.add(entry["kind"], entry["phase"], entry["body"], **release)
    assert judged(other, gate) != "GO"


@hypothesis.given(CPU.map(lambda values: values[:8]), st.integers(1, 12))
def test_fewer_samples_than_wanted_never_make_a_go(new_book: Any, one_gate: Any, values: Any, wanted: int) -> None:
    book = record(new_book, {"host.cpu": values})
    said = judged(book, one_gate({"id": "soak.x", "sli": "host.cpu", "agg": "min", "pass": "< 99 pct", "min_samples": wanted}))
    assert (said == "GO") == (len(values) >= wanted)


@hypothesis.given(st.data())
def test_any_number_that_is_replaced_by_what_is_none_holds_the_good_facts(new_book: Any, one_gate: Any, data: Any) -> None:
    book = record(new_book, GOOD)
    entry = data.draw(st.sampled_from([entry for entry in book.entries if entry["kind"] == "evidence"]))
    wrong = data.draw(st.sampled_from([math.nan, math.inf, -math.inf, None, True, "45", [], {}, 10**400]))
    body = entry["body"]
    if "value" in body:
        body["value"] = wrong
    elif "samples" in body:
        data.draw(st.sampled_from(body["samples"]))[data.draw(st.integers(0, 1))] = wrong
    else:
        place = data.draw(st.sampled_from([(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]))
        hypothesis.assume(not (place == (2, 0) and wrong == math.inf))
        body["histogram"][place[0]][place[1]] = wrong
    assert judged(book, one_gate(*CRITERIA)) != "GO"


@hypothesis.given(FACTS, CHOSEN, st.sampled_from(CRITERIA))
def test_adding_a_criterion_never_makes_a_go(new_book: Any, one_gate: Any, facts: Any, criteria: Any, added: Any) -> None:
    book = record(new_book, facts)
    base = [item for item in criteria if item["id"] != added["id"]] or [item for item in CRITERIA if item["id"] != added["id"]][:1]
    assert never_better(judged(book, one_gate(*base)), judged(book, one_gate(*base, added)))


WORSE = st.sampled_from([1.0, 5.0, 30.0])


@hypothesis.given(FACTS, CHOSEN, st.data())
def test_worse_values_never_make_a_go(new_book: Any, one_gate: Any, facts: Any, criteria: Any, data: Any) -> None:
    """Every limit of these criteria is an upper one but for the lower end of a band, which only the smallest time touches."""
    worse = copy.deepcopy(facts)
    for name in data.draw(st.lists(st.sampled_from(sorted(facts) or ["none"]), unique=True)):
        if name == "host.cpu":
            index = data.draw(st.integers(0, len(worse[name]) - 1))
            worse[name][index] += data.draw(WORSE)
        elif name == "reported.time":
            worse[name] += data.draw(WORSE) if worse[name] >= 10 else 0
        elif name == "reported.bytes":
            low, middle, high = worse[name]
            worse[name] = (max(0, low - 1), middle, high + (1 if low else 0))
        elif name == "reported.total":
            index = data.draw(st.integers(0, len(worse[name][0]) - 1))
            worse[name][0][index] += 1
        elif name == "baseline":
            worse[name] = max(0, worse[name] - data.draw(WORSE))
    gate = one_gate(*criteria)
    assert never_better(judged(record(new_book, facts), gate), judged(record(new_book, worse), gate))


@hypothesis.given(FACTS, CHOSEN, st.randoms(use_true_random=False))
def test_the_order_of_samples_criteria_and_recordings_changes_nothing(
    new_book: Any, one_gate: Any, facts: Any, criteria: Any, chance: Any
) -> None:
    book = record(new_book, facts)
    other = copy.deepcopy(book)
    for entry in other.entries:
        if "samples" in entry["body"]:
            chance.shuffle(entry["body"]["samples"])
    evidence = [entry for entry in other.entries if entry["kind"] == "evidence" and entry["run"] == book.run["id"]]
    bodies = [entry["body"] for entry in evidence]
    chance.shuffle(bodies)
    for entry, body in zip(evidence, bodies):
        entry["body"] = body
    shuffled = list(criteria)
    chance.shuffle(shuffled)
    assert judged(book, one_gate(*criteria)) == judged(other, one_gate(*shuffled))


DECIMALS = st.decimals(min_value="0.001", max_value="9999", places=3).map(float)
STEPS = st.sampled_from(
    [
        ("pct", "ratio", "host.cpu"),
        ("ms", "s", "soak.duration"),
        ("kB", "MB", "host.disk_free"),
    ]
)


@hypothesis.given(DECIMALS, DECIMALS | st.none(), STEPS, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
def test_the_decimal_unit_of_value_and_limit_changes_nothing(new_book: Any, value: float, limit: Any, step: Any, sign: str) -> None:
    small, large, sli = step
    limit = value if limit is None else limit
    statuses = set()
    for given, written in ((small, small), (small, large), (large, small), (large, large)):
        book = new_book()
        book.measure("soak", sli, units.convert(value, small, given), given)
        text = f"{units.convert(limit, small, written):.9f}"
        statuses.add(book.outcome({"sli": sli, "pass": f"{sign} {text} {written}"}).status)
    assert len(statuses) == 1


@hypothesis.given(FACTS, CHOSEN, st.sampled_from(["2026-11-01", "2026-12-01", "soon"]), st.integers(0, 40))
def test_a_waiver_that_runs_out_never_makes_a_go(new_book: Any, one_gate: Any, facts: Any, criteria: Any, expires: str, days: int) -> None:
    book, gate = record(new_book, facts), one_gate(*criteria)
    ids = [criterion["id"] for criterion in criteria]
    given = [{"criterion": name, "owner": "a", "reason": "b", "expires": expires} for name in ids]
    waivers = read_waivers(given, ids, book.now)
    without, with_waivers, later = judged(book, gate), judged(book, gate, waivers), judged(book, gate, waivers, book.now + days * 86400)
    assert never_better(with_waivers, later) and never_better(later, with_waivers if days < 7 else later)
    assert expires == "2026-12-01" or with_waivers == without
    assert with_waivers != "GO" or without in ("GO", "HOLD", "FAIL")
