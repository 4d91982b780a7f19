# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters over outcomes and policies, and the tests `go` and `hold`."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.proofile.stagegate.plugins.filter.judgement import FilterModule
from ansible_collections.proofile.stagegate.plugins.test.verdicts import TestModule as Verdicts

FILTERS = FilterModule().filters()
GATES = {"build": {"criteria": [{"id": "build.warnings", "sli": "build.warnings", "pass": "== 0 count", "covers": ["BLD-02"]}]}}


def test_a_number_is_converted() -> None:
    assert FILTERS["to_unit"](300123, "B", "kB") == 300.123


def test_a_percentile_and_a_ratio_are_taken() -> None:
    assert FILTERS["percentile"]([1, 2, 3, 4], 50) == 2.5
    assert FILTERS["ratio"](190, 200) == 0.95


def test_series_are_summed_up_in_any_order() -> None:
    counter = [[60, 160], [0, 100], [120, 40]]
    assert FILTERS["rate"](counter) == pytest.approx(100 / 120)
    assert FILTERS["gap"](counter) == 60
    assert FILTERS["coverage"](counter, 60) == 1
    assert FILTERS["coverage"]([[0, 1], [10, 1], [40, 1]], 10) == pytest.approx(3 / 5)
    assert FILTERS["slope_per_hour"]([[at * 600, 100 + at] for at in range(13)]) == pytest.approx(6, rel=0.01)


@pytest.mark.parametrize(("name", "arguments"), [("rate", ()), ("slope_per_hour", ()), ("gap", ()), ("coverage", (5,))])
@pytest.mark.parametrize("points", [[], [[0, 1]]])
def test_too_few_points_are_no_number(name: str, arguments: tuple[Any, ...], points: Any) -> None:
    assert FILTERS[name](points, *arguments) is None


def test_a_ratio_to_nothing_is_no_number() -> None:
    assert FILTERS["ratio"](0, 0) is None


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("to_unit", ("300", "B", "kB")),
        ("to_unit", (300, "B", "KB")),
        ("percentile", ([], 95)),
        ("percentile", (["1"], 95)),
        ("percentile", ("12", 95)),
        ("ratio", (True, 2)),
        ("rate", ("12",)),
        ("rate", ([1, 2],)),
        ("gap", ([["0", 1]],)),
        ("gap", ([[0, float("nan")]],)),
        ("slope_per_hour", ([[0, 1, 2]],)),
        ("coverage", ([[0, 1], [1, 1]], 0)),
        ("verdict_table", ("GO",)),
        ("decision_table", ({},)),
        ("policy_table", ({},)),
        ("uncovered_points", ([], GATES)),
        ("criterion_outcome", ("x", {})),
        ("criterion_outcome", ([{"sli": "build.warnings"}], GATES["build"]["criteria"][0])),
    ],
)
def test_what_cannot_be_used_is_an_error_of_ansible(name: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(AnsibleFilterError, match=name):
        FILTERS[name](*arguments)


@pytest.mark.parametrize(("found", "status"), [(0, "PASS"), (1, "FAIL"), (None, "INCONCLUSIVE")])
def test_measurements_are_judged_without_a_ledger(found: Any, status: str) -> None:
    measurements = [] if found is None else [{"sli": "build.warnings", "unit": "count", "value": found}]
    outcome = FILTERS["criterion_outcome"](measurements, GATES["build"]["criteria"][0])
    assert outcome["status"] == status
    assert outcome["id"] in FILTERS["verdict_table"]({"outcomes": [outcome]})


def test_a_policy_is_shown_and_held_against_a_plan() -> None:
    assert "| build | build.warnings | `build.warnings` | == 0 | BLD-02 |" in FILTERS["policy_table"](GATES)
    assert FILTERS["uncovered_points"]({"build": {"BLD-01": "", "BLD-02": ""}}, GATES) == ["BLD-01"]


@pytest.mark.parametrize("value", ["GO", {"verdict": "GO"}, {"decision": "GO", "go": []}])
def test_go_is_go(value: Any) -> None:
    assert Verdicts().tests()["go"](value) is True
    assert Verdicts().tests()["hold"](value) is False


@pytest.mark.parametrize("value", ["HOLD", "NO-GO", {"verdict": "FAIL"}, {"verdict": "ERROR"}, {"decision": "NO-GO"}])
def test_everything_else_is_hold(value: Any) -> None:
    assert Verdicts().tests()["go"](value) is False
    assert Verdicts().tests()["hold"](value) is True


@pytest.mark.parametrize("value", [None, True, "", "go", {}, {"verdict": None}, ["GO"]])
def test_what_holds_no_verdict_is_neither(value: Any) -> None:
    for test in Verdicts().tests().values():
        with pytest.raises(AnsibleFilterError, match="holds no verdict"):
            test(value)
