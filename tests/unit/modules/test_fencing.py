# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two controllers on one ledger: whoever began a phase last goes on, the other one is told who took over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError, LedgerError
from ansible_collections.proofile.stagegate.plugins.modules import ledger, ledger_query, phase, run

COMMIT = "1a2b3c4d5e6f" + "0" * 28
GATES = {"build": {"criteria": [{"id": "build.warnings", "sli": "build.warnings", "pass": "== 0 count"}]}}
CLEAN = {"sli": "build.warnings", "value": 0, "unit": "count"}


class Controller:
    """What a playbook does: it opens the run, opens phases, records, and keeps the run that it got last."""

    def __init__(self, state_dir: Path, commit: str = COMMIT) -> None:
        given = {"state_dir": str(state_dir), "application": "app", "commit": commit, "policy": "demo"}
        self.run = dict(run.handle({**given, "gates": GATES, "decision": {}, "fresh": False}, False)["run"])

    def open(self, name: str, resume: bool = False, check_mode: bool = False, join: bool = False) -> Any:
        """Open a phase."""
        given = {"run": self.run, "phase": name, "requires": [], "gates": GATES, "resume": resume, "join": join}
        opened = phase.handle(given, check_mode)
        self.run = dict(opened["run"])
        return opened

    def record(self, name: str) -> Any:
        """Record a measurement of a phase."""
        return ledger.handle({"run": self.run, "phase": name, "measurements": [CLEAN], "entries": []}, False)


@pytest.fixture
def first(tmp_path: Path) -> Controller:
    return Controller(tmp_path)


@pytest.fixture
def second(first: Controller, tmp_path: Path) -> Controller:
    return Controller(tmp_path)


def test_a_run_that_was_only_found_has_no_token(first: Controller, second: Controller) -> None:
    assert second.run == first.run
    assert "token" not in first.run


def test_a_controller_goes_from_phase_to_phase_with_its_newest_token(first: Controller) -> None:
    for name in ("build", "deploy", "drill", "decision"):
        token = first.open(name)["run"]["token"]
        assert first.record(name)["entries"][0]["seq"] == token + 1


def test_the_same_phase_begun_again_by_another_controller_fences_out_the_first(first: Controller, second: Controller) -> None:
    first.open("build")
    first.record("build")
    second.open("build")
    with pytest.raises(LedgerError, match=r"it began phase build of run r-\S+ at 20\S+Z \(entry 4\)"):
        first.record("build")
    second.record("build")


def test_a_fenced_controller_cannot_begin_another_phase_either(first: Controller, second: Controller) -> None:
    first.open("build")
    second.open("deploy")
    for resume in (False, True):
        with pytest.raises(LedgerError, match="taken over"):
            first.open("smoke", resume=resume)


def test_a_new_start_of_the_playbook_takes_over_again(first: Controller, second: Controller, tmp_path: Path) -> None:
    first.open("build")
    second.open("build")
    third = Controller(tmp_path)
    third.open("build")
    third.record("build")
    with pytest.raises(LedgerError, match="taken over"):
        second.record("build")


def test_a_controller_of_another_release_prepares_beside_it(first: Controller, tmp_path: Path) -> None:
    first.open("soak")
    other = Controller(tmp_path, "f" * 40)
    for name in ("preflight", "manual_qa", "build"):
        other.open(name)
        other.record(name)
        first.record("soak")


@pytest.mark.parametrize("change", ["deploy", "drill", "rollback"])
def test_a_soak_ends_where_another_release_is_brought_up(first: Controller, tmp_path: Path, change: str) -> None:
    first.open("soak")
    other = Controller(tmp_path, "f" * 40)
    other.open(change)
    for act in (first.record, first.open):
        with pytest.raises(LedgerError, match=rf"phase {change} of run r-\S+-ffffffffffff"):
            act("soak")
    other.record(change)
    # Under the lease it may be deployed again, and then it is the other one whose findings are not taken in.
    first.open("deploy")
    first.record("deploy")
    with pytest.raises(LedgerError, match="1a2b3c4d5e6f"):
        other.record("smoke")


def test_a_look_from_time_to_time_joins_the_soak_and_fences_nobody(first: Controller, second: Controller) -> None:
    begun = first.open("soak")
    joined = second.open("soak", join=True)
    assert (joined["run"]["token"], joined["attempt"], joined["previous"], joined["skip"]) == (begun["run"]["token"], 1, "RUNNING", False)
    second.record("soak")
    first.record("soak")
    first.open("validate")


def test_a_controller_that_was_taken_over_cannot_come_back_by_joining(first: Controller, second: Controller) -> None:
    first.open("soak")
    second.open("soak")
    with pytest.raises(LedgerError, match="taken over"):
        first.open("soak", join=True)


def test_a_phase_is_begun_where_there_is_none_to_join(first: Controller, second: Controller) -> None:
    assert first.open("soak", join=True)["attempt"] == 1
    book = ledger.LedgerFile(first.run["state_dir"])
    book.append(first.run, [phase.Draft("gate", "soak", {"verdict": "HOLD", "outcomes": []})])
    assert first.open("soak", join=True)["attempt"] == 2
    second.open("validate")
    assert Controller(Path(first.run["state_dir"])).open("soak", join=True)["attempt"] == 3


def test_who_signs_is_not_fenced_and_fences_nobody(first: Controller, second: Controller) -> None:
    first.open("build")
    said = {"kind": "signoff", "body": {"team": "qa", "release": first.run["release"]}}
    ledger.handle({"run": second.run, "phase": "decision", "measurements": [], "entries": [said]}, False)
    first.record("build")


def test_a_phase_that_is_passed_over_gives_the_token_of_the_newest_start(first: Controller, second: Controller) -> None:
    begun = first.open("build")["run"]["token"]
    book = ledger.LedgerFile(first.run["state_dir"])
    book.append(first.run, [phase.Draft("gate", "build", {"verdict": "GO", "outcomes": []})])
    opened = second.open("build", resume=True)
    assert (opened["skip"], opened["run"]["token"]) == (True, begun)
    first.open("deploy")
    with pytest.raises(LedgerError, match="taken over"):
        second.open("smoke")


def test_check_mode_begins_nothing_and_fences_nobody(first: Controller, second: Controller) -> None:
    first.open("build")
    assert "token" not in second.open("build", check_mode=True)["run"]
    first.record("build")


@pytest.mark.parametrize("act", ["run", "phase", "ledger"])
def test_whoever_repairs_a_torn_tail_says_so(first: Controller, tmp_path: Path, act: str) -> None:
    with open(ledger.LedgerFile(str(tmp_path)).path, "ab") as stream:
        stream.write(b'{"body":')
    if act == "run":
        given = {"state_dir": str(tmp_path), "application": "app", "commit": "f" * 40, "policy": "demo", "gates": GATES}
        told = run.handle({**given, "decision": {}, "fresh": False}, False)
    else:
        told = first.open("build") if act == "phase" else first.record("build")
    assert "The last line of the ledger was torn" in told["warnings"][0]


@pytest.mark.parametrize("token", [0, -1, True, "3", 1.5, [1]])
def test_a_token_that_is_none_is_refused(first: Controller, token: Any) -> None:
    first.run["token"] = token
    with pytest.raises(InputError, match="no usable token"):
        first.record("build")


def test_the_release_of_a_run_cannot_be_exchanged(first: Controller) -> None:
    first.run.update(release="f" * 12, commit="f" * 40)
    with pytest.raises(InputError, match="no run of release ffffffffffff"):
        first.record("build")


def test_a_phase_that_was_taken_over_is_begun_anew_and_the_ledger_is_whole(first: Controller, second: Controller) -> None:
    first.open("build")
    first.record("build")
    second.open("build")
    asked = {"state_dir": second.run["state_dir"], "want": "phases", "run_id": None, "release": None, "noted_hash": None}
    assert ledger_query.handle(asked, False)["phases"]["build"]["verdict"] == "RUNNING"
    assert ledger_query.handle({**asked, "want": "verify"}, False)["verified"] is True
