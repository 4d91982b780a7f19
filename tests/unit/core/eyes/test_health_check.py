# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.eyes import health_check

PING = {"component": "cache", "kind": "exec", "project": "p-data", "service": "redis", "command": ["redis-cli", "ping"]}


def result(component, *failures, seconds=1.0):
    return health_check.CheckResult("asked", component, failures, seconds, 1)


def by_sli(measurements):
    return {(entry["sli"], entry["labels"]["component"]): entry["value"] for entry in measurements}


def test_each_component_is_recorded_with_what_was_asked_and_what_failed():
    found = by_sli(health_check.measurements_of([result("api"), result("api", "no"), result("cache")], "public"))
    assert found == {
        ("health.checks", "api"): 2,
        ("health.failed", "api"): 1,
        ("health.checks", "cache"): 1,
        ("health.failed", "cache"): 0,
        ("health.duration", "cache"): 1.0,
    }


def test_a_failed_component_has_no_duration():
    assert ("health.duration", "api") not in by_sli(health_check.measurements_of([result("api", "no")], "public"))


def test_a_container_is_found_by_its_compose_labels_or_by_its_whole_name():
    by_label, by_name = health_check.parse_checks([PING, {**PING, "container": "redis"}])
    assert "label=com.docker.compose.service=redis" in health_check.container_query(by_label)
    assert "name=^/?redis$" in health_check.container_query(by_name)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        ["x"],
        [{**PING, "component": "queue"}],
        [{**PING, "kind": "ftp"}],
        [{**PING, "comand": []}],
        [{**PING, "command": "redis-cli ping"}],
        [{**PING, "service": ""}],
        [{"component": "api", "kind": "http"}],
        [{"component": "api", "kind": "http", "url": "http://a", "status": "ok"}],
        [{"component": "api", "kind": "journey", "base_url": "http://a", "steps": []}],
    ],
)
def test_a_check_that_cannot_be_used_is_an_input_error(raw):
    with pytest.raises(InputError):
        health_check.parse_checks(raw)
