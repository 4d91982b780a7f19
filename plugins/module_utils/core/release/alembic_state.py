# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Schema revisions: what the image knows (`alembic history`), where the database stands, and what follows from both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import EvidenceError

_LINE = re.compile(
    r"^(?P<down><base>|[\w.-]+(?:, ?[\w.-]+)*)\s*->\s*(?P<revision>[\w.-]+)(?P<marks>(?: \([\w ]+\))*)(?:,\s?(?P<text>.*))?$"
)


@dataclass(frozen=True)
class History:
    """The revisions that an image carries: revision -> the revisions it comes after, and revision -> its title."""

    parents: Mapping[str, tuple[str, ...]]
    titles: Mapping[str, str]

    @property
    def heads(self) -> tuple[str, ...]:
        """Revisions after which no other comes, sorted."""
        below = {parent for parents in self.parents.values() for parent in parents}
        return tuple(sorted(set(self.parents) - below))

    def knows(self, revisions: Iterable[str]) -> bool:
        """True when every one of these revisions is in the image's history."""
        return all(revision in self.parents for revision in revisions)

    def applied(self, current: Sequence[str]) -> frozenset[str]:
        """All revisions that a database at `current` has behind it, `current` included."""
        seen: set[str] = set()
        todo = [revision for revision in current if revision in self.parents]
        while todo:
            revision = todo.pop()
            if revision not in seen:
                seen.add(revision)
                todo.extend(self.parents[revision])
        return frozenset(seen)

    def pending(self, current: Sequence[str]) -> list[str]:
        """Revisions still to be applied to a database at `current`, oldest first."""
        done = set(self.applied(current))
        waiting = [revision for revision in self.parents if revision not in done]
        ordered: list[str] = []
        while waiting:
            ready = [revision for revision in waiting if all(parent in done for parent in self.parents[revision])]
            if not ready:
                raise EvidenceError("the migration history is broken", why=f"{waiting[0]} comes after a revision that is not there")
            ordered.extend(sorted(ready))
            done.update(ready)
            waiting = [revision for revision in waiting if revision not in done]
        return ordered


def parse_history(text: str) -> History:
    """Read the output of `alembic history`; EvidenceError when a line is not understood or there is none."""
    parents: dict[str, tuple[str, ...]] = {}
    titles: dict[str, str] = {}
    for line in text.splitlines():
        found = _LINE.match(line.strip())
        if not found:
            if "->" in line:
                raise EvidenceError("a line of `alembic history` is not understood", why=line.strip()[:200])
            continue
        down = found.group("down")
        parents[found.group("revision")] = () if down == "<base>" else tuple(re.split(r",\s*", down))
        titles[found.group("revision")] = (found.group("text") or "").strip()
    if not parents:
        raise EvidenceError(
            "the image shows no migration",
            where="alembic history",
            why="its output names no revision",
            todo="look whether the image holds the alembic folder and alembic.ini",
        )
    return History(parents, titles)


def parse_versions(text: str) -> tuple[str, ...]:
    """Read the rows of `SELECT version_num FROM alembic_version`; empty when the database was never migrated."""
    return tuple(sorted(line.strip() for line in text.splitlines() if line.strip()))


def describe(history: History, revisions: Iterable[str]) -> list[str]:
    """`revision title` for people."""
    return [f"{revision} {history.titles.get(revision, '')}".strip() for revision in revisions]
