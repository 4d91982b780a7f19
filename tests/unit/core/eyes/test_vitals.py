# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.eyes.vitals import (
    Load,
    parse_load,
    vitals_measurements,
)

SEEN = {"fcp": 264.0, "lcp": 900.0, "cls": 0.02, "ttfb": 31.0}


def test_milliseconds_become_seconds_and_cls_stays():
    assert parse_load(SEEN) == Load(0.264, 0.9, 0.02, 0.031)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "x",
        {},
        {**SEEN, "lcp": None},
        {**SEEN, "cls": float("nan")},
        {**SEEN, "fcp": True},
        {**SEEN, "ttfb": -1},
        {**SEEN, "fcp": "9"},
    ],
)
def test_a_load_without_all_vitals_is_no_load(raw):
    assert parse_load(raw) is None


def test_the_median_is_recorded_with_the_number_of_loads():
    loads = [Load(fcp, 1.0, 0.0, 0.1) for fcp in (1.244, 0.264, 0.3, 0.31, 0.9)]
    facts = {fact["sli"]: fact for fact in vitals_measurements("/login", loads, "chromium")}
    assert facts["vitals.fcp"]["value"] == 0.31
    assert facts["vitals.fcp"]["detail"] == ["5 loads, 0.264 to 1.244"]
    assert facts["vitals.loads"]["value"] == 5
    assert facts["vitals.cls"]["unit"] == "1"


def test_without_a_whole_load_nothing_is_said_about_the_vitals():
    assert [(fact["sli"], fact["value"]) for fact in vitals_measurements("/login", [], "chromium")] == [("vitals.loads", 0)]
