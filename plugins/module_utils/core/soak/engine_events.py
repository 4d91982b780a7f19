# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Counting what the engine tells of containers: each event once, whatever is lost on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional

METRICS = {
    "create": "container.creations",
    "start": "container.starts",
    "die": "container.deaths",
    "oom": "container.oom_events",
    "health_status": "container.health_flips",
}
# Events are numbered by the engine's wall clock, and may come a little out of order.
OVERLAP = 5 * 10**9  # nanoseconds asked for again after a reconnection
KEPT_KEYS = 300  # more than the engine itself remembers (256)

Event = Mapping[str, Any]
Row = tuple[str, str, int]  # metric, container, count


class EventCounts:
    """Counts by container since the start of the soak, and the position (nanoseconds of unix time) up to which all events are known.

    `state` is plain JSON; kept in the commit of the counts, it lets an agent that comes back count neither twice nor too little.
    """

    def __init__(self, projects: Sequence[str], state: Optional[Mapping[str, Any]] = None) -> None:
        kept = state or {}
        self._projects = set(projects)
        self.position: int = int(kept.get("position", 0))
        self._begin: int = int(kept.get("begin", 0))
        self.gaps: int = int(kept.get("gaps", 0))
        self._seen: list[list[Any]] = [list(key) for key in kept.get("seen", [])]
        self._counts: dict[str, dict[str, int]] = {name: dict(counts) for name, counts in kept.get("counts", {}).items()}

    @property
    def state(self) -> dict[str, Any]:
        """What an agent that comes back needs."""
        young = [key for key in self._seen if key[0] >= self.position - 2 * OVERLAP]
        self._seen = young[-KEPT_KEYS:]
        counts = {name: dict(found) for name, found in self._counts.items()}
        return {"begin": self._begin, "position": self.position, "gaps": self.gaps, "seen": list(self._seen), "counts": counts}

    @property
    def since(self) -> int:
        """From when on (nanoseconds) the engine is to tell."""
        return max(0, self.position - OVERLAP)

    def know(self, names: Iterable[str]) -> None:
        """Containers of which 0 is a count, too."""
        for name in names:
            self._counts.setdefault(name, dict.fromkeys(METRICS.values(), 0))

    def begin(self, position: int) -> None:
        """Nothing before `position` belongs to the soak."""
        self._begin = self.position = position

    def known_until(self, position: int) -> None:
        """The engine has told everything up to `position`. The clock may have been set back meanwhile: so may the position."""
        self.position = position

    def take(self, event: Event) -> bool:
        """Count an event; False when it was counted before, or is none of ours."""
        attributes = (event.get("Actor") or {}).get("Attributes") or {}
        action, _colon, told = str(event.get("Action", "")).partition(": ")
        ours = attributes.get("com.docker.compose.project") in self._projects and attributes.get("com.docker.compose.oneoff") != "True"
        if not ours or action not in METRICS or event.get("Type", "container") != "container":
            return False
        key: list[Any] = [int(event.get("timeNano", 0)), str((event.get("Actor") or {}).get("ID", "")), str(event.get("Action"))]
        if key in self._seen or key[0] < self._begin:
            return False
        self._seen.append(key)
        name = str(attributes.get("name", ""))
        self.know([name])
        if action != "health_status" or told == "unhealthy":
            self._counts[name][METRICS[action]] += 1
        return True

    def check(self, remembered: Sequence[Event]) -> bool:
        """After a reconnection: does what the engine remembers reach back to the position? If not, a gap is counted.

        An engine that was started again remembers nothing of before, and a busy one only its last events.
        """
        whole = any(int(event.get("timeNano", 0)) <= self.position for event in remembered)
        self.gaps += not whole
        return whole

    def rows(self) -> list[Row]:
        """Every count."""
        return [(metric, name, number) for name, counts in sorted(self._counts.items()) for metric, number in counts.items()]
