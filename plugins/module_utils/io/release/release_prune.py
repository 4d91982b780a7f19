# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Removing releases from a host: looked at first, then images, then folders. Volumes, backups, ledger and evidence are never touched.

The folder of a release goes last, because it names the images: a removal that was killed is finished by the next one.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...core.errors import EvidenceError, ServiceError, StagegateError
from ...core.ledger.releases import release_history
from ...core.release.engine_state import Container
from ...core.release.retention import (
    ImageRecord,
    LocalImage,
    Removal,
    Retained,
    known_releases,
    own_repositories,
    releases_with_images,
    removals,
    retain,
    unrecorded_ids,
)
from ..engine.engine_reads import socket_of_client
from ..engine.engine_socket import EngineSocket
from ..system.command import Runner, must, run
from ..system.files import read_text

_NO_NAME = "<none>"


@dataclass(frozen=True)
class Usage:
    """What the engine's images take, in bytes: all layers together, and what each image (by id) shares with no other."""

    layers: int
    unique: Mapping[str, int]


@dataclass(frozen=True)
class Prunable:
    """What is kept, what may go, and how many bytes that frees at least."""

    retained: Retained
    images: tuple[Removal, ...]
    paths: tuple[str, ...]
    size: int


@dataclass(frozen=True)
class Pruned:
    """What was removed and what could not be, a sentence for each; bytes freed."""

    images: tuple[str, ...]
    paths: tuple[str, ...]
    refused: tuple[str, ...]
    freed: int


class LocalImages:
    """The images of the engine. Runner and socket are parameters."""

    def __init__(self, runner: Runner = run, socket: EngineSocket | None = None) -> None:
        self._run = runner
        self._socket = socket or socket_of_client(timeout=120.0)

    def all(self) -> tuple[LocalImage, ...]:
        """Every image with its tags."""
        argv = ["docker", "image", "ls", "--no-trunc", "--format", "{{.ID}}\t{{.Repository}}:{{.Tag}}"]
        found: dict[str, list[str]] = {}
        for line in must(self._run(argv, timeout=60.0), "the engine does not list its images").stdout.splitlines():
            image_id, _tab, reference = line.partition("\t")
            tags = found.setdefault(image_id, [])
            if _NO_NAME not in reference:
                tags.append(reference)
        return tuple(LocalImage(image_id, tuple(tags)) for image_id, tags in found.items())

    def usage(self) -> Usage:
        """Ask the engine what its images take. ServiceError when it does not answer."""
        if self._socket is None:
            raise ServiceError(
                "what the images take on the disk cannot be asked",
                where="DOCKER_HOST, or the context of the docker client",
                why="the engine is not at a socket of this host",
                todo="work on the host on which the engine runs",
            )
        told = self._socket.disk_usage()
        unique = {str(item["Id"]): max(0, int(item["Size"]) - max(0, int(item["SharedSize"]))) for item in told.get("Images") or ()}
        return Usage(int(told.get("LayersSize") or 0), unique)

    def remove(self, reference: str) -> str:
        """Remove a tag or an id, never by force; what the engine has against it, or an empty text."""
        done = self._run(["docker", "image", "rm", reference], timeout=300.0)
        return "" if done.ok or "No such image" in done.stderr else (done.stderr.strip() or "no reason given")[-300:]


class Pruner:
    """One application's releases on this host."""

    def __init__(self, state_dir: str, application: str, images: LocalImages) -> None:
        self._state_dir = state_dir
        self._application = application
        self._images = images

    def survey(
        self, entries: Sequence[Mapping[str, Any]], containers: Iterable[Container], count: int, live: str, wanted: str = ""
    ) -> Prunable:
        """Look what is here, and choose."""
        known, there = known_releases(entries), list(containers)
        records = {name: self._record(name) for name in known}
        for item in release_history(entries):
            records[item.release] = _joined(records.get(item.release), _record_of(item.record.get("images")))
        local, repositories = self._images.all(), own_repositories(self._application, records)
        present = releases_with_images(local, repositories, known) | {name for name in known if self._folders([name])}
        retained = retain(entries, count, present, live, {item.release for item in there}, wanted)
        going = removals(local, retained, records, repositories, {item.image_id for item in there})
        gone = set(known) - set(retained.kept)
        paths = (*self._logs(unrecorded_ids(retained, records), local, going), *self._meters(gone), *self._folders(retained.expendable))
        return Prunable(retained, going, paths, self._size(local, going, paths))

    def prune(self, found: Prunable) -> Pruned:
        """Remove it. What is in use, or cannot be removed, is told and left."""
        before = self._images.usage().layers if found.images else 0
        images, paths, refused, freed = [], [], [], 0
        for item in found.images:
            trouble = self._images.remove(item.reference)
            if trouble:
                refused.append(f"{item.reference}: {trouble}")
            else:
                images.append(item.reference)
        for path in found.paths:
            size = _size_of(path)
            try:
                _remove(path)
            except OSError as error:
                refused.append(f"{path}: {error.strerror or error}")
                continue
            paths.append(path)
            freed += size
        if images:
            freed += max(0, before - self._images.usage().layers)
        return Pruned(tuple(images), tuple(paths), tuple(refused), freed)

    def _record(self, release: str) -> ImageRecord:
        path = os.path.join(self._state_dir, "releases", release, "release.json")
        if not os.path.isfile(path):
            return ImageRecord()
        try:
            record = json.loads(read_text(path))
        except (ValueError, StagegateError) as error:
            why, todo = str(error)[:200], "remove that folder by hand"
            raise EvidenceError("release.json cannot be read", where=path, why=why, todo=todo) from error
        parts = (record.get("images"), record.get("builders")) if isinstance(record, dict) else ()
        return _joined(*(_record_of(part) for part in parts))

    def _folders(self, releases: Iterable[str]) -> tuple[str, ...]:
        paths = [os.path.join(self._state_dir, kind, name) for name in releases for kind in ("source", "releases")]
        return tuple(path for path in paths if os.path.lexists(path))

    def _meters(self, releases: set[str]) -> tuple[str, ...]:
        """Answers that the downtime meter counted in runs of these releases; what they showed stands in the ledger."""
        meter = os.path.join(self._state_dir, "meter")
        runs = sorted(os.listdir(meter)) if os.path.isdir(meter) else []
        return tuple(os.path.join(meter, run) for run in runs if run.startswith("r-") and run.rpartition("-")[2] in releases)

    def _logs(self, ids: Iterable[str], local: Sequence[LocalImage], going: Sequence[Removal]) -> tuple[str, ...]:
        """What builds printed, of images that will not be here any more."""
        leaving = {item.reference for item in going}
        staying = {image.id for image in local if set(image.references or (image.id,)) - leaving}
        paths = [os.path.join(self._state_dir, "build_logs", f"{item.replace(':', '_')}.log") for item in sorted(set(ids) - staying)]
        return tuple(path for path in paths if os.path.isfile(path))

    def _size(self, local: Sequence[LocalImage], going: Sequence[Removal], paths: Sequence[str]) -> int:
        """At least this much: a layer that two images share is counted for neither."""
        leaving = {item.reference for item in going}
        gone = [image.id for image in local if not set(image.references or (image.id,)) - leaving]
        unique = self._images.usage().unique if gone else {}
        return sum(_size_of(path) for path in paths) + sum(unique.get(item, 0) for item in gone)


def _record_of(images: Any) -> ImageRecord:
    """Tags and ids out of `{service: {tag, id}}`; a record of another shape has none."""
    items = [image for image in images.values() if isinstance(image, Mapping)] if isinstance(images, Mapping) else []
    return ImageRecord(
        frozenset(str(item["tag"]) for item in items if item.get("tag")), frozenset(str(item["id"]) for item in items if item.get("id"))
    )


def _joined(*records: ImageRecord | None) -> ImageRecord:
    there = [record for record in records if record is not None]
    tags = frozenset(tag for record in there for tag in record.tags)
    return ImageRecord(tags, frozenset(item for record in there for item in record.ids))


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def _size_of(path: str) -> int:
    """Bytes on the disk below a path; links are not followed."""
    try:
        total = os.lstat(path).st_blocks * 512
        if os.path.isdir(path) and not os.path.islink(path):
            for folder, folders, names in os.walk(path):
                total += sum(os.lstat(os.path.join(folder, name)).st_blocks * 512 for name in (*folders, *names))
    except OSError:
        return 0
    return total
