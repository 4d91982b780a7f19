# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files of the state folder: written whole or not at all, and for the owner only."""

from __future__ import annotations

import json
import os
import tempfile
from typing import Any

from ...core.errors import EvidenceError


def ensure_folder(path: str, mode: int = 0o700) -> bool:
    """Make the folder with all its parents; True when it was not there."""
    if os.path.isdir(path):
        return False
    os.makedirs(path, mode=mode, exist_ok=True)
    sync_folder(os.path.dirname(os.path.abspath(path)))
    return True


def sync_folder(path: str) -> None:
    """Bring the names in a folder safely to the disk: a new or renamed file is lost with the power without it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomic(path: str, text: str, mode: int = 0o600) -> bool:
    """Put `text` into `path` by rename, with fsync; True when the content or the mode changed."""
    if same_content(path, text, mode):
        return False
    ensure_folder(os.path.dirname(path))
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".new-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    sync_folder(os.path.dirname(path))
    return True


def write_json(path: str, value: Any, mode: int = 0o600) -> bool:
    """Write `value` as indented JSON with sorted keys; True when something changed."""
    return write_atomic(path, json.dumps(value, indent=2, sort_keys=True) + "\n", mode)


def read_text(path: str, limit: int = 32 * 1024 * 1024) -> str:
    """Read a text file of at most `limit` bytes; EvidenceError when it is larger or cannot be read."""
    try:
        if os.path.getsize(path) > limit:
            raise EvidenceError(f"{path} is larger than {limit} bytes", todo="look at what wrote it")
        with open(path, encoding="utf-8", errors="replace") as stream:
            text = stream.read(limit + 1)
    except OSError as error:
        raise EvidenceError(f"{path} cannot be read", why=error.strerror or str(error)) from error
    if len(text) > limit:
        raise EvidenceError(f"{path} is larger than {limit} bytes", todo="look at what wrote it")
    return text


def same_content(path: str, text: str, mode: int) -> bool:
    """True when the file has exactly this text and these permissions."""
    try:
        facts = os.stat(path)
        if facts.st_mode & 0o777 != mode or facts.st_size != len(text.encode("utf-8")):
            return False
        with open(path, encoding="utf-8") as stream:
            return stream.read() == text
    except (OSError, UnicodeError):
        return False
