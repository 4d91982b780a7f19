# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stages of images, built by buildx, with a memory of what was printed when their layers were made.

BuildKit prints nothing for a cached layer. The log of a build is therefore kept by the id of the image it made, and found
again when the same image comes out of the cache. Where no log is known, the stage is made afresh, so that there is output.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

from ...core.errors import CommandError
from ...core.release.build_log import Step, ran, read_steps
from ...core.release.compose_model import Build, build_argv
from ..system.command import Runner, run
from ..system.files import ensure_folder, read_text, write_atomic

BUILD_TIMEOUT = 3600.0
MAX_LOG = 16 * 1024 * 1024


@dataclass(frozen=True)
class Stage:
    """A stage that was built: `image_id` is empty when the build failed; `fresh` says that layers were made now."""

    service: str
    target: str
    tag: str
    image_id: str
    steps: tuple[Step, ...]
    fresh: bool


class StageBuilder:
    """Builds stages and keeps their logs below `<state>/build_logs`."""

    def __init__(self, state_dir: str, runner: Runner = run, timeout: float = BUILD_TIMEOUT) -> None:
        self._logs = os.path.join(state_dir, "build_logs")
        self._run = runner
        self._timeout = timeout

    def build(self, build: Build, target: str | None, tag: str, need: Callable[[list[Step]], bool] | None = None) -> Stage:
        """Build one stage. `need` says whether a log tells enough; the stage is made afresh when it does not.

        A build that fails is an answer, not an exception: the stage has no image and its last step failed.
        """
        image_id, text = self._buildx(build, target, tag, None)
        steps = read_steps(text)
        fresh = bool(ran(steps))
        if image_id and need is not None and not need(steps):
            known = self._known(image_id)
            if need(read_steps(known)):
                return Stage(build.service, target or "", tag, image_id, tuple(read_steps(known)), fresh)
            if target:
                image_id, text = self._buildx(build, target, tag, target)
                steps, fresh = read_steps(text), True
        if image_id and (fresh or not self._known(image_id)):
            ensure_folder(self._logs)
            write_atomic(self._log_path(image_id), text)
        return Stage(build.service, target or "", tag, image_id, tuple(steps), fresh)

    def image_id(self, tag: str) -> str:
        """The id of a local image, empty when there is none."""
        done = self._run(["docker", "image", "inspect", "--format", "{{.Id}}", tag], timeout=30.0)
        return done.stdout.strip() if done.ok else ""

    def _buildx(self, build: Build, target: str | None, tag: str, fresh_stage: str | None) -> tuple[str, str]:
        with tempfile.TemporaryDirectory(prefix="stagegate-build-") as folder:
            id_file = os.path.join(folder, "id")
            done = self._run(build_argv(build, target, tag, id_file, fresh_stage), timeout=self._timeout)
            text = (done.stderr + done.stdout)[-MAX_LOG:]
            if not done.ok:
                if not any(step.state == "failed" for step in read_steps(text)):
                    what = f"the build of {build.service} cannot start"
                    todo = "repair what is named there; secrets of a build are looked for in stagegate_build_secrets_dir"
                    raise CommandError(what, where=build.dockerfile, why=text.strip()[-1500:], todo=todo)
                return "", text
            return read_text(id_file).strip(), text

    def _known(self, image_id: str) -> str:
        path = self._log_path(image_id)
        return read_text(path) if os.path.isfile(path) else ""

    def _log_path(self, image_id: str) -> str:
        return os.path.join(self._logs, f"{image_id.replace(':', '_')}.log")
