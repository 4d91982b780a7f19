"""People are asked by name: who signed which release, who can be reached, who is on call today."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.people.people import (
    escalation_levels,
    judge_teams,
    on_call_today,
    read_signoffs,
    uncontactable,
)

RELEASE = "1a2b3c4d5e6f"
MONDAY = datetime(2026, 11, 23, 10, 30, tzinfo=timezone.utc)


def _signoff(**changes: Any) -> dict[str, Any]:
    return {
        "team": "qa", "person": "Ada", "role": "lead", "release": RELEASE, "ready": True,
        "at": "2026-11-23T09:00:00Z", "statement": "done", **changes,
    }  # fmt: skip


def test_a_sign_off_counts_for_its_team_and_release_only() -> None:
    signoffs = read_signoffs([_signoff(), _signoff(team="backend", release="ffffffffffff")], MONDAY)
    teams = judge_teams(signoffs, ["qa", "backend"], RELEASE)
    assert teams.missing == {"qa": False, "backend": True}
    assert len(teams.ignored) == 1


def test_the_latest_word_of_each_person_counts() -> None:
    words = [_signoff(ready=False, at="2026-11-23T09:30:00Z"), _signoff(ready=True, at="2026-11-23T09:00:00Z")]
    assert judge_teams(read_signoffs(words, MONDAY), ["qa"], RELEASE).not_ready == {"qa": True}


def test_one_person_who_is_not_ready_speaks_for_the_team() -> None:
    words = [_signoff(), _signoff(person="Bo", ready=False)]
    assert judge_teams(read_signoffs(words, MONDAY), ["qa"], RELEASE).not_ready == {"qa": True}


@pytest.mark.parametrize(
    "changes",
    [
        {"release": "any"}, {"release": ""}, {"ready": "yes"}, {"ready": None}, {"person": ""}, {"statement": None},
        {"at": "2026-11-23"}, {"at": "tomorrow"}, {"at": "2026-11-24T00:00:00Z"},
    ],
)  # fmt: skip
def test_a_sign_off_that_says_too_little_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        read_signoffs([_signoff(**changes)], MONDAY)
    assert "sign-off 1" in str(caught.value)


def test_a_stakeholder_needs_a_person_and_a_channel() -> None:
    known = [{"role": "product", "person": "Ada", "channel": "#p"}, {"role": "qa", "person": "TBD", "channel": "#q"}]
    assert uncontactable(known, ["product", "qa", "devops"]) == ("qa", "devops")


def test_the_escalation_path_ends_at_the_first_level_that_nobody_answers() -> None:
    levels = [{"person": "Ada", "channel": "1"}, {"person": "", "channel": "2"}, {"person": "Cy", "channel": "3"}]
    assert escalation_levels(levels) == 1


@pytest.mark.parametrize(
    ("shifts", "gap"),
    [
        ([], 24),
        ([{"person": "A", "start": "2026-11-23T00:00:00Z", "end": "2026-11-24T00:00:00Z"}], 0),
        ([{"person": "A", "start": "2026-11-23T01:00:00+01:00", "end": "2026-11-23T13:30:00Z"}], 11),
        ([{"person": "A", "days": ["mon"], "from": "08:00", "to": 1200}], 12),
        ([{"person": "A", "days": ["mon"], "from": "20:00", "to": "08:00"}], 20),
        ([{"person": "A", "days": ["sun", "mon"], "from": "20:00", "to": "08:00"}], 12),
        ([{"person": "A", "days": ["tue"]}], 24),
    ],
)
def test_hours_of_today_without_anybody_are_counted(shifts: list[dict[str, Any]], gap: int) -> None:
    assert on_call_today(shifts, MONDAY).gap_hours == gap


@pytest.mark.parametrize(
    "shift",
    [
        {"person": "A"}, {"person": "A", "days": ["noday"]}, {"person": "A", "days": ["mon"], "from": "25:00"},
        {"person": "A", "start": "2026-11-23T10:00:00Z", "end": "2026-11-23T09:00:00Z"}, {"days": ["mon"]}, "always",
    ],
)  # fmt: skip
def test_a_shift_that_cannot_be_read_is_refused(shift: Any) -> None:
    with pytest.raises(InputError):
        on_call_today([shift], MONDAY)
