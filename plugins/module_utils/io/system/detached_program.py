# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A program that outlives us: it has a session of its own, and what it prints goes to a log."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence


def start_detached(words: Sequence[str], log_path: str, anew: bool = False) -> None:
    """Start a Python program, `words` being its file and arguments; its log is appended to, or begun `anew`. It is for the owner only."""
    log = os.open(log_path, os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if anew else os.O_APPEND), 0o600)
    try:
        # AnsibleModule and its run_command are not known in io.
        process = subprocess.Popen(  # pylint: disable=ansible-bad-function
            [sys.executable, *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )
        process.returncode = 0  # it is not waited for: it belongs to init as soon as this process ends
    finally:
        os.close(log)
