# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who holds the lease: decided by the boot clock and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import CommandError, EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.lease import (
    GRANTED,
    REENTERED,
    REFUSED,
    TAKEN_OVER,
    WAIT,
    Answer,
    Asked,
    Kept,
    Lease,
    Moment,
    check_token,
    decide,
    kept_body,
    read_kept,
    refusal,
)

TAKEN = "2026-11-23T12:00:00.000Z"
BOOT = "boot-a"
ALICE = Asked("alice@one", "r-20261123T101500Z-1a2b3c4d5e6f", "deploy", 900.0, 20.0)
BOB = replace(ALICE, owner="bob@two", run="r-20261123T111500Z-0f1e2d3c4b5a")
HELD = Lease("alice@one", ALICE.run, "deploy", 7, TAKEN, 1000.0, BOOT, 900.0)


def ask(asked: Asked, seconds: float, lease: Lease | None = HELD, boot: str = BOOT) -> Answer:
    return decide(Kept(7, lease), asked, Moment(boot, seconds), TAKEN)


def test_a_lease_that_nobody_holds_is_granted_with_a_greater_token() -> None:
    answer = ask(BOB, 5000.0, lease=None)
    assert answer.verdict == GRANTED
    assert answer.lease == Lease("bob@two", BOB.run, "deploy", 8, TAKEN, 5000.0, BOOT, 900.0)


@pytest.mark.parametrize("seconds", [1000.0, 1019.0, 1900.0])
def test_somebody_else_is_refused_until_it_has_expired(seconds: float) -> None:
    answer = ask(BOB, seconds)
    assert (answer.verdict, answer.lease, answer.former) == (REFUSED, None, HELD)


def test_an_expired_lease_is_taken_over_and_the_reason_told() -> None:
    answer = ask(BOB, 1900.001)
    assert answer.verdict == TAKEN_OVER and answer.lease is not None
    assert answer.lease.token == 8
    assert "expired: no sign of life for 15 min" in answer.reason


def test_the_time_to_live_is_the_holders_not_the_askers() -> None:
    assert ask(replace(BOB, ttl_seconds=1.0), 1100.0).verdict == REFUSED


def test_a_lease_from_before_a_boot_is_taken_over_at_once() -> None:
    answer = ask(BOB, 3.0, boot="boot-b")
    assert answer.verdict == TAKEN_OVER
    assert "booted" in answer.reason


def test_the_holder_comes_in_again_with_its_token_and_its_sign_of_life_is_noted() -> None:
    answer = ask(replace(ALICE, token=7), 1500.0)
    assert (answer.verdict, answer.lease) == (REENTERED, replace(HELD, beat=1500.0))


def test_the_token_of_somebody_else_opens_nothing() -> None:
    assert ask(replace(BOB, token=7), 1010.0).verdict == REFUSED


def test_the_same_run_started_again_waits_for_a_sign_of_life() -> None:
    answer = ask(ALICE, 1019.0)
    assert (answer.verdict, answer.wait_seconds) == (WAIT, 1.0)


def test_the_same_run_started_again_takes_over_from_a_silent_one_and_fences_it() -> None:
    answer = ask(ALICE, 1020.0)
    assert answer.verdict == TAKEN_OVER and answer.lease is not None
    assert "former start of the same run" in answer.reason
    with pytest.raises(CommandError, match="does not hold the lease any more"):
        check_token(Kept(8, answer.lease), 7, Moment(BOOT, 1021.0))


def test_the_same_run_of_another_owner_and_another_run_of_the_same_owner_are_strangers() -> None:
    assert ask(replace(ALICE, owner="alice@two"), 1500.0).verdict == REFUSED
    assert ask(replace(ALICE, run=BOB.run), 1500.0).verdict == REFUSED


def test_a_refusal_names_the_holder_since_when_its_last_sign_of_life_and_what_to_do() -> None:
    text = str(refusal(HELD, Moment(BOOT, 1060.0)))
    for part in ("alice@one", ALICE.run, "deploy", TAKEN, "1 min 00 s ago", "expires in 14 min 00 s", "playbooks/break_lease.yml"):
        assert part in text


@pytest.mark.parametrize(
    ("kept", "token", "allowed"),
    [
        (Kept(), 0, True),
        (Kept(7), 0, True),
        (Kept(7, HELD), 0, False),
        (Kept(7, HELD), 7, True),
        (Kept(7, HELD), 6, False),
        (Kept(7), 7, False),
        (Kept(8, replace(HELD, token=8)), 7, False),
    ],
)
def test_a_step_is_allowed_with_the_token_of_the_lease_or_without_one_while_nobody_holds_it(kept: Kept, token: int, allowed: bool) -> None:
    if allowed:
        check_token(kept, token, Moment(BOOT, 9000.0))
        return
    with pytest.raises(CommandError, match=r"alice@one|nobody holds it now"):
        check_token(kept, token, Moment(BOOT, 9000.0))


@pytest.mark.parametrize("kept", [Kept(), Kept(7), Kept(7, HELD)])
def test_what_is_kept_reads_back(kept: Kept) -> None:
    assert read_kept(kept_body(kept)) == kept


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"token": "7", "lease": None},
        {"token": True, "lease": None},
        {"token": 7},
        {"token": 7, "lease": {}},
        {"token": 7, "lease": []},
        {"token": 6, "lease": kept_body(Kept(7, HELD))["lease"]},
        {"token": 7, "lease": {**kept_body(Kept(7, HELD))["lease"], "beat": "soon"}},
    ],
)
def test_a_file_of_another_form_is_refused_and_not_taken_for_a_free_lease(body: object) -> None:
    with pytest.raises(EvidenceError):
        read_kept(body)


events = st.lists(
    st.tuples(
        st.sampled_from(["take", "retake", "give back", "beat", "boot"]),
        st.sampled_from(["alice", "bob"]),
        st.sampled_from(["r-1", "r-2"]),
        st.floats(0.0, 2000.0),
        st.text(max_size=8),
    ),
    max_size=25,
)


@given(events)
def test_there_is_never_more_than_one_token_that_is_allowed_and_new_ones_are_always_greater(story: list) -> None:
    """A law: whoever asks in whatever order, and whatever the time of day is said to be."""
    kept, given_out, seconds, boot = Kept(), [], 1.0, 0
    for act, owner, run, passed, wall_clock in story:
        seconds += passed
        now = Moment(f"boot-{boot}", seconds)
        if act == "boot":
            boot, seconds = boot + 1, 1.0
        elif act == "give back":
            kept = Kept(kept.token)
        elif act == "beat" and kept.lease:
            kept = Kept(kept.token, replace(kept.lease, beat=seconds, boot_id=now.boot_id))
        elif act in ("take", "retake"):
            mine = kept.lease.token if act == "retake" and kept.lease else 0
            answer = decide(kept, Asked(owner, run, "deploy", 900.0, 20.0, mine), now, wall_clock)
            assert answer.is_given == (answer.lease is not None)
            if answer.verdict in (GRANTED, TAKEN_OVER) and answer.lease:
                assert answer.lease.token > max(given_out, default=0)
                given_out.append(answer.lease.token)
            if answer.lease:
                kept = Kept(max(kept.token, answer.lease.token), answer.lease)
        allowed = [token for token in given_out if _is_allowed(kept, token, now)]
        assert len(allowed) <= 1
        assert allowed in ([], [kept.token])


def _is_allowed(kept: Kept, token: int, now: Moment) -> bool:
    try:
        check_token(kept, token, now)
    except CommandError:
        return False
    return True


@given(st.text(max_size=30), st.text(max_size=30), st.floats(0.0, 3000.0))
def test_a_wall_clock_that_jumps_changes_nothing(early: str, late: str, passed: float) -> None:
    held = replace(HELD, taken=early)
    for asked in (ALICE, BOB, replace(ALICE, token=7)):
        one = decide(Kept(7, held), asked, Moment(BOOT, 1000.0 + passed), early)
        two = decide(Kept(7, held), asked, Moment(BOOT, 1000.0 + passed), late)
        assert (one.verdict, one.reason, one.wait_seconds) == (two.verdict, two.reason, two.wait_seconds)
