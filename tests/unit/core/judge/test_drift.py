# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The last part of a series against the first."""

from __future__ import annotations

import math
import random

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
