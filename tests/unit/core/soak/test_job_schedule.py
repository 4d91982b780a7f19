# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.job_schedule import (
    Job,
    read_jobs,
    rounds_left,
    seconds_to_next,
    standing,
    standings,
)

HOUR, DAY = 3600.0, 86400.0
E2E, VITALS = Job("e2e", 2 * HOUR, 2 * HOUR), Job("vitals", HOUR, HOUR)


def watched(jobs, duration, looks, away=(), takes=60.0):
    """Look at these times and run what is due, except in the `away` spans; each run takes a minute."""
    done = {job.name: set() for job in jobs}
    for at in looks:
        if any(begin <= at < end for begin, end in away):
            continue
        for each in standings(jobs, duration, at, done):
            if each.due is not None and at + takes <= duration:
                done[each.name].add(each.due)
    return done, standings(jobs, duration, duration, done, over=True)


def test_in_48_hours_the_suite_runs_23_times_and_the_vitals_47_times():
    done, ended = watched([E2E, VITALS], 2 * DAY, range(0, int(2 * DAY), 600))
    assert (len(done["e2e"]), len(done["vitals"])) == (23, 47)
    assert [each.missed for each in ended] == [(), ()]


def test_a_train_that_is_away_for_a_night_finds_one_run_due_and_the_others_missed():
    done, ended = watched([E2E, VITALS], 2 * DAY, range(0, int(2 * DAY), 600), away=[(10 * HOUR, 18 * HOUR + 900)])
    # The slots at 10, 12, 14 and 16 h are lost, that of 18 h is run a quarter of an hour late.
    assert [len(each.missed) for each in ended] == [4, 8]
    assert done["e2e"] == set(range(23)) - {4, 5, 6, 7}


def test_a_slot_is_due_from_its_moment_until_the_next_one_comes():
    assert standing(E2E, DAY, 2 * HOUR - 1, []).due is None
    assert standing(E2E, DAY, 2 * HOUR, []).due == 0
    assert standing(E2E, DAY, 4 * HOUR - 1, []).due == 0
    late = standing(E2E, DAY, 4 * HOUR, [])
    assert (late.due, late.missed) == (1, (0,))


def test_a_run_that_was_done_is_not_done_again():
    found = standing(E2E, DAY, 3 * HOUR, [0])
    assert (found.due, found.missed, found.following) == (None, (), 4 * HOUR)


def test_at_the_end_nothing_is_due_and_what_was_not_run_is_missed():
    running, ended = standing(E2E, DAY, DAY - 60, range(10)), standing(E2E, DAY, DAY, range(10), over=True)
    assert (running.due, running.missed) == (10, ())
    assert (ended.due, ended.missed, ended.following) == (None, (10,), None)


def test_a_slot_at_the_very_end_is_none():
    assert E2E.slots(2 * HOUR) == 0
    assert E2E.slots(2 * HOUR + 1) == 1
    assert standing(E2E, 2 * HOUR, 2 * HOUR, [], over=True).missed == ()


def test_who_waits_is_told_how_long():
    found = standings([E2E, VITALS], DAY, 90 * 60.0, {"vitals": [0]})
    assert seconds_to_next(found, 90 * 60.0) == 1800
    assert seconds_to_next(standings([E2E], DAY, DAY, {}, over=True), DAY) is None
    assert seconds_to_next(standings([E2E], DAY, 3 * HOUR, {}), 3 * HOUR) == 0


def test_rounds_are_enough_for_every_moment_that_is_left():
    assert rounds_left([], DAY, 0.0) == 2  # now, and the end
    assert rounds_left([E2E, VITALS], DAY, 0.0) == 25  # 1 h to 23 h as well
    assert rounds_left([E2E, VITALS], DAY, 23 * HOUR + 1) == 2


@given(
    every=st.lists(st.floats(10, 1000), min_size=1, max_size=4),
    first=st.floats(0, 500),
    duration=st.floats(100, 3000),
    came_back=st.floats(0, 1),
    takes=st.floats(0, 200),
    known=st.booleans(),
)
def test_who_watches_as_often_as_said_sees_the_end(every, first, duration, came_back, takes, known):
    jobs = [Job(f"job{number}", seconds, first) for number, seconds in enumerate(every)]
    at = came_back * duration
    # What came before was run, or begun and not ended: then it is due again at once.
    done = {job.name: set(range(max(0, job.slot_at(at) + known))) for job in jobs}
    for _round in range(rounds_left(jobs, duration, at)):
        if at >= duration:
            break
        found = standings(jobs, duration, at, done)
        wait = seconds_to_next(found, at)
        at = duration if wait is None else at + wait
        for each in standings(jobs, duration, at, done):
            if each.due is not None and at < duration:
                done[each.name].add(each.due)
                at += takes
    assert at >= duration


@given(
    every=st.floats(1, 1e5),
    first=st.floats(0, 1e5),
    duration=st.floats(1, 2e5),
    moments=st.lists(st.floats(0, 2e5), max_size=30),
)
def test_every_slot_whose_time_has_come_is_done_due_or_missed_and_none_twice(every, first, duration, moments):
    job = Job("job", max(every, duration / 500), first)
    done: set[int] = set()
    missed_before: set[int] = set()
    for at in sorted(moments):
        if at > duration:
            break
        found = standing(job, duration, at, done)
        parts = [*done, *found.missed, *([] if found.due is None else [found.due])]
        assert sorted(parts) == list(range(found.come))
        # What was missed stays missed.
        assert missed_before <= set(found.missed)
        missed_before = set(found.missed)
        if found.due is not None and at % 2 < 1:
            done.add(found.due)
    ended = standing(job, duration, duration, done, over=True)
    assert sorted([*done, *ended.missed]) == list(range(job.slots(duration)))


@pytest.mark.parametrize(
    ("jobs", "said"),
    [
        ("e2e", "soak_jobs is a list"),
        ([{"every_seconds": 60}], "name is missing"),
        ([{"name": "E2E", "every_seconds": 60}], "is no name of a job"),
        ([{"name": "e2e"}], "every_seconds is missing"),
        ([{"name": "e2e", "every_seconds": 0.5}], "every_seconds must be seconds"),
        ([{"name": "e2e", "every_seconds": True}], "every_seconds must be seconds"),
        ([{"name": "e2e", "every_seconds": 60, "first_seconds": -1}], "first_seconds must be seconds"),
        ([{"name": "e2e", "every_seconds": 60, "often": 1}], "unknown key"),
        ([{"name": "e2e", "every_seconds": 60}, {"name": "e2e", "every_seconds": 60}], "stands twice"),
    ],
)
def test_a_schedule_that_cannot_be_meant_is_refused(jobs, said):
    with pytest.raises(InputError, match=said):
        read_jobs(jobs)


def test_the_first_run_is_after_one_interval_where_nothing_is_said():
    assert read_jobs([{"name": "e2e", "every_seconds": 7200}]) == (E2E,)
    assert read_jobs([{"name": "e2e", "every_seconds": 7200, "first_seconds": 0}])[0].first == 0
