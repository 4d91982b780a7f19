# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""JMESPath into JSON reports: it finds numbers, and never makes one of nothing."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_facts import Wanted
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources import report_expression
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources.report_source import Gathered, Gathering, read_sources

NOON = 1795435200.0
RELEASE = "1a2b3c4d5e6f"
PLAIN = {"from": "json", "select": "score", "sli": "reported.number", "unit": "1", "time": "at", "release": "release"}


@pytest.fixture
def report(tmp_path: Path) -> Callable[[str], str]:
    """Give the writer of a report."""

    def write(text: str) -> str:
        path = tmp_path / "report"
        path.write_text(text)
        os.utime(path, (NOON, NOON))
        return str(path)

    return write


def gather(source: dict[str, Any]) -> Gathered:
    return Gathering(Wanted(RELEASE, RELEASE + "0" * 28, NOON - 3600, NOON), {}, 5.0).gather(read_sources([source]))


JMESPATH = json.dumps(
    {
        "runs": [{"name": "a", "ms": 5, "ok": True}, {"name": "b", "ms": 9, "ok": False}],
        "none": [],
        "at": "2026-11-23T11:59:00Z",
        "meta": [{"k": "release", "v": RELEASE}],
    }
)
ASKED = {"sli": "reported.number", "unit": "1", "time": "at", "release": "meta[?k=='release'].v | [0]"}


@pytest.mark.parametrize(
    ("select", "of", "value"),
    [
        ("runs[?name=='b'].ms | [0]", None, 9),
        ("max(runs[].ms)", None, 9),
        ("max_by(runs, &ms).ms", None, 9),
        ("avg(runs[].ms)", None, 7),
        ("length(runs[?!ok])", "runs", 1),
        ("sum(runs[].ms)", "length(runs)", 14),
        ("length(runs[?contains(name, 'z')])", "runs", 0),
    ],
)
def test_a_number_is_found_by_jmespath(select: str, of: str | None, value: float, report: Callable[[str], str]) -> None:
    found = gather({"from": "json", "path": report(JMESPATH), "select": select, **ASKED, **({"of": of} if of else {})})
    assert [item["value"] for item in found.measurements] == [value]


@pytest.mark.parametrize(
    ("select", "of"),
    [
        ("runs[?name=='c'].ms | [0]", None),
        ("max(none[].ms)", None),
        ("avg(none[].ms)", None),
        ("max(missing[].ms)", None),
        ("length(none)", "none"),
        ("sum(none[].ms)", "length(none)"),
        ("runs[].ms", None),
        ("runs[0].ok || missing", None),
        ("runs[0].name", None),
    ],
)
def test_trap_nothing_found_by_jmespath_is_no_data(select: str, of: str | None, report: Callable[[str], str]) -> None:
    found = gather({"from": "json", "path": report(JMESPATH), "select": select, **ASKED, **({"of": of} if of else {})})
    assert (found.measurements, len(found.problems)) == ([], 1)


@pytest.mark.parametrize(
    ("select", "said"),
    [
        ("missing || `0`", "must not put a value where there is none"),
        ("not_null(missing, `0`)", "must not put a value where there is none"),
        ("missing && `0` || `1`", "must not put a value where there is none"),
        ("`0`", "must not put a value where there is none"),
        ("runs[?name=='c'].ms | [0] || to_number('0')", "must not put a value where there is none"),
        ("[missing, `0`] | max(@)", "must not put a value where there is none"),
        ("sum(runs[].ms)", "of is missing"),
        ("length(runs[?!ok])", "of is missing"),
        ("runs[", "is no JMESPath"),
        ("runs[?name='b']", "is no JMESPath"),
        ("median(runs[].ms)", "has no function 'median'"),
        ("max(runs[].ms, `5`)", "must not put a value"),
        ("(" * 3999, "is no JMESPath"),
    ],
)
def test_trap_an_expression_that_makes_a_number_of_nothing_or_is_none_is_refused(select: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_sources([{"from": "json", "path": "/r", "select": select, **ASKED}])


def test_a_function_with_the_wrong_number_of_arguments_is_a_mistake_of_the_writer(report: Callable[[str], str]) -> None:
    with pytest.raises(InputError, match="cannot be evaluated"):
        gather({"from": "json", "path": report(JMESPATH), "select": "max(runs[].ms, runs)", **ASKED})


def test_without_jmespath_plain_paths_work_and_more_says_what_to_do(report: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str, *arguments: Any) -> Any:
        if name.startswith("jmespath"):
            raise ImportError(name)
        return original(name, *arguments)

    original = importlib.import_module
    monkeypatch.setattr(report_expression.importlib, "import_module", missing)
    report_expression._compiled.cache_clear()
    assert gather({**PLAIN, "path": report(json.dumps({"score": 1, "at": NOON, "release": RELEASE}))}).measurements
    with pytest.raises(InputError, match=r"needs the Python package jmespath.*delegate_to: localhost"):
        read_sources([{"from": "json", "path": "/r", "select": "max(runs[].ms)", **ASKED}])
