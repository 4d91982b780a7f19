# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_progress import Coverage
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_record import soak_measurements

KEY = (("container", "db"),)


def recorded(sampled=(), totals=None, failures=()):
    return soak_measurements("soak/r/samples.sqlite", 90.0, Coverage(46, 46, 2.0), sampled, totals or {}, failures)


def test_samples_are_handed_over_by_reference():
    found = recorded([("container.cpu", {"container": "db"})])[-1]
    assert found["series"] == {
        "file": "soak/r/samples.sqlite", "metric": "container.cpu", "labels": {"container": "db"},
    }  # fmt: skip
    assert (found["sli"], found["unit"], found["labels"]) == ("container.cpu", "ratio", {"container": "db"})


def test_what_is_counted_is_handed_over_as_histograms():
    assert recorded([("http.duration", {})])[-1]["series"]["table"] == "histograms"
    assert "table" not in recorded([("host.cpu", {})])[-1]["series"]


def test_what_was_never_sampled_is_left_out():
    assert {entry["sli"] for entry in recorded()} == {"soak.duration", "soak.coverage", "soak.longest_gap"}


def test_totals_are_their_last_value():
    found = recorded(totals={("container.restarts", KEY): 1.0})[-1]
    assert (found["sli"], found["value"], found["labels"]) == ("container.restarts", 1.0, {"container": "db"})


def test_failures_of_the_load_stand_with_the_errors():
    assert recorded([("http.errors", {})], failures=["GET /x: answered 500"])[-1]["detail"] == ["GET /x: answered 500"]
