# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an image holds, looked at without running it, and small programs run in it without network."""

from __future__ import annotations

import os
import subprocess
import tarfile
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import BinaryIO, cast

from ...core.errors import CommandError
from ..system.command import Completed, Runner, must, run

LABEL = "stagegate.scratch"
MAX_MEMBER = 8 * 1024 * 1024


@contextmanager
def scratch_container(
    image: str,
    command: Sequence[str] = (),
    runner: Runner = run,
    environment: Mapping[str, str] | None = None,
    own_command: bool = False,
) -> Iterator[str]:
    """A container of the image that is not started, without network; removed whatever happens.

    `own_command` leaves the image's own command in place. Otherwise `true` stands there when none is given: an image without
    a command cannot be made into a container without one.
    """
    name = f"stagegate-scratch-{uuid.uuid4().hex[:12]}"
    argv = ["docker", "create", "--name", name, "--label", f"{LABEL}=1", "--network", "none"]
    for key, value in (environment or {}).items():
        argv += ["--env", f"{key}={value}"]
    argv += [image, *(command or ([] if own_command else ["true"]))]
    must(runner(argv, timeout=120.0), f"no container can be made of {image}")
    try:
        yield name
    finally:
        runner(["docker", "rm", "-f", name], timeout=120.0)


def copy_out(container: str, path: str, target: str, runner: Runner = run) -> bool:
    """Copy a path of a container to this host; False when the container does not have it."""
    return runner(["docker", "cp", f"{container}:{path}", target], timeout=300.0).ok


@contextmanager
def copied(image: str, path: str, runner: Runner = run) -> Iterator[str]:
    """A temporary copy of a folder of the image; an empty text when the image does not have it."""
    with tempfile.TemporaryDirectory(prefix="stagegate-image-") as folder, scratch_container(image, runner=runner) as container:
        target = os.path.join(folder, "content")
        yield target if copy_out(container, path, target, runner) else ""


def run_in(container: str, timeout: float, runner: Runner = run) -> Completed:
    """Start a created container, wait for its end, return what it said. It is stopped when the time is over."""
    try:
        return runner(["docker", "start", "--attach", container], timeout=timeout)
    except CommandError:
        runner(["docker", "kill", container], timeout=60.0)
        raise


def members(image: str, choose: Callable[[str], str], runner: Runner = run) -> Iterator[tuple[str, str, str]]:
    """(path, kind, text) of every file of the image for which `choose(path)` names a kind; larger ones are cut."""
    with scratch_container(image, runner=runner) as container:
        # AnsibleModule and its run_command are not known in io.
        process = subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE)  # pylint: disable=ansible-bad-function
        stream = cast(BinaryIO, process.stdout)
        try:
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for member in archive:
                    kind = choose(member.name) if member.isfile() else ""
                    opened = archive.extractfile(member) if kind else None
                    if opened is not None:
                        yield member.name, kind, opened.read(MAX_MEMBER).decode("utf-8", "replace")
        except tarfile.TarError as error:
            raise CommandError(f"the content of {image} cannot be read", why=str(error)) from error
        finally:
            stream.close()
            process.wait()
