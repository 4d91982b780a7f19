"""The whole train on a real engine, in the order of a day: the good release, the bad ones, the way back."""

from __future__ import annotations

import json
import shutil
import urllib.request

import pytest
from staging_host import ROOT, STATE, commit_of, failed_criteria, last_gate, ledger, play


def fetch(url: str) -> tuple[int, str]:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.status, answer.read().decode()


def release_that_serves() -> str:
    return json.loads(fetch("http://localhost:8000/api/version")[1])["release"]


def test_the_demo_ends_in_go_under_the_demo_policy(demo) -> None:
    assert demo.rc == 0, demo.output[-6000:]
    decision = next(entry for entry in reversed(ledger()) if entry["kind"] == "decision")
    assert decision["body"]["decision"] == "GO"
    assert decision["release"] == commit_of("v2")[:12]
    assert "demo policy" in demo.output
    answers = [row["answer"] for row in decision["body"]["go"] + decision["body"]["hold"]]
    assert answers == ["YES"] * 10 + ["CLEAR"] * 10
    assert demo.output.count("  YES  ") == demo.output.count("  CLEAR  ") == 10


def test_the_application_is_usable_on_the_plans_ports(after_demo) -> None:
    assert fetch("http://localhost:8000/health")[0] == 200
    status, page = fetch("http://localhost:3000/")
    assert status == 200
    assert "ProoFile" in page
    assert release_that_serves() == commit_of("v2")[:12]


def test_every_gate_of_the_run_rests_on_evidence(after_demo) -> None:
    for phase in ("preflight", "manual_qa", "build", "deploy", "smoke", "soak", "validate", "decision"):
        gate = last_gate(phase)
        assert gate["body"]["verdict"] == "GO"
        judged = [outcome for outcome in gate["body"]["outcomes"] if not outcome["observe"]]
        assert judged, phase
        assert all(outcome["n"] >= 1 for outcome in judged), phase


def test_a_second_deployment_of_the_same_release_changes_nothing(after_demo) -> None:
    again = after_demo("deploy_release")
    assert again.rc == 0, again.output[-4000:]
    assert again.counts()["changed"] == 0, again.output


def test_nor_does_one_from_another_checkout_of_the_collection(after_demo, tmp_path) -> None:
    checkout = tmp_path / "elsewhere"
    shutil.copytree(ROOT, checkout, symlinks=True, ignore=shutil.ignore_patterns(".git", ".venv", ".cache"))
    (checkout / ".cache").mkdir()
    (checkout / ".cache/collections").symlink_to(ROOT / ".cache/collections")
    again = after_demo("deploy_release", root=checkout)
    assert again.rc == 0, again.output[-4000:]
    assert again.counts()["changed"] == 0, again.output


def test_the_status_report_shows_the_run_and_changes_nothing(after_demo) -> None:
    before = len(ledger())
    report = after_demo("report_status")
    assert report.rc == 0
    assert commit_of("v2")[:12] in report.output
    assert "ledger" in report.output
    assert len(ledger()) == before
    assert report.counts()["changed"] == 0


def test_no_secret_stands_in_any_record(after_demo) -> None:
    secrets = [path.read_text().strip().split()[0] for path in (STATE.parent / "secrets").iterdir()]
    records = [path for path in STATE.rglob("*") if path.is_file() and path.suffix in {".json", ".jsonl", ".log", ".md", ".txt", ".xml"}]
    # The environment and the compose files that the engine reads must hold them, and are for the owner only.
    told = [
        path for path in records if "releases" not in path.parts and any(secret in path.read_text(errors="ignore") for secret in secrets)
    ]
    assert told == []
    for path in (STATE / "releases").rglob("*"):
        if path.is_file() and any(secret.encode() in path.read_bytes() for secret in secrets):
            assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize(
    ("variant", "phase", "criteria"),
    [
        ("never-healthy", "deploy", {"deploy.services", "deploy.preview"}),
        ("console-error", "deploy", {"deploy.preview_console"}),
        ("crash-after-a-minute", "smoke", {"smoke.restarts"}),
        ("two-percent-errors", "soak", {"soak.error_rate"}),
    ],
)
def test_a_bad_release_is_stopped_at_the_gate_that_should_catch_it(after_demo, variant: str, phase: str, criteria: set[str]) -> None:
    # A host that has seen these tests before would refuse it at once, because it was found bad.
    accepted = "deploy_accept_bad=true deploy_accept_bad_reason='the tests deploy it again' deploy_accept_bad_owner=tests"
    # One that never comes up needs no long patience.
    patience = "deploy_health_timeout_seconds=20" if variant == "never-healthy" else "deploy_health_timeout_seconds=60"
    bad = play("staging", "-e", f"stagegate_release_variant={variant}", "-e", accepted, "-e", patience)
    assert bad.rc != 0
    gate = last_gate(phase)
    assert gate["release"] == commit_of(f"v2-{variant}")[:12]
    assert gate["body"]["verdict"] in ("HOLD", "FAIL")
    assert criteria & failed_criteria(gate), failed_criteria(gate)
    assert sorted(criteria & failed_criteria(gate))[0] in bad.output
    if phase in ("deploy", "smoke"):
        assert release_that_serves() == commit_of("v2")[:12]


def test_rolling_back_brings_the_last_good_release_and_says_so(after_demo) -> None:
    assert release_that_serves() != commit_of("v2")[:12], "the release with 2 % errors was stopped in the soak and still serves"
    back = play("roll_back", "-e", "rollback_cause='2 % errors in the soak'")
    assert back.rc == 0, back.output[-4000:]
    assert "ROLLED_BACK" in back.output
    assert release_that_serves() == commit_of("v2")[:12]
    assert list((STATE / "evidence").glob("*/rollback/incident-*.md"))


def test_a_release_that_was_found_bad_is_refused_before_anything_is_begun(after_demo) -> None:
    before = last_gate("deploy")
    refused = play("staging", "-e", "stagegate_release_variant=two-percent-errors", "-e", "stagegate_fresh=true")
    assert refused.rc != 0
    assert "was found bad on this host" in refused.output
    assert last_gate("deploy") == before
    assert release_that_serves() == commit_of("v2")[:12]


def test_an_unknown_rollback_release_is_refused_with_the_list_of_those_there_are(after_demo) -> None:
    refused = play("roll_back", "-e", "rollback_release=000000000000")
    assert refused.rc != 0
    assert commit_of("v1")[:12] in refused.output
    assert release_that_serves() == commit_of("v2")[:12]
