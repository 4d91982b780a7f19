#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Build the images of a release, and judge-ably keep what the build said."""

from __future__ import annotations

DOCUMENTATION = r"""
module: image_build
short_description: Build the images of a release
version_added: 0.1.0
description:
  - Builds every service of the compose model that has a build section, first its builder stage where it has one, then the image.
  - Counts warnings and errors in the output. What was printed when a layer was made is kept by the id of the image; where it
    is not known, the builder stage is made afresh, so that there is output to judge.
  - A build or a push that fails is measured, not raised. RV(built) is then false and no release is written.
  - Writes C(<state_dir>/releases/<release>/release.json) with the images and their ids.
author: ProoFile operations (@proofile)
options:
  application:
    description: Name of the application.
    type: str
    required: true
  release:
    description: The release, 12 hex digits. Images of the release must carry it in their tag.
    type: str
    required: true
  commit:
    description: The full commit.
    type: str
    required: true
  state_dir:
    description: The state folder of the application.
    type: path
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
  stages:
    description: Service to the stage in which its artifacts are built.
    type: dict
    default: {}
  commands:
    description: Build commands that must be seen to run in the builder stage of a service.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name in the evidence.
        type: str
        required: true
      service:
        description: The service whose builder stage runs it.
        type: str
        required: true
      match:
        description: Text in the C(RUN) line; the name when not given.
        type: str
  ignored_output:
    description: Lines that are no warning of this release.
    type: list
    elements: dict
    default: []
    suboptions:
      pattern:
        description: Regular expression, searched in a line.
        type: str
        required: true
      reason:
        description: Why it is no warning.
        type: str
        required: true
  push:
    description: Push the images of the release to the registry that their tags name, and keep the digests that it confirms.
    type: bool
    default: false
  timeout_seconds:
    description: How long one build may take.
    type: int
    default: 3600
attributes:
  check_mode:
    description: In check mode nothing is built.
    support: full
  diff_mode:
    description: Images are not shown.
    support: none
"""

EXAMPLES = r"""
- name: Build the images
  proofile.stagegate.image_build:
    application: proofile
    release: 1a2b3c4d5e6f
    commit: 1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d
    state_dir: /var/lib/stagegate/proofile
    source_dir: /var/lib/stagegate/proofile/source/1a2b3c4d5e6f
    compose_files: [docker-compose.yml, /etc/stagegate/compose.staging.yml]
    environment: "{{ {'RELEASE_TAG': '1a2b3c4d5e6f'} | to_json }}"
    stages: {frontend: builder, backend: builder}
    commands:
      - {name: npm run build, service: frontend}
      - {name: poetry build, service: backend}
  register: images
"""

RETURN = r"""
built:
  description: True when every image was built or found unchanged, and pushed where that was asked for.
  returned: always
  type: bool
images:
  description: Service to tag and id of its image, and to its digest (C(repository@sha256:...)) when it was pushed.
  returned: always
  type: dict
builders:
  description: Service to tag and id of its builder stage.
  returned: always
  type: dict
measurements:
  description: Measurements for the ledger.
  returned: always
  type: list
  elements: dict
"""

import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import InputError
from ..module_utils.core.measurement import measurement
from ..module_utils.core.release.build_log import Step, command_runs, findings
from ..module_utils.core.release.compose_model import Build, builds, keeps_state
from ..module_utils.core.release.env_example import read_environment
from ..module_utils.core.release.registry import push_measurements
from ..module_utils.io.build.build_record import digest_of, read_record, update_json, write_record
from ..module_utils.io.build.stage_build import Stage, StageBuilder
from ..module_utils.io.engine.compose_config import must_model, prepared
from ..module_utils.io.engine.registry import Registry

COMMAND = {
    "name": {"type": "str", "required": True},
    "service": {"type": "str", "required": True},
    "match": {"type": "str"},
}
IGNORED = {"pattern": {"type": "str", "required": True}, "reason": {"type": "str", "required": True}}
SPEC = {
    "application": {"type": "str", "required": True},
    "release": {"type": "str", "required": True},
    "commit": {"type": "str", "required": True},
    "state_dir": {"type": "path", "required": True},
    "source_dir": {"type": "path", "required": True},
    "compose_files": {"type": "list", "elements": "str", "required": True},
    "environment": {"type": "str", "required": True, "no_log": True},
    "stages": {"type": "dict", "default": {}},
    "commands": {"type": "list", "elements": "dict", "default": [], "options": COMMAND},
    "ignored_output": {"type": "list", "elements": "dict", "default": [], "options": IGNORED},
    "push": {"type": "bool", "default": False},
    "timeout_seconds": {"type": "int", "default": 3600},
}


def matches(params: Mapping[str, Any], service: str) -> list:
    """What the RUN lines of a service's builder stage must hold."""
    return [command["match"] or command["name"] for command in params["commands"] if command["service"] == service]


def build_all(params: Mapping[str, Any], wanted: list, builder: StageBuilder) -> tuple:
    """Builder stages and final images, in order; a service whose builder stage fails gets no image."""
    stages, images = {}, {}
    for build in wanted:
        target = params["stages"].get(build.service)
        if target:
            needed = matches(params, build.service)
            stages[build.service] = builder.build(build, target, stage_tag(build, target), _enough(needed))
            if not stages[build.service].image_id:
                continue
        images[build.service] = builder.build(build, build.target, build.image)
    return stages, images


def stage_tag(build: Build, target: str) -> str:
    """The name of a builder stage: beside the image it serves, with the same tag."""
    repository, _colon, tag = build.image.rpartition(":")
    return f"{repository}-{target}:{tag}"


def _enough(needed: list) -> Any:
    """Whether a log shows that every command ran. A failed one is an answer too."""

    def judge(steps: list) -> bool:
        counted = [command_runs(steps, match) for match in needed]
        return all(found.run or found.failed for found in counted)

    return judge if needed else None


def command_measurements(params: Mapping[str, Any], stages: Mapping[str, Stage]) -> list:
    """How often each build command ran and failed."""
    found = []
    for command in params["commands"]:
        stage = stages.get(command["service"])
        if stage is None:
            raise InputError(
                f"build command {command['name']!r} has no builder stage",
                where="build_commands",
                why=f"no stage is built for service {command['service']!r}",
                todo="name it in build_stages",
            )
        seen = command_runs(stage.steps, command["match"] or command["name"])
        label = {"command": command["name"]}
        source = f"build output of {stage.tag}"
        found.append(measurement("build.commands", seen.run + seen.failed, "count", label, source))
        found.append(measurement("build.failures", seen.failed, "count", label, source))
    return found


def output_measurements(params: Mapping[str, Any], stages: list) -> list:
    """Lines, warnings and errors of the whole output."""
    steps: list = [step for stage in stages for step in stage.steps]
    unique: list = list({(step.name, step.output): step for step in steps if isinstance(step, Step)}.values())
    said = findings(unique, params["ignored_output"])
    warnings = [f"{item.tool}: {item.text}" for item in said if item.kind == "warning"]
    errors = [f"{item.tool}: {item.text}" for item in said if item.kind == "error"]
    source = "build output"
    return [
        measurement("build.log_lines", sum(len(step.output) for step in unique), "count", source=source),
        measurement("build.warnings", len(warnings), "count", source=source, detail=warnings),
        measurement("build.errors", len(errors), "count", source=source, detail=errors),
    ]


def image_measurements(wanted: list, images: Mapping[str, Stage]) -> list:
    """One build for each service, and how many images there are."""
    found = []
    for build in wanted:
        stage = images.get(build.service)
        label = {"command": f"image {build.service}"}
        failed = int(stage is None or not stage.image_id)
        found.append(measurement("build.commands", 1, "count", label, build.dockerfile))
        found.append(measurement("build.failures", failed, "count", label, build.dockerfile))
    ids = [f"{stage.tag} {stage.image_id}" for stage in images.values() if stage.image_id]
    return [*found, measurement("build.images", len(ids), "count", source="docker image inspect", detail=ids)]


def push(wanted: list, model: Mapping[str, Any], images: Mapping[str, Stage], registry: Registry) -> list:
    """Push the images of the release, one after the other; those of state services have tags of their own and stay."""
    ours = [item.service for item in wanted if not keeps_state(model["services"][item.service])]
    return [registry.push(service, images[service].tag) for service in ours]


def named(stages: Mapping[str, Stage]) -> dict:
    """Service to tag and id."""
    return {service: {"tag": stage.tag, "id": stage.image_id} for service, stage in stages.items()}


def unchanged(record: Any, builder: StageBuilder) -> bool:
    """True when the images of the record are still there under their tags."""
    if not record or not record["built"]:
        return False
    known = [*record["images"].values(), *record["builders"].values()]
    return all(builder.image_id(image["tag"]) == image["id"] for image in known)


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Find everything unchanged, or build and measure."""
    if check_mode and not prepared(params["source_dir"], params["compose_files"]):
        return {"changed": True, "built": False, "images": {}, "builders": {}, "measurements": []}
    environment = read_environment(params["environment"])
    model = must_model(params["source_dir"], params["compose_files"], environment)
    wanted = builds(model, params["release"])
    asked = {key: params[key] for key in ("commit", "stages", "commands", "ignored_output", "push")}
    inputs = digest_of(asked, [asdict(build) for build in wanted])
    builder = StageBuilder(params["state_dir"], timeout=params["timeout_seconds"])
    folder = os.path.join(params["state_dir"], "releases", params["release"])
    record = read_record(os.path.join(folder, "build.json"), inputs)
    if unchanged(record, builder):
        return {"changed": False, **{key: record[key] for key in ("built", "images", "builders", "measurements")}}
    if check_mode:
        return {"changed": True, "built": False, "images": {}, "builders": {}, "measurements": []}
    stages, images = build_all(params, wanted, builder)
    found = command_measurements(params, stages) + image_measurements(wanted, images)
    found += output_measurements(params, [*stages.values(), *images.values()])
    built = len(images) == len(wanted) and all(stage.image_id for stage in images.values())
    pushed = push(wanted, model, images, Registry(timeout=params["timeout_seconds"])) if built and params["push"] else []
    found += push_measurements(pushed) if pushed else []
    built = built and not any(item.trouble for item in pushed)
    result = {"built": built, "images": named(images), "builders": named(stages), "measurements": found}
    for item in pushed:
        result["images"][item.service]["digest"] = item.reference
    if built:
        facts = {"application": params["application"], "commit": params["commit"], "release": params["release"]}
        update_json(os.path.join(folder, "release.json"), {**facts, "images": result["images"], "builders": result["builders"]})
    write_record(os.path.join(folder, "build.json"), inputs, result)
    return {"changed": True, **result}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
