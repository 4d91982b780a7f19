"""A release is tried by a browser before it serves: on the real engine, with the real edge, roles and gate."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_client import docker
from staging_host import ROOT, Played, run

from ansible_collections.proofile.stagegate.plugins.module_utils.io.edge.edge_socket import EdgeSocket
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.docker_cli import Engine

APPLICATION = "preview-shop"
FILES = ROOT / "tests/integration/preview_shop"
OLD, GOOD, BROKEN = "0000000000a1", "0000000000b2", "0000000000c3"
VARIANTS = {OLD: "", GOOD: "", BROKEN: "console"}
PUBLIC_API = "http://localhost:8831"


def logs_of(container: str) -> str:
    """Both streams."""
    done = subprocess.run(["docker", "logs", container], capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


class Host:
    """The shop's folder on the staging host, and what its containers and its edge have seen."""

    def __init__(self, state: Path) -> None:
        self.state = state

    def build(self, release: str) -> None:
        tag = f"{APPLICATION}:{release}"
        arguments = [
            f"--build-arg={key}={value}" for key, value in (("RELEASE", release), ("VARIANT", VARIANTS[release]), ("API_URL", PUBLIC_API))
        ]
        docker("build", "--quiet", "--tag", tag, *arguments, str(FILES))
        for folder in ("source", "releases"):
            (self.state / folder / release).mkdir(parents=True)
        shutil.copy(FILES / "docker-compose.yml", self.state / "source" / release)
        image = docker("image", "inspect", "--format", "{{.Id}}", tag).strip()
        record = {"images": {service: {"tag": tag, "id": image} for service in ("api", "pages")}}
        (self.state / "releases" / release / "release.json").write_text(json.dumps(record))

    def deploy(self, release: str, **more: object) -> Played:
        variables = json.dumps({"state_dir": str(self.state), "release": release, **more})
        return run(["ansible-playbook", "-i", str(FILES / "hosts.yml"), str(FILES / "deploy.yml"), "-e", variables], timeout=300)

    def asked(self, release: str) -> list[str]:
        """The requests that the containers of a release have answered, those of the healthcheck left out."""
        found = docker("ps", "--quiet", "--filter", f"label=stagegate.release={release}").split()
        return [line for container in found for line in logs_of(container).splitlines() if " /health " not in line and "host=" in line]

    def edge_sessions(self) -> int:
        """Connections that the edge's public ports have taken since it was started."""
        said = EdgeSocket(APPLICATION, Engine()).command("show stat")
        rows = csv.DictReader(said[said.index("# pxname") + 2 :].splitlines())
        return sum(int(row["stot"]) for row in rows if row["svname"] == "FRONTEND")

    def evidence(self) -> list[dict]:
        entries = [json.loads(line) for line in (self.state / "ledger.jsonl").read_text().splitlines()]
        newest = max(number for number, entry in enumerate(entries) if entry["kind"] == "run")
        return [entry["body"] for entry in entries[newest:] if entry["kind"] == "evidence" and entry["body"]["labels"].get("stage")]


def release_that_serves() -> str:
    try:
        urllib.request.urlopen(f"{PUBLIC_API}/api/me", timeout=5)
    except urllib.error.HTTPError as refused:
        return str(json.loads(refused.read())["release"])
    return ""


def remove() -> None:
    for part in ("edge", "blue", "green", "data"):
        found = docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={APPLICATION}-{part}").split()
        if found:
            docker("rm", "--force", "--volumes", *found)
    for kind, names in (
        ("network", [f"{APPLICATION}-{part}" for part in ("blue", "green", "data_default")]),
        ("volume", [f"{APPLICATION}-shelf"]),
        ("image", [f"{APPLICATION}:{release}" for release in VARIANTS]),
    ):
        for name in names:
            subprocess.run(["docker", kind, "rm", name], capture_output=True, check=False)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """The shop with its old release serving."""
    remove()
    one = Host(tmp_path_factory.mktemp("preview_shop"))
    try:
        for release in VARIANTS:
            one.build(release)
        first = one.deploy(OLD)
        assert first.rc == 0, first.output[-4000:]
        yield one
    finally:
        remove()


def test_a_release_with_an_error_in_the_console_is_stopped_before_the_switch_and_removed(host: Host) -> None:
    stopped = host.deploy(BROKEN)
    assert stopped.rc != 0
    assert "failed its journeys before the switch" in stopped.output
    assert "deploy.preview_console" in stopped.output
    assert release_that_serves() == OLD
    ours = ["--filter", f"label=stagegate.application={APPLICATION}"]
    assert docker("ps", "--quiet", *ours) != ""
    assert docker("ps", "--all", "--quiet", *ours, "--filter", f"label=stagegate.release={BROKEN}") == ""


def test_no_request_of_the_preview_reaches_the_release_that_serves_nor_the_edge(host: Host) -> None:
    assert release_that_serves() == OLD
    before = host.asked(OLD), host.edge_sessions()
    assert before[0]
    assert before[1] > 0
    # What the journey wants to see is what the old release says: were the browser led there, it would pass.
    stopped = host.deploy(GOOD, deploy_keep_failed=True, seen_release=OLD)
    assert stopped.rc != 0
    assert "deploy.preview_journeys" in stopped.output
    assert (host.asked(OLD), host.edge_sessions()) == before
    # The policy kept it for inspection, so its containers can still be asked what they were asked.
    assert "is kept for inspection" in stopped.output
    asked = [line.split() for line in host.asked(GOOD)]
    assert {(verb, path, where) for verb, path, where, _proto in asked} >= {
        ("GET", "/login", "host=localhost:8830"),
        ("POST", "/api/login", "host=localhost:8831"),
        ("POST", "/api/orders", "host=localhost:8831"),
    }


def test_the_same_release_passes_is_switched_to_and_leaves_its_evidence(host: Host) -> None:
    done = host.deploy(GOOD)
    assert done.rc == 0, done.output[-4000:]
    assert release_that_serves() == GOOD
    facts = {
        (fact["sli"], fact["labels"].get("journey", "")): fact["value"] for fact in host.evidence() if fact["labels"]["stage"] == "preview"
    }
    assert facts["journey.failed", "login"] == 0
    assert facts["journey.steps", "login"] == 5
    assert facts["browser.foreign_hosts", ""] == 0
    assert facts["browser.pages", ""] == 2
    assert not [name for _sli, name in facts if name == "only_later"]
    pictures = list((host.state / "evidence").glob("*/deploy/preview/*.png"))
    assert pictures
    assert {path.stat().st_mode & 0o777 for path in pictures} == {0o600}
