# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Byte code of modules that came out of an archive, kept in a folder of the module's own user: docs/decisions/byte_code.md.

A file is named after the SHA-256 of everything that decides its content, and begins with the SHA-256 of its byte code. Whatever is
not as it must be is no error: the module is compiled, as it would be without a cache.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import pwd
import stat
import sys
from importlib.util import MAGIC_NUMBER
from types import CodeType
from typing import Optional

SWITCH = "STAGEGATE_BYTECODE_CACHE"
FOLDER = "stagegate-bytecode"
FILES_LIMIT = 1000
FILE_BYTES_LIMIT = 4 * 1024 * 1024
_SEAL_BYTES = 32
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class BytecodeCache:
    """The folder as it was when it was opened: `folder` is a descriptor of it, so that no path is followed twice."""

    def __init__(self, folder: int) -> None:
        self._folder = folder
        self._is_pruned = False

    def code(self, source: bytes, name: str) -> CodeType:
        """Return the code of a module; `name` is what tracebacks call its file. SyntaxError as compile() has it."""
        if not source:
            return compile(source, name, "exec", dont_inherit=True)
        key = _key(source, name)
        kept = self._read(key)
        if kept is None:
            kept = compile(source, name, "exec", dont_inherit=True)
            self._write(key, marshal.dumps(kept))
        return kept

    def _read(self, key: str) -> Optional[CodeType]:
        try:
            with open(os.open(key, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, dir_fd=self._folder), "rb") as file:
                found = os.fstat(file.fileno())
                if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & _WRITABLE_BY_OTHERS:
                    return None
                kept = file.read(FILE_BYTES_LIMIT + 1)
        except OSError:
            return None
        seal, code = kept[:_SEAL_BYTES], kept[_SEAL_BYTES:]
        if len(kept) > FILE_BYTES_LIMIT or hashlib.sha256(code).digest() != seal:
            return None
        loaded = marshal.loads(code)  # noqa: S302  # only this user can have written it
        return loaded if isinstance(loaded, CodeType) else None

    def _write(self, key: str, code: bytes) -> None:
        """At once or not at all: a reader sees the whole file or none. A full disk or a read-only one is not our business."""
        beside = f".{key[:16]}.{os.getpid()}.{os.urandom(4).hex()}"
        try:
            self._prune()
            created = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=self._folder)
            try:
                with open(created, "wb") as file:
                    file.write(hashlib.sha256(code).digest() + code)
                os.rename(beside, key, src_dir_fd=self._folder, dst_dir_fd=self._folder)
            except OSError:
                os.unlink(beside, dir_fd=self._folder)
        except OSError:
            return

    def _prune(self) -> None:
        """Once in a process, and only where something is written: the older half goes when there are too many files."""
        if self._is_pruned:
            return
        self._is_pruned = True
        names = os.listdir(self._folder)
        if len(names) < FILES_LIMIT:
            return
        aged = []
        for name in names:
            try:
                aged.append((os.stat(name, dir_fd=self._folder, follow_symlinks=False).st_mtime, name))
            except FileNotFoundError:
                continue
        for _time, name in sorted(aged)[: len(aged) // 2]:
            try:
                os.unlink(name, dir_fd=self._folder)
            except (FileNotFoundError, IsADirectoryError):
                continue


def open_cache() -> Optional[BytecodeCache]:
    """Return the cache of this user; None where it is switched off or there is no folder that only this user can have written."""
    if os.environ.get(SWITCH, "").lower() in ("0", "off", "no", "false") or not sys.implementation.cache_tag:
        return None
    try:
        return BytecodeCache(_open_folder(_above(), FOLDER))
    except (OSError, KeyError):
        return None


def _above() -> str:
    """The user's folder of caches. The home is the one of the user that runs, not $HOME, which `become` may leave another's."""
    told = os.environ.get("XDG_CACHE_HOME", "")
    return told if os.path.isabs(told) else os.path.join(pwd.getpwuid(os.geteuid()).pw_dir, ".cache")


def _open_folder(above: str, name: str) -> int:
    """Make it where it is missing; OSError unless both folders are ours, no link, and closed to whom they must be closed to."""
    _make(above, None)
    parent = os.open(above, _FOLDER_FLAGS)
    try:
        _check(parent, _WRITABLE_BY_OTHERS)
        _make(name, parent)
        folder = os.open(name, _FOLDER_FLAGS, dir_fd=parent)
    finally:
        os.close(parent)
    try:
        _check(folder, stat.S_IRWXG | stat.S_IRWXO)
    except OSError:
        os.close(folder)
        raise
    return folder


def _make(path: str, parent: Optional[int]) -> None:
    try:
        os.mkdir(path, 0o700, dir_fd=parent)
    except FileExistsError:
        return


def _check(folder: int, closed_to: int) -> None:
    found = os.fstat(folder)
    if found.st_uid != os.geteuid() or found.st_mode & closed_to:
        raise PermissionError("this folder may have been written by somebody else")


def _key(source: bytes, name: str) -> str:
    """The name of the file: another Python, another source or another module is another file."""
    made_by = f"{sys.implementation.cache_tag} {sys.flags.optimize} {name}\0".encode()
    return hashlib.sha256(MAGIC_NUMBER + made_by + source).hexdigest()
