"""What all roles have in common."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
# Modules that start something from another role's folder would hide a dependency.
INCLUDES_A_ROLE = re.compile(r"\b(include_role|import_role)\b")


def tasks_of(role: str) -> list[Path]:
    return sorted((ROOT / "roles" / role / "tasks").glob("**/*.yml"))


def options_of(role: str) -> dict[str, dict]:
    specs = yaml.safe_load((ROOT / "roles" / role / "meta/argument_specs.yml").read_text())["argument_specs"]
    return {name: option for spec in specs.values() for name, option in (spec.get("options") or {}).items()}


def defaults_of(role: str) -> dict:
    return yaml.safe_load((ROOT / "roles" / role / "defaults/main.yml").read_text()) or {}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_has_a_manual_a_specification_and_a_scenario(role: str) -> None:
    for part in ("README.md", "defaults/main.yml", "meta/main.yml", "meta/argument_specs.yml", "tasks/main.yml"):
        assert (ROOT / "roles" / role / part).is_file(), part
    assert (ROOT / "molecule" / role / "verify.yml").is_file()


@pytest.mark.parametrize("role", ROLES)
def test_a_role_never_includes_another(role: str) -> None:
    for path in tasks_of(role):
        assert not INCLUDES_A_ROLE.search(path.read_text()), path


@pytest.mark.parametrize("role", ROLES)
def test_defaults_and_specification_name_the_same_variables(role: str) -> None:
    specified = options_of(role)
    required = {name for name, option in specified.items() if option.get("required")}
    assert set(defaults_of(role)) | required == set(specified)


@pytest.mark.parametrize("role", ROLES)
def test_defaults_and_specification_say_the_same_values(role: str) -> None:
    specified = options_of(role)
    for name, value in defaults_of(role).items():
        if "default" in specified[name]:
            assert specified[name]["default"] == value, name


@pytest.mark.parametrize("role", ROLES)
def test_variables_of_a_role_carry_its_name(role: str) -> None:
    assert [name for name in defaults_of(role) if not name.startswith(f"{role}_")] == []


@pytest.mark.parametrize("role", ROLES)
def test_collection_wide_variables_are_read_in_defaults_only(role: str) -> None:
    for path in tasks_of(role):
        assert not re.search(r"\bstagegate_\w+\s*[}|.]", path.read_text()), path


@pytest.mark.parametrize("role", ROLES)
def test_a_task_file_is_short(role: str) -> None:
    for path in tasks_of(role):
        assert len(path.read_text().splitlines()) <= 110, path
