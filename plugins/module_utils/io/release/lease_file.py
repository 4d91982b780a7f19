# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lease on the disk: `<state_dir>/lease.json`, read and written anew as a whole under a lock, for the owner only.

The file stays when the lease is given back, so that the token only ever rises. A lease changes hands only while no step is at work:
a step holds the deploy lock and looks at its token under it, so nobody is fenced out in the middle of a change.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Callable

from ...core.errors import CommandError, EvidenceError
from ...core.release.journal import newest_token
from ...core.release.lease import (
    BREAK,
    REENTERED,
    REFUSED,
    TAKEN_OVER,
    Answer,
    Asked,
    Kept,
    Lease,
    check_token,
    decide,
    kept_body,
    left_behind,
    read_kept,
    refusal,
)
from ...core.times import rfc3339
from ..system import clock as machine
from ..system.boot_clock import BootClock, moment
from ..system.files import ensure_folder, read_text, write_json
from .deploy_lock import deploy_lock
from .journal_file import JournalFile

NAME = "lease.json"
_POLL_SECONDS = 0.25

Tell = Callable[[Answer], None]


class LeaseFile:
    """The lease of one application, in its state folder. The clocks and the sleep are parameters."""

    def __init__(
        self,
        state_dir: str,
        clock: machine.Clock = machine.now,
        boot: BootClock = moment,
        sleep: machine.Sleep = machine.sleep,
    ) -> None:
        self.state_dir = state_dir
        self.path = os.path.join(state_dir, NAME)
        self._clock = clock
        self._boot = boot
        self._sleep = sleep

    def kept(self) -> Kept:
        """What is kept; EvidenceError when the file is there and cannot be read."""
        if not os.path.exists(self.path):
            return Kept()
        try:
            return read_kept(json.loads(read_text(self.path, 65536)))
        except ValueError as error:
            raise EvidenceError("the file of the lease cannot be read", where=self.path, why=str(error)[:200], todo=BREAK) from error

    def asked(self, asked: Asked) -> Answer:
        """What would become of it; nothing is written."""
        return decide(self.kept(), asked, self._boot(), rfc3339(self._clock()))

    def take(self, asked: Asked, tell: Tell, wait_seconds: float) -> Answer:
        """Take the lease, or raise CommandError that names the holder.

        Of a former start of the same run a sign of life is waited for, `wait_seconds` at most. `tell` records a take-over before it
        is written down: one that is killed in between is recorded twice rather than never.
        """
        deadline = self._boot().seconds + wait_seconds
        while True:
            answer = self._try(asked, tell)
            if answer.is_given:
                return answer
            former, now = answer.former, self._boot()
            if former is None or answer.verdict == REFUSED:
                if former is None:
                    raise CommandError("the lease was refused", where=self.path)
                raise refusal(former, now, left_behind(former, asked), asked.break_command, self._clock())
            if now.seconds >= deadline:
                why = f"a former start of this run is still at work; {wait_seconds:.0f} s were waited for its end"
                raise refusal(former, now, why, asked.break_command, self._clock())
            self._sleep(min(max(answer.wait_seconds, 0.01), _POLL_SECONDS))

    def give_back(self, token: int) -> bool:
        """End the lease with this token; False when it is not held any more, and then nothing is changed."""
        with self._mutex():
            kept = self.kept()
            if kept.lease is None or kept.lease.token != token:
                return False
            return self._write(Kept(kept.token))

    def break_it(self, tell: Callable[[Lease | None], None]) -> Lease | None:
        """Take the lease away from whoever holds it, and return what was there; `tell` records it first.

        A file that cannot be read is written anew, with the newest token that the journal knows.
        """
        with self._mutex():
            try:
                kept = self.kept()
            except EvidenceError:
                tell(None)
                self._write(Kept(newest_token(JournalFile(self.state_dir).lines()) + 1))
                return None
            if kept.lease is not None:
                tell(kept.lease)
                self._write(Kept(kept.token))
            return kept.lease

    def check(self, token: int) -> None:
        """CommandError when a step with this token (0: none) must not change anything."""
        check_token(self.kept(), token, self._boot())

    def beat(self, token: int) -> bool:
        """Give a sign of life; False when the lease with this token is not held any more."""
        if token == 0:
            return True
        with self._mutex():
            kept, now = self.kept(), self._boot()
            if kept.lease is None or kept.lease.token != token:
                return False
            self._write(Kept(kept.token, replace(kept.lease, beat=now.seconds, boot_id=now.boot_id)))
            return True

    def _try(self, asked: Asked, tell: Tell) -> Answer:
        with self._mutex():
            answer = self.asked(asked)
            if answer.lease is None:
                return answer
            kept = Kept(max(answer.lease.token, self.kept().token), answer.lease)
            if answer.verdict == REENTERED:
                self._write(kept)
                return answer
            with deploy_lock(self.state_dir, f"taking the lease for {asked.purpose}", self._clock):
                if answer.verdict == TAKEN_OVER:
                    tell(answer)
                self._write(kept)
            return answer

    def _write(self, kept: Kept) -> bool:
        return write_json(self.path, kept_body(kept))

    @contextmanager
    def _mutex(self) -> Iterator[None]:
        """One reader and writer at a time; held for moments only."""
        ensure_folder(self.state_dir)
        descriptor = os.open(os.path.join(self.state_dir, "lease.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
