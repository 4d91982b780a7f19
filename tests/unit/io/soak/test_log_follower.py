# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The error-log check against an engine in memory; a real one is asked in tests/integration/test_log_follower.py."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import ServiceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_plan import LogCheck
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.log_follower import KINDS, LEAST, STATE, LogFollower

START = 1_800_000_000.0


class MemoryEngine:
    """Containers with their logs; `keeps` is how many messages a rotation leaves."""

    def __init__(self) -> None:
        self.logs: dict[str, list[str]] = {}
        self.running: dict[str, str] = {}
        self.keeps = 10**9
        self.down = False
        self.asked: list[int] = []

    def write(self, container: str, *lines: str) -> None:
        log = self.logs.setdefault(container, [])
        for line in lines:
            log.append(f"2027-01-15T08:00:01.{len(log) // 2:09d}Z {line}\n")  # two lines in one tick of the clock

    def containers(self, projects: Any) -> list[dict[str, Any]]:
        if self.down:
            raise ServiceError("the engine does not answer")
        return [{"Names": [f"/{name}"], "Id": container} for name, container in self.running.items()]

    def inspect(self, container: str) -> dict[str, Any]:
        if container not in self.logs:
            raise ServiceError("the engine answered 404")
        return {"Config": {"Tty": False}}

    def log(self, container: str, tail: int) -> list[bytes]:
        self.asked.append(tail)
        if container not in self.logs:
            raise ServiceError("the engine answered 404")
        texts = [text.encode() for text in self.logs[container][-self.keeps :][-tail:]]
        return [bytes([1, 0, 0, 0]) + len(text).to_bytes(4, "big") + text for text in texts]


@pytest.fixture
def engine() -> MemoryEngine:
    made = MemoryEngine()
    made.running["web"] = "c1"
    made.logs["c1"] = []
    return made


class Soak:
    """A follower whose commits are kept in a dict, and which can be killed between two of them."""

    def __init__(self, engine: MemoryEngine) -> None:
        self.engine = engine
        self.kept: dict[str, Any] = {}
        self.rows: list[Any] = []
        self.now = START
        self.begin()

    def begin(self) -> None:
        self.follower = LogFollower(LogCheck(10.0), self.engine, ["p"], START, lambda: self.now, self.kept.get)

    def look(self, last: bool = False) -> None:
        self.now += 10
        self.follower.look(last)

    def commit(self) -> None:
        rows, _notes = self.follower.drain()
        state = self.follower.kept
        self.rows += rows
        self.kept.update(state)

    def count(self, name: str = "web") -> tuple[int, int, int]:
        log = self.kept[STATE][name]
        return log["lines"], log["errors"], log["gaps"]


@pytest.fixture
def soak(engine: MemoryEngine) -> Soak:
    return Soak(engine)


def test_a_kill_between_two_commits_neither_loses_nor_doubles(soak: Soak) -> None:
    for number in range(12):
        soak.engine.write("c1", *[f"ERROR {number}"] * number)
        soak.look()
        if number % 3 == 2:
            soak.begin()  # what was read since the commit is forgotten with the process
        else:
            soak.commit()
    soak.look()
    soak.commit()
    assert soak.count() == (66, 66, 0)
    assert [kind["count"] for kind in soak.kept[KINDS + "web"].values()] == [66]


def test_as_much_is_asked_for_as_is_needed(soak: Soak) -> None:
    soak.engine.write("c1", *["line"] * 5000)
    soak.look()
    soak.look()
    soak.look()
    soak.commit()
    assert soak.count() == (5000, 0, 0)
    assert soak.engine.asked[-1] == LEAST


def test_lines_that_are_gone_before_they_are_read_are_a_gap(soak: Soak) -> None:
    soak.engine.write("c1", "first")
    soak.look()
    soak.engine.write("c1", *["line"] * 500)
    soak.engine.keeps = 100
    soak.look()
    soak.look()
    soak.commit()
    assert soak.count() == (101, 0, 1)


def test_a_container_that_stops_is_read_to_its_end_and_goes_on_when_it_starts_again(soak: Soak) -> None:
    soak.look()
    soak.engine.write("c1", "ERROR last words")
    del soak.engine.running["web"]
    soak.look()
    soak.engine.write("c1", "ERROR again")
    soak.engine.running["web"] = "c1"
    soak.look()
    soak.commit()
    assert soak.count() == (2, 2, 0)


@pytest.mark.parametrize("replaced", [True, False])
def test_a_container_that_is_removed_before_its_log_was_read_is_a_gap(soak: Soak, replaced: bool) -> None:
    soak.look()
    soak.engine.write("c1", "ERROR nobody reads")
    del soak.engine.logs["c1"]
    del soak.engine.running["web"]
    if replaced:
        soak.engine.running["web"] = "c2"
        soak.engine.write("c2", "ERROR of the next")
    soak.look()
    soak.look()
    soak.commit()
    assert soak.count() == ((1, 1, 1) if replaced else (0, 0, 1))


def test_an_engine_that_does_not_answer_is_no_gap_when_it_comes_back(soak: Soak) -> None:
    soak.engine.write("c1", "ERROR one")
    soak.look()
    soak.engine.down = True
    with pytest.raises(ServiceError):
        soak.look()
    soak.engine.write("c1", "ERROR two")
    soak.engine.down = False
    soak.look()
    soak.commit()
    assert soak.count() == (2, 2, 0)


def test_a_log_that_cannot_be_read_gives_no_samples_rather_than_zeros(soak: Soak) -> None:
    soak.engine.log = lambda _container, _tail: (_ for _ in ()).throw(ServiceError("configured logging driver does not support reading"))  # type: ignore[assignment]
    soak.look()
    rows, notes = soak.follower.drain()
    assert rows == []
    assert "does not support reading" in notes[0][1]


def test_a_series_begins_at_the_start_of_the_soak_and_is_written_down_when_it_changes(soak: Soak) -> None:
    soak.look()
    soak.commit()
    for _ in range(2):
        soak.look()
        soak.engine.write("c1", "fine")
        soak.commit()
    soak.engine.write("c1", "ERROR x")
    soak.look()
    soak.commit()
    errors = [(at - START, value) for metric, labels, at, value in soak.rows if metric == "logs.errors" and labels == {"container": "web"}]
    assert errors == [(0, 0), (10, 0), (40, 1)]


def test_the_end_of_the_soak_is_always_written_down(soak: Soak) -> None:
    soak.look()
    soak.commit()
    soak.follower.start()
    soak.now += 5
    soak.follower.stop()
    soak.commit()
    assert max(at for _metric, _labels, at, _value in soak.rows) == START + 15


HOURLY = {"id": "soak.logs_critical", "sli": "logs.critical", "each": "container", "every": "1 h", "pass": "== 0 count"}
WHOLE = {"id": "soak.logs_whole", "sli": "logs.gaps", "each": "container", "pass": "== 0 count", "min_duration": "3 h"}


def judged(soak: Soak, book: Any, criterion: dict[str, Any]) -> Any:
    rows = [[at, value] for metric, _labels, at, value in soak.rows if metric == criterion["sli"]]
    book.measure("soak", criterion["sli"], None, "count", labels={"container": "web"}, samples=rows)
    return book.outcome(criterion)


def soaked(soak: Soak, hours: float, critical_at: float = -1, deaf: tuple[float, float] = (-1, -1)) -> None:
    """A look every 10 s; the engine does not answer between two hours."""
    for number in range(round(hours * 360)):
        hour = number / 360
        soak.engine.write("c1", "fine", *["CRITICAL x"] * (number == round(critical_at * 360)))
        soak.engine.down = deaf[0] <= hour < deaf[1]
        soak.now += 10
        if not soak.engine.down:
            soak.follower.look()
        soak.commit()
    soak.follower.start()
    soak.follower.stop()
    soak.commit()


def test_every_hour_of_a_quiet_soak_is_good(soak: Soak, book: Any) -> None:
    soaked(soak, 3)
    outcome = judged(soak, book, HOURLY)
    assert (outcome.status, outcome.windows["windows"]) == ("PASS", 3)
    assert judged(soak, book, WHOLE).status == "PASS"


def test_one_critical_line_spoils_its_hour(soak: Soak, book: Any) -> None:
    soaked(soak, 3, critical_at=1.5)
    outcome = judged(soak, book, HOURLY)
    assert (outcome.status, outcome.windows["failed"], outcome.windows["good"]) == ("FAIL", 1, 2)
    assert "window 2" in outcome.sentence


def test_a_soak_whose_last_hour_nobody_read_is_not_whole(soak: Soak, book: Any) -> None:
    soaked(soak, 3, deaf=(2, 3))
    assert (judged(soak, book, WHOLE).status, judged(soak, book, WHOLE).reason) == ("INCONCLUSIVE", "short")
