# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hostile sizes and shapes: refused before they cost memory, read in linear time whatever they are made of.

Measured: a file of 100 MB is refused in 0.1 ms and with 0.1 MB of memory; the worst text within the limits takes 0.6 s of CPU.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError, LedgerError, StagegateError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.entries import Draft
from ansible_collections.proofile.stagegate.plugins.module_utils.core.people.markdown import MAX_CHARS, MAX_LINE_CHARS
from ansible_collections.proofile.stagegate.plugins.module_utils.core.people.qa_checklist import parse_csv as parse_sheet
from ansible_collections.proofile.stagegate.plugins.module_utils.core.people.qa_checklist import parse_markdown
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.junit import read_junit
from ansible_collections.proofile.stagegate.plugins.module_utils.io.ledger.ledger_file import SIZE_LIMIT, LedgerFile
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources.documents import (
    parse_csv,
    parse_json,
    parse_yaml,
    read_document,
)
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources.series import read_series
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.files import read_text
from ansible_collections.proofile.stagegate.plugins.modules import qa_checklist

MB = 1024 * 1024
BIG = 100 * MB
RUN = {"id": "r-20261123T101500Z-1a2b3c4d5e6f", "release": "1a2b3c4d5e6f", "policy": "demo"}


@contextlib.contextmanager
def within(seconds: float, memory_bytes: int) -> Iterator[None]:
    """The block takes no more CPU time and no more memory."""
    tracemalloc.start()
    begun = time.process_time()
    yield
    spent = time.process_time() - begun
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (spent <= seconds, peak <= memory_bytes) == (True, True), f"{spent:.3f} s, {peak / MB:.1f} MB"


@pytest.fixture
def big(tmp_path: Path) -> Callable[[str], str]:
    """Give the maker of a file of 100 MB that takes no room on the disk."""

    def make(name: str, size: int = BIG) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.truncate(path, size)
        return str(path)

    return make


READERS: dict[str, Callable[[str], Any]] = {
    "a document": read_document,
    "a text": read_text,
    "a QA sheet": qa_checklist.read_sheet,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("suffix", ["json", "md", "csv"])
def test_a_file_of_100_mb_is_refused_by_its_size(big: Any, reader: str, suffix: str) -> None:
    path = big(f"report.{suffix}")
    with within(0.05, MB // 2), pytest.raises(EvidenceError, match=r"larger|too large"):
        READERS[reader](path)


def test_a_ledger_over_its_limit_is_refused_by_its_size(big: Any, tmp_path: Path) -> None:
    big("ledger.jsonl", SIZE_LIMIT + 1)
    book = LedgerFile(str(tmp_path))
    with within(0.1, MB):
        for act in (book.entries, lambda: book.append(RUN, [Draft("alert", "soak", {})])):
            with pytest.raises(LedgerError, match="too large"):
                act()
        assert "too large" in book.problems()[0]


def test_a_ledger_of_100_mb_without_a_line_is_refused_by_its_end(big: Any, tmp_path: Path) -> None:
    big("ledger.jsonl")
    with within(0.2, 9 * MB), pytest.raises(LedgerError, match="does not end with an entry"):
        LedgerFile(str(tmp_path)).entries()


def test_a_head_of_100_mb_is_a_head_that_cannot_be_read(big: Any, tmp_path: Path) -> None:
    book = LedgerFile(str(tmp_path))
    book.append(RUN, [Draft("alert", "soak", {})])
    big("heads/latest.json")
    with within(0.2, MB):
        assert book.problems() == ["head latest.json cannot be read"]


def test_samples_of_100_mb_that_are_no_database_are_refused(big: Any, tmp_path: Path) -> None:
    big("soak/samples.sqlite")
    with within(0.2, MB), pytest.raises(EvidenceError, match="cannot be read"):
        read_series(str(tmp_path), {"file": "soak/samples.sqlite", "metric": "host.cpu"})


LIMITED = """
import resource, sys
from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import StagegateError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources.documents import read_document, parse_json, parse_yaml
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.files import read_text
import yaml
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
bomb = "a: &a [x,x,x,x,x,x,x,x,x]\\n" + "".join(f"{n}: &{n} [{','.join(['*' + b] * 9)}]\\n" for b, n in zip("abcdefgh", "bcdefghi"))
for act in (
    lambda: read_document(sys.argv[1]), lambda: read_text(sys.argv[1]), lambda: parse_yaml(bomb, "x"),
    lambda: parse_json("[" * 16_000_000, "x"), lambda: parse_json("[[]," * 4_000_000, "x"), lambda: parse_yaml("[" * 16_000_000, "x"),
    lambda: parse_yaml("{a: " * 4_000_000, "x"), lambda: parse_json('{"a":' * 3_000_000, "x"), lambda: parse_yaml("- - " * 4_000_000, "x"),
):
    try:
        act()
        sys.exit("it was read")
    except StagegateError:
        pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_what_is_refused_costs_no_memory_in_the_process_either(big: Any) -> None:
    """Files of 100 MB, bombs and depth, nine in one process of their own. Measured: 136 MB, most of it copies of the texts."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    argv = [sys.executable, "-c", LIMITED, big("report.json")]
    said = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == 0, said.stderr
    assert int(said.stdout) < 200, f"{said.stdout} MB"


def deep(opening: str, closing: str, levels: int = 20_000) -> str:
    return opening * levels + "1" + closing * levels


SPACES = " " * (MAX_LINE_CHARS - 20)
LINES = MAX_CHARS // MAX_LINE_CHARS - 1
SHEETS: dict[str, Callable[[], str]] = {
    "headings of spaces": lambda: f"# a{SPACES}b\n" * LINES,
    "headings of numbers": lambda: "# " + "# " * 200 + "\n" + "- [ ] a\n" * 19_000,
    "long headings over many boxes": lambda: "".join(f"{'#' * level} {'issue ' * 80}\n" for level in range(1, 7)) + "- [ ] a\n" * 19_000,
    "headings that change": lambda: f"# {'a ' * 240}\n" + f"## {'test ' * 90}\n### {'issue ' * 80}\n- [x] a\n" * 1_500,
    "rules of pipes": lambda: f"{' ' * 2500}{'|' * 2490}x\n" * LINES,
    "rules of spaces": lambda: f"|{SPACES}x|\n" * LINES,
    "tables of many columns": lambda: ("| issue " * 600 + "|\n") * 300,
    "wide rows": lambda: "| issue | status |\n|---|---|\n" + f"| {'a' * 2400} | {'open ' * 450} |\n" * LINES,
    "points and white space": lambda: "# a\n- [x] b\n1" + (" " * 4990 + "\n") * 390,
    "points and numbers": lambda: "# a\n- [x] b\n" + f"{'1 ' * 2400}\n" * 390,
    "totals": lambda: "# a\n- [x] b\n" + f"total {'_' * 4900}\n" * 390,
    "scores": lambda: "# a\n- [x] b\n" + "score 1 " * 240_000 + "\n",
    "stars in the sign-off": lambda: "# a\n- [x] b\n# Sign-off\n" + f"{'*' * 4990}:\n" * 390,
    "dashes in the sign-off": lambda: "# a\n- [x] b\n# Sign-off\n" + f"{'- *' * 1600}x:\n" * 390,
    "comments": lambda: "<!--" * 490_000,
    "closed comments": lambda: "<!---->" * 280_000,
    "fences": lambda: "```\n" * 19_000,
    "boxes": lambda: "- [ ] a\n" * 19_999,
    "nested boxes": lambda: "".join(" " * (level % 9 * 4) + "- [ ] a\n" for level in range(15_000)),
    "markers and spaces": lambda: f"- {SPACES}[x\n" * LINES,
    "pipes": lambda: "|" * 4_999 + "\n",
    "escaped pipes": lambda: "|" + "\\|" * 2_400 + "|\n",
}


@pytest.mark.parametrize("shape", SHEETS)
def test_a_qa_sheet_is_read_in_linear_time(shape: str) -> None:
    check_fast(parse_markdown, SHEETS[shape]())


TABLES: dict[str, Callable[[], str]] = {
    "cells": lambda: "title,status\n" + "a,b\n" * 490_000,
    "one long cell": lambda: "title,status\n" + "a" * 1_900_000,
    "quotes": lambda: 'title,status\n"' + '""' * 900_000,
    "columns": lambda: "title,status" + ",a" * 900_000,
    "empty lines": lambda: "title,status\n" + "\n" * 1_900_000,
    "nul": lambda: "title,status\na\0b,pass\n",
    "carriage returns": lambda: "title,status\ra,b\r",
}


@pytest.mark.parametrize("shape", TABLES)
def test_a_csv_is_read_in_linear_time(shape: str) -> None:
    check_fast(parse_sheet, TABLES[shape]())
    check_fast(lambda text: parse_csv(text, "x"), TABLES[shape]())


DOCUMENTS: dict[str, Callable[[], str]] = {
    "lists": lambda: deep("[", "]"),
    "mappings": lambda: deep('{"a":', "}"),
    "quotes": lambda: '"' * 16_000_000,
    "escaped quotes": lambda: '"' + '\\"' * 8_000_000,
    "backslashes": lambda: '"' + "\\" * 16_000_000,
    "digits": lambda: "9" * 16_000_000,
    "zeros": lambda: "0." + "0" * 16_000_000,
    "exponents": lambda: "[" + "1e308," * 199_000 + "1]",
    "same keys": lambda: '{"a":1' + ',"a":1' * 99_000 + "}",
    "escapes": lambda: '["' + "\\u0041" * 2_500_000 + '"]',
    "surrogates": lambda: '["' + "\\ud83d\\ude00" * 1_300_000 + '"]',
    "spaces": lambda: " " * 16_000_000,
    "commas": lambda: "," * 16_000_000,
    "closings": lambda: "]" * 16_000_000,
}


@pytest.mark.parametrize("shape", DOCUMENTS)
def test_json_is_read_in_linear_time(shape: str) -> None:
    check_fast(lambda text: parse_json(text, "x"), DOCUMENTS[shape]())


FLOWS: dict[str, Callable[[], str]] = {
    "lists": lambda: "[" * 20_000,
    "mappings": lambda: "{a: " * 20_000,
    "blocks": lambda: "\n".join(" " * level + "-" for level in range(3_000)),
    "dashes": lambda: "- " * 8_000_000,
    "entries": lambda: "-\n" * 8_000_000,
    "keys": lambda: "".join(f"k{number}: 1\n" for number in range(99_000)),
    "same keys": lambda: "a: 1\n" * 99_000,
    "questions": lambda: "? " * 8_000_000,
    "colons": lambda: "a: " * 5_000_000,
    "comments": lambda: "#" * 16_000_000,
    "quotes": lambda: '"' * 16_000_000,
    "escapes": lambda: '"' + "\\x41" * 4_000_000 + '"',
    "folds": lambda: ">\n" + " a\n" * 5_000_000,
    "tags": lambda: "!" * 16_000_000,
    "anchors": lambda: "&a " * 5_000_000,
    "digits": lambda: "9" * 16_000_000,
    "spaces": lambda: " " * 16_000_000,
    "documents": lambda: "---\n" * 4_000_000,
    "percents": lambda: "%a\n" * 5_000_000,
    "words": lambda: "a " * 8_000_000,
    "commas": lambda: "[" + "," * 16_000_000,
    "carriage returns": lambda: "\r" * 16_000_000,
}


@pytest.mark.parametrize("shape", FLOWS)
def test_yaml_is_read_in_linear_time(shape: str) -> None:
    check_fast(lambda text: parse_yaml(text, "x"), FLOWS[shape]())


CASE = '<testcase name="a"/>'
REPORTS: dict[str, Callable[[], str]] = {
    "entities": lambda: '<!DOCTYPE a [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]><testsuite>&b;</testsuite>',
    "an entity from outside": lambda: '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&a;"/></testsuite>',
    "a document type from outside": lambda: '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><testsuite/>',
    "depth": lambda: "<testsuite>" * 20_000,
    "cases": lambda: f"<testsuite>{CASE * 300_000}</testsuite>",
    "failures": lambda: "<testsuite>" + '<testcase name="a"><failure/></testcase>' * 150_000 + "</testsuite>",
    "cases in a case": lambda: '<testsuite><testcase name="a"><failure/><testcase name="b"/></testcase></testsuite>',
    "an unknown encoding": lambda: '<?xml version="1.0" encoding="hex"?><testsuite/>',
    "an encoding of more bytes": lambda: '<?xml version="1.0" encoding="shift_jis"?><testsuite/>',
    "attributes": lambda: "<testsuite " + " ".join(f'a{number}="1"' for number in range(100_000)) + "/>",
    "a long attribute": lambda: f'<testsuite name="{"a" * 20_000_000}"/>',
    "no end": lambda: "<testsuite" + " " * 20_000_000,
    "nothing": lambda: "",
    "half a letter": lambda: "<testsuite>\udcff</testsuite>",
}


@pytest.mark.parametrize("shape", REPORTS)
def test_a_junit_report_is_read_in_linear_time(shape: str) -> None:
    check_fast(lambda text: read_junit(text.encode("utf-8", "surrogateescape")), REPORTS[shape]())


@pytest.mark.parametrize("shape", ["entities", "an entity from outside", "a document type from outside", "cases in a case", "depth"])
def test_a_junit_report_that_hides_something_is_refused(shape: str) -> None:
    with pytest.raises(EvidenceError):
        read_junit(REPORTS[shape]().encode())


def test_a_failure_in_a_namespace_is_a_failure() -> None:
    report = '<j:testsuite xmlns:j="x"><j:testcase name="a"><j:FAILURE/></j:testcase></j:testsuite>'
    assert read_junit(report.encode()).failed == 1


def test_a_report_that_states_failures_and_holds_none_contradicts_itself() -> None:
    with pytest.raises(EvidenceError, match="contradicts itself"):
        read_junit(b'<testsuite tests="2" failures="1"><testcase name="a"/><testcase name="b"/></testsuite>')
    assert read_junit(b'<testsuite tests="1" failures="0" errors=""><testcase name="a"/></testsuite>').passed == 1


def check_fast(read: Callable[[str], Any], text: str) -> None:
    """A value or a StagegateError, within a second of CPU."""
    begun = time.process_time()
    with contextlib.suppress(StagegateError):
        read(text)
    spent = time.process_time() - begun
    assert spent < 1.0, f"{spent:.2f} s"
