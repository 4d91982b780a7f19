# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module as a play calls it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.times import rfc3339
from ansible_collections.proofile.stagegate.plugins.modules.report_evidence import handle

COMMIT = "1a2b3c4d5e6f" + "0" * 28
RUN = {
    "id": "r-20261123T101500Z-1a2b3c4d5e6f",
    "release": COMMIT[:12],
    "commit": COMMIT,
    "policy": "demo",
    "policy_digest": "0" * 64,
    "state_dir": "/var/lib/stagegate/proofile",
}


def call(path: Path, since: str, check_mode: bool = False, **changes: Any) -> Any:
    source = {
        "from": "json",
        "path": str(path),
        "sli": "reported.count",
        "unit": "count",
        "select": "n",
        "time": "file",
        "release": "release",
    }
    return handle({"run": RUN, "since": since, "sources": [source], "tokens": {}, "timeout_seconds": 5.0, **changes}, check_mode)


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_report_of_the_phase_is_measured_and_one_from_before_is_told(tmp_path: Path, check_mode: bool) -> None:
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"n": 3, "release": COMMIT}))
    good = call(report, rfc3339(time.time() - 60), check_mode)
    assert (good["changed"], good["problems"]) == (False, [])
    assert good["measurements"][0]["value"] == 3
    for since, said in ((rfc3339(time.time() + 60), "before the phase"), ("", "has not been started")):
        late = call(report, since, check_mode)
        assert late["measurements"] == []
        assert said in late["problems"][0]


@pytest.mark.parametrize(
    "changes", [{"since": "yesterday"}, {"timeout_seconds": 0.0}, {"timeout_seconds": 601.0}, {"run": {**RUN, "release": "x"}}]
)
def test_parameters_that_cannot_be_used_are_told(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        call(tmp_path, **{"since": "", **changes})
