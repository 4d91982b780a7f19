# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Failpoints: at a named place the module and the ansible-playbook above it are killed, as a lost controller or a power cut would.

SIGKILL, from the top down: nothing of `rescue:` or `always:` is run. Only on a local connection is there a playbook above.
"""

from __future__ import annotations

import os
import signal

_PLAYBOOK = b"ansible-playbook"


def strike() -> None:
    """Kill every ansible-playbook process above this one, then this one."""
    for pid in reversed(playbooks_above(os.getpid())):
        os.kill(pid, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def playbooks_above(pid: int, proc: str = "/proc") -> list[int]:
    """The ansible-playbook processes among the ancestors, the nearest first."""
    found = []
    while pid > 1:
        pid = _parent(pid, proc)
        if pid > 1 and _is_playbook(pid, proc):
            found.append(pid)
    return found


def _parent(pid: int, proc: str) -> int:
    try:
        with open(f"{proc}/{pid}/stat", "rb") as stream:
            # The name in parentheses may hold anything, the last parenthesis ends it.
            return int(stream.read().rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def _is_playbook(pid: int, proc: str) -> bool:
    """True for `ansible-playbook ...` and `python .../ansible-playbook ...`; a shell that was told to start one is not one."""
    try:
        with open(f"{proc}/{pid}/cmdline", "rb") as stream:
            words = stream.read().split(b"\0")[:2]
    except OSError:
        return False
    return any(os.path.basename(word) == _PLAYBOOK for word in words)
