# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waivers: who may waive what, for how long, and what the decision makes of it."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core import times
from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge import decision, judge, policy, verdict
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.criterion import read_criterion
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.waiver import read_waivers
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.ledger import digest

NOW = times.unix_seconds("2026-11-23T12:00:00.000Z")
ID = "soak.tested"
GIVEN: dict[str, Any] = {"criterion": ID, "owner": "Ada, frontend", "reason": "known, ticket 17", "expires": "2026-12-01"}


def read(now: float = NOW, **other: Any) -> Any:
    return read_waivers([{**GIVEN, **other}], [ID], now)


def judged(book: Any, waivers: Any, now: float = NOW, value: Any = 80, **more: Any) -> Any:
    if value is not None:
        book.measure("soak", "host.cpu", value, "pct")
    criterion = read_criterion({"id": ID, "sli": "host.cpu", "pass": "< 70 pct", **more}, "soak", "criterion")
    return judge.judge(criterion, book.evidence(), lambda _reference: [], now, waivers)


def test_a_failure_is_waived_and_says_by_whom_why_and_until_when(book: Any) -> None:
    outcome = judged(book, read())
    assert (outcome.status, outcome.good) == ("WAIVED", True)
    assert outcome.sentence == (
        "waived until 2026-12-01 by Ada, frontend (known, ticket 17): FAIL, 80 pct, must be < 70 pct, missed by 10 pct"
    )
    assert outcome.as_dict()["waiver"] == {**GIVEN, "status": "FAIL", "status_reason": ""}


def test_what_is_unknown_can_be_waived(book: Any) -> None:
    outcome = judged(book, read(), value=None)
    assert (outcome.status, outcome.reason, outcome.waiver["status_reason"]) == ("WAIVED", "", "no_data")


def test_an_error_is_never_waived(book: Any) -> None:
    book.add("evidence", "soak", {"sli": "host.cpu", "unit": "s", "value": 1})
    assert judged(book, read(), value=None).status == "ERROR"


@pytest.mark.parametrize("value", [69, 1])
def test_a_pass_stays_a_pass(book: Any, value: int) -> None:
    outcome = judged(book, read(), value=value)
    assert (outcome.status, outcome.waiver) == ("PASS", None)


@pytest.mark.parametrize(("more", "status"), [({}, "FAIL"), ({"waivable": True}, "WAIVED")])
def test_a_key_criterion_is_waived_only_where_the_policy_says_so(book: Any, more: Any, status: str) -> None:
    outcome = judged(book, read(), key=True, **more)
    assert outcome.status == status
    assert ("the waiver does not apply: this is a key criterion, not waivable" in outcome.sentence) == (status == "FAIL")


def test_a_waiver_of_another_criterion_covers_nothing(book: Any) -> None:
    waivers = read_waivers([{**GIVEN, "criterion": "soak.other"}], [ID, "soak.other"], NOW)
    assert judged(book, waivers).status == "FAIL"


@pytest.mark.parametrize(("moment", "status"), [("2026-11-30T23:59:59.999Z", "WAIVED"), ("2026-12-01T00:00:00.000Z", "FAIL")])
def test_a_day_ends_a_waiver_when_it_begins(book: Any, moment: str, status: str) -> None:
    outcome = judged(book, read(), times.unix_seconds(moment))
    assert outcome.status == status
    assert ("the waiver does not apply: it has expired (2026-12-01)" in outcome.sentence) == (status == "FAIL")


@pytest.mark.parametrize("expires", ["soon", "2026-13-01", "01.12.2026", "2026-12-01T10:00", "never"])
def test_an_end_that_cannot_be_read_covers_nothing_and_says_so(book: Any, expires: str) -> None:
    outcome = judged(book, read(expires=expires))
    assert outcome.status == "FAIL"
    assert f"its expiry {expires!r} cannot be read" in outcome.sentence


@pytest.mark.parametrize("expires", ["2026-12-01", datetime.date(2026, 12, 1), "2026-12-01T00:00:00Z", "2026-12-01T00:00:00.000Z"])
def test_a_day_or_a_moment_can_be_given(expires: Any) -> None:
    assert read(expires=expires)[0].until == times.unix_seconds("2026-12-01T00:00:00.000Z")


@pytest.mark.parametrize(("release", "status"), [("1a2b3c4d5e6f", "WAIVED"), ("ffffffffffff", "FAIL")])
def test_a_waiver_may_be_for_one_release(book: Any, release: str, status: str) -> None:
    assert judged(book, read(release=release)).status == status


def test_one_that_applies_is_enough(book: Any) -> None:
    waivers = read(expires="soon") + read()
    assert judged(book, waivers).status == "WAIVED"


@pytest.mark.parametrize(
    ("change", "says", "where"),
    [
        ({"criterion": "soak.testd"}, "did you mean 'soak.tested'", "stagegate_waivers[0] (soak.testd)"),
        ({"criterion": ""}, "criterion is missing", "stagegate_waivers[0]"),
        ({"owner": ""}, "owner is missing", "(soak.tested)"),
        ({"owner": "  "}, "owner is missing", "(soak.tested)"),
        ({"reason": None}, "reason is missing", "(soak.tested)"),
        ({"reason": ["x"]}, "must be a text", "field reason"),
        ({"expires": None}, "expires is missing", "(soak.tested)"),
        ({"expires": 20261201}, "expires must be a day", "field expires"),
        ({"expires": "2027-02-22"}, "at most 90 days ahead", "field expires"),
        ({"release": "1a2b"}, "is no release", "field release"),
        ({"until": "2026-12-01"}, "unknown key 'until'", "stagegate_waivers[0]"),
    ],
)
def test_a_waiver_nobody_can_answer_for_is_refused(change: Any, says: str, where: str) -> None:
    with pytest.raises(InputError) as caught:
        read(**change)
    assert says in str(caught.value) and where in caught.value.where


def test_ninety_days_are_the_most() -> None:
    assert read(expires="2027-02-21")[0].until == NOW + 89.5 * 86400


@pytest.mark.parametrize("given", ["soak.tested", {"criterion": ID}, [1], [None], [GIVEN] * 201])
def test_what_is_no_list_of_waivers_is_refused(given: Any) -> None:
    with pytest.raises(InputError):
        read_waivers(given, [ID], NOW)


class TestTheDecision:
    """A waiver counts in the decision while it is there and has not expired."""

    GATES: ClassVar[dict[str, Any]] = {"soak": {"criteria": [{"id": ID, "sli": "host.cpu", "pass": "< 70 pct"}]}}
    MATRIX: ClassVar[dict[str, Any]] = {
        "go": [{"id": "go.cpu", "needs": [ID]}],
        "hold": [{"id": "hold.cpu", "unless": [ID]}],
    }

    def decided(self, book: Any, waivers: Any, now: float = NOW) -> Any:
        read_gates = policy.read_policy(self.GATES, self.MATRIX)
        book.start("soak")
        book.measure("soak", "host.cpu", 80, "pct")
        outcomes = verdict.judge_gate(read_gates.gate("soak"), book.evidence(), lambda _reference: [], NOW, read())
        said = verdict.gate_verdict(outcomes)
        assert said == "GO"
        shown = [outcome.as_dict() for outcome in outcomes]
        book.gate("soak", said, outcomes=shown, gate_digest=digest(self.GATES["soak"]))
        stand = decision.standing(book.entries, book.run["id"], read_gates, self.GATES, now, waivers)
        return decision.decide(read_gates, stand, book.evidence(), lambda _reference: [], now)

    def test_a_waiver_that_applies_lets_it_be_go(self, book: Any) -> None:
        assert self.decided(book, read())["decision"] == "GO"

    @pytest.mark.parametrize(("waivers", "why"), [(read(), "it has expired (2026-12-01)"), ((), "it is no longer there")])
    def test_one_that_has_expired_or_was_withdrawn_does_not(self, book: Any, waivers: Any, why: str) -> None:
        result = self.decided(book, waivers, NOW + 20 * 86400)
        assert result["decision"] == "NO-GO"
        assert result["in_the_way"] == ["go.cpu", "hold.cpu", "gate:soak"]
        assert f"{ID} FAIL: its waiver does not count any more: {why}" in result["go"][0]["sentence"]
        assert result["way_to_go"] == [f"host.cpu from 80 pct to < 70 pct ({ID})"]

    def test_a_decision_that_is_told_no_waivers_counts_none(self, book: Any) -> None:
        assert self.decided(book, ())["decision"] == "NO-GO"
