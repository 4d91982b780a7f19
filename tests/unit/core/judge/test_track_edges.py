# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Label sets over time, at the edges that mutation testing found open."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.expression import parse_expression
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.track import track_of

WINDOWS = {"sli": "reported.time", "agg": "p(95)", "pass": "<= 1 s", "every": "2 h"}
GOOD, BAD = [[1, 99], ["+Inf", 100]], [[1, 50], ["+Inf", 100]]


def histograms(book: Any, *at: tuple[float, Any]) -> None:
    """Record histograms at these hours after midnight."""
    for hour, buckets in at:
        entry = book.measure("soak", "reported.time", None, "s", labels={"name": "x"}, histogram=buckets)
        hours, minutes = divmod(round(hour * 60), 60)
        entry["time"] = f"2026-11-23T{hours:02d}:{minutes:02d}:00.000Z"


def every_minute(book: Any, *minutes: int, **more: Any) -> None:
    book.measure("soak", "host.cpu", None, "pct", samples=[(60.0 * at, more.get(f"m{at}", 50.0)) for at in minutes])


@pytest.mark.parametrize("last", [GOOD, BAD])
def test_a_histogram_at_the_edge_of_two_windows_belongs_to_the_later_one_and_is_judged(book: Any, last: Any) -> None:
    histograms(book, (0, GOOD), (2, GOOD), (3, last))
    outcome = book.outcome(WINDOWS)
    assert (outcome.status, outcome.windows["windows"]) == ("PASS" if last is GOOD else "FAIL", 3)
    assert (outcome.windows["good"], outcome.windows["failed"]) == ((3, 0) if last is GOOD else (2, 1))


@pytest.mark.parametrize("first", [GOOD, BAD])
def test_every_window_sees_its_own_histogram(book: Any, first: Any) -> None:
    histograms(book, (0, first), (2, GOOD), (4, GOOD))
    assert book.outcome(WINDOWS).windows["failed"] == (0 if first is GOOD else 1)


@pytest.mark.parametrize(("first", "second", "failed"), [(BAD, GOOD, 0), (BAD, BAD, 1), (GOOD, BAD, 1), (GOOD, GOOD, 0)])
def test_the_warm_up_leaves_out_the_histograms_before_its_end_and_none_after(book: Any, first: Any, second: Any, failed: int) -> None:
    histograms(book, (0, first), (1, second))
    outcome = book.outcome({**WINDOWS, "warmup": "1 h"})
    assert (outcome.windows["windows"], outcome.windows["failed"], outcome.n) == (1, failed, 100)


def test_without_windows_the_newest_histogram_speaks(book: Any) -> None:
    newest = {key: WINDOWS[key] for key in ("sli", "agg", "pass")}
    histograms(book, (0, GOOD), (2, BAD))
    assert book.outcome(newest).status == "FAIL"
    histograms(book, (4, GOOD))
    assert book.outcome(newest).status == "PASS"


def test_with_windows_recordings_of_another_form_are_left_out(book: Any) -> None:
    histograms(book, (0, BAD))
    for value in (0.5, 0.6):
        book.measure("soak", "reported.time", value, "s", labels={"name": "x"})
    outcome = book.outcome({**WINDOWS, "agg": "last"})
    assert (outcome.status, outcome.n) == ("PASS", 2)


def test_the_plain_value_of_a_counter_is_its_increase_already(book: Any) -> None:
    book.measure("soak", "http.errors", 3, "count")
    assert book.outcome({"sli": "http.errors", "pass": "== 3 count"}).status == "PASS"
    assert book.outcome({"sli": "http.errors", "agg": "rate", "pass": "<= 3 per_s"}).reason == "short"


@pytest.mark.parametrize(("kept", "coverage"), [(10, 1.0), (9, 0.9), (5, 0.5)])
def test_coverage_is_the_share_of_the_slots_that_hold_a_sample(book: Any, kept: int, coverage: float) -> None:
    every_minute(book, *range(kept - 1), 9)
    criterion = {"sli": "host.cpu", "agg": "max", "pass": "< 70 pct", "sampled_every": "1 min", "min_coverage": "10 pct"}
    assert book.outcome(criterion).coverage == pytest.approx(coverage)


def test_two_samples_in_one_slot_fill_one_slot(book: Any) -> None:
    criterion = {"sli": "host.cpu", "agg": "max", "pass": "< 70 pct", "sampled_every": "1 min", "min_coverage": "75 pct"}
    book.measure("soak", "host.cpu", None, "pct", samples=[(0.0, 1.0), (1.0, 1.0), (2.0, 1.0), (180.0, 1.0)])
    assert book.outcome(criterion).reason == "gap"


@pytest.mark.parametrize("sampled", [{"max_gap": "1 min"}, {"sampled_every": "1 min", "min_coverage": "50 pct"}])
def test_two_samples_are_enough_to_look_for_holes(book: Any, sampled: Any) -> None:
    every_minute(book, 0, 1)
    assert book.outcome({"sli": "host.cpu", "agg": "max", "pass": "< 70 pct", **sampled}).status == "PASS"


def test_every_label_set_is_looked_at_for_holes(book: Any) -> None:
    for container, minutes in (("a", range(11)), ("b", (0, 1, 9, 10))):
        samples = [(60.0 * at, 1.0) for at in minutes]
        book.measure("soak", "container.working_set", None, "B", labels={"container": container}, samples=samples)
    criterion = {"sli": "container.working_set", "agg": "max", "pass": "< 5 MB"}
    assert book.outcome(criterion).status == "PASS"
    assert book.outcome({**criterion, "max_gap": "2 min"}).reason == "gap"
    assert book.outcome({**criterion, "sampled_every": "1 min", "min_coverage": "90 pct"}).reason == "gap"


@pytest.mark.parametrize(("first", "second", "status"), [(GOOD, BAD, "FAIL"), (BAD, GOOD, "PASS")])
def test_of_two_histograms_in_a_window_the_newer_one_speaks(book: Any, first: Any, second: Any, status: str) -> None:
    histograms(book, (0, first), (0.5, second))
    outcome = book.outcome(WINDOWS)
    assert (outcome.status, outcome.windows["windows"]) == (status, 1)


def test_the_samples_of_a_histogram_are_no_numbers(book: Any) -> None:
    """Should they ever be judged in place of the histogram, nothing passes."""
    histograms(book, (0, GOOD), (2, GOOD))
    (records,) = book.evidence().histories("soak", parse_expression("reported.time", "here").numerator)
    found = track_of(parse_expression("reported.time", "here").numerator, records, lambda _reference: [], True)
    assert len(found.histograms) == len(found.samples) == 2
    assert not found.samples.finite


@pytest.mark.parametrize(("newest", "status"), [(GOOD, "PASS"), (BAD, "FAIL")])
def test_every_histogram_after_the_warm_up_is_judged(book: Any, newest: Any, status: str) -> None:
    histograms(book, (0, BAD), (1, GOOD), (1.5, newest))
    assert book.outcome({**WINDOWS, "warmup": "1 h"}).status == status


def test_plain_values_between_histograms_are_left_out(book: Any) -> None:
    book.measure("soak", "reported.time", 0.5, "s", labels={"name": "x"})
    histograms(book, (0.5, GOOD), (1, GOOD))
    outcome = book.outcome(WINDOWS)
    assert (outcome.status, outcome.windows["failed"], outcome.windows["error"]) == ("PASS", 0, 0)
