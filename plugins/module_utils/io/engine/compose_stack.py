# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A planned compose project: brought up and waited for, or taken down. What changed is read from the engine, not from the output."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...core.errors import CommandError
from ...core.release.engine_state import Container
from ...core.release.log_scan import mask, tail
from ...core.release.single_services import wanted_containers
from ..system import clock as machine
from ..system.command import Completed, must
from ..system.files import read_text
from .docker_cli import Engine

POLL_SECONDS = 0.1


def _nothing() -> None:
    """What is to be done before a change, where nobody said anything."""


@dataclass(frozen=True)
class Outcome:
    """How a project stands. `troubles` has a line for each service that is not healthy, followed by the end of its log."""

    changed: bool
    containers: tuple[Container, ...]
    expected: tuple[str, ...]
    troubles: tuple[str, ...]
    unhealthy: tuple[str, ...]

    @property
    def healthy(self) -> bool:
        """There are planned services, and all containers of each of them are healthy."""
        return bool(self.expected) and not self.unhealthy


class ComposeStack:
    """One planned project. Engine, clock and sleep are parameters."""

    def __init__(
        self,
        project: str,
        path: str,
        engine: Engine,
        clock: machine.Clock = machine.now,
        sleep: machine.Sleep = machine.sleep,
        keep_images: bool = False,
    ) -> None:
        """`keep_images`: a container is not replaced because its tag names another image now."""
        self.project = project
        self.path = path
        self._engine = engine
        self._clock = clock
        self._sleep = sleep
        self._keep_images = keep_images

    def differing(self) -> list[str]:
        """Services whose container `up` would start, replace or remove."""
        planned = self._services()
        if not planned:
            return sorted({item.service for item in self._engine.containers(self.project)})
        there: dict[str, list[Container]] = {}
        for item in self._engine.containers(self.project):
            there.setdefault(item.service, []).append(item)
        if not there:
            return sorted(planned)
        hashes = self._engine.config_hashes(self.project, self.path)
        found = set(there) ^ set(planned)
        for name in set(there) & set(planned):
            image = "" if self._keep_images else self._engine.image_id(str(planned[name].get("image")))
            as_planned = [
                item
                for item in there[name]
                if item.state == "running" and item.config_hash == hashes.get(name) and (not image or item.image_id == image)
            ]
            if len(there[name]) != wanted_containers(name, planned[name]) or len(as_planned) != len(there[name]):
                found.add(name)
        return sorted(found)

    def differs(self) -> bool:
        """True when `up` would do something."""
        return bool(self.differing())

    def up(self, wait_seconds: float, before_change: Callable[[], None] = _nothing) -> Outcome:
        """Start what is not there, replace what differs, remove what is not planned; wait until all is healthy or the time is over.

        `before_change` is called first where something differs.
        """
        if not self._services():
            return self._up_without_services()
        before = self._fingerprint()
        differs = self.differs()
        if differs:
            before_change()
        deadline = self._clock() + wait_seconds
        started = self._start(deadline) if differs else None
        containers = self._wait(deadline, started)
        return self._outcome(before != self._fingerprint(), containers, started)

    def _up_without_services(self) -> Outcome:
        """Compose refuses a project without services; its networks are needed all the same.

        What an earlier plan has left may hold data: it is told, not removed.
        """
        made = [self._engine.ensure_network(name, self.project, key) for key, name in sorted(self._networks().items())]
        left = tuple(self._engine.containers(self.project))
        troubles = [f"{item.service} is not planned any more: remove container {item.name} when nothing needs it" for item in left]
        return Outcome(any(made), left, (), tuple(troubles), tuple(sorted({item.service for item in left})))

    def down(self, before_change: Callable[[], None] = _nothing) -> bool:
        """Remove the containers; volumes and the networks of others stay. True when there was something to remove."""
        if not self._engine.containers(self.project):
            return False
        before_change()
        must(
            self._engine.compose(self.project, self.path, "down", "--remove-orphans", "--timeout", "20"),
            f"{self.project} cannot be removed",
        )
        return True

    def _start(self, deadline: float) -> Completed:
        """One `up`. With kept images only the services that differ are named, so that compose leaves the others alone."""
        self._need_images()
        named = ["--no-deps", *sorted(set(self.differing()) & set(self._services()))] if self._keep_images else []
        timeout = max(deadline - self._clock(), 1.0) + 60
        return self._engine.compose(self.project, self.path, "up", "-d", "--remove-orphans", "--no-build", *named, timeout=timeout)

    def _wait(self, deadline: float, started: Completed | None) -> tuple[Container, ...]:
        """Poll until every planned service is healthy, one has ended for good, or the time is over.

        Compose gives up as soon as a service that others wait for is unhealthy once; on a busy host it may still become healthy,
        so the deadline decides, and `up` is said again for those that were waiting.
        """
        while True:
            containers = tuple(self._engine.containers(self.project))
            if not self._unhealthy(containers):
                return containers
            hopeless = any(item.is_lost for item in containers)
            if hopeless or self._clock() >= deadline:
                return containers
            if started is not None and not started.ok:
                pending = [item for item in containers if item.state == "running" and not item.is_healthy]
                if not pending:
                    again = self._start(deadline)
                    if not again.ok and not self._progressed(containers):
                        return tuple(self._engine.containers(self.project))
                    started = again
            self._sleep(POLL_SECONDS)

    def _progressed(self, before: tuple[Container, ...]) -> bool:
        return {(item.id, item.state) for item in before} != {(item.id, item.state) for item in self._engine.containers(self.project)}

    def _outcome(self, changed: bool, containers: tuple[Container, ...], started: Completed | None) -> Outcome:
        unhealthy = self._unhealthy(containers)
        troubles: list[str] = []
        # Of several containers of a service one that is not healthy is told about.
        by_service = {item.service: item for item in sorted(containers, key=lambda item: not item.is_healthy)}
        for name in unhealthy:
            item = by_service.get(name)
            troubles.append(f"{name}: {item.condition if item else 'has no container'}")
            if item:
                troubles += [f"  healthcheck: {line}" for line in tail(item.health_output, 3)]
                troubles += [f"  log: {line}" for line in tail(self._log(item.name))]
        if unhealthy and started is not None and not started.ok:
            troubles += [f"compose: {mask(line)[:400]}" for line in started.stderr.strip().splitlines()[-5:]]
        return Outcome(changed, containers, tuple(sorted(self._services())), tuple(troubles), unhealthy)

    def _log(self, name: str) -> str:
        try:
            return self._engine.logs(name, lines=30)
        except CommandError as error:
            return str(error)

    def _unhealthy(self, containers: tuple[Container, ...]) -> tuple[str, ...]:
        bad = {item.service for item in containers if not item.is_healthy}
        found = []
        for name, service in self._services().items():
            number = sum(item.service == name for item in containers)
            if name in bad or number < wanted_containers(name, service):
                found.append(name)
        return tuple(sorted(found))

    def _fingerprint(self) -> set[tuple[str, str]]:
        return {(item.id, item.started) for item in self._engine.containers(self.project)}

    def _need_images(self) -> None:
        for name, service in sorted(self._services().items()):
            image = str(service.get("image"))
            if not self._engine.image_id(image) and service.get("pull_policy") == "never":
                raise CommandError(
                    f"image {image} is not on this host",
                    where=f"service {name} of {self.project}",
                    why="a release is deployed from the images that its build made",
                    todo="run the build phase of this release",
                )

    def _services(self) -> Mapping[str, Any]:
        services = json.loads(read_text(self.path)).get("services")
        return services if isinstance(services, dict) else {}

    def _networks(self) -> dict[str, str]:
        networks = json.loads(read_text(self.path)).get("networks") or {}
        return {str(key): str(network.get("name") or key) for key, network in networks.items() if not network.get("external")}
