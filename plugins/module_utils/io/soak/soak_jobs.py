# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journal of a soak's jobs, <folder of the soak>/jobs.jsonl: one line when a run begins, one when it has ended.

A run counts as done when it has ended and its evidence stands in the ledger; what was only begun is begun again while its slot is open.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from ...core.errors import InputError
from ..system.files import read_text, sync_folder
from .soak_files import SoakFolder

NAME = "jobs.jsonl"
BEGUN, ENDED = "begun", "ended"


class JobJournal:
    """Which runs were begun and ended, and how much failed in them."""

    def __init__(self, folder: SoakFolder, wall: Callable[[], float]) -> None:
        self._folder = folder
        self._path = folder.file(NAME)
        self._wall = wall

    def lines(self) -> list[dict[str, Any]]:
        """All whole lines; what a killed writer left of one is passed over."""
        if not os.path.exists(self._path):
            return []
        found = []
        for text in read_text(self._path).splitlines():
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if isinstance(line, dict) and isinstance(line.get("slot"), int):
                found.append(line)
        return found

    def done(self) -> dict[str, set[int]]:
        """The slots that were run, by job."""
        found: dict[str, set[int]] = {}
        for line in self.lines():
            if line.get("event") == ENDED:
                found.setdefault(str(line.get("job")), set()).add(line["slot"])
        return found

    def failures(self) -> dict[str, int]:
        """How much failed, by job; of a slot that was run twice the last run counts."""
        last = {(str(line.get("job")), line["slot"]): int(line.get("failures") or 0) for line in self.lines() if line.get("event") == ENDED}
        found: dict[str, int] = {}
        for (job, _slot), failures in last.items():
            found[job] = found.get(job, 0) + failures
        return found

    def append(self, event: str, job: str, slot: int, failures: int = 0) -> None:
        """Write a line, safely on the disk when this returns. InputError when there is no soak."""
        if not self._folder.has("plan.json"):
            raise InputError("there is no soak of this run", where=self._folder.path, todo="start it first")
        line = {"at": round(self._wall(), 3), "event": event, "failures": failures, "job": job, "slot": slot}
        is_new = not os.path.exists(self._path)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            # After the rest of a line that a killed writer left begins a new one.
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            os.write(descriptor, (("\n" if torn else "") + json.dumps(line, sort_keys=True) + "\n").encode("ascii"))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            sync_folder(self._folder.path)
