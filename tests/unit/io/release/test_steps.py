# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A step: allowed by the lease, in the journal before and after, alive meanwhile, and killed where a test wants it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import CommandError, InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.journal import standing
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.lease import Asked
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.failpoint import playbooks_above
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.journal_file import JournalFile
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.lease_file import LeaseFile
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.steps import Effects, step

RUN = {"id": "r-20261123T101500Z-1a2b3c4d5e6f", "release": "1a2b3c4d5e6f"}


class Killed(BaseException):
    """Stands for SIGKILL: nothing of the step's own code gets to run on, as far as it can be played."""


def kill() -> None:
    raise Killed


def option(name: str = "switch", token: int = 0, failpoint: str = "", phase: str = "deploy") -> dict[str, Any]:
    return {"run": RUN, "phase": phase, "name": name, "token": token, "failpoint": failpoint}


def hold(state_dir: Path) -> int:
    answer = LeaseFile(str(state_dir)).take(Asked("alice@one", RUN["id"], "deploy", 900.0, 20.0), lambda _answer: None, 0.0)
    assert answer.lease is not None
    return answer.lease.token


def story(state_dir: Path) -> list[str]:
    return [f"{line.name} {line.at} {line.token}" for line in JournalFile(str(state_dir)).lines()]


def test_a_step_stands_in_the_journal_before_and_after(tmp_path: Path) -> None:
    token = hold(tmp_path)
    with step(str(tmp_path), option(token=token), "switching"):
        assert story(tmp_path) == ["deploy.switch before 1"]
    assert story(tmp_path) == ["deploy.switch before 1", "deploy.switch after 1"]
    assert os.stat(tmp_path / "journal.jsonl").st_mode & 0o777 == 0o600


def test_a_step_that_fails_says_so_and_the_failure_goes_on(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no"), step(str(tmp_path), option(), "switching"):
        raise CommandError("no")
    assert story(tmp_path)[-1] == "deploy.switch failed 0"


def test_a_part_of_a_step_stands_inside_it(tmp_path: Path) -> None:
    with step(str(tmp_path), option(), "switching") as work, work.part("map"):
        pass
    assert [line.split()[0] + " " + line.split()[1] for line in story(tmp_path)] == [
        "deploy.switch before",
        "deploy.map before",
        "deploy.map after",
        "deploy.switch after",
    ]


def test_without_a_lease_a_step_is_allowed_only_while_nobody_holds_one(tmp_path: Path) -> None:
    with step(str(tmp_path), None, "starting"):
        pass
    assert story(tmp_path) == []
    hold(tmp_path)
    for given in (None, option()):
        with pytest.raises(CommandError, match="alice@one"), step(str(tmp_path), given, "starting"):
            raise AssertionError("it must not have begun")
    assert story(tmp_path) == []


def test_a_step_with_an_old_token_is_refused_before_it_begins(tmp_path: Path) -> None:
    token = hold(tmp_path)
    LeaseFile(str(tmp_path)).break_it(lambda _held: None)
    hold(tmp_path)
    with pytest.raises(CommandError, match="nothing was changed"), step(str(tmp_path), option(token=token), "switching"):
        raise AssertionError("it must not have begun")
    assert story(tmp_path) == []


def test_a_lease_that_is_broken_during_a_step_fails_it_at_its_end(tmp_path: Path) -> None:
    token = hold(tmp_path)
    with pytest.raises(CommandError, match="broken while this step was switching"), step(str(tmp_path), option(token=token), "switching"):
        LeaseFile(str(tmp_path)).break_it(lambda _held: None)


def test_a_step_at_work_gives_signs_of_life(tmp_path: Path) -> None:
    token = hold(tmp_path)
    lease = LeaseFile(str(tmp_path))
    with step(str(tmp_path), option(token=token), "switching", Effects(beat_seconds=0.01)):
        first, deadline = lease.kept().lease, time.monotonic() + 20
        while lease.kept().lease == first and time.monotonic() < deadline:
            time.sleep(0.01)
        assert lease.kept().lease != first


def test_only_one_step_is_at_work(tmp_path: Path) -> None:
    with (
        step(str(tmp_path), option(), "switching to blue"),
        pytest.raises(CommandError, match=r"another deployment is at work.*switching to blue"),
        step(str(tmp_path), option(), "switching to green"),
    ):
        raise AssertionError("it must not have begun")


@pytest.mark.parametrize(("at", "done"), [("before", False), ("after", True)])
def test_a_failpoint_strikes_before_or_after_the_work_and_the_step_did_not_end(tmp_path: Path, at: str, done: bool) -> None:
    worked = []
    with pytest.raises(Killed), step(str(tmp_path), option(failpoint=f"deploy.switch.{at}"), "switching", Effects(strike=kill)):
        worked.append(True)
    assert bool(worked) is done
    assert "deploy.switch after 0" not in story(tmp_path)
    assert "at step deploy.switch" in standing(JournalFile(str(tmp_path)).lines(), RUN["id"])


def test_another_steps_failpoint_does_not_strike(tmp_path: Path) -> None:
    for name in ("deploy.colour.before", "drill.switch.before", ""):
        with step(str(tmp_path), option(failpoint=name), "switching", Effects(strike=kill)):
            pass


@pytest.mark.parametrize(
    "given",
    [
        option(failpoint="deploy.switch.during"),
        option(name="nothing"),
        option(phase="build"),
        {**option(), "run": {"id": RUN["id"]}},
    ],
)
def test_an_unknown_step_failpoint_or_run_is_refused_before_anything_is_done(tmp_path: Path, given: dict[str, Any]) -> None:
    with pytest.raises(InputError), step(str(tmp_path), given, "switching"):
        raise AssertionError("it must not have begun")
    assert not (tmp_path / "journal.jsonl").exists()


def test_a_torn_line_is_taken_out_and_the_journal_tells_of_it(tmp_path: Path) -> None:
    with step(str(tmp_path), option("data"), "starting"):
        pass
    path = tmp_path / "journal.jsonl"
    path.write_bytes(path.read_bytes()[:-30])
    assert JournalFile(str(tmp_path)).torn()
    with step(str(tmp_path), option("colour"), "starting"):
        pass
    assert story(tmp_path) == ["deploy.data before 0", "deploy.colour torn 0", "deploy.colour before 0", "deploy.colour after 0"]
    assert [json.loads(line)["at"] for line in path.read_text().splitlines()] == ["before", "torn", "before", "after"]


def test_the_playbooks_above_a_process_are_found_and_nothing_else(tmp_path: Path) -> None:
    script = tmp_path / "ansible-playbook"
    script.write_text(
        "import os, subprocess, sys\n"
        "code = 'import os; print(os.getpid(), os.getppid()); input()'\n"
        "subprocess.run([sys.executable, '-c', code], check=False)\n"
    )
    with subprocess.Popen([sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as above:
        assert above.stdout is not None and above.stdin is not None
        module, parent = map(int, above.stdout.readline().split())
        assert parent == above.pid
        assert playbooks_above(module) == [above.pid]
        assert above.pid not in playbooks_above(os.getpid())
        above.stdin.write("\n")
        above.stdin.close()
    assert playbooks_above(module) == []
