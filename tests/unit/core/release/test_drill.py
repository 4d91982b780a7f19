# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The broken twin: what of it is broken, and what a drill may claim."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.releases import check_release_body, release_history
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.drill import (
    breaks_by_itself,
    broken_project,
    broken_service,
    check_breakage,
    drill_name,
    is_drill,
    judgement,
    row_facts,
)

RELEASE = "1a2b3c4d5e6f"
SERVICES = {
    "backend": {
        "image": "backend:1",
        "environment": {"A": "1"},
        "labels": {"stagegate.release": RELEASE},
        "healthcheck": {"test": ["CMD", "true"]},
    },
    "frontend": {
        "image": "frontend:1",
        "labels": {"stagegate.release": RELEASE},
        "depends_on": {"backend": {"condition": "service_healthy"}},
    },
    "worker": {"image": "backend:1", "depends_on": {"backend": {"condition": "service_started"}}},
}
PROJECT = {"name": "app-green", "services": SERVICES}
ROUTES = [{"service": "frontend", "public": 3000}, {"service": "backend", "public": 8000}]
COUNTS = st.dictionaries(st.sampled_from(["users", "profiles", "orders"]), st.integers(min_value=0, max_value=10**6))


def values(facts: list[dict[str, Any]]) -> dict[str, Any]:
    return {fact["sli"]: fact["value"] for fact in facts}


def test_the_name_of_a_twin_can_never_be_that_of_a_release() -> None:
    twin = drill_name(RELEASE)
    assert is_drill(twin)
    assert not is_drill(RELEASE)
    with pytest.raises(InputError):
        check_release_body({"release": twin, "state": "bad"})
    assert release_history([{"kind": "release", "seq": 1, "time": "", "body": {"release": twin, "state": "bad"}}]) == []


def test_the_service_that_most_others_need_is_broken() -> None:
    assert broken_service(SERVICES, ROUTES) == "backend"


def test_without_dependencies_the_first_public_one_is_broken() -> None:
    assert broken_service({"web": {}, "api": {}}, [{"service": "web"}, {"service": "api"}]) == "web"


def test_the_policy_may_name_another_service() -> None:
    assert broken_service(SERVICES, ROUTES, "worker") == "worker"


def test_a_service_that_is_not_there_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match="backend, frontend, worker"):
        broken_service(SERVICES, ROUTES, "bakcend")


def test_where_nothing_is_public_the_policy_must_name_a_service() -> None:
    with pytest.raises(InputError, match="stagegate_drill_breakage"):
        broken_service(SERVICES, [])


@pytest.mark.parametrize("mode", ["never_healthy", "fails_after_switch"])
def test_every_service_of_the_twin_carries_its_name_and_runs_the_same_images(mode: str) -> None:
    twin = broken_project(PROJECT, "drill-x", "backend", mode, {})
    assert {item["labels"]["stagegate.release"] for item in twin["services"].values()} == {"drill-x"}
    assert [item["image"] for item in twin["services"].values()] == [item["image"] for item in SERVICES.values()]
    assert SERVICES["backend"]["labels"] == {"stagegate.release": RELEASE}, "the plan of the live release was changed"


def test_a_twin_that_never_becomes_healthy_has_a_healthcheck_that_always_fails_and_nothing_else_is_changed() -> None:
    twin = broken_project(PROJECT, RELEASE, "backend", "never_healthy", {"environment": {"A": "2"}})["services"]
    failing = {"test": ["CMD-SHELL", "exit 1"], "interval": "1s", "timeout": "2s", "retries": 1}
    assert twin["backend"] == {**SERVICES["backend"], "healthcheck": failing}
    assert twin["frontend"] == SERVICES["frontend"]


def test_a_twin_that_fails_by_itself_has_the_environment_and_the_command_of_the_policy() -> None:
    breakage = {"environment": {"VARIANT": "errors"}, "command": ["serve", "--broken"]}
    twin = broken_project(PROJECT, RELEASE, "backend", "fails_after_switch", breakage)["services"]["backend"]
    assert twin["environment"] == {"A": "1", "VARIANT": "errors"}
    assert (twin["command"], twin["healthcheck"]) == (["serve", "--broken"], {"test": ["CMD", "true"], "interval": "1s"})


def test_nothing_is_broken_in_the_mode_in_which_nothing_is_wrong() -> None:
    with pytest.raises(InputError):
        broken_project(PROJECT, RELEASE, "backend", "healthy", {})


@pytest.mark.parametrize(
    ("breakage", "own"), [({}, False), ({"service": "backend"}, False), ({"environment": {"A": "1"}}, True), ({"command": ["x"]}, True)]
)
def test_only_environment_or_command_break_a_twin_by_themselves(breakage: dict[str, Any], own: bool) -> None:
    assert breaks_by_itself(check_breakage(breakage)) is own


@pytest.mark.parametrize("wrong", [{"services": "backend"}, {"environment": ["A=1"]}])
def test_a_breakage_that_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        check_breakage(wrong)


@pytest.mark.parametrize(
    ("found", "live_ok", "rollbacks", "failures"), [(True, True, 1, 0), (False, True, 0, 1), (True, False, 0, 1), (False, False, 0, 2)]
)
def test_before_the_switch_it_must_be_found_and_the_live_release_untouched(
    found: bool, live_ok: bool, rollbacks: int, failures: int
) -> None:
    facts = judgement("never_healthy", found, 8.0, live_ok)
    assert (values(facts)["drill.rollbacks"], values(facts)["drill.failures"]) == (rollbacks, failures)
    assert all(fact["labels"] == {"mode": "never_healthy"} for fact in facts)


def test_what_was_not_found_has_no_time_of_being_found() -> None:
    assert "drill.time_to_detect" not in values(judgement("fails_after_switch", False, 8.0, True))
    assert values(judgement("fails_after_switch", True, 8.0, True)) == {"drill.time_to_detect": 8.0}


def test_after_the_switch_only_a_failure_is_recorded_the_rollback_speaks_for_itself() -> None:
    assert values(judgement("fails_after_switch", False, 8.0, True)) == {"drill.failures": 1}


@pytest.mark.parametrize(("after", "lost"), [({"users": 10}, 0), ({"users": 11}, 0), ({"users": 9}, 1), ({}, 10)])
def test_rows_that_are_gone_are_lost(after: dict[str, int], lost: int) -> None:
    assert values(row_facts({"users": 10}, after)) == {"drill.rows": 10, "drill.rows_lost": lost}


def test_a_table_that_grew_makes_up_for_no_other() -> None:
    fact = row_facts({"users": 10, "orders": 5}, {"users": 7, "orders": 50})[1]
    assert (fact["value"], fact["detail"]) == (3, ["users: 3"])


@given(COUNTS, COUNTS)
def test_no_more_rows_are_lost_than_there_were(before: dict[str, int], after: dict[str, int]) -> None:
    found = values(row_facts(before, after))
    assert 0 <= found["drill.rows_lost"] <= found["drill.rows"] == sum(before.values())
    assert (found["drill.rows_lost"] == 0) == all(after.get(table, 0) >= count for table, count in before.items())
