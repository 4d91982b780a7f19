# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The judge: twins on both sides of every limit, and every way in which evidence can fail to say anything."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import pytest

# Each line: what is judged, the last value that passes, the first that does not.
TWINS = [
    ("host.cpu", "pct", "< 70 pct", 69.999, 70),
    ("host.disk_used", "pct", "<= 80 pct", 80, 80.001),
    ("postgres.active", "count", "< 20 count", 19, 20),
    ("soak.coverage", "ratio", "> 95 pct", 0.95001, 0.95),
    ("soak.duration", "s", ">= 24 h", 86400, 86399),
    ("container.watched", "count", "== 4 count", 4, 3),
    ("soak.saturated", "count", "!= 3 count", 2, 3),
    ("soak.longest_gap", "ms", "<= 5 min", 300000, 300001),
]


@pytest.mark.parametrize(("sli", "unit", "limit", "good", "bad"), TWINS)
def test_the_twins_at_a_limit_part(book: Any, sli: str, unit: str, limit: str, good: float, bad: float) -> None:
    book.measure("soak", sli, good, unit)
    assert book.outcome({"sli": sli, "pass": limit}).status == "PASS"
    book.measure("soak", sli, bad, unit)
    assert book.outcome({"sli": sli, "pass": limit}).status == "FAIL"


@pytest.mark.parametrize(("value", "status"), [(264999, "FAIL"), (265000, "PASS"), (465000, "PASS"), (465001, "FAIL")])
def test_all_limits_of_a_list_must_hold(book: Any, value: int, status: str) -> None:
    book.measure("soak", "bundle.size", value, "B", labels={"set": "all", "encoding": "gzip"})
    assert book.outcome({"sli": "bundle.size{set=all}", "pass": [">= 265 kB", "<= 465 kB"]}).status == status


@pytest.mark.parametrize(("passed", "status"), [(189, "FAIL"), (190, "PASS")])
def test_percent_is_absolute(book: Any, passed: int, status: str) -> None:
    book.measure("soak", "qa.points_passed", passed, "count")
    book.measure("soak", "qa.points_total", 200, "count")
    outcome = book.outcome({"sli": "qa.points_passed / qa.points_total", "pass": ">= 95 pct", "min_samples": 100})
    assert (outcome.status, outcome.n) == (status, 200)


def test_an_outcome_explains_itself(book: Any) -> None:
    entry = book.measure("soak", "bundle.size", 300123, "B", labels={"set": "all", "encoding": "gzip"})
    outcome = book.outcome({"sli": "bundle.size", "pass": [">= 265 kB", "<= 465 kB"], "key": True, "covers": ["BLD-03"]})
    assert outcome.sentence == "300.12 kB, must be >= 265 kB and <= 465 kB, 35.123 kB to spare"
    assert (outcome.value, outcome.unit, outcome.limit) == (300.123, "kB", ">= 265 kB and <= 465 kB")
    assert outcome.distance == pytest.approx(35.123)
    assert (outcome.evidence, outcome.key, outcome.covers) == ((entry["seq"],), True, ("BLD-03",))


def test_a_failure_says_by_how_much(book: Any) -> None:
    book.measure("soak", "postgres.active", 23, "count")
    outcome = book.outcome({"sli": "postgres.active", "pass": "< 20 count"})
    assert (outcome.distance, outcome.sentence) == (-3, "23, must be < 20, missed by 3")


def test_a_warning_makes_a_pass_worse_and_never_a_failure_better(book: Any) -> None:
    criterion = {"sli": "host.cpu", "pass": "< 70 pct", "warn": ">= 60 pct"}
    for value, status in ((59, "PASS"), (60, "WARN"), (70, "FAIL")):
        book.measure("soak", "host.cpu", value, "pct")
        assert book.outcome(criterion).status == status


class TestWhatIsMissing:
    """Nothing of this is a pass."""

    def test_no_evidence_is_no_data(self, book: Any) -> None:
        outcome = book.outcome({"sli": "host.cpu", "pass": "< 70 pct"})
        assert (outcome.status, outcome.reason, outcome.value) == ("INCONCLUSIVE", "no_data", None)

    def test_nothing_found_is_no_zero(self, book: Any) -> None:
        assert book.outcome({"sli": "log.critical", "agg": "sum", "pass": "== 0 count"}).reason == "no_data"

    def test_evidence_of_another_phase_does_not_count(self, book: Any) -> None:
        book.measure("smoke", "host.cpu", 1, "pct")
        assert book.outcome({"sli": "host.cpu", "pass": "< 70 pct"}).reason == "no_data"
        assert book.outcome({"sli": "host.cpu", "pass": "< 70 pct", "phase": "smoke"}).status == "PASS"

    def test_evidence_from_before_the_start_of_the_phase_is_stale(self, book: Any) -> None:
        book.start("soak")
        book.measure("soak", "host.cpu", 1, "pct")
        assert book.outcome({"sli": "host.cpu", "pass": "< 70 pct"}).status == "PASS"
        book.start("soak")
        assert book.outcome({"sli": "host.cpu", "pass": "< 70 pct"}).reason == "stale"

    def test_evidence_of_an_earlier_run_is_stale(self, book: Any) -> None:
        entry = book.measure("soak", "host.cpu", 1, "pct")
        book.entries.clear()
        book.add("evidence", "soak", entry["body"], id="r-20200101T000000Z-1a2b3c4d5e6f")
        assert book.outcome({"sli": "host.cpu", "pass": "< 70 pct"}).reason == "stale"

    def test_evidence_of_another_release_is_named_as_such(self, book: Any) -> None:
        entry = book.measure("soak", "host.cpu", 1, "pct")
        book.entries.clear()
        book.add("evidence", "soak", entry["body"], release="ffffffffffff")
        assert book.outcome({"sli": "host.cpu", "pass": "< 70 pct"}).reason == "other_release"

    @pytest.mark.parametrize(("hours", "status"), [(336, "PASS"), (336.01, "INCONCLUSIVE"), (-1, "INCONCLUSIVE")])
    def test_evidence_older_than_max_age_is_stale(self, book: Any, hours: float, status: str) -> None:
        book.measure("drill", "drill.failures", 0, "count")
        criterion = {"sli": "drill.failures", "pass": "== 0 count", "phase": "drill", "max_age": "14 d"}
        assert book.outcome(criterion, now=book.now - 1 + hours * 3600).status == status

    def test_several_label_sets_are_never_picked_from(self, book: Any) -> None:
        for service, value in (("backend", 0), ("frontend", 7)):
            book.measure("soak", "log.critical", value, "count", labels={"service": service})
        assert book.outcome({"sli": "log.critical", "pass": "== 0 count"}).reason == "ambiguous"
        assert book.outcome({"sli": "log.critical", "agg": "sum", "pass": "== 7 count"}).status == "PASS"
        assert book.outcome({"sli": "log.critical", "agg": "max", "pass": "<= 7 count"}).status == "PASS"
        assert book.outcome({"sli": "log.critical{service=backend}", "pass": "== 0 count"}).status == "PASS"

    def test_a_denominator_of_zero_is_no_data(self, book: Any) -> None:
        for sli in ("qa.points_passed", "qa.points_total"):
            book.measure("soak", sli, 0, "count")
        assert book.outcome({"sli": "qa.points_passed / qa.points_total", "pass": ">= 95 pct"}).reason == "no_data"

    def test_half_a_ratio_is_no_data(self, book: Any) -> None:
        book.measure("soak", "http.errors", 0, "count")
        assert book.outcome({"sli": "http.errors / http.requests", "pass": "< 0.1 pct"}).reason == "no_data"

    def test_both_sides_of_a_ratio_must_speak_of_the_same_things(self, book: Any) -> None:
        book.measure("soak", "tests.passed", 10, "count", labels={"suite": "backend"})
        book.measure("soak", "tests.run", 10, "count", labels={"suite": "frontend"})
        assert book.outcome({"sli": "tests.passed / tests.run", "pass": "== 100 pct"}).reason == "no_data"

    def test_too_few_samples_are_short(self, book: Any) -> None:
        book.measure("soak", "http.duration", None, "s", samples=[(float(at), 0.1) for at in range(99)])
        assert book.outcome({"sli": "http.duration", "agg": "p(95)", "pass": "<= 5 s", "min_samples": 100}).reason == "short"
        assert book.outcome({"sli": "http.duration", "agg": "p(95)", "pass": "<= 5 s", "min_samples": 99}).status == "PASS"

    def test_a_slope_over_too_short_a_time_is_short(self, book: Any) -> None:
        book.measure("soak", "host.memory_used", None, "pct", samples=[(at * 60.0, 50.0) for at in range(60)])
        slope = {"sli": "host.memory_used", "agg": "slope", "pass": "<= 5 pct/h"}
        assert book.outcome({**slope, "min_duration": "4 h"}).reason == "short"
        assert book.outcome({**slope, "min_duration": "30 min"}).status == "PASS"

    @pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
    def test_one_sample_that_is_no_finite_number_spoils_the_series(self, book: Any, wrong: float) -> None:
        book.measure("soak", "host.cpu", None, "pct", series={"file": "s", "metric": "host.cpu"})
        outcome = book.outcome({"sli": "host.cpu", "agg": "max", "pass": "< 70 pct"}, load=lambda _ref: [(0.0, 1.0), (1.0, wrong)])
        assert (outcome.status, outcome.reason) == ("INCONCLUSIVE", "not_finite")

    def test_an_empty_series_is_no_data(self, book: Any) -> None:
        book.measure("soak", "host.cpu", None, "pct", series={"file": "s", "metric": "host.cpu"})
        assert book.outcome({"sli": "host.cpu", "agg": "p(95)", "pass": "< 70 pct"}, load=lambda _ref: []).reason == "no_data"

    def test_more_hits_than_tries_is_an_error(self, book: Any) -> None:
        book.measure("soak", "qa.points_passed", 210, "count")
        book.measure("soak", "qa.points_total", 200, "count")
        assert book.outcome({"sli": "qa.points_passed / qa.points_total", "pass": ">= 95 pct"}).status == "ERROR"

    def test_evidence_that_was_never_checked_is_an_error_and_no_traceback(self, book: Any) -> None:
        for body in (
            {"sli": "host.cpu", "unit": "s", "value": 1},
            {"sli": "host.cpu", "unit": "pct", "value": "1"},
            {"sli": "host.cpu"},
        ):
            book.add("evidence", "soak", body)
            assert book.outcome({"sli": "host.cpu", "pass": "< 70 pct"}).status == "ERROR"


class TestEach:
    """One criterion for every value of a label."""

    CRITERION: ClassVar[dict[str, Any]] = {"sli": "container.restarts", "each": "container", "pass": "== 0 count"}

    def test_no_group_is_no_data(self, book: Any) -> None:
        assert book.outcome(self.CRITERION).reason == "no_data"

    def test_every_group_must_pass_and_the_worst_speaks(self, book: Any) -> None:
        for name, value in (("backend", 0), ("frontend", 2)):
            book.measure("soak", "container.restarts", value, "count", labels={"container": name})
        outcome = book.outcome(self.CRITERION)
        assert (outcome.status, outcome.group) == ("FAIL", "frontend")
        assert outcome.sentence == "container frontend: 2, must be == 0, missed by 2 (1 of 2 good)"

    def test_an_expected_group_that_is_not_there_is_no_data(self, book: Any) -> None:
        book.measure("soak", "container.restarts", 0, "count", labels={"container": "backend"})
        assert book.outcome({**self.CRITERION, "expect": ["backend"]}).status == "PASS"
        outcome = book.outcome({**self.CRITERION, "expect": ["backend", "frontend"]})
        assert (outcome.reason, outcome.group) == ("no_data", "frontend")


class TestCountersAndConfidence:
    """Counters are judged by their increase; a share by its bound."""

    def record(self, book: Any, errors: int, requests: int) -> None:
        book.measure("soak", "http.errors", None, "count", samples=[(0.0, 5.0), (60.0, 5.0 + errors)])
        book.measure("soak", "http.requests", None, "count", samples=[(0.0, 100.0), (60.0, 100.0 + requests)])

    def test_a_ratio_of_counters_is_that_of_their_increases(self, book: Any) -> None:
        self.record(book, 1, 1000)
        outcome = book.outcome({"sli": "http.errors / http.requests", "pass": "<= 0.1 pct"})
        assert (outcome.status, outcome.value, outcome.n) == ("PASS", pytest.approx(0.1), 1000)

    @pytest.mark.parametrize(
        ("errors", "requests", "status", "reason"),
        [
            (0, 2994, "INCONCLUSIVE", "low_power"),
            (0, 2995, "PASS", ""),
            (10, 16958, "INCONCLUSIVE", "low_power"),
            (17, 16959, "FAIL", ""),
        ],
    )
    def test_an_error_rate_needs_enough_requests(self, book: Any, errors: int, requests: int, status: str, reason: str) -> None:
        self.record(book, errors, requests)
        outcome = book.outcome({"sli": "http.errors / http.requests", "pass": "< 0.1 pct", "confidence": "95 pct"})
        assert (outcome.status, outcome.reason) == (status, reason)

    def test_a_lower_limit_is_held_against_the_lower_bound(self, book: Any) -> None:
        criterion = {"sli": "redis.hits / (redis.hits + redis.misses)", "pass": "> 80 pct", "confidence": "95 pct"}
        for hits, misses, status in ((9, 1, "INCONCLUSIVE"), (900, 100, "PASS"), (80, 20, "FAIL")):
            book.measure("soak", "redis.hits", hits, "count")
            book.measure("soak", "redis.misses", misses, "count")
            assert book.outcome(criterion).status == status

    @pytest.mark.parametrize(("hits", "tries"), [(5e11, 1e12), (3, 1e18), (1e300, 1e301)])
    def test_counts_too_large_for_a_bound_are_an_error_and_no_traceback(self, book: Any, hits: float, tries: float) -> None:
        book.measure("soak", "http.errors", hits, "count")
        book.measure("soak", "http.requests", tries, "count")
        outcome = book.outcome({"sli": "http.errors / http.requests", "pass": "< 99 pct", "confidence": "95 pct"})
        assert (outcome.status, outcome.good) == ("ERROR", False)

    def test_one_sample_of_a_counter_is_short(self, book: Any) -> None:
        book.measure("soak", "http.errors", None, "count", samples=[(0.0, 0.0)])
        assert book.outcome({"sli": "http.errors", "pass": "== 0 count"}).reason == "short"

    def test_a_gauge_may_be_held_against_a_counter(self, book: Any) -> None:
        self.record(book, 0, 1000)
        book.measure("soak", "soak.saturated", 5, "count")
        assert book.outcome({"sli": "soak.saturated / http.requests", "pass": "<= 0.5 pct"}).status == "PASS"


def test_a_failure_tells_what_the_evidence_says_was_found(book) -> None:
    book.measure("soak", "host.ports_taken", 1, "count", labels={"port": "3000"}, detail="port 3000 is held by nginx (pid 17)")
    book.measure("soak", "host.ports_taken", 0, "count", labels={"port": "8000"})
    outcome = book.outcome({"sli": "host.ports_taken", "agg": "sum", "pass": "== 0 count"})
    assert outcome.sentence == "1, must be == 0, missed by 1; port 3000 is held by nginx (pid 17)"


def test_a_pass_does_not_repeat_the_evidence(book) -> None:
    book.measure("soak", "log.lines", 5, "count", labels={"service": "backend"}, detail="looked at five lines")
    assert "looked at" not in book.outcome({"sli": "log.lines", "agg": "sum", "pass": "> 0 count"}).sentence
