# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lock that writing steps hold: two deploys at once, and the second one is told who the first is."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from ...core.errors import CommandError
from ...core.times import rfc3339
from ..system import clock as machine
from ..system.files import ensure_folder

NAME = "deploy.lock"


@contextmanager
def deploy_lock(state_dir: str, purpose: str, clock: machine.Clock = machine.now) -> Iterator[None]:
    """Hold the lock of this application's state folder while the block runs; it ends with the process, whatever kills it.

    Raises CommandError that names the holder when another process has it.
    """
    ensure_folder(state_dir)
    path = os.path.join(state_dir, NAME)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+", encoding="utf-8") as stream:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CommandError(
                "another deployment is at work",
                where=path,
                why=f"the lock is held by {_holder(stream.read(4096))}",
                todo="wait until it has ended, then run this again",
            ) from error
        stream.truncate(0)
        stream.write(
            json.dumps(
                {
                    "host": socket.gethostname(),
                    "pid": os.getpid(),
                    "purpose": purpose,
                    "since": rfc3339(clock()),
                }
            )
        )
        stream.flush()
        yield


def _holder(text: str) -> str:
    try:
        held = json.loads(text)
        return f"{held['purpose']} (pid {held['pid']} on {held['host']}, since {held['since']})"
    except (ValueError, KeyError, TypeError):
        return "a process that has not written its name"
