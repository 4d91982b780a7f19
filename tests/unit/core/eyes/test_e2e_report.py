# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from ansible_collections.proofile.stagegate.plugins.module_utils.core.eyes.e2e_report import e2e_measurements
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.junit import TestResults as Results


def values(report, exit_code=0):
    return {fact["sli"]: fact["value"] for fact in e2e_measurements("e2e", report, exit_code, "last words", "image")}


def test_the_cases_of_the_report_are_counted():
    assert values(Results(90, 88, 2, 1, ("a", "b")), 1) == {
        "tests.run": 90,
        "tests.passed": 88,
        "tests.failed": 2,
        "tests.skipped": 1,
    }


def test_a_suite_without_a_report_or_without_a_case_ran_nothing_and_says_nothing_more():
    assert values(None, 1) == {"tests.run": 0}
    assert values(Results(0, 0, 0, 5, ())) == {"tests.run": 0}


def test_a_suite_that_ends_badly_without_a_failed_case_has_one_failure():
    assert values(Results(90, 90, 0, 0, ()), 1)["tests.failed"] == 1
