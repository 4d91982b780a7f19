"""Killed at every failpoint, then the same command again: it converges, the ledger is whole, and users see the old or the new release.

One chain for each act: the start after a kill gets past that place and is killed at the next one, until nothing is left to kill it.
"""

from __future__ import annotations

import json
import shutil
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from engine_client import docker
from staging_host import ROOT, Played, run

from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.journal import failpoints
from ansible_collections.proofile.stagegate.plugins.module_utils.io.ledger.ledger_file import LedgerFile

OLD, NEW, SICK = "0000000000a1", "0000000000b2", "0000000000c3"
RELEASES = {OLD: ("0001", 200), NEW: ("0001 0002", 200), SICK: ("0001 0002", 503)}
APPLICATION, PORT = "sgm-failpoints", 8310
HERE = ROOT / "tests/integration/failpoints"

DEPLOY = [f"deploy.{step}.{at}" for step in ("data", "rehearse", "migrate", "colour") for at in ("before", "after")] + [
    "deploy.switch.before",
    "deploy.map.before",
    "deploy.map.after",
    "deploy.switch.after",
]
CLEAN = ["deploy.clean.before", "deploy.clean.after"]
ROLLBACK = [
    "rollback.start.before",
    "rollback.start.after",
    "rollback.back.before",
    "rollback.map.before",
    "rollback.map.after",
    "rollback.back.after",
]


class Host:
    """The tiny application on this engine, with a state folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"

    def build(self) -> None:
        """The images of the molecule scenarios, and what the build phase would have written."""
        docker("build", "--quiet", "--tag", "stagegate-molecule-postgres:1", str(ROOT / "examples/proofile/docker/postgres"))
        for name, (revisions, status) in RELEASES.items():
            given = {"RELEASE": name, "STATUS": status, "REVISIONS": revisions}
            options = [word for key, value in given.items() for word in ("--build-arg", f"{key}={value}")]
            tag = f"stagegate-molecule-app:{name}"
            docker("build", "--quiet", "--tag", tag, *options, str(ROOT / "molecule/deploy/app"))
            for part in ("source", "releases"):
                (self.state / part / name).mkdir(parents=True)
            shutil.copy(ROOT / "molecule/deploy/shared/docker-compose.yml", self.state / "source" / name)
            image = {"tag": tag, "id": docker("image", "inspect", "--format", "{{.Id}}", tag)}
            (self.state / "releases" / name / "release.json").write_text(json.dumps({"images": {"web": image}}))

    def play(self, act: str, release: str, failpoint: str = "", *more: str) -> Played:
        argv = [
            "ansible-playbook",
            "-i",
            str(HERE / "inventory.yml"),
            str(HERE / "play.yml"),
            "-e",
            f"act={act}",
            "-e",
            f"release={release}",
        ]
        argv += ["-e", f"stagegate_failpoint={failpoint}"] if failpoint else []
        return run([*argv, *more], timeout=300, environment={"MOLECULE_EPHEMERAL_DIRECTORY": str(self.folder), "ANSIBLE_PIPELINING": "1"})

    def remove(self) -> None:
        for part in ("edge", "blue", "green", "data"):
            self.remove_project(part)
        for name in ("blue", "green", "data_default"):
            docker("network", "rm", f"{APPLICATION}-{name}", check=False)
        docker("volume", "rm", f"{APPLICATION}-data", check=False)

    def remove_project(self, part: str) -> None:
        found = docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={APPLICATION}-{part}").split()
        if found:
            docker("rm", "--force", "--volumes", *found)

    def lease(self) -> dict:
        return json.loads((self.state / "lease.json").read_text())


class Users:
    """They ask the public port all the time."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Users:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self._thread.join(30)

    def _ask(self) -> None:
        while not self._done.wait(0.1):
            self.answers.append(version())


def version() -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/version", timeout=10) as answer:
            return answer.read().decode()
    except OSError as error:
        return str(error)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    host = Host(tmp_path_factory.mktemp("failpoints"))
    host.remove()
    host.build()
    try:
        first = host.play("deploy", OLD)
        assert first.rc == 0, first.output[-4000:]
        yield host
    finally:
        host.remove()


@pytest.fixture
def upgraded(host: Host) -> Host:
    """The newer release serves, whatever the tests before this one did."""
    if version() != NEW:
        done = host.play("deploy", NEW)
        assert done.rc == 0, done.output[-4000:]
    return host


def sweep(host: Host, act: str, release: str, points: Sequence[str]) -> None:
    """Kill at each point in turn. No answer of the lease's `always:`, no word at the end, and each start says what it resumes."""
    token = host.lease()["token"]
    for number, point in enumerate(points):
        killed = host.play(act, release, point, "-e", f"rehearse={'.rehearse.' in point}")
        assert killed.rc == -9, (point, killed.output[-3000:])
        assert LedgerFile(str(host.state)).problems() == [], point
        held = host.lease()
        assert held["token"] == held["lease"]["token"] == token + number + 1, point
        step = points[number - 1].rsplit(".", 1)[0].replace(".map", ".switch" if act == "deploy" else ".back")
        assert number == 0 or f"at step {step}," in " ".join(killed.output.split()), (point, killed.output)


def test_a_deployment_killed_at_each_of_its_places_converges_by_the_same_command(host: Host) -> None:
    with Users() as users:
        sweep(host, "deploy", NEW, DEPLOY)
        last = host.play("deploy", NEW)
        assert last.rc == 0, last.output[-4000:]
        time.sleep(0.5)
    assert set(users.answers) == {OLD, NEW}, set(users.answers)
    assert users.answers == sorted(users.answers), "it went back and forth"
    assert (host.state / "edge/active.map").read_text().split()[1] == "green"
    assert host.lease()["lease"] is None
    again = host.play("deploy", NEW)
    assert again.counts()["changed"] == 0, again.output


def test_a_release_that_never_comes_up_is_cleared_away_also_after_a_kill(upgraded: Host) -> None:
    host = upgraded
    quick = ["-e", "deploy_health_timeout_seconds=4"]
    with Users() as users:
        for point in CLEAN:
            assert host.play("deploy", SICK, point, *quick).rc == -9, point
        last = host.play("deploy", SICK, "", *quick)
    assert last.rc == 2 and f"release {NEW} still serves" in " ".join(last.output.split()), last.output[-3000:]
    assert set(users.answers) == {NEW}
    assert docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={APPLICATION}-blue") == ""
    assert host.lease()["lease"] is None, "an error gives the lease back"


def test_a_rollback_killed_at_each_of_its_places_converges_to_its_first_target(upgraded: Host) -> None:
    host = upgraded
    host.remove_project("blue")
    with Users() as users:
        sweep(host, "rollback", NEW, ROLLBACK)
        last = host.play("rollback", NEW)
        assert last.rc == 0, last.output[-4000:]
        time.sleep(0.5)
    assert set(users.answers) == {OLD, NEW}
    assert users.answers == sorted(users.answers, reverse=True), "it went back and forth"
    states = [entry["body"] for entry in LedgerFile(str(host.state)).entries() if entry["kind"] == "release"][-2:]
    assert [(body["release"], body["state"]) for body in states] == [(NEW, "bad"), (OLD, "deployed")]


def test_somebody_else_is_refused_and_told_who_holds_the_lease(host: Host) -> None:
    path = host.state / "lease.json"
    free = json.loads(path.read_text())
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    other = {"owner": "alice@elsewhere", "run": "r-20261123T101500Z-1a2b3c4d5e6f", "purpose": "deploy", "taken": "2026-11-23T10:15:00.000Z"}
    lease = {**other, "token": free["token"] + 1, "beat": time.clock_gettime(time.CLOCK_BOOTTIME), "boot_id": boot, "ttl_seconds": 900.0}
    path.write_text(json.dumps({"token": lease["token"], "lease": lease}))
    refused = host.play("deploy", OLD)
    said = " ".join(refused.output.split())
    assert refused.rc == 2 and "alice@elsewhere holds it for run r-20261123T101500Z-1a2b3c4d5e6f" in said, said
    assert "playbooks/break_lease.yml" in said
    assert json.loads(path.read_text())["lease"] == lease


def test_an_unknown_failpoint_is_refused_with_the_list_of_those_there_are(host: Host) -> None:
    (host.state / "lease.json").unlink()
    refused = host.play("deploy", OLD, "deploy.switch.during")
    assert refused.rc == 2 and "unknown failpoint" in refused.output and "deploy.switch.before" in refused.output


def test_every_failpoint_of_a_deployment_and_a_rollback_was_swept() -> None:
    known = {name for name in failpoints() if name.startswith(("deploy.", "rollback."))}
    assert known == {*DEPLOY, *CLEAN, *ROLLBACK}
