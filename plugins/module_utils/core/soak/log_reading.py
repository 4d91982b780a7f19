# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is new in a log: everything behind the place up to which it was read. Lines in parts are joined.

The place is a message, not a time: it is known by its time, its stream, and its number among those of the same time and stream. So
it is found whatever the clock does; a place that is not found any more is a gap, never a silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Callable, Optional

from .log_frames import Entry

LONGEST_LINE = 256 * 1024
MOST_WAITING = 1000

Take = Callable[[int, str], None]  # unix time in ns, text


@dataclass(frozen=True)
class Place:
    """The last message that was read: its time in ns, its stream, and the how-many-th it is of that time and stream."""

    at: int
    stream: int
    number: int

    def as_list(self) -> list[int]:
        """As it is kept."""
        return [self.at, self.stream, self.number]

    @classmethod
    def of(cls, kept: Optional[Sequence[int]]) -> Optional[Place]:
        """From what was kept."""
        return cls(*(int(part) for part in kept)) if kept else None


class Reading:
    """One answer of the engine, which may begin before the place and must hold it.

    Without a place everything from `since` (unix time in ns) on is new.
    """

    def __init__(self, place: Optional[Place], since: int, take: Take) -> None:
        self.entries = 0
        self.place = place
        self.found = False  # the place, or (without one) a message from before `since`: nothing is missing before what is new
        self.in_doubt = False  # the answer begins with the place: of the same time and stream there may have been more before
        self._wanted = place
        self._since = since
        self._take = take
        self._latest: dict[int, Place] = {}
        self._open: dict[int, list[bytes]] = {}
        self._before_open: Optional[Place] = None
        self._waiting: list[tuple[int, bytes]] = []

    def read(self, found: Iterable[Entry], to_the_end: bool = False) -> None:
        """Read an answer. A last line that is still being written is left for the next answer, unless there will be none."""
        for entry in found:
            self._feed(entry)
        if self._open and not to_the_end:
            self.place = self._before_open
        else:
            self._hand_on()

    def _feed(self, entry: Entry) -> None:
        self.entries += 1
        here = self._place_of(entry)
        if self._wanted is not None and not self.found:
            self.found = here == self._wanted
            self.in_doubt = self.in_doubt or (self.entries == 1 and (here.at, here.stream) == (self._wanted.at, self._wanted.stream))
            return
        if self._wanted is None and entry.at < self._since:
            self.found, self.place = True, here
            return
        self._join(entry)
        self.place = here
        if not self._open or len(self._waiting) >= MOST_WAITING:
            self._hand_on()

    def _place_of(self, entry: Entry) -> Place:
        before = self._latest.get(entry.stream)
        number = before.number + 1 if before and before.at == entry.at else 1
        here = self._latest[entry.stream] = Place(entry.at, entry.stream, number)
        return here

    def _join(self, entry: Entry) -> None:
        if not self._open:
            self._before_open = self.place
        parts = [*self._open.pop(entry.stream, []), entry.text]
        if entry.ends or sum(map(len, parts)) >= LONGEST_LINE:
            self._waiting.append((entry.at, b"".join(parts)))
        else:
            self._open[entry.stream] = parts

    def _hand_on(self) -> None:
        """Lines go on in their order, none of them past one of the other stream that is not whole yet."""
        for at, text in self._waiting:
            self._take(at, text.decode("utf-8", "replace"))
        for parts in self._open.values():
            self._take(self.place.at if self.place else 0, b"".join(parts).decode("utf-8", "replace"))
        self._waiting, self._open = [], {}
