# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lease on a real disk, taken by real processes."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import CommandError, EvidenceError, LedgerError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.journal import BEFORE, Line
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.lease import GRANTED, REENTERED, TAKEN_OVER, Asked, Moment
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.deploy_lock import deploy_lock
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.journal_file import JournalFile
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.lease_file import LeaseFile
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system import boot_clock

ALICE = Asked("alice@one", "r-20261123T101500Z-1a2b3c4d5e6f", "deploy", 900.0, 20.0)
BOB = replace(ALICE, owner="bob@two", run="r-20261123T111500Z-0f1e2d3c4b5a")


class Boot:
    """A boot clock that goes on when somebody sleeps."""

    def __init__(self) -> None:
        self.now = Moment("boot-a", 1000.0)

    def __call__(self) -> Moment:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now = replace(self.now, seconds=self.now.seconds + seconds)


@pytest.fixture
def boot() -> Boot:
    return Boot()


@pytest.fixture
def lease(tmp_path: Path, boot: Boot) -> LeaseFile:
    return LeaseFile(str(tmp_path / "state"), clock=lambda: 0.0, boot=boot, sleep=boot.sleep)


def no_tell(_answer: Any) -> None:
    raise AssertionError("nothing was to be recorded")


def take(lease: LeaseFile, asked: Asked, tell: Callable[[Any], None] = no_tell) -> int:
    answer = lease.take(asked, tell, 120.0)
    assert answer.lease is not None
    return answer.lease.token


def test_tokens_rise_over_take_and_give_back_and_the_file_is_for_the_owner_only(lease: LeaseFile) -> None:
    tokens = []
    for asked in (ALICE, BOB, ALICE):
        tokens.append(take(lease, asked))
        assert lease.give_back(tokens[-1])
    assert tokens == [1, 2, 3]
    assert os.stat(lease.path).st_mode & 0o777 == 0o600


def test_a_lease_is_given_back_by_its_holder_only_and_once(lease: LeaseFile) -> None:
    token = take(lease, ALICE)
    assert not lease.give_back(token + 1)
    assert lease.give_back(token)
    assert not lease.give_back(token)


def test_somebody_else_is_refused_at_once_and_told_the_holder(lease: LeaseFile, boot: Boot) -> None:
    take(lease, ALICE)
    with pytest.raises(CommandError, match=r"the lease is held.*alice@one holds it for run r-20261123T101500Z.*break_lease"):
        take(lease, BOB)
    assert boot.now.seconds == 1000.0


def test_the_holder_keeps_its_token(lease: LeaseFile) -> None:
    token = take(lease, ALICE)
    assert lease.take(replace(ALICE, token=token), no_tell, 0.0).verdict == REENTERED
    lease.check(token)


def test_the_same_run_waits_for_silence_takes_over_and_records_it(lease: LeaseFile, boot: Boot) -> None:
    told: list[Any] = []
    first = take(lease, ALICE)
    answer = lease.take(ALICE, told.append, 120.0)
    assert answer.verdict == TAKEN_OVER
    assert 1020.0 <= boot.now.seconds < 1021.0
    assert [item.former.token for item in told] == [first]
    with pytest.raises(CommandError, match=r"its token is 1, the newest is 2"):
        lease.check(first)
    assert not lease.beat(first)


def test_the_same_run_does_not_take_over_from_one_that_is_alive(lease: LeaseFile, boot: Boot) -> None:
    token = take(lease, ALICE)

    def sleep(seconds: float) -> None:
        boot.sleep(seconds)
        lease.beat(token)

    second = LeaseFile(lease.state_dir, clock=lambda: 0.0, boot=boot, sleep=sleep)
    with pytest.raises(CommandError, match=r"former start of this run is still at work; 30 s were waited"):
        second.take(ALICE, no_tell, 30.0)
    lease.check(token)


def test_a_lease_does_not_change_hands_while_a_step_is_at_work(lease: LeaseFile, boot: Boot) -> None:
    token = take(lease, ALICE)
    boot.sleep(1000.0)
    with deploy_lock(lease.state_dir, "switching"), pytest.raises(CommandError, match=r"another deployment is at work.*switching"):
        take(lease, BOB)
    lease.check(token)


def test_a_take_over_that_cannot_be_recorded_does_not_happen(lease: LeaseFile, boot: Boot) -> None:
    def tell(_answer: Any) -> None:
        raise LedgerError("the disk is full")

    token = take(lease, ALICE)
    boot.sleep(1000.0)
    with pytest.raises(LedgerError, match="disk is full"):
        take(lease, BOB, tell)
    lease.check(token)


def test_a_broken_lease_refuses_its_holder_and_is_free(lease: LeaseFile) -> None:
    told: list[Any] = []
    token = take(lease, ALICE)
    held = lease.break_it(told.append)
    assert held is not None and held.owner == "alice@one"
    assert told == [held]
    with pytest.raises(CommandError, match="nobody holds it now"):
        lease.check(token)
    assert take(lease, BOB) == token + 1


def test_breaking_what_nobody_holds_does_and_records_nothing(lease: LeaseFile) -> None:
    assert lease.break_it(no_tell) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"token": 3}', '{"token": 3, "lease": {"owner": "x"}}'])
def test_a_damaged_file_refuses_everybody_until_it_is_broken_and_its_token_still_rises(lease: LeaseFile, text: str) -> None:
    take(lease, ALICE)
    JournalFile(lease.state_dir).append(Line("t", ALICE.run, "1a2b3c4d5e6f", "deploy", "data", BEFORE, 41))
    Path(lease.path).write_text(text)
    for act in (lambda: take(lease, BOB), lambda: lease.check(0), lambda: lease.check(1)):
        with pytest.raises(EvidenceError, match="break_lease"):
            act()
    lease.break_it(lambda _held: None)
    assert take(lease, BOB) > 41


def test_the_clock_of_this_machine_goes_on_within_one_boot() -> None:
    first, second = boot_clock.moment(), boot_clock.moment()
    assert first.boot_id == second.boot_id != ""
    assert 0.0 < first.seconds <= second.seconds


def _contend(state_dir: str, asked: Asked, ready: Any, answers: Any) -> None:
    """One of two processes that want the lease at the same moment."""
    ready.wait()
    try:
        answer = LeaseFile(state_dir).take(asked, no_tell, 0.0)
        answers.put((asked.owner, answer.verdict, answer.lease.token if answer.lease else 0))
    except CommandError as error:
        answers.put((asked.owner, str(error), 0))


def test_of_fifty_pairs_exactly_one_wins_each_time_and_the_other_is_told_who(tmp_path: Path) -> None:
    context, winners = multiprocessing.get_context("fork"), []
    for number in range(1, 51):
        ready, answers = context.Barrier(2), context.Queue()
        pair = [context.Process(target=_contend, args=(str(tmp_path), asked, ready, answers)) for asked in (ALICE, BOB)]
        for process in pair:
            process.start()
        said = {owner: (verdict, token) for owner, verdict, token in (answers.get(timeout=60), answers.get(timeout=60))}
        for process in pair:
            process.join(60)
        won = [owner for owner, (verdict, _token) in said.items() if verdict == GRANTED]
        assert len(won) == 1, said
        assert said[won[0]][1] == number
        lost = said[(ALICE if won[0] == BOB.owner else BOB).owner][0]
        assert f"{won[0]} holds it" in lost
        winners.append(won[0])
        assert LeaseFile(str(tmp_path)).give_back(number)
    assert json.loads((tmp_path / "lease.json").read_text()) == {"token": 50, "lease": None}


def _hold_and_hang(state_dir: str, held: Any) -> None:
    LeaseFile(state_dir).take(ALICE, no_tell, 0.0)
    held.set()
    signal.pause()


def test_a_killed_holder_leaves_a_lease_that_its_next_start_takes_over(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    held = context.Event()
    holder = context.Process(target=_hold_and_hang, args=(str(tmp_path), held))
    holder.start()
    assert held.wait(60)
    assert holder.pid is not None
    os.kill(holder.pid, signal.SIGKILL)
    holder.join(60)
    with pytest.raises(CommandError, match="alice@one"):
        LeaseFile(str(tmp_path)).take(BOB, no_tell, 0.0)
    answer = LeaseFile(str(tmp_path)).take(replace(ALICE, patience_seconds=0.05), lambda _answer: None, 5.0)
    assert answer.verdict == TAKEN_OVER
