# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Alert rules made of a policy: what they watch, what they say, and what is refused. Whether they fire: tests/integration."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.filter.alert_rules import FilterModule
from ansible_collections.proofile.stagegate.plugins.module_utils.core.alerts import promql
from ansible_collections.proofile.stagegate.plugins.module_utils.core.alerts.alert_queries import Query, read_queries
from ansible_collections.proofile.stagegate.plugins.module_utils.core.alerts.alert_rule_tests import alert_rule_tests
from ansible_collections.proofile.stagegate.plugins.module_utils.core.alerts.alert_rules import (
    alert_rules,
    read_alerts,
    read_settings,
)
from ansible_collections.proofile.stagegate.plugins.module_utils.core.catalogue import SLIS
from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.policy import read_policy

QUERIES = {
    "host.cpu": {"gauge": "cpu", "unit": "ratio"},
    "host.disk_used": {"gauge": "disk", "unit": "pct"},
    "http.errors": {"counter": "rate(errors[2m])", "unit": "per_s"},
    "http.requests": {"counter": "rate(requests[2m])", "unit": "per_s"},
    "http.duration": {"histogram": "rate(duration_bucket[5m])", "unit": "ms"},
    "redis.hits": {"counter": "rate(hits[5m])", "unit": "per_s"},
    "redis.misses": {"counter": "rate(misses[5m])", "unit": "per_min"},
    "container.working_set": {"gauge": "memory", "unit": "B"},
    "health.failed": {"gauge": "failed", "unit": "count"},
    "postgres.active": {"gauge": "connections", "unit": "count"},
    "page.load": {"gauge": "load", "unit": "s", "over": "10 min"},
    "bundle.size": {"gauge": "size", "unit": "B"},
}
CPU = {"sli": "host.cpu", "agg": "p(95)", "pass": "< 70 pct", "alert": "> 80 pct for 5 min"}
GROWTH = {"sli": "container.working_set", "agg": "slope", "pass": "<= 5 pct/h", "min_duration": "4 h", "alert": "> 5 pct/h"}


def rules_of(criterion: dict[str, Any], queries: Any = None, **settings: Any) -> dict[str, dict[str, Any]]:
    """The rules of one criterion of the soak, by name."""
    gates = {"soak": {"criteria": [{"id": "soak.tested", **criterion}]}}
    read = read_settings("staging", **settings)
    made = alert_rules(read_alerts(read_policy(gates), read_queries(queries or QUERIES), read), read)
    (group,) = made["groups"]
    return {rule.get("alert") or rule["record"]: rule for rule in group["rules"]}


def expression(criterion: dict[str, Any], **settings: Any) -> str:
    return rules_of(criterion, **settings)["soak.tested"]["expr"]


def refusal(criterion: dict[str, Any], queries: Any = None, **settings: Any) -> str:
    with pytest.raises(InputError) as refused:
        rules_of(criterion, queries, **settings)
    return str(refused.value)


@pytest.mark.parametrize(
    ("criterion", "watched"),
    [
        (CPU, "stagegate:host_cpu * 100 > 80"),
        ({"sli": "host.disk_used", "pass": "< 80 pct", "alert": ">= 80.5 pct"}, "stagegate:host_disk_used >= 80.5"),
        (
            {"sli": "http.errors / http.requests", "pass": "< 0.1 pct", "alert": "> 1 pct"},
            "(stagegate:http_errors:rate / stagegate:http_requests:rate) * 100 > 1",
        ),
        (
            {"sli": "redis.hits / (redis.hits + redis.misses)", "pass": "> 80 pct", "alert": "< 0.5 ratio"},
            "(stagegate:redis_hits:rate / (stagegate:redis_hits:rate + stagegate:redis_misses:rate * 0.016666666666666666)) < 0.5",
        ),
        (
            {"sli": "http.duration", "agg": "p(95)", "pass": "< 5 s", "alert": "> 5 s"},
            "histogram_quantile(0.95, stagegate:http_duration:buckets) * 0.001 > 5",
        ),
        (
            {"sli": "page.load", "agg": "p(95)", "pass": "< 5 s", "alert": "> 5 s"},
            "quantile_over_time(0.95, stagegate:page_load[10m]) > 5",
        ),
        (
            {"sli": "page.load", "agg": "max", "each": "page", "pass": "< 5 s", "alert": "> 5 s"},
            "max by (page) (max_over_time(stagegate:page_load[10m])) > 5",
        ),
        ({"sli": "postgres.active", "agg": "max", "pass": "< 20 count", "alert": ">= 20 count"}, "max(stagegate:postgres_active) >= 20"),
        (
            {"sli": "health.failed{stage=public}", "agg": "sum", "each": "component", "pass": "== 0 count", "alert": "> 0 count"},
            'sum by (component) (stagegate:health_failed{stage="public"}) > 0',
        ),
        (
            {"sli": "http.requests", "agg": "rate", "pass": "> 1 per_s", "alert": "< 60 per_min"},
            "stagegate:http_requests:rate * 60 < 60",
        ),
        (
            GROWTH,
            "(deriv(stagegate:container_working_set[4h]) * 3600"
            " / abs(quantile_over_time(0.5, stagegate:container_working_set[5m] offset 3h55m)) * 100) > 5",
        ),
    ],
)
def test_the_breach_is_watched_in_the_unit_in_which_it_is_written(criterion: dict[str, Any], watched: str) -> None:
    assert expression(criterion) == watched


def test_labels_that_the_rules_set_do_not_hinder_what_is_joined() -> None:
    joined = {"sli": "qa.issues_open", "agg": "sum", "pass": "== 0 count", "alert": "> 0 count"}
    made = rules_of(joined, {"qa.issues_open": {"gauge": "issues", "unit": "count"}})
    assert made["soak.tested"]["expr"] == "sum(stagegate:qa_issues_open) > 0"


def test_a_breach_must_last_as_long_as_the_alert_says() -> None:
    assert rules_of(CPU)["soak.tested"]["for"] == "5m"
    assert "for" not in rules_of({**CPU, "alert": "> 80 pct"})["soak.tested"]


def test_every_alert_has_a_twin_that_fires_when_the_value_is_missing_or_no_number() -> None:
    twin = rules_of(CPU, no_data_for="10 min")["soak.tested.no_data"]
    assert twin["expr"] == "absent(stagegate:host_cpu) or (stagegate:host_cpu unless (abs(stagegate:host_cpu) < Inf))"
    assert twin["for"] == "10m"
    assert twin["labels"]["reason"] == "no_data"


def test_each_expected_group_may_be_missing_by_itself() -> None:
    health = {"sli": "health.failed{stage=public}", "each": "component", "expect": ["backend", "it's $1"], "pass": "== 0 count"}
    twin = rules_of({**health, "alert": "> 0 count"})["soak.tested.no_data"]["expr"]
    for group in ("backend", "it's $1"):
        assert f'absent(stagegate:health_failed{{stage="public", component="{group}"}})' in twin
    shares = {"sli": "health.failed / health.checks", "each": "component", "expect": ["it's $1"], "pass": "< 1 pct", "alert": "> 1 pct"}
    queries = {**QUERIES, "health.checks": {"gauge": "checks", "unit": "count"}}
    assert '"component", "it\'s $$1", "", "")' in rules_of(shares, queries)["soak.tested.no_data"]["expr"]


def test_the_watchdog_always_fires() -> None:
    assert rules_of(CPU)["stagegate.watchdog"]["expr"] == "vector(1)"


def test_a_query_stands_once_and_before_the_rules_that_need_it() -> None:
    names = list(rules_of({"sli": "redis.hits / (redis.hits + redis.misses)", "pass": "> 80 pct", "alert": "< 80 pct"}))
    assert names == ["stagegate:redis_hits:rate", "stagegate:redis_misses:rate", "soak.tested", "soak.tested.no_data", "stagegate.watchdog"]


@pytest.mark.parametrize(("key", "severity"), [(True, "critical"), (False, "warning")])
def test_labels_say_how_grave_it_is_and_which_criterion_of_which_policy_speaks(key: bool, severity: str) -> None:
    labels = rules_of({**CPU, "key": key})["soak.tested"]["labels"]
    assert labels == {"severity": severity, "policy": "staging", "phase": "soak", "criterion": "soak.tested"}


def test_annotations_tell_value_limit_and_time_in_words() -> None:
    annotations = rules_of({**CPU, "covers": ["SOAK-02"], "note": "Steal counts."})["soak.tested"]["annotations"]
    assert annotations["summary"] == 'soak.tested: {{ printf "%.1f" $value }} pct, more than 80 pct for 5 min'
    assert annotations["description"] == "p(95) of host.cpu (CPU used on the host); the gate asks for < 70 pct. Steal counts."
    assert annotations["plan"] == "SOAK-02"


def test_a_small_limit_is_told_with_enough_decimals() -> None:
    assert 'printf "%.3f"' in rules_of({**CPU, "alert": "> 0.05 pct"})["soak.tested"]["annotations"]["summary"]


def test_no_data_is_told_by_its_twin() -> None:
    summary = rules_of(CPU)["soak.tested.no_data"]["annotations"]["summary"]
    assert summary == "soak.tested: no usable value for 5 min, so nobody would know of more than 80 pct"


def test_the_group_that_fires_is_named() -> None:
    summary = rules_of({**GROWTH, "each": "container"})["soak.tested"]["annotations"]["summary"]
    assert summary == 'soak.tested of container {{ $labels.container }}: {{ printf "%.1f" $value }} pct/h, more than 5 pct/h'


# From `pass`


@pytest.mark.parametrize(
    ("limit", "breach"),
    [
        ("< 20 count", ">= 20"),
        ("<= 20 count", "> 20"),
        ("> 20 count", "<= 20"),
        (">= 20 count", "< 20"),
        ("== 20 count", "!= 20"),
        ("!= 20 count", "== 20"),
    ],
)
def test_a_criterion_named_in_from_pass_is_watched_by_the_opposite_of_its_limit(limit: str, breach: str) -> None:
    made = rules_of({"sli": "postgres.active", "pass": limit}, from_pass={"soak.tested": "90 s"})["soak.tested"]
    assert made["expr"] == f"stagegate:postgres_active {breach}"
    assert made["for"] == "1m30s"


def test_of_several_limits_any_one_may_be_broken() -> None:
    size = {"sli": "bundle.size", "pass": "265-465 kB"}
    made = rules_of(size, from_pass={"soak.tested": "5 min"})["soak.tested"]
    assert made["expr"] == "(stagegate:bundle_size * 0.001 < 265) or (stagegate:bundle_size * 0.001 > 465)"
    assert "less than 265 kB or more than 465 kB" in made["annotations"]["summary"]


def test_a_criterion_that_nobody_chose_is_not_watched() -> None:
    gates = {"soak": {"criteria": [{"id": "soak.a", **CPU}, {"id": "soak.b", "sli": "host.disk_used", "pass": "< 80 pct"}]}}
    settings = read_settings("staging")
    assert [alert.name for alert in read_alerts(read_policy(gates), read_queries(QUERIES), settings)] == ["soak.a"]


# What is refused


@pytest.mark.parametrize(
    ("criterion", "settings", "words"),
    [
        ({"sli": "host.memory_used", "pass": "< 80 pct", "alert": "> 90 pct"}, {}, ["host.memory_used", "soak.tested", "no query"]),
        ({"sli": "host.cpu", "pass": "< 70 pct"}, {}, ["no criterion says when to alert"]),
        (CPU, {"from_pass": {"soak.tested": "5 min"}}, ["an alert of its own"]),
        (CPU, {"from_pass": {"soak.testet": "5 min"}}, ["soak.testet", "did you mean 'soak.tested'"]),
        (CPU, {"from_pass": ["soak.tested"]}, ["from_pass", "list"]),
        (CPU, {"from_pass": {"soak.tested": "5 pct"}}, ["no duration"]),
        (CPU, {"no_data_for": "0 s"}, ["no_data_for"]),
        ({"sli": "host.cpu", "agg": "count", "pass": "> 5 count", "alert": "< 5 count"}, {}, ["cannot watch soak.tested"]),
        ({"sli": "http.errors", "pass": "== 0 count", "alert": "> 0 count"}, {}, ["cannot watch", "since when"]),
        ({"sli": "http.duration", "agg": "max", "pass": "< 5 s", "alert": "> 5 s"}, {}, ["only a percentile"]),
        ({"sli": "page.load", "agg": "sum", "pass": "< 5 s", "alert": "> 5 s"}, {}, ["no sum over time"]),
        ({"sli": "qa.issues_open", "each": "severity", "pass": "== 0 count", "alert": "> 0 count"}, {}, ["label severity", "agg sum"]),
        ({"sli": "phase.duration{phase=soak}", "pass": "< 48 h", "alert": "> 48 h"}, {}, ["label phase"]),
        ({**GROWTH, "min_duration": "30 s"}, {}, ["min_duration"]),
        ({**GROWTH, "alert": "== 5 pct/h"}, {}, ["one limit"]),
        (
            {"sli": "host.cpu", "pass": [["< 70 pct"], ["< 80 pct"]]},
            {"from_pass": {"soak.tested": "5 min"}},
            ["no one breach", "write the breach as its alert"],
        ),
        (
            {"sli": "host.cpu", "pass": ["< 70 pct", "<= baseline * 1.10"]},
            {"from_pass": {"soak.tested": "5 min"}},
            ["no one breach", "baseline"],
        ),
    ],
)
def test_what_cannot_be_watched_is_refused_with_its_place(criterion: dict[str, Any], settings: dict[str, Any], words: list[str]) -> None:
    said = refusal(criterion, **settings)
    assert [word for word in words if word not in said] == [], said


@pytest.mark.parametrize(
    ("sli", "query", "words"),
    [
        ("host.cpux", {"gauge": "cpu", "unit": "pct"}, ["host.cpux", "did you mean 'host.cpu'"]),
        ("host.cpu", {"gauge": "cpu"}, ["unit"]),
        ("host.cpu", {"gauge": "cpu", "unit": "s"}, ["host.cpu is ratio", "s is time"]),
        ("host.cpu", {"gauge": "cpu", "unit": "percent"}, ["unknown unit"]),
        ("host.cpu", {"counter": "cpu", "unit": "per_s"}, ["host.cpu is a gauge"]),
        ("http.errors", {"gauge": "errors", "unit": "count"}, ["http.errors is a counter"]),
        ("http.errors", {"counter": "errors", "unit": "count"}, ["http.errors is rate here"]),
        ("http.errors", {"counter": "errors", "unit": "per_s", "over": "5 min"}, ["over"]),
        ("host.cpu", {"unit": "pct"}, ["none of them"]),
        ("host.cpu", {"gauge": "a", "histogram": "b", "unit": "pct"}, ["gauge, histogram"]),
        ("host.cpu", {"gauge": " ", "unit": "pct"}, ["PromQL"]),
        ("host.cpu", {"gauge": "a" * 2001, "unit": "pct"}, ["at most 2000"]),
        ("host.cpu", {"guage": "a", "unit": "pct"}, ["guage", "did you mean 'gauge'"]),
        ("host.cpu", "cpu", ["a mapping is expected"]),
    ],
)
def test_a_query_that_does_not_fit_its_sli_is_refused(sli: str, query: Any, words: list[str]) -> None:
    said = refusal(CPU, {sli: query})
    assert [word for word in words if word not in said] == [], said


def test_the_filters_refuse_in_the_words_of_ansible() -> None:
    filters = FilterModule().filters()
    gates = {"soak": {"criteria": [{"id": "soak.tested", **CPU}]}}
    for name in filters:
        with pytest.raises(AnsibleFilterError, match=f"{name}: .*host.cpu"):
            filters[name](gates, {}, "staging")
        with pytest.raises(AnsibleFilterError, match="name of the policy"):
            filters[name](gates, QUERIES, "")
        assert filters[name](gates, QUERIES, "staging")
    with pytest.raises(AnsibleFilterError, match="rule_file"):
        filters["alert_rule_tests"](gates, QUERIES, "staging", rule_file="")


# Hostile text, names, numbers


@given(st.text(max_size=80))
def test_no_text_becomes_a_template(text: str) -> None:
    written = promql.literal(text)
    assert re.sub(r'\{\{"\{"\}\}', "{", written) == text
    assert "{" not in re.sub(r'\{\{"\{"\}\}', "", written), "every brace stands in an action that prints it"


def test_what_the_policy_says_is_printed_and_not_run() -> None:
    made = rules_of({**CPU, "title": "{{ query }}", "note": "{ {{ lookup('pipe', 'id') }}"})["soak.tested"]
    assert '{{"{"}}{{"{"}} query }}' in made["annotations"]["description"]
    assert "{{ query" not in made["annotations"]["description"]


@given(st.text(st.characters(blacklist_categories=("C", "Z")), max_size=50))
def test_a_label_value_cannot_leave_its_quotes(text: str) -> None:
    written = promql.quoted(text)
    inside = written[1:-1]
    assert written[0] == written[-1] == '"'
    assert re.fullmatch(r'(?:[^"\\]|\\["\\])*', inside)
    assert re.sub(r"\\(.)", r"\1", inside) == text


def test_a_label_value_that_cannot_be_printed_is_refused() -> None:
    with pytest.raises(InputError, match="label value"):
        promql.quoted("a\nb")


@pytest.mark.parametrize(("seconds", "text"), [(14400, "4h"), (5400, "1h30m"), (90, "1m30s"), (0.25, "250ms"), (86400 * 15, "15d")])
def test_a_duration_is_written_as_prometheus_reads_it(seconds: float, text: str) -> None:
    assert promql.duration(seconds) == text


@pytest.mark.parametrize("seconds", [0, -5, 0.0001])
def test_what_is_no_duration_is_refused(seconds: float) -> None:
    with pytest.raises(InputError):
        promql.duration(seconds)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_back_as_it_was(value: float) -> None:
    assert float(promql.number(value)) == value


def test_an_endless_number_is_no_limit() -> None:
    for value in (float("inf"), float("nan")):
        with pytest.raises(InputError):
            promql.number(value)


def test_no_two_slis_are_recorded_under_one_name() -> None:
    metrics = {Query(sli, "gauge", "x", "1").metric for sli in SLIS}
    assert len(metrics) == len(SLIS)
    assert all(re.fullmatch(r"[a-zA-Z_:][a-zA-Z0-9_:]*", metric) for metric in metrics)


# The generated unit tests


def generated(criterion: dict[str, Any], **settings: Any) -> dict[str, dict[str, Any]]:
    gates = {"soak": {"criteria": [{"id": "soak.tested", **criterion}]}}
    read = read_settings("staging", **settings)
    made = alert_rule_tests(read_alerts(read_policy(gates), read_queries(QUERIES), read), read, "alerts.yml")
    assert made["rule_files"] == ["alerts.yml"]
    return {test["name"]: test for test in made["tests"]}


def test_the_generated_tests_fire_each_alert_and_let_it_be_silent() -> None:
    assert list(generated(CPU)) == [
        "when nothing is measured every alert says so, and the watchdog fires",
        "soak.tested fires over its limit, and not sooner than it should",
        "soak.tested.no_data fires when the value is NaN",
        "soak.tested stays silent under its limit",
        "soak.tested stays silent when it was over its limit for too short a time",
    ]


def test_the_generated_values_lie_just_beside_the_limit() -> None:
    made = generated(CPU)
    assert made["soak.tested fires over its limit, and not sooner than it should"]["input_series"] == [
        {"series": "stagegate:host_cpu", "values": "0.81599999999999995+0x11"}
    ]
    assert made["soak.tested stays silent under its limit"]["input_series"] == [
        {"series": "stagegate:host_cpu", "values": "0.78400000000000003+0x11"}
    ]


def test_where_there_are_groups_only_the_bad_one_is_expected_to_fire() -> None:
    made = generated({**GROWTH, "each": "container"})["soak.tested fires over its limit, and not sooner than it should"]
    fired = [case for case in made["alert_rule_test"] if case["exp_alerts"]]
    assert [alert["exp_labels"]["container"] for case in fired for alert in case["exp_alerts"]] == ["bad"]
    assert len(made["input_series"]) == 2


def test_a_growth_that_no_line_can_keep_up_is_refused() -> None:
    with pytest.raises(InputError, match="shorten the `for`"):
        generated({**GROWTH, "alert": "> 3000 pct/h for 30 min"})


def test_the_same_policy_gives_the_same_rules_and_tests() -> None:
    assert rules_of(CPU) == rules_of(dict(reversed(CPU.items())))
    assert generated(CPU) == generated(CPU)
