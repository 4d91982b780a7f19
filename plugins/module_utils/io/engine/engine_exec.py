# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`docker exec` over the engine's socket: no process on the host, and no CLI needed where the agent runs in a container."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from ...core.errors import InputError, ServiceError
from ...core.soak.engine_frames import by_stream
from ..system.command import Completed
from .engine_socket import EngineSocket


class EngineExec:
    """Runs `docker exec <container> <command>...` for who would run the CLI (io/system/command.py: Runner)."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __call__(self, argv: Sequence[str], timeout: float = 60.0, **_other: Any) -> Completed:
        """What the command said and how it ended. Raises ServiceError when the engine does not answer within `timeout` seconds."""
        if list(argv[:2]) != ["docker", "exec"] or len(argv) < 4:
            raise InputError("only docker exec <container> <command> can be asked of the engine", where=" ".join(argv[:3]))
        engine = EngineSocket(self._path, timeout)
        wanted = {"AttachStdout": True, "AttachStderr": True, "Cmd": list(argv[3:])}
        try:
            made = quote(json.loads(engine.post(f"/containers/{quote(argv[2])}/exec", wanted))["Id"])
            said = by_stream(engine.post(f"/exec/{made}/start", {"Detach": False, "Tty": False}))
            code = engine.get(f"/exec/{made}/json")["ExitCode"]
            ended = -1 if code is None else int(code)
        except (ValueError, TypeError, KeyError) as error:
            raise ServiceError("the engine's answer cannot be understood", where=self._path, why=repr(error)) from error
        return Completed(tuple(argv), ended, said[1].decode("utf-8", "replace"), said[2].decode("utf-8", "replace"))
