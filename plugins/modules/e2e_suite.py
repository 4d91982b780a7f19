#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run the application's own end-to-end suite and count its cases."""

from __future__ import annotations

DOCUMENTATION = r"""
module: e2e_suite
short_description: Run an application's own end-to-end suite in its container
version_added: 0.1.0
description:
  - Builds the image of the suite when the engine does not have it, runs it against the running stack, takes its JUnit report
    out of the container and counts the cases.
  - Failed cases are evidence, not a failure of the module. A suite without a report is recorded as zero cases run.
  - In check mode nothing is built and nothing runs.
author: ProoFile operations (@proofile)
options:
  image:
    description: Name of the image. Put the release into its tag, so that each release brings its own suite.
    type: str
    required: true
  context:
    description: Folder from which the image is built.
    type: path
  target:
    description: Stage of the Dockerfile that is the suite.
    type: str
    default: e2e
  build_secrets:
    description: Files that the build may read, by the id under which the Dockerfile names them.
    type: dict
    default: {}
  build_arguments:
    description: Build arguments.
    type: dict
    default: {}
  container:
    description: Name of the container. One that a killed run left behind is removed.
    type: str
    required: true
  environment:
    description: Variables of the suite.
    type: dict
    default: {}
  secrets:
    description: Variables of the suite that are secret. They reach the container by a file and appear in no result.
    type: dict
    default: {}
  report:
    description: The JUnit report inside the container.
    type: str
    default: /app/test-results/e2e.xml
  suite:
    description: The label under which the cases are counted.
    type: str
    default: e2e
  network:
    description: The network of the container.
    type: str
    default: host
  timeout_seconds:
    description: How long the suite may take.
    type: float
    default: 900
  artifacts_dir:
    description: Folder for the report and for what the suite printed.
    type: path
attributes:
  check_mode:
    description: In check mode nothing is built and nothing runs.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Run the suite of the release
  proofile.stagegate.e2e_suite:
    image: proofile-e2e:1a2b3c4d5e6f
    context: /var/lib/stagegate/proofile/source/1a2b3c4d5e6f/frontend
    container: proofile-e2e
    environment: {PLAYWRIGHT_BASE_URL: "http://localhost:3000", E2E_EMAIL: demo@proofile.dev}
    secrets: {E2E_PASSWORD: "{{ seed_password }}"}
"""

RETURN = r"""
exit_code:
  description: How the suite ended.
  type: int
  returned: when the suite ran
said:
  description: The last lines that the suite printed.
  type: list
  elements: str
  returned: always
measurements:
  description: tests.run, tests.passed, tests.failed and tests.skipped of the suite.
  type: list
  elements: dict
  returned: always
"""

from ..module_utils.adapter import run_module
from ..module_utils.core.eyes.e2e_report import e2e_measurements
from ..module_utils.core.sources.junit import read_junit
from ..module_utils.io.eyes.e2e_suite import SuiteImage, SuiteRun, ensure_image, run_suite

SPEC = {
    "image": {"type": "str", "required": True},
    "context": {"type": "path"},
    "target": {"type": "str", "default": "e2e"},
    "build_secrets": {"type": "dict", "default": {}, "no_log": False},
    "build_arguments": {"type": "dict", "default": {}},
    "container": {"type": "str", "required": True},
    "environment": {"type": "dict", "default": {}},
    "secrets": {"type": "dict", "default": {}, "no_log": True},
    "report": {"type": "str", "default": "/app/test-results/e2e.xml"},
    "suite": {"type": "str", "default": "e2e"},
    "network": {"type": "str", "default": "host"},
    "timeout_seconds": {"type": "float", "default": 900},
    "artifacts_dir": {"type": "path"},
}


def handle(params, check_mode):
    """Make the image, run the suite, count its cases."""
    if check_mode:
        return {"changed": False, "said": [], "measurements": []}
    image = SuiteImage(params["image"], params["context"] or "", params["target"], params["build_secrets"], params["build_arguments"])
    changed = ensure_image(image)
    secrets = {name: str(value) for name, value in params["secrets"].items()}
    environment = {**{name: str(value) for name, value in params["environment"].items()}, **secrets}
    suite = SuiteRun(params["container"], environment, params["report"], params["network"], params["timeout_seconds"])
    outcome = run_suite(image.name, suite, secrets, params["artifacts_dir"] or "")
    report = read_junit(outcome.report) if outcome.report is not None else None
    facts = e2e_measurements(params["suite"], report, outcome.exit_code, outcome.said, params["image"])
    said = outcome.said.strip().splitlines()[-20:]
    return {"changed": changed, "exit_code": outcome.exit_code, "said": said, "measurements": facts}


def main():
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
