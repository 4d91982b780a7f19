"""Both k6 summaries, as recorded from the real k6: numbers of runs with requests, and no data from runs without."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError, InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_k6 import check_k6, found_in_k6
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_path import follow, plain_path
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_spec import read_source

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures/sources/k6"
FORMS = ("summary_export", "handle_summary")
NOON = 1795435200.0
UNITS = {"reported.time": "ms", "reported.ratio": "ratio", "reported.count": "count", "reported.rate": "per_s", "reported.bytes": "B"}


def ask(text: str, document: Any) -> Any:
    steps = plain_path(text)
    assert steps is not None
    return follow(steps, document)


def found(document: Any, select: str, sli: str = "reported.time", unit: str = "", **changes: Any) -> Any:
    given = {"from": "k6", "path": "/r", "sli": sli, "unit": unit or UNITS[sli], "select": select, "time": "file"}
    if "release" not in changes:
        changes["accept_unstated_release"] = True
    source = read_source({**given, **changes}, 0)
    check_k6(source)
    return found_in_k6(source, document, ask, NOON)


def summary(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text())


@pytest.mark.parametrize("form", FORMS)
def test_the_numbers_of_a_run_with_requests_are_found(form: str) -> None:
    document = summary(f"with_requests.{form}")
    assert 5 < found(document, "http_req_duration p(95)").value < 200
    assert 5 < found(document, "http_req_duration{expected_response:true} med").value < 200
    assert found(document, "http_reqs count", "reported.count").value == 40
    assert found(document, "http_reqs rate", "reported.rate").value > 1
    assert found(document, "data_received count", "reported.bytes").value > 1000
    assert found(document, "checkout_time max").value > 5
    assert found(document, "vus_max value", "reported.count").value == 2 if "vus_max" in document["metrics"] else True


@pytest.mark.parametrize(("form", "failed"), [("summary_export", 6), ("handle_summary", 7)])
def test_trap_what_failed_are_the_passes_of_http_req_failed(form: str, failed: int) -> None:
    document = summary(f"with_requests.{form}")
    assert found(document, "http_req_failed true", "reported.count").value == failed
    assert found(document, "http_req_failed false", "reported.count").value == 40 - failed
    assert found(document, "http_req_failed total", "reported.count").value == 40
    assert found(document, "http_req_failed rate", "reported.ratio").value == failed / 40
    assert found(document, "checks false", "reported.count").value == failed
    for word in ("passes", "fails"):
        with pytest.raises(InputError, match="wrong way round"):
            found(document, f"http_req_failed {word}", "reported.count")


@pytest.mark.parametrize("form", FORMS)
def test_trap_a_threshold_is_told_as_crossed_by_one_form_and_as_kept_by_the_other(form: str) -> None:
    document = summary(f"with_requests.{form}")
    # In the summary export `avg<0.001: true` is the one that was crossed; in handleSummary it is `{"ok": false}`.
    assert found(document, "http_req_duration crossed", "reported.count").value == 1
    assert found(document, "http_req_failed crossed", "reported.count").value == 0
    assert found(document, "thresholds crossed", "reported.count").value == 1


EMPTY = [f"{run}.{form}" for run in ("no_requests",) for form in FORMS]
DEAD = [f"dead_port.{form}" for form in FORMS]


@pytest.mark.parametrize("name", EMPTY)
@pytest.mark.parametrize(
    ("select", "sli"),
    [
        ("http_req_duration p(95)", "reported.time"),
        ("checkout_time max", "reported.time"),
        ("http_req_failed rate", "reported.ratio"),
        ("http_req_failed true", "reported.count"),
        ("broken_orders rate", "reported.ratio"),
        ("http_reqs count", "reported.count"),
        ("http_reqs rate", "reported.rate"),
        ("data_received count", "reported.bytes"),
        ("http_req_duration crossed", "reported.count"),
        ("thresholds crossed", "reported.count"),
    ],
)
def test_trap_k6_without_a_request_measures_nothing(name: str, select: str, sli: str) -> None:
    with pytest.raises(EvidenceError):
        found(summary(name), select, sli)


@pytest.mark.parametrize("name", DEAD)
@pytest.mark.parametrize("select", ["http_req_duration p(95)", "http_req_waiting avg"])
def test_trap_k6_against_a_dead_port_has_no_response_times(name: str, select: str) -> None:
    with pytest.raises(EvidenceError, match="has no samples"):
        found(summary(name), select)
    with pytest.raises(EvidenceError, match="has no samples"):
        found(summary(name), "thresholds crossed", "reported.count")


@pytest.mark.parametrize("name", DEAD)
def test_a_dead_port_still_shows_that_all_requests_failed(name: str) -> None:
    assert found(summary(name), "http_req_failed rate", "reported.ratio").value == 1


@pytest.mark.parametrize("form", FORMS)
def test_trap_requests_without_an_answer_do_not_make_the_response_times_better(form: str) -> None:
    document = summary(f"with_requests.{form}")
    metric = document["metrics"]["http_req_duration"]
    metric.get("values", metric)["min"] = 0
    with pytest.raises(EvidenceError, match="requests without an answer"):
        found(document, "http_req_duration p(95)")
    assert found(document, "http_req_duration{expected_response:true} p(95)").value > 5


def test_a_counter_of_0_counts_only_when_something_ran() -> None:
    document = summary("with_requests.handle_summary")
    document["metrics"]["broken_orders"] = {"type": "counter", "contains": "default", "values": {"count": 0, "rate": 0}}
    with pytest.raises(EvidenceError, match="counted nothing"):
        found(document, "broken_orders count", "reported.count")
    assert found(document, "broken_orders count", "reported.count", of="http_reqs count").value == 0
    del document["metrics"]["http_reqs"]
    with pytest.raises(EvidenceError, match="nothing was looked at"):
        found(document, "broken_orders count", "reported.count", of="http_reqs count")


@pytest.mark.parametrize(
    ("select", "sli", "unit", "said"),
    [
        ("http_req_duration p(95)", "reported.time", "s", "in ms"),
        ("http_req_failed rate", "reported.ratio", "pct", "in ratio"),
        ("data_sent count", "reported.bytes", "kB", "in B"),
        ("http_reqs rate", "reported.rate", "per_min", "in per_s"),
        ("http_req_duration", "reported.time", "ms", "a k6 metric and a statistic"),
        ("http_req_duration p95", "reported.time", "ms", "unknown statistic"),
        ("http_req_duration mean", "reported.time", "ms", "unknown statistic"),
        ("http_req_duration rate", "reported.rate", "per_s", "a k6 trend has no rate"),
        ("http_reqs p(95)", "reported.count", "count", "a k6 counter has no"),
        ("thresholds count", "reported.count", "count", "only `thresholds crossed`"),
    ],
)
@pytest.mark.parametrize("form", FORMS)
def test_a_mistake_of_the_writer_is_an_input_error(form: str, select: str, sli: str, unit: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        found(summary(f"with_requests.{form}"), select, sli, unit)


@pytest.mark.parametrize("form", FORMS)
def test_a_metric_or_percentile_that_is_not_there_is_no_data(form: str) -> None:
    for select in ("checkout_tme p(95)", "http_req_duration p(99)"):
        with pytest.raises(EvidenceError):
            found(summary(f"with_requests.{form}"), select)


@pytest.mark.parametrize(
    "document",
    [None, [], "x", {}, {"metrics": {}}, {"metrics": []}, {"metrics": {"m": 5}}, {"metrics": {"m": {"values": 5, "type": "trend"}}}],
)
def test_what_is_no_k6_summary_is_no_data(document: Any) -> None:
    with pytest.raises(EvidenceError):
        found(document, "m p(95)")


@pytest.mark.parametrize("verdict", [None, "true", 1, {}, {"ok": "true"}, {"ok": None}, []])
@pytest.mark.parametrize("form", FORMS)
def test_a_threshold_of_an_unknown_form_is_no_data(form: str, verdict: Any) -> None:
    document = summary(f"with_requests.{form}")
    document["metrics"]["http_req_failed"]["thresholds"]["rate<0.2"] = verdict
    with pytest.raises(EvidenceError, match="unknown form"):
        found(document, "http_req_failed rate", "reported.ratio")


def test_the_forms_are_not_mixed_up_in_a_threshold() -> None:
    export, handled = (summary(f"with_requests.{form}") for form in FORMS)
    swapped = copy.deepcopy(export)
    swapped["metrics"]["http_req_failed"]["thresholds"] = handled["metrics"]["http_req_failed"]["thresholds"]
    with pytest.raises(EvidenceError, match="unknown form"):
        found(swapped, "http_req_failed crossed", "reported.count")


def test_release_and_time_may_be_added_by_handle_summary() -> None:
    document = {**summary("with_requests.handle_summary"), "stagegate": {"release": "1a2b3c4d5e6f", "time": NOON}}
    given = found(document, "http_reqs count", "reported.count", release="stagegate.release", time="stagegate.time")
    assert (given.releases, given.at) == (("1a2b3c4d5e6f",), NOON)
