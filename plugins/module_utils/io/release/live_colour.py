# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Strategy recreate: the live colour is stopped before another one starts, and started again as it was when that one does not come up."""

from __future__ import annotations

import os

from ...core.errors import InputError
from ...core.release.compose_plan import other, project_name, single_part
from ...core.release.engine_state import Container
from ..engine.compose_stack import ComposeStack, Outcome
from ..engine.docker_cli import Engine
from ..system import clock as machine
from .release_facts import Standing, standing

_RUNS = ("running", "restarting", "paused")


class LiveColour:
    """The colour that the edge serves. Engine, clock and sleep are parameters."""

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

    def standing(self) -> Standing:
        """Where the application stands now."""
        return standing(self._application, self._state_dir, self._engine)

    def running(self, target: str) -> list[Container]:
        """The running containers of the live colour; none where `target` is the live colour itself, or nothing was ever live."""
        active = self.standing().active
        if active is None or active == target:
            return []
        return self._running_in(active)

    def stop(self, target: str) -> list[Container]:
        """Stop it so that `target` can start; its containers stay. Returns what was stopped."""
        found = self.running(target)
        self._engine.stop([item.id for item in found])
        return found

    def kept_release(self) -> str:
        """The release whose containers, running or not, are in the live colour; empty when there are none, or they disagree."""
        now = self.standing()
        return next((state.kept for state in now.colours if state.colour == now.active), "")

    def is_down(self) -> bool:
        """True when the live colour has containers that do not run."""
        active = self.standing().active
        mine = self._engine.containers(project_name(self._application, active)) if active else []
        return bool(self.kept_release()) and any(item.state not in _RUNS for item in mine)

    def start(self, wait_seconds: float) -> Outcome:
        """Start it again as it was, and wait until it is healthy. A tag that names another image by now replaces nothing.

        What a killed deployment left running in the other colour is stopped first: two cannot run.
        """
        stack, active = self._stack(self.kept_release()), self.standing().active
        self._engine.stop([item.id for item in self._running_in(other(active))] if active else [])
        return stack.up(wait_seconds)

    def _running_in(self, colour: str) -> list[Container]:
        projects = [project_name(self._application, part) for part in (single_part(colour), colour)]
        return [item for project in projects for item in self._engine.containers(project) if item.state in _RUNS]

    def _stack(self, release: str) -> ComposeStack:
        active = self.standing().active
        path = os.path.join(self._state_dir, "releases", release, f"{active}.json")
        if not active or not os.path.isfile(path):
            raise InputError(
                "the live colour cannot be started again", where=path, why="its plan is not on this host any more", todo="deploy a release"
            )
        return ComposeStack(project_name(self._application, active), path, self._engine, self._clock, self._sleep, keep_images=True)
