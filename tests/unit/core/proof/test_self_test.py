# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The self-test of a policy: it finds what cannot fail and what cannot pass, and a judge that lets something through."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.criterion import read_criterion
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.judge import judge
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.limit import parse_alternatives
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.outcome import FAIL, INCONCLUSIVE, PASS
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.policy import read_policy
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.timing import Tolerance
from ansible_collections.proofile.stagegate.plugins.module_utils.core.proof.self_test import self_test, self_test_lines, try_criterion
from ansible_collections.proofile.stagegate.plugins.module_utils.core.proof.self_test_trial import Trial

CASES = Path(__file__).parents[3] / "fixtures/self_test"
SOUND: dict[str, dict[str, Any]] = yaml.safe_load((CASES / "sound.yml").read_text())
UNSOUND: dict[str, dict[str, Any]] = yaml.safe_load((CASES / "unsound.yml").read_text())


def tried(given: dict[str, Any], by: Any = judge) -> Any:
    return try_criterion(Trial(read_criterion({"id": "soak.tried", **given}, "soak", "criterion"), by))


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_criterion_flips_at_each_of_its_limits(name: str) -> None:
    found = tried(SOUND[name])
    assert list(found.problems) == []
    assert found.known is not None
    for twins in found.twins:
        assert found.trial.outcome(twins.passes, twins.baseline).status != FAIL
        assert found.trial.outcome(twins.fails, twins.baseline).status == FAIL


@pytest.mark.parametrize("name", UNSOUND)
def test_what_cannot_fail_or_cannot_pass_is_named_with_its_limit_and_why(name: str) -> None:
    case = UNSOUND[name]
    problems = tried(case["criterion"]).problems
    assert [(problem.id, problem.limit) for problem in problems] == [("soak.tried", case["limit"])]
    assert case["why"] in problems[0].why


@pytest.mark.parametrize(
    ("name", "passes", "fails"),
    [
        ("a count", "19", "20"),
        ("a range", "265 kB", "264.99999999999994 kB"),
        ("a fraction of a count", "0.29999999999999993", "0.3"),
        ("a ratio", "4.99 pct", "5 pct"),
        ("a baseline of a ratio", "39 pct", "38.99 pct"),
        ("the sum of several", "2", "3"),
    ],
)
def test_the_twins_lie_as_close_as_numbers_can(name: str, passes: str, fails: str) -> None:
    found = tried(SOUND[name])
    twins = found.twins[0]
    told = [found.trial.told(value, twins.baseline) for value in (twins.passes, twins.fails)]
    assert told == [passes, fails]


def test_the_twins_of_a_slope_lie_within_its_arithmetic() -> None:
    found = tried(SOUND["a slope"])
    values = [found.trial.outcome(value, None).value for value in (found.twins[0].passes, found.twins[0].fails)]
    assert values == pytest.approx([5, 5], rel=1e-9)
    assert values[0] <= 5 < values[1]


@given(bound=st.integers(1, 10**6), sign=st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
def test_every_limit_of_a_count_flips_one_step_from_itself(bound: int, sign: str) -> None:
    found = tried({"sli": "postgres.active", "pass": f"{sign} {bound} count"})
    assert not found.problems
    assert abs(found.twins[0].passes - found.twins[0].fails) == 1


@given(bound=st.floats(1e-3, 1e9), sign=st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
def test_every_limit_of_a_time_flips_at_its_last_digits(bound: float, sign: str) -> None:
    found = tried({"sli": "page.load", "pass": f"{sign} {bound:.6f} s"})
    assert not found.problems
    assert abs(found.twins[0].passes - found.twins[0].fails) <= 1e-12 * bound


# A judge that lets something through, and criteria by which it has to be found out.
REASONS = {
    "no_data": ["a count", "a ratio", "each expected"],
    "stale": ["age"],
    "short": ["a rate", "a gauge to a counter", "steady", "windows"],
    "gap": ["density", "steady", "windows"],
    "no_baseline": ["a baseline", "a baseline and more", "a baseline of a ratio"],
    "not_finite": ["a rate", "density", "windows", "a slope"],
    "low_power": ["a confidence", "a confidence from below", "a warning", "a slope"],
}


@pytest.mark.parametrize(("reason", "name"), [(reason, name) for reason, names in REASONS.items() for name in names])
def test_a_judge_that_lets_the_unknown_pass_is_found_out(reason: str, name: str) -> None:
    def lenient(*given: Any) -> Any:
        outcome = judge(*given)
        return replace(outcome, status=PASS) if (outcome.status, outcome.reason) == (INCONCLUSIVE, reason) else outcome

    assert tried(SOUND[name], lenient).problems


FORGOTTEN: list[tuple[str, str, Any]] = [
    ("a ratio to a whole", "min_samples", 1),
    ("a baseline", "min_samples", 1),
    ("a rate", "min_duration", 0.0),
    ("a gauge to a counter", "min_duration", 0.0),
    ("age", "max_age", 0.0),
    ("windows", "warmup", 0.0),
    ("windows of a counter", "warmup", 0.0),
    ("windows", "every", 0.0),
    ("windows of a ratio", "every", 0.0),
    ("windows", "sampled_every", 0.0),
    ("windows", "min_coverage", 0.0),
    ("density", "min_coverage", 0.0),
    ("density", "max_gap", 0.0),
    ("a confidence", "confidence", 0.0),
    ("a confidence from below", "confidence", 0.0),
    ("each expected", "expect", ()),
    ("a warning", "warnings", ()),
    ("a growth towards a ceiling", "reaches", ()),
    ("a growth towards a recorded ceiling", "reaches", ()),
    ("a slope", "min_cycles", 0),
    ("the greatest of several", "across", "min"),
    ("the greatest of several", "across", ""),
    ("the sum of several", "across", "max"),
    ("a ratio of sums", "across", ""),
    ("a baseline or nothing", "baseline", "inconclusive"),
    ("windows", "tolerance", Tolerance()),
    ("windows", "tolerance", Tolerance(3, 1, 1, 0)),
    ("windows", "tolerance", Tolerance(2, 2, 1, 0)),
    ("windows", "tolerance", Tolerance(2, 1, 2, 0)),
    ("windows of a ratio", "tolerance", Tolerance(3, 2, 0, 2)),
    ("windows of a ratio", "tolerance", Tolerance(3, 2, 0, 0)),
]


@pytest.mark.parametrize(("name", "field", "neutral"), FORGOTTEN)
def test_a_judge_that_forgets_a_part_of_the_criterion_is_found_out(name: str, field: str, neutral: Any) -> None:
    def forgetful(criterion: Any, *given: Any) -> Any:
        return judge(replace(criterion, **{field: neutral}), *given)

    assert tried(SOUND[name], forgetful).problems


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("a count", "<= 20 count"),
        ("a count", "< 21 count"),
        ("a count", "> 20 count"),
        ("a range", ">= 265 kB"),
        ("a range", "265.001-465 kB"),
        ("any of", "< 10 count"),
        ("steady", "< 70 pct"),
        ("steady", "< 70 pct for 4 min"),
        ("steady", "< 70 pct for 6 min"),
        ("a baseline", "<= baseline * 1.11"),
        ("a baseline or nothing", "<= 500 ms"),
    ],
)
def test_a_judge_that_reads_another_limit_is_found_out(name: str, instead: str) -> None:
    def wrong(criterion: Any, *given: Any) -> Any:
        other = parse_alternatives(instead, criterion.dimension, "limit")
        return judge(replace(criterion, alternatives=other), *given)

    assert tried(SOUND[name], wrong).problems


@pytest.mark.parametrize("status", ["PASS", "FAIL", "WARN", "INCONCLUSIVE", "ERROR", "WAIVED"])
def test_a_judge_that_always_says_the_same_is_found_out(status: str) -> None:
    assert tried(SOUND["a count"], lambda *given: replace(judge(*given), status=status)).problems


GATES: dict[str, Any] = {
    "smoke": {
        "criteria": [
            {"id": "smoke.login", "sli": "journey.failed{journey=login}", "pass": "== 0 count", "key": True},
            {"id": "smoke.pages", "sli": "browser.pages", "pass": ">= 4 count", "observe": True},
        ]
    }
}


def matrix(condition: str) -> dict[str, Any]:
    when = {"sli": "qa.points_passed / qa.points_total", "phase": "manual_qa", "is": condition}
    return {"go": [{"id": "go.smoke", "needs": ["gate:smoke"]}], "hold": [{"id": "hold.qa", "when": when, "unless": ["smoke.login"]}]}


class TestAPolicy:
    """Gates and the matrix."""

    def test_a_sound_policy_has_no_problem_and_says_how_much_was_tried(self) -> None:
        result = self_test(read_policy(GATES, matrix("< 90 pct")))
        assert (result["criteria"], result["problems"]) == (3, [])
        assert [item["id"] for item in result["tried"]] == ["smoke.login", "smoke.pages", "hold.qa"]
        assert result["asked"] > 20
        assert self_test_lines(result)[-1].endswith("each one can fail, and can pass")

    @pytest.mark.parametrize(("condition", "why"), [("< 0 pct", "it cannot pass"), (">= 0 pct", "it cannot fail")])
    def test_a_condition_of_the_matrix_that_cannot_flip_is_a_problem(self, condition: str, why: str) -> None:
        (problem,) = self_test(read_policy(GATES, matrix(condition)))["problems"]
        assert problem["id"] == "hold.qa"
        assert why in problem["why"]

    def test_the_report_names_criterion_limit_and_why(self) -> None:
        gates = {"smoke": {"criteria": [{"id": "smoke.pages", "sli": "browser.pages", "pass": ">= 0 count"}]}}
        lines = self_test_lines(self_test(read_policy(gates)))
        assert lines[0].startswith("X smoke.pages (>= 0): it cannot fail: browser.pages comes to whole numbers from 0 on")
        assert lines[-1].endswith("1 are wrong")

    def test_the_long_report_shows_where_each_limit_flips(self) -> None:
        lines = self_test_lines(self_test(read_policy(GATES)), every=True)
        assert any("smoke.pages" in line and "passes at 4, fails at 3" in line for line in lines)
