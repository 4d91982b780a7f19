# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The copy of a rehearsal is removed under the lease: whoever was taken over leaves that of the other one alone."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.lease import Asked
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.lease_file import LeaseFile
from ansible_collections.proofile.stagegate.plugins.modules import migration_rehearsal

RUN = {"id": "r-20261123T101500Z-1a2b3c4d5e6f", "release": "1a2b3c4d5e6f"}


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put an engine without containers on the path; the file that is given says what it was asked."""
    asked = tmp_path / "asked"
    command = tmp_path / "bin" / "docker"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\necho "$@" >> {asked}\n')
    command.chmod(0o755)
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")  # nothing is read at a socket of this host
    monkeypatch.setenv("PATH", f"{command.parent}:{os.environ['PATH']}")
    return asked


def clear(state: Path, token: int, check_mode: bool = False) -> Any:
    defaults = {name: option["default"] for name, option in migration_rehearsal.SPEC.items() if "default" in option}
    step = {"run": RUN, "phase": "deploy", "name": "rehearse", "token": token, "failpoint": ""}
    given = {"application": "app", "state_dir": str(state), "release": RUN["release"], "state": "absent", "step": step}
    return migration_rehearsal.handle({**defaults, **given}, check_mode)


def taken(state: Path) -> int:
    answer = LeaseFile(str(state)).take(Asked("alice@one", RUN["id"], "deploy", 900.0, 0.0), lambda _answer: None, 0.0)
    assert answer.lease is not None
    return answer.lease.token


def steps(state: Path) -> list[tuple[str, str]]:
    path = state / "journal.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [(line["step"], line["at"]) for line in lines]


def test_removing_the_copy_is_a_step_of_whoever_holds_the_lease(docker: Path, tmp_path: Path) -> None:
    clear(tmp_path, taken(tmp_path))
    assert steps(tmp_path)[0] == ("rehearse", "before")
    assert docker.exists()


def test_whoever_was_taken_over_removes_nothing_and_is_told(docker: Path, tmp_path: Path) -> None:
    old = taken(tmp_path)
    taken(tmp_path)
    told = clear(tmp_path, old)
    assert (told["changed"], steps(tmp_path)) == (False, [])
    assert "does not hold the lease any more" in told["trouble"]
    assert not docker.exists()


def test_in_check_mode_nothing_is_asked_or_written(docker: Path, tmp_path: Path) -> None:
    assert clear(tmp_path, 0, check_mode=True)["changed"] is False
    assert not docker.exists()
    assert steps(tmp_path) == []
