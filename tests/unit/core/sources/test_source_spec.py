"""A source says what it takes, in which unit, and where its report states release and time; mistakes are told at once."""

from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_path import follow, plain_path
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_spec import read_source

JSON = {
    "from": "json",
    "path": "/r/report.json",
    "sli": "reported.time",
    "labels": {"name": "lcp"},
    "unit": "ms",
    "select": "audits.lcp",
    "time": "fetchTime",
    "release": "release",
}
QUERY = {
    "from": "prometheus",
    "url": "http://127.0.0.1:9090",
    "sli": "host.cpu",
    "unit": "ratio",
    "select": "avg(node_cpu)",
    "accept_unstated_release": True,
}


def test_a_source_is_read_with_its_units_and_places() -> None:
    source = read_source({**JSON, "max_age": "24 h", "time_zone": "-02:30"}, 3)
    assert (source.kind, source.unit, source.max_age, source.zone) == ("json", "ms", 86400.0, -9000.0)
    assert source.name == "sources[3] (json, reported.time{name=lcp})"


def test_a_unit_of_1_may_be_written_as_a_number() -> None:
    assert read_source({**JSON, "sli": "reported.number", "unit": 1}, 0).unit == "1"


def without(*names: str, **changes: object) -> dict[str, object]:
    return {key: value for key, value in {**JSON, **changes}.items() if key not in names}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("text", "must say from what it reads"),
        ({**JSON, "from": "jsn"}, "did you mean 'json'"),
        (without("sli"), "sli is missing"),
        (without(sli="reported.tim"), "did you mean 'reported.time'"),
        (without("unit"), "unit is missing"),
        (without(unit="msec"), "unknown unit"),
        (without(unit="pct"), "cannot be measured in 'pct'"),
        (without("select"), "select is missing"),
        (without(select=5), "select must be a text"),
        (without(select=" "), "select must be a text"),
        (without(select="x" * 4001), "select must be a text"),
        (without(selct="x"), "did you mean 'select'"),
        (without(step="15 s"), "unknown key 'step'"),
        (without("path"), "neither is written"),
        (without(url="http://h/x"), "both are written"),
        (without("path", url="ftp://h/x"), "no HTTP address"),
        (without("path", url="http://me:secret@h/x"), "must not hold a password"),
        (without(token="t"), "a token goes with a url"),
        (without(labels={"nme": "x"}), "has no label 'nme'"),
        (without(labels={"name": 5}), "a mapping of texts"),
        (without("time"), "where its report states the time"),
        (without(time_zone="CET"), "no time zone"),
        (without(max_age="5"), "no unit"),
        (without(max_age="5 kB"), "must be a quantity of time"),
        (without(max_age="0 h"), "more than 0"),
        ({**JSON, "from": "junit"}, "`timestamp` or `file`"),
        ({**QUERY, "time": "file"}, "unknown key 'time'"),
        ({**QUERY, "path": "/x"}, "unknown key 'path'"),
        ({**QUERY, "url": "http://h:9090/?query=x"}, "without a query"),
        ({**QUERY, "from": "prometheus_range"}, "step is missing"),
        ({**QUERY, "from": "prometheus_range", "step": "15 s", "max_age": "1 h"}, "range is missing"),
        ({**QUERY, "labels": {}, "labels_from": {"container": "pod"}}, "has no label 'container'"),
        (
            {**QUERY, "sli": "container.cpu", "labels": {"container": "a"}, "labels_from": {"container": "pod"}},
            "written twice",
        ),
    ],
)
def test_a_mistake_of_the_writer_is_an_input_error_that_says_where(given: object, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        read_source(given, 7)
    assert "sources[7]" in caught.value.where


def test_a_release_that_is_not_stated_must_be_accepted_in_writing() -> None:
    with pytest.raises(InputError, match="where its report states the release"):
        read_source(without("release"), 0)
    with pytest.raises(InputError, match="where its report states the release"):
        read_source(without("release", accept_unstated_release=False), 0)
    with pytest.raises(InputError, match="must be true or false"):
        read_source(without("release", accept_unstated_release="yes"), 0)
    with pytest.raises(InputError, match="exclude each other"):
        read_source(without(accept_unstated_release=True), 0)
    assert read_source(without("release", accept_unstated_release=True), 0).release == ""


@pytest.mark.parametrize(
    "query",
    ["sum(errors) or vector(0)", "errors OR on() vector (0)", "errors\nor\nvector(0)", 'sum(e{x="a"}) or ignoring(b) vector(0)'],
)
def test_trap_a_query_that_answers_without_data_is_refused(query: str) -> None:
    with pytest.raises(InputError, match="must not put a value where there is none"):
        read_source({**QUERY, "select": query}, 0)
    with pytest.raises(InputError, match="must not put a value where there is none"):
        read_source({**QUERY, "of": query}, 0)


def test_the_word_or_inside_a_label_is_no_default() -> None:
    assert read_source({**QUERY, "select": '{job="this or that vector(0)"} > 0'}, 0)


DOCUMENT = {"metrics": {"http_reqs": {"count": 5}}, "runs": [{"p(95)": 1}, {"p(95)": 2}], "n": None}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("metrics.http_reqs.count", 5),
        ('runs[0]."p(95)"', 1),
        ('runs[-1]."p(95)"', 2),
        ("runs[2]", None),
        ("n.x", None),
        ("runs.x", None),
        ("metrics[0]", None),
    ],
)
def test_a_plain_path_finds_what_stands_there_or_nothing(path: str, found: object) -> None:
    steps = plain_path(path)
    assert steps is not None
    assert follow(steps, DOCUMENT) == found


@pytest.mark.parametrize("text", ["", "a.", ".a", "a[*]", "a || b", "sum(a)", "a b", "a[0", "a..b", '"a', "a-b"])
def test_what_is_more_than_a_plain_path_is_none(text: str) -> None:
    assert plain_path(text) is None
