# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The judge, at the edges that mutation testing found open: what is told, what is counted, what a baseline needs."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError, LedgerError

CPU = {"sli": "host.cpu", "pass": "< 70 pct"}
OLD = {"id": "r-20261101T000000Z-aaaaaaaaaaaa", "release": "aaaaaaaaaaaa"}
LATENCY = {"sli": "reported.time", "unit": "ms", "source": "k6"}


def cpu(book: Any, *values: float) -> None:
    for value in values:
        book.measure("soak", "host.cpu", value, "pct")


@pytest.mark.parametrize("criterion", [CPU, {**CPU, "warn": "> 60 pct"}])
def test_of_several_recordings_only_the_newest_is_named_as_evidence(book: Any, criterion: Any) -> None:
    cpu(book, 1, 2, 3)
    assert book.outcome(criterion).evidence == (3,)


def test_with_windows_all_recordings_are_named_but_not_more_than_fifty(book: Any) -> None:
    for _number in range(60):
        cpu(book, 1)
    outcome = book.outcome({**CPU, "every": "1 h"})
    assert outcome.evidence == tuple(range(1, 51))
    for number in range(60):
        book.measure("soak", "container.restarts", 0, "count", labels={"container": f"c{number}"})
    assert len(book.outcome({"sli": "container.restarts", "each": "container", "pass": "== 0 count"}).evidence) == 50


@pytest.mark.parametrize(
    ("value", "end"), [(70.5, "missed by 0.5 pct"), (70, "must be < 70 pct"), (69.5, "0.5 pct to spare"), (80, "missed by 10 pct")]
)
def test_the_room_is_told_unless_it_is_none(book: Any, value: float, end: str) -> None:
    cpu(book, value)
    assert book.outcome(CPU).sentence.endswith(end)


@pytest.mark.parametrize("error", [EvidenceError("torn"), LedgerError("torn"), OverflowError("torn"), ZeroDivisionError("torn")])
def test_evidence_that_cannot_be_read_is_an_error_with_its_words(book: Any, error: Exception) -> None:
    def load(_reference: Any) -> Any:
        raise error

    entry = book.measure("soak", "host.cpu", None, "pct", series={"file": "s", "metric": "m"})
    outcome = book.outcome({**CPU, "agg": "max"}, load=load)
    assert (outcome.status, outcome.reason, outcome.evidence) == ("ERROR", "", (entry["seq"],))
    assert "torn" in outcome.sentence
    assert not outcome.good


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_warning_of_several_is_told_once(book: Any, number: int) -> None:
    cpu(book, 65)
    outcome = book.outcome({**CPU, "warn": ["> 60 pct", "> 50 pct", "> 66 pct"][:number]})
    assert (outcome.status, outcome.sentence) == ("WARN", "65 pct, must be < 70 pct, 5 pct to spare; warns at > 60 pct")


def test_a_warning_that_does_not_hold_is_no_warning(book: Any) -> None:
    cpu(book, 65)
    assert book.outcome({**CPU, "warn": "> 66 pct"}).status == "PASS"
    assert book.outcome({**CPU, "warn": ["> 66 pct", "> 64 pct"]}).status == "WARN"


def test_a_criterion_that_fails_does_not_warn_too(book: Any) -> None:
    cpu(book, 75)
    outcome = book.outcome({**CPU, "warn": "> 60 pct"})
    assert outcome.status == "FAIL"
    assert "warns" not in outcome.sentence


class TestGroups:
    """The worst of several speaks."""

    EACH: ClassVar[dict[str, Any]] = {"sli": "container.restarts", "each": "container", "pass": "<= 2 count"}

    def record(self, book: Any, **values: Any) -> None:
        for name, value in values.items():
            book.measure("soak", "container.restarts", value, "count", labels={"container": name})

    def test_of_two_that_fail_the_one_that_fails_by_more(self, book: Any) -> None:
        self.record(book, a=5, b=9, c=0)
        outcome = book.outcome(self.EACH)
        assert (outcome.group, outcome.sentence) == ("b", "container b: 9, must be <= 2, missed by 7 (1 of 3 good)")
        assert outcome.changes == ("container.restarts of container a from 5 to <= 2", "container.restarts of container b from 9 to <= 2")

    def test_of_two_that_pass_the_one_with_less_room(self, book: Any) -> None:
        self.record(book, a=0, b=1)
        outcome = book.outcome(self.EACH)
        assert (outcome.status, outcome.group, outcome.changes) == ("PASS", "b", ())
        assert outcome.sentence.endswith("(2 of 2 good)")

    def test_a_failure_is_worse_than_what_is_unknown(self, book: Any) -> None:
        self.record(book, a=5)
        assert book.outcome({**self.EACH, "expect": ["z"]}).group == "a"
        assert book.outcome({**self.EACH, "expect": ["z"], "pass": "<= 5 count"}).group == "z"

    def test_an_error_is_worse_than_a_failure(self, book: Any) -> None:
        self.record(book, a=5)
        book.add("evidence", "soak", {"sli": "container.restarts", "labels": {"container": "b"}, "unit": "s", "value": 0})
        outcome = book.outcome(self.EACH)
        assert (outcome.status, outcome.group) == ("ERROR", "b")

    def test_a_single_group_does_not_count_itself(self, book: Any) -> None:
        self.record(book, a=1)
        assert book.outcome(self.EACH).sentence == "container a: 1, must be <= 2, 1 to spare"


@pytest.mark.parametrize(
    ("lines", "told"), [(1, "; l0"), (3, "; l0; l1; l2"), (4, "; l0; l1; l2 (and 1 more)"), (6, "; l0; l1; l2 (and 3 more)")]
)
def test_a_failure_tells_at_most_three_lines_of_the_evidence(book: Any, lines: int, told: str) -> None:
    book.measure("soak", "log.critical", 5, "count", detail=[f"l{number}" for number in range(lines)])
    assert book.outcome({"sli": "log.critical", "pass": "== 0 count"}).sentence == f"5, must be == 0, missed by 5{told}"


def test_of_a_ratio_the_details_of_the_hits_are_told(book: Any) -> None:
    book.measure("soak", "tests.passed", 1, "count", detail="hits")
    book.measure("soak", "tests.run", 10, "count", detail="tries")
    sentence = book.outcome({"sli": "tests.passed / tests.run", "pass": "> 90 pct"}).sentence
    assert sentence.endswith("; hits")


class TestBaseline:
    """What it needs, and what is told of it."""

    def past(self, book: Any, **labels: str) -> None:
        book.add("run", "", {}, **OLD)
        book.add("evidence", "soak", {**LATENCY, "labels": {"name": "a", **labels}, "value": 100}, **OLD)
        book.add("gate", "soak", {"phase": "soak", "verdict": "GO"}, **OLD)
        book.add("release", "soak", {"release": OLD["release"], "state": "soaked"}, **OLD)

    def test_a_group_that_the_baseline_has_not_is_named(self, book: Any) -> None:
        self.past(book)
        book.measure("soak", "reported.time", 100, "ms", labels={"name": "new"})
        outcome = book.outcome({"sli": "reported.time", "each": "name", "pass": "<= baseline"})
        assert outcome.reason == "no_baseline"
        assert "release aaaaaaaaaaaa has no evidence of name new" in outcome.sentence

    def test_an_old_baseline_counts_however_old(self, book: Any) -> None:
        self.past(book)
        book.measure("soak", "reported.time", 100, "ms", labels={"name": "a"})
        criterion = {"sli": "reported.time", "pass": "<= baseline", "max_age": "3 s"}
        assert book.outcome(criterion).status == "PASS"

    def test_several_label_sets_of_the_baseline_are_ambiguous(self, book: Any) -> None:
        self.past(book)
        book.add("evidence", "soak", {**LATENCY, "labels": {"name": "a", "part": "x"}, "value": 1}, **OLD)
        book.measure("soak", "reported.time", 100, "ms", labels={"name": "a"})
        assert book.outcome({"sli": "reported.time", "pass": "<= baseline"}).reason == "no_baseline"

    def test_a_baseline_with_a_hole_is_none(self, book: Any) -> None:
        samples = [[0, 100], [1, 100], [900, 100]]
        book.add("run", "", {}, **OLD)
        book.add("evidence", "soak", {**LATENCY, "labels": {}, "samples": samples}, **OLD)
        book.add("gate", "soak", {"phase": "soak", "verdict": "GO"}, **OLD)
        book.add("release", "soak", {"release": OLD["release"], "state": "soaked"}, **OLD)
        book.measure("soak", "reported.time", None, "ms", samples=[(0.0, 90.0), (1.0, 90.0)])
        criterion = {"sli": "reported.time", "agg": "max", "pass": "<= baseline"}
        assert book.outcome(criterion).status == "PASS"
        assert book.outcome({**criterion, "max_gap": "1 min"}).reason == "no_baseline"


def test_an_interval_without_an_end_is_told_by_the_end_there_is(book: Any) -> None:
    book.measure("soak", "reported.time", None, "s", labels={"name": "x"}, histogram=[[1, 50], ["+Inf", 100]])
    outcome = book.outcome({"sli": "reported.time", "agg": "p(99)", "pass": ">= 0.5 s"})
    assert (outcome.status, outcome.value, outcome.low, outcome.high) == ("PASS", 1, 1, None)


def test_an_outcome_carries_what_the_policy_says_about_its_criterion(book: Any) -> None:
    cpu(book, 1)
    outcome = book.outcome({**CPU, "key": True, "weight": 3, "title": "processor", "covers": ["SOAK-02"], "observe": True})
    assert (outcome.key, outcome.weight, outcome.title, outcome.covers, outcome.observe) == (True, 3, "processor", ("SOAK-02",), True)
    plain = book.outcome(CPU)
    assert (plain.key, plain.weight, plain.title, plain.covers, plain.observe) == (False, 1, "", (), False)


def test_an_outcome_in_which_nothing_was_looked_at_says_0(book: Any) -> None:
    assert book.outcome(CPU).as_dict()["n"] == 0


def test_a_doubt_is_told_in_whole_sentences(book: Any) -> None:
    book.measure("soak", "host.cpu", None, "pct", samples=[(60.0 * at, 50.0) for at in range(8)])
    assert (
        book.outcome({**CPU, "pass": "< 70 pct for 10 min"}).sentence
        == "50 pct: only the last 7 min are known, must be < 70 pct for 10 min"
    )
    outcome = book.outcome({**CPU, "pass": "<= baseline"})
    assert outcome.sentence == "0.5 ratio, must be <= baseline, but no other release is verified-good"


@pytest.mark.parametrize(("limits", "value"), [([">= 0.2 s", "<= 2 s"], 0.5), (["<= 2 s", ">= 0.2 s"], 1.0)])
def test_of_an_interval_between_two_limits_the_end_for_the_first_is_told(book: Any, limits: list[str], value: float) -> None:
    book.measure("soak", "reported.time", None, "s", labels={"name": "x"}, histogram=[[0.5, 90], [1, 99], ["+Inf", 100]])
    outcome = book.outcome({"sli": "reported.time", "agg": "p(95)", "pass": limits})
    assert (outcome.status, outcome.value) == ("PASS", value)


def test_a_failure_tells_what_the_newest_recording_says(book: Any) -> None:
    for word in ("old", "new"):
        book.measure("soak", "log.critical", 5, "count", detail=word)
    assert book.outcome({"sli": "log.critical", "pass": "== 0 count"}).sentence.endswith("missed by 5; new")
