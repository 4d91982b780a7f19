# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the policy refuses, and where it says the mistake stands."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core import units
from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge import criterion, outcome, policy
from ansible_collections.proofile.stagegate.plugins.module_utils.core.report import tables

GATES: dict[str, Any] = {
    "build": {
        "title": "Build",
        "criteria": [
            {
                "id": "build.bundle",
                "sli": "bundle.size{set=all}",
                "pass": [">= 265 kB", "<= 465 kB"],
                "key": True,
                "covers": ["BLD-03"],
            },
            {"id": "build.warnings", "sli": "build.warnings", "pass": "== 0 count", "observe": True},
        ],
    },
    "soak": {
        "requires": ["build"],
        "criteria": [{"id": "soak.cpu", "sli": "host.cpu", "agg": "p(95)", "pass": "< 70 pct", "warn": "> 60 pct", "covers": ["SOAK-02"]}],
    },
}
MATRIX: dict[str, Any] = {
    "go": [{"id": "go.build", "title": "The build is good", "needs": ["build.bundle", "gate:soak"], "covers": ["GO-01"]}],
    "hold": [
        {"id": "hold.cpu", "unless": ["soak.cpu"], "when": {"sli": "host.cpu", "phase": "soak", "agg": "max", "is": "> 90 pct"}},
    ],
}


def changed(path: str, value: Any) -> tuple[Any, Any]:
    """Return gates and matrix with one place changed; `value` None takes it away."""
    whole = {"gates": copy.deepcopy(GATES), "matrix": copy.deepcopy(MATRIX)}
    place: Any = whole
    *way, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return whole["gates"], whole["matrix"]


def test_the_policy_is_read() -> None:
    read = policy.read_policy(GATES, MATRIX)
    assert read.gate("soak").criteria[0].limit_text == "< 70 pct"
    assert read.home == {"build.bundle": "build", "build.warnings": "build", "soak.cpu": "soak"}


BUNDLE = "gates/build/criteria/0"
MISTAKES = [
    ("gates/build/criteria", [], "criteria is missing", "stagegate_gates.build"),
    ("gates/build/criteria/0/observe", True, "every criterion of the gate only observes", "stagegate_gates.build"),
    ("gates/biuld", {"criteria": []}, "unknown phase 'biuld'", ""),
    ("gates/build/criterias", [], "unknown key 'criterias'", "stagegate_gates.build"),
    ("gates/build/requires", ["deploy"], "there is no gate 'deploy' to require", "stagegate_gates.build, field requires"),
    ("gates/build/requires", ["soak"], "require each other", "stagegate_gates"),
    (f"{BUNDLE}/pass", None, "pass is missing", "stagegate_gates.build.criteria[0] (build.bundle)"),
    (f"{BUNDLE}/pass", [], "pass is missing", "(build.bundle)"),
    (f"{BUNDLE}/pass", "265 kB", "is no limit", "(build.bundle), field pass"),
    (f"{BUNDLE}/pass", ">= 265", "has no unit", "(build.bundle), field pass"),
    (f"{BUNDLE}/pass", ">= 265 KB", "did you mean 'kB'", "(build.bundle), field pass"),
    (f"{BUNDLE}/pass", ">= 265 s", "the unit s does not fit", "(build.bundle), field pass"),
    (f"{BUNDLE}/pass", "465-265 kB", "the range is empty", "field pass, column 1"),
    (f"{BUNDLE}/pass", ">= 265 kB and", "should end here", "field pass, column 11"),
    (f"{BUNDLE}/pass", [">= 265 kB", ["<= 465 kB"]], "cannot stand side by side", "field pass"),
    (f"{BUNDLE}/pass", [["== 1 B"], []], "one to 10 limits", "field pass[1]"),
    (f"{BUNDLE}/pass", "<= baseline * 0", "a number above 0", "field pass, column 15"),
    (f"{BUNDLE}/pass", "<= baseline + 5 ms", "the unit ms does not fit", "field pass, column 17"),
    (f"{BUNDLE}/pass", "<= 465 kB for 5 kB", "the unit kB does not fit", "field pass, column 17"),
    (f"{BUNDLE}/warn", "> 465", "has no unit", "field warn, column 6"),
    (f"{BUNDLE}/alert", "265-465 kB", "is a range", "field alert"),
    (f"{BUNDLE}/alert", "> baseline", "cannot be relative", "field alert"),
    (f"{BUNDLE}/baseline", {"from": "last_verified"}, "no limit uses the baseline", "field baseline"),
    (f"{BUNDLE}/weight", -1, "number from 0", "field weight"),
    (f"{BUNDLE}/weight", "1", "number from 0", "field weight"),
    (f"{BUNDLE}/weight", 0, "the weights of the gate sum to 0", "stagegate_gates.build"),
    (f"{BUNDLE}/waivable", "yes", "must be true or false", "field waivable"),
    (f"{BUNDLE}/limits", {"failed": 1}, "limits needs every", "field limits"),
    (f"{BUNDLE}/min_coverage", "95 pct", "min_coverage needs sampled_every", "field min_coverage"),
    (f"{BUNDLE}/sampled_every", "5 s", "sampled_every needs min_coverage", "field sampled_every"),
    (f"{BUNDLE}/pas", "== 0 B", "did you mean 'pass'", "stagegate_gates.build.criteria[0]"),
    (f"{BUNDLE}/sli", "bundle.sise", "did you mean 'bundle.size'", "field sli, column 1"),
    (f"{BUNDLE}/sli", "bundle.size{encodng=gzip}", "did you mean 'encoding'", "field sli, column 13"),
    (f"{BUNDLE}/agg", "maximum", "unknown aggregation", "field agg"),
    (f"{BUNDLE}/each", "container", "has no label 'container'", "field each"),
    (f"{BUNDLE}/each", "set", "fixed by the expression", "field each"),
    (f"{BUNDLE}/expect", ["gzip"], "expect needs each", "field expect"),
    (f"{BUNDLE}/key", "yes", "must be true or false", "field key"),
    (f"{BUNDLE}/min_samples", 0, "whole number of at least 1", "field min_samples"),
    (f"{BUNDLE}/max_age", "14 kB", "must be a quantity of time", "field max_age"),
    (f"{BUNDLE}/max_age", "0 d", "must be more than 0", "field max_age"),
    (f"{BUNDLE}/confidence", "95 pct", "only fits a ratio of counts", "field confidence"),
    (f"{BUNDLE}/covers", ["bundle"], "is no point of the plan", "field covers"),
    (f"{BUNDLE}/phase", "biuld", "unknown phase", ""),
    (f"{BUNDLE}/id", "bundle", "is no id", "stagegate_gates.build.criteria[0]"),
    ("gates/build/criteria/1/id", "build.bundle", "the id build.bundle stands twice", "stagegate_gates.build"),
    ("gates/soak/criteria/0/agg", "slope", "pct is ratio", "(soak.cpu), field pass"),
    (
        "gates/soak/criteria/0",
        {"id": "soak.cpu", "sli": "host.cpu", "agg": "slope", "pass": "< 5 pct/h"},
        "a slope needs min_duration",
        "(soak.cpu)",
    ),
    ("gates/soak/criteria/0/agg", "rate", "rate needs a counter", "field agg"),
    ("gates/soak/criteria/0/sli", "http.requests", "means nothing for a counter", "field agg"),
    ("matrix/go/0/needs", ["build.bundel"], "did you mean 'build.bundle'", "stagegate_decision.go[0] (go.build), field needs"),
    ("matrix/go/0/needs", ["gate:biuld"], "did you mean 'build'", "field needs"),
    ("matrix/go/0/needs", [], "rests on nothing", "(go.build)"),
    ("matrix/go/0/when", {}, "unknown key 'when'", "stagegate_decision.go[0]"),
    ("matrix/hold/0/unless", ["soak.cpus"], "did you mean 'soak.cpu'", "field unless"),
    ("matrix/hold/0/when", {"sli": "host.cpu", "is": "> 90 pct"}, "phase is missing", "field when"),
    ("matrix/hold/0/when", {"sli": "host.cpu", "phase": "soak"}, "is is missing", "field when"),
    ("matrix/hold/0/id", "go.build", "stands twice", "stagegate_decision"),
    ("matrix/hold", [], "hold is missing", "stagegate_decision"),
]


CPU = {"id": "soak.cpu", "sli": "host.cpu", "pass": "< 70 pct"}
STEADY = {**CPU, "pass": "< 70 pct for 5 min"}
TOGETHER = [
    ({**STEADY, "agg": "max"}, "needs one gauge and agg last", "(soak.cpu)"),
    ({**STEADY, "every": "1 h"}, "cannot be judged in windows", "(soak.cpu)"),
    ({"id": "soak.x", "sli": "http.errors", "pass": "== 0 count for 5 min"}, "needs one gauge", "(soak.x)"),
    ({"id": "soak.x", "sli": "tests.passed / tests.run", "pass": "> 90 pct for 5 min"}, "needs one gauge", "(soak.x)"),
    ({**CPU, "warn": "> 60 pct for 5 min", "agg": "p(95)"}, "needs one gauge and agg last", "(soak.cpu)"),
    ({**CPU, "pass": "< 70 pct for 0 s"}, "must be more than 0", "field pass"),
    ({**CPU, "pass": "<= baseline * 1.1", "baseline": {"on_none": "absolute_only"}}, "needs an absolute limit", "field baseline"),
    (
        {**CPU, "pass": [["< 70 pct"], ["<= baseline"]], "baseline": {"on_none": "absolute_only"}},
        "needs an absolute limit",
        "field baseline",
    ),
    ({**CPU, "pass": "<= baseline", "baseline": {"on_none": "pass"}}, "on_none cannot be 'pass'", "field baseline"),
    ({**CPU, "pass": "<= baseline", "baseline": {"from": "last"}}, "from cannot be 'last'", "field baseline"),
    ({**CPU, "pass": "<= baseline", "baseline": {"form": "last_verified"}}, "did you mean 'from'", "field baseline"),
    ({**CPU, "every": "2 h", "limits": {"fialed": 1}}, "did you mean 'failed'", "field limits"),
    ({**CPU, "every": "2 h", "limits": {"failed": -1}}, "whole number of at least 0", "field limits"),
    ({**CPU, "every": "2 h", "limits": {"failed": 2, "consecutive": 3}}, "contradicts failed: 2", "field limits"),
    ({**CPU, "every": "2 h", "limits": {"failed": 2, "consecutive": 0}}, "contradicts failed: 2", "field limits"),
    ({**CPU, "every": "2 h", "warmup": "2 h"}, "not shorter than a window", "field warmup"),
    ({**CPU, "every": "2 h", "min_duration": "1 h"}, "shorter than a window", "field min_duration"),
    ({**CPU, "every": "5 s", "sampled_every": "10 s", "min_coverage": "95 pct"}, "would hold no sample", "field every"),
    ({**CPU, "sampled_every": "10 s", "min_coverage": "101 pct"}, "more than 100 pct", "field min_coverage"),
    ({**CPU, "sampled_every": "10 s", "min_coverage": "95 pct", "max_gap": "5 s"}, "max_gap is shorter", "field max_gap"),
    ({**CPU, "agg": "share(> baseline)", "pass": "< 5 pct"}, "a number is missing", "field agg, column 9"),
    ({"id": "soak.x", "sli": "http.errors", "agg": "share(> 1 count)", "pass": "< 5 pct"}, "means nothing for a counter", "field agg"),
    (
        {"id": "soak.x", "sli": "tests.passed / tests.run", "agg": "share(> 1 count)", "pass": "< 5 pct"},
        "of a ratio means nothing",
        "field agg",
    ),
]


@pytest.mark.parametrize(("given", "says", "where"), TOGETHER, ids=[f"{says}-{number}" for number, (_c, says, _w) in enumerate(TOGETHER)])
def test_fields_that_cannot_be_meant_together_are_refused(given: dict[str, Any], says: str, where: str) -> None:
    with pytest.raises(InputError) as caught:
        policy.read_policy({"soak": {"criteria": [given]}})
    assert says in str(caught.value)
    assert where in caught.value.where


def test_a_single_criterion_may_weigh_nothing_when_another_one_does() -> None:
    read = policy.read_policy({"soak": {"criteria": [{**CPU, "weight": 0}, {**CPU, "id": "soak.b", "weight": 0.5}]}})
    assert [item.weight for item in read.gate("soak").criteria] == [0.0, 0.5]


def test_a_gate_in_which_only_observers_weigh_something_is_refused() -> None:
    with pytest.raises(InputError, match="weights of the gate sum to 0"):
        policy.read_policy({"soak": {"criteria": [{**CPU, "weight": 0}, {**CPU, "id": "soak.b", "observe": True}]}})


@pytest.mark.parametrize("limit", ["> baseline", "> 90 pct for 5 min"])
def test_a_condition_of_the_matrix_is_a_plain_limit(limit: str) -> None:
    with pytest.raises(InputError, match="plain limit"):
        policy.read_policy(*changed("matrix/hold/0/when", {"sli": "host.cpu", "phase": "soak", "is": limit}))


def test_the_new_fields_are_read() -> None:
    given = {
        **CPU,
        "pass": [["265-465 pct"], ["< 70 pct", "<= baseline + 5 pct"]],
        "alert": "> 80 pct for 5 min",
        "baseline": {"from": "last_verified"},
        "warmup": "15 min",
        "every": "2 h",
        "limits": {"failed": 2, "error": 1},
        "sampled_every": "5 s",
        "min_coverage": "95 pct",
        "max_gap": "5 min",
        "weight": 2,
        "waivable": True,
    }
    read = policy.read_policy({"soak": {"criteria": [given]}}).gate("soak").criteria[0]
    assert read.limit_text == ">= 265 pct and <= 465 pct or < 70 pct and <= baseline + 5 pct"
    assert (read.unit, read.baseline, read.warmup, read.every, read.min_coverage, read.max_gap) == (
        "pct",
        "inconclusive",
        900,
        7200,
        0.95,
        300,
    )
    assert read.tolerance.as_dict() == {"failed": 2, "consecutive": 2, "inconclusive": 0, "error": 1}
    assert read.alert is not None and (str(read.alert), read.alert.bound) == ("> 80 pct for 5 min", 0.8)
    assert read.alert.steady is not None and read.alert.steady.first == 300


@pytest.mark.parametrize(
    ("path", "value", "says", "where"), MISTAKES, ids=[f"{path}={value!r}"[:60] for path, value, _says, _where in MISTAKES]
)
def test_a_mistake_is_refused_with_its_position(path: str, value: Any, says: str, where: str) -> None:
    with pytest.raises(InputError) as caught:
        policy.read_policy(*changed(path, value))
    assert says in str(caught.value)
    assert where in caught.value.where


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
PLACES = [
    *sorted({path for path, _value, _says, _where in MISTAKES}),
    "gates/build",
    "gates/build/title",
    "matrix/go",
    "matrix/go/0",
]


@hypothesis.settings(max_examples=300)
@hypothesis.given(st.sampled_from(PLACES), JSON.filter(lambda value: value is not None))
def test_nothing_that_stands_anywhere_makes_another_failure_than_an_input_error(path: str, value: Any) -> None:
    try:
        read = policy.read_policy(*changed(path, value))
    except InputError:
        return
    assert all(not all(item.observe for item in gate.criteria) for gate in read.gates.values())


def test_a_policy_without_gates_is_refused() -> None:
    for nothing in ({}, None, [], "build"):
        with pytest.raises(InputError, match="no gates"):
            policy.read_policy(nothing)


def test_the_page_about_criteria_names_every_field_unit_and_reason() -> None:
    page = (Path(__file__).resolve().parents[4] / "docs/criteria.md").read_text()
    words = [*criterion.KEYS, *outcome.REASONS, *(unit for unit in units.known_units())]
    assert [word for word in words if f"`{word}`" not in page] == []
    assert [name for name in ("first", "min", "mean", "slope", "rate", "share(> 80 pct)") if f"`{name}`" not in page] == []


def test_the_tables_show_every_criterion_and_row() -> None:
    read = policy.read_policy(GATES, MATRIX)
    assert "| build | **build.bundle** | `bundle.size{set=all}` | >= 265 kB and <= 465 kB | BLD-03 |" in tables.policy_table(read)
    assert "| soak | soak.cpu | `p(95) of host.cpu` | < 70 pct, warns at > 60 pct | SOAK-02 |" in tables.policy_table(read)
    assert "| hold.cpu | hold.cpu | `soak.cpu`, `host.cpu` > 90 pct |  |" in tables.matrix_table(read)


def test_points_without_a_criterion_are_named() -> None:
    read = policy.read_policy(GATES, MATRIX)
    plan = {"build": {"BLD-03": {}, "BLD-04": {}}, "soak": {"SOAK-02": {}}, "decision": {"GO-01": {}}}
    assert tables.uncovered_points(plan, read) == ["BLD-04"]
    with pytest.raises(InputError, match="'GO-01', which is no point of the plan"):
        tables.uncovered_points({"build": {"BLD-03": {}, "SOAK-02": {}}}, read)
