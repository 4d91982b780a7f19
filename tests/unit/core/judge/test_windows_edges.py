# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Windows, at the edges that mutation testing found open: what is counted, who speaks, what would help."""

from __future__ import annotations

from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.criterion import read_criterion
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.outcome import GOOD, SEVERITY, Outcome
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.windows import Window, joined, tally


def said(statuses: Any, rooms: Any = None, **limits: int) -> Outcome:
    criterion = read_criterion({"id": "soak.x", "sli": "host.cpu", "pass": "< 70 pct", "every": "1 h", "limits": limits}, "soak", "here")
    rooms = rooms or [None] * len(statuses)
    outcomes = [
        Outcome("soak.x", status, f"said {number}", "< 70 pct", "pct", reason="gap" if status == "INCONCLUSIVE" else "", distance=room, n=2)
        for number, (status, room) in enumerate(zip(statuses, rooms))
    ]
    return joined(criterion, [Window(3600.0 * number, 3600.0, []) for number in range(len(outcomes))], outcomes)


P, W, F, I, E = "PASS", "WARN", "FAIL", "INCONCLUSIVE", "ERROR"  # noqa: E741


@pytest.mark.parametrize(
    ("statuses", "limits", "status"),
    [
        ([P, P], {}, P),
        ([P, W], {}, W),
        ([P, E], {}, E),
        ([P, E], {"error": 1}, W),
        ([P, E, E], {"error": 1}, E),
        ([P, F], {}, F),
        ([P, F], {"failed": 1}, W),
        ([P, F, F], {"failed": 2}, W),
        ([P, F, F], {"failed": 2, "consecutive": 1}, F),
        ([F, P, F], {"failed": 2, "consecutive": 1}, W),
        ([F, F, P, F], {"failed": 3, "consecutive": 2}, W),
        ([F, F, F, P], {"failed": 3, "consecutive": 2}, F),
        ([F], {"failed": 9}, F),
        ([F, I], {"failed": 9, "inconclusive": 9}, F),
        ([P, I], {}, I),
        ([P, I], {"inconclusive": 1}, W),
        ([P, I, I], {"inconclusive": 1}, I),
        ([I], {"inconclusive": 9}, I),
        ([E], {"error": 9}, I),
        ([E, I], {"error": 9, "inconclusive": 9}, I),
        ([F, E], {"failed": 9}, E),
        ([F, I], {"inconclusive": 1}, F),
        ([E, P, F, I], {"failed": 1, "inconclusive": 1, "error": 1}, W),
    ],
)
def test_what_the_windows_come_to(statuses: Any, limits: Any, status: str) -> None:
    outcome = said(statuses, **limits)
    assert outcome.status == status
    assert (outcome.reason != "") == (status == I and I in statuses)
    assert outcome.n == 2 * len(statuses)


LIMITS = st.fixed_dictionaries({}, optional={name: st.integers(0, 4) for name in ("failed", "inconclusive", "error")})


@hypothesis.given(st.lists(st.sampled_from(SEVERITY), min_size=1, max_size=8), LIMITS)
def test_no_tolerance_makes_good_what_has_no_good_window_or_too_many_bad_ones(statuses: Any, limits: Any) -> None:
    outcome = said(statuses, **limits)
    bad = {name: statuses.count(name) for name in (F, I, E)}
    within = bad[F] <= limits.get("failed", 0) and bad[I] <= limits.get("inconclusive", 0) and bad[E] <= limits.get("error", 0)
    assert outcome.good == (within and any(status in GOOD for status in statuses))
    assert (outcome.status == P) == all(status == P for status in statuses)


def test_failures_in_a_row_are_counted_from_their_beginning() -> None:
    def consecutive(*statuses: str) -> int:
        return tally([Outcome("soak.x", status, "", "", "pct") for status in statuses]).consecutive

    assert [consecutive(*row) for row in ([P], [F], [F, P, F], [P, F, F, P, F], [F, I, F], [F, F, F])] == [0, 1, 1, 2, 1, 3]


@pytest.mark.parametrize(
    ("statuses", "rooms", "limits", "speaker"),
    [
        ([P, P, P], [5.0, 2.0, 9.0], {}, 1),
        ([P, F, F], [1.0, -3.0, -9.0], {}, 2),
        ([P, F, F], [1.0, -3.0, None], {}, 1),
        ([P, W, P], [1.0, 5.0, 2.0], {}, 1),
        ([P, I, I], [1.0, None, None], {}, 1),
        ([F, E, P], [-1.0, None, 1.0], {"failed": 1}, 1),
        ([F, P, P], [-1.0, 7.0, 3.0], {"failed": 1}, 2),
        ([E, E], [None, None], {"error": 2}, 0),
    ],
)
def test_the_worst_of_the_windows_that_made_the_status_speaks(statuses: Any, rooms: Any, limits: Any, speaker: int) -> None:
    sentence = said(statuses, rooms, **limits).sentence
    assert f"; window {speaker + 1}, from 1970-01-01T{speaker:02d}:00:00.000Z: said {speaker}" in sentence


@pytest.mark.parametrize(
    ("statuses", "limits", "change"),
    [
        ([P, E], {}, "host.cpu: 1 more of 2 windows must be readable"),
        ([P, E, E, E], {"error": 1}, "host.cpu: 2 more of 4 windows must be readable"),
        ([P, F, F, F], {"failed": 1}, "host.cpu: 2 more of 4 windows must pass"),
        ([P, F, F], {"failed": 2, "consecutive": 1}, "host.cpu: 1 more of 3 windows must pass"),
        ([P, I, I, I], {"inconclusive": 1}, "host.cpu: 2 more of 4 windows must have enough evidence"),
        ([I], {"inconclusive": 5}, "host.cpu: 1 more of 1 windows must have enough evidence"),
    ],
)
def test_the_change_says_how_many_windows_of_what(statuses: Any, limits: Any, change: str) -> None:
    assert said(statuses, **limits).changes == (change,)


def test_what_is_good_needs_no_change() -> None:
    assert said([P, F], failed=1).changes == said([P, P]).changes == ()


def test_the_counts_are_told() -> None:
    assert said([P, F, I, E, P], failed=1, inconclusive=1, error=1).sentence.startswith(
        "2 of 5 windows of 1 h are good, 1 failed (at most 1 may), 1 inconclusive (at most 1 may), 1 in error (at most 1 may); window"
    )
    row = said([P, F, F], failed=2, consecutive=1).sentence
    assert "2 failed (at most 2 may), 2 failed one after the other (at most 1 may); window" in row
    assert "one after the other" not in said([P, F, F], failed=2).sentence
    assert "one after the other" not in said([P, F, F]).sentence


def test_coverage_and_interval_are_those_of_the_worst() -> None:
    outcome = said([P, P])
    assert outcome.coverage is None
    assert outcome.windows == {"windows": 2, "good": 2, "failed": 0, "consecutive": 0, "inconclusive": 0, "error": 0}


@pytest.mark.parametrize(("last", "windows"), [(2.9, 2), (3.0, 3), (3.1, 3)])
def test_the_windows_of_recordings_are_as_many_as_their_times_are_near(book: Any, last: float, windows: int) -> None:
    for at in (0.0, last):
        entry = book.measure("soak", "host.cpu", 5, "pct")
        hours, minutes = divmod(round(at * 60), 60)
        entry["time"] = f"2026-11-23T{hours:02d}:{minutes:02d}:00.000Z"
    outcome = book.outcome({"sli": "host.cpu", "pass": "< 70 pct", "every": "2 h", "limits": {"inconclusive": 9}})
    assert outcome.windows["windows"] == windows


def test_one_recording_is_one_window(book: Any) -> None:
    book.measure("soak", "host.cpu", 5, "pct")
    outcome = book.outcome({"sli": "host.cpu", "pass": "< 70 pct", "every": "2 h"})
    assert (outcome.status, outcome.windows["windows"]) == ("PASS", 1)


@pytest.mark.parametrize(("minute", "as_first", "as_last"), [(0, 1, 0), (59, 0, 1), (60, 1, 0), (119, 0, 1), (120, 1, 0), (180, 0, 1)])
def test_a_sample_at_the_edge_of_two_windows_belongs_to_the_later_one(book: Any, minute: int, as_first: int, as_last: int) -> None:
    book.measure("soak", "host.cpu", None, "pct", samples=[(60.0 * at, 90.0 if at == minute else 50.0) for at in range(181)])
    criterion = {"sli": "host.cpu", "pass": "< 70 pct", "every": "1 h"}
    assert book.outcome({**criterion, "agg": "first"}).windows["failed"] == as_first
    assert book.outcome({**criterion, "agg": "last"}).windows["failed"] == as_last


def test_coverage_counts_the_whole_window_and_for_the_last_one_its_rest(book: Any) -> None:
    samples = [(60.0 * at, 50.0) for at in range(150) if not 120 <= at < 135]
    book.measure("soak", "host.cpu", None, "pct", samples=samples)
    criterion = {"sli": "host.cpu", "agg": "max", "pass": "< 70 pct", "every": "2 h", "sampled_every": "1 min", "min_coverage": "90 pct"}
    outcome = book.outcome(criterion)
    assert (outcome.status, outcome.windows["windows"]) == ("PASS", 1)
    assert outcome.coverage == pytest.approx(135 / 150)
    assert book.outcome({**criterion, "min_coverage": "91 pct"}).reason == "gap"


def test_more_than_a_hundred_thousand_windows_are_not_judged(book: Any) -> None:
    book.measure("soak", "host.cpu", None, "pct", samples=[(0.0, 1.0), (100_001.0, 1.0)])
    outcome = book.outcome({"sli": "host.cpu", "pass": "< 70 pct", "every": "1 s", "limits": {"inconclusive": 100_001}})
    assert (outcome.status, outcome.reason) == ("INCONCLUSIVE", "gap")
    assert outcome.sentence == "100001 windows would be needed, at most 100000 are judged"


def test_a_row_of_failures_is_told_only_when_it_is_what_is_too_much() -> None:
    assert "one after the other" not in said([P, F, P, F], failed=2, consecutive=2).sentence
    assert "2 failed one after the other (at most 1 may)" in said([P, F, F, P], failed=3, consecutive=1).sentence
    assert "one after the other" not in said([P, F, F, F], failed=2, consecutive=1).sentence


def test_a_series_shorter_than_half_a_window_says_how_long_it_is(book: Any) -> None:
    book.measure("soak", "host.cpu", None, "pct", samples=[(36000.0 + 60 * at, 1.0) for at in range(11)])
    outcome = book.outcome({"sli": "host.cpu", "pass": "< 70 pct", "every": "1 h"})
    assert (outcome.reason, outcome.sentence) == ("short", "watched for 10 min, one window is 1 h")


COUNTER = {"sli": "http.requests", "pass": ">= 0 count", "every": "10 s", "sampled_every": "1 s", "min_coverage": "100 pct"}


@pytest.mark.parametrize(("missing", "status"), [(None, "PASS"), (14, "INCONCLUSIVE"), (19, "INCONCLUSIVE"), (10, "INCONCLUSIVE")])
def test_the_sample_before_a_window_makes_up_for_none_that_is_missing_in_it(book: Any, missing: int | None, status: str) -> None:
    """A counter is compared with what it was before the window; that sample was taken in another one."""
    book.start("soak")
    samples = [[float(at), float(at)] for at in range(31) if at != missing]
    book.measure("soak", "http.requests", None, "count", samples=samples)
    outcome = book.outcome(COUNTER)
    assert (outcome.status, outcome.reason) == (status, "gap" if missing else "")


@pytest.mark.parametrize(("least", "status", "n"), [(10, "PASS", 30), (11, "INCONCLUSIVE", 0)])
def test_the_sample_before_a_window_is_none_of_its_samples(book: Any, least: int, status: str, n: int) -> None:
    book.start("soak")
    book.measure("soak", "http.requests", None, "count", samples=[[float(at), float(at)] for at in range(30)])
    outcome = book.outcome({"sli": "http.requests", "pass": ">= 0 count", "every": "10 s", "min_samples": least})
    assert (outcome.status, outcome.n) == (status, n)


@pytest.mark.parametrize(("late", "status"), [(0.0, "PASS"), (0.4, "PASS"), (0.6, "INCONCLUSIVE")])
def test_a_sample_at_the_end_of_a_window_belongs_to_the_nearest_slot_and_to_none_beyond(book: Any, late: float, status: str) -> None:
    """Nine slots have their sample; the tenth one has it when it is not nearer to the next window."""
    book.start("soak")
    at = [float(number) for number in range(9)] + [9 + late] + [float(number) for number in range(10, 20)]
    book.measure("soak", "host.cpu", None, "ratio", samples=[[moment, 0.1] for moment in at])
    criterion = {"sli": "host.cpu", "agg": "max", "pass": "< 70 pct", "every": "10 s", "sampled_every": "1 s", "min_coverage": "100 pct"}
    assert book.outcome(criterion).status == status
