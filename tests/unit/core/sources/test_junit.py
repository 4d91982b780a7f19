"""A test report is counted by its cases and never trusted."""

from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.junit import read_junit

REPORT = b"""<testsuites tests="99" failures="0"><testsuite name="a">
<testcase classname="a" name="one"/>
<testcase classname="a" name="two"><failure message="no">x</failure></testcase>
<testcase classname="a" name="three"><error/></testcase>
<testcase classname="a" name="four"><skipped/></testcase>
</testsuite></testsuites>"""


def test_cases_are_counted_not_stated_totals() -> None:
    results = read_junit(REPORT)
    assert (results.run, results.passed, results.failed, results.skipped) == (3, 1, 2, 1)
    assert results.failures == ("a::two", "a::three")


def test_a_suite_that_broke_outside_its_cases_is_a_failure() -> None:
    assert read_junit(b"<testsuite><error message='collection'/></testsuite>").failed == 1


def test_no_case_is_no_run() -> None:
    assert read_junit(b"<testsuites/>").run == 0


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not xml",
        b"<testsuites>",
        b"<html/>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><testsuites>&a;</testsuites>",
        b"<testsuites>" + b"<testsuite>" * 50 + b"</testsuite>" * 50 + b"</testsuites>",
    ],
)
def test_a_report_that_cannot_be_used_is_refused(raw: bytes) -> None:
    with pytest.raises(EvidenceError):
        read_junit(raw)
