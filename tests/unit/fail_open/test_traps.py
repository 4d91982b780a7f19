# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reports that look good although nothing ran, taken all the way to a gate: recorded files of the real tools.

What the extraction itself makes of them stands in tests/unit/core/sources/test_source_k6.py and test_source_json.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.times import rfc3339
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.clock import now
from ansible_collections.proofile.stagegate.plugins.modules import report_evidence

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures/sources"
UNITS = {"reported.time": "ms", "reported.ratio": "ratio", "reported.count": "count", "reported.bytes": "B", "reported.number": "1"}
K6 = ["summary_export", "handle_summary"]
# Kind, SLI, what is taken, the limit, the report in which something ran, the one that only looks good.
TRAPS = [
    *[("k6", "reported.time", "http_req_duration p(95)", "< 500 ms", f"k6/with_requests.{f}", f"k6/no_requests.{f}") for f in K6],
    *[("k6", "reported.time", "http_req_duration max", "< 500 ms", f"k6/with_requests.{f}", f"k6/dead_port.{f}") for f in K6],
    *[("k6", "reported.ratio", "http_req_failed rate", "< 0.5 ratio", f"k6/with_requests.{f}", f"k6/no_requests.{f}") for f in K6],
    *[("k6", "reported.ratio", "http_req_failed rate", "< 0.5 ratio", f"k6/with_requests.{f}", f"k6/dead_port.{f}") for f in K6],
    *[("k6", "reported.count", "http_req_failed crossed", "== 0 count", f"k6/with_requests.{f}", f"k6/no_requests.{f}") for f in K6],
    ("json", "reported.bytes", "[0].size", "<= 10 kB", "size_limit/files_found", "size_limit/no_file_found"),
    ("json", "reported.time", "latency.p99", "< 500 ms", "autocannon/answers", "autocannon/dead_port"),
    ("json", "reported.count", "errors", "== 0 count", "autocannon/answers", "autocannon/dead_port"),
]


@pytest.fixture
def gate_on(host: Any, train_on: Any, tmp_path: Path) -> Any:
    """Give what judges one limit on one number of a report, release stated or not."""

    def judged(kind: str, sli: str, select: str, limit: str, document: Any) -> Any:
        train = train_on(host.state_dir(), {"soak": {"criteria": [{"id": "soak.trap", "sli": f"{sli}{{name=x}}", "pass": limit}]}}).start(
            "soak"
        )
        path = tmp_path / "report.json"
        path.write_text(json.dumps(document))
        source = {"from": kind, "path": str(path), "sli": sli, "unit": UNITS[sli], "select": select, "labels": {"name": "x"}}
        given = {**source, "time": "file" if "finish" not in document else "finish", "accept_unstated_release": True, "max_age": "90 d"}
        call = {"run": train.run, "since": rfc3339(now() - 60), "sources": [given], "tokens": {}, "timeout_seconds": 5}
        found = report_evidence.handle(call, False)
        return train.record("soak", *found["measurements"]).judge("soak"), found["problems"]

    return judged


@pytest.mark.parametrize(("kind", "sli", "select", "limit", "good", "trap"), TRAPS, ids=[f"{row[2]}-{row[5]}" for row in TRAPS])
def test_a_report_that_only_looks_good_does_not_pass(
    gate_on: Any, kind: str, sli: str, select: str, limit: str, good: str, trap: str
) -> None:
    ran, nothing_ran = (json.loads((FIXTURES / f"{name}.json").read_text()) for name in (good, trap))
    said, problems = gate_on(kind, sli, select, limit, ran)
    assert (said.verdict, problems) == ("GO", [])
    said, problems = gate_on(kind, sli, select, limit, nothing_ran)
    assert said.verdict == "HOLD"
    assert said.statuses == (("FAIL",) if "dead_port" in trap and "rate" in select else ("INCONCLUSIVE(no_data)",))
    assert bool(problems) == (said.statuses != ("FAIL",))


@pytest.mark.parametrize("form", K6)
def test_a_crossed_threshold_is_seen_in_both_forms(gate_on: Any, form: str) -> None:
    document = json.loads((FIXTURES / f"k6/with_requests.{form}.json").read_text())
    assert gate_on("k6", "reported.count", "http_req_failed crossed", "== 0 count", document)[0].verdict == "GO"
    assert gate_on("k6", "reported.count", "http_req_duration crossed", "== 0 count", document)[0].statuses == ("FAIL",)


@pytest.mark.parametrize("form", K6)
def test_the_requests_that_failed_are_counted_and_not_those_that_did_not(gate_on: Any, form: str) -> None:
    document = json.loads((FIXTURES / f"k6/with_requests.{form}.json").read_text())
    assert gate_on("k6", "reported.count", "http_req_failed true", "<= 7 count", document)[0].verdict == "GO"
    assert gate_on("k6", "reported.count", "http_req_failed true", "<= 5 count", document)[0].statuses == ("FAIL",)
