# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands: an argv goes in, what the program said comes out. Nothing here passes through a shell."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Callable, Optional

from ...core.errors import CommandError


@dataclass(frozen=True)
class Completed:
    """How a command ended: return code, standard output and standard error as text."""

    argv: tuple[str, ...]
    rc: int
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        """True for return code 0 and nothing else."""
        return self.rc == 0


# Tests hand in their own runner: the seam is a function, nothing is patched.
Runner = Callable[..., Completed]


def run(
    argv: Sequence[str],
    timeout: float = 60.0,
    cwd: Optional[str] = None,
    env: Optional[Mapping[str, str]] = None,
    stdin: Optional[str] = None,
) -> Completed:
    """Run a command and wait; `env` is added to the environment; text is UTF-8 with replacement.

    Raises CommandError when the program is not there or has not ended after `timeout` seconds.
    A bad return code is not an exception here: see `must`.
    """
    try:
        # AnsibleModule and its run_command are not known in io.
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            list(argv),
            input=None if stdin is None else stdin.encode(),
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            timeout=timeout,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            check=False,
        )
    except FileNotFoundError as error:
        raise CommandError(f"{argv[0]} cannot be started", where=cwd or "", why=str(error), todo="run make setup") from error
    except subprocess.TimeoutExpired as error:
        raise CommandError(f"{' '.join(argv[:4])} has not ended after {timeout:.0f} s", where=cwd or "") from error
    return Completed(tuple(argv), done.returncode, _text(done.stdout), _text(done.stderr))


def must(completed: Completed, what: str, todo: str = "") -> Completed:
    """Return `completed`, or raise CommandError with the end of what the program said."""
    if completed.ok:
        return completed
    said = (completed.stderr.strip() or completed.stdout.strip())[-1500:]
    raise CommandError(what, where=" ".join(completed.argv[:8]), why=f"exit code {completed.rc}: {said}", todo=todo)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
