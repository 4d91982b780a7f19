# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From slo.yaml to a gate: what becomes of each word, what is refused, and that nothing gets through that Keptn would stop."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.imports.import_keptn import import_keptn
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.policy import read_policy
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.verdict import gate_verdict, judge_gate

UNITS = {"p95": "ms", "errors": "pct"}


def objective(*criteria: str, **more: Any) -> dict[str, Any]:
    """An objective about p95 with one set of criteria."""
    return {"sli": "p95", **({"pass": [{"criteria": list(criteria)}]} if criteria else {}), **more}


def slo(*objectives: Any, **more: Any) -> dict[str, Any]:
    return {"spec_version": "1.0", "objectives": list(objectives), "total_score": {"pass": "90%", "warning": "75%"}, **more}


def criterion(*criteria: str, **more: Any) -> dict[str, Any]:
    """The criterion that one objective becomes."""
    (found,) = import_keptn(slo(objective(*criteria, **more)), "validate", {"p95": "ms"}).gate["criteria"]
    return found


def refused(document: Any, units: Any = None, **more: Any) -> str:
    with pytest.raises(InputError) as error:
        import_keptn(document, "validate", {"p95": "ms"} if units is None else units, **more)
    return str(error.value)


def about(document: Any, units: Any = None, **more: Any) -> dict[str, tuple[str, ...]]:
    """The notes: what each is about, and the criteria that it names."""
    notes = import_keptn(document, "validate", {"p95": "ms"} if units is None else units, **more).notes
    return {note.about: note.criteria for note in notes}


class TestOneCriterion:
    """Each form of Keptn's criteria becomes a limit of ours."""

    @pytest.mark.parametrize(
        ("keptn", "ours"),
        [
            ("<600", "< 600 ms"),
            (" < 600 ", "< 600 ms"),
            ("<=.5", "<= 0.5 ms"),
            (">=5.", ">= 5 ms"),
            ("=0", "== 0 ms"),
            ("<0.10", "< 0.10 ms"),
            ("<=+10%", "<= baseline * 1.10"),
            ("<=10%", "<= baseline * 1.10"),
            (">=-8%", ">= baseline * 0.92"),
            ("<=+0.5%", "<= baseline * 1.005"),
            ("<=+100%", "<= baseline * 2.00"),
            ("<+5", "< baseline + 5 ms"),
            (">-2.5", "> baseline - 2.5 ms"),
        ],
    )
    def test_a_criterion_becomes_a_limit(self, keptn: str, ours: str) -> None:
        assert criterion(keptn)["pass"] == ours

    @pytest.mark.parametrize(
        ("keptn", "column"),
        [("600", 1), ("!=3", 1), ("<", 2), ("<+-5", 3), ("<1e3", 3), ("<600ms", 5), ("< 6 0", 5), ("<=+10%%", 7), ("<nan", 2), ("<<5", 2)],
    )
    def test_what_keptn_does_not_know_is_refused_with_its_column(self, keptn: str, column: int) -> None:
        message = refused(slo(objective(keptn)))
        assert f"objectives[0] (p95), field pass[0], field criteria[0], column {column} of" in message

    @pytest.mark.parametrize("keptn", ["<=-100%", "<-250%"])
    def test_a_share_of_nothing_or_less_is_refused(self, keptn: str) -> None:
        assert "0 % of the earlier value" in refused(slo(objective(keptn)))

    def test_a_number_that_no_limit_can_hold_is_refused(self) -> None:
        assert "is no number" in refused(slo(objective("<" + "9" * 16)))


class TestAnObjective:
    """Lists, marks and names of an objective."""

    def test_one_list_is_all_of_and_several_are_any_of(self) -> None:
        assert criterion("<600", "<=+10%")["pass"] == ["< 600 ms", "<= baseline * 1.10"]
        sets = {"pass": [{"criteria": ["<600"]}, {"criteria": ["<=+10%", ">1"]}]}
        assert criterion(**sets)["pass"] == [["< 600 ms"], ["<= baseline * 1.10", "> 1 ms"]]

    def test_a_relative_limit_says_what_happens_without_a_baseline(self) -> None:
        assert criterion("<=+10%")["baseline"] == {"from": "last_verified", "on_none": "inconclusive"}
        assert "baseline" not in criterion("<600")

    def test_name_title_weight_and_key_are_kept(self) -> None:
        found = criterion("<600", displayName="Response time P95", weight=2, key_sli=True)
        assert found == {
            "id": "validate.p95",
            "title": "Response time P95",
            "sli": "reported.time{name=p95}",
            "pass": "< 600 ms",
            "weight": 2,
            "key": True,
        }

    @pytest.mark.parametrize(
        ("unit", "sli"),
        [
            ("count", "count"),
            ("pct", "ratio"),
            ("ratio", "ratio"),
            ("kB", "bytes"),
            ("us", "time"),
            ("1", "number"),
            (1, "number"),
            ("per_s", "rate"),
        ],
    )
    def test_the_unit_says_which_reported_sli_it_is(self, unit: Any, sli: str) -> None:
        imported = import_keptn(slo(objective("<600")), "validate", {"p95": unit})
        assert imported.gate["criteria"][0]["sli"] == f"reported.{sli}{{name=p95}}"
        assert imported.wanted[0]._asdict() == {
            "criterion": "validate.p95",
            "sli": f"reported.{sli}",
            "labels": {"name": "p95"},
            "unit": str(unit),
            "select": "p95",
        }

    def test_a_name_with_blanks_becomes_a_quoted_label(self) -> None:
        document = slo({**objective("<600"), "sli": "Response Time, P95 (ms)"})
        (found,) = import_keptn(document, "validate", {"Response Time, P95 (ms)": "ms"}).gate["criteria"]
        assert (found["id"], found["sli"]) == ("validate.response_time_p95_ms", 'reported.time{name="Response Time, P95 (ms)"}')

    def test_two_names_never_share_an_id(self) -> None:
        document = slo({**objective("<6"), "sli": "a-b"}, {**objective("<6"), "sli": "a b"})
        found = import_keptn(document, "validate", {"a-b": "ms", "a b": "ms"}).gate["criteria"]
        assert [item["id"] for item in found] == ["validate.a_b", "validate.a_b_2"]

    def test_between_pass_and_warning_ours_fails_or_warns_as_it_is_told(self) -> None:
        document = slo(objective("<600", "<=+10%", warning=[{"criteria": ["<=800"]}]))
        (hold,) = import_keptn(document, "validate", {"p95": "ms"}).gate["criteria"]
        assert (hold["pass"], "warn" in hold) == (["< 600 ms", "<= baseline * 1.10"], False)
        (warn,) = import_keptn(document, "validate", {"p95": "ms"}, "warn").gate["criteria"]
        assert warn["pass"] == [["< 600 ms", "<= baseline * 1.10"], ["<= 800 ms"]]
        assert warn["warn"] == [">= 600 ms", "> baseline * 1.10"]

    def test_what_lies_outside_of_several_sets_lies_outside_of_each(self) -> None:
        document = slo({"sli": "p95", "pass": [{"criteria": ["<6", ">1"]}, {"criteria": ["=9"]}], "warning": [{"criteria": ["<99"]}]})
        (found,) = import_keptn(document, "validate", {"p95": "ms"}, "warn").gate["criteria"]
        assert found["warn"] == [[">= 6 ms", "!= 9 ms"], ["<= 1 ms", "!= 9 ms"]]

    def test_too_many_sets_to_turn_round_are_refused_and_not_cut(self) -> None:
        sets = [{"criteria": [f"<{number}", f">{number}"]} for number in range(4)]
        document = slo({"sli": "p95", "pass": sets, "warning": [{"criteria": ["<99"]}]})
        assert "too many" in refused(document, warning_means="warn")
        assert import_keptn(document, "validate", {"p95": "ms"})


class TestTheWholeFile:
    """What stands beside the objectives."""

    @pytest.mark.parametrize("version", ["0.1", "0.1.0", "0.1.1", "1.0", "1.0.0", 0.1, 1.0])
    def test_both_versions_are_read(self, version: Any) -> None:
        assert import_keptn(slo(objective("<600"), spec_version=version), "validate", {"p95": "ms"})

    @pytest.mark.parametrize("version", ["0.2", "2.0", 1, "1", "latest", True])
    def test_another_version_is_refused(self, version: Any) -> None:
        assert "spec_version" in refused(slo(objective("<600"), spec_version=version))

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"objectives": []}, "objectives is missing"),
            ({"objectives": {"sli": "p95"}}, "objectives must be a list"),
            ({"objectives": ["p95"]}, "a mapping is expected here"),
            ({"objective": []}, "did you mean 'objectives'?"),
            ({"filter": "service"}, "filter must be a mapping"),
            ({"comparison": []}, "a mapping is expected here"),
            ({"comparison": {"compare_with": "several"}}, "did you mean 'several_results'?"),
            ({"comparison": {"include_result_with_score": "passed"}}, "did you mean 'pass'?"),
            ({"comparison": {"aggregate_function": "p99"}}, "Keptn would compare with 0"),
            ({"comparison": {"number_of_comparison_results": 0}}, "at least 1"),
            ({"total_score": {"pass": "ninety"}}, "'ninety' is no score"),
            ({"total_score": {"pass": "101%"}}, "'101%' is no score"),
            ({"total_score": {"pass": "nan%"}}, "'nan%' is no score"),
            ({"total_score": {"pass": True}}, "'True' is no score"),
            ({"total_score": {"warning": "75%"}}, "pass is missing"),
            ({"total_score": {"pass": "90%", "fail": "1%"}}, "unknown key 'fail'"),
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, change: Any, message: str) -> None:
        assert message in refused(slo(objective("<600"), **change))

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"sli": None}, "sli is missing"),
            ({"sli": ["p95"]}, "a name is a text"),
            ({"sli": "{{ lookup('pipe', 'id') }}"}, "cannot be a label"),
            ({"sli": "p95\x1b[2J"}, "cannot be a label"),
            ({"sli": "p" * 121}, "at most 120 characters"),
            ({"displayName": "{{ lookup('pipe', 'id') }}"}, "a text looks like a template"),
            ({"displayName": "{% raw %}"}, "a text looks like a template"),
            ({"displayName": "{#"}, "a text looks like a template"),
            ({"key_sli": "yes"}, "key_sli must be true or false"),
            ({"weight": -1}, "weight must be a whole number"),
            ({"weight": True}, "weight must be a whole number"),
            ({"weight": 0.5}, "weight must be a whole number"),
            ({"weigth": 2}, "did you mean 'weight'?"),
            ({"pass": "<600"}, "pass must be a list"),
            ({"pass": ["<600"]}, "a mapping is expected here"),
            ({"pass": [{"criteria": "<600"}]}, "criteria must be a list of texts"),
            ({"pass": [{"criteria": [600]}]}, "criteria must be a list of texts"),
            ({"pass": [{"criteria": []}]}, "Keptn counts an empty set as met"),
            ({"pass": [{}]}, "Keptn counts an empty set as met"),
            ({"pass": [{"criterion": ["<600"]}]}, "did you mean 'criteria'?"),
            ({"pass": [{"criteria": ["<600"] * 11}]}, "one to 10 criteria"),
        ],
    )
    def test_an_objective_that_cannot_be_meant_is_refused_with_its_position(self, change: Any, message: str) -> None:
        said = refused(slo(objective("<1", sli="other"), {**objective("<600"), **change}), {"p95": "ms", "other": "ms"})
        assert message in said and "objectives[1]" in said

    def test_a_unit_is_asked_for_and_never_guessed(self) -> None:
        assert "the unit of 'p95' is not known" in refused(slo(objective("<600")), {})
        assert "unknown unit 'milliseconds'" in refused(slo(objective("<600")), {"p95": "milliseconds"})
        assert "cannot be reported in pct/h" in refused(slo(objective("<600")), {"p95": "pct/h"})
        assert "nothing is judged under that name" in refused(slo(objective("<600")), {"p95": "ms", "p59": "ms"})

    def test_an_sli_that_is_judged_twice_is_refused(self) -> None:
        assert "'p95' is judged twice" in refused(slo(objective("<600"), objective(">1")))

    def test_a_file_in_which_nothing_decides_is_refused(self) -> None:
        assert "every objective only informs" in refused(slo(objective()), {})
        assert "every objective only informs" in refused(slo(objective(warning=[{"criteria": ["<800"]}])))


class TestNotes:
    """Whatever is judged differently is said, and of which criterion."""

    def test_a_criterion_that_judges_as_keptn_does_still_says_what_missing_data_means(self) -> None:
        assert about(slo(objective("<600"))) == {"missing data": ("validate.p95",), "total score": ()}

    @pytest.mark.parametrize(
        ("document", "expected"),
        [
            (slo(objective("<=+10%")), {"no history": ("validate.p95",), "baseline": ("validate.p95",)}),
            (slo(objective("<600", weight=3)), {"weight": ("validate.p95",)}),
            (slo(objective("<600", weight=0)), {"weight": ("validate.p95",)}),
            (slo(objective("<600", warning=[{"criteria": ["<800"]}])), {"warning": ("validate.p95",)}),
            (slo(objective("<600"), {"sli": "calls"}), {"informational": ()}),
            (slo(objective("<600"), filter={"id": "1"}), {"filter": ()}),
        ],
    )
    def test_a_difference_is_noted_with_its_criterion(self, document: Any, expected: Any) -> None:
        assert about(document) == {"missing data": ("validate.p95",), "total score": (), **expected}

    def test_an_objective_with_a_warning_alone_is_observed_and_noted(self) -> None:
        document = slo(objective("<600"), {"sli": "errors", "warning": [{"criteria": ["<1"]}]})
        imported = import_keptn(document, "validate", UNITS)
        assert imported.gate["criteria"][1] == {
            "id": "validate.errors",
            "sli": "reported.ratio{name=errors}",
            "pass": "< 1 pct",
            "observe": True,
        }
        assert about(document, UNITS)["informational"] == ("validate.errors",)

    def test_the_comparison_is_told_in_words(self) -> None:
        comparison = {"compare_with": "several_results", "number_of_comparison_results": 3, "include_result_with_score": "pass_or_warn"}
        notes = import_keptn(slo(objective("<=+10%"), comparison=comparison), "validate", {"p95": "ms"}).notes
        assert any("the avg of the last 3 evaluations that passed or warned" in note.text for note in notes)

    def test_a_file_without_a_total_score_says_so(self) -> None:
        document = slo(objective("<600"))
        del document["total_score"]
        assert "no total_score" in import_keptn(document, "validate", {"p95": "ms"}).notes[-1].text


class TestTheText:
    """The policy file that is written."""

    def test_the_text_is_the_gate_and_the_notes_are_comments(self) -> None:
        document = slo(
            objective("<600", "<=+10%", key_sli=True, weight=2, displayName='P95: "slow" \\ # no: comment ü'),
            {"sli": "yes", "pass": [{"criteria": ["=0"]}]},
        )
        imported = import_keptn(document, "validate", {"p95": "ms", "yes": "count"})
        text = imported.as_text("slo.yaml")
        assert yaml.safe_load(text) == {"stagegate_gates": {"validate": imported.gate}}
        assert all(line.startswith("#") for line in text.split("stagegate_gates:")[0].strip().splitlines())
        assert "# - no history: " in text and "#     validate.p95" in text

    @given(st.text(min_size=1, max_size=60), st.text(max_size=60))
    def test_whatever_names_are_written_the_text_reads_back_or_the_file_is_refused(self, name: str, title: str) -> None:
        document = slo({"sli": name, "displayName": title, "pass": [{"criteria": ["<1"]}]})
        try:
            imported = import_keptn(document, "validate", {name: "ms"})
        except InputError:
            return
        text = imported.as_text(name)
        assert yaml.safe_load(text) == {"stagegate_gates": {"validate": imported.gate}}
        assert "{{" not in text and "{%" not in text and "{#" not in text


# --- the law: what ours lets through, Keptn would have let through ---------------------------------------------------------------


def met(limits: list[list[tuple[str, float]]], value: float) -> bool:
    """Keptn's any-of of all-of, for absolute limits."""
    signs = {"<": value.__lt__, "<=": value.__le__, "=": value.__eq__, ">=": value.__ge__, ">": value.__gt__}
    return any(all(signs[sign](float(bound)) for sign, bound in inner) for inner in limits)


def as_sets(limits: list[list[tuple[str, float]]]) -> list[dict[str, list[str]]]:
    """The same as slo.yaml writes it."""
    return [{"criteria": [f"{sign}{bound}" for sign, bound in inner]} for inner in limits]


def keptn_passes(objectives: list[dict[str, Any]], values: dict[str, float], target: int) -> bool:
    """The rules of its documents: points by weight, half of them for a warning, a key_sli that fails fails all."""
    best = sum(item["weight"] or 1 for item in objectives if item["pass"])
    points, key_failed = 0.0, False
    for item in objectives:
        value = values.get(item["sli"])
        if value is None or not item["pass"]:
            continue
        weight = item["weight"] or 1
        if met(item["pass"], value):
            points += weight
        elif met(item["warning"], value):
            points += weight / 2
        elif item["key_sli"]:
            key_failed = True
    return not best or (not key_failed and 100 * points / best >= target)


LIMIT = st.tuples(st.sampled_from(["<", "<=", "=", ">=", ">"]), st.integers(0, 9))
SETS = st.lists(st.lists(LIMIT, min_size=1, max_size=3), max_size=3)
OBJECTIVES = st.lists(
    st.fixed_dictionaries({"pass": SETS, "warning": SETS, "weight": st.integers(0, 5), "key_sli": st.booleans()}), min_size=1, max_size=4
)
VALUES = st.lists(st.one_of(st.none(), st.integers(0, 9)), min_size=4, max_size=4)


@given(OBJECTIVES, VALUES, st.integers(0, 100))
def test_what_ours_lets_through_keptn_would_have_let_through(new_book: Any, objectives: Any, values: Any, target: int) -> None:
    objectives = [{**item, "sli": f"s{number}"} for number, item in enumerate(objectives)]
    measured = {f"s{number}": float(value) for number, value in enumerate(values) if value is not None}
    written = [{**item, "pass": as_sets(item["pass"]), "warning": as_sets(item["warning"])} for item in objectives]
    document = {"spec_version": "1.0", "objectives": written, "total_score": {"pass": f"{target}%"}}
    judged_names = [item["sli"] for item in objectives if item["pass"] or item["warning"]]
    try:
        imported = import_keptn(document, "soak", dict.fromkeys(judged_names, "count"))
    except InputError:
        assert not any(item["pass"] for item in objectives)
        return
    book = new_book()
    for wanted in imported.wanted:
        if wanted.select in measured:
            book.measure("soak", wanted.sli, measured[wanted.select], wanted.unit, labels=wanted.labels)
    outcomes = judge_gate(read_policy({"soak": imported.gate}).gate("soak"), book.evidence(), None, book.now)
    passes = keptn_passes(objectives, measured, target)
    if gate_verdict(outcomes) == "GO":
        assert passes
    everything_met = all(item["sli"] in measured and met(item["pass"], measured[item["sli"]]) for item in objectives if item["pass"])
    assert (gate_verdict(outcomes) == "GO") == everything_met
