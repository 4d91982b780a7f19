# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The alert rules in the hands of the real promtool: they are valid, they fire and stay silent, and no number in them is free.

Needs promtool (scripts/install_prometheus brings it) and no engine.
"""

from __future__ import annotations

import copy
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from staging_host import ROOT, run

from ansible_collections.proofile.stagegate.plugins.filter.alert_rules import FilterModule

FILTERS = FilterModule().filters()
POLICIES = ("staging", "demo")
WATCHED = ["soak.cpu", "soak.memory_growth", "soak.db_connections", "soak.error_rate", "soak.p95", "soak.disk", "soak.cache_hit_rate"]


@dataclass(frozen=True)
class Promtool:
    """The real promtool, in a folder of the test's own."""

    binary: str
    folder: Path

    def check(self, rules: Any) -> subprocess.CompletedProcess[str]:
        """`promtool check rules`."""
        return self._call("check", self._write("rules.yml", rules))

    def test(self, rules: Any, tests: Any, name: str = "case") -> subprocess.CompletedProcess[str]:
        """`promtool test rules`: the tests are asked of these rules."""
        self._write(f"{name}.rules.yml", rules)
        return self._call("test", self._write(f"{name}.yml", {**tests, "rule_files": [f"{name}.rules.yml"]}))

    def _write(self, name: str, document: Any) -> Path:
        path = self.folder / name
        path.write_text(yaml.safe_dump(document, sort_keys=False))
        return path

    def _call(self, word: str, path: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self.binary, word, "rules", path], capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="session")
def prometheus_folder() -> str:
    """The folder with promtool and prometheus."""
    found = subprocess.run([ROOT / "scripts/install_prometheus"], stdout=subprocess.PIPE, text=True, timeout=300, check=True)
    return found.stdout.strip()


@pytest.fixture
def promtool(prometheus_folder: str, tmp_path: Path) -> Promtool:
    return Promtool(f"{prometheus_folder}/promtool", tmp_path)


@dataclass(frozen=True)
class Rendered:
    """What Ansible wrote."""

    rules: dict[str, Any]
    tests: dict[str, Any]
    folder: Path


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Rendered]:
    """Rules and tests of an inventory, made by the play that the documentation shows."""
    made: dict[str, Rendered] = {}

    def render(policy: str) -> Rendered:
        if policy not in made:
            made[policy] = played(policy, tmp_path_factory.mktemp(policy))
        return made[policy]

    return render


def played(policy: str, folder: Path) -> Rendered:
    files = ["-e", f"alerts_rules_file={folder}/rules.yml", "-e", f"alerts_tests_file={folder}/tests.yml"]
    done = run(["ansible-playbook", "-i", f"inventories/{policy}", "playbooks/render_alerts.yml", *files], timeout=120)
    assert done.rc == 0, done.output[-3000:]
    return Rendered(*(yaml.safe_load((folder / name).read_text()) for name in ("rules.yml", "tests.yml")), folder)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_rules_of_the_policy_are_valid_and_pass_the_tests_made_of_it(policy: str, rendered, prometheus_folder: str) -> None:
    folder = rendered(policy).folder
    for word, name in (("check", "rules.yml"), ("test", "tests.yml")):
        done = subprocess.run([f"{prometheus_folder}/promtool", word, "rules", folder / name], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "SUCCESS" in done.stdout


def test_every_alert_that_the_plan_wants_is_there_with_its_twin_and_the_watchdog(rendered) -> None:
    rules = rendered("staging").rules["groups"][0]["rules"]
    names = [rule["alert"] for rule in rules if "alert" in rule]
    assert names == [name for each in WATCHED for name in (each, f"{each}.no_data")] + ["stagegate.watchdog"]


def test_the_thresholds_are_those_of_the_plan(rendered) -> None:
    rules = {rule["alert"]: rule for rule in rendered("staging").rules["groups"][0]["rules"] if "alert" in rule}
    limits = {name: (" ".join(rules[name]["expr"].split()[-2:]), rules[name].get("for")) for name in WATCHED}
    assert limits == {
        "soak.cpu": ("> 80", "5m"),
        "soak.memory_growth": ("> 5", None),
        "soak.db_connections": (">= 20", "5m"),
        "soak.error_rate": ("> 1", "1m"),
        "soak.p95": ("> 5", "5m"),
        "soak.disk": ("> 80", "5m"),
        "soak.cache_hit_rate": ("<= 80", "15m"),
    }


# No number, sign, label or half of a rule may change without a generated test that fails.

Mutation = Callable[[dict[str, Any]], None]


def limit_times(factor: float) -> Mutation:
    def mutate(rule: dict[str, Any]) -> None:
        rule["expr"] = re.sub(r"([<>]=?) (\S+)$", lambda found: f"{found.group(1)} {float(found.group(2)) * factor}", rule["expr"])

    return mutate


def turned_round(rule: dict[str, Any]) -> None:
    other = {"<": ">", ">": "<"}
    rule["expr"] = re.sub(r"([<>])(=?) (\S+)$", lambda found: f"{other[found.group(1)]}{found.group(2)} {found.group(3)}", rule["expr"])


def lasting(text: str) -> Mutation:
    return lambda rule: rule.update({"for": text})


def without_absence(rule: dict[str, Any]) -> None:
    rule["expr"] = re.sub(r"^absent\(.*?\) or \(", "(", rule["expr"])


def without_nan(rule: dict[str, Any]) -> None:
    rule["expr"] = rule["expr"].split(" or (")[0]


def milder(rule: dict[str, Any]) -> None:
    rule["labels"]["severity"] = "none"


def mute(rule: dict[str, Any]) -> None:
    rule["annotations"]["summary"] = rule["annotations"]["summary"].replace("%.1f", "%.0f")


def never(rule: dict[str, Any]) -> None:
    rule["expr"] = "vector(0) > 1"


ALERT_MUTATIONS = {
    "a higher limit": limit_times(1.1),
    "a lower limit": limit_times(0.9),
    "the other side": turned_round,
    "later": lasting("2h"),
    "milder": milder,
    "another text": mute,
    "never": never,
}
TWIN_MUTATIONS = {
    "absence unseen": without_absence,
    "no number unseen": without_nan,
    "later": lasting("2h"),
    "milder": milder,
    "never": never,
}


def mutants(rules: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(criterion, what was changed, rules)."""
    for name in WATCHED:
        changes = [(name, *item) for item in ALERT_MUTATIONS.items()] + [(f"{name}.no_data", *item) for item in TWIN_MUTATIONS.items()]
        if any(rule.get("alert") == name and "for" in rule for rule in rules["groups"][0]["rules"]):
            changes.append((name, "at once", lambda rule: rule.pop("for")))
        for target, what, mutate in changes:
            changed = copy.deepcopy(only(rules, name))
            (rule,) = [rule for rule in changed["groups"][0]["rules"] if rule.get("alert") == target]
            mutate(rule)
            assert changed != only(rules, name), f"{target}: {what} changes nothing"
            yield name, f"{target}: {what}", changed


def only(rules: dict[str, Any], name: str) -> dict[str, Any]:
    """The recorded SLIs, the rules of one criterion, and the watchdog: fewer rules to evaluate, the same to find."""
    kept = [rule for rule in rules["groups"][0]["rules"] if rule.get("alert", name) in (name, f"{name}.no_data", "stagegate.watchdog")]
    return {"groups": [{**rules["groups"][0], "rules": kept}]}


def about(tests: dict[str, Any], name: str) -> dict[str, Any]:
    """The tests of one criterion."""
    names = (name, f"{name}.no_data")
    kept = [
        {**test, "alert_rule_test": [case for case in test["alert_rule_test"] if case["alertname"] in names]} for test in tests["tests"]
    ]
    return {**tests, "tests": [test for test in kept if test["alert_rule_test"]]}


def test_a_rule_that_is_changed_is_found_by_the_tests_made_of_the_policy(rendered, promtool: Promtool) -> None:
    made = rendered("staging")
    for name in WATCHED:
        unchanged = promtool.test(only(made.rules, name), about(made.tests, name), name)
        assert unchanged.returncode == 0, unchanged.stdout + unchanged.stderr
    cases = list(enumerate(mutants(made.rules)))
    with ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(lambda case: promtool.test(case[1][2], about(made.tests, case[1][0]), f"m{case[0]}").returncode, cases))
    assert len(cases) > 80
    assert [what for (_number, (_name, what, _rules)), code in zip(cases, codes) if code == 0] == []


# Every shape that a criterion can have, also those that the staging policy does not use.

SHAPES: list[dict[str, Any]] = [
    {"sli": "host.cpu", "pass": "< 70 pct", "alert": "> 80 pct for 90 s"},
    {
        "sli": "host.cpu",
        "pass": "< 70 pct",
        "alert": ">= 0.05 pct",
        "title": "{{ $value }} { {{ lookup('pipe', 'id') }}",
        "note": '{{ "{" }}',
    },
    {"sli": "host.cpu", "agg": "max", "pass": "> 10 pct", "alert": "< 5 pct for 5 min", "key": True},
    {"sli": "health.failed{component=backend, stage=public}", "pass": "== 0 count", "alert": "> 0 count for 2 min"},
    {"sli": "health.failed{stage=public}", "agg": "sum", "each": "component", "pass": "== 0 count", "alert": "!= 0 count for 2 min"},
    {
        "sli": "health.failed{stage=public}",
        "each": "component",
        "expect": ["backend", 'it\'s "quoted" $1 \\ {{ x }}'],
        "pass": "== 0 count",
        "alert": ">= 1 count for 2 min",
    },
    {
        "sli": "health.failed{stage=public} / health.checks{stage=public}",
        "each": "component",
        "expect": ["backend", "$1"],
        "pass": "< 1 pct",
        "alert": "> 1 pct for 2 min",
    },
    {"sli": "http.errors / http.requests", "pass": "< 0.1 pct", "alert": "> 1 pct for 1 min"},
    {"sli": "redis.hits / (redis.hits + redis.misses)", "pass": "> 80 pct", "alert": "< 80 pct for 5 min"},
    {"sli": "http.requests", "agg": "rate", "pass": "> 1 per_s", "alert": "< 60 per_min for 5 min"},
    {"sli": "http.duration", "agg": "p(99)", "pass": "< 5 s", "alert": "> 5 s for 5 min"},
    {"sli": "page.load", "agg": "p(95)", "each": "page", "pass": "< 5 s", "alert": "> 5000 ms for 5 min"},
    {"sli": "page.load", "agg": "max", "pass": "< 5 s", "alert": "> 5 s"},
    {"sli": "page.load", "agg": "mean", "pass": "< 5 s", "alert": "> 5 s for 45 s"},
    {"sli": "container.working_set", "agg": "slope", "pass": "<= 5 pct/h", "min_duration": "1 h", "alert": "> 0.05 1/h for 10 min"},
    {"sli": "container.working_set", "agg": "slope", "pass": ">= -5 pct/h", "min_duration": "5 min", "alert": "< -5 pct/h for 2 min"},
    {
        "sli": "container.working_set",
        "agg": "slope",
        "each": "container",
        "expect": ["backend", "frontend"],
        "pass": "<= 5 pct/h",
        "min_duration": "1 h",
        "alert": "> 5 pct/h",
    },
    {"sli": "bundle.size", "pass": "265-465 kB"},
    {"sli": "postgres.active", "pass": "== 20 count"},
]
SHAPE_QUERIES = {
    "host.cpu": {"gauge": "cpu", "unit": "ratio"},
    "health.failed": {"gauge": "failed", "unit": "count"},
    "health.checks": {"gauge": "checks", "unit": "count"},
    "http.errors": {"counter": "rate(errors[2m])", "unit": "per_min"},
    "http.requests": {"counter": "rate(requests[2m])", "unit": "per_s"},
    "http.duration": {"histogram": "sum by (le) (rate(duration_bucket[5m]))", "unit": "ms"},
    "redis.hits": {"counter": "rate(hits[5m])", "unit": "per_s"},
    "redis.misses": {"counter": "rate(misses[5m])", "unit": "per_min"},
    "page.load": {"gauge": "load", "unit": "s", "over": "10 min"},
    "container.working_set": {"gauge": "memory", "unit": "B"},
    "bundle.size": {"gauge": "size", "unit": "B"},
    "postgres.active": {"gauge": "connections", "unit": "count"},
}


@pytest.mark.parametrize("criterion", SHAPES, ids=lambda criterion: f"{criterion['sli'][:30]} {criterion.get('alert', criterion['pass'])}")
def test_every_shape_of_a_criterion_fires_and_stays_silent(criterion: dict[str, Any], promtool: Promtool) -> None:
    gates = {"soak": {"criteria": [{"id": "soak.tested", **criterion}]}}
    settings = {"policy": "{{ $labels }}", "from_pass": {} if "alert" in criterion else {"soak.tested": "5 min"}}
    rules = FILTERS["alert_rules"](gates, SHAPE_QUERIES, **settings)
    tests = FILTERS["alert_rule_tests"](gates, SHAPE_QUERIES, **settings)
    for done in (promtool.check(rules), promtool.test(rules, tests)):
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("criterion", "series", "values", "at"),
    [
        # Half of the window is NaN, and so is the median; the newest sample is a number.
        ({"sli": "page.load", "agg": "median", "pass": "< 5 s", "alert": "> 5 s"}, "stagegate:page_load", "NaN " * 30 + "1+0x20", "11m"),
        # From nothing nothing grows by a percentage.
        (
            {"sli": "container.working_set", "agg": "slope", "pass": "<= 5 pct/h", "min_duration": "10 min", "alert": "> 5 pct/h"},
            "stagegate:container_working_set",
            "0+0x60",
            "15m",
        ),
    ],
)
def test_a_statistic_that_is_no_number_is_unknown_though_the_newest_sample_is_one(
    criterion: dict[str, Any], series: str, values: str, at: str, promtool: Promtool
) -> None:
    gates = {"soak": {"criteria": [{"id": "soak.tested", **criterion}]}}
    rules = FILTERS["alert_rules"](gates, SHAPE_QUERIES, "staging", no_data_for="2 min")
    firing = {"expr": 'count(ALERTS{alertstate="firing", alertname!="stagegate.watchdog"}) by (alertname)', "eval_time": at}
    firing["exp_samples"] = [{"labels": '{alertname="soak.tested.no_data"}', "value": 1}]
    test = {"interval": "15s", "input_series": [{"series": series, "values": values}], "promql_expr_test": [firing]}
    done = promtool.test(rules, {"evaluation_interval": "15s", "tests": [test]})
    assert done.returncode == 0, done.stdout + done.stderr


# What the queries make of metrics as the exporters write them: (series, samples 15 s apart), and what must come out after ten minutes.

STEPS = 40
CONTAINER = 'container_memory_working_set_bytes{id="/docker/1",image="proofile-backend:1",name="proofile-blue-backend-1"}'
EXPORTED: dict[str, tuple[dict[str, str], str, float]] = {
    "host.cpu": (
        # Of 15 s each core was idle for 9, and waited for the disk for 3: a fifth was used.
        {
            f'node_cpu_seconds_total{{instance="a",cpu="{cpu}",mode="{mode}"}}': f"0+{used}x{STEPS}"
            for cpu in "01"
            for mode, used in {"idle": 9, "iowait": 3, "user": 2, "system": 0.5, "steal": 0.5}.items()
        },
        "stagegate:host_cpu",
        0.2,
    ),
    "host.disk_used": (
        {
            'node_filesystem_size_bytes{device="/dev/vda",fstype="ext4",mountpoint="/"}': f"100+0x{STEPS}",
            'node_filesystem_free_bytes{device="/dev/vda",fstype="ext4",mountpoint="/"}': f"40+0x{STEPS}",
            'node_filesystem_avail_bytes{device="/dev/vda",fstype="ext4",mountpoint="/"}': f"20+0x{STEPS}",
            'node_filesystem_size_bytes{device="tmpfs",fstype="tmpfs",mountpoint="/run"}': f"100+0x{STEPS}",
            'node_filesystem_free_bytes{device="tmpfs",fstype="tmpfs",mountpoint="/run"}': f"1+0x{STEPS}",
            'node_filesystem_avail_bytes{device="tmpfs",fstype="tmpfs",mountpoint="/run"}': f"1+0x{STEPS}",
        },
        "stagegate:host_disk_used",
        0.75,
    ),
    "container.working_set": (
        {CONTAINER: f"1000+0x{STEPS}", 'container_memory_working_set_bytes{id="/",name=""}': f"9000+0x{STEPS}"},
        'stagegate:container_working_set{container="proofile-blue-backend-1"}',
        1000,
    ),
    "http.requests": (
        {f'haproxy_frontend_http_requests_total{{proxy="port_{port}"}}': f"0+150x{STEPS}" for port in (3000, 8000)},
        "stagegate:http_requests:rate",
        20,
    ),
    "http.errors": (
        {
            'haproxy_frontend_http_responses_total{proxy="port_8000",code="5xx"}': f"0+15x{STEPS}",
            'haproxy_frontend_http_responses_total{proxy="port_3000",code="5xx"}': f"0+0x{STEPS}",
            'haproxy_frontend_http_responses_total{proxy="port_8000",code="4xx"}': f"0+30x{STEPS}",
        },
        "stagegate:http_errors:rate",
        1,
    ),
    "http.duration": (
        {'probe_duration_seconds{instance="backend"}': f"0.5+0x{STEPS}", 'probe_duration_seconds{instance="frontend"}': f"0.7+0x{STEPS}"},
        "stagegate:http_duration",
        0.7,
    ),
    "postgres.active": (
        {
            'pg_stat_activity_count{datname="proofile_staging",state="active"}': f"7+0x{STEPS}",
            'pg_stat_activity_count{datname="postgres",state="active"}': f"1+0x{STEPS}",
            'pg_stat_activity_count{datname="proofile_staging",state="idle"}': f"30+0x{STEPS}",
        },
        "stagegate:postgres_active",
        8,
    ),
    "redis.hits": ({"redis_keyspace_hits_total": f"0+135x{STEPS}"}, "stagegate:redis_hits:rate", 9),
    "redis.misses": ({"redis_keyspace_misses_total": f"0+15x{STEPS}"}, "stagegate:redis_misses:rate", 1),
}


def test_every_query_of_the_inventory_is_asked_about_exported_metrics() -> None:
    queries = yaml.safe_load((ROOT / "inventories/staging/group_vars/all/alerts.yml").read_text())["stagegate_prometheus_queries"]
    assert set(queries) == set(EXPORTED)


@pytest.mark.parametrize("sli", EXPORTED)
def test_a_query_answers_what_its_sli_means(sli: str, rendered, promtool: Promtool) -> None:
    series, recorded, value = EXPORTED[sli]
    labels = recorded.removeprefix(recorded.split("{")[0])
    near = {"expr": f"abs({recorded} - {value}) < bool 1e-9", "eval_time": "10m", "exp_samples": [{"labels": labels, "value": 1}]}
    alone = {"expr": f"count({recorded.split('{')[0]})", "eval_time": "10m", "exp_samples": [{"value": 1}]}
    test = {
        "interval": "15s",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [near, alone],
    }
    done = promtool.test(rendered("staging").rules, {"evaluation_interval": "15s", "tests": [test]})
    assert done.returncode == 0, done.stdout + done.stderr


# The script that brings promtool


def test_promtool_on_path_is_used_as_it_is(prometheus_folder: str, tmp_path: Path) -> None:
    for name in ("promtool", "prometheus"):
        (tmp_path / name).symlink_to(Path(prometheus_folder) / name)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([ROOT / "scripts/install_prometheus"], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(tmp_path)


def test_a_promtool_that_does_not_run_is_not_used(prometheus_folder: str, tmp_path: Path) -> None:
    (tmp_path / "promtool").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "promtool").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run([ROOT / "scripts/install_prometheus"], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() != str(tmp_path)
    assert Path(done.stdout.strip(), "promtool").is_file()
