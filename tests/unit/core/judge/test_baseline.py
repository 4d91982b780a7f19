# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The baseline: the same thing, measured on the run in which the last verified-good other release was proved good."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError, InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.baseline import baseline_run
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.criterion import read_criterion

OLD = {"id": "r-20261101T000000Z-aaaaaaaaaaaa", "release": "aaaaaaaaaaaa"}
OLDER = {"id": "r-20261001T000000Z-bbbbbbbbbbbb", "release": "bbbbbbbbbbbb"}
LATENCY = {"sli": "reported.time", "labels": {"name": "p95"}, "unit": "ms", "source": "k6"}
CRITERION: dict[str, Any] = {"sli": "reported.time", "pass": "<= baseline * 1.10"}


def past(book: Any, value: Any = 100.0, run: Any = OLD, verdict: str = "GO", state: str = "soaked", **body: Any) -> None:
    """An earlier run with one latency, its verdict, and what became of its release."""
    book.add("run", "", {"commit": run["release"] + "0" * 28}, **run)
    book.add("phase", "soak", {"event": "started", "requires": []}, **run)
    if value is not None or body:
        book.add("evidence", "soak", {**LATENCY, **({"value": value} if value is not None else {}), **body}, **run)
    if verdict:
        book.add("gate", "soak", {"phase": "soak", "verdict": verdict}, **run)
    if state:
        book.add("release", "soak", {"release": run["release"], "state": state}, **run)


def now(book: Any, value: float) -> None:
    book.start("soak")
    book.measure("soak", "reported.time", value, "ms", labels={"name": "p95"})


@pytest.mark.parametrize(("value", "status"), [(110, "PASS"), (110.001, "FAIL")])
def test_the_twins_at_a_relative_limit_part(book: Any, value: float, status: str) -> None:
    past(book)
    now(book, value)
    outcome = book.outcome({**CRITERION, "pass": "<= baseline + 10 ms"})
    assert (outcome.status, outcome.baseline, outcome.value) == (status, 100, value)


@pytest.mark.parametrize(
    ("limit", "value", "status"),
    [
        ("<= baseline * 1.10", 109.9, "PASS"),
        ("<= baseline * 1.10", 110.1, "FAIL"),
        (">= baseline - 5 ms", 95, "PASS"),
        (">= baseline - 5 ms", 94.9, "FAIL"),
        ("< baseline", 99.9, "PASS"),
        ("< baseline", 100, "FAIL"),
    ],
)
def test_every_form_is_computed(book: Any, limit: str, value: float, status: str) -> None:
    past(book)
    now(book, value)
    assert book.outcome({**CRITERION, "pass": limit}).status == status


def test_the_sentence_shows_what_the_baseline_makes_of_the_limit(book: Any) -> None:
    past(book)
    now(book, 120)
    outcome = book.outcome({**CRITERION, "pass": ["<= 5000 ms", "<= baseline * 1.10"]})
    assert outcome.sentence == "120 ms, must be <= 5000 ms and <= baseline * 1.1 (<= 110 ms), missed by 10 ms"
    assert outcome.changes == ("reported.time from 120 ms to <= baseline * 1.1 (<= 110 ms)",)


class TestWithoutABaseline:
    """Never a pass, unless the policy has an absolute limit and says so; then a WARN."""

    def none(self, book: Any) -> Any:
        return book.outcome(CRITERION)

    def test_no_other_release_is_no_baseline(self, book: Any) -> None:
        now(book, 1)
        outcome = self.none(book)
        assert (outcome.status, outcome.reason, outcome.baseline) == ("INCONCLUSIVE", "no_baseline", None)
        assert outcome.sentence == "0.001 s, must be <= baseline * 1.1, but no other release is verified-good"

    @pytest.mark.parametrize("state", ["", "built", "deployed", "bad", "rolled_back"])
    def test_a_release_that_is_not_verified_good_is_none(self, book: Any, state: str) -> None:
        past(book, state=state)
        now(book, 1)
        assert self.none(book).reason == "no_baseline"

    def test_a_release_that_was_spoiled_since_is_none(self, book: Any) -> None:
        past(book)
        book.add("release", "", {"release": OLD["release"], "state": "bad"}, **OLD)
        now(book, 1)
        assert self.none(book).reason == "no_baseline"

    def test_then_the_release_proved_good_before_it_is_the_baseline(self, book: Any) -> None:
        past(book, 200.0, OLDER)
        past(book)
        now(book, 150)
        assert self.none(book).baseline == 0.1
        book.add("release", "", {"release": OLD["release"], "state": "rolled_back"}, **OLD)
        assert self.none(book).baseline == 0.2

    @pytest.mark.parametrize("verdict", ["", "HOLD", "FAIL", "ERROR"])
    def test_a_phase_that_was_not_go_is_none(self, book: Any, verdict: str) -> None:
        past(book, verdict=verdict)
        now(book, 1)
        assert "phase soak of release aaaaaaaaaaaa was not GO" in self.none(book).sentence

    def test_a_release_is_never_its_own_baseline(self, book: Any) -> None:
        past(book, run={"id": "r-20261101T000000Z-1a2b3c4d5e6f", "release": book.run["release"]})
        now(book, 1)
        assert self.none(book).reason == "no_baseline"

    def test_the_proof_of_a_rollback_in_another_run_is_no_run_of_the_release(self, book: Any) -> None:
        past(book, state="")
        book.add("release", "rollback", {"release": OLD["release"], "state": "verified"})
        assert baseline_run(book.entries, book.run["release"]) is None

    def test_a_run_in_which_nothing_was_measured_is_none(self, book: Any) -> None:
        past(book, None)
        now(book, 1)
        assert "release aaaaaaaaaaaa: no evidence of reported.time" in self.none(book).sentence

    def test_a_series_whose_file_is_gone_is_none(self, book: Any) -> None:
        past(book, None, series={"file": "soak/old/samples.sqlite", "metric": "x"})
        now(book, 1)

        def gone(_reference: Any) -> Any:
            raise EvidenceError("the samples are not there")

        outcome = book.outcome(CRITERION, load=gone)
        assert (outcome.reason, "the samples are not there" in outcome.sentence) == ("no_baseline", True)

    @pytest.mark.parametrize("value", [0.0, -5.0])
    def test_a_multiple_of_nothing_is_none(self, book: Any, value: float) -> None:
        past(book, value)
        now(book, -100)
        assert self.none(book).reason == "no_baseline"
        assert book.outcome({**CRITERION, "pass": "<= baseline + 5 ms"}).status == "PASS"
        assert book.outcome({**CRITERION, "pass": ["<= 5 s", "<= baseline + 5 ms"]}).status == "PASS"

    def test_a_baseline_that_makes_an_endless_limit_is_none(self, book: Any) -> None:
        past(book, 1.7e308)
        now(book, 1e300)
        assert book.outcome({**CRITERION, "pass": "<= baseline * 1e99"}).reason == "no_baseline"

    def test_a_baseline_of_too_few_samples_is_none(self, book: Any) -> None:
        past(book)
        now(book, 1)
        assert book.outcome({**CRITERION, "min_samples": 1}).status == "PASS"
        series = [[float(at), 100.0] for at in range(10)]
        book.measure("soak", "reported.time", None, "ms", labels={"name": "p95"}, samples=series)
        assert book.outcome({**CRITERION, "min_samples": 5, "pass": "<= baseline"}).reason == "no_baseline"

    def test_absolute_only_judges_by_the_absolute_limit_and_warns(self, book: Any) -> None:
        criterion = {**CRITERION, "pass": ["<= 5 s", "<= baseline * 1.10"], "baseline": {"on_none": "absolute_only"}}
        now(book, 4999)
        outcome = book.outcome(criterion)
        assert outcome.status == "WARN"
        assert outcome.sentence.endswith("there is no baseline: no other release is verified-good")
        now(book, 5001)
        assert book.outcome(criterion).status == "FAIL"

    def test_with_a_baseline_absolute_only_changes_nothing(self, book: Any) -> None:
        past(book)
        now(book, 111)
        criterion = {**CRITERION, "pass": ["<= 5 s", "<= baseline * 1.10"], "baseline": {"on_none": "absolute_only"}}
        assert book.outcome(criterion).status == "FAIL"


def test_one_known_alternative_is_enough_and_one_unknown_is_not(book: Any) -> None:
    now(book, 50)
    for absolute, status in (("<= 50 ms", "PASS"), ("<= 49 ms", "INCONCLUSIVE")):
        assert book.outcome({**CRITERION, "pass": [[absolute], ["<= baseline * 1.10"]]}).status == status


def test_an_unknown_limit_beside_a_broken_one_is_a_failure(book: Any) -> None:
    now(book, 50)
    assert book.outcome({**CRITERION, "pass": ["<= 49 ms", "<= baseline * 1.10"]}).status == "FAIL"


def test_each_group_has_its_own_baseline(book: Any) -> None:
    past(book, None)
    for name, value in (("a", 100), ("b", 1000)):
        book.add("evidence", "soak", {**LATENCY, "labels": {"name": name}, "value": value}, **OLD)
        book.measure("soak", "reported.time", 105, "ms", labels={"name": name})
    assert book.outcome({**CRITERION, "each": "name"}).status == "PASS"
    book.measure("soak", "reported.time", 105, "ms", labels={"name": "new"})
    outcome = book.outcome({**CRITERION, "each": "name"})
    assert (outcome.reason, outcome.group) == ("no_baseline", "new")


def test_a_relative_warning_warns_when_it_holds_or_cannot_be_known(book: Any) -> None:
    now(book, 101)
    criterion = {**CRITERION, "pass": "<= 500 ms", "warn": "> baseline"}
    assert book.outcome(criterion).status == "WARN"
    past(book)
    now(book, 100)
    assert book.outcome(criterion).status == "PASS"
    now(book, 101)
    assert book.outcome(criterion).status == "WARN"


@pytest.mark.parametrize(("count", "status"), [(91, "PASS"), (90, "INCONCLUSIVE")])
def test_a_baseline_that_is_an_interval_counts_by_its_stricter_end(book: Any, count: int, status: str) -> None:
    past(book, None, histogram=[[100, 95], [200, 100]])
    book.start("soak")
    book.measure("soak", "reported.time", None, "ms", labels={"name": "p95"}, histogram=[[100, count], [200, 100]])
    outcome = book.outcome({**CRITERION, "agg": "p(90)", "pass": "<= baseline + 100 ms"})
    assert outcome.status == status


def test_windows_are_held_against_the_whole_of_the_baseline(book: Any) -> None:
    past(book, None, samples=[[float(at), 100.0] for at in range(0, 7200, 60)])
    book.start("soak")
    now_samples = [(float(at), 120.0 if at >= 3600 else 100.0) for at in range(0, 7200, 60)]
    book.measure("soak", "reported.time", None, "ms", labels={"name": "p95"}, samples=now_samples)
    outcome = book.outcome({**CRITERION, "agg": "mean", "every": "1 h"})
    assert (outcome.status, outcome.windows["failed"], outcome.baseline) == ("FAIL", 1, 0.1)


@pytest.mark.parametrize(
    "criterion",
    [
        {"sli": "http.errors", "pass": "<= baseline * 1.10"},
        {"sli": "postgres.active", "agg": "sum", "pass": "<= baseline"},
        {"sli": "postgres.active", "agg": "count", "pass": ["> 0 count", ">= baseline"]},
        {"sli": "soak.saturated / http.requests", "pass": "<= baseline"},
    ],
)
def test_the_total_of_a_window_is_never_compared_with_that_of_a_whole_run(criterion: dict[str, Any]) -> None:
    whole = {"id": "soak.total", **criterion}
    assert read_criterion(whole, "soak", "here").baseline == "inconclusive"
    with pytest.raises(InputError, match="the total of a window"):
        read_criterion({**whole, "every": "1 h"}, "soak", "here")


def test_a_rate_or_a_ratio_of_counters_of_a_window_may_be_compared_with_a_whole_run() -> None:
    for criterion in ({"sli": "http.errors", "agg": "rate"}, {"sli": "http.errors / http.requests"}):
        assert read_criterion({"id": "soak.share", **criterion, "pass": "<= baseline", "every": "1 h"}, "soak", "here").every == 3600


@pytest.mark.parametrize("value", [109.9, 110.1])
def test_a_baseline_may_be_older_than_what_is_held_against_it(book: Any, value: float) -> None:
    past(book)
    for entry in book.entries:
        entry["time"] = "2026-11-01T00:00:00.000Z"
    now(book, value)
    outcome = book.outcome({**CRITERION, "max_age": "1 h"})
    assert (outcome.status, outcome.baseline) == ("PASS" if value < 110 else "FAIL", 0.1)
