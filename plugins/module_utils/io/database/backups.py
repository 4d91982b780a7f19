# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The folder of backups, kept within bounds."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import Any

from ...core.measurement import measurement
from ...core.release.backups import surplus


def prune_backups(folder: str, kept: int, protected: Collection[str]) -> list[str]:
    """Remove all but the newest `kept` backups, never one of a protected release, and what an interrupted dump left; their names."""
    names = os.listdir(folder) if os.path.isdir(folder) else []
    gone = surplus(names, kept, protected) + sorted(name for name in names if name.endswith(".dump.part"))
    for name in gone:
        for path in (os.path.join(folder, name), os.path.join(folder, name + ".sha256")):
            if os.path.exists(path):
                os.unlink(path)
    return gone


def backup_measurements(folder: str, gone: Sequence[str]) -> list[dict[str, Any]]:
    """How many backups are there, and how many were removed."""
    left = [name for name in os.listdir(folder) if name.endswith(".dump")] if os.path.isdir(folder) else []
    return [
        measurement("backup.kept", len(left), "count", source="folder of backups"),
        measurement("backup.removed", len(gone), "count", source="folder of backups", detail=list(gone)),
    ]
