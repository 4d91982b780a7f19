# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journal on the disk: `<state_dir>/journal.jsonl`, appended to with fsync by whoever holds the deploy lock."""

from __future__ import annotations

import os

from ...core.release.journal import TORN, Line, line_text, read_lines
from ..system.files import ensure_folder, sync_folder

NAME = "journal.jsonl"
# A run writes some 4 KiB: the end tells all that a resuming start has to know.
_TAIL_BYTES = 512 * 1024


class JournalFile:
    """The journal of one application, in its state folder."""

    def __init__(self, state_dir: str) -> None:
        self.path = os.path.join(state_dir, NAME)
        self._state_dir = state_dir

    def lines(self) -> list[Line]:
        """The newest lines; a torn last one is left out."""
        return read_lines(self._tail())[0]

    def torn(self) -> str:
        """What a killed writer left of its line; empty when the journal ends with a whole one."""
        return read_lines(self._tail())[1]

    def append(self, line: Line) -> bool:
        """Write a line. What a killed writer left of the line before is taken out, and a line tells of it; then True is returned."""
        ensure_folder(self._state_dir)
        is_new, torn = not os.path.exists(self.path), len(self.torn().encode("utf-8", "surrogateescape"))
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            if torn:
                os.ftruncate(descriptor, os.fstat(descriptor).st_size - torn)
            told = line_text(Line(**{**line.__dict__, "at": TORN})) if torn else ""
            view = memoryview((told + line_text(line)).encode("ascii"))
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            sync_folder(self._state_dir)
        return bool(torn)

    def _tail(self) -> str:
        try:
            with open(self.path, "rb") as stream:
                size = os.fstat(stream.fileno()).st_size
                stream.seek(max(0, size - _TAIL_BYTES))
                return stream.read().decode("utf-8", "surrogateescape")
        except FileNotFoundError:
            return ""
