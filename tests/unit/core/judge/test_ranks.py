# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The statistics of pairs against the formulas, and the growth that is made of them against the same made by hand."""

from __future__ import annotations

import math
import random
import statistics
from bisect import bisect_left

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.ranks import (
    kendall_deviation,
    rank_interval,
    shift_deviation,
    widening,
)
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.samples import Samples, percentile
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.trend import Trend, trend


def test_the_deviation_of_kendalls_s_and_of_mann_and_whitneys_u() -> None:
    assert kendall_deviation(10) == pytest.approx(math.sqrt(125))
    assert kendall_deviation(48) == pytest.approx(math.sqrt(48 * 47 * 101 / 18))
    assert shift_deviation(12, 8) == pytest.approx(2 * math.sqrt(12 * 8 * 21 / 12))


@pytest.mark.parametrize(
    ("deviation", "wanted"), [(0.0, (50.0, 51.0)), (10.0, (40.0, 61.0)), (51.0, (0.0, math.inf)), (52.0, (-math.inf, math.inf))]
)
def test_the_interval_around_the_median_of_pairs(deviation: float, wanted: tuple[float, float]) -> None:
    """Of 101 pairs: ten deviations are 19.6 ranks, of which half lie below."""
    low, high = rank_interval([float(number) for number in range(101)], deviation)
    assert (low, high) == wanted


def test_neighbours_that_are_alike_widen_as_far_as_the_correction_goes() -> None:
    assert widening([1.0, -1.0] * 20) == 1.0
    assert widening([1.0] * 20 + [-1.0] * 20) == pytest.approx(3.0)
    assert widening([0.001] * 20 + [-0.001] * 20) == pytest.approx(3.0)
    assert widening([5.0] * 40) == 1.0
    values = [1.0, 2.0, 2.0, 1.0, -1.0, 0.0, -2.0, -1.0, 1.0, 0.0, 2.0, 0.0]
    mean = statistics.fmean(values)
    seen = sum((one - mean) * (other - mean) for one, other in zip(values, values[1:])) / sum((one - mean) ** 2 for one in values)
    for fitted in (0, 1, 2):
        alike = (12 * seen + fitted) / (12 - 2 * fitted)
        assert widening(values, fitted) == pytest.approx(math.sqrt((1 + alike) / (1 - alike)))


def slopes(blocks: list[tuple[float, float]]) -> list[float]:
    return sorted((later - earlier) / (end - begin) for i, (begin, earlier) in enumerate(blocks) for end, later in blocks[i + 1 :])


def by_hand(samples: Samples) -> tuple[float, float, float]:
    """Low, value and high in percent of the start an hour, where no cycle is asked for."""
    edges = [bisect_left(samples.at, samples.span * number / 48) for number in range(48)] + [len(samples.at)]
    cut = [(samples.at[low:high], samples.values[low:high]) for low, high in zip(edges, edges[1:])]
    blocks = [(statistics.median(times), percentile(values, 10)) for times, values in cut]
    slope, late, early = (statistics.median(slopes(part)) for part in (blocks, blocks[24:], blocks[:25]))
    begin = blocks[0][0]
    start = statistics.median([value - early * (at - begin) for at, value in blocks[:6]])
    rest = [value - slope * (at - begin) for at, value in blocks]
    mean = statistics.fmean(rest)
    seen = sum((one - mean) * (other - mean) for one, other in zip(rest, rest[1:])) / sum((one - mean) ** 2 for one in rest)
    alike = min(max((48 * seen + 2) / (48 - 4), 0.0), 0.8)
    margin = 1.959964 * math.sqrt(48 * 47 * 101 / 18) * math.sqrt((1 + alike) / (1 - alike))
    pairs = slopes(blocks)
    low, high = pairs[math.floor((len(pairs) - margin) / 2)], pairs[math.ceil((len(pairs) + margin) / 2)]
    least, steady, most = (end * 3600 / start * 100 for end in (min(low, late), slope, max(high, late)))
    return least, steady, most


def growing(seed: int, slower: float) -> Samples:
    """An hour's worth of 3 pct, with neighbours that are alike; in the second half it grows by so much less."""
    chance, level, values = random.Random(seed), 0.0, []
    for number in range(48 * 30):
        level = 0.97 * level + 0.2 * chance.gauss(0, 1)
        hours = number / 120
        values.append(100 + 3 * min(hours, 6) + (3 - slower) * max(0.0, hours - 6) + level)
    return Samples([number * 30.0 for number in range(48 * 30)], values)


def made(samples: Samples, cycles_needed: int = 0) -> Trend:
    found = trend(samples, cycles_needed)
    assert found is not None
    return found


@pytest.mark.parametrize("slower", [0.0, 2.0, -2.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_growth_and_interval_are_those_of_the_formulas(seed: int, slower: float) -> None:
    samples = growing(seed, slower)
    found = made(samples)
    assert (found.low, found.value, found.high) == pytest.approx(by_hand(samples), rel=1e-9)
    assert found.blocks == 48


def waves(count: int) -> Samples:
    """So many waves that rise and fall as slowly as each other."""
    length = 480 // count
    return Samples(
        [number * 60.0 for number in range(480)], [100 + 20 * abs(1 - abs(1 - number % length * 2 / length)) for number in range(480)]
    )


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_fall_that_takes_many_blocks_is_one_cycle(count: int) -> None:
    assert made(waves(count), 3).cycles == count


def test_a_fall_that_is_interrupted_by_a_smaller_rise_is_one() -> None:
    levels = [1.0, 0.4, 0.7, 0.0, 1.0, 1.0]
    samples = Samples([number * 60.0 for number in range(480)], [100 + 20 * levels[number // 80] for number in range(480)])
    assert made(samples, 3).cycles == 1


def test_a_rise_at_the_beginning_is_no_cycle() -> None:
    samples = Samples([number * 60.0 for number in range(480)], [100 + 20 * (10 <= number < 250) for number in range(480)])
    assert made(samples, 3).cycles == 1


def test_cycles_that_were_seen_too_seldom_widen_by_twice_their_height() -> None:
    few, enough = made(waves(2), 3), made(waves(2), 2)
    assert few.high - enough.high == pytest.approx(enough.low - few.low)
    assert few.high - enough.high > 2 * 15 / 100 * 100 / 8
    assert made(waves(4), 3).high < few.high


@pytest.mark.parametrize(("end", "sides"), [(20.0, (False, True)), (-20.0, (True, False))])
def test_a_doubt_on_one_side_alone_stays(end: float, sides: tuple[bool, bool]) -> None:
    """Without noise it grows along a line, and in the last part along another one."""
    levels = [1000 + 2 * min(number, 408) + end * max(0, number - 408) for number in range(480)]
    found = made(Samples([number * 60.0 for number in range(480)], map(float, levels)))
    near = 1e-6 * found.value
    assert (found.value - found.low > near, found.high - found.value > near) == sides
