# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The grammar of limits."""

from __future__ import annotations

import contextlib
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core import units
from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge import limit


def read(text: Any, dimension: str = "time") -> Any:
    return limit.parse_alternatives(text, dimension, "field pass")


@pytest.mark.parametrize(
    ("text", "dimension", "shown"),
    [
        ("< 0.1 pct", "ratio", "< 0.1 pct"),
        (">=265kB", "bytes", ">= 265 kB"),
        ("265-465 kB", "bytes", ">= 265 kB and <= 465 kB"),
        (" 24 - 48 h ", "time", ">= 24 h and <= 48 h"),
        ("-5 - -3 1", "number", ">= -5 and <= -3"),
        ("<= 5 s for 5 min", "time", "<= 5 s for 5 min"),
        ("<= baseline", "time", "<= baseline"),
        ("<= baseline * 1.10", "time", "<= baseline * 1.1"),
        ("<= baseline*1.1", "time", "<= baseline * 1.1"),
        ("<= baseline + 5 ms", "time", "<= baseline + 5 ms"),
        (">= baseline - 5 pct for 2 min", "ratio", ">= baseline - 5 pct for 2 min"),
        ("<= 5 1/h", "growth", "<= 5 1/h"),
        (["> 1 s", "< 2 s"], "time", "> 1 s and < 2 s"),
        ([["> 1 s", "< 2 s"], ["3-4 s"]], "time", "> 1 s and < 2 s or >= 3 s and <= 4 s"),
    ],
)
def test_what_is_written_is_read(text: Any, dimension: str, shown: str) -> None:
    assert limit.alternatives_text(read(text, dimension)) == shown


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("265 kB", 1, "is no limit"),
        ("5 s", 1, "is no limit"),
        ("=> 5 s", 1, "is no limit"),
        ("= 5 s", 1, "is no limit"),
        ("<= s", 4, "a number is missing"),
        ("<= 5", 5, "has no unit"),
        ("<= 5 for 5 min", 6, "has no unit"),
        ("<= 5 sec", 6, "unknown unit 'sec'"),
        ("<= 5 MS", 6, "did you mean 'ms'"),
        ("<= 5 kB", 6, "what is judged is of dimension time"),
        ("<= 5 s for", 11, "a number is missing"),
        ("<= 5 s for 5", 13, "has no unit"),
        ("<= 5 s for 0 s", 15, "must be more than 0"),
        ("<= 5 s forever", 8, "should end here"),
        ("<= 5 s or < 3 s", 8, "should end here"),
        ("<= baseline * 1.10 s", 20, "should end here"),
        ("<= baseline * -1", 15, "a number above 0"),
        ("<= baseline / 2", 13, "should end here"),
        ("<= baselines", 4, "a number is missing"),
        ("5-5 s", 1, "the range is empty"),
        ("5-3 s", 1, "the range is empty"),
        ("3-5", 4, "has no unit"),
        ("< 1e999 s", 3, "a number is missing"),
        ("< 1e991 s", 3, "a number is missing"),
        ("< 1.5.2 s", 3, "a number is missing"),
        ("< nan s", 3, "a number is missing"),
        ("{{ 1 }} s", 1, "is no limit"),
    ],
)
def test_an_error_names_the_column_and_what_to_do(text: str, column: int, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        read(text)
    assert f"field pass, column {column} of" in caught.value.where


def test_a_growth_may_be_written_as_a_share_per_hour() -> None:
    assert limit.parse_limit("<= 0.05 1/h", "growth", "").bound == limit.parse_limit("<= 5 pct/h", "growth", "").bound == 5


def test_a_relative_limit_has_no_bound_of_its_own() -> None:
    relative = limit.parse_limit("<= baseline * 1.10", "time", "")
    with pytest.raises(InputError, match="no bound without its baseline"):
        relative.holds(1.0)
    assert relative.resolved(2.0, "time").bound == pytest.approx(2.2)
    assert limit.parse_limit(">= baseline - 500 ms", "time", "").resolved(2.0, "time").bound == 1.5


def accepted(text: str) -> Any:
    """Return what is read; None when it is refused with a column."""
    with contextlib.suppress(InputError):
        return read(text)
    with pytest.raises(InputError) as caught:
        read(text)
    assert "column" in caught.value.where
    return None


PIECES = [
    "<",
    "<=",
    ">",
    "==",
    "!=",
    "-",
    "*",
    "+",
    "baseline",
    "for",
    "5",
    "1.10",
    "1e3",
    " ",
    "s",
    "ms",
    "pct",
    "kB",
    "(",
    "\n",
    "\x00",
    "٣",
]


@hypothesis.settings(max_examples=1500)
@hypothesis.given(st.lists(st.sampled_from(PIECES), max_size=10).map("".join) | st.text(max_size=30))
def test_whatever_is_accepted_is_read_again_from_what_is_shown(text: str) -> None:
    first = accepted(text)
    if first is None:
        return
    again = read([str(item) for item in first[0]])
    assert [item.sign for item in again[0]] == [item.sign for item in first[0]]
    assert [item.quantity.first for item in again[0]] == pytest.approx([item.quantity.first for item in first[0]], rel=1e-4)


DECIMAL = st.decimals(min_value="0.001", max_value="99999", places=3).map(str)


@hypothesis.given(DECIMAL, st.sampled_from([("pct", "ratio", 2), ("ms", "s", 3), ("us", "ms", 3), ("B", "kB", 3), ("kB", "MB", 3)]))
def test_a_limit_is_the_same_number_in_every_decimal_unit(number: str, step: tuple[str, str, int]) -> None:
    small, large, places = step
    whole = f"{float(number):.3f}"
    shifted = units.convert(float(whole), small, large)
    digits = whole.replace(".", "").zfill(places + 4)
    assert shifted == float(f"{digits[: -(places + 3)]}.{digits[-(places + 3) :]}")
