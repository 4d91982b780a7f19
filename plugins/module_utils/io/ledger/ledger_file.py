# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ledger on the disk: `ledger.jsonl` and the copied heads beside it.

Writers hold an exclusive flock on the file, verify the chain, append with one write and fsync, then copy the heads. A torn tail
(the last write was killed) is moved to `ledger.torn-<time>`, and an incident entry says so. Readers verify whatever they read.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from ...core.errors import LedgerError
from ...core.ledger.chain_state import TORN, ChainState
from ...core.ledger.entries import Draft
from ...core.ledger.ledger import LINE_LIMIT, entry_after, head_of, head_problems, line_of, read_links
from ...core.times import compact, rfc3339
from ..system import clock as machine
from ..system.files import ensure_folder, sync_folder
from .ledger_heads import LedgerHeads, are_gone, latest_seq

NAME = "ledger.jsonl"
SIZE_LIMIT = 256 * 1024 * 1024
_POLL_SECONDS = 0.02
_TORN_NAME = "ledger.torn-"
_HEADS_GONE = "the heads of the ledger are gone: a cut-off end could not be seen"


class Appended(NamedTuple):
    """The entries as written; `repaired` names the file that holds a torn tail, if there was one."""

    entries: tuple[dict[str, Any], ...]
    repaired: str

    @property
    def warnings(self) -> dict[str, Any]:
        """What a module adds to its result, so that a repair is never silent."""
        if not self.repaired:
            return {}
        return {"warnings": [f"The last line of the ledger was torn, its writer was killed; it was moved to {self.repaired}."]}


class Verified(NamedTuple):
    """What a verification found: one sentence for each problem, number of entries and runs, the head of the chain ({}: empty)."""

    problems: tuple[str, ...]
    entries: int
    runs: int
    head: dict[str, Any]


class _Raw(NamedTuple):
    """One consistent look: whole lines, torn bytes behind them, heads by name."""

    whole: bytes
    torn: bytes
    heads: dict[str, Any]


class LedgerFile:
    """The ledger of one application, in its state folder."""

    def __init__(
        self,
        state_dir: str,
        clock: machine.Clock = machine.now,
        sleep: machine.Sleep = machine.sleep,
        patience_seconds: float = 30.0,
    ) -> None:
        self.state_dir = state_dir
        self.path = os.path.join(state_dir, NAME)
        self._heads = LedgerHeads(state_dir)
        self._clock = clock
        self._sleep = sleep
        self._patience = patience_seconds

    def entries(self) -> list[dict[str, Any]]:
        """Return all entries, verified against chain and heads; a torn last line is left out. LedgerError when damaged."""
        raw = self._look()
        entries = [link.entry() for link in read_links(io.BytesIO(raw.whole))]
        self._refuse([entry["hash"] for entry in entries], raw.heads)
        return entries

    def problems(self) -> list[str]:
        """Return one sentence for each thing that is wrong with the ledger; an empty list means: verified."""
        return list(self.verify().problems)

    def verify(self, noted: str = "") -> Verified:
        """Check all there is to check; `noted` is a hash of this ledger that somebody wrote down elsewhere."""
        problems: list[str] = []
        state = ChainState(())
        try:
            raw = self._look()
            if raw.torn:
                problems.append(f"the last line is torn ({len(raw.torn)} bytes): the next entry will repair it")
            state = ChainState.of_lines(io.BytesIO(raw.whole))
            problems += _head_problems(state.hashes, raw.heads) + state.foreign
            problems += [f"{name} holds a torn tail of which no entry tells" for name in self._torn_files() if name not in state.told]
        except LedgerError as error:
            problems.append(str(error))
        if noted and noted not in state.hashes:
            problems.append(f"no entry has the hash that was noted, {noted[:64]}: the ledger was cut off or written anew")
        head = head_of(state.tail._asdict()) if state.tail else {}
        return Verified(tuple(problems), len(state.hashes), state.runs, head)

    def append(self, run: Mapping[str, Any], drafts: Sequence[Draft]) -> Appended:
        """Write the drafts as the next entries of the chain.

        LedgerError, and nothing written, when the ledger is damaged or may not be written to by this run (see core/ledger/chain_state.py).
        """
        ensure_folder(self.state_dir)
        with self._locked(write=True) as descriptor:
            raw = self._read(descriptor)
            state = ChainState.of_lines(io.BytesIO(raw.whole), since=latest_seq(raw.heads))
            self._refuse(state.hashes, raw.heads)
            state.check(run, drafts)
            saved = self._save_torn(descriptor, raw.torn) if raw.torn else ""
            untold = [name for name in self._torn_files() if name not in state.told]
            incidents = [Draft("incident", "", self._torn_body(name)) for name in untold]
            entries = self._chain(state, run, [*incidents, *drafts])
            if state.tail is None:
                self._heads.begin()
            self._write(descriptor, "".join(line_of(entry) for entry in entries).encode("ascii"))
            # A writer that was killed between the line and its heads is made up for.
            self._heads.copy([*(link._asdict() for link in state.behind), *entries])
        return Appended(tuple(entries), saved)

    def _chain(self, state: ChainState, run: Mapping[str, Any], drafts: Sequence[Draft]) -> list[dict[str, Any]]:
        tail: Mapping[str, Any] | None = state.tail._asdict() if state.tail else None
        entries: list[dict[str, Any]] = []
        for draft in drafts:
            tail = entry_after(tail, rfc3339(self._clock()), draft.kind, run, draft.phase, dict(draft.body))
            entries.append(tail)
        return entries

    def _look(self) -> _Raw:
        if not self._is_there():
            heads = self._heads.read()
            if not self._is_there():
                return _Raw(b"", b"", heads)
        with self._locked(write=False) as descriptor:
            return self._read(descriptor)

    def _is_there(self) -> bool:
        """Only `no such file` means that there is no ledger; one that may not be looked at is not an empty one."""
        try:
            os.stat(self.path)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._unreadable(error) from error
        return True

    def _read(self, descriptor: int) -> _Raw:
        """Read file and heads under the lock: read apart, a writer in between would look like a cut-off end."""
        size = os.fstat(descriptor).st_size
        if size > SIZE_LIMIT:
            raise LedgerError("the ledger is too large", where=self.path, why=f"more than {SIZE_LIMIT} bytes")
        with open(descriptor, "rb", closefd=False) as stream:
            stream.seek(max(0, size - LINE_LIMIT))
            if size > LINE_LIMIT and b"\n" not in stream.read():
                raise LedgerError(
                    "the ledger does not end with an entry", where=self.path, why=f"no line ends in its last {LINE_LIMIT} bytes"
                )
            stream.seek(0)
            raw = stream.read(size)
        end = raw.rfind(b"\n") + 1
        return _Raw(raw[:end], raw[end:], self._heads.read())

    def _refuse(self, hashes: Sequence[str], heads: Mapping[str, Any]) -> None:
        problems = _head_problems(hashes, heads)
        if problems:
            todo = "restore it from a backup, or move the state folder away and start a new one"
            raise LedgerError("the ledger is damaged", where=self.path, why=problems[0], todo=todo)

    @contextmanager
    def _locked(self, write: bool) -> Iterator[int]:
        """Open the ledger and hold its lock; LedgerError when another process keeps it longer than our patience."""
        descriptor = self._open(write)
        try:
            self._wait_for_lock(descriptor, fcntl.LOCK_EX if write else fcntl.LOCK_SH)
            if os.fstat(descriptor).st_ino != os.stat(self.path).st_ino:
                raise LedgerError("the ledger was replaced while it was opened", where=self.path, todo="start again")
            yield descriptor
        except OSError as error:
            raise self._unreadable(error) from error
        finally:
            os.close(descriptor)

    def _open(self, write: bool) -> int:
        is_new = write and not os.path.exists(self.path)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND if write else os.O_RDONLY
        try:
            descriptor = os.open(self.path, flags | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
        except OSError as error:
            raise self._unreadable(error) from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise LedgerError("the ledger must be a regular file", where=self.path)
        if is_new:
            sync_folder(self.state_dir)
        return descriptor

    def _wait_for_lock(self, descriptor: int, operation: int) -> None:
        waited = 0.0
        while True:
            try:
                fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
                return
            except BlockingIOError as error:
                if waited >= self._patience:
                    why = f"another process has held its lock for {waited:.0f} s"
                    raise LedgerError("the ledger is locked", where=self.path, why=why, todo="look for a hanging run") from error
            self._sleep(_POLL_SECONDS)
            waited += _POLL_SECONDS

    def _write(self, descriptor: int, raw: bytes) -> None:
        """Append with fsync. What does not fit on the disk is taken back, so that no other writer finds half a line."""
        size = os.fstat(descriptor).st_size
        if size + len(raw) > SIZE_LIMIT:
            raise LedgerError("the ledger is too large", where=self.path, todo="move the state folder to an archive and start a new one")
        try:
            _write_all(descriptor, raw)
        except OSError as error:
            os.ftruncate(descriptor, size)
            raise LedgerError(
                "the ledger cannot be written", where=self.path, why=error.strerror or str(error), todo="make room on the disk"
            ) from error

    def _save_torn(self, descriptor: int, torn: bytes) -> str:
        """Put the torn bytes into a file of their own, safely, before they are taken out of the ledger."""
        name = next(name for name in self._torn_names() if not os.path.exists(os.path.join(self.state_dir, name)))
        aside = os.open(os.path.join(self.state_dir, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            _write_all(aside, torn)
        finally:
            os.close(aside)
        sync_folder(self.state_dir)
        os.ftruncate(descriptor, os.fstat(descriptor).st_size - len(torn))
        return name

    def _torn_names(self) -> Iterator[str]:
        name = f"{_TORN_NAME}{compact(self._clock())}"
        yield name
        for number in range(2, 1000):
            yield f"{name}-{number}"

    def _torn_files(self) -> list[str]:
        if not os.path.isdir(self.state_dir):
            return []
        with os.scandir(self.state_dir) as found:
            return sorted(item.name for item in found if item.name.startswith(_TORN_NAME) and item.is_file(follow_symlinks=False))

    def _torn_body(self, name: str) -> dict[str, Any]:
        known, size = hashlib.sha256(), 0
        with open(os.path.join(self.state_dir, name), "rb") as stream:
            for part in iter(lambda: stream.read(1 << 20), b""):
                known.update(part)
                size += len(part)
        return {"event": TORN, "bytes": size, "sha256": known.hexdigest(), "saved": name}

    def _unreadable(self, error: OSError) -> LedgerError:
        return LedgerError("the ledger cannot be used", where=self.path, why=error.strerror or str(error))


def _head_problems(hashes: Sequence[str], heads: Mapping[str, Any]) -> list[str]:
    gone = [_HEADS_GONE] if hashes and are_gone(heads) else []
    return gone + head_problems(hashes, heads.items())


def _write_all(descriptor: int, raw: bytes) -> None:
    view = memoryview(raw)
    while view:
        view = view[os.write(descriptor, view) :]
    os.fsync(descriptor)
