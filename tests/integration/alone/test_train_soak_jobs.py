# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The jobs of a soak on the reference application: its own suite and a real browser, with a train that is killed in the midst of one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from staging_host import ENVIRONMENT, ROOT, STATE, last_gate, ledger, play

JOBS = [
    {"name": "e2e", "every_seconds": 170, "first_seconds": 5},
    {"name": "vitals", "every_seconds": 170, "first_seconds": 100},
]


def journal(run: str) -> list[tuple[str, str]]:
    """(event, job) of the soak so far."""
    path = STATE / "soak" / run / "jobs.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return [(entry["event"], entry["job"]) for entry in map(json.loads, lines)]


@pytest.fixture
def settings(tmp_path: Path) -> str:
    """A soak long enough for one run of each job; on a machine that does everything it is the browser that takes the processor."""
    path = tmp_path / "jobs.json"
    path.write_text(json.dumps({"soak_duration_seconds": 170, "soak_jobs": JOBS, "soak_fail_early": False}))
    return f"@{path}"


def test_a_train_that_is_killed_in_a_job_does_it_again_and_every_job_is_judged(after_demo, settings: str) -> None:
    up_to_smoke = play("staging", "-e", "stagegate_release_ref=v2", "-e", "stagegate_until=smoke", "-e", settings)
    assert up_to_smoke.rc == 0, up_to_smoke.output[-3000:]
    run = ledger()[-1]["run"]
    argv = ["ansible-playbook", "-i", "inventories/demo", "playbooks/soak_release.yml", "-e", settings]

    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    first = subprocess.Popen(argv, cwd=ROOT, env=ENVIRONMENT, start_new_session=True, **quiet)
    deadline = time.monotonic() + 60
    while ("begun", "e2e") not in journal(run):
        assert time.monotonic() < deadline, "the job did not begin"
        assert first.poll() is None, "the train ended by itself"
        time.sleep(0.5)
    time.sleep(3)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()

    second = play("soak_release", "-e", settings)
    assert journal(run) == [("begun", "e2e"), ("begun", "e2e"), ("ended", "e2e"), ("begun", "vitals"), ("ended", "vitals")]
    gate = last_gate("soak")
    assert gate["run"] == run
    outcomes = {outcome["id"]: outcome for outcome in gate["body"]["outcomes"]}
    names = ("duration", "jobs_missed", "job_failures", "fcp", "lcp", "cls", "ttfb", "coverage", "gap", "error_rate")
    assert {name: outcomes[f"soak.{name}"]["status"] for name in names} == dict.fromkeys(names, "PASS"), second.output[-6000:]
    # What no job has looked at is no pass.
    assert outcomes["soak.page_load"]["status"] == "INCONCLUSIVE"
    assert gate["body"]["verdict"] != "GO"
    told = [line.strip() for line in second.output.splitlines() if line.strip().startswith("soak ")]
    assert any("vitals in " in line for line in told), told
    assert told[-1].startswith("soak 2m50s of 2m50s (done)"), told
    assert told[-1].endswith("no job left; 0 missed"), told
