# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Units and quantities."""

from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core import units
from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (265, "kB", "B", 265000),
        (265000, "B", "kB", 265),
        (1, "MiB", "KiB", 1024),
        (95, "pct", "ratio", 0.95),
        (0.07, "ratio", "pct", 7),
        (5000, "ms", "s", 5),
        (5, "s", "ms", 5000),
        (14, "d", "h", 336),
        (60, "per_min", "per_s", 1),
        (3, "count", "count", 3),
        (1, "1/h", "pct/h", 100),
        (24, "pct/d", "pct/h", 1),
        (1500, "us", "ms", 1.5),
        (2, "TiB", "GiB", 2048),
        (70.1, "pct", "ratio", 0.701),
    ],
)
def test_a_number_keeps_its_meaning_in_another_unit(value: float, source: str, target: str, expected: float) -> None:
    assert units.convert(value, source, target) == pytest.approx(expected, rel=1e-12)


def test_every_unit_can_be_converted_to_the_first_one_of_its_dimension_and_back() -> None:
    for unit in units.known_units():
        first = units.first_unit(units.dimension_of(unit))
        assert units.convert(units.convert(7, unit, first), first, unit) == pytest.approx(7, rel=1e-12)
        assert units.converter(unit, first)(7.0) == pytest.approx(units.convert(7, unit, first), rel=1e-12)


def test_a_number_too_large_for_the_other_unit_is_infinite_and_so_never_passes() -> None:
    assert units.convert(-1.7e308, "TB", "B") == -float("inf")


@pytest.mark.parametrize("pct", range(101))
def test_whole_percents_are_the_same_number_as_the_share_that_is_measured(pct: int) -> None:
    assert units.convert(pct, "pct", "ratio") == pct / 100


def test_a_unit_of_another_dimension_is_refused() -> None:
    with pytest.raises(InputError, match="s cannot be converted to kB"):
        units.convert(1, "s", "kB")


@pytest.mark.parametrize(("wrong", "meant"), [("KB", "kB"), ("percent", "known"), ("Ms", "ms"), ("hr", "'h'"), ("counts", "count")])
def test_an_unknown_unit_is_answered_with_the_nearest_known_one(wrong: str, meant: str) -> None:
    with pytest.raises(InputError, match=meant):
        units.dimension_of(wrong)


@pytest.mark.parametrize("text", ["265", "kB", "", "265 kB 3", "1_000 B", "nan B", "inf s", "1e999 B", "0x10 B", "٣ B", "1" * 200])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        units.parse_quantity(text, "field pass")


def test_a_quantity_without_a_unit_says_so() -> None:
    with pytest.raises(InputError, match=r"'0' has no unit \| where: field pass"):
        units.parse_quantity("0", "field pass")


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [(300.123, "kB", "300.12 kB"), (0.0, "count", "0"), (0.05, "1", "0.05"), (97.9, "pct", "97.9 pct")],
)
def test_numbers_are_shown_short(value: float, unit: str, shown: str) -> None:
    assert units.show(value, unit) == shown


def test_a_number_that_is_not_the_limit_does_not_look_like_it() -> None:
    assert units.show(264.999, "kB", [265, 465]) == "264.999 kB"
    assert units.show(0.9999999999, "ratio", [1]) == "0.9999999999 ratio"
    assert units.show(265, "kB", [265]) == "265 kB"
