# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Log histograms add up, and their percentiles are near those of the observations."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.histogram import Histogram
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.samples import percentile
from ansible_collections.proofile.stagegate.plugins.module_utils.core.log_histogram import (
    GAMMA,
    LogHistogram,
    log_histogram,
    merged,
    read_log_histogram,
)

SECONDS = st.lists(st.one_of(st.just(0.0), st.floats(1e-6, 1e4)), max_size=40)
NOTHING = LogHistogram({})


@given(SECONDS, SECONDS)
def test_the_parts_add_up_to_the_whole(one: list[float], other: list[float]) -> None:
    assert log_histogram(one).merged(log_histogram(other)) == log_histogram(one + other)


@given(SECONDS, SECONDS, SECONDS)
def test_the_order_in_which_parts_are_added_changes_nothing(one: list[float], other: list[float], third: list[float]) -> None:
    a, b, c = log_histogram(one), log_histogram(other), log_histogram(third)
    assert a.merged(b) == b.merged(a)
    assert a.merged(b).merged(c) == a.merged(b.merged(c))
    assert a.merged(NOTHING) == a
    assert merged([a, b, c]) == a.merged(b).merged(c)


@given(SECONDS.filter(bool), st.floats(0.1, 100))
def test_a_percentile_is_within_one_percent_of_the_observation_of_its_rank(values: list[float], q: float) -> None:
    wanted = sorted(values)[math.floor((len(values) - 1) * q / 100 + 0.5)]
    assert log_histogram(values).percentile(q) == pytest.approx(wanted, rel=(GAMMA - 1) / 2, abs=1e-12)


@pytest.mark.parametrize("q", [50, 90, 95, 99, 99.9])
def test_of_many_latencies_every_percentile_is_within_one_percent(q: float) -> None:
    chance = random.Random(11)
    values = [math.exp(chance.gauss(-3, 0.8)) for _number in range(50_000)]
    assert log_histogram(values).percentile(q) == pytest.approx(percentile(values, q), rel=0.01)


def test_the_mean_of_the_p95_of_parts_is_another_number_than_the_p95_of_the_whole() -> None:
    quiet, busy = log_histogram([0.1] * 900), log_histogram([2.0] * 100)
    assert quiet.merged(busy).percentile(95) == pytest.approx(2.0, rel=0.01)
    assert quiet.percentile(95) == pytest.approx(0.1, rel=0.01)


def test_nothing_has_no_percentile() -> None:
    assert NOTHING.percentile(50) is None
    assert log_histogram([1.0]).percentile(0) is None
    assert log_histogram([1.0]).percentile(101) is None


@given(SECONDS.filter(bool), st.sampled_from([50.0, 95.0, 100.0]))
def test_the_judge_reads_the_same_percentile_as_an_interval(values: list[float], q: float) -> None:
    bounds, counts = zip(*log_histogram(values).buckets())
    low, high = Histogram(tuple(bounds), tuple(map(float, counts))).percentile(q)
    ordered, position = sorted(values), (len(values) - 1) * q / 100
    assert low <= ordered[math.floor(position)] * (1 + 1e-8) + 1e-9
    assert ordered[math.ceil(position)] <= high * (1 + 1e-8)


@given(SECONDS)
def test_what_is_written_is_read_again(values: list[float]) -> None:
    made = log_histogram(values)
    assert read_log_histogram(json.loads(json.dumps(made.as_dict()))) == made


@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf])
def test_what_is_no_number_from_zero_on_is_refused(value: float) -> None:
    with pytest.raises(EvidenceError, match="cannot be counted"):
        log_histogram([1.0, value])


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        {},
        {"gamma": 1.05, "zeros": 0, "counts": {}},
        {"gamma": GAMMA, "zeros": -1, "counts": {}},
        {"gamma": GAMMA, "zeros": 0, "counts": {"1": 1.5}},
        {"gamma": GAMMA, "zeros": 0, "counts": {"1": True}},
        {"gamma": GAMMA, "zeros": 0, "counts": {"one": 1}},
        {"gamma": GAMMA, "zeros": 0, "counts": {"99999999": 1}},
        {"gamma": GAMMA, "zeros": 0, "counts": [1]},
    ],
)
def test_what_is_no_histogram_is_an_error_of_the_evidence(wrong: Any) -> None:
    with pytest.raises(EvidenceError, match="histogram"):
        read_log_histogram(wrong)
