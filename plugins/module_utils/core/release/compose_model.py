# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The normalised compose model (`docker compose config --format json`): which services are the release, and how they run."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import EvidenceError, InputError

_DEVELOPMENT_STAGE = re.compile(r"^(dev|develop|development|debug|local|watch|hot)([-_].*)?$", re.I)
_DEVELOPMENT_COMMAND = re.compile(
    r"(npm|yarn|pnpm)( run)? (dev|start:dev)\b|next dev\b|--reload\b|\brunserver\b|\bnodemon\b|\bflask run\b.*--debug"
)
_STAGE = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*\S+(?:\s+AS\s+(\S+))?\s*$", re.I | re.M)


@dataclass(frozen=True)
class Build:
    """How the image of a service is built. Paths are absolute; `secrets` maps an id to the file it comes from."""

    service: str
    image: str
    context: str
    dockerfile: str
    target: str | None
    args: tuple[tuple[str, str], ...]
    secrets: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ModelReport:
    """What is wrong with the services of the release, one sentence for each."""

    services: int
    release_services: tuple[str, ...]
    source_mounts: Mapping[str, str]
    development: Mapping[str, str]
    without_healthcheck: tuple[str, ...]


def read_model(text: str) -> dict[str, Any]:
    """The model as a dict; EvidenceError when the text is no model."""
    try:
        model = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EvidenceError("the compose model is no JSON", why=str(error)[:200]) from error
    if not isinstance(model, dict) or not isinstance(model.get("services"), dict):
        raise EvidenceError("the compose model has no services")
    return model


def release_services(model: Mapping[str, Any], application_images: Sequence[str] = ()) -> tuple[str, ...]:
    """Services that are the release: those that are built, and those that run an image the application owns.

    A service that mounts a named volume keeps state: it outlives releases and is none of them, also where it is built.
    """
    found = []
    for name, service in model["services"].items():
        if keeps_state(service):
            continue
        repository = re.sub(r"(@sha256:.*|:[^/:]*)$", "", str(service.get("image") or ""))
        if service.get("build") or repository in application_images:
            found.append(name)
    return tuple(sorted(found))


def keeps_state(service: Mapping[str, Any]) -> bool:
    """True for a service that mounts a named volume."""
    mounts = service.get("volumes") or []
    return any(isinstance(mount, Mapping) and mount.get("type") == "volume" and mount.get("source") for mount in mounts)


def examine(model: Mapping[str, Any], source: str, dockerfiles: Mapping[str, str], application_images: Sequence[str] = ()) -> ModelReport:
    """Judge the services of the release; `source` is the exported tree, `dockerfiles` the text of each service's Dockerfile."""
    names = release_services(model, application_images)
    services = model["services"]
    mounts = {name: said for name in names for said in [_source_mount(services[name], source)] if said}
    development = {name: said for name in names for said in [_development(services[name], dockerfiles.get(name, ""))] if said}
    unhealthy = tuple(name for name in names if not _has_healthcheck(services[name], dockerfiles.get(name, "")))
    return ModelReport(len(services), names, mounts, development, unhealthy)


def builds(model: Mapping[str, Any], release: str) -> list[Build]:
    """What must be built, in the order of the service names.

    Raises InputError for a service of the release whose image does not name the release; state services have tags of their own.
    """
    found = []
    for name in sorted(model["services"]):
        service = model["services"][name]
        section = service.get("build")
        if not section:
            continue
        image = str(service.get("image") or "")
        if not image or (release not in image.rpartition(":")[2] and not keeps_state(service)):
            raise InputError(
                f"the image of service {name} does not carry the release: {image or 'no image name'}",
                where="compose override of the inventory",
                todo=f"give it one, such as image: <application>-{name}:${{RELEASE_TAG}}",
            )
        found.append(_build(name, image, section, model.get("secrets") or {}))
    return found


def _build(name: str, image: str, section: Mapping[str, Any], secrets: Mapping[str, Any]) -> Build:
    context = str(section.get("context") or ".")
    dockerfile = posixpath.join(context, str(section.get("dockerfile") or "Dockerfile"))
    args = section.get("args") or {}
    used = []
    for item in section.get("secrets") or []:
        source = item["source"] if isinstance(item, Mapping) else str(item)
        path = (secrets.get(source) or {}).get("file")
        if not path:
            raise InputError(f"build secret {source} of service {name} has no file", where="compose secrets", todo="give it file: <path>")
        used.append((str((item.get("target") if isinstance(item, Mapping) else None) or source), str(path)))
    return Build(
        service=name,
        image=image,
        context=context,
        dockerfile=dockerfile,
        target=section.get("target"),
        args=tuple(sorted((key, str(value).replace("$$", "$")) for key, value in args.items() if value is not None)),
        secrets=tuple(sorted(used)),
    )


def build_argv(build: Build, target: str | None, tag: str, id_file: str, fresh_stage: str | None = None) -> list[str]:
    """The buildx command for one stage of a service; plain progress, so that the output can be judged."""
    argv = ["docker", "buildx", "build", "--progress=plain", "--load"]
    argv += ["--iidfile", id_file, "--tag", tag, "--file", build.dockerfile]
    if target:
        argv += ["--target", target]
    if fresh_stage:
        argv += ["--no-cache-filter", fresh_stage]
    for key, value in build.args:
        argv += ["--build-arg", f"{key}={value}"]
    for name, path in build.secrets:
        argv += ["--secret", f"id={name},src={path}"]
    return [*argv, build.context]


def _source_mount(service: Mapping[str, Any], source: str) -> str:
    root = posixpath.normpath(source)
    for volume in service.get("volumes") or []:
        if not isinstance(volume, Mapping) or volume.get("type") != "bind":
            continue
        path = posixpath.normpath(str(volume.get("source", "")))
        if path == root or path.startswith(root + "/"):
            return f"{posixpath.relpath(path, root)} of the source tree is mounted over {volume.get('target')}"
    return ""


def _development(service: Mapping[str, Any], dockerfile: str) -> str:
    section = service.get("build") or {}
    stages = _STAGE.findall(dockerfile)
    target = str(section.get("target") or (stages[-1] if stages else ""))
    if _DEVELOPMENT_STAGE.match(target):
        return f"built from stage {target}"
    command = service.get("command")
    text = " ".join(str(word) for word in command) if isinstance(command, list) else str(command or "")
    return f"runs {text[:120]!r}" if _DEVELOPMENT_COMMAND.search(text) else ""


def _has_healthcheck(service: Mapping[str, Any], dockerfile: str) -> bool:
    check = service.get("healthcheck")
    if check:
        return not check.get("disable") and check.get("test") not in (["NONE"], "NONE")
    return bool(re.search(r"^\s*HEALTHCHECK\s+(?!NONE)", dockerfile, re.M | re.I))
