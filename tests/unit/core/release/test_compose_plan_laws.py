# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Laws that hold for every plan, and the shape that real teams' compose files have."""

from __future__ import annotations

import json
import pathlib
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.compose_plan import COLOURS, Plan, parts, plan

TEAM = pathlib.Path(__file__).parents[3] / "fixtures" / "release" / "team_config.json"
NAMES = ("api", "beat", "cache", "database", "front", "worker")


PORTS = [3000, 8000, 8001, 18001, 28000, 45535]


@st.composite
def services(draw: st.DrawFn, name: str, ports: list[int]) -> dict[str, Any]:
    """A service that publishes `ports`; most of what is drawn can be planned, some of it is refused."""
    service: dict[str, Any] = {"image": f"{name}:1"}
    if ports:
        service["ports"] = [{"target": 80, "published": str(port), "protocol": "tcp"} for port in ports]
    elif draw(st.booleans()):
        service["labels"] = {"stagegate.single": draw(st.sampled_from(["true", "false"]))}
    if name != "api" and draw(st.booleans()):
        service["volumes"] = [{"type": "volume", "source": f"{name}_rows", "target": "/rows"}]
    service["depends_on"] = {other: {"condition": "service_started"} for other in draw(st.sets(st.sampled_from(NAMES), max_size=2))}
    unusual = {"container_name": f"shop-{name}", "restart": "always", "profiles": ["extra"], "build": {"context": "."}}
    service.update({key: value for key, value in unusual.items() if draw(st.booleans())})
    if not ports and draw(st.booleans()):
        service["scale"] = draw(st.integers(0, 2))
    return service


@st.composite
def models(draw: st.DrawFn) -> dict[str, Any]:
    names = ["api", *sorted(draw(st.sets(st.sampled_from(NAMES[1:]), min_size=1)))]
    public = draw(st.lists(st.sampled_from(PORTS), min_size=1, max_size=3, unique=draw(st.booleans())))
    owners = ["api", *draw(st.lists(st.sampled_from(names), min_size=2, max_size=2))]
    ports = {name: [port for port, owner in zip(public, owners) if owner == name] for name in names}
    return {
        "name": "shop",
        "services": {name: draw(services(name, ports[name])) for name in names},
        "volumes": {f"{name}_rows": {"name": f"shop_{name}_rows"} for name in names},
        "networks": {},
    }


def planned(model: dict[str, Any], colour: str = "green", **options: Any) -> Plan | None:
    """The plan, or None for a model that is refused."""
    try:
        return plan(model, "shop", "aaaaaaaaaaaa", colour, "edge:1", "/srv/state/edge", **options)
    except InputError:
        return None


def projects(made: Plan) -> list[dict[str, Any]]:
    return [made.data, made.colour, dict(made.single), made.edge]


@given(models())
def test_every_service_lands_in_exactly_one_project(model: dict[str, Any]) -> None:
    made = planned(model)
    if made:
        landed = Counter(name for project in projects(made)[:3] for name in project.get("services") or {})
        wanted = {name for name, service in model["services"].items() if service.get("scale") != 0}
        assert landed == Counter(wanted)
        assert sorted([*made.state_services, *made.application_services, *made.single_services]) == sorted(wanted)


@given(models())
def test_no_port_of_the_host_is_used_twice_while_both_colours_stand(model: dict[str, Any]) -> None:
    made = [planned(model, colour) for colour in COLOURS]
    if made[0] and made[1]:
        # Ports of the state services are the application's own affair, as they are under plain compose.
        used = [made[0].edge, made[0].colour, made[1].colour]
        ports = [port["published"] for project in used for service in project["services"].values() for port in service.get("ports") or ()]
        assert max(Counter(ports).values()) == 1


@given(models())
def test_what_stands_in_two_colours_has_no_fixed_name_and_does_not_start_by_itself(model: dict[str, Any]) -> None:
    made = planned(model)
    if made:
        for project in (made.colour, made.single):
            for service in (project.get("services") or {}).values():
                assert not {"container_name", "build", "profiles"} & set(service)
                assert service.get("restart") != "always"


@given(models())
def test_no_project_waits_for_a_service_of_another(model: dict[str, Any]) -> None:
    made = planned(model)
    if made:
        for project in projects(made)[:3]:
            there = project.get("services") or {}
            assert all(set(service.get("depends_on") or {}) <= set(there) for service in there.values())


@given(models())
def test_single_services_publish_nothing_and_are_reached_in_their_colour_alone(model: dict[str, Any]) -> None:
    made = planned(model)
    if made and made.single:
        assert made.single["name"] == "shop-green-single"
        assert made.single["networks"] == {"colour": {"name": "shop-green", "external": True}}
        assert not any(service.get("ports") for service in made.single["services"].values())


def test_the_parts_of_an_application_are_its_six_projects() -> None:
    assert parts() == ("data", "blue", "green", "blue-single", "green-single", "edge")


def team(**changes: dict[str, Any]) -> dict[str, Any]:
    model = json.loads(TEAM.read_text())
    for name, change in changes.items():
        model["services"][name].update(change)
    return model


def test_a_teams_development_file_is_taken_as_it_is() -> None:
    """Fixed names, named networks and volumes, ports by variable and by range, env_file, profiles, several files, replicas, scale."""
    made = planned(team(), state_services=None)
    assert made is not None
    assert made.state_services == ("postgres",)
    assert made.application_services == ("backend", "frontend")
    assert made.single_services == ("beat", "worker")
    assert [(route.service, route.public, route.target) for route in made.routes] == [
        ("backend", 8300, 8000),
        ("frontend", 8303, 3000),
        ("backend", 8310, 9310),
        ("backend", 8311, 9311),
        ("backend", 8312, 9312),
    ]
    assert made.colour["services"]["backend"]["environment"] == {"PW": "ab"}
    assert made.single["services"]["worker"]["deploy"]["replicas"] == 2
    assert made.single["services"]["beat"]["scale"] == 2


def test_a_public_service_with_several_containers_is_refused_as_plain_compose_would() -> None:
    with pytest.raises(InputError, match="service backend has a public port and 2 replicas"):
        plan(team(backend={"scale": 2}), "shop", "a" * 12, "blue", "edge:1", "/edge")


def test_a_public_port_that_is_the_preview_of_another_is_refused_with_both() -> None:
    port = {"target": 1, "published": "18300", "protocol": "tcp"}
    with pytest.raises(InputError, match=r"port 18300 would be used twice.*port 8300 of service backend.*port 18300 of service frontend"):
        plan(team(frontend={"ports": [port]}), "shop", "a" * 12, "blue", "edge:1", "/edge")
