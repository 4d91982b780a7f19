# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where agent.pyz begins: the loop that brings the agent back, or the agent itself.

The loop lives as long as the soak and does next to nothing: it imports next to nothing, for its memory is the soak's cost, too.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Optional

from ..system.process_lock import Lock

OTHER_AGENT = 75  # exit code: another agent of this soak is alive
RESTART_PAUSE = 1.0
SHORT_LIFE = 5.0  # an agent that lived longer is started again at once


def supervise(folder: str, program: str, pause: float = RESTART_PAUSE) -> int:
    """Keep an agent alive until the soak is done or stopped. Ends at once when another supervisor lives."""
    lock = Lock(os.path.join(folder, "supervisor.lock"))
    if not lock.take():
        return 0
    # A folder that somebody has removed, or moved away, has no soak any more.
    while _has(folder, "supervisor.lock") and not _has(folder, "DONE") and not _has(folder, "STOP"):
        began = time.monotonic()
        try:
            # AnsibleModule and its run_command are not known in io.
            ended = subprocess.run([sys.executable, program, "sample", folder], check=False)  # pylint: disable=ansible-bad-function
            if ended.returncode not in (0, OTHER_AGENT):
                say(f"the agent ended with {ended.returncode}; it is started again")
        except OSError as error:  # no memory, no process left: the next try may have it
            say(f"the agent cannot be started: {error}")
        if not _has(folder, "DONE") and time.monotonic() - began < SHORT_LIFE:
            time.sleep(pause)
    return 0


def say(text: str) -> None:
    """One JSON line into agent.log; a full disk takes the line, not the process."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    with suppress(OSError):
        sys.stderr.write(json.dumps({"at": at, "pid": os.getpid(), "said": text}) + "\n")
        sys.stderr.flush()


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Entry point of agent.pyz."""
    arguments = list(sys.argv if argv is None else argv)
    os.umask(0o077)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if len(arguments) == 3 and arguments[1] == "supervise":
        return supervise(arguments[2], arguments[0])
    from .soak_agent import act

    return act(arguments)


def _has(folder: str, name: str) -> bool:
    return os.path.exists(os.path.join(folder, name))
