"""Numbers out of JSON reports, and reports that look good although nothing ran."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_json import found_in_json, why_empty
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_path import follow, plain_path
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_spec import read_source

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures/sources"
NOON = 1795435200.0


def ask(text: str, document: Any) -> Any:
    steps = plain_path(text)
    assert steps is not None
    return follow(steps, document)


def found(document: Any, file_time: float | None = NOON, **changes: Any) -> Any:
    given = {"from": "json", "path": "/r", "sli": "reported.number", "unit": "1", "select": "score", "time": "file"}
    if "release" not in changes:
        changes["accept_unstated_release"] = True
    return found_in_json(read_source({**given, **changes}, 0), document, ask, file_time)


def report(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text())


def test_a_number_its_time_and_its_release_are_found() -> None:
    document = {"score": 0.5, "at": "2026-11-23T12:00:00Z", "build": {"release": "1a2b3c4d5e6f"}}
    given = found(document, time="at", release="build.release")
    assert (given.value, given.at, given.releases) == (0.5, NOON, ("1a2b3c4d5e6f",))


@pytest.mark.parametrize("document", [{}, [], None, {"score": None}, {"score": "0.5"}, {"score": True}, {"score": {}}, {"score": []}])
def test_what_is_not_there_or_no_number_is_no_data(document: Any) -> None:
    with pytest.raises(EvidenceError):
        found(document)


@pytest.mark.parametrize("document", [{"score": 1}, {"score": 1, "release": None}])
def test_a_release_that_is_not_there_is_not_stated(document: Any) -> None:
    assert found(document, release="release").releases == ()


@pytest.mark.parametrize("stated", [5, ["1a2b3c4d5e6f"], {}, True])
def test_a_release_that_is_no_text_is_no_data(stated: Any) -> None:
    with pytest.raises(EvidenceError, match="no text"):
        found({"score": 1, "release": stated}, release="release")


def test_a_report_must_state_the_time_where_it_says_so() -> None:
    with pytest.raises(EvidenceError, match="does not state its time"):
        found({"score": 1}, time="at")
    with pytest.raises(EvidenceError, match="time of the report is not known"):
        found({"score": 1}, file_time=None)


def test_a_list_of_numbers_becomes_samples_when_each_has_its_time() -> None:
    document = {"v": [2, 1], "t": [NOON, NOON - 5]}
    assert found(document, select="v", time="t").samples == ((NOON - 5, 1), (NOON, 2))
    for broken in ({"v": [2, 1], "t": [NOON]}, {"v": [2, 1]}, {"v": [2, None], "t": [NOON, NOON - 5]}, {"v": [2, 1], "t": [NOON, NOON]}):
        with pytest.raises(EvidenceError):
            found(broken, select="v", time="t")
    with pytest.raises(EvidenceError, match="one time for each"):
        found(document, select="v")


@pytest.mark.parametrize(
    ("looked_at", "counts"), [(1, True), ([0], True), (0, False), ([], False), (None, False), (-1, False), ("9", False)]
)
def test_nothing_looked_at_is_no_data(looked_at: Any, counts: bool) -> None:
    document = {"score": 0, "tests": looked_at}
    if counts:
        assert found(document, of="tests").value == 0
    else:
        with pytest.raises(EvidenceError):
            found(document, of="tests")


AUTOCANNON = {"sli": "reported.time", "unit": "ms", "select": "latency.p99", "time": "finish"}


def test_an_autocannon_report_with_answers_is_read() -> None:
    assert found(report("autocannon/answers.json"), **AUTOCANNON).value > 0


@pytest.mark.parametrize("select", ["latency.p99", "errors", "non2xx", "requests.average"])
def test_trap_autocannon_against_a_dead_port_measures_nothing(select: str) -> None:
    document = report("autocannon/dead_port.json")
    assert follow(plain_path(select) or (), document) is not None
    with pytest.raises(EvidenceError, match="autocannon got no answer at all"):
        found(document, sli="reported.number", unit="1", select=select)


SIZE = {"sli": "reported.bytes", "unit": "B", "select": "[0].size"}


def test_a_size_limit_report_with_files_is_read() -> None:
    assert found(report("size_limit/files_found.json"), **SIZE).value == 3101


def test_trap_size_limit_whose_pattern_matches_no_file_measures_nothing() -> None:
    document = report("size_limit/no_file_found.json")
    assert document[0] == {"name": "app", "passed": True, "size": 0}
    with pytest.raises(EvidenceError, match="its pattern matches no file"):
        found(document, **SIZE)


def test_trap_size_limit_with_one_empty_entry_among_others_measures_nothing() -> None:
    document = [*report("size_limit/files_found.json"), *report("size_limit/no_file_found.json")]
    with pytest.raises(EvidenceError, match="its pattern matches no file"):
        found(document, **SIZE)


def test_trap_a_k6_summary_read_as_plain_json_measures_nothing() -> None:
    for path in sorted((FIXTURES / "k6").iterdir()):
        with pytest.raises(EvidenceError, match="from: k6"):
            found(report(f"k6/{path.name}"), select="metrics.http_req_duration.values")


def test_trap_playwright_without_a_test_measures_nothing() -> None:
    stats = {"expected": 0, "unexpected": 0, "flaky": 0, "skipped": 3}
    assert why_empty({"suites": [], "stats": stats}) == "Playwright ran no test"
    assert why_empty({"suites": [], "stats": {**stats, "expected": 1}}) == ""


@pytest.mark.parametrize("document", [None, 5, "x", [], [{}], {}, {"stats": {}}, {"requests": {"total": 0}}])
def test_a_report_of_no_known_tool_is_not_called_empty(document: Any) -> None:
    assert why_empty(document) == ""
