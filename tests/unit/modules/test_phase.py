# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A phase begins under the policy of its run, or not at all: what no gate would judge is not begun."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.ledger.ledger_file import LedgerFile
from ansible_collections.proofile.stagegate.plugins.modules import phase, run

COMMIT = "1a2b3c4d5e6f" + "0" * 28
GATES = {"build": {"criteria": [{"id": "build.warnings", "sli": "build.warnings", "pass": "== 0 count"}]}}
LAXER = {"build": {"criteria": [{"id": "build.warnings", "sli": "build.warnings", "pass": "<= 9 count"}]}}


@pytest.fixture
def opened(tmp_path: Path) -> dict[str, Any]:
    given = {"state_dir": str(tmp_path), "application": "app", "commit": COMMIT, "policy": "demo", "gates": GATES, "decision": {}}
    return dict(run.handle({**given, "fresh": False}, False)["run"])


@pytest.fixture
def begin(opened: dict[str, Any]) -> Callable[..., Any]:
    def handle(gates: dict[str, Any], check_mode: bool = False) -> Any:
        given = {"run": opened, "phase": "build", "requires": [], "gates": gates, "resume": False, "join": False}
        return phase.handle(given, check_mode)

    return handle


def starts(opened: dict[str, Any]) -> int:
    return len([entry for entry in LedgerFile(opened["state_dir"]).entries() if entry["kind"] == "phase"])


def test_a_phase_begins_under_the_policy_of_its_run(begin: Callable[..., Any], opened: dict[str, Any]) -> None:
    assert begin(GATES)["attempt"] == 1
    assert starts(opened) == 1


def test_a_phase_does_not_begin_under_another_policy_and_the_way_on_is_named(begin: Callable[..., Any], opened: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="not the one under which the run was opened") as refused:
        begin(LAXER)
    assert "playbooks/staging.yml -e stagegate_release_ref=1a2b3c4d5e6f" in refused.value.todo
    assert starts(opened) == 0


def test_whoever_gives_no_gates_is_judged_by_the_gate_alone(begin: Callable[..., Any]) -> None:
    assert begin({})["attempt"] == 1


def test_a_dry_run_is_not_held_to_a_run_that_it_did_not_write(begin: Callable[..., Any]) -> None:
    assert begin(LAXER, check_mode=True)["attempt"] == 1
