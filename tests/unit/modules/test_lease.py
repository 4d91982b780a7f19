# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module `lease`: what playbooks are told, and what the ledger keeps of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import CommandError, InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.journal import BEFORE, Line
from ansible_collections.proofile.stagegate.plugins.module_utils.io.ledger.ledger_file import LedgerFile
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.journal_file import JournalFile
from ansible_collections.proofile.stagegate.plugins.modules import lease

COMMIT = "1a2b3c4d5e6f" + "0" * 28
RUN_ID = f"r-20261123T101500Z-{COMMIT[:12]}"


class Asker:
    """Somebody who plays the module with one state folder."""

    def __init__(self, state_dir: Path) -> None:
        self.state_dir = str(state_dir)
        self.run = {
            "id": RUN_ID,
            "release": COMMIT[:12],
            "commit": COMMIT,
            "policy": "demo",
            "policy_digest": "0" * 64,
            "state_dir": self.state_dir,
        }

    def __call__(self, state: str = "held", check_mode: bool = False, **given: Any) -> Any:
        defaults = {name: option["default"] for name, option in lease.SPEC.items() if "default" in option}
        params = {
            **defaults,
            "state_dir": self.state_dir,
            "run": self.run,
            "owner": "alice@one",
            "purpose": "deploy",
            "patience_seconds": 0.0,
        }
        return lease.handle({**params, "state": state, **given}, check_mode)

    def incidents(self) -> list[dict[str, Any]]:
        return [entry["body"] for entry in LedgerFile(self.state_dir).entries() if entry["kind"] == "incident"]


@pytest.fixture
def ask(tmp_path: Path) -> Asker:
    return Asker(tmp_path)


def test_taking_keeping_and_giving_back_change_nothing_and_need_no_ledger(ask: Asker) -> None:
    taken = ask()
    kept = ask(token=taken["token"])
    freed = ask("free", token=taken["token"])
    assert [item["verdict"] for item in (taken, kept, freed)] == ["granted", "re-entered", "given back"]
    assert [item["token"] for item in (taken, kept, freed)] == [1, 1, 0]
    assert not any(item["changed"] for item in (taken, kept, freed))
    assert ask.incidents() == []


@pytest.mark.parametrize("token", [0, 7])
def test_giving_back_what_is_not_held_does_nothing(ask: Asker, token: int) -> None:
    ask()
    assert ask("free", token=token)["verdict"] == "nothing"
    assert ask(token=1)["verdict"] == "re-entered"


def test_a_take_over_is_recorded_with_the_former_holder(ask: Asker) -> None:
    ask()
    assert ask()["verdict"] == "taken over"
    (body,) = ask.incidents()
    assert (body["event"], body["by"], body["from"], body["from_run"], body["from_token"]) == (
        "lease_taken_over",
        "alice@one",
        "alice@one",
        RUN_ID,
        1,
    )
    assert LedgerFile(ask.state_dir).problems() == []


def test_the_next_start_says_at_which_step_it_resumes(ask: Asker) -> None:
    token = ask()["token"]
    JournalFile(ask.state_dir).append(Line("2026-11-23T10:20:00.000Z", RUN_ID, COMMIT[:12], "deploy", "switch", BEFORE, token))
    assert ask()["resuming"].startswith(f"resuming run {RUN_ID} at step deploy.switch")


def test_the_next_start_says_after_which_step_the_former_one_stopped(ask: Asker) -> None:
    token = ask()["token"]
    for at in (BEFORE, "after"):
        JournalFile(ask.state_dir).append(Line("2026-11-23T10:20:00.000Z", RUN_ID, COMMIT[:12], "deploy", "data", at, token))
    assert "after step deploy.data" in ask()["resuming"]


def test_a_first_start_resumes_nothing(ask: Asker) -> None:
    assert ask()["resuming"] == ""


def test_a_torn_journal_is_told(ask: Asker) -> None:
    Path(ask.state_dir).joinpath("journal.jsonl").write_text('{"at": "bef')
    assert "torn" in ask()["warnings"][0]


def test_a_break_needs_a_reason_and_is_recorded_with_it(ask: Asker) -> None:
    ask()
    with pytest.raises(InputError, match="broken for a reason"):
        ask("broken", owner="bob@two", reason="  ")
    broken = ask("broken", owner="bob@two", reason="the controller burned down")
    assert broken["changed"] and "alice@one" in broken["message"]
    (body,) = ask.incidents()
    assert (body["event"], body["by"], body["why"]) == ("lease_broken", "bob@two", "the controller burned down")
    assert ask(owner="bob@two", run={**ask.run})["verdict"] == "granted"


def test_breaking_what_nobody_holds_changes_and_records_nothing(ask: Asker) -> None:
    assert not ask("broken", reason="just in case")["changed"]
    assert ask.incidents() == []


def test_check_mode_tells_and_writes_nothing(ask: Asker) -> None:
    assert "would be granted" in ask(check_mode=True)["message"]
    assert list(Path(ask.state_dir).iterdir()) == []
    ask()
    before = Path(ask.state_dir, "lease.json").read_text()
    assert "would be refused" in ask(check_mode=True, owner="bob@two")["message"]
    assert ask("broken", check_mode=True, reason="a try")["changed"]
    ask("free", check_mode=True, token=1)
    assert Path(ask.state_dir, "lease.json").read_text() == before
    assert json.loads(before)["lease"]["owner"] == "alice@one"


def test_somebody_else_is_refused_by_name(ask: Asker) -> None:
    ask()
    with pytest.raises(CommandError, match="alice@one holds it"):
        ask(owner="bob@two")


def test_whoever_is_refused_is_told_until_when_and_the_command(ask: Asker) -> None:
    ask()
    with pytest.raises(CommandError) as caught:
        ask(owner="bob@two", break_command="ansible-playbook -i hosts.yml playbooks/break_lease.yml -e reason='...'")
    said = caught.value.todo
    assert re.search(r"it expires in (15m|15 min|14)\S*.*, at 20[0-9T:-]{17}Z;", said), said
    assert said.endswith("if it is known to be dead: ansible-playbook -i hosts.yml playbooks/break_lease.yml -e reason='...'")


def test_your_own_lease_of_another_run_is_told_as_such_and_at_once(ask: Asker) -> None:
    ask()
    other = {**ask.run, "id": "r-20261123T111500Z-" + COMMIT[:12]}
    with pytest.raises(CommandError, match=f"you hold it yourself, for another run .{RUN_ID}"):
        ask(run=other, wait_seconds=3600.0)


def test_your_own_lease_of_another_run_is_taken_over_when_it_has_expired_and_that_is_recorded(ask: Asker) -> None:
    ask(ttl_seconds=0.0)
    other = {**ask.run, "id": "r-20261123T111500Z-" + COMMIT[:12]}
    assert ask(run=other)["verdict"] == "taken over"
    (body,) = ask.incidents()
    assert (body["event"], body["from_run"]) == ("lease_taken_over", RUN_ID)
    assert body["why"].startswith("it has expired")


def test_an_owner_without_a_name_is_refused(ask: Asker) -> None:
    with pytest.raises(InputError, match="needs an owner"):
        ask(owner=" ")
