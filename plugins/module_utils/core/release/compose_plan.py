# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The planner: one compose model goes in, the compose models of the data, colour and edge projects come out.

The input is what `docker compose config --format json` prints: variables filled in, `$` written `$$`, so every part of it can be
handed to compose again as it is. It holds secrets; so do the plans.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import InputError
from .compose_services import (
    external_networks,
    is_implicit,
    kept_dependencies,
    moved_mount,
    named_volumes,
    need_image,
    stateful_services,
    without_empty,
)
from .single_services import running_services, single_services, wanted_containers

Model = Mapping[str, Any]

COLOURS = ("blue", "green")
PREVIEW_OFFSETS = {"blue": 10000, "green": 20000}
LABEL_APPLICATION = "stagegate.application"
LABEL_RELEASE = "stagegate.release"
LABEL_COLOUR = "stagegate.colour"
HIGHEST_PORT = 65535


@dataclass(frozen=True)
class Route:
    """One public port: which service answers it, on which port inside, where its previews are on 127.0.0.1."""

    service: str
    public: int
    target: int
    host_ip: str = ""

    def preview(self, colour: str) -> int:
        """The port on 127.0.0.1 at which the service of that colour answers."""
        return self.public + PREVIEW_OFFSETS[colour]


@dataclass(frozen=True)
class Plan:
    """The compose models, the routes of the edge, and which service is what; `single` is empty where every service may run twice."""

    data: dict[str, Any]
    colour: dict[str, Any]
    edge: dict[str, Any]
    routes: tuple[Route, ...]
    application_services: tuple[str, ...]
    state_services: tuple[str, ...]
    single: Mapping[str, Any] = field(default_factory=dict)
    single_services: tuple[str, ...] = ()


def other(colour: str) -> str:
    """The colour that is not this one."""
    return COLOURS[1 - COLOURS.index(colour)]


def network_name(application: str, colour: str) -> str:
    """The network of a colour: only its services and the state services are in it."""
    return f"{application}-{colour}"


def project_name(application: str, part: str) -> str:
    """The compose project of a part: `data`, `blue`, `green`, `edge`, or what `single_part` says."""
    return f"{application}-{part}"


def single_part(colour: str) -> str:
    """The part that holds the services of a colour that must not run twice."""
    return f"{colour}-single"


def parts() -> tuple[str, ...]:
    """All parts of an application."""
    return ("data", *COLOURS, *(single_part(colour) for colour in COLOURS), "edge")


def plan(
    model: Model,
    application: str,
    release: str,
    colour: str,
    edge_image: str,
    edge_folder: str,
    state_services: Sequence[str] | None = None,
    moved: Mapping[str, str] | None = None,
    single: Sequence[str] = (),
) -> Plan:
    """Cut `model` into the data, colour, single and edge projects: every service that is not switched off is in exactly one of them.

    `state_services` None means: every service that mounts a named volume. `moved` leads bind sources of state services to copies
    whose path does not change with the release: a database must not be replaced because the release tree is another.
    `single` names the services that must not run twice; empty means that they are guessed.
    Raises InputError with the service named when the model cannot be cut (nothing to deploy, no image name, a port that
    cannot be led through the edge).
    """
    services = running_services(model.get("services") or {})
    state = stateful_services(services, state_services)
    application_services = tuple(name for name in sorted(services) if name not in state)
    singles = single_services(services, application_services, single)
    application_services = tuple(name for name in application_services if name not in singles)
    if not application_services:
        raise InputError(
            "no application service is left",
            where="compose model",
            why=f"every service keeps state or must not run twice: {', '.join((*state, *singles)) or 'there are no services'}",
            todo="name the services that keep state in deploy_state_services",
        )
    routes = _routes(services, application_services)
    return Plan(
        data=_data_project(model, application, state, moved or {}),
        colour=_colour_project(model, application, release, colour, application_services, routes),
        single=_single_project(model, application, release, colour, singles),
        edge=_edge_project(application, edge_image, edge_folder, routes),
        routes=routes,
        application_services=application_services,
        state_services=state,
        single_services=singles,
    )


def state_files(model: Model, root: str, named: Sequence[str] | None = None) -> list[str]:
    """Bind sources of the state services that lie below `root`, the release tree."""
    services = running_services(model.get("services") or {})
    mounts = (mount for name in stateful_services(services, named) for mount in services[name].get("volumes") or ())
    sources = {str(mount.get("source")) for mount in mounts if mount.get("type") == "bind"}
    return sorted(source for source in sources if source.startswith(root.rstrip("/") + "/"))


def published_ports(project: Model) -> dict[int, str]:
    """The host ports of a planned project, each with the service that publishes it."""
    found = {}
    for name, service in sorted((project.get("services") or {}).items()):
        for port in service.get("ports") or ():
            if port.get("published"):
                found[int(port["published"])] = name
    return found


def _routes(services: Model, names: Sequence[str]) -> tuple[Route, ...]:
    routes = [_route(name, port) for name in names for port in services[name].get("ports") or () if port.get("published")]
    if not routes:
        raise InputError(
            "no application service publishes a port",
            where="compose model",
            why="the edge would have nothing to serve",
            todo="publish the public ports under `ports:`",
        )
    _refuse_double_ports(routes)
    return tuple(sorted(routes, key=lambda route: route.public))


def _refuse_double_ports(routes: Sequence[Route]) -> None:
    """Public ports and the previews of both colours all lie on one host."""
    taken: dict[int, str] = {}
    for route in routes:
        uses = {route.public: "public port", **{route.preview(colour): f"{colour} preview of port" for colour in COLOURS}}
        for port, use in uses.items():
            said = f"{use} {route.public} of service {route.service}"
            if port in taken:
                raise InputError(f"port {port} would be used twice", where=f"{taken[port]}; {said}", todo="publish other ports")
            taken[port] = said


def _route(name: str, port: Model) -> Route:
    where = f"service {name}, port {port.get('published')}"
    if port.get("protocol", "tcp") != "tcp":
        raise InputError("the edge carries TCP only", where=where, why=f"the port is {port['protocol']}")
    published = str(port["published"])
    if not published.isdigit():
        raise InputError("a range of public ports cannot be led through the edge", where=where, todo="publish single ports")
    public = int(published)
    if public + max(PREVIEW_OFFSETS.values()) > HIGHEST_PORT:
        limit = HIGHEST_PORT - max(PREVIEW_OFFSETS.values())
        raise InputError("no room for the preview port", where=where, why=f"preview ports lie up to 20000 above; {limit} is the last")
    return Route(name, public, int(port["target"]), str(port.get("host_ip") or ""))


def _data_project(model: Model, application: str, names: Sequence[str], moved: Mapping[str, str]) -> dict[str, Any]:
    """State services keep their names, volumes and ports, so that the data of an earlier stack is taken over."""
    services = {}
    used = {}
    for name in names:
        service = copy.deepcopy(dict(model["services"][name]))
        need_image(name, service)
        for key in ("build", "profiles"):
            service.pop(key, None)
        service["depends_on"] = kept_dependencies(service, names)
        service["labels"] = {**(service.get("labels") or {}), LABEL_APPLICATION: application}
        service["volumes"] = [moved_mount(mount, moved) for mount in service.get("volumes") or ()]
        kept = {key: value for key, value in (service.get("networks") or {}).items() if not is_implicit(model, key)}
        used.update({key: model["networks"][key] for key in kept})
        service["networks"] = {**kept, **{colour: {"aliases": [name]} for colour in COLOURS}}
        services[name] = without_empty(service)
    networks = {**copy.deepcopy(used), **{colour: {"name": network_name(application, colour)} for colour in COLOURS}}
    return _project(model, project_name(application, "data"), services, networks)


def _colour_project(
    model: Model, application: str, release: str, colour: str, names: Sequence[str], routes: Sequence[Route]
) -> dict[str, Any]:
    """Application services lose their fixed names and public ports, so that two colours can stand side by side."""
    return _project(model, project_name(application, colour), *_release_services(model, application, release, colour, names, routes))


def _single_project(model: Model, application: str, release: str, colour: str, names: Sequence[str]) -> dict[str, Any]:
    """A project of its own, so that the colour can be started without them; they stand in the colour's network all the same."""
    if not names:
        return {}
    name = project_name(application, single_part(colour))
    return _project(model, name, *_release_services(model, application, release, colour, names, ()))


def _release_services(
    model: Model, application: str, release: str, colour: str, names: Sequence[str], routes: Sequence[Route]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Services of the release in a colour, and the networks they need."""
    services = {}
    for name in names:
        service = copy.deepcopy(dict(model["services"][name]))
        need_image(name, service)
        _need_one_container(name, service, routes)
        for key in ("build", "container_name", "ports", "links", "network_mode", "profiles"):
            service.pop(key, None)
        service["pull_policy"] = "never"
        if service.get("restart") == "always":
            # The engine starts such a container with itself, also after it was stopped so that another may run in its place.
            service["restart"] = "unless-stopped"
        service["depends_on"] = kept_dependencies(service, names)
        service["labels"] = {
            **(service.get("labels") or {}),
            LABEL_APPLICATION: application,
            LABEL_RELEASE: release,
            LABEL_COLOUR: colour,
        }
        service["networks"] = {**external_networks(model, service), "colour": {"aliases": [name, f"{name}-{colour}"]}}
        service["ports"] = [
            {
                "mode": "ingress",
                "host_ip": "127.0.0.1",
                "target": route.target,
                "published": str(route.preview(colour)),
                "protocol": "tcp",
            }
            for route in routes
            if route.service == name
        ]
        services[name] = without_empty(service)
    networks = {"colour": {"name": network_name(application, colour), "external": True}}
    for service in services.values():
        networks.update({key: model["networks"][key] for key in service["networks"] if key != "colour"})
    return services, networks


def _edge_project(application: str, image: str, folder: str, routes: Sequence[Route]) -> dict[str, Any]:
    edge = {
        "image": image,
        "pull_policy": "never",
        "restart": "unless-stopped",
        "labels": {LABEL_APPLICATION: application},
        "networks": {colour: {} for colour in COLOURS},
        "volumes": [{"type": "bind", "source": folder, "target": "/etc/stagegate", "read_only": True}],
        "ports": [_edge_port(route) for route in routes],
        "healthcheck": {
            "test": ["CMD-SHELL", "echo 'show info' | socat -t 2 - UNIX:/run/haproxy/admin.sock | grep -q ^Pid"],
            "interval": "10s",
            "timeout": "5s",
            "retries": 3,
        },
        "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "5"}},
    }
    networks = {colour: {"name": network_name(application, colour), "external": True} for colour in COLOURS}
    return {"name": project_name(application, "edge"), "services": {"edge": edge}, "networks": networks}


def _edge_port(route: Route) -> dict[str, Any]:
    port = {"mode": "ingress", "target": route.public, "published": str(route.public), "protocol": "tcp"}
    return {**port, "host_ip": route.host_ip} if route.host_ip else port


def _project(model: Model, name: str, services: dict[str, Any], networks: dict[str, Any]) -> dict[str, Any]:
    """Only the volumes, secrets and configs that the services use come along."""
    project: dict[str, Any] = {"name": name, "services": services, "networks": networks}
    volumes = sorted({volume for service in services.values() for volume in named_volumes(service)})
    project["volumes"] = {volume: copy.deepcopy((model.get("volumes") or {}).get(volume) or {}) for volume in volumes}
    for kind in ("secrets", "configs"):
        used = {item["source"] for service in services.values() for item in service.get(kind) or () if "source" in item}
        project[kind] = {key: value for key, value in (model.get(kind) or {}).items() if key in used}
    return without_empty(project)


def _need_one_container(name: str, service: Model, routes: Sequence[Route]) -> None:
    number = wanted_containers(name, service)
    if number > 1 and any(route.service == name for route in routes):
        raise InputError(
            f"service {name} has a public port and {number} replicas",
            where="deploy.replicas or scale",
            why="several containers cannot publish the same port, also under plain compose",
            todo="set it to 1 in the staging override",
        )
