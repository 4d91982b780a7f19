# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The fail-open register, 1 to 18: where well-known judges let missing or broken data pass, ours does not (docs/fail_open.md).

Each test shows the good twin first: the same set-up with good data is GO, so the refusal is about the data.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.imports.import_k6 import import_k6
from ansible_collections.proofile.stagegate.plugins.module_utils.core.imports.import_keptn import import_keptn
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_spec import read_source
from ansible_collections.proofile.stagegate.plugins.module_utils.core.times import rfc3339
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_store import SoakStore
from ansible_collections.proofile.stagegate.plugins.modules import report_evidence

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures/sources"
SUCCESS = {"id": "soak.success", "sli": "reported.ratio{name=success}", "pass": ">= 0.95 ratio"}
CPU = {"id": "soak.cpu", "sli": "host.cpu", "agg": "p(95)", "pass": "< 70 pct"}
ERRORS = {"id": "soak.errors", "sli": "http.errors / http.requests", "pass": "< 1 pct"}
COMMIT = "1a2b3c4d5e6f" + "0" * 28
EARLIER_COMMIT = "2b3c4d5e6f70" + "0" * 28


def soak_file(state_dir: Path, *values: float) -> dict[str, str]:
    """Write the samples of a soak as its agent does; the reference that the ledger holds."""
    (state_dir / "soak").mkdir(parents=True)
    with SoakStore(str(state_dir / "soak/samples.sqlite")) as store:
        store.append([("host.cpu", {}, time.time() + at, value) for at, value in enumerate(values)])
    return {"file": "soak/samples.sqlite", "metric": "host.cpu"}


def test_fail_open_01_a_metric_without_a_condition(host: Any, make_fact: Any) -> None:
    found = make_fact("reported.ratio", 0.97, "ratio", name="success")
    assert host.judged([SUCCESS], found).verdict == "GO"
    for nothing in ({}, {"pass": None}, {"pass": []}, {"pass": ""}, {"pass": [[]]}, {"warn": "< 0.9 ratio"}, {"alert": "< 0.9 ratio"}):
        said = host.judged([{**{key: SUCCESS[key] for key in ("id", "sli")}, **nothing}], found)
        assert said.verdict == "REFUSED", nothing


def test_fail_open_02_a_run_that_was_ended_before_anything_was_measured(host: Any, make_fact: Any, train_on: Any) -> None:
    said = {}
    for name, values in (("good", (10.0, 20.0)), ("empty", ())):
        state_dir = host.state_dir()
        series = soak_file(state_dir, *values)
        said[name] = (
            train_on(state_dir, {"soak": {"criteria": [CPU]}})
            .start("soak")
            .record("soak", make_fact("host.cpu", None, "pct", series=series))
        )
    assert said["good"].judge("soak").verdict == "GO"
    assert said["empty"].judge("soak")[:2] == ("HOLD", ("INCONCLUSIVE(no_data)",))
    assert host.judged([CPU])[:2] == ("HOLD", ("INCONCLUSIVE(no_data)",))


def test_fail_open_03_every_measurement_ended_in_an_error(host: Any, make_fact: Any) -> None:
    may = {"failed": 9, "consecutive": 9, "inconclusive": 9, "error": 9}
    windows = {"id": "soak.tests", "sli": "tests.passed / tests.run", "pass": ">= 90 pct", "every": "1 min", "limits": may}

    def asked(wrong: int) -> Any:
        """Five windows; in `wrong` of them more tests passed than were run, which contradicts itself."""
        passed = [(60.0 * at, 12.0 if at < wrong or wrong == 5 else 10.0) for at in range(6)]
        facts = (
            make_fact("tests.passed", None, "count", samples=passed),
            make_fact("tests.run", None, "count", samples=[(at, 10.0) for at, _ in passed]),
        )
        return host.judged([windows], *facts)

    assert asked(0)[:2] == ("GO", ("PASS",))
    assert asked(4)[:2] == ("GO", ("WARN",)), "the policy allows nine errors by name"
    assert asked(5)[:2] == ("HOLD", ("INCONCLUSIVE",)), "and still one window must be good"
    assert "0 of 5 windows" in asked(5).why


def test_fail_open_04_a_default_for_what_was_not_measured(host: Any, make_fact: Any) -> None:
    few = {"id": "soak.few", "sli": "reported.ratio{name=errors}", "pass": "< 0.05 ratio"}
    found = make_fact("reported.ratio", 0.01, "ratio", name="errors")
    assert host.judged([few], found).verdict == "GO"
    assert host.judged([few])[:2] == ("HOLD", ("INCONCLUSIVE(no_data)",))
    for change in (
        {"sli": "default(reported.ratio, 0)"},
        {"default": 0},
        {"pass": "default(result, 0) < 0.05"},
        {"sli": "reported.ratio or 0"},
    ):
        assert host.judged([{**few, **change}], found).verdict == "REFUSED", change
    query = {"from": "prometheus", "url": "http://127.0.0.1:9090", "sli": "reported.ratio", "unit": "ratio", "release": "version"}
    assert read_source({**query, "select": "errors / requests"}, 0)
    with pytest.raises(InputError):
        read_source({**query, "select": "errors / requests or vector(0)"}, 0)


def test_fail_open_05_no_file_with_objectives(host: Any, make_fact: Any, train_on: Any, refusing: Any) -> None:
    found = make_fact("reported.ratio", 0.97, "ratio", name="success")
    assert host.judged([SUCCESS], found).verdict == "GO"
    for nothing in ({}, None, [], ""):
        assert refusing(lambda nothing=nothing: train_on(host.state_dir(), nothing)).verdict == "REFUSED"
        with pytest.raises(InputError):
            import_keptn(nothing, "soak", {}, "hold")
    train = train_on(host.state_dir(), {"soak": {"criteria": [SUCCESS]}}).start("smoke").record("smoke", found)
    assert refusing(lambda: train.judge("smoke")).verdict == "REFUSED", "a phase that the policy has no gate for"
    assert refusing(train.decide).verdict == "REFUSED", "a policy without a matrix"


def test_fail_open_06_a_relative_criterion_without_history(host: Any, make_fact: Any, train_on: Any) -> None:
    gates = {"soak": {"criteria": [{"id": "soak.time", "sli": "reported.time{name=checkout}", "pass": "<= baseline * 1.10"}]}}

    def soaked(state_dir: Path, commit: str, *entries: Any) -> Any:
        train = train_on(state_dir, gates, commit=commit).start("soak")
        return train.record("soak", make_fact("reported.time", 100, "ms", name="checkout"), entries=entries)

    host_with_history = host.state_dir()
    earlier = soaked(host_with_history, EARLIER_COMMIT)
    assert earlier.judge("soak")[:2] == ("HOLD", ("INCONCLUSIVE(no_baseline)",)), "the first release has nothing to be compared with"
    assert soaked(host_with_history, COMMIT).judge("soak").verdict == "HOLD", "what was never proved good is no history"

    absolute = {"soak": {"criteria": [{**gates["soak"]["criteria"][0], "pass": "<= 200 ms"}]}}
    proved = host.state_dir()
    first = (
        train_on(proved, absolute, commit=EARLIER_COMMIT)
        .start("soak")
        .record("soak", make_fact("reported.time", 95, "ms", name="checkout"))
    )
    assert first.judge("soak").verdict == "GO"
    first.record("soak", entries=[{"kind": "release", "body": {"release": EARLIER_COMMIT[:12], "state": "soaked"}}])
    assert soaked(proved, COMMIT).judge("soak")[:2] == ("GO", ("PASS",))


def test_fail_open_07_only_objectives_that_inform(host: Any, make_fact: Any) -> None:
    facts = make_fact("reported.ratio", 0.97, "ratio", name="success"), make_fact("host.cpu", 10, "pct")
    seen = {**CPU, "agg": "last", "observe": True}
    assert host.judged([SUCCESS, seen], *facts).verdict == "GO"
    assert host.judged([{**SUCCESS, "observe": True}, seen], *facts).verdict == "REFUSED"
    assert host.judged([{**SUCCESS, "weight": 0}, seen], *facts).verdict == "REFUSED"
    objective = {"sli": "success", "pass": [{"criteria": [">=0.95"]}]}
    document = {"spec_version": "1.0", "total_score": {"pass": "90%", "warning": "75%"}}
    assert import_keptn({**document, "objectives": [objective]}, "soak", {"success": "ratio"}, "hold").gate["criteria"]
    with pytest.raises(InputError):
        import_keptn({**document, "objectives": [{"sli": "success"}]}, "soak", {"success": "ratio"}, "hold")


def test_fail_open_08_a_missing_number_only_loses_its_weight(host: Any, make_fact: Any) -> None:
    criteria = [{**SUCCESS, "weight": 99, "key": True}, {**CPU, "agg": "last", "weight": 1}]
    success, cpu = make_fact("reported.ratio", 0.97, "ratio", name="success"), make_fact("host.cpu", 10, "pct")
    assert host.judged(criteria, success, cpu).verdict == "GO"
    said = host.judged(criteria, success)
    assert said[:2] == ("HOLD", ("PASS", "INCONCLUSIVE(no_data)"))
    assert said.score == 99.0, "the score is shown, and decides nothing"
    assert host.judged([criteria[0], {**criteria[1], "weight": 0}], success).verdict == "HOLD"


def test_fail_open_09_an_unknown_aggregate(host: Any, make_fact: Any) -> None:
    found = make_fact("host.cpu", None, "pct", samples=[(0.0, 10.0), (1.0, 20.0)])
    assert host.judged([CPU], found).verdict == "GO"
    for unknown in ("p95", "avg", "p(0)", "p(101)", "p()", "", 95, "percentile(95)", "P(95)", "mean(5)", "none"):
        assert host.judged([{**CPU, "agg": unknown}], found).verdict == "REFUSED", unknown
    relative = {**CPU, "pass": "<= baseline * 1.10"}
    for unknown in ({"from": "avg_of_3"}, {"agg": "p42"}, {"on_none": "0"}):
        assert host.judged([{**relative, "baseline": unknown}], found).verdict == "REFUSED", unknown


def test_fail_open_10_no_number_of_a_whole_group(host: Any, make_fact: Any) -> None:
    group = [{"id": f"soak.{name}", "sli": f"reported.time{{name={name}}}", "pass": "< 1 s"} for name in ("login", "search", "checkout")]
    restarts = {"id": "soak.restarts", "sli": "container.restarts", "each": "container", "pass": "== 0 count"}
    rest = make_fact("reported.ratio", 0.97, "ratio", name="success")
    times = [make_fact("reported.time", 100, "ms", name=name) for name in ("login", "search", "checkout")]
    still = make_fact("container.restarts", 0, "count", container="backend")
    assert host.judged([SUCCESS, *group, restarts], rest, *times, still).verdict == "GO"
    assert host.judged([SUCCESS, *group, restarts], rest, still)[:2] == ("HOLD", ("PASS", *["INCONCLUSIVE(no_data)"] * 3, "PASS"))
    assert host.judged([SUCCESS, *group, restarts], rest, *times).statuses[-1] == "INCONCLUSIVE(no_data)"


def test_fail_open_11_a_few_of_many_numbers_are_missing(host: Any, make_fact: Any) -> None:
    names = ["a", "b", "c", "d", "e"]
    criteria = [{"id": f"soak.{name}", "sli": f"reported.time{{name={name}}}", "pass": "< 1 s"} for name in names]
    restarts = {"id": "soak.restarts", "sli": "container.restarts", "each": "container", "expect": names, "pass": "== 0 count"}
    times = [make_fact("reported.time", 100, "ms", name=name) for name in names]
    still = [make_fact("container.restarts", 0, "count", container=name) for name in names]
    assert host.judged([*criteria, restarts], *times, *still).verdict == "GO"
    assert host.judged([*criteria, restarts], *times[1:], *still).verdict == "HOLD"
    said = host.judged([*criteria, restarts], *times, *still[:-1])
    assert said[:2] == ("HOLD", (*["PASS"] * 5, "INCONCLUSIVE(no_data)"))
    assert "container e: no evidence" in said.why


def test_fail_open_12_that_data_must_be_there_is_not_asked_for(host: Any, make_fact: Any) -> None:
    least = {"id": "soak.cpu", "sli": "host.cpu", "pass": "< 70 pct"}
    found = make_fact("host.cpu", 10, "pct")
    assert host.judged([least], found).verdict == "GO"
    assert host.judged([least])[:2] == ("HOLD", ("INCONCLUSIVE(no_data)",))
    for wish in ("on_no_data", "must_have_data", "required", "nodata", "on_missing"):
        for word in ("pass", False, "ignore", "never"):
            assert host.judged([{**least, wish: word}], found).verdict == "REFUSED", wish
    assert host.judged([{**least, "min_samples": 0}], found).verdict == "REFUSED"


@pytest.mark.parametrize("key", [True, False])
def test_fail_open_13_one_number_whose_evidence_cannot_be_read_is_left_out(host: Any, make_fact: Any, train_on: Any, key: bool) -> None:
    said = {}
    for name in ("good", "torn", "gone"):
        state_dir = host.state_dir()
        series = soak_file(state_dir, 10.0, 20.0)
        train = train_on(state_dir, {"soak": {"criteria": [{**CPU, "key": key}, SUCCESS]}}).start("soak")
        train.record("soak", make_fact("host.cpu", None, "pct", series=series), make_fact("reported.ratio", 0.97, "ratio", name="success"))
        if name == "torn":
            (state_dir / series["file"]).write_bytes(b"SQLite format 3\0" + b"\xff" * 4096)
        if name == "gone":
            (state_dir / series["file"]).unlink()
        said[name] = train.judge("soak")
    assert said["good"].verdict == "GO"
    for name in ("torn", "gone"):
        assert said[name][:2] == ("ERROR", ("ERROR", "PASS")), name


def test_fail_open_14_no_analysis_at_all(host: Any, make_fact: Any, train_on: Any, refusing: Any) -> None:
    gates = {"smoke": {"criteria": [{**SUCCESS, "id": "smoke.success"}]}, "soak": {"requires": ["smoke"], "criteria": [SUCCESS]}}
    row = {"needs": ["soak.success"]}
    matrix = {"go": [{"id": "go.soak", **row}], "hold": [{"id": "hold.soak", "unless": ["soak.success"]}]}
    found = make_fact("reported.ratio", 0.97, "ratio", name="success")
    train = train_on(host.state_dir(), gates, matrix).start("smoke").record("smoke", found)
    assert refusing(lambda: train.start("soak")).verdict == "REFUSED", "the gate before it was never asked"
    assert train.judge("smoke").verdict == "GO"
    train.start("soak").record("soak", found)
    said = train.decide()
    assert said[:2] == ("NO-GO", ("UNKNOWN", "UNKNOWN")), "the evidence is there, but nobody judged it"
    assert train.judge("soak").verdict == "GO"
    assert train.decide().verdict == "GO"


def reported(train: Any, report: Path, unit: str, select: str, sli: str, kind: str = "k6") -> Any:
    """Take a number out of a report through the module, record what came out, judge."""
    since = rfc3339(time.time() - 60)
    source = {"from": kind, "path": str(report), "sli": sli, "labels": {"name": "x"}, "unit": unit, "select": select, "time": "file"}
    given = {"run": train.run, "since": since, "sources": [{**source, "accept_unstated_release": True}], "tokens": {}, "timeout_seconds": 5}
    found = report_evidence.handle(given, False)
    assert len(found["measurements"]) + len(found["problems"]) == 1
    return train.record("soak", *found["measurements"]).judge("soak")


@pytest.fixture
def from_report(host: Any, train_on: Any, tmp_path: Path) -> Any:
    """Give what judges one limit on a number of a recorded report, which `change` may alter."""

    def judged(name: str, unit: str, select: str, limit: str, change: Any = None, kind: str = "k6") -> Any:
        sli = {"ms": "reported.time", "ratio": "reported.ratio", "count": "reported.count", "B": "reported.bytes"}[unit]
        document = json.loads((FIXTURES / name).read_text())
        (tmp_path / "report.json").write_text(json.dumps(change(document) if change else document))
        os.utime(tmp_path / "report.json")
        criterion = {"id": "soak.reported", "sli": f"{sli}{{name=x}}", "pass": limit}
        train = train_on(host.state_dir(), {"soak": {"criteria": [criterion]}}).start("soak")
        return reported(train, tmp_path / "report.json", unit, select, sli, kind)

    return judged


@pytest.mark.parametrize("form", ["summary_export", "handle_summary"])
def test_fail_open_15_percentile_of_a_trend_without_samples(host: Any, make_fact: Any, from_report: Any, form: str) -> None:
    assert from_report(f"k6/with_requests.{form}.json", "ms", "http_req_duration p(95)", "< 500 ms").verdict == "GO"
    for empty in (f"k6/no_requests.{form}.json", f"k6/dead_port.{form}.json"):
        said = from_report(empty, "ms", "http_req_duration p(95)", "< 500 ms")
        assert said[:2] == ("HOLD", ("INCONCLUSIVE(no_data)",)), empty
    tail = {"id": "soak.tail", "sli": "reported.time{name=x}", "agg": "p(95)", "pass": "< 500 ms"}
    for filled, empty in (
        ({"histogram": [[100, 7], ["+Inf", 7]]}, {"histogram": [[100, 0], ["+Inf", 0]]}),
        ({"samples": [(0.0, 9.0)]}, {"samples": []}),
    ):
        assert host.judged([tail], make_fact("reported.time", None, "ms", name="x", **filled)).verdict == "GO"
        assert host.judged([tail], make_fact("reported.time", None, "ms", name="x", **empty)).verdict in ("HOLD", "REFUSED")


@pytest.mark.parametrize("form", ["summary_export", "handle_summary"])
def test_fail_open_16_a_rate_without_samples(host: Any, make_fact: Any, from_report: Any, form: str) -> None:
    assert from_report(f"k6/with_requests.{form}.json", "ratio", "http_req_failed rate", "< 0.5 ratio").verdict == "GO"
    for name in ("http_req_failed rate", "broken_orders rate"):
        said = from_report(f"k6/no_requests.{form}.json", "ratio", name, "< 0.5 ratio")
        assert said[:2] == ("HOLD", ("INCONCLUSIVE(no_data)",)), name
    for requests, verdict in ((1000, "GO"), (0, "HOLD")):
        facts = make_fact("http.errors", 0, "count"), make_fact("http.requests", requests, "count")
        assert host.judged([ERRORS], *facts).verdict == verdict


def test_fail_open_17_an_error_while_evaluating(host: Any, make_fact: Any, from_report: Any) -> None:
    def unreadable(document: Any) -> Any:
        document["metrics"]["http_req_duration"]["thresholds"]["avg<0.001"] = {"ok": "perhaps"}
        return document

    kept = from_report("k6/with_requests.handle_summary.json", "count", "http_req_failed crossed", "== 0 count")
    assert kept.verdict == "GO"
    assert (
        from_report("k6/with_requests.handle_summary.json", "count", "http_req_failed crossed", "== 0 count", unreadable).verdict == "HOLD"
    )
    for failed, verdict in ((1, "GO"), (2000, "ERROR"), (-1, "ERROR")):
        facts = make_fact("http.errors", failed, "count"), make_fact("http.requests", 1000, "count")
        assert host.judged([ERRORS], *facts).verdict == verdict, failed
    assert import_k6({"thresholds": {"http_req_duration": ["p(95)<500"]}}, "soak", {}).gate["criteria"]
    for broken in ("p(95)<<500", "p(95)<", "p(95)<abc", "p(195)<500", "size<500"):
        with pytest.raises(InputError):
            import_k6({"thresholds": {"http_req_duration": [broken]}}, "soak", {})


def test_fail_open_18_no_metrics_declared(host: Any, make_fact: Any) -> None:
    found = make_fact("reported.ratio", 0.97, "ratio", name="success")
    assert host.judged([SUCCESS], found).verdict == "GO"
    for nothing in ([], None, {}, "", False, [None], [{}], [[]]):
        assert host.judged(nothing, found).verdict == "REFUSED", nothing
    assert host.judged_gate({"title": "Soak"}, found).verdict == "REFUSED"
    assert host.judged_gate(None, found).verdict == "REFUSED"
