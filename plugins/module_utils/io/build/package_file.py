# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The deployment package: a tar.gz that is the same for the same release, with a checksum for every file in it."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Mapping
from typing import IO

from ...core.errors import EvidenceError
from ...core.release.package import CHECKSUMS, checksum_list, mismatches, read_checksums
from ..system.files import ensure_folder

_CHUNK = 1024 * 1024


def tree_files(folder: str, prefix: str) -> dict[str, str]:
    """Path in the package -> path on disk, for every regular file below the folder."""
    found = {}
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in names:
            path = os.path.join(root, name)
            if os.path.isfile(path) and not os.path.islink(path):
                found[f"{prefix}/{os.path.relpath(path, folder)}"] = path
    return found


def write_package(path: str, files: Mapping[str, str], texts: Mapping[str, str]) -> None:
    """Write files from disk and generated texts, sorted, without times and owners, and the checksum list at the front."""
    digests = {name: _file_digest(source) for name, source in files.items()}
    digests.update({name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()})
    ensure_folder(os.path.dirname(path))
    handle, scratch = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".new-")
    try:
        with (
            os.fdopen(handle, "wb") as raw,
            gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            _add_text(archive, CHECKSUMS, checksum_list(digests))
            for name in sorted(digests):
                if name in texts:
                    _add_text(archive, name, texts[name])
                else:
                    _add_file(archive, name, files[name])
        os.replace(scratch, path)
    except BaseException:
        os.unlink(scratch)
        raise


def verify_package(path: str) -> tuple[int, tuple[str, ...]]:
    """Read the package back: number of files, and those whose checksum does not agree. EvidenceError when it cannot be read."""
    found: dict[str, str] = {}
    listed = None
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                stream = archive.extractfile(member) if member.isfile() else None
                if stream is None:
                    continue
                if member.name == CHECKSUMS:
                    listed = read_checksums(stream.read().decode("utf-8", "replace"))
                else:
                    found[member.name] = _digest(stream)
    except (OSError, tarfile.TarError, EOFError, ValueError) as error:
        raise EvidenceError("the deployment package cannot be read back", where=path, why=str(error)) from error
    if listed is None:
        raise EvidenceError(f"the deployment package has no {CHECKSUMS}", where=path)
    return len(found), mismatches(listed, found)


def file_sha256(path: str) -> str:
    """The checksum of a file."""
    return _file_digest(path)


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    raw = text.encode()
    archive.addfile(_entry(name, len(raw), 0o644), io.BytesIO(raw))


def _add_file(archive: tarfile.TarFile, name: str, path: str) -> None:
    with open(path, "rb") as stream:
        executable = os.stat(path).st_mode & 0o100
        archive.addfile(_entry(name, os.fstat(stream.fileno()).st_size, 0o755 if executable else 0o644), stream)


def _entry(name: str, size: int, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime, entry.uid, entry.gid = size, mode, 0, 0, 0
    return entry


def _file_digest(path: str) -> str:
    with open(path, "rb") as stream:
        return _digest(stream)


def _digest(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in iter(lambda: stream.read(_CHUNK), b""):
        digest.update(chunk)
    return digest.hexdigest()
