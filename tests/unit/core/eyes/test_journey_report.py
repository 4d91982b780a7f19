# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from ansible_collections.proofile.stagegate.plugins.module_utils.core.eyes.browser_watch import ConsoleError, FailedRequest
from ansible_collections.proofile.stagegate.plugins.module_utils.core.eyes.journey_report import (
    BrowserResult,
    JourneyResult,
    StepResult,
    engine_measurements,
    journey_measurements,
)

OK = StepResult("open /", True, 0.1, "/")
BAD = StepResult("see text 'x'", False, 5.0, "/", error="not visible")


def facts(*journeys, **more):
    result = BrowserResult("chromium", "156", journeys, **more)
    return {(fact["sli"], *fact["labels"].values()): fact for fact in journey_measurements(result) + engine_measurements(result)}


def test_steps_and_failures_are_counted_by_journey_and_by_engine():
    found = facts(JourneyResult("login", (OK, BAD)), JourneyResult("other", (OK,)))
    assert found["journey.steps", "login"]["value"] == 2
    assert found["journey.failed", "login"]["value"] == 1
    assert found["journey.failed", "login"]["detail"] == ["see text 'x': not visible"]
    assert found["journey.failed", "other"]["value"] == 0
    assert found["browser.engine_failed", "chromium"]["value"] == 1


def test_a_journey_that_could_not_begin_is_a_failure():
    found = facts(JourneyResult("core", (), "not begun: login failed"))
    assert (found["journey.steps", "core"]["value"], found["journey.failed", "core"]["value"]) == (0, 1)


def test_a_clean_up_that_fails_counts_only_where_the_journey_went_well():
    assert facts(JourneyResult("core", (OK,), "", (BAD,)))["journey.failed", "core"]["value"] == 1
    assert facts(JourneyResult("core", (BAD,), "", (BAD, BAD)))["journey.failed", "core"]["value"] == 1


def test_no_complaint_is_said_outright_with_the_number_of_pages():
    found = facts(JourneyResult("login", (OK,)), pages=("/a", "/b"))
    assert found["browser.console_errors",]["value"] == 0
    assert found["browser.failed_requests",]["value"] == 0
    assert found["browser.pages",]["value"] == 2


def test_a_look_before_the_switch_is_told_apart_in_every_measurement():
    result = BrowserResult("chromium", "156", (JourneyResult("login", (OK,)),), loads={"/": [0.2]}, foreign=("http://cdn.example",))
    found = {fact["sli"]: fact for fact in journey_measurements(result, "preview")}
    assert {fact["labels"]["stage"] for fact in found.values()} == {"preview"}
    assert found["browser.foreign_hosts"]["value"] == 1
    assert found["browser.foreign_hosts"]["detail"] == ["http://cdn.example"]


def test_foreign_hosts_are_not_called_none_where_the_browser_could_reach_everything():
    assert not [sli for sli, *_labels in facts(JourneyResult("login", (OK,))) if sli == "browser.foreign_hosts"]
    assert facts(JourneyResult("login", (OK,)), foreign=())["browser.foreign_hosts",]["value"] == 0


def test_complaints_and_load_times_are_recorded():
    found = facts(
        JourneyResult("login", (OK,)),
        console=(ConsoleError("boom", "http://x/a"),),
        requests=(FailedRequest("GET", "http://x/b", 404),),
        loads={"/a": [0.2, 0.9, 0.4]},
    )
    assert found["browser.console_errors",]["detail"] == ["boom (http://x/a)"]
    assert found["browser.failed_requests",]["detail"] == ["GET http://x/b: 404"]
    assert found["page.load", "/a"]["value"] == 0.4
