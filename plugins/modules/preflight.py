#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Measure whether host, compose files, environment and documents are ready for a release."""

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Measure whether host and release are ready
version_added: 0.1.0
description:
  - Measures the host (engine, memory, disk, ports, clock), the compose model, the environment and the documents of a release.
  - Nothing is judged here. The module fails only when measuring is impossible, as without an engine.
  - Values of the environment never leave the module; names do.
author: ProoFile operations (@proofile)
options:
  application:
    description: Name of the application. Its compose projects are C(<application>-data), C(-blue), C(-green) and C(-edge).
    type: str
    required: true
  source_dir:
    description: The exported source tree.
    type: path
    required: true
  compose_files:
    description: Compose files, the application's own first. Relative ones stand in the source tree.
    type: list
    elements: str
    required: true
  environment:
    description: The environment of the application as one JSON object.
    type: str
    required: true
  provided_variables:
    description: Variables that the train sets itself, so that nobody has to.
    type: list
    elements: str
    default: [RELEASE_TAG]
  example_file:
    description: The file in the source tree that documents the environment.
    type: str
    default: .env.example
  application_images:
    description: Image names (without tag) that belong to the application although compose does not build them.
    type: list
    elements: str
    default: []
  ports:
    description: Public ports of the application.
    type: list
    elements: int
    default: []
  documents:
    description: Documents that must be in the source tree.
    type: list
    elements: str
    default: []
  take_over:
    description: Whether a stack of this application that plain C(docker compose up) started may hold its ports, because it is taken over.
    type: bool
    default: false
  role_variables:
    description: What the filter P(proofile.stagegate.unknown_role_variables#filter) returned.
    type: dict
    default: {}
  rollback_targets:
    description: The ids of the images of each verified-good earlier release. Only releases whose images are all there are counted.
    type: dict
attributes:
  check_mode:
    description: The module only looks. Where the export is not there yet, only the host is measured in check mode.
    support: full
  diff_mode:
    description: The module only looks.
    support: none
"""

EXAMPLES = r"""
- name: Measure the host and the release
  proofile.stagegate.preflight:
    application: proofile
    source_dir: /var/lib/stagegate/proofile/source/1a2b3c4d5e6f
    compose_files: [docker-compose.yml, /etc/stagegate/compose.staging.yml]
    environment: "{{ {'POSTGRES_PASSWORD': vaulted_password} | to_json }}"
    ports: [3000, 8000]
"""

RETURN = r"""
host_time:
  description: Unix time of this host. The controller looks at its own clock before and after, so that the way does not count.
  returned: always
  type: float
measurements:
  description: Measurements for the ledger.
  returned: always
  type: list
  elements: dict
"""

import os
from collections.abc import Iterable, Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import InputError
from ..module_utils.core.measurement import measurement
from ..module_utils.core.release import compose_model, env_example
from ..module_utils.core.release.compose_plan import parts, project_name
from ..module_utils.core.release.take_over import predecessor
from ..module_utils.io.engine.compose_config import compose_files, normalised, prepared
from ..module_utils.io.engine.docker_cli import Engine
from ..module_utils.io.system import host
from ..module_utils.io.system.clock import now
from ..module_utils.io.system.files import read_text

SPEC = {
    "application": {"type": "str", "required": True},
    "source_dir": {"type": "path", "required": True},
    "compose_files": {"type": "list", "elements": "str", "required": True},
    "environment": {"type": "str", "required": True, "no_log": True},
    "provided_variables": {"type": "list", "elements": "str", "default": ["RELEASE_TAG"]},
    "example_file": {"type": "str", "default": ".env.example"},
    "application_images": {"type": "list", "elements": "str", "default": []},
    "ports": {"type": "list", "elements": "int", "default": []},
    "documents": {"type": "list", "elements": "str", "default": []},
    "take_over": {"type": "bool", "default": False},
    "role_variables": {"type": "dict", "default": {}},
    "rollback_targets": {"type": "dict"},
}
Measurements = list


def count(sli: str, found: Iterable[str], source: str) -> Mapping[str, Any]:
    """How many, and which."""
    listed = list(found)
    return measurement(sli, len(listed), "count", source=source, detail=listed)


def host_measurements(params: Mapping[str, Any], earlier: str = "") -> Measurements:
    """Engine, memory, disk and ports of this host. `earlier` is the compose project that plain compose runs of this application."""
    engine = host.engine_facts()
    projects = [project_name(params["application"], part) for part in parts()] + ([earlier] if earlier and params["take_over"] else [])
    holders = host.port_holders(params["ports"], projects)
    compose = engine.compose_version
    found = [
        measurement("host.engine_major", host.major(engine.version), "count", source="docker info", detail=engine.version),
        measurement("host.compose_major", host.major(compose), "count", source="docker compose version", detail=compose),
        measurement("host.memory_available", host.memory_available(), "B", source="/proc/meminfo"),
        measurement("host.ports_checked", len(params["ports"]), "count", source="/proc/net/tcp"),
    ]
    if os.path.isdir(engine.data_root):
        found.append(measurement("host.disk_free", host.disk_free(engine.data_root), "B", source=engine.data_root))
    for port in params["ports"]:
        holder = holders.get(port)
        taken = int(holder is not None and not holder.own)
        said = f"port {port} is held by {holder.text}" if holder else ""
        if taken and earlier and said.endswith(f" of compose project {earlier}"):
            said += ", which is this application by plain docker compose: stagegate_take_over: true takes it over"
        found.append(measurement("host.ports_taken", taken, "count", {"port": str(port)}, "/proc/net/tcp and the engine", said))
    return found


def earlier_stack(params: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """The compose project that plain compose runs of this application; empty when there is none, or the compose files are refused."""
    model, _refused = normalised(params["source_dir"], params["compose_files"], environment)
    own = [project_name(params["application"], part) for part in parts()]
    try:
        found = predecessor(model, Engine().containers(), own) if model else None
    except InputError:
        # Two that look alike: the ports are held by strangers until somebody has chosen.
        return ""
    return found.project if found else ""


def compose_measurements(params: Mapping[str, Any], environment: Mapping[str, str]) -> Measurements:
    """The compose model. One that is refused is measured as an error, and then nothing else of it is known."""
    source = params["source_dir"]
    model, refused = normalised(source, params["compose_files"], environment)
    errors = measurement("compose.errors", int(model is None), "count", source="docker compose config", detail=refused)
    if model is None:
        return [errors]
    dockerfiles = {name: dockerfile_of(service) for name, service in model["services"].items() if service.get("build")}
    report = compose_model.examine(model, source, dockerfiles, params["application_images"])
    what = "docker compose config"
    return [
        errors,
        measurement("compose.services", report.services, "count", source=what),
        count("compose.release_services", report.release_services, what),
        count("compose.source_mounts", [f"{name}: {said}" for name, said in report.source_mounts.items()], what),
        count("compose.development_targets", [f"{name}: {said}" for name, said in report.development.items()], what),
        count("compose.services_without_healthcheck", report.without_healthcheck, what),
    ]


def dockerfile_of(service: Mapping[str, Any]) -> str:
    """The text of a service's Dockerfile, empty when it cannot be read (the build will say so)."""
    section = service["build"]
    path = os.path.join(str(section.get("context") or "."), str(section.get("dockerfile") or "Dockerfile"))
    return read_text(path) if os.path.isfile(path) else ""


def environment_measurements(params: Mapping[str, Any], environment: Mapping[str, str]) -> Measurements:
    """The variables that the release needs, by name."""
    texts = [read_text(path) for path in compose_files(params["source_dir"], params["compose_files"])]
    example = os.path.join(params["source_dir"], params["example_file"])
    documented = env_example.read_example(read_text(example) if os.path.isfile(example) else "", params["example_file"])
    report = env_example.examine(env_example.needed_by_compose(texts), documented, environment, params["provided_variables"])
    source = f"compose files and {params['example_file']}"
    return [
        measurement("environment.variables", len(report.needed), "count", source=source),
        count("environment.undocumented", report.undocumented, source),
        measurement("environment.missing", len(report.missing), "count", source=source, detail=report.hints),
        count("environment.placeholders", report.placeholders, source),
    ]


def document_measurements(params: Mapping[str, Any]) -> Measurements:
    """The documents that the policy names; an empty one is missing."""
    paths = {name: os.path.join(params["source_dir"], name) for name in params["documents"]}
    missing = [name for name, path in paths.items() if not os.path.isfile(path) or not read_text(path).strip()]
    return [
        measurement("documents.expected", len(paths), "count", source="policy"),
        count("documents.missing", missing, "source tree"),
    ]


def variable_measurements(role_variables: Mapping[str, Any], targets: Mapping[str, Any] | None) -> Measurements:
    """What the controller knows: role variables and releases to go back to. Not given is not measured."""
    found = []
    if role_variables:
        found.append(measurement("variables.checked", int(role_variables["checked"]), "count", source="argument specs"))
        found.append(count("variables.unknown", role_variables["unknown"], "argument specs"))
    if targets is not None:
        kept = [release for release, images in targets.items() if images and host.images_exist(images)]
        found.append(count("release.rollback_targets", kept, "ledger and engine"))
    return found


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Measure everything."""
    if check_mode and not prepared(params["source_dir"], params["compose_files"]):
        return {"changed": False, "measurements": host_measurements(params), "host_time": now()}
    environment = env_example.read_environment(params["environment"])
    measured = host_measurements(params, earlier_stack(params, environment))
    measured += compose_measurements(params, environment)
    measured += environment_measurements(params, environment)
    measured += document_measurements(params)
    measured += variable_measurements(params["role_variables"], params["rollback_targets"])
    return {"changed": False, "measurements": measured, "host_time": now()}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
