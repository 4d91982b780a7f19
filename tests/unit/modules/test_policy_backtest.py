# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module policy_backtest, on a real ledger that the real modules made."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError, InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources.past_series import SamplesGone, read_past_series
from ansible_collections.proofile.stagegate.plugins.modules import decision as decision_module
from ansible_collections.proofile.stagegate.plugins.modules import gate as gate_module
from ansible_collections.proofile.stagegate.plugins.modules import ledger as ledger_module
from ansible_collections.proofile.stagegate.plugins.modules import phase as phase_module
from ansible_collections.proofile.stagegate.plugins.modules import policy_backtest
from ansible_collections.proofile.stagegate.plugins.modules import run as run_module

GATES: dict[str, Any] = {
    "smoke": {"criteria": [{"id": "smoke.login", "sli": "journey.failed{journey=login}", "pass": "== 0 count", "key": True}]},
    "soak": {
        "requires": ["smoke"],
        "criteria": [
            {"id": "soak.db_connections", "sli": "postgres.active", "agg": "max", "pass": "< 20 count"},
            {"id": "soak.p95", "sli": "http.duration", "agg": "p(95)", "pass": "<= 5 s", "key": True},
        ],
    },
}
MATRIX: dict[str, Any] = {
    "go": [{"id": "go.soak", "needs": ["gate:soak"]}],
    "hold": [{"id": "hold.busy", "when": {"sli": "postgres.active", "agg": "max", "phase": "soak", "is": "> 30 count"}}],
}
SAMPLES = [[float(at), 1.0] for at in range(100)]


@pytest.fixture
def state_dir(tmp_path: Path) -> str:
    where = str(tmp_path)
    opened = run_module.handle(
        {
            "state_dir": where,
            "application": "a",
            "commit": "1a2b3c4d5e6f" + "0" * 28,
            "policy": "staging",
            "gates": GATES,
            "decision": MATRIX,
            "fresh": False,
        },
        False,
    )
    run = opened["run"]
    found = {
        "smoke": [{"sli": "journey.failed", "labels": {"journey": "login"}, "value": 0, "unit": "count"}],
        "soak": [{"sli": "postgres.active", "value": 12, "unit": "count"}, {"sli": "http.duration", "unit": "s", "samples": SAMPLES}],
    }
    for phase, measurements in found.items():
        phase_module.handle(
            {"run": run, "phase": phase, "requires": GATES[phase].get("requires", []), "gates": GATES, "resume": False, "join": False},
            False,
        )
        ledger_module.handle({"run": run, "phase": phase, "measurements": measurements, "entries": []}, False)
        assert gate_module.handle({"run": run, "phase": phase, "gates": GATES, "waivers": []}, False)["verdict"] == "GO"
    decided = decision_module.handle({"run": run, "gates": GATES, "decision": MATRIX, "waivers": []}, False)
    assert decided["decision"] == "GO"
    return where


def ask(state_dir: str, **other: Any) -> Any:
    params = {"state_dir": state_dir, "gates": GATES, "decision": MATRIX, "policy": "staging", "runs": 10, "run_id": None}
    return policy_backtest.handle({**params, **other}, False)


def test_it_says_that_nothing_changes_when_nothing_does(state_dir: str) -> None:
    answer = ask(state_dir)
    assert answer["changed"] is False
    assert answer["lines"][-2:] == ["changed decisions: 0 of 1", "changed gates: 0 of 2"]


def test_it_says_which_decision_changes_and_leaves_the_ledger_as_it_was(state_dir: str, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    gates = copy.deepcopy(GATES)
    gates["soak"]["criteria"][0]["pass"] = "< 10 count"
    answer = ask(state_dir, gates=gates)
    assert "changed decisions: 1 of 1" in answer["lines"]
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_policy_that_cannot_be_read_is_an_error(state_dir: str) -> None:
    with pytest.raises(InputError, match="unknown SLI"):
        ask(state_dir, gates={"soak": {"criteria": [{"id": "soak.x", "sli": "no.such", "pass": "== 0 count"}]}})


def test_a_file_that_is_not_there_is_gone_and_one_that_is_no_series_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "broken.sqlite").write_text("no database")
    with pytest.raises(SamplesGone):
        read_past_series(str(tmp_path), {"file": "soak/pruned.sqlite", "metric": "host.cpu"})
    for name in ("broken.sqlite", "../pruned.sqlite", "/no/such/file", "", 7, "a\0b"):
        with pytest.raises(EvidenceError) as refused:
            read_past_series(str(tmp_path), {"file": name, "metric": "host.cpu"})
        assert not isinstance(refused.value, SamplesGone), name
