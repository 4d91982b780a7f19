# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A soak is given up only where no continuation ends well: held against the judge itself, over generated continuations."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.counted import CountedSamples
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.criterion import read_criterion
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.evidence import EvidenceBook
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.judge import judge
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.outcome import GOOD
from ansible_collections.proofile.stagegate.plugins.module_utils.core.log_histogram import log_histogram
from ansible_collections.proofile.stagegate.plugins.module_utils.core.measurement import measurement
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.early import Ahead, ahead_of, lost
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_plan import parse_plan
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_progress import Coverage, coverage
from ansible_collections.proofile.stagegate.plugins.module_utils.core.times import rfc3339

RUN, RELEASE, NOW = "r-20261123T101500Z-1a2b3c4d5e6f", "1a2b3c4d5e6f", 1_800_000_000.0
LOAD = {"base_url": "http://127.0.0.1:1", "rate_per_second": 10, "mix": [{"name": "page", "steps": [{"request": "GET /"}]}]}
PLAN = parse_plan({"run": RUN, "duration_seconds": 1000, "interval_seconds": 5, "projects": ["shop"], "load": LOAD})
WHOLE = Coverage(101, 101, 5.0)
NOTHING_AHEAD = Ahead(requests=0, samples=0, duration=1000, coverage=1.0)


def criterion(**given):
    return read_criterion({"id": "soak.tried", **given}, "soak", "test")


def book_of(*facts):
    """The evidence of a soak, as the ledger would hold it."""
    entries = [
        {"seq": seq, "time": rfc3339(NOW), "kind": "evidence", "run": RUN, "release": RELEASE, "phase": "soak", "body": fact}
        for seq, fact in enumerate(facts, 1)
    ]
    return EvidenceBook(entries, RUN, RELEASE)


def series(sli, unit, values, **labels):
    return measurement(sli, None, unit, labels, samples=[(NOW - 1000 + 5 * number, value) for number, value in enumerate(values)])


def is_lost(asked, ahead, *facts):
    return [loss.id for loss in lost([asked], book_of(*facts), None, ahead)] == ["soak.tried"]


def passes(asked, *facts):
    return judge(asked, book_of(*facts), None, NOW).status in GOOD


@pytest.mark.parametrize(("count", "gone"), [(0, False), (1, True)])
def test_a_restart_does_not_go_away(count, gone):
    asked = criterion(sli="container.restarts", each="container", **{"pass": "== 0 count"})
    quiet = measurement("container.restarts", 0, "count", {"container": "b"})
    assert is_lost(asked, ahead_of(PLAN, 500, WHOLE), quiet, measurement("container.restarts", count, "count", {"container": "a"})) is gone


@pytest.mark.parametrize(("worst", "gone"), [(19, False), (20, True)])
def test_a_maximum_only_rises(worst, gone):
    asked = criterion(sli="postgres.active", agg="max", **{"pass": "< 20 count"})
    assert is_lost(asked, ahead_of(PLAN, 500, WHOLE), series("postgres.active", "count", [3, worst, 4])) is gone


def test_what_may_still_change_is_not_called_lost():
    cpu = series("host.cpu", "ratio", [0.99] * 50)
    for asked in (
        criterion(sli="host.cpu", **{"pass": "< 70 pct"}),
        criterion(sli="host.cpu", agg="mean", **{"pass": "< 70 pct"}),
        criterion(sli="host.cpu", agg="max", observe=True, **{"pass": "< 70 pct"}),
        criterion(sli="host.cpu", agg="max", every="1 min", **{"pass": "< 70 pct"}),
        criterion(sli="host.cpu", agg="max", **{"pass": "<= baseline * 1.1"}),
        criterion(sli="host.cpu", agg="slope", min_duration="1 min", **{"pass": "<= 5 pct/h"}),
        criterion(sli="host.cpu", agg="max", **{"pass": [["< 70 pct"], ["<= baseline * 1.1"]]}),
    ):
        assert not is_lost(asked, ahead_of(PLAN, 999, WHOLE), cpu), asked.limit_text


def test_what_somebody_answers_for_is_not_given_up():
    asked = criterion(sli="host.cpu", agg="max", waivable=True, **{"pass": "< 70 pct"})
    book = book_of(series("host.cpu", "ratio", [0.9]))
    assert lost([asked], book, None, NOTHING_AHEAD)
    assert not lost([asked], book, None, NOTHING_AHEAD, waived=["soak.tried"])


def test_errors_are_held_against_all_requests_that_can_still_come():
    asked = criterion(sli="http.errors / http.requests", confidence="95 pct", **{"pass": "< 0.1 pct"})
    early, late = ahead_of(PLAN, 100, WHOLE), ahead_of(PLAN, 990, WHOLE)
    facts = (series("http.errors", "count", [0, 2]), series("http.requests", "count", [0, 1000]))
    # 2 errors need 6,294 requests: 900 s at 10 requests/s will bring them, 10 s will not.
    assert (is_lost(asked, early, *facts), is_lost(asked, late, *facts)) == (False, True)
    many = (series("http.errors", "count", [0, 40]), series("http.requests", "count", [0, 1000]))
    assert is_lost(asked, early, *many)


def test_a_share_that_must_be_high_is_not_lost():
    asked = criterion(sli="redis.hits / (redis.hits + redis.misses)", **{"pass": "> 80 pct"})
    assert not is_lost(asked, NOTHING_AHEAD, series("redis.hits", "count", [0, 1]), series("redis.misses", "count", [0, 1000]))


def test_samples_missed_are_missed_for_ever():
    asked = criterion(sli="soak.coverage", **{"pass": ">= 95 pct"})
    good = ahead_of(PLAN, 500, Coverage(101, 91, 50.0))  # 10 of 201 slots are lost: 95.02 pct at best
    bad = ahead_of(PLAN, 500, Coverage(101, 80, 100.0))
    now = measurement("soak.coverage", 0.8, "ratio")
    assert (is_lost(asked, good, now), is_lost(asked, bad, now)) == (False, True)


@pytest.mark.parametrize(("limit", "gone"), [("1000 s", False), ("24 h", True)])
def test_a_plan_that_is_too_short_is_told_at_once(limit, gone):
    asked = criterion(sli="soak.duration", **{"pass": f">= {limit}"})
    assert is_lost(asked, ahead_of(PLAN, 10, WHOLE), measurement("soak.duration", 10, "s")) is gone


def test_the_sentence_says_what_at_what_limit():
    asked = criterion(sli="container.oom_kills", each="container", **{"pass": "== 0 count"})
    (loss,) = lost([asked], book_of(measurement("container.oom_kills", 2, "count", {"container": "web"})), None, NOTHING_AHEAD)
    assert loss.sentence == (
        "soak.tried can no longer pass: container.oom_kills of container web will be at least 2 at the end, must be == 0"
    )


# Laws: whatever is called lost ends badly under every continuation that the plan allows.

SHARES = st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.69, 0.7, 0.71, 0.9, 1.0]), min_size=1, max_size=40)
ASKED_OF_CPU = st.sampled_from(
    [
        criterion(sli="host.cpu", agg="max", **{"pass": "< 70 pct"}),
        criterion(sli="host.cpu", agg="max", **{"pass": "== 70 pct"}),
        criterion(sli="host.cpu", agg="min", **{"pass": ">= 20 pct"}),
        criterion(sli="host.cpu", agg="p(95)", **{"pass": "< 70 pct"}),
        criterion(sli="host.cpu", agg="p(80)", **{"pass": [["<= 20 pct"], [">= 90 pct"]]}),
        criterion(sli="host.cpu", agg="median", **{"pass": "50-71 pct"}),
        criterion(sli="host.cpu", agg="p(10)", **{"pass": ">= 50 pct"}),
        criterion(sli="host.cpu", agg="max", warmup="50 s", **{"pass": "< 70 pct"}),
    ]
)


@settings(max_examples=400)
@given(ASKED_OF_CPU, SHARES, SHARES)
def test_no_series_that_was_called_lost_ever_passes(asked, begun, rest):
    ahead = Ahead(requests=0, samples=len(rest), duration=1000, coverage=1.0)
    if is_lost(asked, ahead, series("host.cpu", "ratio", begun)):
        for kept in range(len(rest) + 1):
            assert not passes(asked, series("host.cpu", "ratio", begun + rest[:kept]))


ASKED_OF_ERRORS = st.sampled_from(
    [
        criterion(sli="http.errors / http.requests", confidence="95 pct", **{"pass": "< 1 pct"}),
        criterion(sli="http.errors / http.requests", **{"pass": "<= 1 pct"}),
        criterion(sli="http.errors / http.requests", **{"pass": "== 1 pct"}),
        criterion(sli="http.errors / http.requests", **{"pass": [["< 1 pct"], ["> 50 pct"]]}),
        criterion(sli="http.errors", **{"pass": "<= 5 count"}),
    ]
)


@settings(max_examples=400)
@given(ASKED_OF_ERRORS, st.integers(0, 30), st.integers(1, 2000), st.integers(0, 2000), st.data())
def test_no_error_rate_that_was_called_lost_ever_passes(asked, errors, requests, more, data):
    errors = min(errors, requests)
    ahead = Ahead(requests=more, samples=0, duration=1000, coverage=1.0)
    facts = (series("http.errors", "count", [0, errors]), series("http.requests", "count", [0, requests]))
    if is_lost(asked, ahead, *facts):
        came = data.draw(st.integers(0, more))
        failed = data.draw(st.integers(0, came))
        for last_errors, last_requests in ((errors, requests + more), (errors + failed, requests + came)):
            ended = (
                series("http.errors", "count", [0, errors, last_errors]),
                series("http.requests", "count", [0, requests, last_requests]),
            )
            assert not passes(asked, *ended)


@settings(max_examples=200)
@given(st.sets(st.integers(0, 200)), st.integers(0, 200), st.sampled_from([50, 80, 95, 99]))
def test_no_coverage_that_was_called_lost_is_ever_reached(taken, now, least):
    asked = criterion(sli="soak.coverage", **{"pass": f">= {least} pct"})
    before = coverage(sorted(5.0 * slot for slot in taken if slot <= now), 5.0 * now, 5.0)
    if is_lost(asked, ahead_of(PLAN, 5.0 * now, before), measurement("soak.coverage", round(before.ratio, 6), "ratio")):
        best = sorted(5.0 * slot for slot in {*(slot for slot in taken if slot <= now), *range(now + 1, 201)})
        ended = coverage(best, 1000.0, 5.0)
        assert not passes(asked, measurement("soak.coverage", round(ended.ratio, 6), "ratio"))


DURATIONS = st.lists(st.sampled_from([0.0, 0.01, 0.2, 0.98, 1.0, 1.02, 3.0, 40.0]), min_size=1, max_size=40)


class Counted:
    """The series reader of a soak whose durations were counted."""

    def __init__(self, durations):
        self.samples = CountedSamples([NOW - 500.0], [log_histogram(durations)])

    def __call__(self, _reference):
        return self.samples


@settings(max_examples=400)
@given(st.sampled_from(["p(99)", "p(80)", "median", "p(10)", "max"]), st.sampled_from(["<= 1 s", ">= 1 s"]), DURATIONS, DURATIONS)
def test_no_percentile_of_counted_durations_that_was_called_lost_ever_passes(how, limit, begun, rest):
    asked = criterion(sli="http.duration", agg=how, **{"pass": limit})
    fact = measurement("http.duration", None, "s", series={"file": "s", "metric": "http.duration", "labels": {}, "table": "histograms"})
    ahead = Ahead(requests=len(rest), samples=0, duration=1000, coverage=1.0)
    if lost([asked], book_of(fact), Counted(begun), ahead):
        for kept in range(len(rest) + 1):
            assert judge(asked, book_of(fact), Counted(begun + rest[:kept]), NOW).status not in GOOD


@pytest.mark.parametrize(("slow", "gone"), [(19, False), (22, True)])
def test_slow_answers_that_were_counted_do_not_go_away(slow, gone):
    asked = criterion(sli="http.duration", agg="p(99)", **{"pass": "<= 1 s"})
    fact = measurement("http.duration", None, "s", series={"file": "s", "metric": "http.duration", "labels": {}, "table": "histograms"})
    ahead = Ahead(requests=1000, samples=0, duration=1000, coverage=1.0)
    found = lost([asked], book_of(fact), Counted([0.1] * (1000 - slow) + [5.0] * slow), ahead)
    assert bool(found) is gone
    assert not gone or "must be <= 1 s" in found[0].sentence
