# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Running the application's end-to-end suite in its own container."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Optional

from ...core.errors import CommandError, InputError
from ...core.eyes.api_journey import without_secrets
from ..system.command import Completed, Runner, must, run
from ..system.files import write_atomic
from .browser import save_private

BUILD_SECONDS = 1800.0
REPORT_LIMIT = 32 * 1024 * 1024


@dataclass(frozen=True)
class SuiteImage:
    """How the image of the suite is made: folder, stage, build secrets by id (files)."""

    name: str
    context: str = ""
    target: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SuiteRun:
    """One run: environment (with the secrets), network, the report inside the container, how long it may take."""

    container: str
    environment: Mapping[str, str]
    report: str
    network: str = "host"
    timeout_seconds: float = 900.0


@dataclass(frozen=True)
class SuiteOutcome:
    """Exit code, what was printed, and the report as it stood in the container (None: there was none)."""

    exit_code: int
    said: str
    report: Optional[bytes]


def ensure_image(image: SuiteImage, runner: Runner = run) -> bool:
    """Build the image when the engine does not have it; True when it was built. CommandError when that fails."""
    if runner(["docker", "image", "inspect", "--format", "{{.Id}}", image.name], timeout=30.0).ok:
        return False
    if not image.context:
        raise InputError(f"there is no image {image.name}", where="docker image inspect", todo="build it, or give context and target")
    argv = ["docker", "buildx", "build", "--load", "--progress", "plain", "--tag", image.name]
    argv += ["--target", image.target] if image.target else []
    for name, path in sorted(image.secrets.items()):
        argv += ["--secret", f"id={name},src={path}"]
    for name, value in sorted(image.arguments.items()):
        argv += ["--build-arg", f"{name}={value}"]
    must(runner([*argv, image.context], timeout=BUILD_SECONDS), f"the image {image.name} cannot be built")
    return True


def run_suite(image: str, suite: SuiteRun, secrets: Mapping[str, str], artifacts_dir: str = "", runner: Runner = run) -> SuiteOutcome:
    """Run the suite to its end, take the report out, remove the container. Values go by a file of 0600, never by argv."""
    # What a killed run left behind would hold the name.
    runner(["docker", "rm", "--force", suite.container], timeout=60.0)
    try:
        _create(image, suite, runner)
        done = _start(suite, runner)
        report = _report(suite, runner)
    finally:
        runner(["docker", "rm", "--force", suite.container], timeout=60.0)
    said = without_secrets(done.stdout + done.stderr, secrets)
    if artifacts_dir:
        write_atomic(os.path.join(artifacts_dir, "e2e.log"), said[-REPORT_LIMIT:])
        if report is not None:
            clean = without_secrets(report.decode("utf-8", "replace"), secrets)
            save_private(os.path.join(artifacts_dir, "e2e.xml"), clean.encode())
    return SuiteOutcome(done.rc, said, report)


def _create(image: str, suite: SuiteRun, runner: Runner) -> None:
    lines = []
    for name, value in sorted(suite.environment.items()):
        if "\n" in value or "=" in name:
            raise InputError(f"the variable {name!r} does not fit into an environment file", todo="give one line, and a name without =")
        lines.append(f"{name}={value}\n")
    with tempfile.TemporaryDirectory(prefix="stagegate-e2e-") as folder:
        path = os.path.join(folder, "environment")
        write_atomic(path, "".join(lines))
        argv = ["docker", "create", "--name", suite.container, "--network", suite.network, "--env-file", path, image]
        must(runner(argv, timeout=60.0), "the container of the suite cannot be made")


def _start(suite: SuiteRun, runner: Runner) -> Completed:
    try:
        return runner(["docker", "start", "--attach", suite.container], timeout=suite.timeout_seconds)
    except CommandError as error:
        return Completed((), 124, "", f"{error.what}\n")


def _report(suite: SuiteRun, runner: Runner) -> Optional[bytes]:
    with tempfile.TemporaryDirectory(prefix="stagegate-e2e-") as folder:
        path = os.path.join(folder, "report.xml")
        done = runner(["docker", "cp", f"{suite.container}:{suite.report}", path], timeout=60.0)
        if not done.ok or not os.path.isfile(path):
            return None
        with open(path, "rb") as stream:
            return stream.read(REPORT_LIMIT + 1)
