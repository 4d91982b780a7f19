# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From many samples to one number."""

from __future__ import annotations

import random

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge import aggregate, confidence, samples
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.samples import Samples


def test_percentiles_are_those_of_type_seven() -> None:
    assert samples.percentile([1, 2, 3, 4], 50) == 2.5
    assert samples.percentile([4, 1, 3, 2], 95) == pytest.approx(3.85)
    assert samples.percentile([7], 99) == 7


def test_a_percentile_of_nothing_is_an_error_and_not_zero() -> None:
    with pytest.raises(InputError):
        samples.percentile([], 95)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("last", 3),
        ("first", 4),
        ("min", 1),
        ("max", 9),
        ("mean", 4.25),
        ("median", 3.5),
        ("sum", 17),
        ("count", 4),
        ("p(100)", 9),
        ("share(>= 4 1)", 0.5),
    ],
)
def test_every_aggregation_gives_its_number(name: str, expected: float) -> None:
    points = Samples.of([(0.0, 4.0), (1.0, 1.0), (2.0, 9.0), (3.0, 3.0)])
    assert aggregate.aggregate(aggregate.parse_aggregation(name, ""), points) == expected


@pytest.mark.parametrize(
    "name", ["last", "first", "min", "max", "mean", "median", "sum", "count", "rate", "slope", "p(95)", "share(> 1 pct)"]
)
def test_no_aggregation_makes_a_number_of_nothing(name: str) -> None:
    assert aggregate.aggregate(aggregate.parse_aggregation(name, ""), Samples()) is None


@pytest.mark.parametrize("name", ["p95", "p(0)", "p(101)", "p(-1)", "averge", "LAST", "", "eval", "share", "last 5"])
def test_an_unknown_aggregation_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="unknown aggregation"):
        aggregate.parse_aggregation(name, "field agg")


def test_the_increase_of_a_counter_sees_resets() -> None:
    assert Samples.of([(0, 10), (1, 15), (2, 3), (3, 5)]).increase() == 10


def test_one_sample_of_a_counter_says_nothing() -> None:
    assert Samples.of([(0, 10)]).increase() is None
    assert aggregate.rate(Samples.of([(0, 10), (0, 12)])) is None


def test_a_rate_is_per_second() -> None:
    assert aggregate.rate(Samples.of([(0, 0), (10, 5)])) == 0.5


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("averge", 1, "known: "),
        ("maxx", 1, "did you mean 'max'"),
        ("p(0)", 3, "above 0 and at most 100"),
        ("p(95", 5, r"expected \)"),
        ("share(80 pct)", 7, "is no limit"),
        ("share(> 80 kB)", 12, "does not fit"),
        ("share(> 80 pct) of", 17, "should end here"),
    ],
)
def test_an_error_in_an_aggregation_names_the_column(text: str, column: int, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        aggregate.parse_aggregation(text, "field agg", "ratio")
    assert f"field agg, column {column} of" in caught.value.where


@pytest.mark.parametrize("growth", [0.0, 1.0, 5.0, 10.0])
def test_the_slope_is_in_percent_of_the_start_per_hour(growth: float) -> None:
    chance = random.Random(7)
    points = [(float(at), 1000.0 * (1 + growth / 100 * at / 3600) + chance.gauss(0, 1)) for at in range(0, 4 * 3600, 5)]
    assert aggregate.slope_per_hour(Samples.of(points)) == pytest.approx(growth, abs=0.15)


def test_one_wild_sample_does_not_bend_the_slope() -> None:
    points = [(float(at), 1000.0) for at in range(0, 3600, 5)]
    points[300] = (points[300][0], 1e9)
    assert aggregate.slope_per_hour(Samples.of(points)) == 0


def test_a_slope_of_too_few_samples_or_from_zero_is_unknown() -> None:
    assert aggregate.slope_per_hour(Samples.of([(0, 1), (1, 2)])) is None
    assert aggregate.slope_per_hour(Samples.of([(float(at), 0.0) for at in range(100)])) is None


@pytest.mark.parametrize(("hits", "tries"), [(0, 2995), (1, 4742), (3, 7752), (10, 16959)])
def test_clopper_pearson_needs_as_many_requests_as_the_tables_say(hits: int, tries: int) -> None:
    assert confidence.upper_bound(hits, tries, 0.95) < 0.001 <= confidence.upper_bound(hits, tries - 1, 0.95)


def test_the_bounds_mirror_each_other() -> None:
    assert confidence.lower_bound(5, 10, 0.95) == pytest.approx(1 - confidence.upper_bound(5, 10, 0.95))
    assert confidence.upper_bound(10, 10, 0.95) == 1
    assert confidence.lower_bound(0, 10, 0.95) == 0


@pytest.mark.parametrize(("hits", "tries"), [(-1, 10), (11, 10), (0, 0)])
def test_impossible_counts_have_no_bound(hits: int, tries: int) -> None:
    with pytest.raises(InputError):
        confidence.upper_bound(hits, tries, 0.95)
