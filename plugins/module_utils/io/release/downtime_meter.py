# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Starting the downtime meter, ending it, and reading what it found: <state_dir>/meter/<run>/<during>.{json,lock,jsonl}.

Whether a meter lives is told by the lock that its process holds: it ends with the process, however that ends, and a process id that
was given to somebody else meanwhile can never be taken for a meter.
"""

from __future__ import annotations

import glob
import json
import os
import re
import signal
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ...core.errors import EvidenceError, InputError, ServiceError
from ...core.release.downtime import DURING, MeterPlan, Reading, parse_plan, read_results
from ...core.times import compact, rfc3339, unix_seconds
from ..system import clock as machine
from ..system.agent_package import packed_agent
from ..system.detached_program import start_detached
from ..system.files import ensure_folder, read_text, write_json
from ..system.process_lock import Lock
from . import downtime_probe

START_SECONDS = 15.0


class DowntimeMeter:
    """The meter of one run during one thing (deploy, rollback, drill). Clock (unix seconds) and sleep are parameters."""

    def __init__(
        self, state_dir: str, run: str, during: str, clock: machine.Clock = machine.now, sleep: machine.Sleep = machine.sleep
    ) -> None:
        if not re.fullmatch(r"r-[0-9]{8}T[0-9]{6}Z-[0-9a-f]{12}", run) or during not in DURING:
            raise InputError(f"{run[:60]!r}, {during[:20]!r} is no measurement of a run", todo="give the id of the run, r-<time>-<release>")
        self._folder = os.path.join(state_dir, "meter")
        self._path = os.path.join(self._folder, run, during)
        self._clock = clock
        self._sleep = sleep

    def is_alive(self) -> bool:
        """True while the process of this meter lives."""
        return Lock(f"{self._path}.lock").holder() is not None

    def start(self, raw: Mapping[str, Any]) -> bool:
        """Start it; False when it is at work already, then its deadline begins anew. Meters that were left alone are ended."""
        parse_plan(raw)
        self._end_orphans()
        if self.is_alive():
            if self._kept().get("plan") == dict(raw):
                os.utime(f"{self._path}.json")
                return False
            self._end(f"{self._path}.lock")
        self._set_aside()
        ensure_folder(os.path.dirname(self._path))
        write_json(f"{self._path}.json", {"plan": dict(raw), "started": rfc3339(self._clock())})
        self._spawn()
        self._wait(lambda: os.path.exists(f"{self._path}.jsonl"), START_SECONDS)
        if not os.path.exists(f"{self._path}.jsonl"):
            raise ServiceError("the downtime meter does not start", where=self._path, why=self._log_tail(), todo="read that file")
        return True

    def stop(self) -> tuple[MeterPlan, Reading] | None:
        """End it and read what it found, once: what is read is set aside. None when none was started."""
        if not os.path.exists(f"{self._path}.jsonl"):
            return None
        kept = self._kept()
        plan = parse_plan(kept.get("plan") or {})
        self._end(f"{self._path}.lock", plan.timeout + 5.0)
        elapsed = self._clock() - unix_seconds(str(kept.get("started")))
        found = read_results(read_text(f"{self._path}.jsonl", 256 * 1024 * 1024), plan, elapsed)
        self._set_aside()
        with suppress(FileNotFoundError):
            os.unlink(f"{self._path}.pyz")
        return plan, found

    def _end_orphans(self) -> None:
        """One meter an application: one that a killed run has left is ended, not waited for."""
        for path in glob.glob(os.path.join(glob.escape(self._folder), "*", "*.lock")):
            if path != f"{self._path}.lock":
                self._end(path)

    def _end(self, lock: str, patience: float = 10.0) -> None:
        """SIGTERM to the holder of the lock, then, where that does not help, SIGKILL."""
        for wait, what in ((patience, signal.SIGTERM), (2.0, signal.SIGKILL)):
            pid = Lock(lock).holder()
            if not pid:
                return
            try:
                os.kill(pid, what)
            except ProcessLookupError:
                return
            self._wait(lambda: Lock(lock).holder() is None, wait)

    def _set_aside(self) -> None:
        """Results that were read, or that nobody asked for any more, are kept under the time at which that was."""
        if os.path.exists(f"{self._path}.jsonl"):
            os.replace(f"{self._path}.jsonl", f"{self._path}-{compact(self._clock())}.jsonl")

    def _kept(self) -> dict[str, Any]:
        try:
            kept = json.loads(read_text(f"{self._path}.json"))
        except ValueError as error:
            raise EvidenceError("the plan of the downtime meter cannot be read", where=f"{self._path}.json", why=str(error)) from error
        if not isinstance(kept, dict):
            raise EvidenceError("the plan of the downtime meter is no mapping", where=f"{self._path}.json")
        return kept

    def _spawn(self) -> None:
        """It outlives the connection that started it."""
        program = f"{self._path}.pyz"
        handle = os.open(program, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(packed_agent(downtime_probe.__name__))
        start_detached([program, self._path], f"{self._path}.log", anew=True)

    def _log_tail(self) -> str:
        return read_text(f"{self._path}.log")[-600:] or "it printed nothing"

    def _wait(self, until: Any, seconds: float) -> None:
        ends = self._clock() + seconds
        while not until() and self._clock() < ends:
            self._sleep(0.05)
