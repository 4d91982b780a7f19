# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A time in which something failed again and again: two notes about it, however long it lasts."""

from __future__ import annotations

from typing import Optional

Note = tuple[float, str]  # unix seconds, text


class Hole:
    """Looks that failed one after the other."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._since: Optional[float] = None
        self._looks = 0
        self._why = ""

    @property
    def open(self) -> bool:
        """True while it lasts."""
        return self._since is not None

    def missed(self, at: float, why: str) -> list[Note]:
        """A look failed at the unix time `at`; the first failure is worth a note."""
        self._looks += 1
        if self._since is not None:
            return []
        self._since, self._why = at, why
        return [(at, why)]

    def over(self, at: float) -> list[Note]:
        """A look went well again: what the hole was, if there was one. `close` forgets it."""
        if self._since is None:
            return []
        return [(at, f"{self._what}: {self._looks} looks in {at - self._since:.1f} s: {self._why}")]

    def close(self) -> None:
        """Forget the hole."""
        self._since, self._looks, self._why = None, 0, ""
