# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The planner, on what `docker compose config` printed for the reference application with its staging override."""

from __future__ import annotations

import copy
import json
import pathlib
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.compose_plan import (
    Plan,
    plan,
    published_ports,
    state_files,
)

FIXTURE = pathlib.Path(__file__).parents[3] / "fixtures" / "release" / "compose_config.json"
ROOT = "/srv/state/source/aaaaaaaaaaaa"


@pytest.fixture
def model() -> dict[str, Any]:
    return json.loads(FIXTURE.read_text())


def planned(model: dict[str, Any], colour: str = "green", **options: Any) -> Plan:
    return plan(model, "proofile", "aaaaaaaaaaaa", colour, "edge:1", "/srv/state/edge", **options)


def test_services_with_a_named_volume_keep_state_and_the_others_are_the_application(model: dict[str, Any]) -> None:
    made = planned(model)
    assert made.state_services == ("postgres", "redis")
    assert made.application_services == ("backend", "frontend")


def test_an_application_without_stateful_services_has_a_data_project_of_networks_alone(model: dict[str, Any]) -> None:
    for name in ("postgres", "redis"):
        del model["services"][name]
    made = planned(model)
    assert made.state_services == ()
    assert made.data == {"name": "proofile-data", "networks": {"blue": {"name": "proofile-blue"}, "green": {"name": "proofile-green"}}}
    assert sorted(made.colour["services"]) == ["backend", "frontend"]
    assert published_ports(made.data) == {}


def test_the_model_that_goes_in_is_not_changed(model: dict[str, Any]) -> None:
    before = copy.deepcopy(model)
    planned(model)
    assert model == before


def test_a_colour_has_no_fixed_name_no_build_and_only_local_preview_ports(model: dict[str, Any]) -> None:
    backend = planned(model).colour["services"]["backend"]
    assert not {"container_name", "build"} & set(backend)
    assert [(port["host_ip"], port["published"], port["target"]) for port in backend["ports"]] == [("127.0.0.1", "24800", 8000)]


def test_blue_previews_lie_10000_above_the_public_ports(model: dict[str, Any]) -> None:
    assert published_ports(planned(model, "blue").colour) == {14800: "backend", 14300: "frontend"}


def test_a_colour_sees_its_own_network_only_under_both_of_its_names(model: dict[str, Any]) -> None:
    project = planned(model).colour
    assert project["networks"] == {"colour": {"name": "proofile-green", "external": True}}
    assert project["services"]["backend"]["networks"] == {"colour": {"aliases": ["backend", "backend-green"]}}


def test_dependencies_on_state_services_are_dropped_and_those_within_the_colour_kept(model: dict[str, Any]) -> None:
    services = planned(model).colour["services"]
    assert "depends_on" not in services["backend"]
    assert list(services["frontend"]["depends_on"]) == ["backend"]


def test_a_colour_says_which_release_it_is(model: dict[str, Any]) -> None:
    labels = planned(model).colour["services"]["frontend"]["labels"]
    assert labels["stagegate.release"] == "aaaaaaaaaaaa"
    assert labels["stagegate.colour"] == "green"


def test_state_services_keep_name_and_volume_so_that_their_data_is_taken_over(model: dict[str, Any]) -> None:
    project = planned(model).data
    assert project["services"]["postgres"]["container_name"] == model["services"]["postgres"]["container_name"]
    assert project["volumes"]["postgres_data"]["name"] == model["volumes"]["postgres_data"]["name"]


def test_state_services_stand_in_both_colour_networks_which_their_project_owns(model: dict[str, Any]) -> None:
    project = planned(model).data
    assert project["networks"]["blue"] == {"name": "proofile-blue"}
    assert {"blue", "green", "proofile"} == set(project["services"]["postgres"]["networks"])


def test_the_plan_of_the_state_services_does_not_change_with_release_or_colour(model: dict[str, Any]) -> None:
    moved = dict.fromkeys(state_files(model, ROOT), "/srv/state/state_files/0123/init")
    other = json.loads(FIXTURE.read_text().replace("aaaaaaaaaaaa", "bbbbbbbbbbbb"))
    other_moved = dict.fromkeys(state_files(other, ROOT.replace("a" * 12, "b" * 12)), "/srv/state/state_files/0123/init")
    first = planned(model, moved=moved)
    second = plan(other, "proofile", "b" * 12, "blue", "edge:1", "/srv/state/edge", moved=other_moved)
    assert moved
    assert first.data == second.data


def test_the_edge_holds_the_public_ports_and_reaches_both_colours(model: dict[str, Any]) -> None:
    project = planned(model).edge
    assert published_ports(project) == {4800: "edge", 4300: "edge"}
    assert set(project["services"]["edge"]["networks"]) == {"blue", "green"}


def test_secrets_of_a_build_do_not_come_along(model: dict[str, Any]) -> None:
    made = planned(model)
    assert "secrets" not in made.colour
    assert "secrets" not in made.data


def test_a_service_without_image_name_is_refused_with_what_to_write(model: dict[str, Any]) -> None:
    del model["services"]["backend"]["image"]
    with pytest.raises(InputError, match=r"service backend has no image name.*RELEASE_TAG"):
        planned(model)


def test_an_unknown_state_service_is_refused_with_the_known_ones(model: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"'postgre'.*backend, frontend, postgres, redis"):
        planned(model, state_services=["postgre"])


def test_a_model_in_which_everything_keeps_state_is_refused(model: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="no application service is left"):
        planned(model, state_services=["backend", "frontend", "postgres", "redis"])


@pytest.mark.parametrize(
    ("port", "message"),
    [
        ({"protocol": "udp", "published": "5000", "target": 5000}, "TCP only"),
        ({"protocol": "tcp", "published": "5000-5010", "target": 5000}, "range of public ports"),
        ({"protocol": "tcp", "published": "50000", "target": 5000}, "no room for the preview port"),
    ],
)
def test_ports_that_the_edge_cannot_lead_are_refused(model: dict[str, Any], port: dict[str, Any], message: str) -> None:
    model["services"]["backend"]["ports"] = [port]
    with pytest.raises(InputError, match=message):
        planned(model)


def test_a_model_without_a_public_port_is_refused(model: dict[str, Any]) -> None:
    for service in model["services"].values():
        service.pop("ports", None)
    with pytest.raises(InputError, match="no application service publishes a port"):
        planned(model)


def test_a_named_volume_of_an_application_service_comes_along_under_its_name(model: dict[str, Any]) -> None:
    model["services"]["backend"]["volumes"] = [{"type": "volume", "source": "uploads", "target": "/uploads"}]
    model["volumes"]["uploads"] = {"name": "proofile_uploads"}
    made = planned(model, state_services=["postgres", "redis"])
    assert made.colour["volumes"] == {"uploads": {"name": "proofile_uploads"}}
