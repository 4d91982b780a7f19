# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_plan import digest, parse_plan

LOAD = {
    "base_url": "http://127.0.0.1:1",
    "rate_per_second": 5,
    "csrf": {"cookie": "c", "header": "h"},
    "session": {"every_seconds": 30, "steps": [{"request": "POST /login"}]},
    "mix": [{"name": "write", "weight": 2, "steps": [{"request": "POST /x"}, {"request": "GET /x"}]}],
}
PLAN = {
    "run": "r-1",
    "duration_seconds": 90,
    "interval_seconds": 2,
    "projects": ["p-data"],
    "postgres": {"project": "p-data", "service": "postgres"},
    "cache": {"url": "http://127.0.0.1:1/metrics"},
    "load": LOAD,
    "edge": {"project": "p-edge", "service": "edge"},
    "probes": [{"name": "web", "url": "http://127.0.0.1:1/health"}],
}


def test_a_plan_is_read():
    plan = parse_plan(PLAN)
    assert (plan.duration, plan.interval, plan.projects) == (90.0, 2.0, ("p-data",))
    assert plan.load.mix[0].steps[0].csrf.header == "h"
    assert plan.load.mix[0].base_url == "http://127.0.0.1:1"
    assert plan.postgres.command[0] == "sh"


def test_a_probe_waits_no_longer_than_until_it_is_asked_again():
    assert parse_plan(PLAN).probes[0].timeout == 5.0
    assert parse_plan({**PLAN, "slow_seconds": 2}).probes[0].timeout == 2.0
    assert parse_plan({**PLAN, "probes": []}).probes == ()


@pytest.mark.parametrize(("duration", "stretch"), [(50, 0.1), (90, 0.18), (30_000, 60.0), (172_800, 60.0)])
def test_durations_are_counted_by_the_minute_and_in_a_short_soak_by_a_part_of_it(duration, stretch):
    assert parse_plan({**PLAN, "duration_seconds": duration}).stretch_seconds == pytest.approx(stretch)


def test_a_soak_without_load_database_and_cache_can_be_planned():
    plan = parse_plan({**PLAN, "load": {}, "postgres": {}, "cache": {}})
    assert (plan.load, plan.postgres, plan.cache) == (None, None, None)


def test_the_digest_tells_plans_apart_and_not_the_order_of_their_keys():
    assert digest(PLAN) == digest(dict(reversed(list(PLAN.items()))))
    assert digest(PLAN) != digest({**PLAN, "interval_seconds": 5})


@pytest.mark.parametrize(
    "change",
    [
        {"duration_seconds": None},
        {"duration_seconds": "a day"},
        {"duration_seconds": float("nan")},
        {"interval_seconds": 0},
        {"interval_seconds": 100},
        {"projects": []},
        {"durations": 1},
        {"postgres": {"service": "postgres"}},
        {"cache": "redis"},
        {"edge": {"service": "edge"}},
        {"probes": {"name": "web"}},
        {"probes": ["http://127.0.0.1:1"]},
        {"probes": [{"name": "web"}]},
        {"probes": [{"name": "web", "url": "ftp://127.0.0.1/"}]},
        {"probes": [{"name": "web", "url": "http://127.0.0.1:1", "timeout_seconds": 11}]},
        {"probes": [{"name": "web", "url": "http://127.0.0.1:1"}, {"name": "web", "url": "http://127.0.0.1:2"}]},
        {"load": {**LOAD, "mix": []}},
        {"load": {**LOAD, "rate_per_second": 0}},
        {"load": {**LOAD, "base_url": ""}},
        {"load": {**LOAD, "speed": 3}},
        {"load": {**LOAD, "mix": [{"steps": [{"request": "/x"}]}]}},
    ],
)
def test_a_plan_that_cannot_be_used_is_an_input_error(change):
    with pytest.raises(InputError):
        parse_plan({**PLAN, **change})
