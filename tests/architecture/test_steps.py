"""Whatever changes what runs does so as a step: under the lease, in the journal, with failpoints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.journal import STEPS

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py") if "STEP_OPTION" in path.read_text())
# These states of the module `drill` only look and write down.
RECORDING = {"begun", "planned", "judged", "asked"}
NAME = re.compile(r"'name': '(\w+)'")


def tasks(items: list) -> Iterator[dict]:
    for item in items:
        yield item
        for part in ("block", "rescue", "always"):
            yield from tasks(item.get(part, []))


def calls() -> list[tuple[str, dict]]:
    """Every use of such a module in a role or playbook, with its place."""
    found = []
    playbooks = ROOT.glob("playbooks/tasks/*.yml")
    for path in [*ROOT.glob("roles/*/tasks/*.yml"), *playbooks]:
        for task in tasks(yaml.safe_load(path.read_text()) or []):
            found += [(f"{path.relative_to(ROOT)}: {task['name']}", task[key]) for key in task if key.rpartition(".")[2] in MODULES]
    return [(where, options) for where, options in found if options.get("state") not in RECORDING]


def test_the_modules_that_change_what_runs_are_known() -> None:
    assert {"compose_stack", "edge", "migrate", "error_scenario"} <= set(MODULES)


@pytest.mark.parametrize(("where", "options"), calls(), ids=[where for where, _options in calls()])
def test_a_task_that_changes_what_runs_says_which_step_it_is(where: str, options: dict) -> None:
    given = options.get("step")
    assert given, where
    name = given["name"] if isinstance(given, dict) else NAME.search(given)[1]
    assert name in {step for steps in STEPS.values() for step in steps}, where


@pytest.mark.parametrize("playbook", sorted(path.name for path in (ROOT / "playbooks").glob("*.yml")))
def test_a_playbook_that_takes_the_lease_gives_it_back(playbook: str) -> None:
    text = (ROOT / "playbooks" / playbook).read_text()
    takes = re.search(r"stagegate_needs_lease: true|tasks/take_lease\.yml|tasks/bring_back\.yml|tasks/judge_or_go_back\.yml", text)
    assert not takes or re.search(r"always:(.|\n)*tasks/give_lease_back\.yml", text)


def test_the_documentation_lists_the_steps_of_every_phase() -> None:
    text = (ROOT / "docs/lease.md").read_text()
    for phase, steps in STEPS.items():
        assert f"| {phase} | {', '.join(f'`{step}`' for step in steps)} |" in text
