# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an agent looks at and sends with: handed in where the real things are not wanted, as in a soak in time lapse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional, Protocol

from .load import Tally
from .samplers import Value
from .soak_store import Row


class HostSense(Protocol):
    """Looks at the host."""

    def sample(self) -> list[Value]:
        """One look."""


class ContainerSense(Protocol):
    """Looks at the containers; `memory` is what a later agent has to know."""

    memory: dict[str, Any]

    def sample(self, now: float) -> list[Value]:
        """One look at `now` (steady seconds). Raises ServiceError when the engine does not answer."""


class Listener(Protocol):
    """Looks or listens on a thread of its own."""

    @property
    def kept(self) -> dict[str, Any]:
        """What a later agent has to know after the last `drain`, by the name under which the store keeps it."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End."""

    def drain(self) -> tuple[list[Row], list[tuple[float, str]]]:
        """Samples and notes since the last call."""


class LoadSense(Protocol):
    """Sends the load."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End."""

    def drain(self) -> Tally:
        """Everything since the last call."""


@dataclass(frozen=True)
class Senses:
    """What replaces the real things of an agent; None: the real one."""

    host: Optional[HostSense] = None
    containers: Optional[ContainerSense] = None
    load: Optional[LoadSense] = None
    listeners: Optional[Sequence[Listener]] = None
