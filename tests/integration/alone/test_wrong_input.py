"""What is wrong is said in one message, by the gate or by the module, before anything is changed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from staging_host import ROOT, Played, run

# Only what this collection starts: other people may start containers meanwhile.
ENGINE_LABEL = "stagegate.application=proofile"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A staging host with the application's history and nothing else."""
    home = tmp_path_factory.mktemp("home")
    subprocess.run([sys.executable, "examples/make_history.py", home / "proofile.git"], cwd=ROOT, check=True, capture_output=True)
    return home


@pytest.fixture
def played(elsewhere: Path) -> Callable[..., Played]:
    def play(playbook: str, *options: str, environment: dict[str, str] | None = None, **variables: object) -> Played:
        extra = json.dumps({"preflight_ports": [free_port()], **variables})
        argv = ["ansible-playbook", "-i", "inventories/demo", f"playbooks/{playbook}.yml", "-e", extra, *options]
        return run(argv, timeout=300, environment={"STAGEGATE_HOME": str(elsewhere), **(environment or {})})

    return play


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        yield stranger.getsockname()[1]


def containers() -> str:
    return subprocess.run(
        ["docker", "ps", "--all", "--format", "{{.ID}}", "--filter", f"label={ENGINE_LABEL}"], capture_output=True, text=True, check=True
    ).stdout


def test_a_host_where_nothing_is_wrong_is_ready(played) -> None:
    ready = played("check_readiness")
    assert ready.rc == 0, ready.output[-3000:]


def test_check_mode_goes_through_the_whole_train_on_a_host_that_has_nothing_and_writes_nothing(
    played, elsewhere: Path, tmp_path: Path
) -> None:
    host = {"stagegate_application": "virgin", "stagegate_state_dir": str(tmp_path / "state")}
    dry = played("staging", "--check", "--diff", **host, stagegate_repository=str(elsewhere / "proofile.git"))
    assert dry.rc == 0, dry.output[-3000:]
    assert not (tmp_path / "state").exists()


def test_a_port_that_a_stranger_holds_is_named_with_its_holder(played, taken_port: int) -> None:
    held = played("check_readiness", preflight_ports=[taken_port])
    assert held.rc != 0
    assert "preflight.ports FAIL" in held.output
    assert str(os.getpid()) in held.output, "the holder is this process"


def test_too_little_disk_is_a_hold(played) -> None:
    full = played("check_readiness", stagegate_limit_disk_free="900000 GB")
    assert full.rc != 0
    assert "preflight.disk FAIL" in full.output


def test_a_compose_file_that_does_not_parse_is_told(played, tmp_path: Path) -> None:
    (tmp_path / "broken.yml").write_text("services:\n  backend: [this is\n")
    broken = played("check_readiness", stagegate_compose_overrides=[str(tmp_path / "broken.yml")])
    assert broken.rc != 0
    assert "preflight.compose_valid" in broken.output


@pytest.mark.parametrize(
    ("name", "value", "criterion"),
    [("SECRET_KEY", "", "preflight.variables_set"), ("SECRET_KEY", "change-me", "preflight.no_placeholders")],
)
def test_a_variable_that_is_missing_or_a_placeholder_is_named(played, name: str, value: str, criterion: str) -> None:
    environment = {
        "ENVIRONMENT": "staging",
        "POSTGRES_USER": "proofile",
        "POSTGRES_DB": "proofile_staging",
        "POSTGRES_PASSWORD": "a-long-test-value-1",
        "DATABASE_URL": "postgres://proofile:a-long-test-value-1@postgres:5432/proofile_staging",
        "REDIS_URL": "redis://redis:6379/0",
        "SEED_PASSWORD": "a-long-test-value-2",
        "CORS_ORIGINS": "http://localhost:3000",
        "NEXT_PUBLIC_API_URL": "http://localhost:8000",
        name: value,
    }
    wrong = played("check_readiness", stagegate_environment=environment)
    assert wrong.rc != 0
    assert criterion in wrong.output
    assert name in wrong.output
    assert "a-long-test-value" not in wrong.output


def test_a_misspelt_role_variable_is_named(played) -> None:
    misspelt = played("check_readiness", deploy_health_timeout_secons=5)
    assert misspelt.rc != 0
    assert "deploy_health_timeout_secons" in misspelt.output


def test_a_ref_that_is_not_there_is_named(played) -> None:
    unknown = played("check_readiness", stagegate_release_ref="v99")
    assert unknown.rc != 0
    assert "v99" in unknown.output


def test_an_engine_that_does_not_answer_is_one_message_and_no_traceback(played) -> None:
    down = played("check_readiness", environment={"DOCKER_HOST": "unix:///nonexistent/docker.sock"})
    assert down.rc != 0
    assert "Traceback" not in down.output
    assert "engine" in down.output.lower()


def test_a_phase_alone_without_a_run_says_where_to_start(played, tmp_path: Path) -> None:
    alone = played("smoke_test", stagegate_state_dir=str(tmp_path / "empty"))
    assert alone.rc != 0
    assert "check_readiness" in alone.output


def test_a_phase_before_its_turn_is_refused_with_the_phase_that_is_missing(played) -> None:
    early = played("build_release", stagegate_release_ref="v1")
    assert early.rc != 0
    assert "manual_qa is NEVER" in early.output


def test_an_absent_qa_sheet_is_one_message_that_says_where_it_was_looked_for(played) -> None:
    assert played("check_readiness", stagegate_release_ref="v2").rc == 0
    absent = played("accept_manual_qa", manual_qa_checklist="QA_SHEET.md")
    assert absent.rc != 0
    assert "QA_SHEET.md" in absent.output
    assert "Traceback" not in absent.output


def test_nothing_of_this_started_a_container(played) -> None:
    before = containers()
    played("check_readiness", stagegate_limit_disk_free="900000 GB")
    assert containers() == before
