# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Planning a release on a host: names that stay, and what already runs there."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Sequence
from typing import Any

import pytest
from docker_in_memory import Box, DockerInMemory

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.docker_cli import Engine
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.release_plan import ReleasePlanner, read_plan
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.command import Completed

RELEASE = "a" * 12


class Compose(DockerInMemory):
    """`docker compose config` calls files without a name after their folder, or as `--project-name` says."""

    named = ""

    def __call__(self, argv: Sequence[str], **options: Any) -> Completed:
        words = list(argv)
        if "config" not in words:
            return super().__call__(argv, **options)
        folder = words[words.index("--project-directory") + 1]
        said = words[words.index("--project-name") + 1] if "--project-name" in words else ""
        name = said or self.named or pathlib.Path(folder).name
        database = {"image": "postgres:15", "volumes": [{"type": "volume", "source": "rows", "target": "/rows"}]}
        web = {"image": "web:1", "ports": [{"target": 80, "published": "39187", "protocol": "tcp"}]}
        services = {"postgres": database, "web": web, "worker": {"image": "web:1"}}
        return self._said(argv, json.dumps({"name": name, "services": services, "volumes": {"rows": {"name": f"{name}_rows"}}}))


@pytest.fixture
def docker(tmp_path: pathlib.Path) -> Compose:
    source = tmp_path / "source" / RELEASE
    source.mkdir(parents=True)
    (source / "docker-compose.yml").write_text("services: {}\n")
    return Compose({})


def planner(docker: Compose, folder: pathlib.Path) -> ReleasePlanner:
    return ReleasePlanner(str(folder), "shop", RELEASE, Engine(docker))


def planned(docker: Compose, folder: pathlib.Path, colour: str, **web: Any) -> tuple[ReleasePlanner, Any, Any]:
    made = planner(docker, folder)
    model = made.model(["docker-compose.yml"], "env")
    model["services"]["web"].update(web)
    return made, model, made.plan(model, colour, "edge:1", None)


@pytest.fixture
def live(docker: Compose, tmp_path: pathlib.Path) -> Compose:
    """Give a host on which the release was started in blue as it is planned."""
    made, model, plan = planned(docker, tmp_path, "blue")
    made.write(model, plan, "blue", check_mode=False)
    record(tmp_path, "sha256:judged")
    docker.boxes["w1"] = Box("shop-blue-web-1", "shop-blue", "web", release=RELEASE)
    return docker


def record(folder: pathlib.Path, image_id: str) -> None:
    (folder / "releases" / RELEASE / "release.json").write_text(json.dumps({"images": {"web": {"tag": "web:1", "id": image_id}}}))


@pytest.mark.parametrize(
    "changed",
    [{}, {"environment": {"PAGE_SIZE": "20"}}, {"image": "web:2"}, {"command": ["serve"]}],
    ids=["nothing", "env", "tag", "command"],
)
def test_a_release_is_started_as_it_was_only_when_nothing_of_its_plan_differs(
    live: Compose, tmp_path: pathlib.Path, changed: dict[str, Any]
) -> None:
    made, _model, plan = planned(live, tmp_path, "blue", **changed)
    assert made.is_started_as(plan, "blue") is not bool(changed)


def test_an_image_that_was_built_again_is_another_start(live: Compose, tmp_path: pathlib.Path) -> None:
    record(tmp_path, "sha256:new")
    made, _model, plan = planned(live, tmp_path, "blue")
    assert not made.is_started_as(plan, "blue")


def test_a_release_whose_plan_is_gone_is_not_known_to_be_started_as_it_was(live: Compose, tmp_path: pathlib.Path) -> None:
    made, _model, plan = planned(live, tmp_path, "blue")
    (tmp_path / "releases" / RELEASE / "blue-single.json").unlink()
    assert not made.is_started_as(plan, "blue")


def test_files_without_a_name_get_that_of_the_application_so_that_volumes_stay(docker: Compose, tmp_path: pathlib.Path) -> None:
    assert planner(docker, tmp_path).model(["docker-compose.yml"], "env")["volumes"] == {"rows": {"name": "shop_rows"}}


def test_a_name_that_the_files_say_stays(docker: Compose, tmp_path: pathlib.Path) -> None:
    docker.named = "team"
    assert planner(docker, tmp_path).model(["docker-compose.yml"], "env")["name"] == "team"


def test_a_plain_stack_is_refused_with_the_way_to_take_it_over(docker: Compose, tmp_path: pathlib.Path) -> None:
    docker.boxes["p1"] = Box("team-postgres-1", "team", "postgres", volumes=("shop_rows",))
    model = planner(docker, tmp_path).model(["docker-compose.yml"], "env")
    with pytest.raises(InputError, match=r"project team.*writes volume shop_rows.*stagegate_take_over: true"):
        planner(docker, tmp_path).predecessor(model, take_over=False)
    found = planner(docker, tmp_path).predecessor(model, take_over=True)
    assert found is not None
    assert found.project == "team"


def test_what_is_to_be_taken_over_is_in_nobodys_way_and_anything_else_is(docker: Compose, tmp_path: pathlib.Path) -> None:
    docker.boxes["p1"] = Box("team-web-1", "team", "web", ports=(39187,))
    made = planner(docker, tmp_path)
    model = made.model(["docker-compose.yml"], "env")
    plan = made.plan(model, "blue", "edge:1", None)
    with pytest.raises(InputError, match=r"port 39187 .*container team-web-1"):
        made.refuse_strangers(plan, "blue")
    found = made.predecessor(model, take_over=True)
    assert found is not None
    made.refuse_strangers(plan, "blue", found.containers)


def test_the_plan_on_the_disk_names_the_single_services_and_their_project(docker: Compose, tmp_path: pathlib.Path) -> None:
    made = planner(docker, tmp_path)
    model = made.model(["docker-compose.yml"], "env")
    plan = made.plan(model, "blue", "edge:1", None)
    assert made.write(model, plan, "blue", check_mode=False)
    described = read_plan(str(tmp_path), RELEASE, "blue")
    assert described["single_services"] == ["worker"]
    path = pathlib.Path(described["projects"]["single"]["file"])
    assert list(json.loads(path.read_text())["services"]) == ["worker"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert not made.write(model, plan, "blue", check_mode=False), "the second time nothing differs"
