# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The last part of a series against the first."""

from __future__ import annotations

import math
import random
import statistics
from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.drift import Drift, drift
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.samples import Samples

HOUR = 3600.0


def latency(hours: float, slower: float, noise: float = 0.3, seed: int = 3) -> Samples:
    """It jumps up by `slower` half-way."""
    chance = random.Random(seed)
    times = [number * 30.0 for number in range(int(hours * 120) + 1)]
    return Samples(times, [0.1 * (1 + slower * (at >= hours * HOUR / 2)) * math.exp(noise * chance.gauss(0, 1)) for at in times])


def found(samples: Samples) -> Drift:
    made = drift(samples)
    assert made is not None
    return made


@pytest.mark.parametrize("slower", [0.0, 0.15, 1.0])
@pytest.mark.parametrize("hours", [8.0, 24.0])
def test_the_interval_holds_the_ratio_and_is_narrow(slower: float, hours: float) -> None:
    made = found(latency(hours, slower))
    assert made.low <= 1 + slower <= made.high
    assert made.high / made.low < 1.15


def test_without_noise_there_is_no_doubt() -> None:
    made = found(latency(8, 0.25, 0.0))
    assert made.low == made.value == made.high == pytest.approx(1.25)


@pytest.mark.parametrize(("hours", "part"), [(8.0, 4.0), (11.9, 5.95), (12.0, 4.0), (48.0, 16.0)])
def test_the_parts_are_thirds_where_a_third_has_four_hours_and_halves_else(hours: float, part: float) -> None:
    assert found(latency(hours, 0)).part_hours == pytest.approx(part, rel=0.01)


def test_a_short_series_whose_neighbours_are_alike_has_an_interval_with_ends() -> None:
    """Twenty seconds that wander: each block is like the one before."""
    chance, level, samples = random.Random(5), 0.0, []
    for number in range(500):
        level = 0.98 * level + 0.1 * chance.gauss(0, 1)
        samples.append((number * 0.04, 0.005 * math.exp(level)))
    made = found(Samples.of(samples))
    assert made.blocks == 48
    assert 0 < made.low < 1.5 and made.high < 20


def test_one_minute_that_was_slow_is_no_drift() -> None:
    samples = latency(8, 0.0)
    wild = [value * (50 if 7 * HOUR < at < 7 * HOUR + 60 else 1) for at, value in samples]
    assert found(Samples(samples.at, wild)).high < 1.1


def test_the_interval_of_noise_holds_the_truth_in_nineteen_of_twenty_soaks() -> None:
    held = [made.low <= 1 <= made.high for made in (found(latency(8, 0.0, 0.4, seed)) for seed in range(150))]
    assert sum(held) >= 138


def test_of_too_little_or_of_what_is_not_above_zero_nothing_is_known() -> None:
    assert drift(Samples()) is None
    assert drift(Samples([1.0, 1.0], [2.0, 2.0])) is None
    assert drift(Samples([float(at) for at in range(11)], [1.0] * 11)) is None
    assert drift(Samples([float(at) for at in range(40)], [0.0] * 40)) is None
    assert drift(Samples([float(at) for at in range(40)], [-1.0] * 40)) is None


@given(st.lists(st.floats(1e-300, 1e300), min_size=12, max_size=60))
def test_whatever_comes_the_value_lies_in_its_interval(values: list[float]) -> None:
    made = drift(Samples([number * 60.0 for number in range(len(values))], values))
    assert made is None or made.low <= made.value <= made.high


def wandering(span: float, count: int, seed: int) -> Samples:
    """Neighbours are alike, and the second half is a tenth slower."""
    chance, level, values = random.Random(seed), 0.0, []
    for number in range(count):
        level = 0.9 * level + 0.05 * chance.gauss(0, 1)
        values.append(0.1 * math.exp(level) * (1.1 if number > count / 2 else 1.0))
    return Samples([span * number / (count - 1) for number in range(count)], values)


def by_hand(samples: Samples, count: int, parts: int) -> tuple[float, float, float, int]:
    """Low, value, high and blocks, straight from the formulas of Hodges and Lehmann, Mann and Whitney, Hamed and Rao."""
    edges = [bisect_left(samples.at, samples.span * number / count) for number in range(count)] + [len(samples.at)]
    cut = [(samples.at[low:high], samples.values[low:high]) for low, high in zip(edges, edges[1:]) if low < high]
    blocks = [(statistics.median(times), math.log(statistics.median(values))) for times, values in cut]
    first = [value for at, value in blocks if at < samples.span / parts]
    last = [value for at, value in blocks if at >= samples.span - samples.span / parts]
    n, m = len(first), len(last)
    shifts = sorted(late - early for early in first for late in last)
    rest = [value - statistics.median(part) for part in (first, last) for value in part]
    mean = statistics.fmean(rest)
    seen = sum((one - mean) * (other - mean) for one, other in zip(rest, rest[1:])) / sum((one - mean) ** 2 for one in rest)
    alike = min(max(((n + m) * seen + 1) / (n + m - 2), 0.0), 0.8)
    margin = 1.959964 * math.sqrt((1 + alike) / (1 - alike)) * math.sqrt(n * m * (n + m + 1) / 3)
    ends = math.floor((n * m - margin) / 2), math.ceil((n * m + margin) / 2)
    return math.exp(shifts[ends[0]]), math.exp(statistics.median(shifts)), math.exp(shifts[ends[1]]), n + m


@pytest.mark.parametrize(
    ("span", "blocks", "parts"),
    [
        (600.0, 48, 2),
        (28_800.0, 96, 2),
        (30_000.0, 100, 2),
        (30_030.0, 101, 2),
        (43_190.0, 144, 2),
        (43_200.0, 144, 3),
        (172_800.0, 576, 3),
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_ratio_and_interval_are_those_of_the_formulas(span: float, blocks: int, parts: int, seed: int) -> None:
    samples = wandering(span, 6001, seed)
    made, wanted = found(samples), by_hand(samples, blocks, parts)
    assert (made.low, made.value, made.high) == pytest.approx(wanted[:3], rel=1e-9)
    assert made.low < made.value < made.high
    assert made.blocks == wanted[3]
    assert made.part_hours == pytest.approx(span / parts / 3600, rel=1e-12)
    assert made.detection_limit == pytest.approx(made.value - made.low)


@pytest.mark.parametrize(("count", "blocks"), [(12, 12), (13, 13)])
@pytest.mark.parametrize("step", [0.05, 60.0])
def test_six_blocks_on_either_side_are_enough_and_one_in_the_middle_belongs_to_the_later(count: int, blocks: int, step: float) -> None:
    assert found(Samples([number * step for number in range(count)], [1.0] * count)).blocks == blocks


def test_what_arithmetic_costs_is_no_doubt() -> None:
    made = found(Samples([number * 60.0 for number in range(600)], [0.1 * (1 + 1e-13 * (number // 50 % 3)) for number in range(600)]))
    assert made.low == made.value == made.high == pytest.approx(1.0)
