# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ledger on the disk: `ledger.jsonl` and the copied heads beside it.

Writers hold an exclusive flock on the file, check the tail, append with one write and fsync, then copy the heads. A torn tail
(the last write was killed) is moved to `ledger.torn-<time>`, and an incident entry says so.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any, NamedTuple

from ..core.entries import Draft
from ..core.errors import EvidenceError, LedgerError
from ..core.ledger import LINE_LIMIT, entry_after, head_of, head_problems, line_of, read_chain, read_line
from ..core.times import compact, rfc3339
from . import clock as machine
from .files import ensure_folder, read_text, write_json

NAME = "ledger.jsonl"
SIZE_LIMIT = 256 * 1024 * 1024
HEADS_LIMIT = 20000
_HEAD_LIMIT = 4096
_LATEST = "latest.json"


class Appended(NamedTuple):
    """The entries as written; `repaired` names the file that holds a torn tail, if there was one."""

    entries: tuple[dict[str, Any], ...]
    repaired: str


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
        self._heads = os.path.join(state_dir, "heads")
        self._clock = clock
        self._sleep = sleep
        self._patience = patience_seconds

    def entries(self) -> list[dict[str, Any]]:
        """Return all entries, verified against chain and heads; a torn last line is left out. LedgerError when damaged."""
        if not os.path.exists(self.path):
            self._refuse(head_problems([], self._head_files()))
            return []
        with self._locked("rb", fcntl.LOCK_SH) as stream:
            whole, _torn = _split_tail(self._read_all(stream))
        entries = read_chain(_lines(whole))
        self._refuse(head_problems(entries, self._head_files()))
        return entries

    def problems(self) -> list[str]:
        """Return one sentence for each thing that is wrong with the ledger; an empty list means: verified."""
        found: list[str] = []
        entries: list[dict[str, Any]] = []
        try:
            if os.path.exists(self.path):
                with self._locked("rb", fcntl.LOCK_SH) as stream:
                    whole, torn = _split_tail(self._read_all(stream))
                if torn:
                    found.append(f"the last line is torn ({len(torn)} bytes): the next entry will repair it")
                entries = read_chain(_lines(whole))
                if entries and not os.path.exists(os.path.join(self._heads, _LATEST)):
                    found.append("the heads are gone: a cut-off end cannot be seen")
            found += head_problems(entries, self._head_files())
        except LedgerError as error:
            found.append(str(error))
        return found

    def append(self, run: Mapping[str, Any], drafts: Sequence[Draft]) -> Appended:
        """Write the drafts as the next entries of the chain. LedgerError, and nothing written, when the tail is wrong."""
        ensure_folder(self.state_dir)
        with self._locked("a+b", fcntl.LOCK_EX) as stream:
            if os.fstat(stream.fileno()).st_size > SIZE_LIMIT:
                raise LedgerError("the ledger is too large", where=self.path, todo="move it to an archive and start a new one")
            tail, torn = self._tail(stream)
            self._check_latest(tail)
            saved = self._save_torn(stream, torn) if torn else ""
            if saved:
                drafts = [Draft("incident", "", _torn_body(torn, saved)), *drafts]
            entries = self._chain(tail, run, drafts)
            _write_all(stream.fileno(), "".join(line_of(entry) for entry in entries).encode("ascii"))
            self._copy_heads(entries)
        return Appended(tuple(entries), saved)

    def _chain(self, tail: Mapping[str, Any] | None, run: Mapping[str, Any], drafts: Sequence[Draft]) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = []
        for draft in drafts:
            entry = entry_after(tail, rfc3339(self._clock()), draft.kind, run, draft.phase, dict(draft.body))
            entries.append(entry)
            tail = entry
        return entries

    @contextmanager
    def _locked(self, mode: str, operation: int) -> Iterator[IO[bytes]]:
        """Open the ledger and hold the lock; LedgerError when another process keeps it longer than our patience."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY if mode == "rb" else os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise LedgerError("the ledger cannot be opened", where=self.path, why=error.strerror or str(error)) from error
        with os.fdopen(descriptor, mode) as stream:
            self._wait_for_lock(descriptor, operation)
            yield stream

    def _wait_for_lock(self, descriptor: int, operation: int) -> None:
        waited = 0.0
        while True:
            try:
                fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
                return
            except OSError as error:
                if waited >= self._patience:
                    why = f"another process has held its lock for {waited:.0f} s"
                    raise LedgerError("the ledger is locked", where=self.path, why=why, todo="look for a hanging run") from error
            self._sleep(0.05)
            waited += 0.05

    def _read_all(self, stream: IO[bytes]) -> bytes:
        raw = stream.read(SIZE_LIMIT + 1)
        if len(raw) > SIZE_LIMIT:
            raise LedgerError("the ledger is too large", where=self.path, why=f"more than {SIZE_LIMIT} bytes")
        return raw

    def _tail(self, stream: IO[bytes]) -> tuple[dict[str, Any] | None, bytes]:
        """Return the last whole entry, verified, and the torn bytes behind it."""
        size = os.fstat(stream.fileno()).st_size
        start = max(0, size - 2 * LINE_LIMIT)
        raw = os.pread(stream.fileno(), size - start, start)
        whole, torn = _split_tail(raw)
        if not whole:
            if start:
                raise LedgerError("the ledger's last line is too long", where=self.path, why="it is no entry of ours")
            return None, torn
        last = whole[:-1].rsplit(b"\n", 1)[-1]
        return read_line(last.decode("ascii", "replace"), "the last line of the ledger"), torn

    def _check_latest(self, tail: Mapping[str, Any] | None) -> None:
        """A head that names more than the file holds means that somebody cut the end off: nothing is appended to that."""
        try:
            latest = json.loads(read_text(os.path.join(self._heads, _LATEST), limit=_HEAD_LIMIT))
            sequence, known = int(latest["seq"]), str(latest["hash"])
        except EvidenceError:
            if tail is not None and int(tail["seq"]) > 1 and not os.path.isdir(self._heads):
                raise LedgerError("the heads of the ledger are gone", where=self._heads, todo="restore them from a backup") from None
            return
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError("the head of the ledger cannot be read", where=self._heads) from error
        present = 0 if tail is None else int(tail["seq"])
        if present < sequence or (present == sequence and tail is not None and tail["hash"] != known):
            raise LedgerError(
                "the end of the ledger was cut off or changed",
                where=self.path,
                why=f"its head names entry {sequence}, the file ends with {present}",
                todo="restore the ledger from a backup, or move the state folder away and start a new one",
            )

    def _save_torn(self, stream: IO[bytes], torn: bytes) -> str:
        name = f"ledger.torn-{compact(self._clock())}"
        descriptor = os.open(os.path.join(self.state_dir, name), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            _write_all(descriptor, torn)
        finally:
            os.close(descriptor)
        os.ftruncate(stream.fileno(), os.fstat(stream.fileno()).st_size - len(torn))
        return name

    def _copy_heads(self, entries: Sequence[Mapping[str, Any]]) -> None:
        for entry in {(item["run"], item["phase"]): item for item in entries if item["phase"]}.values():
            write_json(os.path.join(self._heads, f"{_safe(entry['run'])}.{_safe(entry['phase'])}.json"), head_of(entry))
        if entries:
            write_json(os.path.join(self._heads, _LATEST), head_of(entries[-1]))

    def _head_files(self) -> list[tuple[str, Any]]:
        if not os.path.isdir(self._heads):
            return []
        heads: list[tuple[str, Any]] = []
        for name in sorted(os.listdir(self._heads))[:HEADS_LIMIT]:
            if not name.endswith(".json"):
                continue
            try:
                heads.append((name, json.loads(read_text(os.path.join(self._heads, name), limit=_HEAD_LIMIT))))
            except (ValueError, EvidenceError, RecursionError):
                heads.append((name, None))
        return heads

    def _refuse(self, problems: Sequence[str]) -> None:
        if problems:
            raise LedgerError("the ledger is damaged", where=self.path, why=problems[0], todo="restore it from a backup")


def _split_tail(raw: bytes) -> tuple[bytes, bytes]:
    end = raw.rfind(b"\n") + 1
    return raw[:end], raw[end:]


def _lines(whole: bytes) -> list[str]:
    return [line.decode("ascii", "replace") for line in whole.split(b"\n")[:-1]]


def _torn_body(torn: bytes, saved: str) -> dict[str, Any]:
    return {"event": "torn_tail", "bytes": len(torn), "sha256": hashlib.sha256(torn).hexdigest(), "saved": saved}


def _write_all(descriptor: int, raw: bytes) -> None:
    view = memoryview(raw)
    while view:
        view = view[os.write(descriptor, view) :]
    os.fsync(descriptor)


def _safe(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name)[:100]
