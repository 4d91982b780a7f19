"""Release, time and numbers of a report are held against what is wanted; GO and HOLD twins at each limit."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_facts import (
    SAMPLES_LIMIT,
    Found,
    Wanted,
    in_time_order,
    measured,
    number_in,
    number_of_text,
    time_in,
)
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_spec import Source, read_source

NOON = 1795435200.0
COMMIT = "1a2b3c4d5e6f" + "0" * 28
WANTED = Wanted("1a2b3c4d5e6f", COMMIT, NOON - 3600, NOON)


def source(**changes: Any) -> Source:
    given = {"from": "json", "path": "/r/report.json", "sli": "host.cpu", "unit": "pct", "select": "x", "time": "t", "release": "r"}
    return read_source({key: value for key, value in {**given, **changes}.items() if value is not None}, 0)


def test_what_is_measured_names_its_source_and_time() -> None:
    body = measured(source(), Found(NOON - 60, (COMMIT[:12],), 5), WANTED, "report.json")
    assert body == {"sli": "host.cpu", "labels": {}, "unit": "pct", "value": 5, "source": "json report.json, 2026-11-23T11:59:00.000Z"}


def test_a_release_that_was_not_stated_is_told() -> None:
    unstated = source(release=None, accept_unstated_release=True)
    assert "release not stated" in measured(unstated, Found(NOON, (), 5), WANTED, "report.json")["source"]


@pytest.mark.parametrize("release", [COMMIT[:12], COMMIT])
def test_the_release_or_its_commit_counts(release: str) -> None:
    assert measured(source(), Found(NOON, (release,), 5), WANTED, "x")["value"] == 5


@pytest.mark.parametrize("releases", [(), ("",), ("ffffffffffff",), (COMMIT[:7],), (COMMIT[:12].upper(),), (COMMIT[:12], "ffffffffffff")])
def test_no_other_release_counts_and_none_at_all_does_not(releases: tuple[str, ...]) -> None:
    with pytest.raises(EvidenceError, match="release"):
        measured(source(), Found(NOON, releases, 5), WANTED, "x")


@pytest.mark.parametrize(
    ("at", "max_age", "counts"),
    [
        (NOON - 3600, None, True),
        (NOON - 3600.001, None, False),
        (NOON + 300, None, True),
        (NOON + 301, None, False),
        (NOON - 7200, "2 h", True),
        (NOON - 7201, "2 h", False),
        (NOON + 301, "2 h", False),
    ],
)
def test_a_report_must_be_of_the_phase_or_not_older_than_allowed(at: float, max_age: str | None, counts: bool) -> None:
    found = Found(at, (COMMIT,), 5)
    if counts:
        assert measured(source(max_age=max_age), found, WANTED, "x")["value"] == 5
    else:
        with pytest.raises(EvidenceError, match=r"it is of|too old"):
            measured(source(max_age=max_age), found, WANTED, "x")


def test_without_a_started_phase_only_max_age_lets_a_report_count() -> None:
    not_started = Wanted(WANTED.release, COMMIT, 0.0, NOON)
    with pytest.raises(EvidenceError, match="has not been started"):
        measured(source(), Found(NOON, (COMMIT,), 5), not_started, "x")
    assert measured(source(max_age="1 h"), Found(NOON, (COMMIT,), 5), not_started, "x")["value"] == 5


def test_samples_from_before_the_phase_do_not_count() -> None:
    samples = in_time_order([(NOON, 3.0), (NOON - 3700, 1.0), (NOON - 10, 2.0)])
    body = measured(source(), Found(NOON, (COMMIT,), samples=samples), WANTED, "x")
    assert body["samples"] == [[NOON - 10, 2.0], [NOON, 3.0]]
    assert body["detail"] == ["1 samples from before the phase left out"]
    assert len(measured(source(max_age="2 h"), Found(NOON, (COMMIT,), samples=samples), WANTED, "x")["samples"]) == 3


def test_samples_need_different_times_and_there_must_be_some() -> None:
    for pairs in ([], [(NOON, 1.0), (NOON, 2.0)]):
        with pytest.raises(EvidenceError):
            in_time_order(pairs)


def test_samples_are_bounded() -> None:
    pairs = [(NOON + number, 1.0) for number in range(SAMPLES_LIMIT + 1)]
    assert len(in_time_order(pairs[1:])) == SAMPLES_LIMIT
    with pytest.raises(EvidenceError, match="too many"):
        in_time_order(pairs)


@pytest.mark.parametrize("value", [None, True, False, "5", "", [], [5], {}, math.nan, math.inf, -math.inf, 10**400])
def test_only_a_finite_number_is_a_number(value: Any) -> None:
    with pytest.raises(EvidenceError):
        number_in(value, "x")


@pytest.mark.parametrize(
    ("text", "number"), [("5", 5.0), (" -1.5e3 ", -1500.0), (".5", 0.5), ("5.", 5.0), ("1e-05", 1e-05), ("1.5e+10", 1.5e10)]
)
def test_a_cell_is_a_number_in_its_plain_form(text: str, number: float) -> None:
    assert number_of_text(text, "x") == number


@pytest.mark.parametrize("text", ["", " ", "NaN", "+Inf", "inf", "1_000", "1,5", "0x10", "1e999", "5 ms", "--5", "\u0661"])
def test_a_cell_of_any_other_form_is_no_number(text: str) -> None:
    with pytest.raises(EvidenceError):
        number_of_text(text, "x")


@pytest.mark.parametrize(
    "value",
    [
        NOON,
        int(NOON * 1000),
        "1795435200",
        "2026-11-23T12:00:00Z",
        "2026-11-23 12:00:00.000Z",
        "2026-11-23T14:00:00+02:00",
        "2026-11-23T09:30:00-0230",
    ],
)
def test_a_time_is_rfc_3339_or_unix_time(value: Any) -> None:
    assert time_in(value, None, "t") == NOON


def test_a_time_without_zone_needs_the_zone_of_the_source() -> None:
    assert time_in("2026-11-23T14:00:00", 7200.0, "t") == NOON
    assert time_in("2026-11-23T12:00:00Z", 7200.0, "t") == NOON
    with pytest.raises(EvidenceError, match="no time zone"):
        time_in("2026-11-23T14:00:00", None, "t")


@pytest.mark.parametrize("value", [None, "", True, 5, -1, 1e300, [], "noon", "2026-13-01T00:00:00Z", "2026-11-23", "2026-11-23T25:00:00Z"])
def test_what_is_no_time_is_told(value: Any) -> None:
    with pytest.raises(EvidenceError):
        time_in(value, None, "t")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=30), lambda inner: st.lists(inner, max_size=3), max_leaves=5
)


@given(ANYTHING)
def test_law_a_value_is_a_finite_number_or_an_evidence_error(value: Any) -> None:
    for read in (lambda: number_in(value, "x"), lambda: time_in(value, None, "t"), lambda: number_of_text(str(value), "x")):
        with contextlib.suppress(EvidenceError):
            assert math.isfinite(read())
