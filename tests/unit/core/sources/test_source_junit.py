"""JUnit reports: counts of cases, bound to a release and a time."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError, InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_junit import found_in_junit
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_spec import read_source

NOON = 1795435200.0
REPORT = """<testsuites tests="99">
<testsuite name="a" timestamp="2026-11-23T12:00:05Z"><properties><property name="release" value="1a2b3c4d5e6f"/></properties>
<testcase classname="a" name="one"/><testcase classname="a" name="two"><failure/></testcase></testsuite>
<testsuite name="b" timestamp="2026-11-23T12:00:00Z"><testcase classname="b" name="three"><skipped/></testcase></testsuite>
</testsuites>"""


def found(report: str, file_time: float | None = NOON, **changes: Any) -> Any:
    given = {"from": "junit", "path": "/r", "sli": "tests.failed", "unit": "count", "select": "failed", "time": "timestamp"}
    return found_in_junit(read_source({**given, "release": "release", **changes}, 0), report.encode(), file_time)


@pytest.mark.parametrize(("select", "value"), [("run", 2), ("passed", 1), ("failed", 1), ("skipped", 1)])
def test_cases_are_counted(select: str, value: int) -> None:
    assert found(REPORT, select=select).value == value


def test_the_oldest_suite_gives_the_time_and_the_property_the_release() -> None:
    given = found(REPORT)
    assert (given.at, given.releases, given.detail) == (NOON, ("1a2b3c4d5e6f",), "a::two")


def test_suites_of_two_releases_state_both() -> None:
    other = REPORT.replace('name="b" timestamp', 'name="b" x="" timestamp').replace(
        '<testcase classname="b"', '<properties><property name="release" value="ffffffffffff"/></properties><testcase classname="b"'
    )
    assert found(other).releases == ("1a2b3c4d5e6f", "ffffffffffff")


def test_the_time_of_the_file_is_used_where_the_source_says_so() -> None:
    assert found(REPORT, time="file").at == NOON
    with pytest.raises(EvidenceError, match="not known"):
        found(REPORT, file_time=None, time="file")


@pytest.mark.parametrize("report", ["<testsuites/>", "<testsuite><testcase name='a'><skipped/></testcase></testsuite>"])
@pytest.mark.parametrize("select", ["failed", "run"])
def test_trap_a_report_in_which_nothing_ran_does_not_say_that_nothing_failed(report: str, select: str) -> None:
    with pytest.raises(EvidenceError, match="no test case ran"):
        found(report, select=select)


@pytest.mark.parametrize("old", ['timestamp="2026-11-23T12:00:05Z"', 'timestamp="2026-11-23T12:00:00Z"'])
def test_a_timestamp_that_is_none_is_no_data(old: str) -> None:
    with pytest.raises(EvidenceError, match="no time"):
        found(REPORT.replace(old, 'timestamp="noon"'))
    with pytest.raises(EvidenceError, match="no time zone"):
        found(REPORT.replace("Z", ""))
    assert found(REPORT.replace("Z", ""), time_zone="UTC").at == NOON


def test_a_report_without_timestamps_is_no_data() -> None:
    with pytest.raises(EvidenceError, match="does not state its time"):
        found("<testsuite><testcase name='a'/></testsuite>")


def test_no_report_or_one_with_entities_is_no_data() -> None:
    for report in ("{}", "<html/>", "<!DOCTYPE x [<!ENTITY a 'b'>]><testsuites>&a;</testsuites>"):
        with pytest.raises(EvidenceError):
            found(report)


def test_only_counts_of_cases_can_be_taken() -> None:
    with pytest.raises(InputError, match="did you mean 'failed'"):
        found(REPORT, select="failures")
    with pytest.raises(InputError, match="test cases are counted"):
        found(REPORT, sli="reported.bytes", unit="B")
