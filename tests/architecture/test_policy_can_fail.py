"""Every criterion of the policies that are shipped can fail and can pass, and every condition of the matrix can hold and be clear."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2.nativetypes import NativeEnvironment

from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.policy import read_policy
from ansible_collections.proofile.stagegate.plugins.module_utils.core.proof.self_test import self_test

ROOT = Path(__file__).resolve().parents[2]
INVENTORIES = sorted(path.name for path in (ROOT / "inventories").iterdir() if (path / "group_vars").is_dir())


def rendered(value: Any, variables: dict[str, Any]) -> Any:
    """The value with its references to other variables resolved."""
    if isinstance(value, dict):
        return {key: rendered(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [rendered(item, variables) for item in value]
    return NativeEnvironment().from_string(value).render(variables) if isinstance(value, str) and "{{" in value else value


@functools.cache
def policy_of(inventory: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Gates and matrix; a file later in the alphabet overrides an earlier one, as in Ansible."""
    variables: dict[str, Any] = {}
    for path in sorted((ROOT / "inventories" / inventory / "group_vars/all").glob("*.yml")):
        variables.update(yaml.safe_load(path.read_text()))
    return rendered(variables["stagegate_gates"], variables), rendered(variables["stagegate_decision"], variables)


@functools.cache
def tried(inventory: str) -> dict[str, Any]:
    return self_test(read_policy(*policy_of(inventory)))


def test_both_inventories_are_looked_at() -> None:
    assert {"demo", "staging"} <= set(INVENTORIES)
    assert policy_of("demo") != policy_of("staging")


@pytest.mark.parametrize("inventory", INVENTORIES)
def test_every_criterion_can_fail_and_can_pass(inventory: str) -> None:
    assert [f"{item['id']} ({item['limit']}): {item['why']}" for item in tried(inventory)["problems"]] == []


@pytest.mark.parametrize("inventory", INVENTORIES)
def test_none_is_left_out_and_each_limit_was_seen_to_flip(inventory: str) -> None:
    gates, decision = policy_of(inventory)
    criteria = [criterion["id"] for gate in gates.values() for criterion in gate["criteria"]]
    conditions = [row["id"] for row in decision["hold"] if "when" in row]
    found = {item["id"]: item for item in tried(inventory)["tried"]}
    assert list(found) == criteria + conditions
    policy = read_policy(gates, decision)
    for gate in policy.gates.values():
        for criterion in gate.criteria:
            assert {flip["limit"] for flip in found[criterion.id]["flips"]} == {str(limit) for limit in criterion.limits}, criterion.id


@pytest.mark.parametrize("inventory", INVENTORIES)
def test_a_criterion_that_cannot_fail_would_be_seen(inventory: str) -> None:
    gates, decision = policy_of(inventory)
    blunt = {"id": "smoke.blunt", "sli": "browser.pages", "pass": ">= 0 count"}
    smoke = {**gates["smoke"], "criteria": [*gates["smoke"]["criteria"], blunt]}
    problems = self_test(read_policy({**gates, "smoke": smoke}, decision))["problems"]
    assert [(problem["id"], problem["limit"]) for problem in problems] == [("smoke.blunt", ">= 0")]


def test_what_a_person_may_answer_for_in_a_migration_can_be_waived() -> None:
    """docs/migrations.md says so of a deployment without a rehearsal."""
    gates = yaml.safe_load((ROOT / "inventories/staging/group_vars/all/gates.yml").read_text())["stagegate_gates"]
    wanted = {item["id"]: item for item in gates["deploy"]["criteria"] if item["id"] in ("deploy.rehearsed", "deploy.rows", "deploy.lint")}
    assert len(wanted) == 3
    assert all(item.get("waivable", not item.get("key", False)) for item in wanted.values())
