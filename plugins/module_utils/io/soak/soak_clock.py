# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The clock of a soak: unix time that does not jump, and what it saw of the clocks that do."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable, Optional

from ..system.boot_clock import moment

STEP_SECONDS = 2.0  # a wall clock that moved less was slewed, or read late


@dataclass
class SoakClock:
    """Unix time that does not jump: the wall clock is read once a boot, then the steady clock counts.

    `boots` ({boot id: [unix s, steady s]}), `ahead` and `clock_steps` are kept in the store, so that an agent that comes back goes
    on counting. After a reboot the time begins where the wall clock stands, less what the wall clock had been set ahead before,
    and never before `newest`, the time of the newest sample.
    """

    boots: dict[str, list[float]]
    boot_id: str
    steady: Callable[[], float]
    wall: Callable[[], float] = time.time
    ahead: float = 0.0  # seconds by which the wall clock is ahead of ours
    newest: float = 0.0  # unix seconds

    def __post_init__(self) -> None:
        self.boots.setdefault(self.boot_id, [max(self.wall() - self.ahead, self.newest), self.steady()])

    def now(self) -> float:
        """Unix seconds."""
        wall, steady = self.boots[self.boot_id]
        return wall + self.steady() - steady

    @property
    def reboots(self) -> int:
        """How often the machine was started anew in mid-soak."""
        return len(self.boots) - 1

    def step(self) -> Optional[float]:
        """The seconds by which the wall clock was set since the last look (back: below 0); None when nobody set it."""
        ahead = self.wall() - self.now()
        moved, self.ahead = ahead - self.ahead, ahead
        return moved if abs(moved) > STEP_SECONDS else None


def boot_id() -> str:
    """The id of this boot of the machine. Raises CommandError on a system that has none."""
    return moment().boot_id


def boot_seconds() -> float:
    """Seconds since this boot, those in which the machine slept too."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
