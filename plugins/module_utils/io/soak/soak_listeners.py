# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an agent hears beside its ticks: each on a thread of its own, each with what a later agent has to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Protocol

from ...core.soak.soak_plan import SoakPlan
from ..engine.engine_exec import EngineExec
from ..engine.engine_socket import EngineSocket
from .engine_events import EngineEvents
from .log_follower import LogFollower
from .probes import Probes
from .slow_samplers import SlowSamplers
from .soak_alerts import AlertThread
from .soak_files import SoakFolder
from .soak_senses import Listener
from .soak_store import Row


class Counting(Protocol):
    """Rows, notes, and one state that goes with them."""

    kept: Any

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End."""

    def drain(self) -> tuple[list[Row], list[tuple[float, str]]]:
        """Samples and notes since the last call."""


@dataclass(frozen=True)
class Named:
    """A listener whose state has a name in the store."""

    name: str
    of: Counting

    @property
    def kept(self) -> dict[str, Any]:
        """The state under its name."""
        return {self.name: self.of.kept}

    def start(self) -> None:
        """Begin."""
        self.of.start()

    def stop(self) -> None:
        """End."""
        self.of.stop()

    def drain(self) -> tuple[list[Row], list[tuple[float, str]]]:
        """Samples and notes since the last call."""
        return self.of.drain()


def listeners(
    folder: SoakFolder, plan: SoakPlan, engine: EngineSocket, since: float, wall: Callable[[], float], kept: Callable[[str], Any]
) -> list[Listener]:
    """All that the plan asks for, in the order in which they begin.

    `since` is when the soak began (unix seconds); `kept` gives what the earlier agent left under a name.
    """
    # The engine's events first: what the others do is to be among them.
    return [
        Named("events", EngineEvents(engine, plan.projects, wall, kept("events"))),
        Named("counters", SlowSamplers(plan, engine, wall, EngineExec(plan.docker_socket), kept("counters"))),
        Named("probes", Probes(plan.probes, plan.slow_interval, wall, kept("probes"))),
        AlertThread(folder, wall),
        *([LogFollower(plan.logs, engine, plan.projects, since, wall, kept)] if plan.logs else []),
    ]
