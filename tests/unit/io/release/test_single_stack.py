# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services that must not run twice follow the edge; never do those of two colours run."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable

import pytest
from docker_in_memory import Box, DockerInMemory

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import CommandError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.docker_cli import Engine
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.single_stack import SingleStack

OLD, NEW = "a" * 12, "b" * 12


def plan(folder: pathlib.Path, release: str, colour: str, *names: str) -> None:
    kept = folder / "releases" / release
    kept.mkdir(parents=True, exist_ok=True)
    (kept / f"plan-{colour}.json").write_text(json.dumps({"single_services": names}))
    project = {"name": f"shop-{colour}-single", "services": {name: {"image": f"{name}:1"} for name in names}} if names else {}
    (kept / f"{colour}-single.json").write_text(json.dumps(project))


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    plan(tmp_path, OLD, "blue", "worker")
    plan(tmp_path, NEW, "green", "worker")
    return tmp_path


def worker(colour: str, release: str, project: str = "single", **changes: str) -> Box:
    name = f"shop-{colour}-{project}" if project else f"shop-{colour}"
    return Box(f"{name}-worker-1", name, "worker", release=release, config_hash="h", **changes)


def engine_with(*boxes: Box) -> DockerInMemory:
    """`compose up` starts the worker of its project; two running workers at any moment are an error."""
    docker = DockerInMemory({box.name: box for box in boxes})

    def start(project: str) -> None:
        docker.boxes[f"{project}-worker-1"] = Box(f"{project}-worker-1", project, "worker", release=NEW, config_hash="h")

    def look() -> None:
        assert sum(box.service == "worker" and box.state == "running" for box in docker.boxes.values()) <= 1

    docker.compose, docker.watch = start, look
    return docker


def singles(docker: DockerInMemory, folder: pathlib.Path, clock: Callable[[], float] = lambda: 0.0) -> SingleStack:
    return SingleStack("shop", str(folder), Engine(docker), clock, lambda _seconds: None)


def test_before_the_switch_those_of_the_other_colour_are_stopped_and_none_is_started(folder: pathlib.Path) -> None:
    docker = engine_with(worker("blue", OLD))
    stopped = singles(docker, folder).stop_others(NEW, "green")
    assert [item.name for item in stopped] == ["shop-blue-single-worker-1"]
    assert docker.orders == ["stop"]


def test_after_the_switch_those_of_the_live_colour_run_and_no_others(folder: pathlib.Path) -> None:
    docker = engine_with(worker("blue", OLD))
    outcome = singles(docker, folder).follow(NEW, "green", 10)
    assert outcome is not None
    assert outcome.healthy
    assert docker.names("running") == {"shop-green-single-worker-1"}
    assert docker.names("exited") == {"shop-blue-single-worker-1"}
    assert not singles(docker, folder).differs(NEW, "green")


def test_on_the_way_back_it_is_the_other_way_round(folder: pathlib.Path) -> None:
    docker = engine_with(worker("blue", OLD, state="exited"), worker("green", NEW))
    singles(docker, folder).follow(OLD, "blue", 10)
    assert docker.names("running") == {"shop-blue-single-worker-1"}


def test_a_worker_that_an_older_plan_put_into_the_colour_itself_is_stopped_too(folder: pathlib.Path) -> None:
    docker = engine_with(worker("blue", OLD, project=""))
    singles(docker, folder).follow(NEW, "green", 10)
    assert docker.names("exited") == {"shop-blue-worker-1"}


def test_a_release_without_single_services_has_those_of_the_others_stopped(folder: pathlib.Path) -> None:
    plan(folder, NEW, "green")
    docker = engine_with(worker("blue", OLD))
    assert singles(docker, folder).follow(NEW, "green", 10) is None
    assert docker.names("exited") == {"shop-blue-single-worker-1"}
    assert not singles(docker, folder).differs(NEW, "green")


def test_what_an_earlier_release_left_in_the_colour_is_removed_where_the_new_one_has_no_such_service(folder: pathlib.Path) -> None:
    plan(folder, NEW, "green")
    docker = engine_with(worker("green", OLD))
    assert singles(docker, folder).differs(NEW, "green")
    singles(docker, folder).follow(NEW, "green", 10)
    assert docker.boxes == {}


def test_while_the_old_one_cannot_be_stopped_the_new_one_is_not_started(folder: pathlib.Path) -> None:
    docker = engine_with(worker("blue", OLD))

    def comes_back() -> None:
        docker.boxes["shop-blue-single-worker-1"].state = "running"

    docker.watch = comes_back
    with pytest.raises(CommandError, match=r"cannot be stopped.*shop-blue-single-worker-1"):
        singles(docker, folder).follow(NEW, "green", 10)
    assert "compose" not in docker.orders
