# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services that must not run twice: they follow the edge, and at no moment those of two colours run."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence

from ...core.errors import CommandError
from ...core.release.compose_plan import COLOURS, project_name, single_part
from ...core.release.engine_state import Container
from ..engine.compose_stack import ComposeStack, Outcome
from ..engine.docker_cli import Engine
from ..system import clock as machine
from ..system.files import read_text
from .release_plan import read_plan

_ENDED = ("exited", "dead", "created", "removing")


class SingleStack:
    """The single services of one application. Engine, clock and sleep are parameters."""

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

    def others(self, release: str, colour: str) -> list[Container]:
        """Running containers that may not run beside the single services of `release` in `colour`.

        A plan made before a service was known as single has it in the colour itself: there it counts, too.
        """
        mine = project_name(self._application, single_part(colour))
        names = self.services(release, colour)
        found = []
        for other in COLOURS:
            single = project_name(self._application, single_part(other))
            if single != mine:
                found += self._engine.containers(single)
            found += [item for item in self._engine.containers(project_name(self._application, other)) if item.service in names]
        return [item for item in found if item.state not in _ENDED]

    def services(self, release: str, colour: str) -> list[str]:
        """The single services of a release; empty when it was never planned for that colour."""
        path = os.path.join(self._state_dir, "releases", release, f"plan-{colour}.json")
        if not os.path.isfile(path):
            return []
        return [str(name) for name in read_plan(self._state_dir, release, colour).get("single_services") or ()]

    def stop_others(self, release: str, colour: str, before_change: Callable[[], None] = lambda: None) -> list[Container]:
        """Stop what may not run beside them; returns what was stopped. CommandError when something of it still runs."""
        found = self.others(release, colour)
        if not found:
            return []
        before_change()
        self._engine.stop([item.id for item in found])
        left = self.others(release, colour)
        if left:
            raise CommandError(
                "a service that must not run twice cannot be stopped",
                where=", ".join(item.name for item in left),
                why="the engine still shows it running",
                todo="look at that container; nothing was started in its place",
            )
        return found

    def differs(self, release: str, colour: str) -> bool:
        """True when `follow` would do something."""
        if self.others(release, colour):
            return True
        return self._stack(release, colour).differs() if self._is_planned(release, colour) else bool(self._unplanned(colour))

    def follow(self, release: str, colour: str, wait_seconds: float) -> Outcome | None:
        """Stop the others, start those of `release` in `colour`, wait until they are healthy; None when the release has none."""
        self.stop_others(release, colour)
        if not self._is_planned(release, colour):
            self._remove_unplanned(colour)
            return None
        return self._stack(release, colour).up(wait_seconds)

    def _remove_unplanned(self, colour: str) -> None:
        """What an earlier release had in this colour, and this one has not."""
        left = self._unplanned(colour)
        self._engine.stop([item.id for item in left if item.state not in _ENDED])
        self._engine.remove([item.id for item in left])

    def _unplanned(self, colour: str) -> list[Container]:
        return self._engine.containers(project_name(self._application, single_part(colour)))

    def _is_planned(self, release: str, colour: str) -> bool:
        path = self._path(release, colour)
        return os.path.isfile(path) and bool(json.loads(read_text(path)).get("services"))

    def _stack(self, release: str, colour: str) -> ComposeStack:
        name = project_name(self._application, single_part(colour))
        return ComposeStack(name, self._path(release, colour), self._engine, self._clock, self._sleep)

    def _path(self, release: str, colour: str) -> str:
        return os.path.join(self._state_dir, "releases", release, f"{single_part(colour)}.json")


def names_of(containers: Sequence[Container]) -> list[str]:
    """The names, for people."""
    return sorted(item.name for item in containers)
