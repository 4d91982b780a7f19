# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rules of the policy over samples: at the limit, for as long as they say, whoever looks and whenever."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.alerts.alert_course import (
    Course,
    Grid,
    advance,
    soak_alerts,
)
from ansible_collections.proofile.stagegate.plugins.module_utils.core.alerts.alert_rules import read_settings
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.policy import read_policy
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.samples import Samples
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_record import SERIES

START, HOUR = 1_800_000_000.0, 3600.0
SETTINGS = read_settings("test", "5 min", {"soak.db": "2 min"})
GATE = read_policy(
    {
        "soak": {
            "criteria": [
                {"id": "soak.cpu", "sli": "host.cpu", "agg": "p(95)", "pass": "< 70 pct", "alert": "> 80 pct for 5 min"},
                {"id": "soak.errors", "sli": "http.errors / http.requests", "pass": "< 0.1 pct", "alert": "> 1 pct for 1 min", "key": True},
                {"id": "soak.p95", "sli": "http.duration", "agg": "p(95)", "pass": "<= 5 s", "alert": "> 5 s for 5 min"},
                {"id": "soak.db", "sli": "postgres.active", "agg": "max", "pass": "< 20 count"},
                {
                    "id": "soak.growth",
                    "sli": "container.working_set",
                    "each": "container",
                    "agg": "slope",
                    "min_duration": "4 h",
                    "pass": "<= 5 pct/h",
                    "alert": "> 5 pct/h",
                },
                {"id": "soak.duration", "sli": "soak.duration", "pass": ">= 24 h"},
            ]
        }
    }
).gate("soak")


def watched(facts, until, step=15.0, only=None, looks=1, duration=24 * HOUR):
    """Go through the samples ({sli: {labels: [(seconds, value)]}}) in so many looks, each from what the last one wrote down."""
    alerts = [alert for alert in soak_alerts(GATE, SERIES, {}, SETTINGS) if only is None or alert.name == only]
    samples = {
        sli: {labels: Samples.of((START + at, value) for at, value in pairs) for labels, pairs in found.items()}
        for sli, found in facts.items()
    }
    course, grid = Course(), Grid(START, step, 60.0, duration)
    for number in range(1, looks + 1):
        course = Course.of(json.loads(json.dumps(course.as_dict())))
        advance(alerts, SETTINGS, grid, course, lambda sli: samples.get(sli, {}), START + until * number / looks)
    return course


def told(course):
    return [
        (each["name"], each["group"], each["fired_at"] - START, each["resolved_at"] and each["resolved_at"] - START)
        for each in course.incidents
    ]


def steady(value, until, every=5.0, begin=0.0):
    return [(begin + every * number, value) for number in range(int((until - begin) / every) + 1)]


def test_an_alert_fires_when_the_breach_has_lasted_and_resolves_when_it_ends():
    cpu = steady(0.5, 595) + steady(0.9, 1195, begin=600) + steady(0.5, 1800, begin=1200)
    course = watched({"host.cpu": {(): cpu}}, 1800, only="soak.cpu")
    assert told(course) == [("soak.cpu", "", 915.0, 1215.0)]
    assert course.incidents[0]["summary"] == "soak.cpu: 90.0 pct, more than 80 pct for 5 min"
    assert (course.fired, course.open()) == ({"warning": 1}, [])


@pytest.mark.parametrize(("value", "fires"), [(0.80, False), (0.801, True)])
def test_at_the_limit_nothing_fires(value, fires):
    course = watched({"host.cpu": {(): steady(value, 600)}}, 600, only="soak.cpu")
    assert bool(course.incidents) is fires


def test_a_breach_that_is_broken_begins_anew():
    cpu = [(at, 0.5 if at == 300 else 0.9) for at, _value in steady(0, 500)]
    pairs = [(at, 0.5 if 285 <= at <= 300 else value) for at, value in cpu]
    course = watched({"host.cpu": {(): pairs}}, 500, only="soak.cpu")
    assert (course.incidents, [each["state"] for each in course.open("pending")]) == ([], ["pending"])


def test_the_error_rate_is_that_of_the_last_two_minutes():
    requests = steady(0, 1200)
    count = [(at, at * 10) for at, _value in requests]
    errors = [(at, max(0.0, (min(at, 700) - 500)) * 0.5) for at, _value in requests]
    course = watched({"http.requests": {(): count}, "http.errors": {(): errors}}, 1200, only="soak.errors")
    ((name, _group, fired, resolved),) = told(course)
    assert name == "soak.errors"
    assert 560 < fired < 660
    assert 780 < resolved <= 825
    assert course.fired == {"critical": 1}


def test_no_requests_are_no_good_error_rate_but_no_data():
    nothing = {"http.requests": {(): steady(7, 600)}, "http.errors": {(): steady(0, 600)}}
    assert [each[0] for each in told(watched(nothing, 600, only="soak.errors"))] == ["soak.errors.no_data"]


def test_a_value_that_goes_missing_is_an_alert_of_its_own_and_ends_no_other():
    course = watched({"host.cpu": {(): steady(0.9, 600)}}, 1200, only="soak.cpu")
    assert [(each[0], each[3]) for each in told(course)] == [("soak.cpu", None), ("soak.cpu.no_data", None)]
    assert sorted(each["name"] for each in course.open()) == ["soak.cpu", "soak.cpu.no_data"]


def test_a_short_hole_is_not_missing_data():
    cpu = [(at, value) for at, value in steady(0.9, 900) if not 400 < at < 450]
    assert [each[0] for each in told(watched({"host.cpu": {(): cpu}}, 900, only="soak.cpu"))] == ["soak.cpu"]


def test_nan_is_missing_data():
    course = watched({"host.cpu": {(): steady(math.nan, 600)}}, 600, only="soak.cpu")
    assert [each[0] for each in told(course)] == ["soak.cpu.no_data"]


def test_a_percentile_is_that_of_the_requests_of_five_minutes():
    slow = [(at, 6.0 if number % 10 == 0 else 0.1) for number, (at, _value) in enumerate(steady(0, 1200, every=1.0))]
    assert [each[0] for each in told(watched({"http.duration": {(): slow}}, 1200, only="soak.p95"))] == ["soak.p95"]
    good = [(at, 6.0 if number % 25 == 0 else 0.1) for number, (at, _value) in enumerate(steady(0, 1200, every=1.0))]
    assert told(watched({"http.duration": {(): good}}, 1200, only="soak.p95")) == []


def test_what_the_inventory_names_is_watched_by_the_breach_of_its_limit():
    course = watched({"postgres.active": {(): steady(20, 300, every=10)}}, 300, only="soak.db")
    assert told(course) == [("soak.db", "", 135.0, None)]
    assert told(watched({"postgres.active": {(): steady(19, 300, every=10)}}, 300, only="soak.db")) == []


@pytest.mark.parametrize(("growth", "leaks"), [(0.0, []), (0.03, []), (0.08, ["leak"])])
def test_a_growth_is_watched_for_each_container_as_the_gate_judges_it(growth, leaks):
    def level(rate, at):
        return 1e8 * (1 + rate * at / HOUR + 0.01 * math.sin(at / 7))

    grid = steady(0, 6 * HOUR, every=30)
    facts = {
        (("container", "calm"),): [(at, level(0, at)) for at, _value in grid],
        (("container", "leak"),): [(at, level(growth, at)) for at, _value in grid],
    }
    course = watched({"container.working_set": facts}, 6 * HOUR, only="soak.growth", step=60)
    assert [each[1] for each in told(course)] == leaks
    # The first hour warms up; the window of 4 h is full after five.
    assert all(each[2] >= 5 * HOUR for each in told(course))


def test_what_has_no_samples_by_its_nature_is_not_watched():
    assert [alert.name for alert in soak_alerts(GATE, SERIES, {}, SETTINGS)] == [
        "soak.cpu",
        "soak.errors",
        "soak.p95",
        "soak.db",
        "soak.growth",
    ]
    assert soak_alerts(GATE, {"host.memory_used": "ratio"}, {}, SETTINGS) == []
    assert max(alert.watch.window for alert in soak_alerts(GATE, SERIES, {}, SETTINGS)) == 4 * HOUR


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 900), st.sampled_from([0.2, 0.8, 0.81, 0.99, math.nan])), min_size=1, max_size=120),
    st.integers(1, 9),
)
def test_however_often_somebody_looks_the_same_alerts_are_found_at_the_same_times(pairs, looks):
    facts = {"host.cpu": {(): pairs}}
    once, often = watched(facts, 1200, only="soak.cpu"), watched(facts, 1200, only="soak.cpu", looks=looks)
    assert told(once) == told(often)
    assert (once.seen, once.active) == (often.seen, often.active)


def test_48_hours_with_every_rule_are_gone_through():
    grid = steady(0.5, 48 * HOUR, every=60)
    facts = {"host.cpu": {(): grid}, "postgres.active": {(): grid}, "container.working_set": {(("container", "a"),): grid}}
    course = watched(facts, 48 * HOUR, step=60, duration=48 * HOUR)
    # Nothing was ever said of requests.
    assert [each[0] for each in told(course)] == ["soak.errors.no_data", "soak.p95.no_data"]
    assert course.seen == START + 48 * HOUR
