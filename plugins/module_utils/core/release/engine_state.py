# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the engine says about containers, and what follows: which colour serves which release, and whether it is healthy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .compose_plan import COLOURS, LABEL_APPLICATION, LABEL_RELEASE, other, project_name

PROJECT_LABEL = "com.docker.compose.project"


@dataclass(frozen=True)
class Container:
    """One container, as `docker inspect` describes it. `health` is empty where no healthcheck is declared."""

    id: str
    name: str
    project: str
    service: str
    release: str
    image: str
    image_id: str
    state: str
    health: str
    started: str
    restarts: int
    exit_code: int
    config_hash: str
    host_ports: tuple[int, ...]
    health_output: str = ""
    volumes: tuple[str, ...] = ()
    restart: str = ""
    application: str = ""
    addresses: tuple[str, ...] = ()

    @property
    def is_healthy(self) -> bool:
        """Running, and found healthy by its own healthcheck. Without one nobody knows, and what is not known is not healthy."""
        return self.state == "running" and self.health == "healthy"

    @property
    def is_lost(self) -> bool:
        """No use in waiting: it ended and will not be started again, or it has no healthcheck that could ever say that it works."""
        return self.state in ("dead", "exited") or (self.state == "running" and not self.health)

    @property
    def condition(self) -> str:
        """`running, unhealthy` or the like, for people."""
        unchecked = "no healthcheck" if self.state == "running" else ""
        words = [self.state, self.health or unchecked] if self.health or unchecked else [self.state]
        if self.state == "exited":
            words.append(f"exit code {self.exit_code}")
        if self.restarts:
            words.append(f"{self.restarts} restarts")
        return ", ".join(words)


@dataclass(frozen=True)
class ColourState:
    """The containers of one colour; `release` is empty when none runs, or when they disagree. `kept` asks the stopped ones, too."""

    colour: str
    release: str
    services: tuple[str, ...]
    healthy: bool
    kept: str = ""


def container(inspected: Mapping[str, Any]) -> Container:
    """Read one object of `docker inspect`."""
    labels = (inspected.get("Config") or {}).get("Labels") or {}
    state = inspected.get("State") or {}
    probes = (state.get("Health") or {}).get("Log") or []
    bindings = (inspected.get("HostConfig") or {}).get("PortBindings") or {}
    ports = {int(bound["HostPort"]) for bounds in bindings.values() for bound in bounds or () if bound.get("HostPort")}
    return Container(
        id=str(inspected["Id"]),
        name=str(inspected.get("Name") or "").lstrip("/"),
        project=labels.get(PROJECT_LABEL, ""),
        service=labels.get("com.docker.compose.service", ""),
        release=labels.get(LABEL_RELEASE, ""),
        image=str((inspected.get("Config") or {}).get("Image") or ""),
        image_id=str(inspected.get("Image") or ""),
        state=str(state.get("Status") or ""),
        health=str((state.get("Health") or {}).get("Status") or "").replace("none", ""),
        started=str(state.get("StartedAt") or ""),
        restarts=int(inspected.get("RestartCount") or 0),
        exit_code=int(state.get("ExitCode") or 0),
        config_hash=labels.get("com.docker.compose.config-hash", ""),
        host_ports=tuple(sorted(ports)),
        health_output=str(probes[-1].get("Output") or "") if probes else "",
        volumes=_written_volumes(inspected),
        application=labels.get(LABEL_APPLICATION, ""),
        addresses=_addresses(inspected),
        restart=_restart_policy((inspected.get("HostConfig") or {}).get("RestartPolicy") or {}),
    )


def colour_state(containers: Iterable[Container], application: str, colour: str) -> ColourState:
    """Read what stands in the project of `colour`."""
    mine = [item for item in containers if item.project == project_name(application, colour)]
    running = [item for item in mine if item.state == "running"]
    releases = {item.release for item in running}
    kept = {item.release for item in mine}
    return ColourState(
        colour=colour,
        release=releases.pop() if len(releases) == 1 else "",
        services=tuple(sorted(item.service for item in running)),
        healthy=bool(mine) and all(item.is_healthy for item in mine),
        kept=kept.pop() if len(kept) == 1 else "",
    )


def _written_volumes(inspected: Mapping[str, Any]) -> tuple[str, ...]:
    mounts = inspected.get("Mounts") or ()
    return tuple(sorted(str(mount["Name"]) for mount in mounts if mount.get("Type") == "volume" and mount.get("Name") and mount.get("RW")))


def _addresses(inspected: Mapping[str, Any]) -> tuple[str, ...]:
    networks = ((inspected.get("NetworkSettings") or {}).get("Networks") or {}).values()
    said = [str((network or {}).get(family) or "") for network in networks for family in ("IPAddress", "GlobalIPv6Address")]
    return tuple(sorted({address for address in said if address}))


def _restart_policy(said: Mapping[str, Any]) -> str:
    """As `docker update --restart` takes it."""
    name, most = str(said.get("Name") or "no"), int(said.get("MaximumRetryCount") or 0)
    return f"{name}:{most}" if name == "on-failure" and most else name


def target_colour(release: str, active: str | None, states: Sequence[ColourState]) -> str:
    """The colour in which `release` belongs: where it already runs, else the idle one; blue on an empty host."""
    if active is None:
        return COLOURS[0]
    for state in sorted(states, key=lambda item: item.colour != active):
        if state.release == release:
            return state.colour
    return other(active)


def strangers(ports: Mapping[int, str], containers: Iterable[Container], own_projects: Sequence[str]) -> list[str]:
    """A sentence for every port of ours that a running container of another project publishes."""
    found = []
    for item in containers:
        if item.state == "running" and item.project not in own_projects:
            owner = f"container {item.name}" + (f" of compose project {item.project}" if item.project else "")
            found += [f"port {port} (wanted by {ports[port]}) is published by {owner}" for port in item.host_ports if port in ports]
    return found


def name_conflicts(names: Iterable[str], containers: Iterable[Container], own_project: str) -> list[str]:
    """A sentence for every fixed container name that another project's container already has."""
    wanted = set(names)
    return [
        f"container name {item.name} is taken by compose project {item.project or 'none'}"
        for item in containers
        if item.name in wanted and item.project != own_project
    ]


def digest_mismatches(containers: Iterable[Container], images: Mapping[str, Mapping[str, str]]) -> list[str]:
    """A sentence for every container whose image is not the recorded one, or was never recorded."""
    found = []
    for item in containers:
        judged = (images.get(item.service) or {}).get("id", "")
        if not judged:
            found.append(f"{item.service}: the build recorded no image")
        elif item.image_id != judged:
            found.append(f"{item.service}: runs {item.image_id[:19]}, judged was {judged[:19]}")
    return found
