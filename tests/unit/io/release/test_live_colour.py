# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Strategy recreate: the live colour makes room, and comes back as it was."""

from __future__ import annotations

import json
import pathlib

import pytest
from docker_in_memory import Box, DockerInMemory

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.compose_stack import ComposeStack
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.docker_cli import Engine
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.live_colour import LiveColour

OLD = "a" * 12


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """Blue is live, and the edge does not run: its map on the disk is asked."""
    (tmp_path / "edge").mkdir()
    (tmp_path / "edge" / "active.map").write_text("shop blue\n")
    kept = tmp_path / "releases" / OLD
    kept.mkdir(parents=True)
    (kept / "blue.json").write_text(json.dumps({"services": {"web": {"image": "web:1"}}}))
    return tmp_path


def box(project: str, service: str = "web", **changes: str) -> Box:
    return Box(f"{project}-{service}-1", project, service, release=OLD, config_hash="h", **changes)


def engine_with(*boxes: Box) -> DockerInMemory:
    docker = DockerInMemory({item.name: item for item in boxes})

    def start(project: str) -> None:
        for item in docker.boxes.values():
            item.state = "running" if item.project == project else item.state

    docker.compose = start
    return docker


def live(docker: DockerInMemory, folder: pathlib.Path) -> LiveColour:
    return LiveColour("shop", str(folder), Engine(docker), lambda: 0.0, lambda _seconds: None)


def test_the_live_colour_is_stopped_with_its_single_services_and_kept(folder: pathlib.Path) -> None:
    docker = engine_with(box("shop-blue"), box("shop-blue-single", "worker"), box("shop-data", "postgres"))
    live(docker, folder).stop("green")
    assert docker.names("exited") == {"shop-blue-web-1", "shop-blue-single-worker-1"}
    assert live(docker, folder).kept_release() == OLD


def test_a_release_that_takes_its_own_place_is_not_stopped(folder: pathlib.Path) -> None:
    assert live(engine_with(box("shop-blue")), folder).running("blue") == []


def test_where_nothing_was_ever_live_nothing_is_stopped_or_started(tmp_path: pathlib.Path) -> None:
    colour = live(engine_with(box("shop-blue")), tmp_path)
    assert colour.running("green") == []
    assert not colour.is_down()
    assert colour.kept_release() == ""


def test_what_was_stopped_comes_back_as_it_was(folder: pathlib.Path) -> None:
    docker = engine_with(box("shop-blue", state="exited"))
    assert live(docker, folder).is_down()
    assert live(docker, folder).start(10).healthy
    assert not live(docker, folder).is_down()


def test_what_a_killed_deployment_left_running_is_stopped_before_the_live_colour_comes_back(folder: pathlib.Path) -> None:
    docker = engine_with(box("shop-blue", state="exited"), box("shop-green"), box("shop-green-single", "worker"))
    assert live(docker, folder).start(10).healthy
    assert docker.names("running") == {"shop-blue-web-1"}
    assert docker.orders == ["stop", "compose"]


def test_a_colour_whose_plan_is_gone_says_so(folder: pathlib.Path) -> None:
    (folder / "releases" / OLD / "blue.json").unlink()
    with pytest.raises(InputError, match=r"cannot be started again.*blue\.json"):
        live(engine_with(box("shop-blue", state="exited")), folder).start(10)


@pytest.mark.parametrize(("there", "differing"), [(1, ["web"]), (2, []), (3, ["web"])])
def test_a_service_with_two_replicas_stands_as_planned_with_two_containers(
    tmp_path: pathlib.Path, there: int, differing: list[str]
) -> None:
    path = tmp_path / "blue.json"
    path.write_text(json.dumps({"services": {"web": {"image": "web:1", "deploy": {"replicas": 2}}}}))
    docker = DockerInMemory({f"c{number}": box("shop-blue") for number in range(there)})
    stack = ComposeStack("shop-blue", str(path), Engine(docker), lambda: 0.0, lambda _seconds: None)
    assert stack.differing() == differing
    assert stack.up(0).healthy == (there >= 2)
