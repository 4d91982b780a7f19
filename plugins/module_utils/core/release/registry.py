# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images in a registry: named by digest, asked for again after a pause, and never taken for another one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..measurement import measurement

_DIGEST = re.compile(r"\bdigest: (sha256:[0-9a-f]{64})\b")
_REFERENCE = re.compile(r"[a-z0-9][a-zA-Z0-9._:/-]*@sha256:[0-9a-f]{64}")
_ID = re.compile(r"sha256:[0-9a-f]{64}")
# What no pause repairs: missing rights, wrong names, an image that is not there.
_PERMANENT = re.compile(
    r"unauthorized|denied|no basic auth credentials|authentication required|does not exist|manifest unknown|not found|invalid reference",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Pushed:
    """How a push ended: `reference` is `repository@sha256:...` as the registry confirmed it, `trouble` is empty when it is there."""

    service: str
    tag: str
    reference: str
    attempts: int
    trouble: str = ""


@dataclass(frozen=True)
class Wanted:
    """An image that a release needs on this host. `reference` is empty when it was never pushed."""

    service: str
    tag: str
    image_id: str
    reference: str


def retry_delays(attempts: int, first_seconds: float, factor: float = 2.0, longest_seconds: float = 30.0) -> tuple[float, ...]:
    """The pauses between `attempts` attempts, in seconds: each longer by the factor, none longer than the longest."""
    if attempts < 1 or first_seconds < 0 or factor < 1:
        raise InputError("this is no schedule of retries", why=f"attempts {attempts}, first pause {first_seconds} s, factor {factor}")
    delays, pause = [], first_seconds
    for _again in range(attempts - 1):
        delays.append(min(pause, longest_seconds))
        pause = min(pause * factor, longest_seconds)
    return tuple(delays)


def is_permanent(said: str) -> bool:
    """True for a refusal that another attempt will meet again."""
    return _PERMANENT.search(said) is not None


def pushed_reference(tag: str, output: str) -> str:
    """`repository@sha256:...` out of what `docker push` printed; empty when the registry confirmed no digest, or several."""
    found = set(_DIGEST.findall(output))
    return f"{repository_of(tag)}@{found.pop()}" if len(found) == 1 else ""


def repository_of(tag: str) -> str:
    """The repository of `repository:tag`; the colon of a port is none of a tag."""
    repository, _colon, rest = tag.rpartition(":")
    return tag if "/" in rest or not repository else repository


def push_measurements(outcomes: Sequence[Pushed]) -> list[dict[str, Any]]:
    """Each push is a command of the build that can fail."""
    found = []
    for item in outcomes:
        label = {"command": f"push {item.service}"}
        found.append(measurement("build.commands", 1, "count", label, item.tag))
        found.append(measurement("build.failures", int(bool(item.trouble)), "count", label, item.tag, item.trouble or item.reference))
    failed = [f"{item.tag}: {item.trouble}" for item in outcomes if item.trouble]
    return [*found, measurement("build.push_failures", len(failed), "count", source="docker push", detail=failed)]


def wanted_images(record: Mapping[str, Any], release: str) -> tuple[Wanted, ...]:
    """The images of a release out of its release.json. InputError for a record of another release or with an image that is not named."""
    if record.get("release") not in (None, release):
        raise InputError("this is the record of another release", where="release.json", why=f"it is of {str(record['release'])[:40]}")
    images = record.get("images")
    if not isinstance(images, Mapping) or not images:
        raise InputError(f"release {release} records no images", where="release.json", todo="run its build phase")
    return tuple(_wanted(str(service), image) for service, image in sorted(images.items()))


def _wanted(service: str, image: Any) -> Wanted:
    said = image if isinstance(image, Mapping) else {}
    tag, image_id, reference = (str(said.get(key) or "") for key in ("tag", "id", "digest"))
    if not tag or not _ID.fullmatch(image_id) or (reference and not _REFERENCE.fullmatch(reference)):
        raise InputError(f"the image of {service} is not named as it must be", where="release.json", why="expected tag, id and digest")
    return Wanted(service, tag, image_id, reference)
