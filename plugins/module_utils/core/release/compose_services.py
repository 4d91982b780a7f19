# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the planner asks of single services of a compose model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import InputError

Model = Mapping[str, Any]


def stateful_services(services: Model, named: Sequence[str] | None) -> tuple[str, ...]:
    """The services that keep state: the named ones, or (None) those that mount a named volume. InputError for an unknown name."""
    if named is None:
        return tuple(name for name in sorted(services) if named_volumes(services[name]))
    unknown = sorted(set(named) - set(services))
    if unknown:
        raise InputError(
            f"deploy_state_services names {unknown[0]!r}",
            why="the compose model has no such service",
            todo=f"its services are {', '.join(sorted(services))}",
        )
    return tuple(sorted(named))


def named_volumes(service: Model) -> list[str]:
    """The named volumes that a service mounts, by their keys in the model."""
    mounts = service.get("volumes") or ()
    return [str(mount["source"]) for mount in mounts if mount.get("type") == "volume" and mount.get("source")]


def moved_mount(mount: Model, moved: Mapping[str, str]) -> dict[str, Any]:
    """The mount, with its bind source led to where `moved` says."""
    if mount.get("type") == "bind" and mount.get("source") in moved:
        return {**mount, "source": moved[str(mount["source"])]}
    return dict(mount)


def kept_dependencies(service: Model, names: Sequence[str]) -> dict[str, Any]:
    """Only the dependencies that stand in the same project."""
    return {key: value for key, value in (service.get("depends_on") or {}).items() if key in names}


def external_networks(model: Model, service: Model) -> dict[str, Any]:
    """The networks of a service that somebody else made."""
    networks = model.get("networks") or {}
    return {key: value for key, value in (service.get("networks") or {}).items() if (networks.get(key) or {}).get("external")}


def is_implicit(model: Model, network: str) -> bool:
    """True for the network that compose makes by itself."""
    return network == "default" and (model.get("networks") or {}).get(network, {}).get("name") == f"{model.get('name')}_default"


def need_image(name: str, service: Model) -> None:
    """InputError for a service without an image name."""
    if not service.get("image"):
        raise InputError(
            f"service {name} has no image name",
            where="compose model",
            why="a release is deployed by image, never built on the way",
            todo=f"add `image: {name}:${{RELEASE_TAG}}` to the service or to the staging override",
        )


def without_empty(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping without what says nothing."""
    return {key: value for key, value in mapping.items() if value not in ({}, [], None)}
