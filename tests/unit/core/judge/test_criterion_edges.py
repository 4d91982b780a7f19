# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a criterion may be, at the edges that mutation testing found open: the good twin beside each refusal."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.criterion import Criterion, read_criterion

CPU = {"id": "soak.x", "sli": "host.cpu", "pass": "< 70 pct"}
HITS = {"id": "soak.x", "sli": "redis.hits / (redis.hits + redis.misses)", "pass": "> 80 pct"}
BYTES = {"id": "soak.x", "sli": "host.disk_free / reported.bytes{name=all}", "pass": "> 80 pct"}
TIMES = {"id": "soak.x", "sli": "soak.duration / reported.time{name=all}", "pass": "> 80 pct"}


def read(given: dict[str, Any], **more: Any) -> Criterion:
    return read_criterion({**given, **more}, "soak", "here")


def refused(given: dict[str, Any], **more: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(given, **more)
    return str(caught.value)


@pytest.mark.parametrize("confidence", ["50.1 pct", "95 pct", "99.9 pct", "0.9 ratio"])
def test_a_confidence_lies_between_50_and_100_percent(confidence: str) -> None:
    assert 0.5 < read(HITS, confidence=confidence).confidence < 1


@pytest.mark.parametrize("confidence", ["1 pct", "30 pct", "50 pct", "100 pct", "200 pct"])
def test_any_other_confidence_is_refused(confidence: str) -> None:
    assert "between 50 and 100 pct" in refused(HITS, confidence=confidence)


@pytest.mark.parametrize("given", [BYTES, TIMES, CPU, {**HITS, "pass": "== 80 pct"}, {**HITS, "pass": "!= 80 pct"}])
def test_confidence_is_for_ratios_of_counts_with_limits_to_one_side(given: dict[str, Any]) -> None:
    assert read(given)
    assert "only fits a ratio of counts" in refused(given, confidence="95 pct")


@pytest.mark.parametrize("agg", ["sum", "max", "min", "rate"])
def test_what_a_counter_may_be_aggregated_by(agg: str) -> None:
    limit = "< 5 per_s" if agg == "rate" else "< 5 count"
    criterion = read({"id": "soak.x", "sli": "http.requests", "pass": limit, "agg": agg})
    assert criterion.aggregation.name == ("rate" if agg == "rate" else "increase")
    assert criterion.across == ("" if agg == "rate" else agg)


@pytest.mark.parametrize("agg", ["last", "first", "mean", "median", "count", "slope", "p(95)", "share(> 1 count)"])
def test_what_a_counter_may_not_be_aggregated_by(agg: str) -> None:
    more = {"min_duration": "1 h"} if agg == "slope" else {}
    assert "means nothing for a counter" in refused({"id": "soak.x", "sli": "http.requests", "pass": "< 5 count", "agg": agg, **more})


def test_without_agg_a_gauge_is_its_last_value_and_a_counter_its_increase() -> None:
    assert read(CPU).aggregation.name == "last"
    assert read({"id": "soak.x", "sli": "http.requests", "pass": "< 5 count"}).aggregation.name == "increase"


@pytest.mark.parametrize("agg", ["rate", "increase"])
def test_a_gauge_has_no_rate(agg: str) -> None:
    assert refused(CPU, agg=agg)


@pytest.mark.parametrize(
    ("limits", "fine"),
    [
        (["<= 5 s", "<= baseline"], True),
        ([["<= 5 s"], ["<= 9 s", "<= baseline"]], True),
        ("<= baseline", False),
        (["<= baseline", ">= baseline * 0.5"], False),
        ([["<= 5 s"], ["<= baseline"]], False),
    ],
)
def test_absolute_only_needs_an_absolute_limit_in_every_alternative(limits: Any, fine: bool) -> None:
    given = {"id": "soak.x", "sli": "reported.time", "pass": limits}
    assert read(given).baseline == read(given, baseline={"on_none": "inconclusive"}).baseline == "inconclusive"
    if fine:
        assert read(given, baseline={"on_none": "absolute_only"}).baseline == "absolute_only"
    else:
        assert "needs an absolute limit" in refused(given, baseline={"on_none": "absolute_only"})


def test_a_warning_alone_may_be_relative() -> None:
    given = {"id": "soak.x", "sli": "reported.time", "pass": "<= 5 s"}
    assert read(given).baseline == ""
    assert read(given, warn="> baseline").baseline == "inconclusive"


def test_what_is_not_written_is_strict() -> None:
    plain = read(CPU)
    assert (plain.min_samples, plain.key, plain.waivable, plain.observe, plain.weight) == (1, False, False, False, 1.0)
    assert plain.tolerance.as_dict() == {"failed": 0, "consecutive": 0, "inconclusive": 0, "error": 0}


@pytest.mark.parametrize(
    ("limit", "unit"),
    [
        ("< 70 pct", "pct"),
        ("< 0.7 ratio", "ratio"),
        ("<= baseline * 1.1", "ratio"),
        ("<= baseline + 5 pct", "pct"),
        (["<= baseline", "< 50 pct"], "pct"),
    ],
)
def test_a_criterion_speaks_in_the_unit_of_its_first_limit_that_has_one(limit: Any, unit: str) -> None:
    assert read({**CPU, "pass": limit}).unit == unit


@pytest.mark.parametrize(
    ("more", "fine"),
    [
        ({"sampled_every": "5 s", "min_coverage": "100 pct"}, True),
        ({"sampled_every": "5 s", "min_coverage": "100.1 pct"}, False),
        ({"sampled_every": "5 s", "min_coverage": "95 pct", "max_gap": "5 s"}, True),
        ({"sampled_every": "5 s", "min_coverage": "95 pct", "max_gap": "4 s"}, False),
        ({"sampled_every": "5 s", "min_coverage": "95 pct", "every": "5 s"}, True),
        ({"sampled_every": "5 s", "min_coverage": "95 pct", "every": "4 s"}, False),
        ({"every": "1 h", "min_duration": "1 h"}, True),
        ({"every": "1 h", "min_duration": "59 min"}, False),
        ({"every": "1 h", "warmup": "59 min"}, True),
        ({"every": "1 h", "warmup": "1 h"}, False),
        ({"every": "1 h", "limits": {"failed": 2, "consecutive": 2}}, True),
        ({"every": "1 h", "limits": {"failed": 2, "consecutive": 1}}, True),
        ({"every": "1 h", "limits": {"failed": 2, "consecutive": 3}}, False),
        ({"every": "1 h", "limits": {"failed": 2, "consecutive": 0}}, False),
        ({"every": "1 h", "limits": {"consecutive": 1}}, False),
        ({"every": "1 h", "limits": {"failed": 0, "consecutive": 0}}, True),
        ({"agg": "slope", "pass": "< 5 pct/h", "min_duration": "4 h"}, True),
        ({"agg": "slope", "pass": "< 5 pct/h"}, False),
    ],
)
def test_the_timing_fits_together_or_is_refused(more: dict[str, Any], fine: bool) -> None:
    if fine:
        assert read(CPU, **more)
    else:
        assert refused(CPU, **more)


@pytest.mark.parametrize("more", [{"agg": "p(95)"}, {"every": "1 h"}])
def test_a_limit_for_a_time_is_about_the_end_of_one_gauge(more: dict[str, Any]) -> None:
    steady = {**CPU, "pass": "< 70 pct for 5 min"}
    assert read(steady) and read(steady, agg="last")
    assert refused(steady, **more)
    assert refused({**CPU, "warn": "> 60 pct for 5 min"}, **more)


@pytest.mark.parametrize("agg", ["first", "max", "min", "mean", "median", "sum", "p(95)"])
def test_a_limit_for_a_time_has_no_aggregation(agg: str) -> None:
    assert "needs one gauge and agg last" in refused({**CPU, "pass": "< 70 pct for 5 min"}, agg=agg)


@pytest.mark.parametrize(("gap", "fine"), [("4.9 s", False), ("1 s", False), ("1 ms", False), ("5 s", True)])
def test_a_hole_is_never_shorter_than_the_time_between_two_samples(gap: str, fine: bool) -> None:
    more = {"sampled_every": "5 s", "min_coverage": "95 pct", "max_gap": gap}
    if fine:
        assert read(CPU, **more).max_gap == 5
    else:
        assert "max_gap is shorter than sampled_every" in refused(CPU, **more)
