"""The bad variants of the reference backend, soaked for real: each is caught by the criterion that is there for it, the good one passes.

The criteria are those of the shipped soak gate; only their times and numbers of samples are those of a soak of twenty seconds.
"""

from __future__ import annotations

import re
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from engine_client import docker

from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.evidence import EvidenceBook
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.outcome import Outcome
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.policy import read_policy
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.verdict import gate_verdict, judge_gate
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.entries import Draft
from ansible_collections.proofile.stagegate.plugins.module_utils.io.ledger.ledger_file import LedgerFile
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_control import SoakControl
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_files import soak_folder
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources.series import SeriesReader

ROOT = Path(__file__).resolve().parents[2]
STAGING = ROOT / "inventories/staging/group_vars/all"
SECRETS = ROOT / ".cache/build_secrets"
NAME = "soak-variants"
# The faults begin after 300 API requests. Most variants have answered more of them before the soak, which warms the process up, too;
# one begins to be slow in the middle of what is left of the soak after its first 15 pct, a second before its answers come.
SECONDS, RATE, API_RATE = 22, 25, 20
MIDDLE = 300 - round(API_RATE * (SECONDS * (0.15 + 1) / 2 - 1.2))
SOAKS = {
    "good": ("good", 8810, 320),
    "leak": ("leaks-memory", 8811, 320),
    "errors": ("two-percent-errors", 8812, 320),
    "slow": ("slow", 8813, 301),
    "slower": ("slow", 8814, MIDDLE),
}
CAUGHT_BY = {"leak": "soak.memory_growth", "errors": "soak.error_rate", "slow": "soak.p50", "slower": "soak.latency_drift"}
COMMIT = "1a2b3c4d5e6f" + "0" * 28
RUN = {"id": "r-20270115T080000Z-1a2b3c4d5e6f", "release": COMMIT[:12], "commit": COMMIT, "policy": "variants", "policy_digest": "0" * 64}
# What a soak of 24 h can ask for, as a soak of 20 s can: nobody sees 5 pct/h, 0.1 pct or a tenth more in so short a time.
SCALED = {
    "stagegate_limit_soak_duration": "20 s",
    "stagegate_limit_soak_gap": "10 s",
    "stagegate_limit_soak_samples": "20",
    "stagegate_limit_memory_growth": "2500 pct/h",
    "stagegate_limit_memory_reach": "5 s",
    "stagegate_limit_slope_window": "10 s",
    "stagegate_limit_slope_cycles": "0",
    "stagegate_limit_latency_drift": "1000 pct",
    "stagegate_limit_latency_drift_surely": "5000 pct",
    "stagegate_limit_drift_window": "10 s",
}
# Other people work on this machine, the backend is asked for nothing that needs a database or a cache, there is no edge, its log is not
# followed, and nobody watches: no alerts, no jobs.
NOT_OF_THE_VARIANT = {
    *("soak.cpu", "soak.disk", "soak.db_connections", "soak.deadlocks", "soak.lock_waits", "soak.cache_hit_rate"),
    *("soak.user_error_rate", "soak.services_answer"),
    *("soak.logs_whole", "soak.logs_critical", "soak.log_kinds", "soak.alert_rules", "soak.alerts"),
    *("soak.jobs_missed", "soak.job_failures", "soak.page_load", "soak.fcp", "soak.lcp", "soak.cls", "soak.ttfb"),
}


def scaled_policy() -> Any:
    """The shipped soak gate with the limits of SCALED, an error limit that 500 requests can show, and as many requests as there are."""
    limits = {**yaml.safe_load((STAGING / "limits.yml").read_text()), **SCALED}
    text = re.sub(r"\{\{ (stagegate_limit_\w+) \}\}", lambda found: str(limits[found[1]]), (STAGING / "gates.yml").read_text())
    text = re.sub(r'"(\d+)"', r"\1", text)
    gate = yaml.safe_load(text)["stagegate_gates"]["soak"]
    criteria = [dict(given) for given in gate["criteria"] if given["id"] not in NOT_OF_THE_VARIANT]
    for given in criteria:
        given["min_samples"] = min(int(given.get("min_samples", 1)), 200)
        given.update({"pass": "< 1 pct"} if given["id"] == "soak.error_rate" else {})
    return read_policy({"soak": {"title": "Soak", "criteria": criteria}})


def build_backend() -> None:
    """The image of the reference backend as it stands in the checkout; out of the engine's cache where the demo has built it."""
    kept = [name for name in ("build_ca", "pip_conf") if (SECRETS / name).is_file()]
    secrets = [word for name in kept for word in ("--secret", f"id={name},src={SECRETS / name}")]
    recipe = str(ROOT / "examples/proofile/backend")
    docker("buildx", "build", "--quiet", "--load", "--target", "production", "--tag", NAME, *secrets, recipe)


def run_backend(soak: str) -> None:
    variant, port, _before = SOAKS[soak]
    environment = {
        "ENVIRONMENT": "staging",
        "DATABASE_URL": "postgresql://nobody:nothing@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "SECRET_KEY": "a-secret-of-this-test-and-of-nothing-else",
        "RELEASE_VARIANT": variant,
    }
    given = [word for name, value in environment.items() for word in ("--env", f"{name}={value}")]
    labels = ["--label", f"com.docker.compose.project={NAME}-{soak}", "--label", "com.docker.compose.service=backend"]
    docker("run", "--detach", "--name", f"{NAME}-{soak}", *labels, "--publish", f"127.0.0.1:{port}:8000", "--memory", "1g", *given, NAME)


def warm_up(soak: str) -> None:
    """Wait until it answers, then ask as often as was said."""
    _variant, port, before = SOAKS[soak]
    ends = time.monotonic() + 40
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
            break
        except (urllib.error.URLError, OSError):
            assert time.monotonic() < ends, docker("logs", f"{NAME}-{soak}")[-2000:]
            time.sleep(0.3)
    for _number in range(before):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/version", timeout=5).close()
        except urllib.error.HTTPError as error:
            error.close()


def soaked(soak: str, state: Path) -> list[dict[str, Any]]:
    """The measurements of a soak by the real agent."""
    control = SoakControl(soak_folder(str(state), RUN["id"]))
    mix = [
        {"name": "version", "weight": API_RATE, "steps": [{"request": "GET /api/version", "expect_present": ["release"]}]},
        {"name": "health", "weight": RATE - API_RATE, "steps": [{"request": "GET /health"}]},
    ]
    load = {"base_url": f"http://127.0.0.1:{SOAKS[soak][1]}", "rate_per_second": RATE, "workers": 48, "timeout_seconds": 10, "mix": mix}
    plan = {"run": RUN["id"], "duration_seconds": SECONDS, "interval_seconds": 0.5, "projects": [f"{NAME}-{soak}"], "load": load}
    try:
        assert control.start(plan, {})
        control.wait(SECONDS + 20)
        assert control.status()["finished"], (state / "soak" / RUN["id"] / "agent.log").read_text()
        return control.collect(str(state))
    finally:
        control.stop()


def judged(state: Path, measurements: list[dict[str, Any]]) -> tuple[str, dict[str, Outcome]]:
    """The verdict of the scaled soak gate, and its outcomes by id; through a ledger, as the gate does it."""
    gate = scaled_policy().gate("soak")
    book = LedgerFile(str(state))
    drafts = [Draft("evidence", "soak", body) for body in measurements]
    book.append({**RUN, "state_dir": str(state)}, [Draft("phase", "soak", {"event": "started", "requires": []}), *drafts])
    outcomes = judge_gate(gate, EvidenceBook(book.entries(), RUN["id"], RUN["release"]), SeriesReader(str(state)), time.time())
    return gate_verdict(outcomes), {outcome.id: outcome for outcome in outcomes}


def one_soak(soak: str, state: Path) -> tuple[str, dict[str, Outcome]]:
    state.mkdir()
    run_backend(soak)
    warm_up(soak)
    return judged(state, soaked(soak, state))


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[str, dict[str, Outcome]]]]:
    """All soaks, at the same time."""
    folder = tmp_path_factory.mktemp("variants")
    build_backend()
    try:
        with ThreadPoolExecutor(len(SOAKS)) as pool:
            found = {soak: pool.submit(one_soak, soak, folder / soak) for soak in SOAKS}
        yield {soak: told.result() for soak, told in found.items()}
    finally:
        for soak in SOAKS:
            subprocess.run(["docker", "rm", "--force", "--volumes", f"{NAME}-{soak}"], capture_output=True, check=False)
        subprocess.run(["docker", "image", "rm", NAME], capture_output=True, check=False)


def told(outcomes: dict[str, Outcome]) -> str:
    return "\n".join(f"{outcome.status} {outcome.id}: {outcome.sentence}" for outcome in outcomes.values())


def test_the_good_release_passes(verdicts) -> None:
    verdict, outcomes = verdicts["good"]
    print(told(outcomes))
    assert verdict == "GO", told(outcomes)
    assert {"soak.memory_growth", "soak.latency_drift", "soak.error_rate", "soak.p95", "soak.restarts"} <= set(outcomes)


@pytest.mark.parametrize("soak", CAUGHT_BY)
def test_a_bad_release_fails_by_the_criterion_that_is_there_for_it(verdicts, soak: str) -> None:
    verdict, outcomes = verdicts[soak]
    assert verdict in ("HOLD", "FAIL"), told(outcomes)
    assert outcomes[CAUGHT_BY[soak]].status == "FAIL", told(outcomes)
    assert outcomes["soak.coverage"].good, "it is the release that is bad, and not the soak"


@pytest.mark.parametrize("soak", CAUGHT_BY)
def test_nothing_else_is_said_against_it(verdicts, soak: str) -> None:
    _verdict, outcomes = verdicts[soak]
    assert [name for name, outcome in outcomes.items() if outcome.status == "FAIL"] == [CAUGHT_BY[soak]], told(outcomes)


def test_leak_and_drift_fail_by_the_lower_end_of_their_interval(verdicts) -> None:
    leak, slower = verdicts["leak"][1]["soak.memory_growth"], verdicts["slower"][1]["soak.latency_drift"]
    assert 2500 < leak.low < leak.high
    assert leak.group == f"{NAME}-leak"
    assert slower.low > 1000
