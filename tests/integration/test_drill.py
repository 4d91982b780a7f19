"""A drill on a real engine: a broken twin of the live release is found, before the switch and after it, and the way back works."""

from __future__ import annotations

import json
import os
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_client import docker
from staging_host import ROOT, Played, run

APP, PORT = "sgm-drill", 8710
OLD, LIVE = "0000000000a1", "0000000000b2"
MODES = ["fails_after_switch", "healthy", "never_healthy"]


class Host:
    """The state folder, and what is played on it."""

    def __init__(self, state: Path) -> None:
        self.state = state

    def play(self, playbook: str, release: str, *arguments: str) -> Played:
        argv = ["ansible-playbook", "-i", "tests/integration/drill/inventory.yml", playbook, "-e", f"release={release}", *arguments]
        return run(argv, environment={"DRILL_STATE": str(self.state)})

    def must(self, playbook: str, release: str, *arguments: str) -> Played:
        done = self.play(playbook, release, *arguments)
        assert done.rc == 0, done.output[-5000:]
        return done

    def ledger(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.state / "ledger.jsonl").read_text().splitlines()]

    def evidence(self, sli: str, phase: str = "drill") -> dict[str, float]:
        """Label value -> newest value of an SLI in the drill, or another phase."""
        bodies = [entry["body"] for entry in self.ledger() if entry["kind"] == "evidence" and entry["phase"] == phase]
        return {"".join(body["labels"].values()): body["value"] for body in bodies if body["sli"] == sli}

    def running(self, colour: str) -> set[str]:
        """The releases that run in a colour."""
        shown = docker("ps", "--filter", f"label=com.docker.compose.project={APP}-{colour}", "--format", '{{.Label "stagegate.release"}}')
        return set(shown.split())


def release_that_serves() -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/version", timeout=5) as answer:
        return str(answer.read().decode())


def build(state: Path) -> None:
    """The images of the molecule scenarios under their own tags, and what the build phase would leave in the state folder."""
    docker("build", "--quiet", "--tag", "stagegate-molecule-postgres:1", str(ROOT / "examples/proofile/docker/postgres"))
    for release, revisions in ((OLD, "0001"), (LIVE, "0001 0002")):
        tag = f"stagegate-molecule-app:{release}"
        arguments = [f"--build-arg={key}={value}" for key, value in (("RELEASE", release), ("STATUS", "200"), ("REVISIONS", revisions))]
        docker("build", "--quiet", "--tag", tag, *arguments, str(ROOT / "molecule/deploy/app"))
        identity = docker("image", "inspect", "--format", "{{.Id}}", tag).strip()
        assert identity
        for part in ("source", "releases"):
            (state / part / release).mkdir(parents=True)
        shutil.copy(ROOT / "molecule/deploy/shared/docker-compose.yml", state / "source" / release)
        (state / "releases" / release / "release.json").write_text(json.dumps({"images": {"web": {"tag": tag, "id": identity}}}))


def remove() -> None:
    for part in ("edge", "blue", "green", "data"):
        found = docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={APP}-{part}").split()
        if found:
            docker("rm", "--force", "--volumes", *found, check=False)
    docker("network", "rm", f"{APP}-blue", f"{APP}-green", f"{APP}-data_default", check=False)
    docker("volume", "rm", f"{APP}-data", check=False)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """An older release is kept beside the one that serves."""
    made = Host(tmp_path_factory.mktemp("drill") / "state")
    made.state.mkdir()
    remove()
    build(made.state)
    for release in (OLD, LIVE):
        made.must("tests/integration/drill/deploy.yml", release)
    yield made
    remove()


@pytest.fixture(scope="module")
def drilled(host: Host) -> Host:
    host.must("playbooks/drill_rollback.yml", LIVE)
    return host


def test_every_mode_ends_with_the_good_release_serving(drilled: Host) -> None:
    assert drilled.evidence("drill.rollbacks") == dict.fromkeys(MODES, 1)
    assert drilled.evidence("drill.failures") == dict.fromkeys(MODES, 0)
    assert release_that_serves() == LIVE


def test_what_was_kept_for_the_next_rollback_is_kept_again(drilled: Host) -> None:
    assert (drilled.running("blue"), drilled.running("green")) == ({OLD}, {LIVE})
    assert not list((drilled.state / "releases").glob("drill-*"))
    assert not (drilled.state / "drill.json").exists()


def test_times_are_measured_and_no_row_is_lost(drilled: Host) -> None:
    detected = drilled.evidence("drill.time_to_detect")
    assert sorted(detected) == ["fails_after_switch", "never_healthy"]
    assert all(0 < seconds < 40 for seconds in detected.values())
    assert all(0 < seconds < 30 for seconds in drilled.evidence("drill.time_to_restore").values())
    assert drilled.evidence("drill.rows_lost") == {"": 0}


def test_users_saw_nothing_but_the_release_that_failed_after_the_switch(drilled: Host) -> None:
    """The meter asks 20 times a second: all that failed lies in the one gap from the kill to the switch back."""
    assert drilled.evidence("downtime.requests")["drill"] > 100
    assert drilled.evidence("downtime.dropped")["drill"] == 0
    gap, failed = drilled.evidence("downtime.longest_gap")["drill"], drilled.evidence("downtime.failed")["drill"]
    assert gap > drilled.evidence("drill.time_to_restore")["fails_after_switch"]
    assert 0 < failed <= gap * 20 + 2


def test_no_release_is_bad_after_a_drill_and_the_twin_is_in_no_history(drilled: Host) -> None:
    bodies = [entry["body"] for entry in drilled.ledger() if entry["kind"] == "release"]
    assert not [body for body in bodies if body["state"] == "bad"]
    assert {body["release"] for body in bodies if "release" in body} == {OLD, LIVE}
    assert [entry["body"]["ended"] for entry in drilled.ledger() if entry["kind"] == "drill"] == ["by itself"]


@pytest.mark.parametrize("killed", ["drill.break.after", "drill.back.after"])
def test_after_a_killed_drill_the_next_start_brings_the_real_release_back(drilled: Host, killed: str) -> None:
    modes = {"drill.break.after": "fails_after_switch", "drill.back.after": "healthy"}
    modes_said = json.dumps({"stagegate_drill_modes": [modes[killed]]})
    dead = drilled.play("playbooks/drill_rollback.yml", LIVE, "-e", modes_said, "-e", f"stagegate_failpoint={killed}")
    assert dead.rc != 0
    assert (drilled.state / "drill.json").exists()
    later = json.dumps({"stagegate_drill_modes": [], "stagegate_lease_patience_seconds": 0.1})
    drilled.must("playbooks/drill_rollback.yml", LIVE, "-e", later)
    assert release_that_serves() == LIVE
    assert (drilled.running("blue"), drilled.running("green")) == ({OLD}, {LIVE})
    assert [entry["body"]["ended"] for entry in drilled.ledger() if entry["kind"] == "drill"][-2:] == [
        "after it was left in the middle",
        "by itself",
    ]


def test_a_rollback_is_measured_too_and_users_see_nothing_of_it(drilled: Host) -> None:
    drilled.must("tests/integration/drill/roll_back.yml", LIVE)
    assert release_that_serves() == OLD
    assert drilled.evidence("downtime.requests", "rollback")["rollback"] > 20
    assert drilled.evidence("downtime.failed", "rollback") == {"rollback": 0}


def test_the_password_stands_in_no_record_that_others_can_read(drilled: Host) -> None:
    told = [path for path in drilled.state.rglob("*") if path.is_file() and b"canary-7f3a" in path.read_bytes()]
    assert told
    assert [path for path in told if os.stat(path).st_mode & 0o077] == []
