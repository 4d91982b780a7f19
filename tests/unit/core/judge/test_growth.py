# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Growth and drift before the judge: all of the interval decides, and a ceiling that is near warns."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.criterion import read_criterion
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.held import Yardstick, hold_against, seconds_needed
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.limit import parse_limit
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.measured import Measured
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.policy import read_policy
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.ranks import Estimate
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.samples import Samples
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.trend import settled, trend
from ansible_collections.proofile.stagegate.plugins.module_utils.core.report.tables import policy_table

HOUR = 3600.0
MIB = 2.0**20
GROWTH = {"sli": "container.working_set", "each": "container", "agg": "slope", "pass": "<= 5 pct/h", "min_duration": "4 h"}


def grown(book: Any, growth: float, hours: float = 6.0, noise: float = 0.0, container: str = "backend", saw: float = 0.0) -> None:
    """A container that begins with 100 MiB and grows by so many percent of that in an hour; `saw` is the height of a tooth of 3 h."""
    chance = random.Random(4)
    samples = [
        [at * 60.0, 100 * MIB * (1 + growth / 100 * at / 60 + saw * ((at / 180 + 0.5) % 1) + noise * chance.gauss(0, 1))]
        for at in range(int(hours * 60) + 1)
    ]
    book.measure("soak", "container.working_set", None, "B", labels={"container": container}, samples=samples)


def test_a_growth_well_under_the_limit_passes_and_says_what_would_have_been_seen(book: Any) -> None:
    book.start("soak")
    grown(book, 2.0, noise=0.02)
    outcome = book.outcome(GROWTH)
    assert outcome.status == "PASS"
    assert outcome.low < outcome.value < outcome.high < 5
    assert " to " in outcome.sentence and "on it would have failed" in outcome.sentence


def test_a_growth_well_over_the_limit_fails(book: Any) -> None:
    book.start("soak")
    grown(book, 10.0, noise=0.02)
    outcome = book.outcome(GROWTH)
    assert (outcome.status, outcome.low > 5) == ("FAIL", True)


@pytest.mark.parametrize("growth", [4.9, 5.6])
def test_a_growth_whose_interval_lies_on_both_sides_is_undecided_and_says_how_much_longer_to_watch(book: Any, growth: float) -> None:
    book.start("soak")
    grown(book, growth, noise=0.1)
    outcome = book.outcome(GROWTH)
    assert outcome.low < 5 < outcome.high
    assert (outcome.status, outcome.reason) == ("INCONCLUSIVE", "low_power")
    assert outcome.changes[0].startswith("watch slope of container.working_set for about ")
    assert outcome.changes[0] in outcome.sentence


@pytest.mark.parametrize(
    ("value", "high", "times"),
    [(4.0, 7.0, 3.0), (6.0, 8.0, 2.0), (4.0, 5.1, 1.25), (4.9999, 7.0, 10.0), (5.0, 7.0, 10.0), (4.0, math.inf, 10.0)],
)
def test_the_time_that_is_missing_grows_with_the_doubt_and_is_never_none_nor_endless(value: float, high: float, times: float) -> None:
    """The limit is 5 pct/h; the interval has to shrink to the distance from it."""
    limit = parse_limit("<= 5 pct/h", "growth", "")
    assert seconds_needed(limit, HOUR, Estimate(value - 0.5, value, high, 0.5)) == pytest.approx((times - 1) * HOUR)


def test_an_estimate_without_any_end_is_undecided_for_every_limit() -> None:
    for sign in ("<", "<=", ">", ">=", "==", "!="):
        measured = Measured(1.0, 9, 9.0, -math.inf, math.inf, estimate=Estimate(-math.inf, 1.0, math.inf, math.inf))
        read = read_criterion({"id": "soak.x", **GROWTH, "pass": f"{sign} 5 pct/h"}, "soak", "c")
        assert hold_against(read, read.alternatives, measured, Yardstick()).holds is None, sign


def test_an_estimate_cannot_stand_in_the_matrix() -> None:
    when = {"sli": "http.duration", "agg": "drift", "phase": "soak", "is": "> 120 pct"}
    matrix = {"go": [{"id": "go.x", "needs": ["gate:soak"]}], "hold": [{"id": "hold.x", "when": when}]}
    with pytest.raises(InputError, match="a drift cannot stand in the matrix"):
        read_policy({"soak": {"criteria": [{"id": "soak.x", **GROWTH}]}}, matrix)


def test_a_part_of_a_cycle_is_undecided_and_says_so(book: Any) -> None:
    book.start("soak")
    grown(book, 0.0, hours=4.0, saw=0.3)
    outcome = book.outcome(GROWTH)
    assert (outcome.status, outcome.reason) == ("INCONCLUSIVE", "low_power")
    assert "of 3 cycles seen" in outcome.sentence


def test_cycles_can_be_left_out_of_account(book: Any) -> None:
    book.start("soak")
    grown(book, 0.0, hours=4.0, saw=0.03)
    with_cycles, without = book.outcome(GROWTH), book.outcome({**GROWTH, "min_cycles": 0})
    assert without.high - without.low < with_cycles.high - with_cycles.low


def test_the_warm_up_is_left_out_unless_the_policy_says_how_long_it_is(book: Any) -> None:
    book.start("soak")
    samples = [[at * 60.0, 100 * MIB * (1 + 0.5 * min(1.0, at / 30))] for at in range(241)]
    book.measure("soak", "container.working_set", None, "B", labels={"container": "backend"}, samples=samples)
    assert book.outcome(GROWTH).value == 0
    assert book.outcome(GROWTH).n == 241 - 36
    assert book.outcome({**GROWTH, "warmup": "1 min", "min_duration": "3 h"}).n == 240


def test_a_limit_from_below_is_judged_by_the_other_end(book: Any) -> None:
    book.start("soak")
    grown(book, 4.9, noise=0.1)
    assert book.outcome({**GROWTH, "pass": ">= -20 pct/h"}).status == "PASS"
    assert book.outcome({**GROWTH, "pass": ">= 20 pct/h"}).status == "FAIL"
    assert book.outcome({**GROWTH, "pass": ">= 5 pct/h"}).status == "INCONCLUSIVE"


def test_four_hours_are_needed_as_before(book: Any) -> None:
    book.start("soak")
    grown(book, 0.0, hours=3.9)
    assert book.outcome(GROWTH).reason == "short"


@pytest.mark.parametrize(("ceiling", "status"), [("200 MiB", "WARN"), ("400 MiB", "WARN"), ("512 MiB", "PASS"), ("100 MiB", "WARN")])
def test_a_slow_leak_that_reaches_its_ceiling_within_a_week_warns(book: Any, ceiling: str, status: str) -> None:
    """2 pct/h of 100 MiB, for 6 h and for 7 d, come to 448 MiB."""
    book.start("soak")
    grown(book, 2.0)
    outcome = book.outcome({**GROWTH, "warn": f"reaches {ceiling} within 7 d"})
    assert outcome.status == status
    assert (f"reaches {ceiling} within 7 d" in outcome.sentence) == (status == "WARN")


@pytest.mark.parametrize(("within", "status"), [("9.999 h", "PASS"), ("10.001 h", "WARN")])
def test_the_hour_at_which_a_ceiling_is_reached_decides(book: Any, within: str, status: str) -> None:
    """After 6 h it is at 112 MiB, and grows by 2 MiB an hour; the last trough that counts lies before that."""
    book.start("soak")
    grown(book, 2.0)
    found = book.outcome({**GROWTH, "warn": "reaches 1000000 MiB within 1 h"})
    assert found.status == "PASS"
    samples = Samples([at * 60.0 for at in range(361)], [100 * MIB * (1 + 0.02 * at / 60) for at in range(361)])
    grew = trend(settled(samples))
    assert grew is not None
    ceiling = (grew.end + grew.low / 100 * grew.start * 10) / MIB
    assert book.outcome({**GROWTH, "warn": f"reaches {ceiling!r} MiB within {within}"}).status == status


def test_what_does_not_grow_reaches_nothing(book: Any) -> None:
    book.start("soak")
    grown(book, 0.0, noise=0.02)
    assert book.outcome({**GROWTH, "warn": "reaches 110 MiB within 365 d"}).status == "PASS"


def test_a_leak_that_breaks_its_limit_stays_a_failure_however_near_the_ceiling_is(book: Any) -> None:
    book.start("soak")
    grown(book, 10.0)
    assert book.outcome({**GROWTH, "warn": "reaches 512 MiB within 7 d"}).status == "FAIL"


RECORDED = {**GROWTH, "warn": ["> 4 pct/h", "reaches container.memory_limit within 7 d"]}


def test_the_ceiling_is_that_of_the_same_container(book: Any) -> None:
    book.start("soak")
    for name, limit in (("backend", 4096.0), ("frontend", 1024.0)):
        grown(book, 2.0, container=name)
        book.measure("soak", "container.memory_limit", limit, "MiB", labels={"container": name})
    assert book.outcome(RECORDED).status == "PASS"
    book.measure("soak", "container.memory_limit", 256.0, "MiB", labels={"container": "frontend"})
    outcome = book.outcome(RECORDED)
    assert (outcome.status, outcome.group) == ("WARN", "frontend")
    assert "reaches container.memory_limit within 7 d" in outcome.sentence


@pytest.mark.parametrize("limit", [None, 0.0])
def test_a_ceiling_that_nobody_knows_warns(book: Any, limit: float | None) -> None:
    book.start("soak")
    grown(book, 2.0)
    if limit is not None:
        book.measure("soak", "container.memory_limit", limit, "MiB", labels={"container": "backend"})
    outcome = book.outcome(RECORDED)
    assert (outcome.status, "container.memory_limit is not known" in outcome.sentence) == ("WARN", True)


def test_the_newest_ceiling_counts_and_one_that_is_no_number_is_not_known(book: Any) -> None:
    book.start("soak")
    grown(book, 2.0)
    label = {"container": "backend"}
    book.measure("soak", "container.memory_limit", 256.0, "MiB", labels=label)
    assert book.outcome(RECORDED).status == "WARN"
    book.measure("soak", "container.memory_limit", 4096.0, "MiB", labels=label)
    assert book.outcome(RECORDED).status == "PASS"
    book.measure("soak", "container.memory_limit", None, "MiB", labels=label, samples=[[0.0, 256.0], [1.0, 4096.0]])
    assert book.outcome(RECORDED).status == "PASS"
    book.measure("soak", "container.memory_limit", None, "MiB", labels=label, series={"file": "f"})
    for values in ([math.nan, 4096.0], [4096.0, math.nan], []):
        samples = Samples(range(len(values)), values)
        assert "container.memory_limit is not known" in book.outcome(RECORDED, load=lambda _reference, samples=samples: samples).sentence


def test_a_ceiling_that_was_recorded_as_a_histogram_is_not_known(book: Any) -> None:
    book.start("soak")
    grown(book, 2.0)
    book.measure("soak", "container.memory_limit", 4096.0, "MiB", labels={"container": "backend"})
    book.measure("soak", "container.memory_limit", None, "MiB", labels={"container": "backend"}, histogram=[[4096, 1]])
    outcome = book.outcome(RECORDED)
    assert (outcome.status, "container.memory_limit is not known" in outcome.sentence) == ("WARN", True)


def test_of_two_ceilings_none_is_picked(book: Any) -> None:
    """`reported.bytes` has no label that says whose it is."""
    book.start("soak")
    grown(book, 2.0)
    criterion = {**GROWTH, "warn": "reaches reported.bytes{name=limit} within 7 d"}
    book.measure("soak", "reported.bytes", 4096.0, "MiB", labels={"name": "limit", "part": "a"})
    assert book.outcome(criterion).status == "PASS"
    book.measure("soak", "reported.bytes", 4096.0, "MiB", labels={"name": "limit", "part": "b"})
    assert "reported.bytes{name=limit} is not known" in book.outcome(criterion).sentence


def test_a_pass_says_from_which_value_on_it_would_have_failed(book: Any) -> None:
    book.start("soak")
    grown(book, 2.0, noise=0.02)
    outcome = book.outcome(GROWTH)
    assert f"; from {5 + outcome.value - outcome.low:.5g} pct/h on it would have failed" in outcome.sentence
    assert "would have failed" not in book.outcome({**GROWTH, "pass": ">= -20 pct/h"}).sentence


@pytest.mark.parametrize(
    ("warn", "says"),
    [
        ("reaches", "expected the name of an SLI"),
        ("reaches 512", "has no unit"),
        ("reaches 512 MiB", "expected within"),
        ("reaches 512 MiB within", "a time is missing"),
        ("reaches 512 MiB within 7 B", "a time above 0"),
        ("reaches 512 MiB within 0 d", "a time above 0"),
        ("reaches 512 MiB within 7 d or so", "should end here"),
        ("reaches 512 s within 7 d", "512 s is time"),
        ("reaches host.cpu within 7 d", "host.cpu is ratio"),
        ("reaches http.requests within 7 d", "is no ceiling"),
        ("reaches container.memory_limt within 7 d", "did you mean 'container.memory_limit'"),
    ],
)
def test_a_warning_that_cannot_be_meant_is_refused_with_its_column(warn: str, says: str) -> None:
    with pytest.raises(InputError, match=r".") as caught:
        read_criterion({"id": "soak.x", **GROWTH, "warn": warn}, "soak", "c")
    assert says in str(caught.value)
    assert "field warn, column" in caught.value.where


def test_only_a_growth_reaches_something() -> None:
    with pytest.raises(InputError, match="needs agg slope"):
        read_criterion({"id": "soak.x", **GROWTH, "agg": "max", "pass": "<= 5 MB", "warn": "reaches 512 MiB within 7 d"}, "soak", "c")


def test_the_warning_reads_as_it_was_written_and_stands_in_the_table() -> None:
    given = {"id": "soak.x", **GROWTH, "warn": ["> 3 pct/h", "reaches container.memory_limit within 7 d"]}
    read = read_criterion(given, "soak", "c")
    assert [str(reach) for reach in read.reaches] == ["reaches container.memory_limit within 7 d"]
    table = policy_table(read_policy({"soak": {"criteria": [given]}}))
    assert "warns at > 3 pct/h, warns when it reaches container.memory_limit within 7 d" in table


def test_min_cycles_is_about_a_slope(book: Any) -> None:
    with pytest.raises(InputError, match="min_cycles needs agg slope"):
        read_criterion({"id": "soak.x", "sli": "host.cpu", "pass": "< 70 pct", "min_cycles": 3}, "soak", "c")


DRIFT = {"sli": "http.duration", "agg": "drift", "pass": "<= 120 pct", "warn": "> 110 pct", "min_duration": "8 h"}


class TestDrift:
    @pytest.mark.parametrize(("slower", "status"), [(1.0, "PASS"), (1.15, "WARN"), (1.2, "INCONCLUSIVE"), (1.5, "FAIL")])
    def test_all_of_the_interval_decides(self, book: Any, slower: float, status: str) -> None:
        chance = random.Random(9)
        book.start("soak")
        times = [number * 30.0 for number in range(20 * 120 + 1)]
        samples = [[at, 0.1 * (slower if at > 10 * HOUR else 1.0) * (1 + 0.2 * chance.random())] for at in times]
        book.measure("soak", "http.duration", None, "s", samples=samples)
        outcome = book.outcome(DRIFT)
        assert (outcome.status, outcome.unit) == (status, "pct")
        assert outcome.low < 100 * slower < outcome.high

    @pytest.mark.parametrize(("slower", "status"), [(1.0, "PASS"), (1.1, "PASS"), (1.13, "FAIL"), (1.15, "FAIL")])
    def test_with_surely_the_better_end_fails_and_the_worse_one_passes(self, book: Any, slower: float, status: str) -> None:
        """The interval is about 2 pct wide on either side."""
        outcome = self.judged(book, slower, {**DRIFT, "warn": "> 200 pct", "pass": "<= 110 pct", "surely": "<= 120 pct"})
        assert outcome.status == status
        assert outcome.limit == "<= 110 pct, surely <= 120 pct"
        assert "must be <= 110 pct, surely <= 120 pct" in outcome.sentence

    @pytest.mark.parametrize(("surely", "status"), [("<= 111 pct", "INCONCLUSIVE"), ("<= 115 pct", "PASS")])
    def test_what_could_be_worse_than_surely_is_undecided(self, book: Any, surely: str, status: str) -> None:
        outcome = self.judged(book, 1.1, {**DRIFT, "pass": "<= 110 pct", "surely": surely, "warn": "> 200 pct"})
        assert outcome.low < 110 < outcome.high
        assert outcome.status == status
        assert outcome.reason == ("low_power" if status == "INCONCLUSIVE" else "")

    def test_surely_has_no_say_in_the_warnings(self, book: Any) -> None:
        criterion = {**DRIFT, "pass": "<= 110 pct", "surely": "<= 120 pct"}
        assert self.judged(book, 1.08, {**criterion, "warn": "> 105 pct"}).status == "WARN"
        assert self.judged(book, 1.08, {**criterion, "warn": "> 112 pct"}).status == "PASS"

    def judged(self, book: Any, slower: float, criterion: dict[str, Any]) -> Any:
        chance = random.Random(9)
        book.start("soak")
        times = [number * 30.0 for number in range(20 * 120 + 1)]
        samples = [[at, 0.1 * (slower if at > 10 * HOUR else 1.0) * (1 + 0.2 * chance.random())] for at in times]
        book.measure("soak", "http.duration", None, "s", samples=samples)
        return book.outcome(criterion)

    @pytest.mark.parametrize(
        ("more", "says"),
        [
            ({"surely": "<= 110 pct"}, "is not looser than <= 110 pct"),
            ({"surely": "<= 109 pct"}, "is not looser"),
            ({"surely": ">= 120 pct"}, "is not looser"),
            ({"surely": "<= baseline * 1.2"}, "is not looser"),
            ({"surely": "<= 120 pct for 5 min"}, "is not looser"),
            ({"surely": "<= 120 s"}, "s is time"),
            ({"surely": "<= 120 pct", "pass": [["<= 110 pct"], ["<= 100 pct"]]}, "one limit < or <="),
            ({"surely": "<= 120 pct", "pass": ">= 90 pct"}, "one limit < or <="),
            ({"surely": "<= 120 pct", "pass": "<= baseline * 1.1"}, "one limit < or <="),
            ({"surely": "<= 20 s", "pass": "<= 10 s", "agg": "max", "min_duration": "1 s"}, "only fits a slope or drift"),
        ],
    )
    def test_a_surely_that_cannot_be_meant_is_refused(self, more: dict[str, Any], says: str) -> None:
        given = {"sli": "http.duration", "agg": "drift", "pass": "<= 110 pct", "min_duration": "8 h", **more}
        with pytest.raises(InputError) as caught:
            read_criterion({"id": "soak.x", **given}, "soak", "c")
        assert says in str(caught.value)

    def test_a_drift_without_its_time_is_refused(self) -> None:
        with pytest.raises(InputError, match="a drift needs min_duration"):
            read_criterion({"id": "soak.x", "sli": "http.duration", "agg": "drift", "pass": "<= 120 pct"}, "soak", "c")

    def test_a_drift_of_a_ratio_or_a_counter_means_nothing(self) -> None:
        for sli in ("http.errors / http.requests", "http.requests"):
            with pytest.raises(InputError, match="means nothing"):
                read_criterion({"id": "soak.x", **DRIFT, "sli": sli}, "soak", "c")
