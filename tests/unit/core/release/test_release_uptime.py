# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from dataclasses import replace

from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.engine_state import Container
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.release_uptime import (
    deaths_since,
    seconds_to_wait,
    started_at,
    uptime_measurements,
)

SWITCH = 1795342500.0  # 2026-11-22T10:15:00Z
GOOD = Container(
    id="1",
    name="app-blue-backend-1",
    project="app-blue",
    service="backend",
    release="r",
    image="app-backend:1",
    image_id="i",
    state="running",
    health="healthy",
    started="2026-11-22T10:14:30.123456789Z",
    restarts=0,
    exit_code=0,
    config_hash="h",
    host_ports=(),
)


def test_the_engine_s_nanoseconds_are_read():
    assert started_at(GOOD) == SWITCH - 30 + 0.123
    assert started_at(replace(GOOD, started="2026-11-22T10:14:30Z")) == SWITCH - 30


def test_a_restart_after_the_switch_counts_and_one_before_does_not():
    assert deaths_since(replace(GOOD, restarts=1), SWITCH) == 0
    assert deaths_since(replace(GOOD, restarts=2, started="2026-11-22T10:16:01.5Z"), SWITCH) == 2


def test_a_container_that_does_not_run_is_dead():
    assert deaths_since(replace(GOOD, state="exited"), SWITCH) == 1


def test_the_wait_ends_when_the_release_has_been_up_long_enough():
    assert seconds_to_wait(SWITCH, 75, SWITCH + 20) == 55
    assert seconds_to_wait(SWITCH, 75, SWITCH + 300) == 0
    assert seconds_to_wait(SWITCH, 75, SWITCH - 1000) == 75


def test_every_container_is_named_with_its_deaths():
    crashed = replace(GOOD, service="worker", restarts=1, started="2026-11-22T10:16:01.5Z")
    facts = uptime_measurements([GOOD, crashed], SWITCH, SWITCH + 80)
    assert [(fact["sli"], fact["labels"].get("container"), fact["value"]) for fact in facts] == [
        ("container.watched", None, 2),
        ("container.restarts", "backend", 0),
        ("container.restarts", "worker", 1),
    ]
