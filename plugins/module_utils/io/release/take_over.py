# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Taking over a stack that plain `docker compose up` started, and giving the host back to it.

Its containers are stopped and kept under other names; volumes stay where they are. Everything can be done again after a kill: a
container is renamed last, and the record on disk is written before the first one is touched.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...core.errors import EvidenceError, InputError
from ...core.release.compose_plan import parts, project_name
from ...core.release.engine_state import Container
from ...core.release.take_over import (
    GIVEN_BACK,
    GIVING_BACK,
    TAKEN,
    TAKING,
    Kept,
    Predecessor,
    Record,
    kept_name,
    predecessor,
    read_record,
    record_body,
    record_of,
)
from ..engine.docker_cli import Engine
from ..system import clock as machine
from ..system.files import read_text, write_json

NAME = "take_over.json"


@dataclass(frozen=True)
class GivenBack:
    """How the way back ended: the compose project that runs again, and a line for each of its containers that does not."""

    changed: bool
    project: str
    troubles: tuple[str, ...]


class TakeOver:
    """The earlier stack of one application on this host. Engine, clock and sleep are parameters."""

    def __init__(
        self,
        state_dir: str,
        application: str,
        engine: Engine,
        clock: machine.Clock = machine.now,
        sleep: machine.Sleep = machine.sleep,
    ) -> None:
        self._path = os.path.join(state_dir, NAME)
        self._map = os.path.join(state_dir, "edge", "active.map")
        self._own = [project_name(application, part) for part in parts()]
        self._engine = engine
        self._clock = clock
        self._sleep = sleep

    def record(self) -> Record | None:
        """What was taken over; None when nothing ever was. EvidenceError when it cannot be read."""
        if not os.path.isfile(self._path):
            return None
        try:
            return read_record(json.loads(read_text(self._path)))
        except ValueError as error:
            raise EvidenceError("the record of the take-over is no JSON", where=self._path, why=str(error)[:200]) from error

    def find(self, model: Mapping[str, Any]) -> Predecessor | None:
        """The stack that is to be taken over; None when there is none, or it was taken over already."""
        record = self.record()
        kept = {item.id for item in record.containers} if record else set()
        return predecessor(model, self._engine.containers(), self._own, kept)

    def is_pending(self, model: Mapping[str, Any]) -> bool:
        """True when `take` would do something."""
        record = self.record()
        return self.find(model) is not None or (record is not None and record.state == TAKING)

    def can_give_back(self) -> bool:
        """True when there is a stack to which the host can be given back."""
        record = self.record()
        return record is not None and record.state != GIVEN_BACK

    def take(self, model: Mapping[str, Any]) -> bool:
        """Stop and rename the containers of the earlier stack; True when something was done.

        InputError while the host is being given back: that has to end first.
        """
        found, record = self.find(model), self.record()
        if record and record.state == GIVING_BACK:
            raise InputError(
                "the host is just being given back", where=self._path, why="that was interrupted", todo="run playbooks/give_back.yml again"
            )
        if found:
            record = record_of(found, model, record)
            self._write(record)
            self._put_away(record)
        if record is None or record.state != TAKING:
            return False
        self._write(replace(record, state=TAKEN))
        return True

    def give_back(self, wait_seconds: float, before_change: Callable[[], None] = lambda: None) -> GivenBack:
        """Remove our containers, and start the earlier ones under their own names; volumes stay.

        A container that is gone or does not become healthy in time is told in `troubles`.
        """
        record = self.record()
        if record is None or record.state == GIVEN_BACK:
            return GivenBack(False, record.project if record else "", ())
        before_change()
        self._write(replace(record, state=GIVING_BACK))
        self._make_room()
        troubles = self._start_again(record, self._clock() + wait_seconds)
        if not troubles:
            self._write(replace(record, state=GIVEN_BACK))
        return GivenBack(True, record.project, tuple(troubles))

    def _put_away(self, record: Record) -> None:
        for group in _by_rank(record)[::-1]:
            there = [(kept, item) for kept in group for item in self._there().values() if item.id == kept.id]
            for _kept, item in there:
                self._engine.set_restart(item.id, "no")
            self._engine.stop([item.id for _kept, item in there if item.state in ("running", "restarting", "paused")])
            for kept, item in there:
                if item.name != kept_name(kept.name):
                    self._engine.rename(item.id, kept_name(kept.name))

    def _make_room(self) -> None:
        """Edge first, so that nobody gets half an answer; the data last, because the others still write."""
        for project in reversed(self._own):
            mine = self._engine.containers(project)
            self._engine.stop([item.id for item in mine if item.state in ("running", "restarting", "paused")])
            self._engine.remove([item.id for item in mine])
        if os.path.exists(self._map):
            os.unlink(self._map)

    def _start_again(self, record: Record, deadline: float) -> list[str]:
        troubles: list[str] = []
        for group in _by_rank(record):
            there = self._there()
            troubles += [f"{kept.name}: the container is gone" for kept in group if kept.id not in there]
            present = [kept for kept in group if kept.id in there]
            for kept in present:
                if there[kept.id].name != kept.name:
                    self._engine.rename(kept.id, kept.name)
                self._engine.set_restart(kept.id, kept.restart)
            wanted = [kept for kept in present if kept.was_running]
            self._engine.start([kept.id for kept in wanted if there[kept.id].state != "running"])
            troubles += self._wait(wanted, deadline)
        return troubles

    def _wait(self, wanted: list[Kept], deadline: float) -> list[str]:
        """Until all run, and are healthy where they have a healthcheck: plain compose asks for no more."""
        while True:
            there = self._there()
            missing = [kept for kept in wanted if kept.id not in there or not _works(there[kept.id])]
            if not missing or self._clock() >= deadline:
                return [f"{kept.name}: {there[kept.id].condition if kept.id in there else 'is gone'}" for kept in missing]
            self._sleep(0.5)

    def _there(self) -> dict[str, Container]:
        return {item.id: item for item in self._engine.containers()}

    def _write(self, record: Record) -> None:
        write_json(self._path, record_body(record))


def _works(item: Container) -> bool:
    return item.state == "running" and item.health in ("", "healthy")


def _by_rank(record: Record) -> list[list[Kept]]:
    numbers = sorted({item.rank for item in record.containers})
    return [[item for item in record.containers if item.rank == number] for number in numbers]
