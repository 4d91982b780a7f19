# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which releases a host keeps, and which images of the others may go. Only what the ledger knows is ever named here."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import InputError
from ..ledger.releases import current_release, release_history, rollback_target
from .rollback import compatibility_proofs

_RELEASE = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True)
class LocalImage:
    """An image of the engine: its id and the tags that name it (`repository:tag`); none when it is dangling."""

    id: str
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImageRecord:
    """Tags and ids that the build or the ledger recorded for a release."""

    tags: frozenset[str] = field(default_factory=frozenset)
    ids: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Retained:
    """Release -> why it is kept, and the releases that may go, the oldest first."""

    kept: Mapping[str, tuple[str, ...]]
    expendable: tuple[str, ...]


@dataclass(frozen=True)
class Removal:
    """One name by which the engine is told to remove an image: a tag, or the id of an image without tags."""

    reference: str
    release: str
    image_id: str


def known_releases(entries: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Release -> seq of the newest entry about it."""
    found: dict[str, int] = {}
    for entry in entries:
        names = [entry.get("release")]
        if entry["kind"] == "release":
            names.append(entry["body"].get("release"))
        for name in names:
            if isinstance(name, str) and _RELEASE.fullmatch(name):
                found[name] = max(found.get(name, 0), int(entry["seq"]))
    return found


def retain(
    entries: Sequence[Mapping[str, Any]], count: int, present: Collection[str], live: str, in_use: Collection[str], wanted: str = ""
) -> Retained:
    """Divide the releases that are `present` on the host.

    Kept are the `count` newest, and always: the live one, the one that was deployed last, those of which a container is there
    (`in_use`), the one that a rollback would go to, those that are proved to live on the schema of the live one, and `wanted`.
    `live` is empty when nothing serves. InputError for a count below 1.
    """
    if count < 1:
        raise InputError("at least one release must be kept", where="deploy_releases_kept", why=f"it is {count}")
    known, history = known_releases(entries), release_history(entries)
    here = sorted(set(known) & set(present), key=lambda name: known[name])
    deployed = current_release(history)
    serving = live or (deployed.release if deployed else "")
    target = rollback_target(history, serving)
    rules: dict[str, set[Any]] = {
        "live": {live},
        "deployed last": {deployed.release} if deployed else set(),
        "a container of it is here": set(in_use),
        "rollback target": {target.release} if target else set(),
        f"lives on the schema of {serving}": {proof.get("old") for proof in compatibility_proofs(entries) if proof.get("new") == serving},
        "being deployed": {wanted},
        f"one of the {count} newest": set(here[-count:]),
    }
    reasons = {name: tuple(reason for reason, names in rules.items() if name in names) for name in here}
    return Retained({name: why for name, why in reasons.items() if why}, tuple(name for name in here if not reasons[name]))


def carried_release(reference: str, releases: Collection[str]) -> str:
    """The release that the tag of an image carries; empty when it carries none of them, or more than one."""
    tag = reference.rpartition(":")[2]
    found = [name for name in releases if name in tag]
    return found[0] if len(found) == 1 else ""


def own_repositories(application: str, records: Mapping[str, ImageRecord]) -> tuple[str, ...]:
    """Beginnings of the repositories that are the application's: those that were recorded with a tag of their release."""
    recorded = {tag.rpartition(":")[0] for release, record in records.items() for tag in record.tags if carried_release(tag, [release])}
    return (*sorted(recorded), application)


def is_own(reference: str, repositories: Sequence[str]) -> bool:
    """True for an image in one of the repositories, or beside it (`<repository>-builder`)."""
    repository = reference.rpartition(":")[0]
    return any(repository == own or repository.startswith(f"{own}-") for own in repositories)


def releases_with_images(local: Iterable[LocalImage], repositories: Sequence[str], known: Collection[str]) -> set[str]:
    """The known releases of which the engine still has a tag of ours."""
    tags = (tag for image in local for tag in image.references if is_own(tag, repositories))
    return {carried_release(tag, known) for tag in tags} - {""}


def removals(
    local: Sequence[LocalImage],
    retained: Retained,
    records: Mapping[str, ImageRecord],
    repositories: Sequence[str],
    in_use: Collection[str] = (),
) -> tuple[Removal, ...]:
    """The images of the expendable releases: their own tags, and their recorded ids where no tag is left.

    An image that a container uses (`in_use`: ids) keeps its last tag. A tag that carries no release belongs to nobody and stays.
    """
    every = [*retained.kept, *retained.expendable]
    kept_ids = {item for name in retained.kept for item in records.get(name, ImageRecord()).ids}
    owners = {item: name for name in retained.expendable for item in records.get(name, ImageRecord()).ids}
    found = []
    for image in local:
        ours = [(tag, carried_release(tag, every)) for tag in image.references if is_own(tag, repositories)]
        going = [Removal(tag, owner, image.id) for tag, owner in ours if owner in retained.expendable]
        if not image.references and image.id in owners and image.id not in kept_ids:
            going = [Removal(image.id, owners[image.id], image.id)]
        if image.id in in_use and len(going) >= len(image.references):
            continue
        found += going
    return tuple(found)


def unrecorded_ids(retained: Retained, records: Mapping[str, ImageRecord]) -> set[str]:
    """Ids that were recorded for expendable releases and for no other."""
    kept = {item for name in retained.kept for item in records.get(name, ImageRecord()).ids}
    return {item for name in retained.expendable for item in records.get(name, ImageRecord()).ids} - kept
