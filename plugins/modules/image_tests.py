#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run the application's own unit tests in the test stage of its images."""

from __future__ import annotations

DOCUMENTATION = r"""
module: image_tests
short_description: Run unit tests in the test stage of an image
version_added: 0.1.0
description:
  - Builds the test stage of a service, runs the tests in it without network, and reads their JUnit report.
  - Cases are counted from the report's cases. A suite that leaves no report, or ends badly without a failed case, is a failed
    command.
  - Results are kept by the id of the test image, so the same image is not tested twice.
author: ProoFile operations (@proofile)
options:
  release:
    description: The release, 12 hex digits.
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
    description: The environment of the application as one JSON object. The tests do not get it.
    type: str
    required: true
  suites:
    description: The suites.
    type: list
    elements: dict
    required: true
    suboptions:
      suite:
        description: Name in the evidence.
        type: str
        required: true
      service:
        description: The service whose image has the tests.
        type: str
        required: true
      stage:
        description: The stage with the tests.
        type: str
        default: test
      command:
        description: What to run; the command of the stage when not given.
        type: list
        elements: str
        default: []
      junit:
        description: Where the report stands in the container afterwards.
        type: str
        required: true
      environment:
        description: Environment of the tests. Nothing secret.
        type: dict
        default: {}
  timeout_seconds:
    description: How long one suite may take.
    type: int
    default: 900
attributes:
  check_mode:
    description: In check mode nothing is run.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Run the unit tests
  proofile.stagegate.image_tests:
    release: 1a2b3c4d5e6f
    state_dir: /var/lib/stagegate/proofile
    source_dir: /var/lib/stagegate/proofile/source/1a2b3c4d5e6f
    compose_files: [docker-compose.yml, /etc/stagegate/compose.staging.yml]
    environment: "{{ {'RELEASE_TAG': '1a2b3c4d5e6f'} | to_json }}"
    suites:
      - {suite: unit_backend, service: backend, junit: /tmp/junit.xml}
"""

RETURN = r"""
reports:
  description: The JUnit reports, in the state folder.
  returned: always
  type: list
  elements: str
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
from ..module_utils.core.errors import EvidenceError, InputError
from ..module_utils.core.measurement import measurement
from ..module_utils.core.release.compose_model import Build, builds
from ..module_utils.core.release.env_example import read_environment
from ..module_utils.core.sources.junit import TestResults, read_junit
from ..module_utils.io.build.build_record import digest_of, read_record, write_record
from ..module_utils.io.build.stage_build import StageBuilder
from ..module_utils.io.engine.compose_config import must_model, prepared
from ..module_utils.io.engine.image_content import copy_out, run_in, scratch_container
from ..module_utils.io.system.files import ensure_folder, write_atomic

SUITE = {
    "suite": {"type": "str", "required": True},
    "service": {"type": "str", "required": True},
    "stage": {"type": "str", "default": "test"},
    "command": {"type": "list", "elements": "str", "default": []},
    "junit": {"type": "str", "required": True},
    "environment": {"type": "dict", "default": {}},
}
SPEC = {
    "release": {"type": "str", "required": True},
    "state_dir": {"type": "path", "required": True},
    "source_dir": {"type": "path", "required": True},
    "compose_files": {"type": "list", "elements": "str", "required": True},
    "environment": {"type": "str", "required": True, "no_log": True},
    "suites": {"type": "list", "elements": "dict", "required": True, "options": SUITE},
    "timeout_seconds": {"type": "int", "default": 900},
}


def command_failed(suite: str, failed: bool, said: str = "") -> list:
    """Whether the suite itself could be run."""
    label = {"command": f"tests {suite}"}
    lines = said.strip().splitlines()[-20:]
    return [
        measurement("build.commands", 1, "count", label, "test stage"),
        measurement("build.failures", int(failed), "count", label, "test stage", lines if failed else None),
    ]


def result_measurements(suite: str, results: TestResults) -> list:
    """The counts of a suite."""
    label = {"suite": suite}
    counts = {"run": results.run, "passed": results.passed, "failed": results.failed, "skipped": results.skipped}
    detail = {"failed": results.failures}
    return [measurement(f"tests.{name}", number, "count", label, "JUnit", detail.get(name)) for name, number in counts.items()]


def run_suite(suite: Mapping[str, Any], image: str, folder: str, timeout: int) -> list:
    """Run one suite in a container of the image; keep report and output; measure."""
    name = suite["suite"]
    report = os.path.join(folder, f"{name}.xml")
    own = not suite["command"]
    with scratch_container(image, suite["command"], environment=suite["environment"], own_command=own) as container:
        done = run_in(container, timeout)
        output = done.stdout + done.stderr
        write_atomic(os.path.join(folder, f"{name}.log"), output)
        if not copy_out(container, suite["junit"], report):
            return command_failed(name, True, f"no report at {suite['junit']}\n{output[-3000:]}")
    with open(report, "rb") as stream:
        raw = stream.read()
    try:
        results = read_junit(raw)
    except EvidenceError as error:
        return command_failed(name, True, str(error))
    broken = not done.ok and not results.failed
    return result_measurements(name, results) + command_failed(name, broken, output[-3000:])


def test_suite(params: Mapping[str, Any], suite: Mapping[str, Any], build: Build, check_mode: bool) -> tuple:
    """Find the results of this suite, or build and run. Returns (changed, measurements)."""
    builder = StageBuilder(params["state_dir"])
    folder = os.path.join(params["state_dir"], "releases", params["release"], "tests")
    repository, _colon, tag = build.image.rpartition(":")
    name = f"{repository}-{suite['stage']}:{tag}"
    path = os.path.join(folder, f"{suite['suite']}.json")
    inputs = digest_of(dict(suite), asdict(build))
    record = read_record(path, inputs)
    if record and record["image_id"] and builder.image_id(name) == record["image_id"]:
        return False, record["measurements"]
    if check_mode:
        return True, []
    stage = builder.build(build, suite["stage"], name)
    ensure_folder(folder)
    if stage.image_id:
        found = run_suite(suite, name, folder, params["timeout_seconds"])
    else:
        said = "\n".join(line for step in stage.steps if step.state == "failed" for line in step.output)
        found = command_failed(suite["suite"], True, f"stage {suite['stage']} cannot be built\n{said}")
    write_record(path, inputs, {"image_id": stage.image_id, "measurements": found})
    return True, found


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Test every suite."""
    if check_mode and not prepared(params["source_dir"], params["compose_files"]):
        return {"changed": True, "reports": [], "measurements": []}
    model = must_model(params["source_dir"], params["compose_files"], read_environment(params["environment"]))
    known = {build.service: build for build in builds(model, params["release"])}
    changed, found, reports = False, [], []
    for suite in params["suites"]:
        if suite["service"] not in known:
            raise InputError(f"suite {suite['suite']} names service {suite['service']!r}", why="compose does not build it")
        made, measured = test_suite(params, suite, known[suite["service"]], check_mode)
        changed, found = changed or made, found + measured
        reports.append(os.path.join(params["state_dir"], "releases", params["release"], "tests", f"{suite['suite']}.xml"))
    return {"changed": changed, "reports": reports, "measurements": found}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
