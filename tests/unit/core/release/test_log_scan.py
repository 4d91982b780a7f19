# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Critical errors in logs."""

from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.log_scan import (
    DEFAULT_IGNORED,
    DEFAULT_PATTERNS,
    Scan,
    compile_patterns,
    mask,
    scan,
    tail,
)

CRITICAL = compile_patterns(DEFAULT_PATTERNS, "patterns")
IGNORED = compile_patterns(DEFAULT_IGNORED, "ignored")


def scanned(*lines: str) -> Scan:
    return scan(lines, CRITICAL, IGNORED)


@pytest.mark.parametrize(
    "line",
    [
        '{"level": "critical", "message": "database gone"}',
        '{"levelname": "FATAL", "message": "x"}',
        '{"severity": "error", "exc_info": "Traceback ..."}',
        '{"level": 60, "msg": "pino fatal"}',
        '{"level": 50, "stack": "Error: x"}',
        "Traceback (most recent call last):",
        "2026-11-23 CRITICAL worker died",
        "FATAL:  password authentication failed",
        "Unhandled exception in thread",
    ],
)
def test_critical_lines_are_found(line: str) -> None:
    assert scanned(line).critical == 1


@pytest.mark.parametrize(
    "line",
    [
        '{"level": "error", "status": 503, "message": "request"}',
        '{"level": "info", "message": "FATAL is only a word here"}',
        "FATAL:  the database system is starting up",
        "INFO criticality assessed",
        "",
    ],
)
def test_other_lines_are_not_critical(line: str) -> None:
    assert scanned(line).critical == 0


def test_lines_are_counted_so_that_nothing_looked_at_is_not_nothing_found() -> None:
    assert scanned("a", "", "b").lines == 2


def test_excerpts_are_masked() -> None:
    found = scanned("CRITICAL cannot reach postgres://app:hunter2@db/x password=hunter3")
    assert "hunter" not in found.excerpts[0]


def test_broken_json_is_read_as_text() -> None:
    assert scanned('{"level": "info", CRITICAL').critical == 1
    assert scanned("{" * 5000).critical == 0


def test_flags_that_a_pattern_begins_with_hold_for_it_alone() -> None:
    both = compile_patterns(["(?i)boom", "PANIC"], "deploy_log_patterns")
    assert both is not None
    assert [bool(both.search(line)) for line in ("Boom", "PANIC", "panic", "fine")] == [True, True, False, False]


def test_a_pattern_that_cannot_be_read_is_named() -> None:
    with pytest.raises(InputError, match=r"'\(' is no regular expression"):
        compile_patterns(["("], "deploy_log_patterns")


@pytest.mark.parametrize("text", ["Authorization: Bearer abc.def", '"password": "abc.def"', "token=abc.def&x=1", "redis://u:abc.def@r"])
def test_secrets_are_masked(text: str) -> None:
    assert "abc.def" not in mask(text)


def test_the_tail_is_the_end_of_the_log() -> None:
    assert tail("a\n\nb\nc\n", 2) == ["b", "c"]


def test_what_a_service_says_again_and_again_is_told_once_where_it_was_said_last() -> None:
    asked = [f'{{"time": "12:05:{second}", "request_id": "d68ae6795f46a4{second}", "status": 503}}' for second in range(10, 30)]
    log = "\n".join(["starts", *asked[:10], "Traceback", '  File "app.py", line 7', '  File "app.py", line 9', *asked[10:]])
    assert tail(log) == ["starts", "Traceback", '  File "app.py", line 7', '  File "app.py", line 9', f"{asked[-1]} (20 times)"]
