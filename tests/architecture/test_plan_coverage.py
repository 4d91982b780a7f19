"""Every point of the staging plan is judged by a criterion, done by a named piece, or named as still to come."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
POLICY = ROOT / "inventories/staging/group_vars/all"


def load(name: str) -> dict:
    return yaml.safe_load((POLICY / name).read_text())


def plan_points() -> set[str]:
    plan = yaml.safe_load((ROOT / "docs/plan/requirements.yml").read_text())
    return {point for section in plan.values() for point in section}


def covered_by_criteria() -> set[str]:
    gates, matrix = load("gates.yml")["stagegate_gates"], load("decision.yml")["stagegate_decision"]
    criteria = [criterion for gate in gates.values() for criterion in gate["criteria"]]
    return {point for row in [*criteria, *matrix["go"], *matrix["hold"]] for point in row["covers"]}


def test_no_point_of_the_plan_is_forgotten() -> None:
    points = load("plan_points.yml")
    known = covered_by_criteria() | set(points["stagegate_plan_actions"]) | set(points["stagegate_plan_later"])
    assert plan_points() - known == set()


def test_the_policy_names_only_points_that_the_plan_has() -> None:
    points = load("plan_points.yml")
    named = covered_by_criteria() | set(points["stagegate_plan_actions"]) | set(points["stagegate_plan_later"])
    assert named - plan_points() == set()


def test_a_point_is_not_called_open_when_a_criterion_covers_it() -> None:
    assert covered_by_criteria() & set(load("plan_points.yml")["stagegate_plan_later"]) == set()


@pytest.mark.parametrize(
    "piece", sorted({what.split()[0].rstrip(",") for what in load("plan_points.yml")["stagegate_plan_actions"].values()})
)
def test_what_does_a_point_exists(piece: str) -> None:
    assert (ROOT / piece).exists()


def test_the_matrix_has_the_ten_go_and_ten_hold_rows_of_the_plan_in_its_order() -> None:
    matrix = load("decision.yml")["stagegate_decision"]
    assert [row["covers"] for row in matrix["go"]] == [[f"GO-{number:02d}"] for number in range(1, 11)]
    assert [row["covers"] for row in matrix["hold"]] == [[f"HOLD-{number:02d}"] for number in range(1, 11)]


def test_the_demo_inventory_differs_from_staging_in_one_file() -> None:
    demo = ROOT / "inventories/demo/group_vars/all"
    own = {path.name for path in demo.iterdir() if not path.is_symlink()}
    assert own == {"overrides.yml"}
    for path in demo.iterdir():
        if path.is_symlink():
            assert path.resolve() == (POLICY / path.name).resolve()


def test_the_demo_overrides_only_what_staging_has() -> None:
    staging = {key for path in POLICY.glob("*.yml") for key in yaml.safe_load(path.read_text())}
    overrides = yaml.safe_load((ROOT / "inventories/demo/group_vars/all/overrides.yml").read_text())
    new = {key for key in overrides if key not in staging and not key.startswith("vault_")}
    assert new <= {"stagegate_demo_home", "stagegate_release_variant"}
