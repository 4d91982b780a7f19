"""The soak agent in a container: the engine brings it back, it ends by itself at its deadline, and nothing of it is left."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_client import docker, until

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_unit import supervised_name
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_control import SoakControl
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_files import SoakFolder

PROJECT = "stagegate-test-agent"
IMAGE = f"{PROJECT}:1"
DOCKERFILE = """\
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends python3-minimal libpython3-stdlib && rm -rf /var/lib/apt/lists/*
"""
RUN = "r-20261123T101500Z-1a2b3c4d5e6f"
CONTAINER = supervised_name(RUN)
CHOSEN = {"kind": "container", "image": IMAGE}


def standing(what: str = "{{.Id}}") -> str:
    """Of the agent's container; empty when there is none."""
    return docker("inspect", "--format", what, CONTAINER, check=False)


@pytest.fixture(scope="module")
def watched() -> Iterator[None]:
    docker("build", "--tag", IMAGE, "-", given=DOCKERFILE)
    docker("rm", "--force", PROJECT, CONTAINER, check=False)
    labels = [f"com.docker.compose.project={PROJECT}", "com.docker.compose.service=worker"]
    docker("run", "--detach", "--init", "--name", PROJECT, "--label", labels[0], "--label", labels[1], IMAGE, "sleep", "600")
    yield
    docker("rm", "--force", PROJECT, CONTAINER, check=False)
    docker("image", "rm", IMAGE, check=False)


@pytest.fixture
def control(watched: None, tmp_path: Path) -> Iterator[SoakControl]:
    made = SoakControl(SoakFolder(str(tmp_path / "soak" / RUN)))
    yield made
    made.stop()


def plan(seconds: float) -> dict[str, object]:
    asked = {"project": PROJECT, "service": "worker", "command": ["sh", "-c", "echo 3; echo said >&2"]}
    return {"run": RUN, "duration_seconds": seconds, "interval_seconds": 0.5, "slow_seconds": 1, "projects": [PROJECT], "postgres": asked}


def test_a_killed_agent_comes_back_and_ends_at_its_deadline(control: SoakControl, tmp_path: Path) -> None:
    assert control.start(plan(14), {"name": "canary-77"}, CHOSEN)
    assert not control.start(plan(14), {}, {"kind": "loop"}), "it runs already"
    first = control.agent()
    time.sleep(2)
    os.kill(first or 0, signal.SIGKILL)
    assert until(lambda: control.agent() not in (None, 0, first), 20)
    control.wait(40)
    facts = {fact["sli"]: fact for fact in control.collect(str(tmp_path))}
    assert facts["container.coverage"]["value"] > 0.6
    assert {"host.cpu", "host.disk_used", "container.cpu", "container.working_set", "postgres.active"} <= set(facts)
    assert control.status()["latest"]["postgres_active"] == 3
    assert until(lambda: "exited" in standing("{{.State.Status}} {{.HostConfig.RestartPolicy.Name}}"), 20)
    assert standing("{{.HostConfig.RestartPolicy.Name}}") == "no"
    control.tidy()
    assert standing() == ""
    assert not (tmp_path / "soak" / RUN / "secrets.json").exists()


def test_the_agent_may_write_nowhere_but_in_its_folder(control: SoakControl) -> None:
    assert control.start(plan(60), {}, CHOSEN)
    said = standing("{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.Privileged}}")
    assert said == "true [ALL] false"
    assert control.stop()
    assert (standing(), control.runs(), control.stop()) == ("", False, False)
    assert control.start(plan(60), {}, CHOSEN), "a stopped soak goes on"
    assert control.runs()


def test_an_image_that_is_not_there_is_an_error_before_anything_is_begun(control: SoakControl) -> None:
    with pytest.raises(InputError, match="is not on this host"):
        control.start(plan(60), {}, {"kind": "container", "image": "stagegate-test-agent:none"})
    with pytest.raises(InputError, match="which image"):
        control.start(plan(60), {}, {"kind": "container", "image": ""})
    assert not control.runs()
