# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A number against the limits, at the edges that mutation testing found open."""

from __future__ import annotations

import math
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.confidence import lower_bound, upper_bound
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.held import tries_needed
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.limit import parse_limit

STEADY = {"sli": "host.cpu", "pass": "< 70 pct for 10 min"}


def minutes(book: Any, *at: float, **other: float) -> None:
    book.measure("soak", "host.cpu", None, "pct", samples=[(60.0 * minute, other.get(f"m{minute}", 50.0)) for minute in at])


class TestSteady:
    """`for D`: holes and room."""

    @pytest.mark.parametrize(("hole", "reason"), [(1.0, ""), (1.01, "gap")])
    def test_without_another_word_a_tenth_of_the_time_may_be_missing(self, book: Any, hole: float, reason: str) -> None:
        minutes(book, *range(26), *[25 + hole + number for number in range(6)])
        assert book.outcome(STEADY).reason == reason

    @pytest.mark.parametrize(("hole", "reason"), [(3.0, ""), (3.5, "gap")])
    def test_with_max_gap_so_much_may_be_missing(self, book: Any, hole: float, reason: str) -> None:
        minutes(book, *range(26), *[25 + hole + number for number in range(6)])
        assert book.outcome({**STEADY, "max_gap": "3 min"}).reason == reason

    @pytest.mark.parametrize(("hole", "reason"), [(4.0, ""), (4.5, "gap")])
    def test_with_sampled_every_twice_as_much_may_be_missing(self, book: Any, hole: float, reason: str) -> None:
        minutes(book, *range(26), *[25 + hole + number for number in range(6)])
        assert book.outcome({**STEADY, "sampled_every": "2 min", "min_coverage": "50 pct"}).reason == reason

    @pytest.mark.parametrize(("first", "reason"), [(21.0, ""), (21.5, "gap")])
    def test_a_hole_at_the_beginning_of_the_time_counts_too(self, book: Any, first: float, reason: str) -> None:
        minutes(book, *range(19), first, *[minute for minute in range(20, 31) if minute > first])
        assert book.outcome(STEADY).reason == reason

    @pytest.mark.parametrize(
        ("limit", "room"), [("< 70 pct for 10 min", 5.0), ("> 40 pct for 10 min", 4.0), ("!= 70 pct for 10 min", None)]
    )
    def test_the_room_is_that_of_the_nearest_sample(self, book: Any, limit: str, room: Any) -> None:
        minutes(book, *range(31), m25=65.0, m26=44.0)
        outcome = book.outcome({**STEADY, "pass": limit})
        assert outcome.status == "PASS"
        assert outcome.distance == (room if room is None else pytest.approx(room))

    def test_a_broken_one_says_by_how_much(self, book: Any) -> None:
        minutes(book, *range(31), m25=75.0)
        outcome = book.outcome(STEADY)
        assert (outcome.status, outcome.distance) == ("FAIL", pytest.approx(-5))

    def test_a_short_one_says_how_long_is_still_missing(self, book: Any) -> None:
        minutes(book, *range(8))
        outcome = book.outcome(STEADY)
        assert (outcome.reason, outcome.changes) == ("short", ("watch host.cpu for 3 min more",))
        assert "only the last 7 min are known" in outcome.sentence

    def test_a_hole_says_what_to_do(self, book: Any) -> None:
        minutes(book, *range(26), 28, 29, 30)
        outcome = book.outcome(STEADY)
        assert outcome.changes == ("sample host.cpu without holes for 10 min",)
        assert "have a hole of 3 min, at most 1 min may be missing" in outcome.sentence


class TestAlternatives:
    """Any of several lists."""

    @pytest.mark.parametrize(
        ("value", "status", "distance"),
        [(2, "PASS", 1), (4, "FAIL", -1), (9, "FAIL", -1), (10, "PASS", 0), (11, "PASS", 1), (13, "FAIL", -1)],
    )
    def test_the_distance_is_that_of_the_nearest_alternative(self, book: Any, value: int, status: str, distance: int) -> None:
        book.measure("soak", "page.load", value, "s", labels={"page": "a"})
        outcome = book.outcome({"sli": "page.load", "pass": [["<= 3 s"], [">= 10 s", "<= 12 s"]]})
        assert (outcome.status, outcome.distance) == (status, distance)

    def test_of_two_that_hold_the_one_with_more_room_speaks(self, book: Any) -> None:
        book.measure("soak", "page.load", 2, "s", labels={"page": "a"})
        outcome = book.outcome({"sli": "page.load", "pass": [["<= 3 s"], ["<= 9 s"]]})
        assert (outcome.distance, outcome.sentence) == (7, "2 s, must be <= 3 s or <= 9 s, 7 s to spare")

    def test_an_alternative_that_is_known_to_fail_does_not_hide_one_that_is_unknown(self, book: Any) -> None:
        book.measure("soak", "reported.time", 2, "s", labels={"name": "a"})
        outcome = book.outcome({"sli": "reported.time", "pass": [["<= 1 s"], ["<= baseline"]]})
        assert (outcome.status, outcome.reason) == ("INCONCLUSIVE", "no_baseline")
        assert outcome.changes == ("verify another release with evidence of reported.time in phase soak as the baseline",)

    def test_of_two_unknown_alternatives_the_one_with_fewer_open_questions_is_named(self, book: Any) -> None:
        minutes(book, 0, 1)
        outcome = book.outcome({**STEADY, "pass": [["< 70 pct for 10 min", "<= baseline"], ["< 60 pct for 5 min"]]})
        assert outcome.changes == ("watch host.cpu for 4 min more",)


@pytest.mark.parametrize(
    ("limit", "hits", "tries"),
    [("< 0.1 pct", 0, 100), ("< 0.1 pct", 3, 5000), ("<= 1 pct", 1, 10), ("> 80 pct", 9, 10), (">= 95 pct", 10, 11)],
)
def test_so_many_tries_are_needed_and_not_one_less(limit: str, hits: int, tries: int) -> None:
    read = parse_limit(limit, "ratio", "here")

    def enough(whole: int) -> bool:
        more = whole - tries
        return read.holds(upper_bound(hits, whole, 0.95) if read.upper else lower_bound(hits + more, whole, 0.95))

    needed = tries_needed(read, (float(hits), float(tries)), 0.95)
    assert needed > tries
    assert enough(needed) and not enough(needed - 1)


CONFIDENT = {"sli": "redis.hits / (redis.hits + redis.misses)", "confidence": "95 pct"}


@pytest.mark.parametrize(
    ("limit", "hits", "misses", "status", "worse_end"),
    [("> 80 pct", 900, 100, "PASS", "low"), ("< 99 pct", 900, 100, "PASS", "high"), ("> 80 pct", 9, 1, "INCONCLUSIVE", "low")],
)
def test_the_distance_is_told_from_the_value_and_the_interval_beside_it(
    book: Any, limit: str, hits: int, misses: int, status: str, worse_end: str
) -> None:
    book.measure("soak", "redis.hits", hits, "count")
    book.measure("soak", "redis.misses", misses, "count")
    outcome = book.outcome({**CONFIDENT, "pass": limit})
    assert outcome.status == status
    assert outcome.distance == pytest.approx(abs(90 - float(limit.split()[1])))
    assert outcome.low == pytest.approx(100 * lower_bound(hits, hits + misses, 0.95))
    assert outcome.high == pytest.approx(100 * upper_bound(hits, hits + misses, 0.95))
    if status == "INCONCLUSIVE":
        assert f"at 95 pct confidence it could be {getattr(outcome, worse_end):.2f}"[:40] in outcome.sentence


BUCKETS = [[0.5, 90], [1, 99], ["+Inf", 100]]


@pytest.mark.parametrize(
    ("limit", "agg", "distance", "value"),
    [
        ("<= 2 s", "p(95)", 1.0, 1.0),
        (">= 0.2 s", "p(95)", 0.3, 0.5),
        ("<= 0.4 s", "p(95)", -0.6, 1.0),
        (">= 3 s", "p(95)", -2.5, 0.5),
        ("<= 2 s", "max", None, None),
    ],
)
def test_of_an_interval_the_worse_end_is_told(book: Any, limit: str, agg: str, distance: Any, value: Any) -> None:
    book.measure("soak", "reported.time", None, "s", labels={"name": "x"}, histogram=BUCKETS)
    outcome = book.outcome({"sli": "reported.time", "agg": agg, "pass": limit})
    assert outcome.distance == (distance if distance is None else pytest.approx(distance))
    assert outcome.value == value


@pytest.mark.parametrize(
    ("limit", "status"),
    [
        ("== 499 ms", "FAIL"),
        ("!= 499 ms", "PASS"),
        ("== 500 ms", "FAIL"),
        ("!= 500 ms", "PASS"),
        ("== 600 ms", "INCONCLUSIVE"),
        ("!= 600 ms", "INCONCLUSIVE"),
        ("== 1 s", "INCONCLUSIVE"),
        ("!= 1 s", "INCONCLUSIVE"),
        ("== 1.1 s", "FAIL"),
        ("!= 1.1 s", "PASS"),
        ("> 500 ms", "PASS"),
        (">= 500 ms", "PASS"),
        ("> 501 ms", "INCONCLUSIVE"),
        ("<= 500 ms", "FAIL"),
        ("<= 501 ms", "INCONCLUSIVE"),
        ("< 1 s", "INCONCLUSIVE"),
        ("<= 1 s", "PASS"),
    ],
)
def test_a_number_that_is_known_as_above_500_ms_and_up_to_1_s(book: Any, limit: str, status: str) -> None:
    book.measure("soak", "reported.time", None, "s", labels={"name": "x"}, histogram=[[0.5, 40], [1, 99], ["+Inf", 100]])
    outcome = book.outcome({"sli": "reported.time", "agg": "median", "pass": limit})
    assert (outcome.status, outcome.reason) == (status, "low_power" if status == "INCONCLUSIVE" else "")


def test_a_limit_that_cannot_be_computed_is_no_pass(book: Any) -> None:
    book.measure("soak", "reported.number", 1e308, "1", labels={"name": "x"})
    outcome = book.outcome({"sli": "reported.number", "pass": "<= baseline * 1e10"})
    assert outcome.status == "INCONCLUSIVE"
    assert not math.isfinite(parse_limit("<= baseline * 1e10", "number", "here").resolved(1e308, "number").bound)


@pytest.mark.parametrize(("hits", "status"), [(0, "FAIL"), (1, "PASS")])
def test_more_than_nothing_is_not_nothing(book: Any, hits: int, status: str) -> None:
    book.measure("soak", "redis.hits", hits, "count")
    book.measure("soak", "redis.misses", 100 - hits, "count")
    assert book.outcome({**CONFIDENT, "pass": "> 0 pct"}).status == status


@pytest.mark.parametrize(("limit", "hits"), [("<= 0 pct", 0.0), ("< 0 pct", 0.0), (">= 100 pct", 10.0), ("> 100 pct", 10.0)])
def test_a_limit_that_no_number_of_tries_can_show_needs_an_unknown_number(limit: str, hits: float) -> None:
    assert tries_needed(parse_limit(limit, "ratio", "here"), (hits, 10.0), 0.95) == 0


@pytest.mark.parametrize("second", [50.0, 90.0])
def test_a_steady_limit_is_never_held_by_one_of_several_label_sets(book: Any, second: float) -> None:
    for disk, value in (("a", 50.0), ("b", second)):
        samples = [(60.0 * minute, value) for minute in range(31)]
        book.measure("soak", "container.cpu", None, "pct", labels={"container": disk}, samples=samples)
    outcome = book.outcome({"sli": "container.cpu", "pass": "< 70 pct for 10 min"})
    assert outcome.status != "PASS"
    each = book.outcome({"sli": "container.cpu", "pass": "< 70 pct for 10 min", "each": "container"})
    assert each.status == ("PASS" if second == 50.0 else "FAIL")
