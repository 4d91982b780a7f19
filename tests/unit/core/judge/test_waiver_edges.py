# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waivers, at the edges that mutation testing found open."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core import times
from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.criterion import read_criterion
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.outcome import Outcome
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.waiver import read_waivers, still_waived, with_waiver

NOW = times.unix_seconds("2026-11-23T12:00:00.000Z")
DAY = 86400.0
ID, RELEASE = "soak.tested", "1a2b3c4d5e6f"
OTHERS = ["soak.other", "soak.zebra", "build.tested", "validate.tested"]
GIVEN: dict[str, Any] = {"criterion": ID, "owner": "Ada", "reason": "known", "expires": "2026-12-01"}


def read(*changes: Any) -> Any:
    return read_waivers([{**GIVEN, **change} for change in changes or ({},)], [ID, *OTHERS], NOW)


def waived(status: str, waivers: Any, now: float = NOW, **criterion: Any) -> Outcome:
    read_one = read_criterion({"id": ID, "sli": "host.cpu", "pass": "< 70 pct", **criterion}, "soak", "here")
    return with_waiver(
        read_one, Outcome(ID, status, "words", "", "pct", reason="gap" if status == "INCONCLUSIVE" else ""), waivers, now, RELEASE
    )


@pytest.mark.parametrize("status", ["PASS", "WARN", "ERROR", "FAIL", "INCONCLUSIVE"])
def test_only_a_failure_and_what_is_unknown_is_waived(status: str) -> None:
    assert waived(status, read()).status == ("WAIVED" if status in ("FAIL", "INCONCLUSIVE") else status)


@pytest.mark.parametrize(
    ("key", "waivable", "status"), [(False, False, "WAIVED"), (False, True, "WAIVED"), (True, True, "WAIVED"), (True, False, "FAIL")]
)
def test_who_may_be_waived(key: bool, waivable: bool, status: str) -> None:
    assert waived("FAIL", read(), key=key, waivable=waivable).status == status


@pytest.mark.parametrize(
    "change", [*({"criterion": name} for name in OTHERS), {"expires": "soon"}, {"release": "ffffffffffff"}, {"release": "000000000000"}]
)
def test_a_waiver_that_is_not_about_this_covers_nothing(change: Any) -> None:
    assert waived("FAIL", read(change)).status == "FAIL"
    assert still_waived(waived("FAIL", read()).as_dict(), read(change), NOW, RELEASE)["status"] == "FAIL"


@pytest.mark.parametrize(("seconds", "status"), [(-0.001, "WAIVED"), (0.0, "FAIL"), (1.0, "FAIL")])
def test_it_ends_at_its_moment(seconds: float, status: str) -> None:
    end = times.unix_seconds("2026-12-01T00:00:00.000Z")
    assert waived("FAIL", read(), end + seconds).status == status
    assert still_waived(waived("FAIL", read()).as_dict(), read(), end + seconds, RELEASE)["status"] == status


@pytest.mark.parametrize(
    ("expires", "fine"),
    [("2027-02-21T12:00:00.000Z", True), ("2027-02-21T12:00:00.001Z", False), ("2026-11-22", True), ("9999-01-01", False)],
)
def test_it_ends_ninety_days_ahead_at_most(expires: str, fine: bool) -> None:
    if fine:
        assert read({"expires": expires})
    else:
        with pytest.raises(InputError, match="at most 90 days ahead"):
            read({"expires": expires})


@pytest.mark.parametrize(("number", "fine"), [(200, True), (201, False)])
def test_there_are_two_hundred_at_most(number: int, fine: bool) -> None:
    if fine:
        assert len(read(*[{}] * number)) == number
    else:
        with pytest.raises(InputError, match="at most 200"):
            read(*[{}] * number)


@pytest.mark.parametrize(("length", "fine"), [(40, True), (41, False)])
def test_an_end_is_a_short_text(length: int, fine: bool) -> None:
    if fine:
        assert read({"expires": "x" * length})[0].until is None
    else:
        with pytest.raises(InputError, match="must be a day"):
            read({"expires": "x" * length})


@pytest.mark.parametrize("nothing", [None, [], ()])
def test_no_waivers_are_none(nothing: Any) -> None:
    assert read_waivers(nothing, [ID], NOW) == ()


@pytest.mark.parametrize(("status", "reason"), [("FAIL", ""), ("INCONCLUSIVE", "gap")])
def test_what_is_not_waived_any_more_is_what_it_was(status: str, reason: str) -> None:
    recorded = waived(status, read()).as_dict()
    assert still_waived(recorded, read(), NOW, RELEASE) is recorded
    after = still_waived(recorded, (), NOW, RELEASE)
    assert (after["status"], after["reason"], after["waiver"]) == (status, reason, None)
    assert after["sentence"].startswith("its waiver does not count any more: it is no longer there; waived until")


@pytest.mark.parametrize("recorded", [None, {}, {"status": "PASS"}, {"status": "WAIVED"}, {"status": "what", "status_reason": "gap"}])
def test_a_recorded_waiver_that_does_not_say_what_it_waived_is_unknown_without_it(recorded: Any) -> None:
    after = still_waived({"id": ID, "status": "WAIVED", "waiver": recorded}, (), NOW, RELEASE)
    assert after["status"] == "INCONCLUSIVE"


@pytest.mark.parametrize("status", ["PASS", "WARN", "FAIL", "INCONCLUSIVE", "ERROR", "what", None])
def test_only_what_is_recorded_as_waived_is_asked_about(status: Any) -> None:
    recorded = {"id": ID, "status": status, "waiver": {"status": "FAIL"}}
    assert still_waived(recorded, (), NOW, RELEASE) is recorded


def test_why_none_of_several_applies_is_told_of_the_first() -> None:
    waivers = read({"expires": "soon"}, {"release": "ffffffffffff"})
    assert waived("FAIL", waivers).sentence == "words; the waiver does not apply: its expiry 'soon' cannot be read"
    after = still_waived(waived("FAIL", read()).as_dict(), waivers, NOW, RELEASE)
    assert "any more: its expiry 'soon' cannot be read; waived" in after["sentence"]


def test_a_waiver_is_recorded_with_its_release_only_when_it_has_one() -> None:
    assert read()[0].as_dict() == GIVEN
    assert read({"release": RELEASE})[0].as_dict() == {**GIVEN, "release": RELEASE}
    assert waived("FAIL", read({"release": RELEASE})).waiver == {**GIVEN, "release": RELEASE, "status": "FAIL", "status_reason": ""}


def test_the_words_of_people_are_kept_short() -> None:
    sentence = waived("FAIL", read({"owner": "o" * 400, "reason": "r" * 400})).sentence
    assert len(sentence) < 250
