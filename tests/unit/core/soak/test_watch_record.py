# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.job_schedule import Job, standing
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.watch_record import (
    alert_measurements,
    failures_in,
    job_measurements,
)

PASSED = [{"sli": "tests.run", "value": 84}, {"sli": "tests.failed", "value": 0}]


@pytest.mark.parametrize(
    ("measurements", "failures"),
    [
        (PASSED, 0),
        ([{"sli": "tests.run", "value": 84}, {"sli": "tests.failed", "value": 3}], 3),
        ([{"sli": "journey.failed", "value": 1}, {"sli": "browser.console_errors", "value": 2}], 3),
        ([{"sli": "vitals.lcp", "value": 9.9}], 0),  # how long it took is for the gate
        ([{"sli": "tests.run", "value": 0}, {"sli": "tests.failed", "value": 0}], 1),
        ([], 1),
    ],
)
def test_what_failed_is_counted_and_a_run_without_a_result_has_failed(measurements, failures):
    assert failures_in(measurements) == failures


def said(measurements):
    return {(item["sli"], *item["labels"].values()): item["value"] for item in measurements}


def test_every_job_says_how_often_it_was_due_missed_and_what_failed():
    found = standing(Job("e2e", 100, 100), 1000, 450, [0, 2])
    assert said(job_measurements([found], {"e2e": 4})) == {
        ("soak.jobs_come", "e2e"): 4,
        ("soak.jobs_missed", "e2e"): 1,
        ("soak.job_failures", "e2e"): 4,
    }
    missed = next(item for item in job_measurements([found], {}) if item["sli"] == "soak.jobs_missed")
    assert missed["detail"] == ["run 2 of e2e was missed"]


def test_a_policy_without_jobs_says_that_none_is_planned():
    assert {item["source"] for item in job_measurements([], {})} == {"no job is planned for this soak"}


def test_without_a_rule_nothing_is_said_of_alerts():
    assert alert_measurements(0, {}, [], 0) == []
    incidents = [{"severity": "critical", "summary": "errors: 2.0 pct, more than 1 pct"}]
    found = alert_measurements(7, {"critical": 1}, incidents, 0)
    assert said(found)[("soak.alerts", "critical")] == 1
    assert said(found)[("soak.alerts", "warning")] == 0
    assert found[1]["detail"] == ["errors: 2.0 pct, more than 1 pct"]
