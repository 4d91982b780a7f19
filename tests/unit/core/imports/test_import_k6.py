# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the thresholds of k6 to a gate: what becomes of each word, what is refused, and that nothing gets through that k6 would stop."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.imports.import_k6 import BUILT_IN, import_k6
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.policy import read_policy
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.verdict import gate_verdict, judge_gate
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_k6 import found_in_k6
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_spec import read_source


def criteria(thresholds: Any, units: Any = None) -> list[dict[str, Any]]:
    found = import_k6({"thresholds": thresholds}, "soak", units or {}).gate["criteria"]
    assert isinstance(found, list)
    return found


def refused(document: Any, units: Any = None) -> str:
    with pytest.raises(InputError) as error:
        import_k6(document, "soak", units or {})
    return str(error.value)


def refused_threshold(text: Any, metric: str = "http_req_duration") -> str:
    return refused({"thresholds": {metric: [text]}})


def about(thresholds: Any, **options: Any) -> dict[str, tuple[str, ...]]:
    """The notes: what each is about, and the criteria that it names."""
    return {note.about: note.criteria for note in import_k6({"thresholds": thresholds, **options}, "soak", {}).notes}


class TestOneThreshold:
    """Each form of k6's expressions becomes a limit of ours."""

    @pytest.mark.parametrize(
        ("metric", "text", "sli", "limit"),
        [
            ("http_req_duration", "p(95)<500", "reported.time{name=http_req_duration, part=p(95)}", "< 500 ms"),
            ("http_req_duration", " p(99.90)  <=  2000.50 ", "reported.time{name=http_req_duration, part=p(99.9)}", "<= 2000.50 ms"),
            ("http_req_duration", "med<1e3", "reported.time{name=http_req_duration, part=med}", "< 1000 ms"),
            ("http_req_failed", "rate<0.01", "reported.ratio{name=http_req_failed, part=rate}", "< 0.01 ratio"),
            ("checks", "rate>.9", "reported.ratio{name=checks, part=rate}", "> 0.9 ratio"),
            ("http_reqs", "count>=500", "reported.count{name=http_reqs, part=count}", ">= 500 count"),
            ("http_reqs", "rate>100", "reported.rate{name=http_reqs, part=rate}", "> 100 per_s"),
            ("data_sent", "count<1000", "reported.bytes{name=data_sent, part=count}", "< 1000 B"),
            ("vus", "value===3", "reported.count{name=vus, part=value}", "== 3 count"),
            ("vus_max", "value!=-1", "reported.count{name=vus_max, part=value}", "!= -1 count"),
            ("browser_web_vital_cls", "p(75)<0.1", "reported.number{name=browser_web_vital_cls, part=p(75)}", "< 0.1 1"),
        ],
    )
    def test_a_threshold_becomes_a_criterion(self, metric: str, text: str, sli: str, limit: str) -> None:
        (found,) = criteria({metric: [text]})
        assert (found["sli"], found["pass"]) == (sli, limit)

    @pytest.mark.parametrize(
        ("text", "column"),
        [
            ("", 1),
            ("p95<500", 1),
            ("p(95)500", 6),
            ("p(95)=500", 6),
            ("p(95)<", 7),
            ("p(95)<500ms", 10),
            ("p(95)<500 && avg<1", 11),
            ("p(95)<nan", 7),
            ("avg<+-5", 5),
            ("average<5", 1),
            ("p()<5", 1),
            ("avg<\u0663", 5),
        ],
    )
    def test_what_k6_does_not_know_is_refused_with_its_column(self, text: str, column: int) -> None:
        assert f"thresholds['http_req_duration'][0], column {column} of" in refused_threshold(text)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("p(100.1)<5", "there is no percentile"),
            ("p(1.2.3)<5", "is no number"),
            ("avg<1.2.3", "is no number"),
            ("avg<1e99", "out of range"),
        ],
    )
    def test_numbers_that_are_none_are_refused(self, text: str, message: str) -> None:
        assert message in refused_threshold(text)

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            (5, "a mapping is expected here"),
            (None, "a mapping is expected here"),
            ({"threshold": ""}, "threshold is missing"),
            ({"threshold": ["avg<5"]}, "a threshold is a text"),
            ({"threshold": "avg<5", "abortOnFail": "yes"}, "abortOnFail must be true or false"),
            ({"threshold": "avg<5", "abortOnfail": True}, "did you mean 'abortOnFail'?"),
            ({"threshold": "avg<5", "delayAbortEval": 10}, "delayAbortEval must be a duration"),
            ({"threshold": "avg<5", "delayAbortEval": "soon"}, "delayAbortEval must be a duration"),
        ],
    )
    def test_a_long_form_that_cannot_be_meant_is_refused_with_its_position(self, given: Any, message: str) -> None:
        said = refused_threshold(given)
        assert message in said and "thresholds['http_req_duration'][0]" in said


class TestAMetric:
    """Names, tags, types and units."""

    def test_thresholds_on_one_number_become_one_criterion(self) -> None:
        found = criteria({"http_req_duration": ["p(95)<500", "avg<200", {"threshold": "p(95.0) > 1"}]})
        assert [(item["id"], item["pass"]) for item in found] == [
            ("soak.http_req_duration_p_95", ["< 500 ms", "> 1 ms"]),
            ("soak.http_req_duration_avg", "< 200 ms"),
        ]

    def test_tags_become_part_of_the_name_and_of_what_is_asked_of_the_summary(self) -> None:
        imported = import_k6({"thresholds": {"http_req_duration{status:200, method:GET}": ["max<9"]}}, "soak", {})
        assert imported.gate["criteria"][0]["sli"] == 'reported.time{name="http_req_duration[status:200, method:GET]", part=max}'
        assert imported.wanted[0].labels == {"name": "http_req_duration[status:200, method:GET]", "part": "max"}
        assert imported.wanted[0].select == "http_req_duration{status:200, method:GET} max"

    @pytest.mark.parametrize("key", ["", "{a:b}", "m-n", "9m", "m{a:b", "m{a:b}x", 5, "m\n"])
    def test_a_name_that_k6_cannot_mean_is_refused(self, key: Any) -> None:
        assert "is no metric of k6" in refused({"thresholds": {key: ["count<1"]}})

    @pytest.mark.parametrize("key", ["m{}", "m{a}", "m{a:}", "m{:b}", "m{a:b,}"])
    def test_tags_that_k6_cannot_mean_are_refused(self, key: str) -> None:
        assert "the tags of m cannot be read" in refused({"thresholds": {key: ["count<1"]}})

    @pytest.mark.parametrize("key", ["m{a:{{ stagegate_secret }}}", 'm{a:"b"}', "m{a:b\x1b[2J}", "m{a:" + "b" * 120 + "}"])
    def test_tags_that_cannot_be_a_label_are_refused(self, key: str) -> None:
        message = refused({"thresholds": {key: ["count<1"]}})
        assert "cannot be a label" in message or "at most 120 characters" in message

    @pytest.mark.parametrize("statistic", ["avg<1", "p(95)<1", "value<1", "count<1"])
    def test_a_statistic_that_the_type_has_not_is_refused(self, statistic: str) -> None:
        assert "http_req_failed has no" in refused_threshold(statistic, "http_req_failed")

    def test_bytes_per_second_have_no_unit_here(self) -> None:
        assert "B per second is no unit here" in refused_threshold("rate<5", "data_sent")

    @pytest.mark.parametrize(
        ("texts", "unit", "slis"),
        [
            (["count<1"], None, ["reported.count"]),
            (["count<1"], "B", ["reported.bytes"]),
            (["count<1", "rate<5"], None, ["reported.count", "reported.rate"]),
            (["rate<0.5"], "ratio", ["reported.ratio"]),
            (["rate<5"], "per_s", ["reported.rate"]),
            (["value<5"], "B", ["reported.bytes"]),
            (["avg<5", "p(95)<9"], "ms", ["reported.time", "reported.time"]),
        ],
    )
    def test_a_metric_of_the_script_is_what_its_thresholds_ask_of_it(self, texts: Any, unit: Any, slis: Any) -> None:
        found = criteria({"mine": texts}, {"mine": unit} if unit else {})
        assert [item["sli"].split("{")[0] for item in found] == slis

    @pytest.mark.parametrize(
        ("texts", "unit", "message"),
        [
            (["avg<5"], None, "the unit of 'mine' is not known"),
            (["value<5"], None, "the unit of 'mine' is not known"),
            (["rate<5"], None, "units: {mine: ratio} for a Rate, per_s for a Counter"),
            (["rate>0.95"], "pct", "what the rate of mine is, is not known"),
            (["rate<5"], "per_min", "what the rate of mine is, is not known"),
            (["rate<5", "count<5"], "B", "B per second is no unit here"),
            (["avg<5", "count<5"], "ms", "no metric of k6 has avg, count"),
            (["avg<5"], "fortnights", "unknown unit 'fortnights'"),
        ],
    )
    def test_a_unit_that_would_change_what_the_numbers_say_is_refused(self, texts: Any, unit: Any, message: str) -> None:
        assert message in refused({"thresholds": {"mine": texts}}, {"mine": unit} if unit else {})

    def test_the_unit_of_a_metric_that_k6_brings_along_is_known(self) -> None:
        assert "the unit of http_reqs is known" in refused({"thresholds": {"http_reqs": ["count<1"]}}, {"http_reqs": "count"})

    def test_a_unit_for_nothing_is_refused(self) -> None:
        assert "nothing is judged under that name" in refused({"thresholds": {"http_reqs": ["count<1"]}}, {"http_req": "count"})


class TestTheOptions:
    """What stands around the thresholds."""

    @pytest.mark.parametrize(
        ("document", "message"),
        [
            (None, "k6 options are expected"),
            ([], "k6 options are expected"),
            ({}, "k6 passes without any"),
            ({"treshold": {}}, "there are no thresholds"),
            ({"metrics": {}}, "give the options, not the summary"),
            ({"thresholds": {}}, "at least one metric"),
            ({"thresholds": []}, "at least one metric"),
            ({"thresholds": {"http_reqs": []}}, "k6 passes a metric without any"),
            ({"thresholds": {"http_reqs": "count<1"}}, "a list of thresholds is expected"),
            ({"thresholds": {f"m{number}": ["count<1"] for number in range(201)}}, "at most 200 metrics"),
        ],
    )
    def test_options_without_usable_thresholds_are_refused(self, document: Any, message: str) -> None:
        assert message in refused(document)

    def test_the_notes_name_what_is_judged_differently(self) -> None:
        long_form = {"threshold": "max<9", "abortOnFail": True, "delayAbortEval": "1m30s"}
        assert about({"http_req_duration": ["p(95)<5", long_form], "mine": ["count<1"]}, vus=10, noThresholds=True) == {
            "missing data": ("soak.http_req_duration_p_95", "soak.http_req_duration_max", "soak.mine_count"),
            "abortOnFail": ("soak.http_req_duration_max",),
            "delayAbortEval": ("soak.http_req_duration_max",),
            "custom metric": ("soak.mine_count",),
            "noThresholds": (),
            "options": (),
        }

    def test_a_threshold_that_is_judged_alike_only_says_what_missing_data_means(self) -> None:
        assert about({"http_reqs": ["count>1"]}) == {"missing data": ("soak.http_reqs_count",)}

    def test_the_text_reads_back_as_the_gate(self) -> None:
        imported = import_k6({"thresholds": {"http_req_duration{url:http://a/b?c=d#e}": ["p(95)<5", "p(95)>1"]}}, "soak", {})
        assert yaml.safe_load(imported.as_text("options.json")) == {"stagegate_gates": {"soak": imported.gate}}


# --- the summary of the same run: what the sources read is what the import asks for ------------------------------------------------

SUMMARY = {
    "metrics": {
        "http_req_duration": {"avg": 10.5, "min": 1, "med": 9, "max": 44, "p(90)": 20, "p(95)": 30, "thresholds": {"p(95)<500": False}},
        "http_req_duration{status:200}": {"avg": 1, "min": 1, "med": 1, "max": 1, "p(90)": 1, "p(95)": 1},
        "http_req_failed": {"passes": 3, "fails": 297, "value": 0.01, "thresholds": {"rate<0.01": True}},
        "http_reqs": {"count": 300, "rate": 10},
        "vus": {"value": 1, "min": 1, "max": 5},
    }
}


@pytest.mark.parametrize(
    ("metric", "text", "value"),
    [
        ("http_req_duration", "p(95)<500", 30),
        ("http_req_duration", "med<500", 9),
        ("http_req_duration{status:200}", "avg<500", 1),
        ("http_req_failed", "rate<0.01", 0.01),
        ("http_reqs", "count<1", 300),
        ("http_reqs", "rate<1", 10),
        ("vus", "value<9", 1),
    ],
)
def test_the_words_of_what_is_wanted_are_those_of_a_k6_source(metric: str, text: str, value: float) -> None:
    (wanted,) = import_k6({"thresholds": {metric: [text]}}, "soak", {}).wanted
    given = {"from": "k6", "path": "summary.json", "sli": wanted.sli, "unit": wanted.unit, "labels": wanted.labels, "select": wanted.select}
    source = read_source({**given, "time": "file", "accept_unstated_release": True}, 0)
    assert found_in_k6(source, SUMMARY, None, 0.0).value == value


# --- the law: what ours lets through, k6 would have let through --------------------------------------------------------------------

COMPARE = {"<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__", "==": "__eq__", "===": "__eq__", "!=": "__ne__"}
TRENDS = sorted(name for name, (kind, unit) in BUILT_IN.items() if (kind, unit) == ("trend", "ms"))[:4]
LIMIT = st.tuples(st.sampled_from(["avg", "max", "p(95)"]), st.sampled_from(sorted(COMPARE)), st.integers(0, 9))
THRESHOLDS = st.dictionaries(st.sampled_from(TRENDS), st.lists(LIMIT, min_size=1, max_size=4), min_size=1, max_size=3)


@given(THRESHOLDS, st.lists(st.one_of(st.none(), st.integers(0, 9)), min_size=12, max_size=12))
def test_what_ours_lets_through_k6_would_have_let_through(new_book: Any, thresholds: Any, values: Any) -> None:
    written = {metric: [f"{statistic}{sign}{bound}" for statistic, sign, bound in found] for metric, found in thresholds.items()}
    imported = import_k6({"thresholds": written}, "soak", {})
    book, measured = new_book(), dict(zip((wanted.select for wanted in imported.wanted), values))
    for wanted in imported.wanted:
        if measured[wanted.select] is not None:
            book.measure("soak", wanted.sli, measured[wanted.select], wanted.unit, labels=wanted.labels)
    outcomes = judge_gate(read_policy({"soak": imported.gate}).gate("soak"), book.evidence(), None, book.now)
    # k6 takes 0 where there is no sample; ours never passes without one.
    passes = all(
        getattr(float(measured[f"{metric} {statistic}"] or 0), COMPARE[sign])(float(bound))
        for metric, found in thresholds.items()
        for statistic, sign, bound in found
    )
    assert (gate_verdict(outcomes) == "GO") == (passes and all(measured[wanted.select] is not None for wanted in imported.wanted))
