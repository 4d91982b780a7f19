# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the policy refuses, and where it says the mistake stands."""

from __future__ import annotations

import copy
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core import policy, tables
from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError

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
    (f"{BUNDLE}/pass", "<= baseline * 1.10", "is no quantity", "(build.bundle), field pass"),
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
    assert all(not all(criterion.observe for criterion in gate.criteria) for gate in read.gates.values())


def test_a_policy_without_gates_is_refused() -> None:
    for nothing in ({}, None, [], "build"):
        with pytest.raises(InputError, match="no gates"):
            policy.read_policy(nothing)


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
