# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A scan by words, with or without grep, finds what a look at every line finds."""

from __future__ import annotations

import io
import shutil
import tempfile
from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.log_scan import (
    DEFAULT_IGNORED,
    DEFAULT_PATTERNS,
    Scan,
    compile_patterns,
    scan,
)
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.log_words import words_of
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources import log_search

LINES = [
    "INFO fine",
    "",
    "   ",
    "\t\r",
    "CRITICAL worker died",
    "critical in small letters",
    "FATAL:  the database system is starting up",
    "Traceback (most recent call last):",
    "  Traceback (most recent call last):",
    "Uncaught error",
    "JavaScript heap out of memory",
    '{"level": "critical", "message": "x"}',
    ' {"severity":"Error","exc_info":"y"}',
    '{"level": "error", "message": "no trace"}',
    '{"level":60,"msg":"pino"}',
    '{"LVL":60}',
    '{"lvl" : 100}',
    '{"level":50,"stack":"Error"}',
    '{"level": 6e1}',
    '{"level": 30, "msg": "fine"}',
    '{"level": "\\u0063ritical"}',
    '{"level": "info", "message": "CRITICAL is only a word"}',
    "password=hunter2 PANIC at the end",
    "not \udcff utf-8 PANIC".encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
]


def searched(text: str, grep: Optional[str], patterns: tuple[str, ...] = DEFAULT_PATTERNS) -> Scan:
    with tempfile.TemporaryFile() as stream:
        stream.write(text.encode())
        return log_search.scan_stream(stream, patterns, DEFAULT_IGNORED, grep)


def looked_at(text: str, patterns: tuple[str, ...] = DEFAULT_PATTERNS) -> Scan:
    return scan(text.split("\n"), compile_patterns(patterns, "p"), compile_patterns(DEFAULT_IGNORED, "i"))


@given(st.lists(st.sampled_from(LINES), max_size=30), st.booleans(), st.sampled_from([40, 4096]))
def test_words_find_what_a_look_at_every_line_finds(lines: list[str], ends: bool, chunk: int) -> None:
    text = "\n".join(lines) + "\n" * ends
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_search, "CHUNK", chunk)
        assert searched(text, None) == looked_at(text)


@pytest.mark.skipif(not shutil.which("grep"), reason="there is no grep")
@pytest.mark.parametrize("lines", [LINES, LINES[:11], LINES[11:], []])
def test_with_grep_the_result_is_the_same(lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_search, "WORTH_A_PROCESS", 0)
    for text in ("\n".join(lines), "\n".join([*lines, ""])):
        assert searched(text, shutil.which("grep")) == looked_at(text)


@pytest.mark.parametrize("grep", ["/bin/false -not-there", "/bin/cat"])
def test_a_grep_that_fails_is_done_without(grep: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_search, "WORTH_A_PROCESS", 0)
    text = "\n".join(LINES)
    assert searched(text, grep) == looked_at(text)


@pytest.mark.parametrize("pattern", ["[0-9]+", "a|boom", "(?:boom)?", "(?i:boom)"])
def test_an_expression_without_a_word_that_must_be_there_makes_every_line_be_looked_at(pattern: str) -> None:
    assert words_of([pattern]) is None
    text = "BOOM\nboom 1\na\nfine\n"
    assert searched(text, None, (pattern,)) == looked_at(text, (pattern,))


def test_words_are_those_that_must_be_there() -> None:
    assert words_of(["PANIC at [0-9]+", r"\b(?:one|other) thing"]) == (" thing", "PANIC at ")
    assert words_of(["(?:boom)+!"]) == ("boom",)


def test_a_file_is_read_from_its_beginning() -> None:
    stream = io.BytesIO(b"PANIC\n")
    stream.seek(3)
    assert log_search.scan_stream(stream, DEFAULT_PATTERNS, (), None).critical == 1
