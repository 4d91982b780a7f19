# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was counted in stretches of time is judged like the observations themselves, to 1 pct and never better."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.counted import CountedSamples, blurred
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.drift import Drift
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.samples import Samples, percentile
from ansible_collections.proofile.stagegate.plugins.module_utils.core.log_histogram import GAMMA, log_histogram

HOUR = 3600.0
P95 = {"sli": "http.duration", "agg": "p(95)"}


def counted(values: Sequence[float], step: float = 60.0, of_each: int = 1) -> CountedSamples:
    """So many values in each stretch of `step` seconds."""
    parts = [values[number : number + of_each] for number in range(0, len(values), of_each)]
    return CountedSamples([number * step for number in range(len(parts))], [log_histogram(part) for part in parts])


def judged(book: Any, samples: Any, limit: str, **more: Any) -> Any:
    book.start("soak")
    book.measure("soak", "http.duration", None, "s", series={"file": "f"})
    return book.outcome({**P95, "pass": limit, **more}, load=lambda _reference: samples)


@pytest.mark.parametrize(
    ("limit", "status"),
    [
        ("<= 1 s", "PASS"),
        ("< 1 s", "INCONCLUSIVE"),
        ("<= 0.999 s", "INCONCLUSIVE"),
        ("<= 0.981 s", "INCONCLUSIVE"),
        ("<= 0.98 s", "FAIL"),
        ("<= 0.9 s", "FAIL"),
        (">= 0.98 s", "PASS"),
        (">= 0.99 s", "INCONCLUSIVE"),
        (">= 1.001 s", "FAIL"),
        ("== 1 s", "INCONCLUSIVE"),
    ],
)
def test_the_bucket_that_touches_the_limit_is_no_pass(book: Any, limit: str, status: str) -> None:
    """A second lies in the bucket from 1 / 1.02 s, itself excluded, to 1 s."""
    outcome = judged(book, counted([1.0] * 200), limit)
    assert (outcome.status, outcome.n) == (status, 200)


@hypothesis.given(
    st.lists(st.floats(1e-4, 30), min_size=1, max_size=40), st.sampled_from([50, 90, 95, 99, 100]), st.floats(1e-4, 30), st.integers(1, 5)
)
def test_counting_never_changes_a_verdict_it_only_doubts(values: list[float], q: int, limit: float, of_each: int) -> None:
    track = counted(values, of_each=of_each).histogram()
    low, high = track.percentile(q)
    true = percentile(values, q)
    assert low * (1 - 1e-9) <= true <= high * (1 + 1e-9)
    assert not high <= limit or true <= limit * (1 + 1e-9)
    assert not low > limit or true > limit * (1 - 1e-9)


def test_the_percentile_of_the_whole_is_no_mean_of_percentiles(book: Any) -> None:
    """A tenth of the time is slow, and holds half of the requests."""
    quiet, busy = [0.1] * 90, [2.0] * 90
    samples = CountedSamples([0.0, 60.0], [log_histogram(quiet), log_histogram(busy)])
    outcome = judged(book, samples, "<= 1.9 s")
    assert outcome.status == "FAIL"
    assert outcome.n == 180


def test_min_samples_are_observations(book: Any) -> None:
    samples = counted([0.1] * 1000, of_each=100)
    assert judged(book, samples, "<= 1 s", min_samples=1000).status == "PASS"
    assert judged(book, samples, "<= 1 s", min_samples=1001).reason == "short"


def test_each_window_is_judged_by_what_was_counted_in_it(book: Any) -> None:
    values = [0.1] * 120 + [2.0] * 60 + [0.1] * 60
    outcome = judged(book, counted(values), "<= 1 s", every="1 h", limits={"failed": 1})
    assert (outcome.status, outcome.windows["failed"], outcome.windows["windows"]) == ("WARN", 1, 4)
    assert judged(book, counted(values), "<= 1 s", every="1 h").status == "FAIL"


def test_a_warm_up_is_left_out(book: Any) -> None:
    samples = counted([9.0] * 30 + [0.1] * 60)
    assert judged(book, samples, "<= 1 s").status == "FAIL"
    assert judged(book, samples, "<= 1 s", warmup="30 min").status == "PASS"


@pytest.mark.parametrize("agg", ["last", "first", "mean", "sum"])
def test_what_counts_do_not_tell_is_undecided(book: Any, agg: str) -> None:
    outcome = judged(book, counted([0.1] * 200), "<= 1 s", agg=agg)
    assert (outcome.status, outcome.reason) == ("INCONCLUSIVE", "ambiguous")


def test_a_growth_and_the_end_of_a_series_are_not_told_either(book: Any) -> None:
    samples = counted([0.1] * 600)
    assert judged(book, samples, "<= 5 pct/h", agg="slope", min_duration="1 h").reason == "ambiguous"
    assert judged(book, samples, "<= 1 s for 5 min", agg="last").reason == "ambiguous"


def test_a_share_a_maximum_and_a_count_are_told(book: Any) -> None:
    samples = counted([0.1] * 90 + [2.0] * 10)
    assert judged(book, samples, ">= 90 pct", agg="share(< 1 s)").status == "PASS"
    assert judged(book, samples, ">= 91 pct", agg="share(< 1 s)").status == "FAIL"
    assert judged(book, samples, "<= 2.1 s", agg="max").status == "PASS"
    assert judged(book, samples, ">= 100 count", agg="count").status == "PASS"


def test_nothing_counted_is_no_data(book: Any) -> None:
    assert judged(book, CountedSamples([], []), "<= 1 s").reason == "no_data"
    assert judged(book, CountedSamples([0.0], [log_histogram([])]), "<= 1 s").reason == "no_data"


def test_a_time_that_is_no_number_is_not_finite(book: Any) -> None:
    assert judged(book, CountedSamples([math.nan], [log_histogram([0.1])]), "<= 1 s").reason == "not_finite"


def test_a_hole_between_the_stretches_is_seen(book: Any) -> None:
    samples = CountedSamples([0.0, 60.0, 960.0], [log_histogram([0.1])] * 3)
    assert judged(book, samples, "<= 1 s", max_gap="5 min").reason == "gap"
    assert judged(book, samples, "<= 1 s", max_gap="15 min").status == "PASS"


def test_another_unit_moves_the_bounds(book: Any) -> None:
    samples = counted([0.5] * 100).converted("ms", "s")
    assert isinstance(samples, CountedSamples)
    low, high = samples.histogram().percentile(95)
    assert low < 0.0005 <= high < 0.0005 * 1.03
    assert samples.block_medians(2)[0][1] == pytest.approx(0.0005, rel=0.01)


DRIFT = {"agg": "drift", "surely": "<= 120 pct", "min_duration": "8 h"}


@pytest.mark.parametrize(("slower", "status"), [(1.0, "PASS"), (1.08, "PASS"), (1.2, "FAIL"), (1.5, "FAIL")])
def test_a_drift_is_that_of_the_observations_and_as_much_wider_as_they_are_not_known(book: Any, slower: float, status: str) -> None:
    chance = random.Random(3)
    values = [0.1 * (slower if number >= 6000 else 1.0) * (1 + 0.2 * chance.random()) for number in range(12_000)]
    raw = judged(book, Samples([number * 6.0 for number in range(12_000)], values), "<= 110 pct", **DRIFT)
    outcome = judged(book, counted(values, of_each=10), "<= 110 pct", **DRIFT)
    assert outcome.status == status
    assert outcome.value == pytest.approx(raw.value, rel=0.021)
    assert outcome.high - outcome.low > 100 * slower * (GAMMA - 1)
    assert outcome.low <= raw.low * 1.001 and outcome.high >= raw.high * 0.999
    assert outcome.n == pytest.approx(raw.n, abs=20)


@pytest.mark.parametrize("count", [1, 3, 7, 48])
@pytest.mark.parametrize("step", [0.2, 60.0])
def test_blocks_are_those_of_the_observations(count: int, step: float) -> None:
    """Each block has an odd number of stretches, so that its median is an observation, and its middle a stretch."""
    chance = random.Random(count)
    values = [math.exp(chance.gauss(0, 1)) for _number in range(count * 5)]
    raw = Samples([number * step for number in range(count * 5)], values)
    blocks, wanted = counted(values, step).block_medians(count), raw.block_medians(count)
    assert [at for at, _value in blocks] == pytest.approx([at for at, _value in wanted], abs=step * 1.01)
    assert len(blocks) == len(wanted)
    if count in (1, 3, 7):
        assert [value for _at, value in blocks] == pytest.approx([value for _at, value in wanted], rel=0.0101)
        assert [at for at, _value in blocks] == [at for at, _value in wanted]


def test_one_stretch_has_no_blocks_and_an_empty_block_no_median() -> None:
    assert CountedSamples([5.0], [log_histogram([1.0])]).block_medians(4) == []
    half = CountedSamples([0.0, 1.0], [log_histogram([]), log_histogram([1.0])])
    assert [at for at, _value in half.block_medians(2)] == [1.0]


def test_a_larger_unit_makes_smaller_numbers_and_a_smaller_one_larger() -> None:
    samples = counted([0.5] * 100).converted("s", "ms")
    assert samples.block_medians(2)[0][1] == pytest.approx(500, rel=0.01)
    assert samples.after(60.0).block_medians(2)[0][1] == pytest.approx(500, rel=0.01)


def test_a_blurred_drift_is_wider_by_two_percent_at_either_end() -> None:
    made = blurred(Drift(0.9, 1.0, 1.2, 0.1))
    assert (made.low, made.value, made.high, made.detection_limit) == pytest.approx((0.9 / 1.02, 1.0, 1.2 * 1.02, 0.122))
