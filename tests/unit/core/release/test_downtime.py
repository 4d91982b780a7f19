# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The arithmetic of the downtime meter: what counts, what is a gap, and what stays unknown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError, InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.downtime import (
    DROPPED,
    FAILED,
    GOOD,
    Answer,
    Reading,
    counted,
    downtime_measurements,
    end_line,
    line_of,
    longest_gap,
    parse_plan,
    read_results,
    summary,
)

API, WEB = "http://localhost:8000/health", "http://localhost:3000/login"
RAW = {"urls": [API, WEB], "rate": 20, "timeout": 5, "late": 1, "deadline": 60}
PLAN = parse_plan(RAW)
TIMES = st.floats(min_value=0, max_value=600, allow_nan=False)


def answers(*outcomes: str, urls: tuple[str, ...] = (API,), seconds: float = 0.0) -> tuple[Answer, ...]:
    """One answer every 50 ms, the addresses in turn."""
    return tuple(Answer(number / 20, urls[number % len(urls)], outcome, seconds) for number, outcome in enumerate(outcomes))


def told(*found: Answer, until: float = 1.0, missing: int = 0, urls: tuple[str, ...] = (API,), slow: float = 1.0) -> dict[str, Any]:
    facts = downtime_measurements(Reading(tuple(found), until, missing), parse_plan({**RAW, "urls": urls}), "deploy", slow)
    return {fact["sli"].partition(".")[2]: fact["value"] for fact in facts}


def test_addresses_are_asked_in_turn_at_fixed_times() -> None:
    assert [(PLAN.due(number), PLAN.url(number)) for number in range(3)] == [(0.0, API), (0.05, WEB), (0.1, API)]


def test_good_answers_only_are_no_downtime() -> None:
    assert told(*answers(GOOD, GOOD, GOOD), until=0.15) == {"requests": 3, "dropped": 0, "slow": 0, "failed": 0, "longest_gap": 0.05}


@pytest.mark.parametrize(("outcome", "failed", "gap"), [(GOOD, 0, 0.05), (FAILED, 1, 0.1)])
def test_one_failure_is_counted_and_widens_the_gap(outcome: str, failed: int, gap: float) -> None:
    found = told(*answers(GOOD, outcome, GOOD), until=0.15)
    assert (found["failed"], found["longest_gap"]) == (failed, gap)


def test_what_never_served_before_cannot_fail() -> None:
    found = told(*answers(FAILED, FAILED, GOOD, GOOD), until=0.2)
    assert (found["requests"], found["failed"], found["longest_gap"]) == (2, 0, 0.05)


def test_each_address_counts_from_its_own_first_good_answer() -> None:
    found = counted(answers(GOOD, FAILED, GOOD, GOOD, GOOD, FAILED, urls=(API, WEB)))
    assert [(answer.url, answer.outcome) for answer in found] == [(API, GOOD), (API, GOOD), (WEB, GOOD), (API, GOOD), (WEB, FAILED)]


def test_what_was_refused_while_the_first_good_answer_was_on_its_way_never_served_before() -> None:
    # As it was seen at a first deployment: the edge accepted, one service was known to it 3 ms before the other.
    seen = (Answer(0.2, API, FAILED, 0.04), Answer(0.0, API, FAILED, 0.24), Answer(0.1, API, GOOD, 0.149), Answer(-0.1, API, GOOD, 0.358))
    assert [answer.outcome for answer in counted(seen)] == [GOOD, GOOD]


def test_what_fails_after_the_first_good_answer_counts_whenever_it_was_due() -> None:
    assert told(Answer(0.0, API, FAILED, 5.0), Answer(0.05, API, GOOD, 0.01), until=5.0)["failed"] == 1


def test_an_address_that_never_answers_well_leaves_failures_and_gap_unknown() -> None:
    found = told(*answers(GOOD, FAILED, GOOD, FAILED, urls=(API, WEB)), urls=(API, WEB))
    assert "failed" not in found
    assert "longest_gap" not in found


def test_an_outage_at_the_end_of_the_measurement_is_a_gap() -> None:
    assert told(*answers(GOOD, FAILED, FAILED), until=0.9)["longest_gap"] == 0.9


def test_an_address_that_stays_away_is_not_hidden_by_another_that_answers() -> None:
    found = told(*answers(GOOD, GOOD, GOOD, FAILED, GOOD, FAILED, urls=(API, WEB)), until=0.3, urls=(API, WEB))
    assert (found["failed"], found["longest_gap"]) == (2, 0.25)


def test_answers_that_hang_and_come_at_last_are_a_gap_too() -> None:
    held = (Answer(0.0, API, GOOD, 0.01), Answer(0.05, API, GOOD, 2.0), Answer(0.1, API, GOOD, 1.95))
    found = told(*held, until=0.15)
    assert (found["failed"], found["slow"], found["longest_gap"]) == (0, 2, 2.04)


@pytest.mark.parametrize(("seconds", "slow"), [(1.0, 0), (1.001, 1)])
def test_slow_is_what_takes_longer_than_the_mark(seconds: float, slow: int) -> None:
    assert told(Answer(0.0, API, GOOD, seconds))["slow"] == slow


def test_a_request_that_was_not_sent_makes_no_failures_unknown() -> None:
    found = told(*answers(GOOD, DROPPED, GOOD))
    assert found["dropped"] == 1
    assert "failed" not in found


def test_a_known_failure_stays_known_when_another_request_was_not_sent() -> None:
    assert told(*answers(GOOD, DROPPED, FAILED))["failed"] == 1


def test_requests_that_a_dead_meter_did_not_write_are_not_sent_ones() -> None:
    found = told(*answers(GOOD, GOOD), missing=3)
    assert found["dropped"] == 3
    assert "failed" not in found


def test_a_measurement_says_what_it_is_about() -> None:
    facts = downtime_measurements(Reading(answers(GOOD, FAILED), 1.0), parse_plan({**RAW, "urls": [API]}), "rollback", 1.0)
    assert {fact["labels"]["during"] for fact in facts} == {"rollback"}
    failed = next(fact for fact in facts if fact["sli"] == "downtime.failed")
    assert failed["source"] == f"20 requests per s to {API} for 1.0 s"
    assert failed["detail"] == [f"after 0.05 s {API}: failed"]


def test_the_line_for_people_says_when_failures_are_unknown() -> None:
    known = downtime_measurements(Reading(answers(GOOD, FAILED), 1.0), parse_plan({**RAW, "urls": [API]}), "deploy", 1.0)
    unknown = downtime_measurements(Reading(answers(GOOD, DROPPED), 1.0), parse_plan({**RAW, "urls": [API]}), "deploy", 1.0)
    assert summary(known) == "2 requests, 1 failed, 0 slow, 0 not sent, longest gap 1.00 s"
    assert summary(unknown).startswith("1 requests, unknown how many failed, 0 slow, 1 not sent")


@given(st.lists(TIMES, min_size=3, max_size=60), TIMES, st.data())
def test_leaving_out_a_good_answer_never_shortens_the_gap(ends: list[float], until: float, data: st.DataObject) -> None:
    """But for the first one, from which on it is counted."""
    ordered = sorted(ends)
    without = list(ordered)
    without.pop(data.draw(st.integers(min_value=1, max_value=len(ordered) - 1)))
    last = max(until, *ordered)
    assert longest_gap(without, last) >= longest_gap(ordered, last)


@given(st.lists(TIMES, min_size=1, max_size=60), TIMES)
def test_a_gap_is_never_longer_than_the_measurement(ends: list[float], until: float) -> None:
    last = max(until, *ends)
    assert 0 <= longest_gap(ends, until) <= last - min(ends)


@given(st.lists(st.sampled_from([GOOD, FAILED, DROPPED]), max_size=60))
def test_every_request_since_the_first_good_answer_is_counted_once(outcomes: list[str]) -> None:
    found = told(*answers(*outcomes))
    since = outcomes[outcomes.index(GOOD) :] if GOOD in outcomes else []
    assert found["requests"] + found["dropped"] == len(since)
    if "failed" in found:
        assert found["failed"] == since.count(FAILED)


def test_what_is_written_is_read_back() -> None:
    written = (Answer(0.0, API, GOOD, 0.0123), Answer(0.05, WEB, FAILED, 5.0, "timed out"))
    text = "".join(line_of(answer) for answer in written) + end_line(0.2)
    assert read_results(text, PLAN, 99.0) == Reading(written, 0.2, 0)


def test_a_meter_that_was_killed_misses_what_was_due_until_now() -> None:
    text = line_of(Answer(0.0, API, GOOD, 0.01)) + line_of(Answer(0.05, API, GOOD, 0.01))[:9]
    assert read_results(text, PLAN, 2.0) == Reading((Answer(0.0, API, GOOD, 0.01),), 2.0, 39)


@pytest.mark.parametrize("line", ["no json", "[1, 2]", '{"ended": 3}', json.dumps([0.0, API, "perfect", 0.1, ""])])
def test_results_that_cannot_be_read_are_refused_with_the_line(line: str) -> None:
    with pytest.raises(EvidenceError, match="line 1"):
        read_results(line + "\n", PLAN, 1.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"urls": []},
        {"urls": ["localhost"]},
        {"urls": ["file:///etc/passwd"]},
        {"rate": 0},
        {"rate": 201},
        {"rate": True},
        {"deadline": "1"},
    ],
)
def test_settings_that_cannot_be_used_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        parse_plan({**RAW, **wrong})
