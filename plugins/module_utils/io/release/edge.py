# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bringing the edge to a release: its configuration, its container, and the switch."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Callable

from ...core.errors import ServiceError
from ...core.release.edge_config import configuration_digest, map_text
from ..edge.edge_socket import EdgeSocket
from ..engine.compose_stack import ComposeStack
from ..engine.docker_cli import Engine
from ..system import clock as machine
from ..system.files import read_text, same_content, write_atomic
from .release_facts import disk_colour
from .release_plan import planned_routes, read_plan


@dataclass(frozen=True)
class Switched:
    """What was done: container started or replaced, configuration reloaded, colour before and the seconds of the switch (None: none)."""

    started: bool
    reloaded: bool
    before: str
    seconds: float | None
    map_written: bool

    @property
    def changed(self) -> bool:
        """True when anything was done."""
        return self.started or self.reloaded or self.map_written or self.seconds is not None


Part = Callable[[str], AbstractContextManager[Any]]


class Edge:
    """The edge of one application. Engine, clock and sleep are parameters."""

    def __init__(
        self,
        application: str,
        state_dir: str,
        engine: Engine,
        clock: machine.Clock = machine.now,
        sleep: machine.Sleep = machine.sleep,
    ) -> None:
        self._application = application
        self._state_dir = state_dir
        self._engine = engine
        self._clock = clock
        self._sleep = sleep
        self._socket = EdgeSocket(application, engine, clock, sleep)

    def differs(self, release: str, colour: str) -> bool:
        """True when `switch` would do something."""
        described = read_plan(self._state_dir, release, colour)
        if not self._socket.is_running() or self._stack(described).differs():
            return True
        digest = configuration_digest(self._planned_configuration(release))
        live = self._socket.live_colour()
        return self._socket.configuration_digest() != digest or live != colour or disk_colour(self._application, self._state_dir) != colour

    def switch(self, release: str, colour: str, wait_seconds: float, part: Part = nullcontext) -> Switched:
        """Make the edge send everything to `colour`. ServiceError, with nothing switched, when it cannot reach a service there.

        `part("map")` is held round the writing of the map, when the running edge has been switched already.
        """
        described = read_plan(self._state_dir, release, colour)
        before = disk_colour(self._application, self._state_dir) or ""
        fresh = not self._socket.is_running()
        if fresh and not before:
            # The first release, too, is switched to at once: its services come up one by one, and half of them are no application.
            self._write_map("")
        started = self._bring_up(described, release, fresh, wait_seconds)
        seen = self._socket.look()
        reloaded = self._take_configuration(release, wait_seconds, seen.digest)
        routes = planned_routes(described)
        missing = ["a new configuration"] if reloaded else self._socket.not_reached(seen.servers, routes, colour)
        if missing and (missing := self._socket.wait_until_reached(routes, colour, wait_seconds)):
            raise ServiceError(
                f"the edge does not reach {colour}",
                where="; ".join(missing),
                why="nothing was switched",
                todo="look at the logs of those services, then run this again",
            )
        live = self._socket.live_colour() if reloaded else seen.colour
        seconds = self._socket.set_colour(colour) if live != colour else None
        with part("map"):
            written = self._write_map(colour)
        return Switched(started, reloaded, live or before, seconds, written)

    def _bring_up(self, described: Mapping[str, Any], release: str, fresh: bool, wait_seconds: float) -> bool:
        stack = self._stack(described)
        if not fresh and not stack.differs():
            return False
        write_atomic(self._path("haproxy.cfg"), self._planned_configuration(release))
        outcome = stack.up(0.0)  # its healthcheck takes seconds to speak; what counts is that its socket answers, see below
        if not outcome.containers or any(item.state != "running" for item in outcome.containers):
            raise ServiceError("the edge does not start", where="; ".join(outcome.troubles)[:1500], todo="repair that, then run this again")
        self._socket.wait_for_socket(wait_seconds)
        return outcome.changed

    def _take_configuration(self, release: str, wait_seconds: float, running: str) -> bool:
        """The new file is tried by HAProxy itself before the running one reads it; the old file comes back when it is refused."""
        wanted = self._planned_configuration(release)
        if running == configuration_digest(wanted) and same_content(self._path("haproxy.cfg"), wanted, 0o600):
            return False
        old = read_text(self._path("haproxy.cfg"))
        write_atomic(self._path("haproxy.cfg"), wanted)
        try:
            self._socket.check_configuration()
        except BaseException:
            write_atomic(self._path("haproxy.cfg"), old)
            raise
        self._socket.reload(configuration_digest(wanted), wait_seconds)
        return True

    def _stack(self, described: Mapping[str, Any]) -> ComposeStack:
        project = described["projects"]["edge"]
        return ComposeStack(str(project["name"]), str(project["file"]), self._engine, self._clock, self._sleep)

    def _planned_configuration(self, release: str) -> str:
        return read_text(os.path.join(self._state_dir, "releases", release, "haproxy.cfg"))

    def _write_map(self, colour: str) -> bool:
        return write_atomic(self._path("active.map"), map_text(self._application, colour))

    def _path(self, name: str) -> str:
        return os.path.join(self._state_dir, "edge", name)
