# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_plan import parse_plan
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_progress import Coverage
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.watched import (
    expected_metrics,
    silence_measurements,
    watched_measurements,
)


def test_each_container_says_how_much_of_it_was_seen():
    found = watched_measurements({"web": Coverage(10, 9, 12.0), "db": Coverage(10, 10, 5.0)})
    assert [(fact["sli"], fact["labels"]["container"], fact["value"], fact["unit"]) for fact in found] == [
        ("container.coverage", "db", 1.0, "ratio"),
        ("container.longest_gap", "db", 5.0, "s"),
        ("container.coverage", "web", 0.9, "ratio"),
        ("container.longest_gap", "web", 12.0, "s"),
    ]


def test_where_no_container_was_seen_nothing_is_said():
    assert watched_measurements({}) == []


def test_what_the_plan_asks_must_be_heard_of():
    plan = {"run": "r", "duration_seconds": 60, "interval_seconds": 2, "projects": ["p"]}
    ask = {"project": "p", "service": "s"}
    host = ("host.cpu", "host.memory_used", "host.disk_used")
    assert expected_metrics(parse_plan(plan)) == host
    assert expected_metrics(parse_plan({**plan, "postgres": ask, "cache": ask})) == (*host, "postgres.active", "redis.hits")


def test_the_silence_of_each_metric_is_told():
    found = silence_measurements({"host.cpu": 5.0, "postgres.active": 3600.0})
    assert [(fact["labels"]["metric"], fact["value"], fact["unit"]) for fact in found] == [
        ("host.cpu", 5.0, "s"),
        ("postgres.active", 3600.0, "s"),
    ]
