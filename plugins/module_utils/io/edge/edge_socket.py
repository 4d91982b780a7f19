# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The edge's runtime socket, reached through `docker exec`: which colour is live, and the one command that changes it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...core.errors import CommandError, ServiceError
from ...core.release.compose_plan import Route, project_name
from ...core.release.edge_config import FOLDER, MAP_PATH, SOCKET_PATH, Server, mapped_colour, not_reached, servers
from ..engine.docker_cli import Engine
from ..system import clock as machine
from ..system.command import must


@dataclass(frozen=True)
class EdgeState:
    """What the running edge said at one moment: the digest of its configuration, its live colour, and `show stat` as CSV."""

    digest: str
    colour: str | None
    stat: str

    @property
    def servers(self) -> Mapping[str, Server]:
        """Backend name -> its server."""
        return servers(self.stat)


class EdgeSocket:
    """The edge of one application. Engine, clock and sleep are parameters."""

    def __init__(self, application: str, engine: Engine, clock: machine.Clock = machine.now, sleep: machine.Sleep = machine.sleep) -> None:
        self.application = application
        self.project = project_name(application, "edge")
        self._engine = engine
        self._clock = clock
        self._sleep = sleep
        self._name = ""

    def is_running(self) -> bool:
        """True when the edge's container runs."""
        found = [item for item in self._engine.containers(self.project) if item.state == "running"]
        self._name = found[0].name if found else ""
        return bool(found)

    def look(self) -> EdgeState:
        """Ask for everything at once: each question costs a `docker exec`, and a switch waits for it."""
        said, _header, rows = self.command(f"show info;show map {MAP_PATH};show stat").partition("# pxname,")
        return EdgeState(_digest(said), mapped_colour(said, self.application), "pxname," + rows)

    def live_colour(self) -> str | None:
        """The colour that the running edge sends requests to; None when it has none in its map."""
        return mapped_colour(self.command(f"show map {MAP_PATH}"), self.application)

    def configuration_digest(self) -> str:
        """The digest of the configuration that the running edge has read."""
        return _digest(self.command("show info"))

    def set_colour(self, colour: str) -> float:
        """Switch all services at once; returns the seconds it took. ServiceError when the edge does not confirm it."""
        begun = self._clock()
        said = self.command(f"set map {MAP_PATH} {self.application} {colour};show map {MAP_PATH}")
        took = self._clock() - begun
        if mapped_colour(said, self.application) != colour:
            raise ServiceError(
                "the edge did not switch",
                where=self.project,
                why=f"its map does not say {colour}",
                todo="look at the edge's log, then run this again",
            )
        return took

    def not_reached(self, known: Mapping[str, Server], routes: Sequence[Route], colour: str) -> list[str]:
        """`service: why` for every route whose server does not lead to a container of `colour` that runs now."""
        return not_reached(known, self._engine.containers(project_name(self.application, colour)), routes, colour)

    def wait_until_reached(self, routes: Sequence[Route], colour: str, seconds: float) -> list[str]:
        """Wait until every server of `colour` leads to its container; returns what still does not at the deadline."""
        deadline = self._clock() + seconds
        while True:
            missing = self.not_reached(servers(self.command("show stat")), routes, colour)
            if not missing or self._clock() >= deadline:
                return missing
            self._sleep(0.2)

    def check_configuration(self) -> None:
        """Ask HAProxy whether it would accept the file on disk; CommandError with its answer when not."""
        must(
            self._engine.execute(self._running(), ["haproxy", "-c", "-q", "-f", f"{FOLDER}/haproxy.cfg"]),
            "the edge refuses its new configuration",
        )

    def reload(self, digest: str, seconds: float) -> None:
        """Let the edge read the changed file; listening sockets stay open. ServiceError when it does not take it."""
        self._engine.kill(self._running(), "USR2")
        deadline = self._clock() + seconds
        while self._digest_or_nothing() != digest:
            if self._clock() >= deadline:
                raise ServiceError(
                    "the edge did not take its new configuration",
                    where=self.project,
                    todo="look at its log: docker logs " + self._name,
                )
            self._sleep(0.1)

    def wait_for_socket(self, seconds: float) -> None:
        """Wait until a freshly started edge answers."""
        deadline = self._clock() + seconds
        while True:
            if self.is_running() and self._digest_or_nothing():
                return
            if self._clock() >= deadline:
                raise ServiceError("the edge does not answer", where=self.project, todo="look at the log of its container")
            self._sleep(0.1)

    def command(self, text: str) -> str:
        """Say one line to the runtime socket and return the answer; CommandError when it cannot be reached."""
        argv = ["socat", "-t", "5", "-", f"UNIX-CONNECT:{SOCKET_PATH}"]
        done = must(
            self._engine.execute(self._running(), argv, stdin=text + "\n", timeout=20.0),
            "the edge's runtime socket does not answer",
        )
        if done.stdout.startswith(("Unknown command", "Unknown map", "Permission denied")):
            raise ServiceError(f"the edge refused `{text}`", where=self.project, why=done.stdout.strip()[:200])
        return done.stdout

    def process_names(self) -> str:
        """The names of the processes in the edge's container, a line each."""
        # One that ends while it is asked is not there to be told.
        argv = ["sh", "-c", "cat /proc/[0-9]*/comm 2>/dev/null; true"]
        return must(self._engine.execute(self._running(), argv, timeout=20.0), "the edge's processes cannot be listed").stdout

    def _digest_or_nothing(self) -> str:
        try:
            return self.configuration_digest()
        except CommandError:
            return ""

    def _running(self) -> str:
        if not self._name and not self.is_running():
            raise CommandError("the edge does not run", where=f"compose project {self.project}", todo="deploy a release first")
        return self._name


def _digest(said: str) -> str:
    found = re.search(r"^description: ?(?:.*\s)?(\S+)$", said, re.MULTILINE)
    return found.group(1) if found else ""
