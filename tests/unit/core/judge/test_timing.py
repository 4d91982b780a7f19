# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Time: warm-up, holes, coverage, limits that must hold for a while, windows."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError

MINUTE, HOUR = 60.0, 3600.0


def series(book: Any, pairs: Any, sli: str = "host.cpu", unit: str = "pct", **options: Any) -> None:
    book.measure("soak", sli, None, unit, samples=[(float(at), value) for at, value in pairs], **options)


def every_minute(minutes: int, value: float = 50.0, **other: float) -> list[tuple[float, float]]:
    """One sample a minute; `m17=90.0` sets another value for minute 17."""
    return [(at * MINUTE, other.get(f"m{at}", value)) for at in range(minutes + 1)]


class TestWarmup:
    """The first samples are dropped, and what is left must still be enough."""

    CRITERION: ClassVar[dict[str, Any]] = {"sli": "host.cpu", "agg": "max", "pass": "< 70 pct", "warmup": "15 min"}

    @pytest.mark.parametrize(("minute", "status"), [(14, "PASS"), (15, "FAIL")])
    def test_a_peak_counts_from_the_end_of_the_warm_up(self, book: Any, minute: int, status: str) -> None:
        series(book, every_minute(60, **{f"m{minute}": 99.0}))
        assert book.outcome(self.CRITERION).status == status

    def test_a_series_that_is_all_warm_up_is_short(self, book: Any) -> None:
        series(book, every_minute(14))
        outcome = book.outcome(self.CRITERION)
        assert (outcome.reason, outcome.changes) == ("short", ("watch host.cpu for more than 15 min",))

    def test_a_plain_value_has_no_warm_up_to_leave_out(self, book: Any) -> None:
        book.measure("soak", "host.cpu", 5, "pct")
        assert book.outcome(self.CRITERION).reason == "short"

    def test_min_duration_counts_after_the_warm_up(self, book: Any) -> None:
        series(book, every_minute(60))
        assert book.outcome({**self.CRITERION, "min_duration": "45 min"}).status == "PASS"
        assert book.outcome({**self.CRITERION, "min_duration": "46 min"}).reason == "short"

    def test_the_increase_of_a_counter_begins_after_the_warm_up(self, book: Any) -> None:
        series(book, [(0, 0), (10 * MINUTE, 7), (15 * MINUTE, 7), (30 * MINUTE, 8)], "http.errors", "count")
        assert book.outcome({"sli": "http.errors", "pass": "<= 1 count", "warmup": "15 min"}).value == 1


class TestHoles:
    """Samples that are missing."""

    @pytest.mark.parametrize(("hole", "reason"), [(5, ""), (6, "gap")])
    def test_the_longest_hole_is_limited(self, book: Any, hole: int, reason: str) -> None:
        series(book, [pair for pair in every_minute(60) if not 20 * MINUTE < pair[0] < (20 + hole) * MINUTE])
        outcome = book.outcome({"sli": "host.cpu", "agg": "max", "pass": "< 70 pct", "max_gap": "5 min"})
        assert outcome.reason == reason
        if reason:
            assert outcome.sentence == "host.cpu has a hole of 6 min, at most 5 min may be missing"

    @pytest.mark.parametrize(("kept", "status"), [(95, "PASS"), (94, "INCONCLUSIVE")])
    def test_the_share_of_the_expected_samples_is_limited(self, book: Any, kept: int, status: str) -> None:
        lost = range(1, 101 - kept)
        series(book, [(at, 50.0) for at in range(100) if at not in lost])
        criterion = {"sli": "host.cpu", "agg": "max", "pass": "< 70 pct", "sampled_every": "1 s", "min_coverage": "95 pct"}
        outcome = book.outcome(criterion)
        assert (outcome.status, outcome.reason) == (status, "" if status == "PASS" else "gap")
        assert outcome.coverage == (0.95 if status == "PASS" else None)

    @pytest.mark.parametrize("more", [{"max_gap": "5 min"}, {"sampled_every": "5 s", "min_coverage": "50 pct"}])
    def test_one_sample_has_neither_holes_nor_coverage(self, book: Any, more: Any) -> None:
        book.measure("soak", "host.cpu", 5, "pct")
        assert book.outcome({"sli": "host.cpu", "pass": "< 70 pct", **more}).reason == "short"

    def test_a_series_that_ended_long_ago_is_stale_however_new_its_record_is(self, book: Any) -> None:
        series(book, [(book.now - HOUR - 10, 5.0), (book.now - HOUR, 5.0)])
        criterion = {"sli": "host.cpu", "pass": "< 70 pct"}
        assert book.outcome({**criterion, "max_age": "61 min"}).status == "PASS"
        assert book.outcome({**criterion, "max_age": "59 min"}).reason == "stale"


class TestSteady:
    """`for D`: every sample of the unbroken last D."""

    CRITERION: ClassVar[dict[str, Any]] = {"sli": "host.cpu", "pass": "< 70 pct for 10 min"}

    @pytest.mark.parametrize(("minute", "status"), [(49, "PASS"), (50, "FAIL"), (60, "FAIL")])
    def test_one_sample_of_the_last_minutes_breaks_it(self, book: Any, minute: int, status: str) -> None:
        series(book, every_minute(60, **{f"m{minute}": 70.0}))
        assert book.outcome(self.CRITERION).status == status

    @pytest.mark.parametrize(("minutes", "reason"), [(10, ""), (9, "short")])
    def test_a_shorter_series_says_nothing(self, book: Any, minutes: int, reason: str) -> None:
        series(book, every_minute(minutes))
        assert book.outcome(self.CRITERION).reason == reason

    @pytest.mark.parametrize("lost", [(51, 53), (50, 52), (58, 60)])
    def test_a_hole_in_the_last_minutes_is_a_gap(self, book: Any, lost: tuple[int, int]) -> None:
        series(book, [pair for pair in every_minute(60) if not lost[0] * MINUTE <= pair[0] < lost[1] * MINUTE])
        assert book.outcome(self.CRITERION).reason == "gap"
        assert book.outcome({**self.CRITERION, "max_gap": "3 min"}).status == "PASS"

    def test_two_samples_far_apart_are_no_proof(self, book: Any) -> None:
        series(book, [(0, 5.0), (HOUR, 5.0)])
        assert book.outcome(self.CRITERION).reason == "gap"

    def test_a_plain_value_has_no_last_minutes(self, book: Any) -> None:
        book.measure("soak", "host.cpu", 5, "pct")
        assert book.outcome(self.CRITERION).reason == "short"

    def test_a_histogram_has_no_last_minutes(self, book: Any) -> None:
        book.measure("soak", "reported.ratio", None, "pct", labels={"name": "x"}, histogram=[[50, 10]])
        assert book.outcome({**self.CRITERION, "sli": "reported.ratio"}).status == "INCONCLUSIVE"

    def test_the_room_is_that_of_the_worst_sample(self, book: Any) -> None:
        series(book, every_minute(60, m55=69.0))
        outcome = book.outcome(self.CRITERION)
        assert (outcome.value, outcome.distance) == (50, pytest.approx(1))


class TestShare:
    """`share(...)` in a criterion."""

    @pytest.mark.parametrize(("over", "status"), [(2, "PASS"), (4, "FAIL")])
    def test_the_time_above_a_limit_is_limited(self, book: Any, over: int, status: str) -> None:
        series(book, every_minute(60, **{f"m{minute}": 90.0 for minute in range(10, 10 + over)}))
        outcome = book.outcome({"sli": "host.cpu", "agg": "share(> 80 pct)", "pass": "<= 5 pct"})
        assert (outcome.status, outcome.value) == (status, pytest.approx(over / 60 * 100))

    def test_one_sample_is_no_share_of_any_time(self, book: Any) -> None:
        book.measure("soak", "host.cpu", 5, "pct")
        assert book.outcome({"sli": "host.cpu", "agg": "share(> 80 pct)", "pass": "<= 5 pct"}).reason == "short"


class TestWindowsOfASeries:
    """`every` cuts a series."""

    CRITERION: ClassVar[dict[str, Any]] = {"sli": "host.cpu", "agg": "max", "pass": "< 70 pct", "every": "1 h"}

    def bad_in(self, book: Any, *hours: int, length: int = 6, value: float = 90.0) -> None:
        peaks = {f"m{hour * 60 + 30}": value for hour in hours}
        series(book, every_minute(length * 60, **peaks))

    def test_every_window_is_judged(self, book: Any) -> None:
        self.bad_in(book)
        outcome = book.outcome(self.CRITERION)
        assert (outcome.status, outcome.windows["windows"], outcome.windows["good"]) == ("PASS", 6, 6)
        assert outcome.sentence.startswith("6 of 6 windows of 1 h are good; window 1, from 1970-01-01T00:00:00.000Z: 50 pct, must be")

    @pytest.mark.parametrize(
        ("hours", "limits", "status"),
        [
            ([2], {}, "FAIL"),
            ([2], {"failed": 1}, "WARN"),
            ([2, 4], {"failed": 1}, "FAIL"),
            ([2, 4], {"failed": 2}, "WARN"),
            ([2, 4], {"failed": 2, "consecutive": 1}, "WARN"),
            ([2, 3], {"failed": 2, "consecutive": 1}, "FAIL"),
            ([0, 1, 2, 3, 4, 5], {"failed": 100}, "FAIL"),
        ],
    )
    def test_limits_say_how_many_may_fail(self, book: Any, hours: list[int], limits: Any, status: str) -> None:
        self.bad_in(book, *hours)
        outcome = book.outcome({**self.CRITERION, "limits": limits})
        assert outcome.status == status
        assert outcome.windows["failed"] == len(hours)

    def test_the_sentence_and_the_change_name_how_many(self, book: Any) -> None:
        self.bad_in(book, 1, 4)
        outcome = book.outcome({**self.CRITERION, "limits": {"failed": 1}})
        assert outcome.sentence.startswith("4 of 6 windows of 1 h are good, 2 failed (at most 1 may); window 2, from 1970-01-01T01:00")
        assert outcome.changes == ("max of host.cpu: 1 more of 6 windows must pass",)

    def test_a_window_without_samples_is_inconclusive_and_may_be_allowed(self, book: Any) -> None:
        series(book, [pair for pair in every_minute(360) if not 2 * HOUR <= pair[0] < 3 * HOUR])
        outcome = book.outcome(self.CRITERION)
        assert (outcome.status, outcome.reason, outcome.windows["inconclusive"]) == ("INCONCLUSIVE", "no_data", 1)
        assert book.outcome({**self.CRITERION, "limits": {"inconclusive": 1}}).status == "WARN"

    def test_windows_of_which_none_is_good_never_pass_whatever_is_allowed(self, book: Any) -> None:
        series(book, every_minute(360))
        everything = {"failed": 99, "inconclusive": 99, "error": 99}
        assert book.outcome({**self.CRITERION, "min_samples": 1000, "limits": everything}).status == "INCONCLUSIVE"

    @pytest.mark.parametrize(("minutes", "windows"), [(29, None), (30, 1), (89, 1), (90, 2), (120, 2), (149, 2), (150, 3)])
    def test_a_rest_of_less_than_half_a_window_belongs_to_the_last(self, book: Any, minutes: int, windows: Any) -> None:
        series(book, every_minute(minutes, **{f"m{minutes}": 90.0}))
        outcome = book.outcome(self.CRITERION)
        if windows is None:
            assert outcome.reason == "short"
        else:
            assert (outcome.status, outcome.windows["windows"]) == ("FAIL", windows)

    @pytest.mark.parametrize(("duration", "status"), [("6 h", "PASS"), ("7 h", "INCONCLUSIVE")])
    def test_min_duration_says_how_much_there_must_be(self, book: Any, duration: str, status: str) -> None:
        self.bad_in(book)
        assert book.outcome({**self.CRITERION, "min_duration": duration}).status == status

    def test_no_increase_of_a_counter_falls_between_two_windows(self, book: Any) -> None:
        pairs = [(at * MINUTE, 0.0 if at < 60 else 5.0) for at in range(0, 121)]
        series(book, pairs, "http.errors", "count")
        outcome = book.outcome({"sli": "http.errors", "pass": "== 0 count", "every": "1 h"})
        assert (outcome.status, outcome.windows["failed"], outcome.value) == ("FAIL", 1, 5)

    def test_a_sample_that_is_no_finite_number_spoils_all_windows(self, book: Any) -> None:
        book.measure("soak", "host.cpu", None, "pct", series={"file": "s", "metric": "host.cpu"})
        everything = {"failed": 99, "inconclusive": 99, "error": 99}
        outcome = book.outcome({**self.CRITERION, "limits": everything}, load=lambda _reference: every_minute(360, m17=math.nan))
        assert outcome.reason == "not_finite"

    def test_coverage_is_that_of_the_worst_window(self, book: Any) -> None:
        series(book, [pair for pair in every_minute(360) if not 2 * HOUR <= pair[0] < 2.5 * HOUR])
        criterion = {**self.CRITERION, "sampled_every": "1 min", "min_coverage": "90 pct", "limits": {"inconclusive": 1}}
        outcome = book.outcome(criterion)
        assert (outcome.status, outcome.windows["inconclusive"]) == ("WARN", 1)
        assert book.outcome({**criterion, "limits": {}}).reason == "gap"

    def test_a_window_in_error_is_counted_apart(self, book: Any) -> None:
        series(
            book,
            [(at * MINUTE, at * (2.0 if 60 <= at < 120 else 0.0)) for at in range(180)],
            "reported.total",
            "count",
            labels={"name": "e"},
        )
        series(book, [(at * MINUTE, float(at)) for at in range(180)], "reported.total", "count", labels={"name": "all"})
        criterion = {"sli": "reported.total{name=e} / reported.total{name=all}", "pass": "< 1 pct", "every": "1 h"}
        outcome = book.outcome(criterion)
        assert (outcome.status, outcome.windows["error"]) == ("ERROR", 1)
        assert book.outcome({**criterion, "limits": {"error": 1}}).status == "WARN"

    def test_too_many_windows_are_refused(self, book: Any) -> None:
        series(book, [(0, 1.0), (1e9, 1.0)])
        assert book.outcome({**self.CRITERION, "every": "1 s"}).reason == "gap"


class TestWindowsOfRecordings:
    """`every` over plain values: one recording for each window."""

    CRITERION: ClassVar[dict[str, Any]] = {"sli": "tests.passed / tests.run", "pass": "> 90 pct", "every": "2 h"}

    def record(self, book: Any, at: float, passed: int) -> None:
        for sli, value in (("tests.passed", passed), ("tests.run", 100)):
            entry = book.measure("soak", sli, value, "count", labels={"suite": "e2e"})
            hours, minutes = divmod(round(at * 60), 60)
            entry["time"] = f"2026-11-23T{hours:02d}:{minutes:02d}:00.000Z"

    @pytest.mark.parametrize(("values", "status"), [([99, 91, 100], "PASS"), ([99, 90, 100], "FAIL"), ([90, 99, 99], "FAIL")])
    def test_every_recording_is_judged_and_not_the_newest_alone(self, book: Any, values: list[int], status: str) -> None:
        for number, value in enumerate(values):
            self.record(book, 2 * number, value)
        outcome = book.outcome(self.CRITERION)
        assert (outcome.status, outcome.windows["windows"], len(outcome.evidence)) == (status, 3, 6)
        assert book.outcome({key: value for key, value in self.CRITERION.items() if key != "every"}).status == "PASS"

    def test_a_recording_may_come_a_little_late(self, book: Any) -> None:
        for at in (0, 2.4, 4.9):
            self.record(book, at, 99)
        assert book.outcome(self.CRITERION).windows["good"] == 3

    def test_the_window_of_a_recording_is_told_by_the_time_of_the_recording(self, book: Any) -> None:
        for at in (0, 2.4, 4.9):
            self.record(book, at, 99 if at != 2.4 else 50)
        assert "window 2, about 2026-11-23T02:00:00.000Z: 50" in book.outcome(self.CRITERION).sentence

    def test_a_recording_that_was_left_out_is_seen(self, book: Any) -> None:
        for at in (0, 2, 6):
            self.record(book, at, 99)
        outcome = book.outcome(self.CRITERION)
        assert (outcome.reason, outcome.windows["windows"], outcome.windows["inconclusive"]) == ("no_data", 4, 1)

    def test_recordings_that_stopped_early_are_short(self, book: Any) -> None:
        for at in (0, 2, 4):
            self.record(book, at, 99)
        assert book.outcome({**self.CRITERION, "min_duration": "4 h"}).status == "PASS"
        assert book.outcome({**self.CRITERION, "min_duration": "6 h"}).reason == "short"

    def test_histograms_are_judged_one_by_one(self, book: Any) -> None:
        for hour, count in ((0, 99), (2, 50), (4, 99)):
            entry = book.measure("soak", "reported.time", None, "s", labels={"name": "x"}, histogram=[[1, count], ["+Inf", 100]])
            entry["time"] = f"2026-11-23T{hour:02d}:00:00.000Z"
        outcome = book.outcome({"sli": "reported.time", "agg": "p(95)", "pass": "<= 1 s", "every": "2 h"})
        assert (outcome.status, outcome.windows["failed"]) == ("FAIL", 1)


@pytest.mark.parametrize("value", [1.7e308, -1.7e308])
def test_numbers_too_large_to_add_up_are_an_error_and_no_traceback(book: Any, value: float) -> None:
    series(book, [(0, value), (1, value), (2, value)], "reported.number", "1", labels={"name": "x"})
    for agg in ("sum", "mean"):
        assert book.outcome({"sli": "reported.number", "agg": agg, "pass": "< 1 1"}).status in ("ERROR", "INCONCLUSIVE")


@pytest.mark.parametrize(("duration", "refused"), [("500 ms", True), ("1 s", True), ("59 s", True), ("1 min", False)])
def test_a_window_is_never_longer_than_what_must_be_watched(book: Any, duration: str, refused: bool) -> None:
    criterion = {"sli": "host.cpu", "agg": "max", "pass": "< 70 pct", "every": "1 min", "min_duration": duration}
    if refused:
        with pytest.raises(InputError, match="min_duration is shorter than a window"):
            book.outcome(criterion)
    else:
        assert book.outcome(criterion).status == "INCONCLUSIVE"


@pytest.mark.parametrize(("warmup", "refused"), [("59 s", False), ("1 min", True), ("2 min", True)])
def test_a_warm_up_as_long_as_a_window_would_look_at_nothing(book: Any, warmup: str, refused: bool) -> None:
    criterion = {"sli": "host.cpu", "agg": "max", "pass": "< 70 pct", "every": "1 min", "warmup": warmup}
    if refused:
        with pytest.raises(InputError, match="warmup is not shorter than a window"):
            book.outcome(criterion)
    else:
        assert book.outcome(criterion).status == "INCONCLUSIVE"
