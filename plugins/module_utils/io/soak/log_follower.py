# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The error-log check of a soak: follows the logs of the watched containers, on a thread of its own.

Every look asks the engine for the end of each log, as much of it as is needed to reach back to the place of the look before. There is no
connection that must live: whatever breaks, the next look goes on. Reading the engine's stream (`follow`) would lose what is written
around a rotation, reading its files would need root. Counts and places are one value, written in the commit of the samples: a killed
agent neither misses a line nor counts one twice. Lines that a rotation has removed before they were read are a counted gap.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Callable, Optional, Protocol

from ...core.errors import ServiceError
from ...core.soak.log_errors import Counted, LineJudge, as_kept, from_kept, merged
from ...core.soak.log_frames import entries
from ...core.soak.log_reading import Place, Reading
from ...core.soak.soak_plan import LogCheck
from .soak_store import Row

LEAST, MOST, MORE = 64, 1_000_000, 8  # messages asked for: at first, at last, and how many times as many when the place is not among them
BUSY = 500  # messages in one look after which the next look is taken at once
BUSY_PAUSE = 0.2
LOOKS_UNSAID, LONGEST_UNSAID = 3, 30.0  # how many looks, and seconds, error counters that stand still are not written down again
STATE, KINDS = "logs", "log_kinds:"


class LogEngine(Protocol):
    """What the check asks the engine."""

    def containers(self, projects: Sequence[str]) -> list[dict[str, Any]]:
        """The running containers."""

    def inspect(self, container: str) -> dict[str, Any]:
        """One container."""

    def log(self, container: str, tail: int) -> Any:
        """The end of its log, in pieces."""


@dataclass
class Followed:
    """The log of one container name: whose place it is, and what was counted since the soak's start."""

    id: str
    place: Optional[list[int]] = None
    lines: int = 0
    errors: int = 0
    critical: int = 0
    gaps: int = 0
    ended: bool = False  # stopped or gone, and read to the end
    told: bool = False  # its series have begun

    def samples(self, kinds: int) -> dict[str, int]:
        """The counters by their SLI."""
        return {
            "logs.lines": self.lines,
            "logs.errors": self.errors,
            "logs.critical": self.critical,
            "logs.gaps": self.gaps,
            "logs.error_signatures": kinds,
        }


class LogFollower:
    """Counts error lines from `since` (unix seconds) on. `kept` is what the store has under STATE, `kinds` under KINDS + name."""

    def __init__(
        self,
        check: LogCheck,
        engine: LogEngine,
        projects: Sequence[str],
        since: float,
        wall: Callable[[], float],
        kept: Callable[[str], Any],
    ) -> None:
        self._check = check
        self._judge = LineJudge(check.patterns, check.ignored)
        self._engine = engine
        self._projects = projects
        self._since = since
        self._wall = wall
        self._logs = {name: Followed(**state) for name, state in (kept(STATE) or {}).items()}
        self._kinds = {name: from_kept(kept(KINDS + name)) for name in self._logs}
        self._terminals: dict[str, bool] = {}
        self._asked: dict[str, int] = {}
        self._looked_at: Optional[float] = None
        self._said: dict[str, tuple[float, dict[str, int]]] = {}
        self._changed: set[str] = set()
        self._notes: list[tuple[float, str]] = []
        self.kept: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Look a last time and end."""
        self._stop.set()
        self._thread.join(60.0)
        self._said = {}

    def drain(self) -> tuple[list[Row], list[tuple[float, str]]]:
        """Samples and notes; `kept` is of the same moment and belongs into the same commit."""
        with self._lock:
            notes, self._notes = self._notes, []
            state: dict[str, Any] = {KINDS + name: as_kept(self._kinds[name]) for name in sorted(self._changed)}
            self._changed = set()
            rows = self._rows()
            state[STATE] = {name: asdict(log) for name, log in self._logs.items()}
            self.kept = state
            return rows, notes

    def look(self, last: bool = False) -> int:
        """Read what is new in every log; returns how many messages that was. Raises ServiceError when the engine does not answer."""
        running = {entry["Names"][0].lstrip("/"): str(entry["Id"]) for entry in self._engine.containers(self._projects)}
        most = 0
        whole = True
        for name in sorted({*running, *self._logs}):
            try:
                most = max(most, self._look_at(name, running.get(name, ""), last))
            except ServiceError as error:
                whole = False
                self._note(f"the log of {name} cannot be read: {error}")
        if whole:
            self._looked_at = self._wall()
        return most

    def _look_at(self, name: str, running: str, last: bool) -> int:
        log = self._logs.get(name)
        if log is None or (running and log.id != running):
            log = self._follow_new(name, running, log)
        if not running and log.ended:
            return 0
        try:
            return self._read(name, log, last or not running, ended=not running)
        except ServiceError:
            if running or not self._is_gone(log.id):
                raise
            with self._lock:
                log.gaps, log.ended = log.gaps + 1, True
            self._note(f"{name} was removed before its log was read to the end")
            return 0

    def _follow_new(self, name: str, container: str, before: Optional[Followed]) -> Followed:
        """Another container under a known name counts on. The end of the earlier one's log went with it, unless it was read."""
        with self._lock:
            log = Followed(container)
            if before is not None:
                lost = 0 if before.ended else 1
                log = replace(before, id=container, place=None, gaps=before.gaps + lost, ended=False)
                if lost:
                    self._notes.append((self._wall(), f"{name} was replaced before its log was read to the end"))
            self._logs[name] = log
            self._kinds.setdefault(name, {})
        return log

    def _read(self, name: str, log: Followed, to_the_end: bool, ended: bool) -> int:
        place, since = Place.of(log.place), int(self._since * 10**9)
        tail = self._asked.get(log.id, LEAST)
        while True:
            counted, reading = self._ask(log.id, tail, place, since, to_the_end)
            all_of_it = reading.entries < tail
            sure = reading.found and (all_of_it or not reading.in_doubt)
            if sure or all_of_it or tail >= MOST:
                break
            tail = min(tail * MORE, MOST)
        lost = not reading.found and (place is not None or not all_of_it)
        if lost and place is not None:
            counted, reading = self._ask(log.id, tail, None, since, to_the_end)
        with self._lock:
            self._add(name, log, counted, reading.place, lost, ended)
        self._asked[log.id] = max(LEAST, min(MOST, 2 * (counted.lines + LEAST // 2)))
        if lost:
            self._note(f"{name}: log lines were removed before they could be read")
        return counted.lines

    def _ask(self, container: str, tail: int, place: Optional[Place], since: int, to_the_end: bool) -> tuple[Counted, Reading]:
        counted = Counted()
        reading = Reading(place, since, lambda at, text: self._judge.count(counted, at / 1e9, text))
        reading.read(entries(self._engine.log(container, tail), self._is_terminal(container)), to_the_end)
        return counted, reading

    def _add(self, name: str, log: Followed, counted: Counted, place: Optional[Place], lost: bool, ended: bool) -> None:
        log.lines += counted.lines
        log.errors += counted.errors
        log.critical += counted.critical
        log.gaps += lost
        log.place = place.as_list() if place else None
        log.ended = ended
        if counted.kinds:
            self._kinds[name] = merged(self._kinds.get(name, {}), counted.kinds)
            self._changed.add(name)

    def _is_terminal(self, container: str) -> bool:
        if container not in self._terminals:
            seen: Mapping[str, Any] = self._engine.inspect(container)
            self._terminals[container] = bool((seen.get("Config") or {}).get("Tty"))
        return self._terminals[container]

    def _is_gone(self, container: str) -> bool:
        """Asked only after the engine has listed the running containers: it answers, but not for this one."""
        try:
            self._engine.inspect(container)
        except ServiceError as error:
            return "answered 404" in str(error)
        return False

    def _rows(self) -> list[Row]:
        """Counters that have changed, and the others now and then. They are known up to the newest look that could read all logs."""
        at = self._looked_at
        if at is None:
            return []
        rows: list[Row] = []
        for name, log in self._logs.items():
            values = log.samples(len(self._kinds.get(name, {})))
            said_at, said = self._said.get(name, (self._since, {}))
            still = all(said.get(metric) == value for metric, value in values.items() if metric != "logs.lines")
            if at <= said_at or (still and at - said_at < min(LONGEST_UNSAID, LOOKS_UNSAID * self._check.every)):
                continue
            labels = {"container": name}
            if not log.told:  # what was written before the start is not the soak's: there, all of them are 0
                rows += [(metric, labels, self._since, 0.0) for metric in values]
                log.told = True
            rows += [(metric, labels, at, float(value)) for metric, value in values.items()]
            self._said[name] = (at, values)
        return rows

    def _loop(self) -> None:
        pause = 0.0
        while not self._stop.wait(pause):
            pause = self._check.every if self._guarded_look() < BUSY else BUSY_PAUSE
        self._guarded_look(last=True)

    def _guarded_look(self, last: bool = False) -> int:
        try:
            return self.look(last)
        except ServiceError as error:
            self._note(str(error))
            return 0

    def _note(self, text: str) -> None:
        with self._lock:
            self._notes.append((self._wall(), text))
