# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which backups go: the newest are kept, and those that a rollback may need."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from ..errors import InputError

_NAME = re.compile(r"^(?P<release>[0-9a-f]{12})-(?P<time>\d{8}T\d{6}Z)\.dump$")


def surplus(names: Sequence[str], kept: int, protected: Collection[str]) -> list[str]:
    """The backups to remove, oldest first: all but the newest `kept`, and never one of a protected release.

    What does not look like a backup of ours is never named. InputError for `kept` below 1: the newest is the way back.
    """
    if kept < 1:
        raise InputError("at least one backup is kept", where="migrate_backups_kept", why=f"got {kept}")
    ours = sorted((found.group("time"), name) for name, found in ((name, _NAME.match(name)) for name in names) if found)
    return [name for _time, name in ours[:-kept] if name.partition("-")[0] not in protected]
