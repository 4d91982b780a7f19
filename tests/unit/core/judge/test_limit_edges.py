# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Limits, at the edges that mutation testing found open."""

from __future__ import annotations

import math

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.limit import (
    Limit,
    alternatives_text,
    parse_alternatives,
    parse_limit,
)


def limit(text: str, dimension: str = "time") -> Limit:
    return parse_limit(text, dimension, "here")


@pytest.mark.parametrize(
    "text",
    [
        "<= baseline * 0.5",
        "<= baseline * 1.5",
        "<= baseline - 5 ms",
        "<= baseline + 5 ms",
        "<= baseline + 1 s",
        "<= baseline - 1 s",
        "< 5 s for 2 min",
    ],
)
def test_a_limit_is_shown_as_it_was_meant(text: str) -> None:
    assert str(limit(text)) == text


@pytest.mark.parametrize("text", ["<= baseline * 1", "<= baseline", "<= baseline + 0 s", "<= baseline - 0 s"])
def test_a_baseline_that_is_not_changed_is_shown_bare(text: str) -> None:
    assert str(limit(text)) == "<= baseline"


@pytest.mark.parametrize(
    ("text", "baseline", "bound"),
    [("<= baseline", 2.0, 2.0), ("<= baseline * 0.5", 2.0, 1.0), ("<= baseline + 500 ms", 2.0, 2.5), ("<= baseline - 500 ms", 2.0, 1.5)],
)
def test_a_baseline_is_resolved(text: str, baseline: float, bound: float) -> None:
    resolved = limit(text).resolved(baseline, "time")
    assert (resolved.bound, resolved.sign, resolved.relative) == (bound, "<=", "")


@pytest.mark.parametrize(
    ("sign", "rooms"),
    [("<", (1, 0, -1)), ("<=", (1, 0, -1)), (">", (-1, 0, 1)), (">=", (-1, 0, 1)), ("==", (-1, 0, -1)), ("!=", (1, 0, 1))],
)
def test_the_room_below_at_and_above_the_limit(sign: str, rooms: tuple[int, int, int]) -> None:
    read = limit(f"{sign} 5 s")
    assert tuple(read.room(value) for value in (4.0, 5.0, 6.0)) == rooms


@pytest.mark.parametrize(("sign", "upper"), [("<", True), ("<=", True), (">", False), (">=", False), ("==", False), ("!=", False)])
def test_which_limits_are_upper_ones(sign: str, upper: bool) -> None:
    assert limit(f"{sign} 5 s").upper is upper


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">=", "==", "!="])
def test_no_limit_holds_for_what_is_no_finite_number(sign: str) -> None:
    assert [limit(f"{sign} 5 s").holds(value) for value in (math.nan, math.inf, -math.inf)] == [False] * 3


def test_a_limit_is_shown_in_another_unit() -> None:
    assert limit("<= 1500 ms for 2 min").shown("s") == "<= 1.5 s for 2 min"


@pytest.mark.parametrize(("number", "fine"), [(1, True), (10, True), (11, False), (0, False)])
def test_a_list_holds_one_to_ten(number: int, fine: bool) -> None:
    for given in (["< 5 s"] * number, [["< 5 s"]] * number, [["< 5 s"] * number]):
        if fine:
            assert parse_alternatives(given, "time", "here")
        else:
            with pytest.raises(InputError, match="one to 10 limits"):
                parse_alternatives(given, "time", "here")


def test_each_of_a_list_of_warnings_suffices() -> None:
    assert alternatives_text(parse_alternatives(["> 1 s", "< 0.5 s"], "time", "here", every_one=False)) == "> 1 s or < 0.5 s"
    assert alternatives_text(parse_alternatives(["> 1 s", "< 9 s"], "time", "here")) == "> 1 s and < 9 s"


@pytest.mark.parametrize("text", ["<= baseline * 0", "<= baseline * 0.0", "<= baseline * -2"])
def test_a_baseline_is_never_multiplied_away(text: str) -> None:
    with pytest.raises(InputError, match="a number above 0"):
        limit(text)
    assert limit("<= baseline * 0.001").quantity.value == 0.001


@pytest.mark.parametrize("text", ["5-5 s", "6-5 s", "5 - 4.999 s"])
def test_an_empty_range_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="the range is empty"):
        parse_alternatives(text, "time", "here")
    assert alternatives_text(parse_alternatives("4.999-5 s", "time", "here")) == ">= 4.999 s and <= 5 s"


@pytest.mark.parametrize("time", ["0 s", "0 min", "-1 s"])
def test_a_limit_holds_for_more_than_no_time(time: str) -> None:
    with pytest.raises(InputError, match="must be more than 0"):
        limit(f"< 5 s for {time}")
    assert limit("< 5 s for 1 ms").steady is not None
