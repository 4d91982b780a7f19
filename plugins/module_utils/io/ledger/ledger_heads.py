# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The heads beside the ledger: the last hash of each phase of each run, and of the whole, copied out of the chain.

`latest.json` is there before the first entry is, so that a ledger without it has lost its heads.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ...core.errors import EvidenceError, LedgerError
from ...core.ledger.ledger import GENESIS, head_of
from ..sources.documents import parse_json, read_document
from ..system.files import write_json

HEADS_LIMIT = 50_000
_BYTES_LIMIT = 4096
_LATEST = "latest.json"


class LedgerHeads:
    """The folder `heads` of a state folder."""

    def __init__(self, state_dir: str) -> None:
        self.folder = os.path.join(state_dir, "heads")

    def read(self) -> dict[str, Any]:
        """Return the content of each head by its file name; None for one that cannot be read."""
        try:
            names = sorted(name for name in os.listdir(self.folder) if name.endswith(".json"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise LedgerError("the heads of the ledger cannot be read", where=self.folder, why=error.strerror or str(error)) from error
        if len(names) > HEADS_LIMIT:
            raise LedgerError("the ledger has too many heads", where=self.folder, why=f"{len(names)}, the limit is {HEADS_LIMIT}")
        return {name: self._read_one(name) for name in names}

    def _read_one(self, name: str) -> Any:
        try:
            return parse_json(read_document(os.path.join(self.folder, name), _BYTES_LIMIT), name)
        except EvidenceError:
            return None

    def begin(self) -> None:
        """Write the head of a ledger without entries."""
        self._write(_LATEST, {"seq": 0, "hash": GENESIS, "time": "", "run": "", "phase": ""})

    def copy(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Write the heads of new entries; the head of the whole comes last, so that it never names what the others do not know."""
        for entry in {(item["run"], item["phase"]): item for item in entries if item["phase"]}.values():
            self._write(f"{_safe(entry['run'])}.{_safe(entry['phase'])}.json", head_of(entry))
        if entries:
            self._write(_LATEST, head_of(entries[-1]))

    def _write(self, name: str, head: Mapping[str, Any]) -> None:
        try:
            write_json(os.path.join(self.folder, name), head)
        except OSError as error:
            raise LedgerError(
                "a head of the ledger cannot be written", where=os.path.join(self.folder, name), why=error.strerror or str(error)
            ) from error


def are_gone(heads: Mapping[str, Any]) -> bool:
    """True when the head is missing that every ledger has."""
    return _LATEST not in heads


def latest_seq(heads: Mapping[str, Any]) -> int:
    """Return the entry up to which the heads were copied; 0 when that is not known."""
    head = heads.get(_LATEST)
    seq = head.get("seq") if isinstance(head, Mapping) else 0
    return seq if isinstance(seq, int) else 0


def _safe(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in name)[:100]
