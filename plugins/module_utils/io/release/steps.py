# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A step that changes what runs: allowed by the lease, noted in the journal before and after, with signs of life while it works."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Callable

from ...core.errors import CommandError, InputError
from ...core.release.journal import AFTER, BEFORE, FAILED, Line, check_failpoint, check_step
from ...core.times import rfc3339
from ..system import clock as machine
from .deploy_lock import deploy_lock
from .failpoint import strike
from .journal_file import JournalFile
from .lease_file import LeaseFile

BEAT_SECONDS = 5.0

# The option `step` of every module that writes; documented in doc_fragments/step.py.
STEP_OPTION: Mapping[str, Any] = {
    "type": "dict",
    "options": {
        "run": {"type": "dict", "required": True},
        "phase": {"type": "str", "required": True},
        "name": {"type": "str", "required": True},
        "token": {"type": "int", "default": 0, "no_log": False},
        "failpoint": {"type": "str", "default": ""},
    },
}


@dataclass(frozen=True)
class Effects:
    """What a step does to the world besides its work; tests hand in their own."""

    clock: machine.Clock = machine.now
    beat_seconds: float = BEAT_SECONDS
    strike: Callable[[], None] = strike


class Step:
    """A step at work. Without the option `step` it has no place in the journal, and is allowed only while nobody holds the lease."""

    def __init__(self, state_dir: str, option: Mapping[str, Any] | None, effects: Effects) -> None:
        self._journal = JournalFile(state_dir)
        self._option = option
        self._effects = effects
        self.token = int(option["token"]) if option else 0
        if option:
            check_step(option["phase"], option["name"])
            check_failpoint(option["failpoint"])
            if not all(isinstance(option["run"].get(name), str) for name in ("id", "release")):
                raise InputError("the run has no usable id or release", where="parameter step", todo="pass stagegate_run")

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Note this step, or a step inside it, and stop at its failpoints."""
        self._reach(name, BEFORE)
        try:
            yield
        except BaseException:
            self._note(name, FAILED)
            raise
        self._strike_at(name, AFTER)
        self._note(name, AFTER)

    def _reach(self, name: str, at: str) -> None:
        self._note(name, at)
        self._strike_at(name, at)

    def _note(self, name: str, at: str) -> None:
        if self._option is None:
            return
        run = self._option["run"]
        line = Line(rfc3339(self._effects.clock()), run["id"], run["release"], self._option["phase"], name, at, self.token)
        self._journal.append(line)

    def _strike_at(self, name: str, at: str) -> None:
        if self._option and self._option["failpoint"] == f"{self._option['phase']}.{name}.{at}":
            self._effects.strike()


@contextmanager
def step(state_dir: str, option: Mapping[str, Any] | None, purpose: str, effects: Effects | None = None) -> Iterator[Step]:
    """Do a step: no other one is at work on this host meanwhile, and the lease allows it.

    Raises CommandError, before anything is changed, when another process is at work or the lease is not (or no longer) ours; and
    afterwards when the lease was broken meanwhile.
    """
    effects = effects or Effects()
    work, lease = Step(state_dir, option, effects), LeaseFile(state_dir, effects.clock)
    with deploy_lock(state_dir, purpose, effects.clock):
        lease.check(work.token)
        with _beating(lease, work.token, effects.beat_seconds) as is_ours:
            if option is None:
                yield work
            else:
                with work.part(option["name"]):
                    yield work
        if not is_ours():
            raise CommandError(
                f"the lease was broken while this step was {purpose}",
                where=lease.path,
                why="somebody used playbooks/break_lease.yml; the step was done",
                todo="see who works now, then start the same playbook again",
            )


@contextmanager
def _beating(lease: LeaseFile, token: int, seconds: float) -> Iterator[Callable[[], bool]]:
    """Signs of life at the beginning, regularly, and at the end; the function says whether the lease was ours at the last of them."""
    done, ours = threading.Event(), [lease.beat(token)]

    def beat() -> None:
        while not done.wait(seconds):
            ours[0] = lease.beat(token)

    thread = threading.Thread(target=beat, daemon=True)
    if token:
        thread.start()
    try:
        yield lambda: ours[0]
    finally:
        done.set()
        if token:
            thread.join(seconds)
            ours[0] = lease.beat(token)
