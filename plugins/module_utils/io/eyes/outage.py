# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Taking a service away and giving it back, whatever happens in between.

What is taken away stands in a marker file first. It is given back at the end, also after an exception or a SIGTERM; after a
SIGKILL the next start finds the marker and gives it back before anything else.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from ...core.errors import ServiceError
from ...core.times import rfc3339
from ..engine.docker_cli import Engine
from ..system import clock as machine
from ..system.command import Runner, must, run
from ..system.files import read_text, write_json

STOP_SECONDS = 60.0


@dataclass(frozen=True)
class Outages:
    """Stops and starts services of one compose project; the marker is <state_dir>/outage.json."""

    project: str
    state_dir: str
    runner: Runner = run
    clock: machine.Clock = machine.now

    @property
    def marker(self) -> str:
        """The file that names the containers which were stopped on purpose."""
        return os.path.join(self.state_dir, "outage.json")

    def repair_leftover(self) -> list[str]:
        """Give back what an earlier, killed scenario took away; the names of those containers."""
        if not os.path.exists(self.marker):
            return []
        try:
            names = [str(name) for name in json.loads(read_text(self.marker, 65536))["containers"]]
        except (ValueError, TypeError, KeyError) as error:
            raise ServiceError(
                "the marker of an earlier outage cannot be read",
                where=self.marker,
                todo="start the stopped services, remove the file",
            ) from error
        self._give_back(names)
        return names

    @contextmanager
    def without(self, services: Sequence[str], scenario: str) -> Iterator[None]:
        """Run the body while these services are stopped. ServiceError when one is not there to be stopped."""
        if not services:
            yield
            return
        names = [self._running(service) for service in services]
        marker = {"containers": names, "scenario": scenario, "since": rfc3339(self.clock())}
        before = signal.signal(signal.SIGTERM, _end)
        try:
            write_json(self.marker, marker)
            must(self.runner(["docker", "stop", *names], timeout=STOP_SECONDS), f"{', '.join(services)} cannot be stopped")
            yield
        finally:
            self._give_back(names)
            signal.signal(signal.SIGTERM, before)

    def _running(self, service: str) -> str:
        return Engine(self.runner).service_container(self.project, service).name

    def _give_back(self, names: Sequence[str]) -> None:
        must(
            self.runner(["docker", "start", *names], timeout=STOP_SECONDS),
            f"{', '.join(names)} cannot be started again",
            todo=f"start them by hand; {self.marker} names them",
        )
        os.unlink(self.marker)


def _end(_signal: int, _frame: Any) -> NoReturn:
    raise SystemExit(143)
