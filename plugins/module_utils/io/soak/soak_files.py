# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The folder of a soak, <state_dir>/soak/<run>/, and the locks by which its processes are known to live.

plan.json      the plan with its digest, never changed      agent.pyz       the program
secrets.json   0600, removed when the soak is done          agent.log       what supervisor and agent print
samples.sqlite the samples                                  DONE            written once, at the deadline
STOP           asks supervisor and agent to end             *.lock          held while a process lives; holds its pid
supervisor.json  what brings the agent back: {kind, name, image}
watch.json     gate, jobs and alert settings of the soak    notify.json     0600, where people are told; removed when all is told
alerts.json    how the alerts stand, what was told          jobs.jsonl      the runs of the jobs, begun and ended
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from typing import Any

from ...core.errors import EvidenceError, InputError
from ...core.soak.soak_plan import SoakPlan, digest, parse_plan
from ..system.files import read_text


@dataclass(frozen=True)
class SoakFolder:
    """The paths of one soak."""

    path: str

    def file(self, name: str) -> str:
        """The path of a file of the soak."""
        return os.path.join(self.path, name)

    def has(self, name: str) -> bool:
        """True when the file is there."""
        return os.path.exists(self.file(name))

    def plan(self) -> SoakPlan:
        """The plan that the soak runs by. Raises EvidenceError when it was changed since the start."""
        kept = self.json("plan.json")
        if not isinstance(kept, dict) or digest(kept.get("plan", {})) != kept.get("digest"):
            raise EvidenceError("the soak's plan was changed", where=self.file("plan.json"), todo="start a new run")
        return parse_plan(kept["plan"])

    def json(self, name: str) -> Any:
        """A JSON file of the soak, or None when it is not there. Raises EvidenceError when it cannot be read."""
        if not self.has(name):
            return None
        try:
            return json.loads(read_text(self.file(name)))
        except ValueError as error:
            raise EvidenceError("a file of the soak is no JSON", where=self.file(name), why=str(error)) from error

    def forget_secrets(self) -> None:
        """Remove what only a running soak needs to know."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.file("secrets.json"))


def soak_folder(state_dir: str, run: str) -> SoakFolder:
    """The folder of a run's soak. Raises InputError for a run id that is no single folder name."""
    if not is_name(run):
        raise InputError(f"{run[:60]!r} is no run", todo="give the id of the run, r-<time>-<release>")
    return SoakFolder(os.path.join(state_dir, "soak", run))


def is_name(word: str) -> bool:
    """True for what can be the name of a single folder."""
    return bool(word) and word not in (".", "..") and "/" not in word and "\0" not in word and len(word) <= 200
