# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Optional

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.log_frames import Entry
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.log_reading import LONGEST_LINE, MOST_WAITING, Place, Reading

OUT, ERR = 1, 2


def read(log: list[Entry], place: Optional[Place] = None, since: int = 0, to_the_end: bool = False) -> tuple[list[str], Reading]:
    lines: list[str] = []
    reading = Reading(place, since, lambda _at, text: lines.append(text))
    reading.read(log, to_the_end)
    return lines, reading


def line(at: int, text: str, stream: int = OUT, ends: bool = True) -> Entry:
    return Entry(stream, at, text.encode(), ends)


# A clock that stands still, goes on and goes back; two streams; lines in up to three parts.
@st.composite
def logs(draw: st.DrawFn) -> list[Entry]:
    log: list[Entry] = []
    at = 100
    for number in range(draw(st.integers(0, 12))):
        at += draw(st.sampled_from([0, 0, 1, 5, -3]))
        parts = draw(st.integers(1, 3))
        stream = draw(st.sampled_from([OUT, ERR]))
        log += [line(at, f"{number}.{part} ", stream, part == parts - 1) for part in range(parts)]
    return log


def distinct(log: list[Entry]) -> bool:
    """Messages of one stream and time stand together: the clock did not come back to a time that it had before."""
    seen: set[tuple[int, int]] = set()
    last: dict[int, int] = {}
    for entry in log:
        if last.get(entry.stream) != entry.at and (entry.stream, entry.at) in seen:
            return False
        seen.add((entry.stream, entry.at))
        last[entry.stream] = entry.at
    return True


@given(logs().filter(distinct), st.lists(st.integers(0, 40), max_size=6))
def test_wherever_the_looks_fall_every_line_comes_once_and_in_order(log: list[Entry], cuts: list[int]) -> None:
    whole, _reading = read(log, to_the_end=True)
    seen: list[str] = []
    place: Optional[Place] = None
    for cut in [*sorted(min(cut, len(log)) for cut in cuts), len(log)]:
        lines, reading = read(log[:cut], place, to_the_end=cut == len(log))
        assert place is None or reading.found
        seen += lines
        place = reading.place
    assert seen == whole
    assert sorted("".join(seen).split()) == sorted(entry.text.decode().strip() for entry in log)


def test_parts_of_a_line_are_joined_although_the_other_stream_speaks_in_between() -> None:
    log = [line(1, "be", ends=False), line(2, "other", ERR), line(1, "gin")]
    assert read(log)[0] == ["other", "begin"]


def test_a_line_that_is_still_being_written_waits_and_so_does_what_came_after_it() -> None:
    begun = [line(1, "first"), line(2, "be", ends=False), line(3, "other", ERR)]
    lines, reading = read(begun)
    assert (lines, reading.place) == (["first"], Place(1, OUT, 1))
    assert read([*begun, line(2, "gin")], reading.place)[0] == ["other", "begin"]


def test_at_the_end_a_line_without_its_end_counts() -> None:
    assert read([line(1, "last words", ends=False)], to_the_end=True)[0] == ["last words"]


def test_a_line_without_end_holds_nothing_up_for_ever() -> None:
    parts = [line(1, "x" * 16384, ends=False) for _ in range(LONGEST_LINE // 16384)]
    assert [len(text) for text in read(parts)[0]] == [LONGEST_LINE]
    others = [line(2 + number, "other", ERR) for number in range(MOST_WAITING)]
    assert len(read([line(1, "x", ends=False), *others])[0]) == MOST_WAITING + 1


def test_what_was_written_before_the_start_is_not_counted_and_says_that_nothing_is_missing() -> None:
    lines, reading = read([line(1, "old"), line(5, "new")], since=5)
    assert (lines, reading.found) == (["new"], True)
    assert not read([line(5, "new")], since=5)[1].found


def test_a_place_that_is_gone_is_not_found() -> None:
    assert not read([line(8, "later"), line(9, "later still")], Place(7, OUT, 1))[1].found


def test_a_clock_that_is_set_back_hides_nothing() -> None:
    _lines, reading = read([line(100, "before")])
    assert read([line(100, "before"), line(40, "after")], reading.place)[0] == ["after"]


def test_an_answer_that_begins_with_the_place_is_in_doubt() -> None:
    same = [line(1, "one"), line(1, "two")]
    assert read(same[1:], Place(1, OUT, 1))[1].in_doubt
    assert not read([line(0, "zero"), *same], Place(1, OUT, 1))[1].in_doubt


def test_a_place_is_kept_as_three_numbers() -> None:
    assert Place.of(Place(1, 2, 3).as_list()) == Place(1, 2, 3)
    assert Place.of(None) is None
