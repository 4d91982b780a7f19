# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the next entry has to know about the ledger, gathered in one pass, and whether it may be written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..errors import LedgerError
from .entries import Draft
from .ledger import Link, read_links
from .runs import CHANGES, check_token, is_start

TORN = "torn_tail"


class ChainState:
    """Where a verified ledger stands: its hashes, its end, the newest start of a phase of each run, whose runs are in it."""

    def __init__(self, links: Iterable[Link], since: int = 0) -> None:
        """`behind` will hold the links after entry `since`, of which there are no heads yet."""
        self.behind: list[Link] = []
        self.hashes: list[str] = []
        self.tail: Link | None = None
        self._starts: dict[str, Link] = {}
        self._changes: dict[str, Link] = {}
        self.foreign: list[str] = []
        self.told: set[str] = set()
        self._owners: dict[str, tuple[str, str]] = {}
        for link in links:
            self._take(link)
            if link.seq > since:
                self.behind.append(link)

    @classmethod
    def of_lines(cls, lines: Iterable[bytes], since: int = 0) -> ChainState:
        """Read and verify a chain. LedgerError names the first wrong line."""
        return cls(read_links(lines), since)

    def _take(self, link: Link) -> None:
        self.hashes.append(link.hash)
        self.tail = link
        owner = self._owners.setdefault(link.run, (link.release, link.policy))
        if owner != (link.release, link.policy):
            self.foreign.append(f"entry {link.seq} of run {link.run} is about {link.release} ({link.policy}), the run is about {owner[0]}")
        if link.kind == "phase" and is_start(link.entry()):
            self._starts[link.run] = link
            if link.phase in CHANGES:
                self._changes[link.run] = link
        elif link.kind == "incident":
            body = link.entry()["body"]
            if body.get("event") == TORN:
                self.told.add(str(body.get("saved")))

    @property
    def runs(self) -> int:
        """Number of runs."""
        return len(self._owners)

    def check(self, run: Mapping[str, Any], drafts: Sequence[Draft]) -> None:
        """LedgerError when these drafts of this run must not be written."""
        self._check_owner(run, any(draft.kind == "run" for draft in drafts))
        start = self._starts.get(str(run["id"]))
        foreign = [link for name, link in self._changes.items() if name != str(run["id"])]
        change = max(foreign, key=lambda link: link.seq, default=None)
        # To begin such a phase oneself is not to look: the lease has been taken for it.
        phases = {draft.phase for draft in drafts if draft.kind != "phase" or draft.phase not in CHANGES}
        check_token(run.get("token"), start._asdict() if start else None, change._asdict() if change else None, phases)

    def _check_owner(self, run: Mapping[str, Any], opens: bool) -> None:
        owner = self._owners.get(str(run["id"]))
        if owner is None:
            return
        if opens:
            raise LedgerError(f"run {run['id']} is in the ledger already", why="somebody opened it at the same time", todo="start again")
        if owner != (str(run["release"]), str(run["policy"])):
            raise LedgerError(
                f"an entry about release {run['release']} ({run['policy']} policy) does not belong to this run",
                where=f"run {run['id']}",
                why=f"the run is about release {owner[0]} ({owner[1]} policy)",
                todo="pass the dict that the run module returned, unchanged",
            )
