# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Histograms: a number taken from one is an interval, and its worse end must keep the limit."""

from __future__ import annotations

import math
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.buckets import check_buckets
from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.histogram import histogram_of
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.limit import parse_limit
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.samples import percentile

BUCKETS = [[0.1, 50], [0.5, 90], [1, 99], ["+Inf", 100]]


def record(book: Any, buckets: Any = BUCKETS) -> None:
    book.measure("soak", "reported.time", None, "s", labels={"name": "api"}, histogram=buckets)


def judged(book: Any, limit: str, agg: str = "p(95)", **more: Any) -> Any:
    return book.outcome({"sli": "reported.time{name=api}", "agg": agg, "pass": limit, **more})


@pytest.mark.parametrize(
    ("limit", "status", "reason"),
    [
        ("<= 1 s", "PASS", ""),
        ("<= 999 ms", "INCONCLUSIVE", "low_power"),
        ("< 1 s", "INCONCLUSIVE", "low_power"),
        ("<= 600 ms", "INCONCLUSIVE", "low_power"),
        ("<= 501 ms", "INCONCLUSIVE", "low_power"),
        ("<= 500 ms", "FAIL", ""),
        ("<= 499 ms", "FAIL", ""),
        ("> 500 ms", "PASS", ""),
        (">= 500 ms", "PASS", ""),
        (">= 501 ms", "INCONCLUSIVE", "low_power"),
        ("> 1 s", "FAIL", ""),
        ("== 1 s", "INCONCLUSIVE", "low_power"),
        ("!= 2 s", "PASS", ""),
    ],
)
def test_the_worse_end_of_the_interval_must_keep_the_limit(book: Any, limit: str, status: str, reason: str) -> None:
    record(book)
    outcome = judged(book, limit)
    assert (outcome.status, outcome.reason) == (status, reason)
    assert (outcome.n, round(convert(outcome.low, outcome.unit), 6), round(convert(outcome.high, outcome.unit), 6)) == (100, 0.5, 1)


def convert(value: float, unit: str) -> float:
    return value / 1000 if unit == "ms" else value


def test_the_sentence_tells_the_interval_and_what_would_decide(book: Any) -> None:
    record(book)
    outcome = judged(book, "<= 600 ms")
    assert outcome.sentence == "500 ms to 1000 ms: it could be anywhere in between, must be <= 600 ms"
    assert outcome.changes == ("record p(95) of reported.time{name=api} with a bucket bound at the limit <= 600 ms",)


def test_what_lies_above_the_last_bound_is_never_a_pass(book: Any) -> None:
    record(book)
    assert judged(book, "<= 100 s", "p(99.9)").status == "INCONCLUSIVE"
    assert judged(book, "<= 1 s", "max").status == "FAIL"
    assert judged(book, "<= 2 s", "max").sentence.startswith("more than 1 s: it could be")
    outcome = judged(book, "<= 2 s", "max").as_dict()
    assert (outcome["value"], outcome["high"], outcome["distance"]) == (None, None, None)


@pytest.mark.parametrize(("limit", "status"), [(">= 90 pct", "PASS"), ("> 90 pct", "FAIL"), ("<= 90 pct", "PASS")])
def test_the_share_at_a_bucket_bound_is_exact(book: Any, limit: str, status: str) -> None:
    record(book)
    assert judged(book, limit, "share(<= 500 ms)").status == status


def test_the_share_inside_of_a_bucket_is_an_interval(book: Any) -> None:
    record(book)
    outcome = judged(book, ">= 90 pct", "share(<= 700 ms)")
    assert (outcome.status, outcome.low, outcome.high) == ("PASS", 90, 99)
    assert judged(book, ">= 95 pct", "share(<= 700 ms)").status == "INCONCLUSIVE"


@pytest.mark.parametrize("agg", ["mean", "sum", "last", "first", "slope"])
def test_what_a_histogram_does_not_tell_is_inconclusive(book: Any, agg: str) -> None:
    record(book)
    limit, more = ("<= 5 pct/h", {"min_duration": "1 s"}) if agg == "slope" else ("<= 1000 s", {})
    assert judged(book, limit, agg, **more).status == "INCONCLUSIVE"


def test_an_empty_histogram_is_no_data(book: Any) -> None:
    record(book, [[1, 0], ["+Inf", 0]])
    assert judged(book, "<= 1 s").reason == "no_data"


def test_too_few_observations_are_short(book: Any) -> None:
    record(book)
    assert judged(book, "<= 1 s", min_samples=100).status == "PASS"
    assert judged(book, "<= 1 s", min_samples=101).reason == "short"


WRONG = [
    [],
    "1,2",
    [[1]],
    [[1, 2, 3]],
    [["+Inf", 1], [2, 2]],
    [[1, 1], [1, 2]],
    [[2, 1], [1, 2]],
    [[1, 5], [2, 4]],
    [[1, -1]],
    [[1, math.nan]],
    [[1, math.inf]],
    [[math.nan, 1]],
    [[-math.inf, 1]],
    [["1", 1]],
    [[True, 1]],
    [[1, True]],
    [[10**400, 1]],
    [[1, 10**400]],
    [[1, 1]] * 1001,
]


@pytest.mark.parametrize("buckets", WRONG, ids=[repr(item)[:30] for item in WRONG])
def test_what_is_no_histogram_is_refused(buckets: Any) -> None:
    with pytest.raises(EvidenceError):
        check_buckets(buckets)


VALUES = st.lists(st.integers(1, 400).map(lambda value: value / 100), min_size=1, max_size=40)
BOUNDS = st.lists(st.integers(1, 300).map(lambda value: value / 100), min_size=1, max_size=6, unique=True).map(sorted)


@hypothesis.given(VALUES, BOUNDS, st.sampled_from([1, 25, 50, 90, 95, 99, 100]))
def test_the_interval_holds_the_number_of_the_values_behind_it(values: list[float], bounds: list[float], q: float) -> None:
    buckets = [[bound, sum(value <= bound for value in values)] for bound in bounds] + [["+Inf", len(values)]]
    histogram = histogram_of(check_buckets(buckets), "s", "s", "time")
    low, high = histogram.percentile(q)
    assert low <= percentile(values, q) <= high
    assert histogram.minimum()[0] < min(values) <= histogram.minimum()[1]
    assert histogram.maximum()[0] < max(values) <= histogram.maximum()[1]
    for sign in ("<", "<=", ">", ">=", "==", "!="):
        limit = parse_limit(f"{sign} {bounds[0]} s", "time", "")
        low, high = histogram.share(limit)
        assert low - 1e-9 <= sum(limit.holds(value) for value in values) / len(values) <= high + 1e-9
