# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.log_errors import (
    MOST_KINDS,
    Counted,
    LineJudge,
    as_kept,
    from_kept,
    kind_lines,
    merged,
    signature,
)


def counted(*lines: str, judge: LineJudge | None = None) -> Counted:
    found = Counted()
    for at, line in enumerate(lines):
        (judge or LineJudge()).count(found, float(at), line)
    return found


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("2026-11-23 10:00:00 ERROR no room", (1, 1, 0)),
        ('time=now level=error msg="x"', (1, 1, 0)),
        ('{"level": "error", "message": "x"}', (1, 1, 0)),
        ('{"level": 50, "msg": "pino"}', (1, 1, 0)),
        ('{"level": "critical", "message": "x"}', (1, 1, 1)),
        ("Traceback (most recent call last):", (1, 1, 1)),
        ('{"level": "info", "message": "ERROR is only a word here"}', (1, 0, 0)),
        ('{"level": 30, "msg": "fine"}', (1, 0, 0)),
        ("0 errors found", (1, 0, 0)),
        ("FATAL:  the database system is starting up", (1, 0, 0)),
        ("   ", (0, 0, 0)),
    ],
)
def test_lines_are_sorted_by_how_bad_they_are(line: str, numbers: tuple[int, int, int]) -> None:
    found = counted(line)
    assert (found.lines, found.errors, found.critical) == numbers


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2026-11-23T10:00:00.123Z ERROR x", "2026-11-24 23:59:59,999 ERROR x"),
        ("ERROR request 17 took 3.5 s", "ERROR request 18 took 120.25 s"),
        ("ERROR user 8d1f0a3e-58cc-4372-a567-0e02b2c3d479", "ERROR user 00000000-58cc-4372-a567-0e02b2c3d479"),
        ("ERROR at 0xdeadbeef in 1a2b3c4d5e6f", "ERROR at 0x0 in 9f8e7d6c5b4a"),
        ("ERROR no table 'users'", 'ERROR no table "pro\\"files"'),
        ("ERROR 10.0.0.1:5432 refused", "ERROR 192.168.100.200:80 refused"),
        ('{"level": "error", "message": "row 1", "request_id": "a"}', '{"request_id": "b", "message": "row 2", "level": "error"}'),
    ],
)
def test_lines_that_differ_in_numbers_ids_times_and_quoted_words_are_of_one_kind(one: str, other: str) -> None:
    assert signature(one, "error") == signature(other, "error")
    found = counted(one, other)
    assert [(kind.count, kind.first, kind.last) for kind in found.kinds.values()] == [(2, 0.0, 1.0)]


def test_lines_that_say_something_else_are_of_other_kinds() -> None:
    assert len(counted("ERROR no room", "ERROR no table", "CRITICAL no room").kinds) == 3


def test_no_secret_is_kept() -> None:
    kept = json.dumps(as_kept(counted("ERROR password=hunter2", "ERROR at postgres://me:hunter2@db/x").kinds))
    assert "hunter2" not in kept
    assert "***" in kept


def test_kinds_are_bounded_and_nothing_is_forgotten() -> None:
    found = counted(*[f"ERROR {chr(97 + n % 26)}{chr(97 + n // 26 % 26)}" for n in range(MOST_KINDS + 50)])
    assert len(found.kinds) <= MOST_KINDS + 1
    assert sum(kind.count for kind in found.kinds.values()) == MOST_KINDS + 50


def test_kinds_of_two_looks_are_added() -> None:
    first, second = counted("ERROR one 1"), counted("ERROR one 2", "ERROR other")
    both = merged(from_kept(as_kept(first.kinds)), second.kinds)
    assert sorted(kind.count for kind in both.values()) == [1, 2]
    assert [kind.count for kind in first.kinds.values()] == [1]


def test_the_critical_kinds_are_told_first() -> None:
    said = kind_lines(counted("ERROR a", "ERROR a", "CRITICAL b").kinds)
    assert said == ["1 x critical: CRITICAL b | CRITICAL b", "2 x error: ERROR a | ERROR a"]


def test_own_patterns_take_the_place_of_the_built_in_ones() -> None:
    judge = LineJudge(("^BOOM",), ("harmless",))
    assert counted("BOOM", "BOOM harmless", "PANIC", judge=judge).critical == 1
    with pytest.raises(InputError, match="no regular expression"):
        LineJudge(("(",))
