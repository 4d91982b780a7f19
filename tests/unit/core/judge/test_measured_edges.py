# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From evidence to a number, at the edges that mutation testing found open."""

from __future__ import annotations

from typing import Any

import pytest

RATE = {"sli": "http.requests", "agg": "rate", "pass": ">= 5 per_s"}
SHARE = {"sli": "redis.hits / (redis.hits + redis.misses)", "pass": "> 80 pct"}
MAX_AGE = {"sli": "host.cpu", "pass": "< 70 pct", "max_age": "1 h"}


def counted(book: Any, increase: float, seconds: float, sli: str = "http.requests", **labels: str) -> None:
    book.measure("soak", sli, None, "count", labels=labels, samples=[(0.0, 100.0), (seconds, 100.0 + increase)])


@pytest.mark.parametrize(("increase", "status"), [(300, "PASS"), (299, "FAIL")])
def test_the_rate_of_a_counter_is_its_increase_by_the_second(book: Any, increase: float, status: str) -> None:
    counted(book, increase, 60.0)
    outcome = book.outcome(RATE)
    assert (outcome.status, outcome.value) == (status, pytest.approx(increase / 60))


def test_without_rate_a_counter_is_judged_by_its_increase(book: Any) -> None:
    counted(book, 300, 60.0)
    assert book.outcome({"sli": "http.requests", "pass": "== 300 count"}).status == "PASS"


@pytest.mark.parametrize(("agg", "value"), [("sum", 12), ("max", 9), ("min", 3)])
def test_label_sets_are_joined_as_the_policy_says(book: Any, agg: str, value: int) -> None:
    for service, found in (("backend", 3), ("frontend", 9)):
        book.measure("soak", "log.critical", found, "count", labels={"service": service})
    outcome = book.outcome({"sli": "log.critical", "agg": agg, "pass": "<= 100 count"})
    assert (outcome.value, outcome.n) == (value, 2)


def test_counters_are_joined_by_their_increases(book: Any) -> None:
    for name, increase in (("a", 3), ("b", 9)):
        counted(book, increase, 60.0, "reported.total", name=name)
    for agg, value in (("sum", 12), ("max", 9), ("min", 3)):
        assert book.outcome({"sli": "reported.total", "agg": agg, "pass": "<= 100 count"}).value == value


@pytest.mark.parametrize(
    ("agg", "value"), [(None, 0.5), ("last", 0.5), ("first", 90), ("max", 90), ("min", 0.5), ("sum", 90.5), ("mean", 45.25)]
)
def test_in_a_ratio_a_counter_is_its_increase_and_a_gauge_what_agg_makes_of_it(book: Any, agg: Any, value: float) -> None:
    counted(book, 1000, 60.0)
    book.measure("soak", "soak.saturated", None, "count", samples=[(0.0, 900.0), (60.0, 5.0)])
    outcome = book.outcome({"sli": "soak.saturated / http.requests", "pass": "<= 100 pct", **({"agg": agg} if agg else {})})
    assert outcome.value == pytest.approx(value)


def test_a_ratio_of_counters_is_that_of_their_increases_also_when_they_begin_high(book: Any) -> None:
    counted(book, 250, 60.0, "http.errors")
    counted(book, 1000, 60.0)
    assert book.outcome({"sli": "http.errors / http.requests", "pass": "<= 100 pct"}).value == pytest.approx(25)


@pytest.mark.parametrize(("hits", "misses"), [(900.5, 100), (900, 100.5)])
def test_confidence_needs_whole_numbers(book: Any, hits: float, misses: float) -> None:
    book.measure("soak", "redis.hits", hits, "count")
    book.measure("soak", "redis.misses", misses, "count")
    assert book.outcome(SHARE).status == "PASS"
    outcome = book.outcome({**SHARE, "confidence": "95 pct"})
    assert outcome.status == "ERROR"
    assert "no whole numbers" in outcome.sentence


@pytest.mark.parametrize(
    ("age", "status"), [(3600.0, "PASS"), (3600.001, "INCONCLUSIVE"), (0.0, "PASS"), (-300.0, "PASS"), (-300.001, "INCONCLUSIVE")]
)
def test_a_record_is_at_most_so_old_and_hardly_from_the_future(book: Any, age: float, status: str) -> None:
    book.measure("soak", "host.cpu", 1, "pct")
    outcome = book.outcome(MAX_AGE, now=book.now - 1 + age)
    assert (outcome.status, outcome.reason) == (status, "" if status == "PASS" else "stale")


def test_the_age_of_a_stale_record_is_told_in_hours(book: Any) -> None:
    book.measure("soak", "host.cpu", 1, "pct")
    assert book.outcome(MAX_AGE, now=book.now - 1 + 9000).sentence == "host.cpu is 2.5 h old, at most 1.0 h count"


def test_without_max_age_an_old_record_counts(book: Any) -> None:
    book.measure("soak", "host.cpu", 1, "pct")
    assert book.outcome({key: MAX_AGE[key] for key in ("sli", "pass")}, now=book.now + 1e6).status == "PASS"


def test_why_there_is_nothing_is_told_apart(book: Any) -> None:
    cpu = {"sli": "host.cpu", "pass": "< 70 pct"}
    assert book.outcome(cpu).sentence == "no evidence of host.cpu in phase soak of this run"
    body = {"sli": "host.cpu", "labels": {}, "unit": "pct", "value": 1, "source": ""}
    book.add("evidence", "soak", body, release="ffffffffffff")
    assert book.outcome(cpu).sentence.endswith("of this run; what there is belongs to another release")
    book.add("evidence", "soak", body)
    book.start("soak")
    assert book.outcome(cpu).sentence.endswith("of this run; what there is was recorded before the phase was started")


def test_a_part_of_a_ratio_may_be_0_but_not_negative(book: Any) -> None:
    for hits, status in ((0, "FAIL"), (-1, "ERROR")):
        book.measure("soak", "redis.hits", hits, "count")
        book.measure("soak", "redis.misses", 10, "count")
        assert book.outcome(SHARE).status == status


def test_as_many_hits_as_tries_are_all_of_them_and_one_more_contradicts_itself(book: Any) -> None:
    for passed, status in ((10, "PASS"), (11, "ERROR")):
        book.measure("soak", "tests.passed", passed, "count")
        book.measure("soak", "tests.run", 10, "count")
        assert book.outcome({"sli": "tests.passed / tests.run", "pass": "== 100 pct" if passed == 10 else "> 0 pct"}).status == status


def test_a_ratio_of_times_may_be_more_than_one(book: Any) -> None:
    book.measure("soak", "reported.time", 30, "s", labels={"name": "a"})
    book.measure("soak", "soak.duration", 20, "s")
    outcome = book.outcome({"sli": "reported.time{name=a} / soak.duration", "pass": "<= 150 pct"})
    assert (outcome.status, outcome.n) == ("PASS", 1)


def test_the_same_labels_must_be_there_on_every_side_of_a_ratio(book: Any) -> None:
    ratio = {"sli": "redis.hits / (redis.hits + redis.misses)", "pass": "> 80 pct"}
    book.measure("soak", "redis.hits", 90, "count")
    assert book.outcome(ratio).reason == "no_data"
    book.measure("soak", "redis.misses", 10, "count")
    assert book.outcome(ratio).status == "PASS"


def test_each_takes_the_values_of_every_side(book: Any) -> None:
    each = {"sli": "tests.passed / tests.run", "each": "suite", "pass": "> 90 pct"}
    book.measure("soak", "tests.run", 10, "count", labels={"suite": "forgotten"})
    for suite in ("a", "b"):
        book.measure("soak", "tests.run", 10, "count", labels={"suite": suite})
        book.measure("soak", "tests.passed", 10, "count", labels={"suite": suite})
    outcome = book.outcome(each)
    assert (outcome.reason, outcome.group) == ("no_data", "forgotten")


def test_a_ratio_cannot_be_made_of_histograms(book: Any) -> None:
    ratio = {"sli": "reported.time{name=a} / reported.time{name=b}", "agg": "p(50)", "pass": "<= 200 pct"}
    for name in ("a", "b"):
        book.measure("soak", "reported.time", None, "s", labels={"name": name}, samples=[(0.0, 1.0), (1.0, 1.0)])
    assert book.outcome(ratio).status == "PASS"
    for name in ("a", "b"):
        book.measure("soak", "reported.time", None, "s", labels={"name": name}, histogram=[[0.5, 10], [1, 90], ["+Inf", 100]])
        assert book.outcome(ratio).reason == "ambiguous"


@pytest.mark.parametrize(("newest", "status"), [(-50.0, "PASS"), (-70.0, "INCONCLUSIVE")])
def test_the_newest_sample_of_a_series_must_be_young_enough(book: Any, newest: float, status: str) -> None:
    moments = [book.now - 3000, book.now - 2000, book.now - 1000, book.now + newest]
    book.measure("soak", "host.cpu", None, "pct", samples=[(at, 1.0) for at in moments])
    assert book.outcome({"sli": "host.cpu", "pass": "< 70 pct", "max_age": "1 min"}, now=book.now - 1).status == status


def test_which_side_of_a_ratio_is_missing_is_told(book: Any) -> None:
    ratio = {"sli": "redis.hits / (redis.hits + redis.misses)", "pass": "> 80 pct"}
    assert book.outcome(ratio).sentence == "no evidence of redis.hits in phase soak of this run"
    book.measure("soak", "redis.hits", 1, "count")
    assert book.outcome(ratio).sentence == "no evidence of redis.misses in phase soak of this run"


def test_sides_with_other_labels_are_both_named(book: Any) -> None:
    book.measure("soak", "tests.passed", 10, "count", labels={"suite": "backend"})
    book.measure("soak", "tests.run", 10, "count", labels={"suite": "frontend"})
    outcome = book.outcome({"sli": "tests.passed / tests.run", "pass": "== 100 pct"})
    assert outcome.sentence == "tests.passed and tests.run were not recorded for the same labels"
    assert outcome.changes == ("record tests.passed and tests.run for the same labels",)


def test_coverage_that_is_too_low_is_told_in_percent(book: Any) -> None:
    book.measure("soak", "host.cpu", None, "pct", samples=[(float(at), 1.0) for at in (0, 1, 2, 9)])
    criterion = {"sli": "host.cpu", "agg": "max", "pass": "< 70 pct", "sampled_every": "1 s", "min_coverage": "95 pct"}
    said = book.outcome(criterion).sentence
    assert said == "40 pct of the expected samples are there, at least 95 pct are needed"


def test_an_old_recording_beside_a_new_one_does_not_make_it_stale(book: Any) -> None:
    for at in ("2026-11-20T12:00:00.000Z", "2026-11-23T12:00:00.000Z"):
        book.measure("soak", "host.cpu", 1, "pct")["time"] = at
    assert book.outcome(MAX_AGE, now=book.now).status == "PASS"


@pytest.mark.parametrize("more", [{}, {"max_age": "1 h"}, {"warmup": "5 min"}, {"max_gap": "5 min"}, {"min_duration": "1 min"}])
def test_a_series_without_samples_is_no_pass_and_no_traceback(book: Any, more: Any) -> None:
    book.measure("soak", "host.cpu", None, "pct", series={"file": "s", "metric": "host.cpu"})
    outcome = book.outcome({"sli": "host.cpu", "agg": "max", "pass": "< 70 pct", **more}, load=lambda _reference: [])
    assert outcome.reason in ("no_data", "short")


def test_how_many_more_must_be_looked_at_is_told(book: Any) -> None:
    samples = [(60.0 * minute, 1.0) for minute in range(4)]
    book.measure("soak", "host.cpu", None, "pct", samples=samples)
    outcome = book.outcome({"sli": "host.cpu", "agg": "max", "pass": "< 70 pct", "min_samples": 10})
    assert (outcome.reason, outcome.changes) == ("short", ("look at 6 more of max of host.cpu",))


def test_bytes_are_no_tries_so_that_two_sizes_are_one_look(book: Any) -> None:
    for name, size in (("used", 600), ("all", 1000)):
        book.measure("soak", "reported.bytes", size, "B", labels={"name": name})
    criterion = {"sli": "reported.bytes{name=used} / reported.bytes{name=all}", "pass": "< 70 pct"}
    assert (book.outcome(criterion).status, book.outcome(criterion).n) == ("PASS", 1)
    assert book.outcome({**criterion, "min_samples": 2}).reason == "short"


def test_confidence_needs_whole_hits_also_where_the_tries_are_whole(book: Any) -> None:
    book.measure("soak", "log.critical", 0.5, "count")
    book.measure("soak", "log.lines", 1000, "count")
    criterion = {"sli": "log.critical / log.lines", "pass": "< 5 pct"}
    assert book.outcome(criterion).status == "PASS"
    assert book.outcome({**criterion, "confidence": "95 pct"}).status == "ERROR"


@pytest.mark.parametrize(
    ("limit", "status"),
    [
        ("!= 50 pct", "INCONCLUSIVE"),
        ("== 50 pct", "INCONCLUSIVE"),
        ("!= 100 pct", "INCONCLUSIVE"),
        ("!= 49 pct", "PASS"),
        ("== 49 pct", "FAIL"),
    ],
)
def test_an_interval_that_touches_the_bound_decides_nothing(book: Any, limit: str, status: str) -> None:
    book.measure("soak", "reported.time", None, "s", labels={"name": "x"}, histogram=[[1, 50], ["+Inf", 100]])
    outcome = book.outcome({"sli": "reported.time", "agg": "share(> 0.5 s)", "pass": limit})
    assert (outcome.status, outcome.low, outcome.high) == (status, 50, 100)
