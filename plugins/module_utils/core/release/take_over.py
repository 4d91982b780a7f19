# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A stack of the same application that plain `docker compose up` started: how it is recognised, and what is kept of it for the way back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import EvidenceError, InputError
from .compose_services import named_volumes
from .engine_state import Container

KEPT_SUFFIX = "-before-stagegate"
TAKING, TAKEN, GIVING_BACK, GIVEN_BACK = "taking", "taken", "giving_back", "given_back"


@dataclass(frozen=True)
class Predecessor:
    """The compose project that ran before; `signs` says by what each of its containers was recognised."""

    project: str
    containers: tuple[Container, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True)
class Kept:
    """One container that was stopped and renamed: its id, the name to which it goes back, its restart policy.

    `rank` orders the start: those that it depends on have a lower one. Stopping goes the other way.
    """

    id: str
    name: str
    service: str
    restart: str
    was_running: bool
    rank: int


@dataclass(frozen=True)
class Record:
    """What was taken over; it is written before the first container is touched."""

    state: str
    project: str
    containers: tuple[Kept, ...]


def predecessor(
    model: Mapping[str, Any], containers: Iterable[Container], own_projects: Sequence[str], kept: Collection[str] = ()
) -> Predecessor | None:
    """The stack that another compose project runs of this very application; None when there is none.

    A container belongs to it when it has the service name of one of ours and, with it, its fixed name or one of its volumes. Where the
    model has neither, all public ports must be held by services of the same names. A port alone may be anybody's. `kept` are the ids of
    containers that this application has taken over before; those that another one keeps on this host are no sign.
    Raises InputError when two projects look like it.
    """
    services = model.get("services") or {}
    candidates: dict[str, list[Container]] = {}
    for item in containers:
        plain = item.project and item.project not in own_projects and not item.application
        if plain and item.service in services:
            candidates.setdefault(item.project, []).append(item)
    found = {project: _signs(model, items, kept) for project, items in candidates.items()}
    found = {project: signs for project, signs in found.items() if signs}
    if len(found) > 1:
        raise InputError(
            "two stacks look like an earlier one of this application",
            where=f"compose projects {', '.join(sorted(found))}",
            why="; ".join(sign for project in sorted(found) for sign in found[project]),
            todo="remove the one that is not in use (docker compose -p <project> down keeps its volumes)",
        )
    for project, signs in found.items():
        waiting = tuple(item for item in candidates[project] if not item.name.endswith(KEPT_SUFFIX))
        return Predecessor(project, waiting, tuple(signs)) if waiting else None
    return None


def ranks(services: Mapping[str, Any]) -> dict[str, int]:
    """How many starts must come before that of each service: 0 for one that depends on none of the others."""
    found: dict[str, int] = {}
    while len(found) < len(services):
        waiting = [name for name in sorted(services) if name not in found]
        ready = [name for name in waiting if not (set(services[name].get("depends_on") or {}) & set(services)) - set(found)]
        # Compose refuses a circle, so that there is always one that is ready; a model made by hand is not waited for.
        rank = max(found.values(), default=-1) + 1
        found.update(dict.fromkeys(ready or waiting, rank))
    return found


def record_of(found: Predecessor, model: Mapping[str, Any], earlier: Record | None) -> Record:
    """The record before the first container is touched; what an interrupted take-over wrote is kept.

    Raises InputError when an earlier stack is kept already and somebody has started it anew beside us.
    """
    if earlier and earlier.state == TAKEN:
        raise InputError(
            "the stack that was taken over was started again by plain docker compose",
            where="; ".join(found.signs),
            why=f"its former containers wait for the way back under names with {KEPT_SUFFIX}",
            todo=f"remove the new ones: docker rm -f {' '.join(item.name for item in found.containers)}",
        )
    before = {item.id: item for item in earlier.containers} if earlier and earlier.state == TAKING else {}
    order = ranks(model.get("services") or {})
    fresh = {
        item.id: Kept(item.id, item.name, item.service, item.restart, item.state == "running", order.get(item.service, 0))
        for item in found.containers
        if item.id not in before
    }
    return Record(TAKING, found.project, (*before.values(), *fresh.values()))


def record_body(record: Record) -> dict[str, Any]:
    """The record as JSON."""
    return asdict(record)


def read_record(body: Any) -> Record:
    """The record out of JSON; EvidenceError when it has another shape."""
    try:
        kept = tuple(
            Kept(
                str(item["id"]),
                str(item["name"]),
                str(item["service"]),
                str(item["restart"]),
                item["was_running"] is True,
                int(item["rank"]),
            )
            for item in body["containers"]
        )
        return Record(str(body["state"]), str(body["project"]), kept)
    except (TypeError, KeyError, ValueError) as error:
        raise EvidenceError("the record of the take-over cannot be read", why=str(error)[:200]) from error


def kept_name(name: str) -> str:
    """The name that a container has while it waits for the way back."""
    return name if name.endswith(KEPT_SUFFIX) else name + KEPT_SUFFIX


def _signs(model: Mapping[str, Any], items: Sequence[Container], kept: Collection[str]) -> list[str]:
    services, signs = model["services"], []
    for item in items:
        service = services[item.service]
        if item.id in kept:
            signs.append(f"{item.name} was taken over before")
        elif service.get("container_name") == item.name:
            signs.append(f"{item.name} has the fixed name of service {item.service}")
        shared = sorted(_volumes(model, service) & set(item.volumes))
        if shared:
            signs.append(f"{item.name} writes volume {', '.join(shared)} of service {item.service}")
    return sorted(signs) or _port_signs(services, items)


def _volumes(model: Mapping[str, Any], service: Mapping[str, Any]) -> set[str]:
    declared = model.get("volumes") or {}
    return {str((declared.get(key) or {}).get("name") or key) for key in named_volumes(service)}


def _port_signs(services: Mapping[str, Any], items: Sequence[Container]) -> list[str]:
    """Only where every public port of the model is held, by a running container of the same service."""
    wanted = {(name, int(port)) for name, service in services.items() for port in _published(service)}
    held = {(item.service, port) for item in items if item.state == "running" for port in item.host_ports}
    return sorted(f"port {port} is published by its service {name}" for name, port in wanted) if wanted and wanted <= held else []


def _published(service: Mapping[str, Any]) -> list[str]:
    return [str(port["published"]) for port in service.get("ports") or () if str(port.get("published") or "").isdigit()]
