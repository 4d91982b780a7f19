"""Answers of the Prometheus API, as recorded from a real server."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError, InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_prometheus import (
    Series,
    found_in_matrix,
    found_in_vector,
    positive,
    read_answer,
)
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_spec import Source, read_source

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures/sources/prometheus"
NOON = 1795435200.0


def answer(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text())


def source(**changes: Any) -> Source:
    given = {"from": "prometheus", "url": "http://h:9090", "sli": "container.cpu", "unit": "ratio", "select": "app_cpu"}
    return read_source({**given, "accept_unstated_release": "release" not in changes, **changes}, 0)


BY_CONTAINER = {"labels_from": {"container": "container"}}


def instant(asked: float = NOON + 4, **changes: Any) -> Any:
    return found_in_vector(source(**changes), read_answer(answer("vector"), "vector"), read_answer(answer("vector_times"), "vector"), asked)


def over_time(name: str = "matrix", start: float = NOON - 60, end: float = NOON, times: Any = None, **changes: Any) -> Any:
    read = source(**{"from": "prometheus_range", "step": "15 s", **changes})
    series = read_answer(answer(name), "matrix")
    return found_in_matrix(read, series, [dated(item) for item in series] if times is None else times, start, end)


def dated(series: Series, behind: float = 0.0, every: float = 1.0) -> Series:
    """The answer to timestamp(...): samples taken `every` seconds, the newest `behind` the step at which it is answered."""
    return Series(series.labels, tuple((at, str((at - behind) // every * every)) for at, _text in series.points))


def test_each_series_with_its_own_label_is_a_value_with_the_time_of_its_sample() -> None:
    api, web = instant(**BY_CONTAINER)
    assert (api.labels, round(api.value, 3), api.at) == ({"container": "api"}, 0.24, NOON)
    assert (web.labels, round(web.value, 3)) == ({"container": "web"}, 0.34)


def test_several_series_without_labels_that_tell_them_apart_are_ambiguous() -> None:
    with pytest.raises(EvidenceError, match="2 series are ambiguous"):
        instant()
    with pytest.raises(EvidenceError, match="2 series are ambiguous"):
        instant(labels_from={"container": "version"})
    with pytest.raises(EvidenceError, match="2 series are ambiguous"):
        over_time()


def test_a_series_without_the_label_that_is_wanted_is_no_data() -> None:
    with pytest.raises(EvidenceError, match="no label 'pod'"):
        instant(labels_from={"container": "pod"})


def test_the_release_is_a_label_of_every_series() -> None:
    assert instant(release="version", **BY_CONTAINER)[0].releases == ("1a2b3c4d5e6f",)
    assert instant(release="other", **BY_CONTAINER)[0].releases == ()


def test_an_answer_of_another_time_than_the_question_is_no_data() -> None:
    with pytest.raises(EvidenceError, match="another time than the question"):
        instant(asked=NOON + 60, **BY_CONTAINER)
    with pytest.raises(EvidenceError, match="another time than the question"):
        over_time(start=NOON + 3600, end=NOON + 3660, **BY_CONTAINER)


def test_samples_over_time_are_found_for_each_series() -> None:
    api, _web = over_time(**BY_CONTAINER)
    assert [at for at, _value in api.samples] == [NOON - 60, NOON - 45, NOON - 30, NOON - 15, NOON]
    assert (api.at, api.detail) == (NOON, "5 samples at 5 steps")


def test_trap_a_sample_that_is_answered_at_several_steps_counts_once_and_at_its_own_time() -> None:
    series = read_answer(answer("matrix"), "matrix")
    api, _web = over_time(times=[dated(item, every=30) for item in series], step="20 s", **BY_CONTAINER)
    assert [at for at, _value in api.samples] == [NOON - 60, NOON - 30, NOON]
    with pytest.raises(EvidenceError, match="a series stops 45"):
        over_time(times=[dated(item, behind=45) for item in series], **BY_CONTAINER)
    with pytest.raises(EvidenceError, match="no samples"):
        over_time(times=[dated(item, behind=300) for item in series], **BY_CONTAINER)
    with pytest.raises(EvidenceError, match="gone while it was asked"):
        over_time(times=[], **BY_CONTAINER)


def test_a_series_that_stops_before_the_end_of_the_range_is_no_data() -> None:
    # It was scraped until 5 min 15 s before noon.
    with pytest.raises(EvidenceError, match="a series stops 1 min 00 s before the end"):
        over_time("matrix_stops", start=NOON - 600, end=NOON, labels={"container": "a"})
    (found,) = over_time("matrix_stops", start=NOON - 600, end=NOON - 60, step="60 s", labels={"container": "a"})
    assert len(found.samples) == 10


def test_trap_an_empty_vector_is_no_data_and_an_error_is_told() -> None:
    with pytest.raises(EvidenceError, match="found no series"):
        read_answer(answer("empty"), "vector")
    with pytest.raises(EvidenceError, match=r"could not answer.*query timed out"):
        read_answer({"status": "error", "errorType": "timeout", "error": "query timed out"}, "vector")


def test_trap_numbers_that_are_not_finite_are_no_data() -> None:
    for name in ("not_a_number", "infinite"):
        vector = read_answer(answer(name), "vector")
        times = [type(series)(series.labels, ((series.points[0][0], str(NOON)),)) for series in vector]
        with pytest.raises(EvidenceError, match="no finite number"):
            found_in_vector(source(labels_from={"container": "code"} if name == "infinite" else {}), vector, times, NOON)


def test_trap_part_of_an_answer_is_no_answer() -> None:
    document = {**answer("vector"), "warnings": ["store 2 did not answer"]}
    with pytest.raises(EvidenceError, match="may not be whole"):
        read_answer(document, "vector")
    assert read_answer({**answer("vector"), "infos": ["rate() of a gauge"]}, "vector")


def test_a_query_that_cannot_be_meant_is_a_mistake_of_the_writer() -> None:
    with pytest.raises(InputError, match="unclosed left parenthesis"):
        read_answer(answer("not_understood"), "vector")
    with pytest.raises(InputError, match="the query gives a scalar"):
        read_answer(answer("scalar"), "vector")
    with pytest.raises(InputError, match="the query gives a matrix"):
        read_answer(answer("range_vector"), "vector")


def with_series(*series: Any) -> Any:
    return {"status": "success", "data": {"resultType": "vector", "result": list(series)}}


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"status": "ok"},
        {"status": "success"},
        {"status": "success", "data": []},
        {"status": "success", "data": {"resultType": "vector", "result": {}}},
        {"status": "success", "data": {"resultType": "streams", "result": [1]}},
        with_series(5),
        with_series({"metric": {}}),
        with_series({"metric": {"a": 5}, "value": [NOON, "1"]}),
        with_series({"metric": {}, "value": [NOON]}),
        with_series({"metric": {}, "value": [NOON, 1]}),
        with_series({"metric": {}, "value": ["x", "1"]}),
        with_series({"metric": {}, "value": []}),
        with_series({"metric": {}, "histogram": [NOON, {}]}),
        with_series(*[{"metric": {"i": str(number)}, "value": [NOON, "1"]} for number in range(1001)]),
    ],
)
def test_what_is_no_answer_of_the_api_is_no_data(document: Any) -> None:
    with pytest.raises(EvidenceError):
        read_answer(document, "vector")


def histogram(buckets: Any = None, **changes: Any) -> Any:
    document, times = answer("buckets"), answer("buckets_times")
    if buckets is not None:
        document["data"]["result"] = [{"metric": {"le": le}, "value": [NOON, count]} for le, count in buckets]
        times["data"]["result"] = [{"metric": {"le": le}, "value": [NOON, str(NOON)]} for le, _count in buckets]
    read = source(**{"sli": "http.duration", "unit": "s", "histogram": True, **changes})
    return found_in_vector(read, read_answer(document, "vector"), read_answer(times, "vector"), NOON)


def test_buckets_become_one_histogram_ending_in_infinity() -> None:
    (found,) = histogram()
    assert found.histogram == ((0.1, 100.0), (0.5, 180.0), (math.inf, 200.0))


@pytest.mark.parametrize(
    ("buckets", "said"),
    [
        ([("0.1", "5"), ("+Inf", "NaN")], "no finite number"),
        ([("0.1", "5"), ("0.5", "9")], r"no bucket le=\+Inf"),
        ([("+Inf", "9")], r"no bucket le=\+Inf"),
        ([("0.1", "9"), ("+Inf", "5")], "buckets of the histogram fall"),
        ([("0.1", "-1"), ("+Inf", "5")], "buckets of the histogram fall"),
        ([("0.1", "0"), ("+Inf", "0")], "counted nothing"),
        ([("x", "5"), ("+Inf", "5")], "no finite number"),
        ([("0.1", "5"), ("0.10", "5"), ("+Inf", "5")], "stands twice"),
    ],
)
def test_buckets_that_are_no_histogram_are_no_data(buckets: Any, said: str) -> None:
    with pytest.raises(EvidenceError, match=said):
        histogram(buckets)


def test_a_histogram_needs_the_label_le() -> None:
    with pytest.raises(EvidenceError, match="no label le"):
        instant(histogram=True, **BY_CONTAINER)


@pytest.mark.parametrize(("numbers", "counts"), [(["1"], True), (["0"], False), (["-1"], False), (["NaN"], False), (["1", "1"], False)])
def test_how_many_were_looked_at_is_one_number_above_0(numbers: list[str], counts: bool) -> None:
    series = [{"metric": {"i": str(index)}, "value": [NOON, number]} for index, number in enumerate(numbers)]
    if counts:
        positive(read_answer(with_series(*series), "vector"), "sum(x)")
    else:
        with pytest.raises(EvidenceError):
            positive(read_answer(with_series(*series), "vector"), "sum(x)")
