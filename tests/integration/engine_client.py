# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine's own client, as the tests use it beside the collection, and waiting for what it does."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable


def docker(*words: str, check: bool = True, given: str | None = None) -> str:
    """Run a docker command that must end well; what it printed, empty where it failed and need not end well (`check`)."""
    done = subprocess.run(["docker", *words], input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or not check, done.stderr[-3000:]
    return done.stdout.strip() if done.returncode == 0 else ""


def until(true: Callable[[], object], seconds: float) -> bool:
    """Wait until it is so; False when it is not by then."""
    ends = time.monotonic() + seconds
    while not true() and time.monotonic() < ends:
        time.sleep(0.2)
    return bool(true())
