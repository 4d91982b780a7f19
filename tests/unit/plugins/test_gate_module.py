# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules `gate` and `decision` over a real ledger on disk."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.modules import decision, gate, ledger, phase, run

GATES: dict[str, Any] = {
    "build": {
        "requires": [],
        "criteria": [
            {"id": "build.warnings", "sli": "build.warnings", "pass": "== 0 count"},
            {"id": "build.errors", "sli": "build.errors", "pass": "== 0 count", "key": True},
        ],
    }
}
MATRIX = {"go": [{"id": "go.build", "needs": ["build.warnings"]}], "hold": [{"id": "hold.build", "unless": ["build.errors"]}]}


def day(ahead: int) -> str:
    return (datetime.now(timezone.utc) + timedelta(days=ahead)).strftime("%Y-%m-%d")


def waiver(ahead: int = 10, criterion: str = "build.warnings") -> dict[str, Any]:
    return {"criterion": criterion, "owner": "Ada", "reason": "ticket 17", "expires": day(ahead)}


class Train:
    """One run in a state folder."""

    def __init__(self, state: Path, gates: Any = None) -> None:
        self.state, self.gates = state, gates or GATES
        given = {"state_dir": str(state), "application": "unit", "policy": "demo", "fresh": False, "run": "", "release_ref": ""}
        options = {**given, "commit": "1a2b3c4d5e6f" + "0" * 28, "gates": self.gates, "decision": MATRIX}
        self.run = run.handle({**{name: spec.get("default") for name, spec in run.SPEC.items()}, **options}, False)["run"]

    def measure(self, name: str, **measurements: Any) -> None:
        defaults = {option: spec.get("default") for option, spec in phase.SPEC.items()}
        begun = phase.handle({**defaults, "run": self.run, "phase": name, "requires": []}, False)
        self.run = begun.get("run", self.run)
        recorded = [
            value if isinstance(value, dict) else {"sli": f"build.{sli}", "unit": "count", "value": value}
            for sli, value in measurements.items()
        ]
        defaults = {option: spec.get("default") for option, spec in ledger.SPEC.items()}
        ledger.handle({**defaults, "run": self.run, "phase": name, "measurements": recorded, "entries": []}, False)

    def gate(self, *waivers: Any, phase: str = "build", check_mode: bool = False) -> Any:
        return gate.handle({"run": self.run, "phase": phase, "gates": self.gates, "waivers": list(waivers)}, check_mode)

    def decide(self, *waivers: Any) -> Any:
        return decision.handle({"run": self.run, "gates": self.gates, "decision": MATRIX, "waivers": list(waivers)}, False)

    def entries(self, kind: str) -> list[Any]:
        lines = (self.state / "ledger.jsonl").read_text().splitlines()
        return [entry for entry in map(json.loads, lines) if entry["kind"] == kind]


@pytest.fixture
def train(tmp_path: Path) -> Train:
    return Train(tmp_path / "state")


def test_a_go_leaves_nothing_to_do(train: Train) -> None:
    train.measure("build", warnings=0, errors=0)
    result = train.gate()
    assert (result["verdict"], result["way_to_go"], result["score"], result["in_the_way"]) == ("GO", [], 100.0, [])
    assert "to make it GO" not in result["table"]


def test_a_part_of_the_gate_is_judged_before_the_phase_is_at_its_end_and_nothing_is_recorded(train: Train) -> None:
    train.measure("build", warnings=0)
    params = {"run": train.run, "phase": "build", "gates": train.gates, "waivers": []}
    part = gate.handle({**params, "criteria": ["build.warnings"]}, False)
    assert (part["verdict"], [outcome["id"] for outcome in part["outcomes"]]) == ("GO", ["build.warnings"])
    assert gate.handle({**params, "criteria": ["build.errors"]}, False)["verdict"] != "GO"
    assert train.entries("gate") == []
    assert train.gate()["verdict"] != "GO"
    assert len(train.entries("gate")) == 1


def test_a_part_takes_waivers_as_the_whole_does(train: Train) -> None:
    train.measure("build", warnings=3)
    params = {"run": train.run, "phase": "build", "gates": train.gates, "criteria": ["build.warnings"]}
    assert gate.handle({**params, "waivers": []}, False)["verdict"] == "HOLD"
    assert gate.handle({**params, "waivers": [waiver()]}, False)["verdict"] == "GO"


@pytest.mark.parametrize(("criteria", "said"), [([], "no criterion is named"), (["build.warning"], "did you mean")])
def test_a_part_of_nothing_or_of_another_gate_is_refused(train: Train, criteria: list[str], said: str) -> None:
    train.measure("build", warnings=0, errors=0)
    with pytest.raises(InputError, match=said):
        gate.handle({"run": train.run, "phase": "build", "gates": train.gates, "waivers": [], "criteria": criteria}, False)


def test_a_hold_says_what_would_make_it_go(train: Train) -> None:
    train.measure("build", warnings=3, errors=0)
    result = train.gate()
    assert (result["verdict"], result["score"]) == ("HOLD", 50.0)
    assert result["way_to_go"] == ["build.warnings from 3 to == 0 (build.warnings)"]
    assert result["table"].splitlines()[-2:] == ["  to make it GO:", "    - build.warnings from 3 to == 0 (build.warnings)"]
    assert "| to make it GO: | - build.warnings from 3 to == 0" in result["message"]
    json.dumps(result, allow_nan=False)


def test_a_hold_can_be_waived_in_the_same_run_and_the_ledger_says_by_whom(train: Train) -> None:
    train.measure("build", warnings=3, errors=0)
    assert train.gate()["verdict"] == "HOLD"
    assert train.gate(waiver())["verdict"] == "GO"
    body = train.entries("gate")[-1]["body"]
    assert body["waivers"] == [waiver()]
    assert body["outcomes"][0]["waiver"]["owner"] == "Ada"
    assert train.decide(waiver())["decision"] == "GO"


def test_the_decision_does_not_count_a_waiver_that_is_gone(train: Train) -> None:
    train.measure("build", warnings=3, errors=0)
    train.gate(waiver())
    result = train.decide()
    assert (result["decision"], result["in_the_way"]) == ("NO-GO", ["go.build", "gate:build"])
    assert result["way_to_go"] == ["build.warnings from 3 to == 0 (build.warnings)"]


def test_a_key_criterion_is_not_waived(train: Train) -> None:
    train.measure("build", warnings=0, errors=1)
    assert train.gate(waiver(criterion="build.errors"))["verdict"] == "FAIL"


@pytest.mark.parametrize("wrong", [waiver(ahead=92), waiver(criterion="build.warning"), {**waiver(), "owner": ""}])
def test_a_waiver_nobody_can_answer_for_stops_gate_and_decision(train: Train, wrong: Any) -> None:
    train.measure("build", warnings=0, errors=0)
    for ask in (train.gate, train.decide):
        with pytest.raises(InputError):
            ask(wrong)
    assert train.entries("gate") == []


def test_check_mode_judges_and_writes_nothing(train: Train) -> None:
    train.measure("build", warnings=3, errors=0)
    assert train.gate(check_mode=True)["verdict"] == "HOLD"
    assert train.entries("gate") == []


def test_a_series_in_the_state_folder_is_judged_in_windows(tmp_path: Path) -> None:
    criterion = {"id": "build.cpu", "sli": "host.cpu", "agg": "p(95)", "pass": "< 70 pct", "every": "1 h", "limits": {"failed": 1}}
    train = Train(tmp_path / "state", {"build": {"requires": [], "criteria": [criterion, *GATES["build"]["criteria"]]}})
    with sqlite3.connect(train.state / "samples.sqlite") as connection:
        connection.execute("CREATE TABLE samples(metric TEXT, labels TEXT, at REAL, value REAL)")
        rows = [("host.cpu", "{}", at * 60.0, 0.9 if 60 <= at < 120 else 0.5) for at in range(240)]
        connection.executemany("INSERT INTO samples VALUES (?, ?, ?, ?)", rows)
    connection.close()
    series = {"sli": "host.cpu", "unit": "ratio", "series": {"file": "samples.sqlite", "metric": "host.cpu", "labels": {}}}
    train.measure("build", warnings=0, errors=0, cpu=series)
    result = train.gate()
    assert (result["verdict"], result["outcomes"][0]["status"]) == ("GO", "WARN")
    assert result["outcomes"][0]["windows"] == {"windows": 4, "good": 3, "failed": 1, "consecutive": 1, "inconclusive": 0, "error": 0}
