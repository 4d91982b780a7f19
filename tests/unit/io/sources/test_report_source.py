# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From files and servers to measurements: a report that is good in every way counts, its twin that lacks one thing does not."""

from __future__ import annotations

import email.utils
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError, InputError, ServiceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.entries import drafts_of
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_facts import Wanted
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_spec import KEYS
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources.report_source import (
    Gathered,
    Gathering,
    http_date,
    read_sources,
)
from ansible_collections.proofile.stagegate.plugins.module_utils.io.web.http_session import Reply

ROOT = Path(__file__).resolve().parents[4]
FIXTURES = ROOT / "tests/fixtures/sources"
NOON = 1795435200.0
RELEASE = "1a2b3c4d5e6f"
WANTED = Wanted(RELEASE, RELEASE + "0" * 28, NOON - 3600, NOON)
JUNIT = "<testsuite timestamp='2026-11-23T11:59:00Z'><testcase name='a'/></testsuite>"

GOOD = {
    "json": (
        {"sli": "reported.ratio", "unit": "ratio", "select": "score", "time": "at", "release": "release"},
        json.dumps({"score": 0.5, "at": "2026-11-23T11:59:00Z", "release": RELEASE}),
    ),
    "junit": ({"sli": "tests.failed", "unit": "count", "select": "failed", "time": "timestamp", "accept_unstated_release": True}, JUNIT),
    "csv": (
        {"sli": "reported.number", "unit": "1", "select": "value", "time": "at", "release": "release"},
        f"at,value,release\n2026-11-23T11:59:00Z,0.5,{RELEASE}\n",
    ),
    "k6": (
        {"sli": "reported.time", "unit": "ms", "select": "http_req_duration p(95)", "time": "file", "accept_unstated_release": True},
        (FIXTURES / "k6/with_requests.handle_summary.json").read_text(),
    ),
}
KINDS = sorted(GOOD)


@pytest.fixture
def report(tmp_path: Path) -> Callable[..., str]:
    """Give the writer of a report that was made at `at`."""

    def write(text: str | bytes, at: float = NOON - 60, name: str = "report") -> str:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        os.utime(path, (at, at))
        return str(path)

    return write


def gather(*sources: dict[str, Any], wanted: Wanted = WANTED, **options: Any) -> Gathered:
    return Gathering(wanted, options.pop("tokens", {}), 5.0, **options).gather(read_sources(sources))


def problem(*sources: dict[str, Any], **options: Any) -> str:
    """The only line of sources that give no measurement."""
    found = gather(*sources, **options)
    assert found.measurements == []
    assert len(found.problems) == 1
    return found.problems[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_report_is_a_measurement_that_the_ledger_takes(kind: str, report: Callable[..., str]) -> None:
    source, text = GOOD[kind]
    found = gather({"from": kind, "path": report(text), **source})
    assert found.problems == []
    assert found.measurements[0]["source"].startswith(f"{kind} report, 2026-11-23T11:59:00.000Z")
    assert len(drafts_of("soak", found.measurements, [])) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["", " \n", "null", "[]", "{}", "<html>", "\0", b"\xff\xfe", "[" * 20000, "a,a\n1,1\n", '{"score": NaN}'])
def test_a_report_that_is_empty_or_of_another_form_is_a_problem(kind: str, text: str | bytes, report: Callable[..., str]) -> None:
    assert problem({"from": kind, "path": report(text), **GOOD[kind][0]}).startswith(f"sources[0] ({kind}, ")


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_that_is_not_there_or_no_file_is_a_problem(kind: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "missing", tmp_path, tmp_path / "pipe", tmp_path / "x\0y"):
        assert problem({"from": kind, "path": str(path), **GOOD[kind][0]})


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_that_is_too_large_is_a_problem(kind: str, tmp_path: Path) -> None:
    with (tmp_path / "report").open("wb") as stream:
        stream.truncate(100 * 1024 * 1024)
    os.utime(tmp_path / "report", (NOON, NOON))
    assert "too large" in problem({"from": kind, "path": str(tmp_path / "report"), **GOOD[kind][0]})


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_from_before_the_phase_is_a_problem(kind: str, report: Callable[..., str]) -> None:
    source, text = GOOD[kind]
    given = {"from": kind, "path": report(text), **source}
    later = Wanted(WANTED.release, WANTED.commit, NOON - 30, NOON)
    assert "before the phase" in problem(given, wanted=later)
    assert gather({**given, "max_age": "60 s"}, wanted=later).measurements
    assert "too old" in problem({**given, "max_age": "59 s"}, wanted=later)


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_a_report_of_another_release_is_a_problem(kind: str, report: Callable[..., str]) -> None:
    source, text = GOOD[kind]
    other = text.replace(RELEASE, "ffffffffffff")
    assert "another release: 'ffffffffffff'" in problem({"from": kind, "path": report(other), **source})


def test_one_bad_source_does_not_take_the_others_with_it(report: Callable[..., str], tmp_path: Path) -> None:
    sources = [{"from": kind, "path": report(GOOD[kind][1], name=kind), **GOOD[kind][0]} for kind in KINDS]
    found = gather({**sources[1], "path": str(tmp_path / "missing"), "labels": {"name": "x"}}, *sources)
    assert (len(found.measurements), len(found.problems)) == (4, 1)


def test_a_mistake_in_one_source_is_told_before_anything_is_read(report: Callable[..., str]) -> None:
    source, text = GOOD["json"]
    good = {"from": "json", "path": report(text), **source}
    for wrong in ({**good, "select": "a["}, {**good, "from": "k6", "select": "x"}, {**good, "from": "junit", "time": "file"}):
        with pytest.raises(InputError):
            read_sources([good, {**wrong, "labels": {"name": "other"}}])


def test_two_sources_of_the_same_thing_are_a_mistake(report: Callable[..., str]) -> None:
    source, text = GOOD["json"]
    good = {"from": "json", "path": report(text), **source}
    with pytest.raises(InputError, match=r"measures the same as sources\[0\]"):
        read_sources([good, {**good, "select": "other"}])
    with pytest.raises(InputError, match="too many"):
        read_sources([good] * 501)


def test_what_a_report_says_stays_plain_text(report: Callable[..., str]) -> None:
    source, _text = GOOD["json"]
    hostile = "{{ lookup('pipe','id') }}\x1b[31m\n" * 50
    text = json.dumps({"score": 0.5, "at": hostile, "release": hostile})
    line = problem({"from": "json", "path": report(text), **source})
    assert "\x1b" not in line
    assert "\n" not in line
    assert len(line) < 700
    assert "another release: \"{{ lookup('pipe','id') }}" in problem(
        {"from": "json", "path": report(json.dumps({"score": 1, "at": NOON, "release": hostile})), **source}
    )


class Served:
    """Gives the same answer to every request, and keeps what was asked."""

    def __init__(self, status: int = 200, text: str = GOOD["json"][1], **headers: str) -> None:
        self.reply = Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, text, 0.1)
        self.asked: list[Any] = []

    def __call__(self, base: str, path: str, sent: Any, seconds: float) -> Reply:
        self.asked.append((base, path, dict(sent)))
        return self.reply


def test_a_report_is_fetched_once_with_the_token_that_it_names() -> None:
    source = {"from": "json", "url": "https://ci.invalid/r/1?a=b", "token": "ci", **GOOD["json"][0]}
    fetch = Served()
    found = gather(source, {**source, "labels": {"name": "again"}}, tokens={"ci": "s3cret-token"}, fetch=fetch)
    assert [item["source"] for item in found.measurements] == ["json ci.invalid, 2026-11-23T11:59:00.000Z"] * 2
    assert fetch.asked == [("https://ci.invalid", "/r/1?a=b", {"Authorization": "Bearer s3cret-token"})]
    with pytest.raises(InputError, match="there is no token 'ci'"):
        gather(source, fetch=fetch)


def test_a_token_is_in_no_line() -> None:
    source = {"from": "prometheus", "url": "https://prom.invalid", "token": "p", "sli": "host.cpu", "unit": "ratio", "select": "x"}
    text = json.dumps({"status": "error", "errorType": "forbidden", "error": "s3cret-token is not allowed"})
    given = {**source, "accept_unstated_release": True}
    assert "*** is not allowed" in problem(given, tokens={"p": "s3cret-token"}, fetch=Served(403, text))


@pytest.mark.parametrize("status", [204, 301, 401, 404, 500])
def test_an_answer_other_than_the_report_is_a_problem(status: int) -> None:
    text = GOOD["json"][1] if status != 204 else ""
    assert problem({"from": "json", "url": "http://ci.invalid/r", **GOOD["json"][0]}, fetch=Served(status, text))


def test_the_time_of_a_fetched_file_is_what_the_server_says() -> None:
    source = {"from": "json", "url": "http://ci.invalid/r", **GOOD["json"][0], "time": "file"}
    assert "time of the report is not known" in problem(source, fetch=Served())
    found = gather(source, fetch=Served(last_modified=email.utils.formatdate(NOON - 5, usegmt=True)))
    assert found.measurements[0]["source"] == "json ci.invalid, 2026-11-23T11:59:55.000Z"
    assert "no time" in problem(source, fetch=Served(last_modified="yesterday"))
    with pytest.raises(EvidenceError):
        http_date("Mon, 99 Nov 2026 10:15:00 GMT")


def test_a_server_that_is_not_there_is_a_problem_of_each_of_its_sources() -> None:
    def nobody(*_arguments: Any) -> Reply:
        raise ServiceError("no answer", where="ci.invalid", why="refused")

    source = {"from": "json", "url": "http://ci.invalid/r", **GOOD["json"][0]}
    found = gather(source, {**source, "labels": {"name": "b"}}, fetch=nobody)
    assert (found.measurements, len(found.problems)) == ([], 2)


def test_sources_that_turn_out_to_measure_the_same_thing_count_neither() -> None:
    def answer(_base: str, path: str, _sent: Any, _seconds: float) -> Reply:
        value = str(NOON) if "timestamp" in path else "0.5"
        result = [{"metric": {"pod": "web"}, "value": [NOON, value]}]
        return Reply(200, {}, json.dumps({"status": "success", "data": {"resultType": "vector", "result": result}}), 0.1)

    source = {"from": "prometheus", "url": "http://p.invalid", "sli": "container.cpu", "unit": "ratio", "accept_unstated_release": True}
    found = gather(
        {**source, "select": "a", "labels_from": {"container": "pod"}},
        {**source, "select": "b", "labels": {"container": "web"}},
        {**source, "select": "c", "labels": {"container": "api"}},
        fetch=answer,
    )
    assert [item["labels"] for item in found.measurements] == [{"container": "api"}]
    assert "was measured 2 times: none of them counts" in found.problems[0]


K6_P95 = {"id": "soak.p95", "sli": "reported.time{name=checkout}", "pass": "< 500 ms", "key": True}
RUNS = [("with_requests", "PASS", ""), ("no_requests", "INCONCLUSIVE", "no_data"), ("dead_port", "INCONCLUSIVE", "no_data")]


@pytest.mark.parametrize("form", ["summary_export", "handle_summary"])
@pytest.mark.parametrize(("run", "status", "reason"), RUNS)
def test_trap_only_a_k6_run_with_answers_passes_a_gate(
    form: str, run: str, status: str, reason: str, book: Any, report: Callable[..., str]
) -> None:
    source = {**GOOD["k6"][0], "labels": {"name": "checkout"}}
    text = (FIXTURES / f"k6/{run}.{form}.json").read_text()
    book.start("soak")
    for body in gather({"from": "k6", "path": report(text), **source}).measurements:
        book.add("evidence", "soak", body)
    outcome = book.outcome(K6_P95)
    assert (outcome.status, outcome.reason) == (status, reason)


DOCUMENTS = (ROOT / "docs/sources.md", ROOT / "plugins/modules/report_evidence.py", ROOT / "roles/collect/README.md")


def sources_in(value: Any) -> Iterator[dict[str, Any]]:
    """Yield whatever looks like a source, at any depth."""
    if isinstance(value, dict) and "from" in value:
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from sources_in(inner)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_the_sources_in_the_documents_can_be_read(path: Path) -> None:
    blocks = re.findall(r'(?:```yaml|EXAMPLES = r""")\n(.*?)(?:```|""")', path.read_text(), re.DOTALL)
    written = [source for block in blocks for source in sources_in(yaml.safe_load(block))]
    assert written
    assert len(read_sources(written)) == len(written)


def test_the_table_of_fields_names_every_field_and_where_it_may_stand() -> None:
    table = re.findall(r"^\| (`.*?) \| (.*?) \|.*\|$", (ROOT / "docs/sources.md").read_text().split("## What")[0], re.MULTILINE)
    groups = {"all": list(KEYS), "files": [kind for kind in KEYS if "path" in KEYS[kind]]}
    told = {
        (kind, name) for names, where in table for name in re.findall(r"`(\w+)`", names) for kind in groups.get(where, where.split(", "))
    }
    assert told == {(kind, name) for kind, names in KEYS.items() for name in names}


def test_the_fixtures_are_documented() -> None:
    readme = (FIXTURES / "README.md").read_text()
    assert [path.name for path in FIXTURES.iterdir() if path.is_dir() and f"`{path.name}`" not in readme] == []
