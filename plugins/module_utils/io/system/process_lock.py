# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A lock by which it is known that a process lives, and which one."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from typing import Optional


class Lock:
    """An advisory lock that ends with its process, however that ends; the file holds the process id."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._handle: Optional[int] = None

    def take(self) -> bool:
        """Take the lock and write the own process id; False when another process holds it."""
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            return False
        self._handle = handle
        # On a full disk the lock holds all the same, only its holder has no name.
        with suppress(OSError):
            os.ftruncate(handle, 0)
            os.write(handle, str(os.getpid()).encode())
        return True

    def release(self) -> None:
        """Give the lock back."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def holder(self) -> Optional[int]:
        """The process that holds the lock, or None when nobody does."""
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            # A shared lock, so that two that look at the same time do not take each other for the holder.
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None
        except OSError:
            text = os.read(handle, 32).decode("ascii", "replace").strip()
            return int(text) if text.isdigit() else 0
        finally:
            os.close(handle)
