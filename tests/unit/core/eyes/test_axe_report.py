# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.eyes.axe_report import (
    axe_measurements,
    parse_report,
    run_options,
)

ENGINE = {"name": "axe-core", "version": "4.12.1"}
LABEL = {
    "id": "label",
    "impact": "critical",
    "help": "Form elements must have labels",
    "nodes": [{"target": ["#email"]}, {}],
}


def report(**result):
    return parse_report("/login", {"testEngine": ENGINE, "violations": [], "passes": [{}], **result})


def test_violations_are_counted_by_impact_and_zero_is_said_outright():
    facts = axe_measurements([report(violations=[LABEL]), report()])
    values = {fact["labels"].get("impact", "pages"): fact["value"] for fact in facts}
    assert values == {"pages": 2, "critical": 1, "serious": 0, "moderate": 0, "minor": 0}
    assert facts[1]["detail"] == ["/login: label (critical, 2 elements): Form elements must have labels at #email"]


def test_a_violation_that_axe_does_not_rate_counts_as_serious():
    assert report(violations=[{**LABEL, "impact": None}]).violations[0].impact == "serious"


@pytest.mark.parametrize("raw", [None, {}, {"testEngine": ENGINE}, {"testEngine": ENGINE, "violations": ["x"], "passes": []}])
def test_what_is_no_result_is_not_a_clean_page(raw):
    with pytest.raises(EvidenceError):
        parse_report("/login", raw)


def test_a_run_that_applied_no_rule_is_not_a_clean_page():
    with pytest.raises(EvidenceError, match="applied no rule"):
        report(passes=[])


def test_without_a_page_nothing_is_said_about_violations():
    assert [(fact["sli"], fact["value"]) for fact in axe_measurements([])] == [("a11y.pages", 0)]


def test_the_options_name_tags_and_rules_on_top():
    options = run_options(["wcag2a"], ["region"])
    assert options["runOnly"] == {"type": "tag", "values": ["wcag2a"]}
    assert options["rules"] == {"region": {"enabled": True}}
