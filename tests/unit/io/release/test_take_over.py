# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Taking a stack over and giving the host back, killed at every order to the engine."""

from __future__ import annotations

import contextlib
import copy
import pathlib
from typing import Any

import pytest
from docker_in_memory import Box, DockerInMemory, Killed

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.docker_cli import Engine
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.take_over import TakeOver

MODEL: dict[str, Any] = {
    "services": {
        "postgres": {"container_name": "shop-postgres", "volumes": [{"type": "volume", "source": "rows", "target": "/rows"}]},
        "web": {"depends_on": {"postgres": {}}, "ports": [{"target": 80, "published": "8000"}]},
        "tools": {},
    },
    "volumes": {"rows": {"name": "shop-rows"}},
}
PLAIN = {
    "p1": Box("shop-postgres", "plain", "postgres", volumes=("shop-rows",)),
    "p2": Box("shop-web", "plain", "web", restart="unless-stopped", health=""),
    "p3": Box("shop-tools", "plain", "tools", state="exited", restart="no", health=""),
}
KEPT = {"shop-postgres-before-stagegate", "shop-web-before-stagegate", "shop-tools-before-stagegate"}


def plain() -> DockerInMemory:
    return DockerInMemory(copy.deepcopy(PLAIN))


class Ticks:
    """Every look at the clock takes a second."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def take_over(docker: DockerInMemory, folder: pathlib.Path) -> TakeOver:
    return TakeOver(str(folder), "shop", Engine(docker), Ticks(), lambda _seconds: None)


def deployed(docker: DockerInMemory, folder: pathlib.Path) -> None:
    """What a deployment leaves afterwards."""
    docker.boxes["d1"] = Box("shop-postgres", "shop-data", "postgres", volumes=("shop-rows",))
    docker.boxes["b1"] = Box("shop-blue-web-1", "shop-blue", "web")
    docker.boxes["e1"] = Box("shop-edge-edge-1", "shop-edge", "edge")
    (folder / "edge").mkdir(exist_ok=True)
    (folder / "edge" / "active.map").write_text("shop blue\n")


def test_a_stack_is_put_away_with_those_that_others_need_stopped_last(tmp_path: pathlib.Path) -> None:
    docker, seen = plain(), []
    docker.watch = lambda: seen.append((docker.boxes["p1"].state, docker.boxes["p2"].state))
    assert take_over(docker, tmp_path).take(MODEL)
    assert docker.names("exited") == KEPT
    assert ("exited", "running") not in seen, "the database outlives those that write to it"
    assert {box.restart for box in docker.boxes.values()} == {"no"}, "a reboot must not start them beside ours"
    assert not take_over(docker, tmp_path).take(MODEL)


def test_nothing_is_done_where_nothing_runs(tmp_path: pathlib.Path) -> None:
    stack = take_over(DockerInMemory({}), tmp_path)
    assert not stack.take(MODEL)
    assert stack.record() is None
    assert not stack.give_back(10).changed


@pytest.mark.parametrize("orders", range(9))
def test_a_take_over_that_is_killed_anywhere_is_finished_or_given_back(tmp_path: pathlib.Path, orders: int) -> None:
    for way in ("finish", "give back"):
        folder = tmp_path / way
        folder.mkdir()
        docker = plain()
        docker.kill_after = orders
        with contextlib.suppress(Killed):
            take_over(docker, folder).take(MODEL)
        docker.kill_after = -1
        if way == "finish":
            take_over(docker, folder).take(MODEL)
            assert docker.names("exited") == KEPT
        assert not take_over(docker, folder).give_back(100).troubles
        assert docker.boxes == PLAIN


@pytest.mark.parametrize("orders", range(14))
def test_a_way_back_that_is_killed_anywhere_is_finished_by_the_next(tmp_path: pathlib.Path, orders: int) -> None:
    docker = plain()
    take_over(docker, tmp_path).take(MODEL)
    deployed(docker, tmp_path)
    docker.kill_after = len(docker.orders) + orders
    with contextlib.suppress(Killed):
        take_over(docker, tmp_path).give_back(100)
    docker.kill_after = -1
    assert not take_over(docker, tmp_path).give_back(100).troubles
    assert docker.boxes == PLAIN
    assert not (tmp_path / "edge" / "active.map").exists(), "the next deployment begins as the first one did"
    assert not take_over(docker, tmp_path).can_give_back()


def test_two_databases_never_write_the_same_volume(tmp_path: pathlib.Path) -> None:
    docker = plain()
    take_over(docker, tmp_path).take(MODEL)
    deployed(docker, tmp_path)

    def look() -> None:
        assert sum("shop-rows" in box.volumes and box.state == "running" for box in docker.boxes.values()) <= 1

    docker.watch = look
    take_over(docker, tmp_path).give_back(100)
    assert docker.boxes["p1"].state == "running"


def test_a_kept_container_that_is_gone_or_stays_unhealthy_is_told(tmp_path: pathlib.Path) -> None:
    docker = plain()
    take_over(docker, tmp_path).take(MODEL)
    del docker.boxes["p2"]
    docker.boxes["p1"].health = "unhealthy"
    done = take_over(docker, tmp_path).give_back(5)
    assert sorted(done.troubles) == ["shop-postgres: running, unhealthy", "shop-web: the container is gone"]
    assert take_over(docker, tmp_path).can_give_back(), "it can be tried again"


def test_a_record_that_is_no_json_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "take_over.json").write_text("{")
    with pytest.raises(EvidenceError, match="no JSON"):
        take_over(plain(), tmp_path).record()
