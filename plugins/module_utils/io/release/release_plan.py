# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of a release on disk: where its files are, how they are made, and what stands in the way of it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from ...core.errors import EvidenceError, InputError
from ...core.release.compose_plan import Plan, Route, plan, project_name, published_ports, single_part, state_files
from ...core.release.edge_config import configuration
from ...core.release.engine_state import Container, digest_mismatches, name_conflicts, strangers
from ...core.release.take_over import Predecessor
from ..engine.docker_cli import Engine
from ..system.files import ensure_folder, read_text, same_content, write_atomic
from ..system.host_ports import is_held
from .release_facts import recorded_images
from .take_over import TakeOver


class ReleasePlanner:
    """Plans one release of one application. The engine is a parameter."""

    def __init__(self, state_dir: str, application: str, release: str, engine: Engine | None = None) -> None:
        self.application = application
        self.release = release
        self.source = os.path.join(state_dir, "source", release)
        self.folder = os.path.join(state_dir, "releases", release)
        self._state_dir = state_dir
        self._engine = engine or Engine()

    def model(self, files: Sequence[str], env_file: str) -> dict[str, Any]:
        """The compose model of the release's source; InputError when the source was never exported."""
        if not os.path.isdir(self.source):
            raise InputError(
                f"the source of release {self.release} is not on this host",
                where=self.source,
                why="the build phase exports the commit",
                todo="run the build phase of this release first",
            )
        paths = [path if os.path.isabs(path) else os.path.join(self.source, path) for path in files]
        for path in paths:
            if not os.path.isfile(path):
                raise InputError("a compose file is missing", where=path, todo="correct deploy_compose_files")
        model = self._engine.model(paths, self.source, env_file)
        if model.get("name") == os.path.basename(self.source):
            # Files without `name:` are called after their folder; volumes would then be others with every release.
            model = self._engine.model(paths, self.source, env_file, self.application)
        return model

    def kept_model(self) -> dict[str, Any]:
        """The model of the last planning; InputError when this release was never planned here."""
        path = os.path.join(self.folder, "model.json")
        if not os.path.isfile(path):
            raise InputError(f"release {self.release} was never deployed on this host", where=path, todo="deploy it instead")
        model = json.loads(read_text(path))
        if not isinstance(model, dict):
            raise EvidenceError("the kept model is no mapping", where=path)
        return model

    def plan(
        self,
        model: Mapping[str, Any],
        colour: str,
        edge_image: str,
        state_services: Sequence[str] | None,
        single_services: Sequence[str] = (),
    ) -> Plan:
        """Cut the model; files of state services get a path that changes with their content only."""
        moved = {path: self._stable_path(path) for path in state_files(model, self.source, state_services)}
        return plan(model, self.application, self.release, colour, edge_image, self._edge_folder(), state_services, moved, single_services)

    def edge_image(self, given: str) -> str:
        """The image named, or else the one that the edge runs or was planned with: a rollback does not replace the edge."""
        if given:
            return given
        running = [item.image for item in self._engine.containers(project_name(self.application, "edge")) if item.state == "running"]
        if running:
            return running[0]
        path = os.path.join(self.folder, "edge.json")
        return str(json.loads(read_text(path))["services"]["edge"]["image"])

    def predecessor(self, model: Mapping[str, Any], take_over: bool) -> Predecessor | None:
        """The stack of this application that plain compose runs; InputError with what to do unless it may be taken over."""
        found = TakeOver(self._state_dir, self.application, self._engine).find(model)
        if found and not take_over:
            raise InputError(
                f"the application runs here already, by plain docker compose (project {found.project})",
                where="; ".join(found.signs),
                why="two of them would write the same data",
                todo="say stagegate_take_over: true: its containers are stopped and kept, its volumes used on, in one interruption; "
                "playbooks/give_back.yml is the way back. Nothing was changed",
            )
        return found

    def refuse_strangers(self, made: Plan, colour: str, allowed: Sequence[Container] = ()) -> None:
        """InputError naming everything that holds a port or a container name of ours and is neither ours nor allowed."""
        allowed_ids = {item.id for item in allowed}
        everything = self._engine.containers()
        containers = [item for item in everything if item.id not in allowed_ids]
        found = []
        for part, project in (("data", made.data), (colour, made.colour), ("edge", made.edge)):
            own = project_name(self.application, part)
            ports = published_ports(project)
            names = [str(service["container_name"]) for service in (project.get("services") or {}).values() if "container_name" in service]
            found += strangers(ports, containers, [own]) + name_conflicts(names, containers, own)
            by_containers = {port for item in everything if item.state == "running" for port in item.host_ports}
            found += [
                f"port {port} (wanted by {ports[port]}) is held by a process of the host"
                for port in sorted(set(ports) - by_containers)
                if is_held(port)
            ]
        if found:
            raise InputError(
                "the release cannot be deployed beside what runs here",
                where="staging host",
                why="; ".join(found),
                todo="stop what holds it, or give it another port or name; nothing was changed",
            )

    def write(self, model: Mapping[str, Any], made: Plan, colour: str, check_mode: bool) -> bool:
        """Put everything into the release's folder (0600); True when something differs."""
        described = self.described(made, colour)
        texts = {
            "model.json": _json(model),
            "data.json": _json(made.data),
            f"{colour}.json": _json(made.colour),
            f"{single_part(colour)}.json": _json(made.single),
            "edge.json": _json(made.edge),
            "haproxy.cfg": configuration(self.application, made.routes),
            f"plan-{colour}.json": _json(described),
        }
        differing = [name for name, text in texts.items() if not same_content(os.path.join(self.folder, name), text, 0o600)]
        if not check_mode:
            ensure_folder(self._edge_folder())
            for name in differing:
                write_atomic(os.path.join(self.folder, name), texts[name])
            for path in state_files(model, self.source, list(made.state_services)):
                _copy_once(path, self._stable_path(path))
        return bool(differing)

    def is_started_as(self, made: Plan, colour: str) -> bool:
        """True when the services of the release in this colour would be started again as they were: nothing in their plan differs.

        The plan on the disk is that from which they were started: a plan that differs is written for the other colour.
        """
        texts = {f"{colour}.json": _json(made.colour), f"{single_part(colour)}.json": _json(made.single)}
        if not all(same_content(os.path.join(self.folder, name), text, 0o600) for name, text in texts.items()):
            return False
        containers = self._engine.containers(project_name(self.application, colour))
        return not digest_mismatches(containers, recorded_images(self._state_dir, self.release))

    def described(self, made: Plan, colour: str) -> dict[str, Any]:
        """What later steps and people need to know of the plan; nothing in it is secret."""
        parts = {"data": "data", "colour": colour, "single": single_part(colour), "edge": "edge"}
        return {
            "colour": colour,
            "projects": {
                key: {"name": project_name(self.application, part), "file": os.path.join(self.folder, f"{part}.json")}
                for key, part in parts.items()
            },
            "routes": [
                {
                    "service": route.service,
                    "public": route.public,
                    "target": route.target,
                    "host_ip": route.host_ip,
                    "preview": route.preview(colour),
                }
                for route in made.routes
            ],
            "application_services": list(made.application_services),
            "single_services": list(made.single_services),
            "state_services": list(made.state_services),
        }

    def _stable_path(self, path: str) -> str:
        kept = os.path.join(self._state_dir, "state_files")
        if not os.path.exists(path):
            return path
        return os.path.join(kept, content_digest(path)[:16], os.path.basename(path))

    def _edge_folder(self) -> str:
        return os.path.join(self._state_dir, "edge")


def planned_routes(described: Mapping[str, Any]) -> list[Route]:
    """Routes out of a described plan."""
    return [Route(str(item["service"]), int(item["public"]), int(item["target"]), str(item["host_ip"])) for item in described["routes"]]


def read_plan(state_dir: str, release: str, colour: str) -> dict[str, Any]:
    """The described plan of a release in a colour; InputError when there is none."""
    path = os.path.join(state_dir, "releases", release, f"plan-{colour}.json")
    if not os.path.isfile(path):
        raise InputError(f"release {release} was never planned for {colour}", where=path, todo="deploy it first")
    described = json.loads(read_text(path))
    if not isinstance(described, dict):
        raise EvidenceError("the plan is no mapping", where=path)
    return described


def content_digest(path: str) -> str:
    """SHA-256 over names, modes and contents below a path."""
    digest = hashlib.sha256()
    for name in _files_below(path):
        with open(name, "rb") as stream:
            digest.update(f"{os.path.relpath(name, path)}:{os.stat(name).st_mode & 0o777:o}:".encode() + stream.read() + b"\0")
    return digest.hexdigest()


def _files_below(path: str) -> list[str]:
    if os.path.isfile(path):
        return [path]
    return sorted(os.path.join(folder, name) for folder, _folders, names in os.walk(path) for name in names)


def _copy_once(path: str, kept: str) -> None:
    if os.path.exists(kept) or not os.path.exists(path):
        return
    for folder in (os.path.dirname(os.path.dirname(kept)), os.path.dirname(kept)):
        ensure_folder(folder)
    # By rename, because half a copy would be kept for good.
    half = f"{kept}.half"
    if os.path.isfile(path):
        shutil.copy2(path, half)
    else:
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(path, half)
    os.replace(half, kept)


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True) + "\n"
