# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The boot clock of the machine: it goes on while the machine sleeps, begins anew with each boot, and nobody can set it."""

from __future__ import annotations

import time
from typing import Callable

from ...core.errors import CommandError
from ...core.release.lease import Moment

# Tests hand in their own.
BootClock = Callable[[], Moment]

_BOOT_ID = "/proc/sys/kernel/random/boot_id"


def moment() -> Moment:
    """Now, on the boot clock. CommandError on a system that has none."""
    try:
        with open(_BOOT_ID, encoding="ascii") as stream:
            return Moment(stream.read(64).strip(), time.clock_gettime(time.CLOCK_BOOTTIME))
    except (OSError, AttributeError) as error:
        raise CommandError("this host has no boot clock", where=_BOOT_ID, why=str(error), todo="use Linux as the staging host") from error
