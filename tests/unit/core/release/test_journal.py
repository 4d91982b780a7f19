# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the journal tells a start that comes after a kill."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.journal import (
    STEPS,
    Line,
    check_failpoint,
    check_step,
    failpoints,
    last_step,
    line_text,
    newest_token,
    read_lines,
    standing,
)

RUN = "r-20261123T101500Z-1a2b3c4d5e6f"
OTHER = "r-20261123T111500Z-0f1e2d3c4b5a"


def lines(*words: str, run: str = RUN) -> list[Line]:
    """`deploy.colour before 3` is a line."""
    made = []
    for word in words:
        name, at, token = word.split()
        phase, step = name.split(".")
        made.append(Line("2026-11-23T12:00:00.000Z", run, run[-12:], phase, step, at, int(token)))
    return made


def test_a_step_that_did_not_end_is_where_the_run_is_resumed() -> None:
    told = standing(lines("deploy.data before 3", "deploy.data after 3", "deploy.colour before 3"), RUN)
    assert told == f"resuming run {RUN} at step deploy.colour, which began at 2026-11-23T12:00:00.000Z and did not end"


@pytest.mark.parametrize(
    "story",
    [
        lines(),
        lines("deploy.data before 3", "deploy.data after 3"),
        lines("deploy.data before 3", "deploy.data failed 3"),
        lines("deploy.data before 3", run=OTHER),
        lines("deploy.switch before 3", "deploy.map before 3", "deploy.map after 3", "deploy.switch after 3"),
        lines("deploy.colour before 3", "deploy.data before 4", "deploy.data after 4"),
        lines("deploy.data torn 3"),
    ],
)
def test_a_run_that_was_not_killed_at_work_is_not_resumed(story: list[Line]) -> None:
    assert standing(story, RUN) == ""


def test_of_a_step_inside_another_the_outer_one_is_told() -> None:
    assert "at step deploy.switch," in standing(lines("deploy.switch before 3", "deploy.map before 3"), RUN)


def test_a_kill_of_the_resuming_start_is_told_by_its_own_step() -> None:
    assert "deploy.data" in standing(lines("deploy.colour before 3", "deploy.data before 4"), RUN)


def test_another_run_in_between_hides_nothing() -> None:
    assert "deploy.colour" in standing(lines("deploy.colour before 3") + lines("deploy.data before 9", run=OTHER), RUN)


def test_the_newest_step_that_ended_is_known() -> None:
    migrated = lines("deploy.migrate before 3", "deploy.migrate failed 3")
    story = lines("deploy.data before 3", "deploy.data after 3") + migrated + lines("deploy.colour before 3")
    assert last_step(story, RUN) == "deploy.migrate"
    assert last_step(story, OTHER) == ""
    assert newest_token(story) == 3
    assert newest_token([]) == 0


def test_a_line_that_a_kill_cut_off_is_told_and_the_rest_is_read() -> None:
    first, second = map(line_text, lines("deploy.data before 3", "deploy.data after 3"))
    assert read_lines(first + second[:20]) == (lines("deploy.data before 3"), second[:20])


@given(st.integers(0, 400))
def test_wherever_the_end_is_cut_off_the_whole_lines_before_it_are_read(cut: int) -> None:
    story = lines("deploy.data before 3", "deploy.data after 3")
    text = "".join(map(line_text, story))[:cut]
    read, torn = read_lines(text)
    assert read == story[: len(read)]
    assert "".join(map(line_text, read)) + torn == text


@given(st.text(max_size=200))
def test_a_line_of_another_form_is_left_out(text: str) -> None:
    read, _torn = read_lines(text + "\n" + line_text(lines("deploy.data before 3")[0]))
    assert read == lines("deploy.data before 3")


def test_every_step_has_a_failpoint_before_and_after_it() -> None:
    assert len(failpoints()) == 2 * sum(map(len, STEPS.values()))
    assert all(check_failpoint(name) == name for name in failpoints())
    assert check_failpoint("") == ""


@pytest.mark.parametrize("name", ["deploy.switch", "deploy.switch.during", "deploy.nothing.before", "DEPLOY.switch.before"])
def test_an_unknown_failpoint_is_refused_with_the_list(name: str) -> None:
    with pytest.raises(InputError, match=r"unknown failpoint.*deploy\.switch\.after"):
        check_failpoint(name)


def test_an_unknown_step_is_refused_with_the_list() -> None:
    check_step("deploy", "switch")
    with pytest.raises(InputError, match=r"unknown step rollback\.switch.*rollback\.back"):
        check_step("rollback", "switch")
