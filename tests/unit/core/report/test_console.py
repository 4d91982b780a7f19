"""What the terminal shows."""

from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.report.console import (
    WIDTH,
    duration,
    failure_lines,
    heading,
    message_lines,
    task_line,
    worth_a_line,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.44, "0.4 s"), (12.4, "12 s"), (59.4, "59 s"), (65, "1 min 05 s"), (7200 + 600, "2 h 10 min")],
)
def test_a_duration_is_as_exact_as_it_needs_to_be(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_heading_ends_with_the_time_of_day_at_the_right_edge() -> None:
    line = heading("Phase 2 · Production build", "12:30:00")
    assert len(line) == WIDTH
    assert line.endswith("─ 12:30:00")


def test_a_long_task_name_is_cut_and_the_time_stays_in_its_column() -> None:
    short, long = task_line("✓", "Build", 3.0), task_line("✓", "B" * 200, 3.0)
    assert short.index("3.0 s") == long.index("3.0 s")
    assert "…" in long


@pytest.mark.parametrize(
    ("action", "changed", "seconds", "shown"),
    [
        ("proofile.stagegate.edge", True, 0.1, True),
        ("proofile.stagegate.ledger", False, 0.3, False),
        ("proofile.stagegate.image_build", False, 40.0, True),
        ("ansible.builtin.set_fact", True, 5.0, False),
        ("ansible.builtin.validate_argument_spec", False, 2.0, False),
    ],
)
def test_a_task_has_its_line_when_it_changed_something_or_took_a_while(action: str, changed: bool, seconds: float, shown: bool) -> None:
    assert worth_a_line(action, changed, seconds) is shown


def test_a_failure_is_told_as_what_where_why_and_what_to_do() -> None:
    error = {"what": "no engine answers", "where": "host a", "why": "no socket", "todo": "start it"}
    assert failure_lines({"msg": "...", "error": error}) == ["no engine answers", "where: host a", "why: no socket", "what to do: start it"]


def test_a_failure_without_its_parts_is_its_message_and_the_end_of_standard_error() -> None:
    assert failure_lines({"msg": "gate build: FAIL | build.bundle FAIL", "stderr": "a\nb"}) == [
        "gate build: FAIL",
        "build.bundle FAIL",
        "a",
        "b",
    ]


def test_control_characters_of_evidence_never_reach_the_terminal() -> None:
    assert message_lines({"msg": "red \x1b[31malert\x07"}) == ["red [31malert"]


def test_the_times_of_all_tasks_end_at_the_same_column() -> None:
    ends = {len(task_line("✓", name, seconds)) for name in ("Build", "B" * 71, "B" * 200) for seconds in (0.4, 12, 60, 5999)}
    assert len(ends) == 1
    assert "  1 min 00 s" in task_line("✓", "B" * 200, 60)
