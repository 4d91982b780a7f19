# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The clock of the machine: the only place where the present is asked for."""

from __future__ import annotations

import time
from typing import Callable

# Tests hand in their own clock and sleep: the seam is a function, nothing is patched.
Clock = Callable[[], float]
Sleep = Callable[[float], None]


def now() -> float:
    """Return the unix time in seconds."""
    return time.time()


def sleep(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)


def wait_until(true: Callable[[], bool], seconds: float, pause: Sleep = sleep) -> bool:
    """Wait until it is so, at most so many seconds; False when it is not by then."""
    ends = time.monotonic() + seconds
    while not true():
        if time.monotonic() >= ends:
            return False
        pause(0.1)
    return True
