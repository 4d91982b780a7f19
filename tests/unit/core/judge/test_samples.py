# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Samples: what can be asked of a series."""

from __future__ import annotations

import math
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.limit import parse_limit
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.samples import Samples

ABOVE = parse_limit("> 80 pct", "ratio", "")
PAIRS = st.lists(st.tuples(st.integers(0, 1000).map(float), st.integers(-50, 50).map(float)), min_size=1, max_size=30)


def test_torn_columns_are_refused() -> None:
    with pytest.raises(EvidenceError, match="torn"):
        Samples([1.0, 2.0], [1.0])


def test_each_sample_stands_for_half_of_the_way_to_its_neighbours() -> None:
    assert Samples.of([(0, 0.9), (10, 0.1), (20, 0.1)]).share(ABOVE) == 0.25
    assert Samples.of([(0, 0.1), (10, 0.9), (20, 0.1)]).share(ABOVE) == 0.5
    assert Samples.of([(0, 0.9), (10, 0.9)]).share(ABOVE) == 1
    assert Samples.of([(0, 0.1), (1, 0.1), (100, 0.9)]).share(ABOVE) == pytest.approx(0.495)


def test_a_share_of_no_time_is_unknown() -> None:
    assert Samples.of([(5, 0.9)]).share(ABOVE) is None
    assert Samples.of([(5, 0.9), (5, 0.1)]).share(ABOVE) is None


@pytest.mark.parametrize(("times", "occupied"), [([0, 5, 10], 3), ([0, 6, 9], 3), ([0, 1, 2], 1), ([0, 5, 5, 20], 3), ([3, 8], 2)])
def test_a_slot_is_occupied_by_the_samples_that_are_nearest_to_it(times: list[float], occupied: int) -> None:
    assert Samples.of([(at, 0.0) for at in times]).occupied(5, times[0], 100) == occupied


@pytest.mark.parametrize(("times", "occupied"), [([0, 5, 10], 3), ([0, 5, 12.4], 3), ([0, 5, 12.5], 2), ([-2.5, 5, 10], 3), ([-2.6, 5], 1)])
def test_a_slot_before_the_first_or_after_the_last_one_makes_up_for_none(times: list[float], occupied: int) -> None:
    """Three slots of five seconds, around 0, 5 and 10."""
    assert Samples.of([(at, 0.0) for at in times]).occupied(5, 0.0, 3) == occupied


def test_the_longest_hole_is_found() -> None:
    assert Samples.of([(0, 1), (5, 1), (17, 1), (20, 1)]).largest_gap() == 12
    assert Samples.of([(0, 1)]).largest_gap() == 0


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_one_number_that_is_not_finite_makes_the_whole_not_finite(wrong: float) -> None:
    assert Samples([0.0, 1.0], [1.0, 2.0]).finite
    assert not Samples([0.0, 1.0], [1.0, wrong]).finite
    assert not Samples([0.0, wrong], [1.0, 2.0]).finite


def test_a_counter_keeps_the_sample_before_its_window() -> None:
    counter = Samples.of([(0, 10), (10, 20), (20, 50), (30, 50)])
    assert counter.between(20, 40) == [(20, 50), (30, 50)]
    assert counter.between(20, 40, lead=True) == [(10, 20), (20, 50), (30, 50)]
    assert counter.between(40, 50, lead=True) == []


@hypothesis.given(PAIRS, st.randoms(use_true_random=False), st.integers(1, 9).map(float))
def test_the_order_in_which_samples_are_given_changes_nothing(pairs: list[Any], chance: Any, interval: float) -> None:
    shuffled = list(pairs)
    chance.shuffle(shuffled)
    one, other = Samples.of(pairs), Samples.of(shuffled)
    assert one == other
    for name in ("span", "first", "last"):
        assert getattr(one, name) == getattr(other, name)
    assert one.occupied(interval, 0.0, 20) == other.occupied(interval, 0.0, 20)


@hypothesis.given(PAIRS, st.integers(0, 1000), st.integers(1, 300))
def test_windows_side_by_side_hold_every_sample_and_every_increase_once(pairs: list[Any], begin: int, length: int) -> None:
    samples = Samples.of(pairs)
    edges = [-math.inf, *range(begin, 1001, length), math.inf]
    parts = [samples.between(low, high) for low, high in zip(edges, edges[1:])]
    assert [pair for part in parts for pair in part] == list(samples)
    counted = [samples.between(low, high, lead=True).increase() or 0.0 for low, high in zip(edges, edges[1:])]
    assert sum(counted) == pytest.approx(samples.increase() or 0.0)


@hypothesis.given(PAIRS, st.integers(-50, 50))
def test_a_share_and_its_opposite_make_the_whole(pairs: list[Any], bound: int) -> None:
    samples = Samples.of(pairs)
    over, under = (samples.share(parse_limit(f"{sign} {bound} 1", "number", "")) for sign in (">", "<="))
    if samples.span:
        assert over is not None and under is not None and over + under == pytest.approx(1)


@hypothesis.given(PAIRS, st.integers(1, 60))
def test_block_medians_are_in_order_and_within_the_values(pairs: list[Any], count: int) -> None:
    samples = Samples.of(pairs)
    blocks = samples.block_medians(count)
    assert len(blocks) <= count
    assert [at for at, _value in blocks] == sorted(at for at, _value in blocks)
    assert all(samples.minimum() <= value <= samples.maximum() for _at, value in blocks)
