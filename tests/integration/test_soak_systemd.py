# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The soak agent as a unit of a real systemd: it comes back after a kill and after a boot, and nothing of it is left at the end.

The machine is a container with systemd as its first process: starting it again is its boot. Its boot id is that of the machine below.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_client import docker, until

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_unit import supervised_name

ROOT = Path(__file__).resolve().parents[2]
MACHINE = "stagegate-test-systemd"
IMAGE = f"{MACHINE}:1"
DOCKERFILE = """\
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends systemd python3-minimal libpython3-stdlib && rm -rf /var/lib/apt/lists/*
STOPSIGNAL SIGRTMIN+3
CMD ["/lib/systemd/systemd"]
"""
RUN = "r-20261123T101500Z-1a2b3c4d5e6f"
UNIT = f"{supervised_name(RUN)}.service"
FOLDER = f"/var/lib/stagegate/soak/{RUN}"
# What the module does, without Ansible: a slim machine has none.
PROGRAM = f"""\
import json, os, sys
sys.path.insert(0, "/stagegate/collections")
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_control import SoakControl
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_files import SoakFolder
control = SoakControl(SoakFolder({FOLDER!r}))
order = json.load(sys.stdin)
did = getattr(control, order["do"])(*order.get("with", []))
facts = {{}}
if order["do"] == "collect":
    facts = {{fact["sli"]: fact.get("value") for fact in did}}
supervisor = os.path.join({FOLDER!r}, "supervisor.json")
kind = json.load(open(supervisor))["kind"] if os.path.exists(supervisor) else ""
said = {{"agent": control.agent(), "runs": control.runs(), "kind": kind, "facts": facts}}
print(json.dumps({{**said, "did": did if isinstance(did, bool) else None}}))
"""


def inside(*words: str) -> str:
    return docker("exec", MACHINE, *words, check=False)


def order(do: str, *arguments: Any) -> dict[str, Any]:
    """Let the machine's own Python do what the module would."""
    said = docker("exec", "-i", MACHINE, "python3", "-B", "-c", PROGRAM, given=json.dumps({"do": do, "with": arguments}))
    return dict(json.loads(said.splitlines()[-1]))


def booted() -> bool:
    return inside("systemctl", "is-system-running") in ("running", "degraded")


def plan(seconds: float) -> dict[str, object]:
    sampled = {"docker_socket": "/run/engine.sock", "projects": [MACHINE]}
    return {"run": RUN, "duration_seconds": seconds, "interval_seconds": 0.5, "slow_seconds": 1, **sampled}


@pytest.fixture(scope="module")
def machine() -> Iterator[None]:
    """A machine that systemd runs, with the engine's socket. What mounting its control groups leaves on ours is nothing."""
    docker("build", "--tag", IMAGE, "-", given=DOCKERFILE)
    docker("rm", "--force", MACHINE, check=False)
    mounts = ["/sys/fs/cgroup:/sys/fs/cgroup", f"{ROOT}:/stagegate:ro", "/var/run/docker.sock:/run/engine.sock"]
    words = [word for mount in mounts for word in ("--volume", mount)]
    words += [word for path in ("/run", "/run/lock", "/tmp") for word in ("--tmpfs", path)]
    # As little as systemd needs to be the first process; not all that --privileged gives.
    words += ["--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"]
    docker("run", "--detach", "--name", MACHINE, "--env", "container=docker", *words, IMAGE)
    assert until(booted, 30), docker("logs", MACHINE)
    # On a host the group of the engine's socket is one of its own; this socket is that of the machine below.
    inside("sh", "-c", "groupadd --gid $(stat -c %g /run/engine.sock) engine")
    yield
    docker("rm", "--force", MACHINE)
    docker("image", "rm", IMAGE)


def test_the_unit_brings_the_agent_back_after_a_kill_and_after_a_boot_and_is_gone_at_the_end(machine: None) -> None:
    assert order("start", plan(30), {"name": "canary-77"}, {"kind": "auto"})["did"] is True
    said = order("runs")
    first = said["agent"]
    assert (said["kind"], bool(first)) == ("systemd", True)
    assert order("start", plan(30), {}, {"kind": "auto"})["did"] is False, "it runs already"

    inside("sh", "-c", f"kill -9 {first}")
    assert until(lambda: order("runs")["agent"] not in (None, 0, first), 30)

    docker("restart", "--time", "20", MACHINE)
    assert until(booted, 30)
    assert until(lambda: order("runs")["agent"], 30), inside("journalctl", "--no-pager", "--unit", UNIT)

    assert until(lambda: inside("ls", f"{FOLDER}/DONE"), 60)
    assert until(lambda: inside("systemctl", "show", "--property", "ActiveState", "--value", UNIT) == "inactive", 30), (
        "0 is the end: nobody restarts it"
    )
    facts = order("collect", FOLDER)["facts"]
    assert 0.3 < facts["soak.coverage"] < 1
    assert facts["soak.longest_gap"] > 0.5
    assert {"host.cpu", "soak.duration"} <= set(facts)
    order("tidy")
    assert inside("ls", "/etc/systemd/system").find(UNIT) < 0
    assert inside("ls", FOLDER).find("secrets.json") < 0


def test_a_stopped_soak_leaves_no_unit_and_goes_on_when_it_is_started_again(machine: None) -> None:
    inside("rm", "-rf", FOLDER)
    order("start", plan(120), {}, {"kind": "systemd"})
    assert order("stop")["did"] is True
    assert inside("ls", "/etc/systemd/system").find(UNIT) < 0
    assert order("start", plan(120), {}, {"kind": "systemd"})["did"] is True
    assert order("stop")["did"] is True
