# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The growth of a level: what it is, how sure it is, and what makes it unsure."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge import ranks
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.samples import Samples
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.trend import BLOCKS, Trend, settled, trend

HOUR = 3600.0


def course(hours: float, level: Callable[[float], float], noise: float = 1.0, seed: int = 5) -> Samples:
    chance = random.Random(seed)
    times = [number * 30.0 for number in range(int(hours * 120) + 1)]
    return Samples(times, [level(at / HOUR) + chance.gauss(0, noise) for at in times])


def found(samples: Samples, cycles: int = 3) -> Trend:
    made = trend(samples, cycles)
    assert made is not None
    return made


@pytest.mark.parametrize("growth", [-4.0, 0.0, 2.0, 10.0])
def test_the_interval_holds_the_growth_and_is_narrow(growth: float) -> None:
    made = found(course(8, lambda hour: 1000 + 10 * growth * hour, 5.0))
    # The trough of a block of a level that sinks is its end: 0.4 pct below where it began.
    assert made.low - 0.03 <= growth <= made.high + 0.03
    assert made.high - made.low < 0.3
    assert (made.blocks, round(made.hours, 2)) == (BLOCKS, 8.0)


@pytest.mark.parametrize("growth", [0.0, 2.5, 7.5])
def test_a_straight_line_leaves_no_doubt(growth: float) -> None:
    made = found(course(4, lambda hour: 1000 + 10 * growth * hour, 0.0))
    assert made.low == made.value == made.high == pytest.approx(growth, abs=0.02)


def test_the_interval_of_noise_holds_the_truth_in_nineteen_of_twenty_soaks() -> None:
    held = [made.low <= 0 <= made.high for made in (found(course(4, lambda hour: 1000, 10.0, seed)) for seed in range(200))]
    assert sum(held) >= 185


def test_a_saw_tooth_of_many_periods_has_no_growth() -> None:
    made = found(course(6, lambda hour: 1000 + 200 * (hour * 3 % 1), 5.0))
    assert made.low <= 0 <= made.high < 2
    assert made.cycles >= 10


def test_a_part_of_one_cycle_says_nothing_about_growth() -> None:
    climb = course(3.4, lambda hour: 1000 + 200 * ((hour + 1.5) / 3 % 1))
    made = found(climb)
    assert made.low < -10 < 10 < made.high
    assert made.why == "1 of 3 cycles seen"


def test_cycles_that_nobody_asks_for_widen_nothing() -> None:
    climb = course(3.4, lambda hour: 1000 + 200 * ((hour + 1.5) / 3 % 1))
    assert found(climb, 0).high - found(climb, 0).low < found(climb).high - found(climb).low
    assert "cycles" not in found(climb, 0).why


def test_three_cycles_are_enough_and_two_are_not() -> None:
    def seen(hours: float) -> Trend:
        return found(course(hours, lambda hour: 1000 + 200 * (hour / 3 % 1), 2.0))

    assert (seen(6.5).cycles, seen(9.5).cycles) == (2, 3)
    assert "2 of 3 cycles" in seen(6.5).why
    assert "cycles" not in seen(9.5).why


def test_a_level_that_sinks_all_the_time_is_no_cycle() -> None:
    made = found(course(4, lambda hour: 1000 - 50 * hour, 1.0))
    assert made.high < -4


def test_a_growth_that_slowed_down_reaches_down_to_its_second_half() -> None:
    made = found(course(8, lambda hour: 1000 + 400 * (1 - math.exp(-hour)), 1.0))
    assert made.low < 1
    assert made.why == "it grew more slowly in the second half"


def test_a_growth_that_began_late_reaches_up_to_its_second_half() -> None:
    made = found(course(24, lambda hour: 1000 + 100 * max(0.0, hour - 12), 1.0))
    assert made.value < 5.1 < 9 < made.high
    assert made.why == "it grew faster in the second half"


def test_the_growth_is_told_in_percent_of_the_level_at_the_start() -> None:
    made = found(course(4, lambda hour: 200 + 20 * hour, 0.0))
    assert (made.value, made.start, made.end) == (pytest.approx(10, rel=0.01), pytest.approx(200, rel=0.01), pytest.approx(280, rel=0.02))


def test_what_would_have_been_seen_is_no_less_than_the_half_interval() -> None:
    made = found(course(4, lambda hour: 1000, 10.0))
    assert made.detection_limit == pytest.approx(made.value - made.low, rel=0.5)
    assert made.detection_limit > 0


def test_it_runs_against_a_ceiling_as_fast_as_the_lower_end_says() -> None:
    line = Trend(1.0, 2.0, 3.0, 0.1, "", 48, 0, 10.0, 1000.0, 1200.0)
    assert line.hours_to(1300.0) == 10
    assert line.hours_to(1200.0) == line.hours_to(900.0) == 0
    assert Trend(0.0, 2.0, 3.0, 0.1, "", 48, 0, 10.0, 1000.0, 1200.0).hours_to(1300.0) == math.inf
    assert Trend(-math.inf, 2.0, math.inf, 0.1, "", 48, 0, 10.0, 1000.0, 1200.0).hours_to(1300.0) == math.inf


@pytest.mark.parametrize(("hours", "dropped"), [(2, 0.3), (4, 0.6), (10, 1.0), (48, 1.0)])
def test_the_warm_up_is_fifteen_percent_and_an_hour_at_most(hours: float, dropped: float) -> None:
    kept = settled(course(hours, lambda hour: 1.0))
    assert kept.at[0] / HOUR == pytest.approx(dropped, abs=0.01)


def test_of_nothing_nothing_is_known() -> None:
    assert trend(Samples()) is None
    assert len(settled(Samples())) == 0
    assert trend(Samples([1.0] * 9, [2.0] * 9)) is None
    assert trend(Samples([float(at) for at in range(5)], [1.0] * 5)) is None
    assert trend(Samples([float(at) for at in range(6)], [1.0] * 6)) is not None
    assert trend(Samples([float(at) for at in range(60)], [0.0] * 60)) is None


@given(st.lists(st.floats(-1e300, 1e300), min_size=6, max_size=60), st.floats(1e-3, 1e6))
def test_whatever_comes_the_value_lies_in_its_interval(values: list[float], step: float) -> None:
    made = trend(Samples([number * step for number in range(len(values))], values))
    assert made is None or (math.isfinite(made.value) and made.low <= made.value <= made.high)


@given(st.lists(st.floats(1.0, 1e3), min_size=12, max_size=60), st.sampled_from([0.5, 4.0, 1024.0]))
def test_the_unit_of_the_level_changes_nothing(values: list[float], factor: float) -> None:
    times = [number * 60.0 for number in range(len(values))]
    one, other = trend(Samples(times, values)), trend(Samples(times, [value * factor for value in values]))
    assert (one is None) == (other is None)
    if one and other:
        assert (other.low, other.value, other.high, other.cycles) == (one.low, one.value, one.high, one.cycles)


def test_neighbours_that_are_alike_widen_and_strangers_do_not() -> None:
    chance = random.Random(2)
    strangers = [chance.gauss(0, 1) for _number in range(400)]
    alike = [0.0]
    for fresh in strangers:
        alike.append(0.7 * alike[-1] + fresh)
    assert ranks.widening(strangers) < 1.1
    assert ranks.widening(alike) == pytest.approx(math.sqrt(1.7 / 0.3), rel=0.15)
    assert ranks.widening([3.0] * 9) == 1
    assert ranks.widening([1e200, -1e200, 1e200]) == 1


def test_the_ends_are_infinite_where_the_pairs_are_too_few() -> None:
    assert ranks.rank_interval([1.0, 2.0, 3.0], 5.0) == (-math.inf, math.inf)
    assert ranks.rank_interval([float(number) for number in range(101)], 10.0) == (40.0, 61.0)
