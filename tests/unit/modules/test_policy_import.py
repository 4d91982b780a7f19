# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module policy_import: real files in, a policy file out, and nothing that somebody else wrote is overwritten."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError, InputError, StagegateError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.policy import read_policy
from ansible_collections.proofile.stagegate.plugins.modules import policy_import

SLO = """---
spec_version: '1.0'
filter:
  mz_id: "4711"
comparison:
  compare_with: "single_result"
  include_result_with_score: "pass"
objectives:
  - sli: response_time_p95
    displayName: Response time
    pass:
      - criteria: ["<=+10%", "<600"]
    warning:
      - criteria:
          - <=800
    weight: 2
    key_sli: true
  - sli: calls
total_score: {pass: "90%", warning: 75%}
"""
OPTIONS = {"thresholds": {"http_req_duration": ["p(95)<500"], "http_req_failed": ["rate<0.01"]}, "vus": 5}


def run(path: Path, check_mode: bool = False, **params: Any) -> Any:
    given = {"src": str(path), "format": "keptn", "phase": "validate", "units": {"response_time_p95": "ms"}}
    return policy_import.handle({"warning_means": "hold", "dest": None, **given, **params}, check_mode)


@pytest.fixture
def slo(tmp_path: Path) -> Path:
    path = tmp_path / "slo.yaml"
    path.write_text(SLO)
    return path


@pytest.fixture
def options(tmp_path: Path) -> Path:
    path = tmp_path / "options.json"
    path.write_text(json.dumps(OPTIONS))
    return path


def test_a_slo_file_becomes_a_gate_that_the_policy_takes(slo: Path) -> None:
    result = run(slo)
    (criterion,) = read_policy(result["gates"]).gate("validate").criteria
    assert (criterion.id, criterion.limit_text, criterion.key) == ("validate.response_time_p95", "<= baseline * 1.1 and < 600 ms", True)
    assert result["changed"] is False and "diff" not in result
    assert {note["about"] for note in result["notes"]} >= {"missing data", "no history", "warning", "weight", "informational", "filter"}
    assert result["wanted"][0]["sli"] == "reported.time"
    assert json.loads(json.dumps(result)) == result


def test_thresholds_become_a_gate_that_the_policy_takes(options: Path) -> None:
    result = run(options, format="k6", phase="soak", units={})
    assert len(read_policy(result["gates"]).gate("soak").criteria) == 2
    assert "reported.time{name=http_req_duration, part=p(95)} in ms, from http_req_duration p(95)" in result["to_record"]


def test_the_gate_is_written_once_and_shown_as_a_difference(slo: Path, tmp_path: Path) -> None:
    dest = tmp_path / "gate.yml"
    first = run(slo, dest=str(dest))
    assert first["changed"] and yaml.safe_load(dest.read_text()) == {"stagegate_gates": first["gates"]}
    assert (first["diff"]["before"], first["diff"]["after"]) == ("", dest.read_text())
    assert dest.stat().st_mode & 0o777 == 0o644
    again = run(slo, dest=str(dest))
    assert not again["changed"] and again["diff"]["before"] == again["diff"]["after"]
    slo.write_text(SLO.replace("<600", "<500"))
    assert run(slo, dest=str(dest))["changed"]
    assert "< 500 ms" in dest.read_text()


def test_check_mode_says_what_would_change_and_writes_nothing(slo: Path, tmp_path: Path) -> None:
    dest = tmp_path / "gate.yml"
    result = run(slo, check_mode=True, dest=str(dest))
    assert result["changed"] and not dest.exists()
    assert "validate.response_time_p95" in result["diff"]["after"]
    run(slo, dest=str(dest))
    assert not run(slo, check_mode=True, dest=str(dest))["changed"]


def test_a_file_that_was_not_imported_is_never_replaced(slo: Path, tmp_path: Path) -> None:
    dest = tmp_path / "gates.yml"
    dest.write_text("stagegate_gates: {}\n")
    with pytest.raises(InputError, match="dest is another file"):
        run(slo, dest=str(dest))
    assert dest.read_text() == "stagegate_gates: {}\n"


def test_no_folder_is_made(slo: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the folder of dest is not there"):
        run(slo, dest=str(tmp_path / "new" / "gate.yml"))
    assert not (tmp_path / "new").exists()


BOMB = "a: &a [x, x]\n" + "\n".join(f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]" for n in range(9))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("slo.yaml", "", "a mapping is expected here"),
        ("slo.yaml", "[" * 20_000, "nested too deeply"),
        ("slo.yaml", BOMB, "is not read"),
        ("slo.yaml", "objectives: []\nobjectives: []\n", "stands twice"),
        ("slo.yaml", "spec_version: !!python/object/apply:os.system [id]\n", "a tag is not read"),
        ("slo.yaml", "spec_version: '1.0'\nobjectives: .nan\n", "is no number"),
        ("slo.yaml", SLO.replace("Response time", "'{{ lookup(''pipe'', ''id'') }}'"), "a text looks like a template"),
        ("slo.yaml", SLO.replace("sli: response_time_p95", 'sli: \'{{ lookup("pipe", "id") }}\''), "cannot be a label"),
        ("slo.json", '{"spec_version": "1.0", "spec_version": "0.1"}', "stands twice"),
        ("slo.json", '{"spec_version": NaN}', "is no number"),
        ("slo.json", "[" * 20_000, "nested too deeply"),
    ],
)
def test_a_hostile_file_is_refused_with_one_message(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(StagegateError, match=message):
        run(path)


def test_a_file_that_is_too_large_or_not_there_is_refused(tmp_path: Path) -> None:
    huge = tmp_path / "slo.yaml"
    with huge.open("wb") as stream:
        stream.truncate(100 * 1024 * 1024)
    with pytest.raises(EvidenceError, match="too large"):
        run(huge)
    with pytest.raises(EvidenceError, match="cannot be read"):
        run(tmp_path / "none.yaml")
