# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asking the edge for its counters: straight on its runtime socket where the agent may, else through `docker exec`."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

from ...core.release.edge_config import SOCKET_PATH
from ...core.soak.edge_counters import QUESTION, EdgeReading, parse
from ..system.command import Runner, must, run

TIMEOUT = 8.0
ANSWER_LIMIT = 4 * 1024 * 1024


def read_edge(container: Mapping[str, Any], runner: Runner = run, proc: str = "/proc") -> tuple[str, EdgeReading]:
    """Ask the edge in `container` (as the engine's inspect tells it): what process answered, and its counters.

    Raises CommandError when it does not answer, EvidenceError when the answer cannot be read.
    """
    state = container.get("State") or {}
    reading = parse(_said(str(container.get("Id", "")), int(state.get("Pid") or 0), runner, proc))
    return f"{container.get('Id')} {state.get('StartedAt')} {reading.process}", reading


def _said(container: str, pid: int, runner: Runner, proc: str) -> str:
    try:
        # Root sees the container's files through its process: a look costs a millisecond, where an exec costs two processes.
        return _ask(f"{proc}/{pid}/root{SOCKET_PATH}")
    except OSError:
        argv = ["docker", "exec", "-i", container, "socat", "-t", "5", "-", f"UNIX-CONNECT:{SOCKET_PATH}"]
        done = runner(argv, stdin=QUESTION + "\n", timeout=TIMEOUT)
        return must(done, "the edge's runtime socket does not answer").stdout


def _ask(path: str) -> str:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(TIMEOUT)
        connection.connect(path)
        connection.sendall(QUESTION.encode() + b"\n")
        said = b""
        while len(said) < ANSWER_LIMIT:
            part = connection.recv(65536)
            if not part:
                break
            said += part
        return said.decode("utf-8", "replace")
