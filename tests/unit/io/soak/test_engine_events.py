# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import queue
import time

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import ServiceError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.engine_events import EngineEvents


class Stream:
    """Lines that the test puts in; None ends them."""

    def __init__(self, lines=None):
        self.put = queue.Queue()
        for line in lines or ():
            self.put.put(line)

    def lines(self):
        while (line := self.put.get()) is not None:
            yield line

    def end(self):
        self.put.put(None)

    def close(self):
        pass


class Engine:
    """Streams as they are wanted; `memory` is what the engine remembers when it is asked."""

    def __init__(self, reachable=True):
        self.reachable, self.memory, self.streams = reachable, [None], []

    def stream(self, path):
        if not self.reachable:
            raise ServiceError("the engine does not answer")
        if "until=" in path:
            return Stream(self.memory)
        self.streams.append(Stream())
        return self.streams[-1]

    def containers(self, _projects):
        return [{"Names": ["/app"]}]


def until(events, wanted, seconds=5.0):
    """The newest values, once `wanted` holds for them."""
    found, ends = {}, time.monotonic() + seconds
    while time.monotonic() < ends:
        found.update({(metric, labels.get("container")): value for metric, labels, _at, value in events.drain()[0]})
        if wanted(found):
            return found
        time.sleep(0.02)
    raise AssertionError(found)


@pytest.fixture
def engine():
    return Engine()


@pytest.fixture
def events(engine):
    made = EngineEvents(engine, ["p"], time.time)
    made.start()
    yield made
    made.stop()


def test_an_engine_that_never_answers_tells_nothing_rather_than_0():
    events = EngineEvents(Engine(reachable=False), ["p"], time.time)
    events.start()
    time.sleep(0.1)
    assert events.drain()[0] == []
    events.stop()
    assert events.drain()[0] == []


def test_a_soak_that_ends_without_a_connection_ends_with_a_gap(engine, events):
    until(events, lambda found: found.get(("soak.event_gaps", None)) == 0)
    engine.reachable = False
    engine.streams[0].end()
    until(events, lambda found: found.get(("soak.event_gaps", None)) == 1)
    events.stop()
    events.drain()
    assert events.kept["gaps"] == 1


def test_an_engine_that_was_started_again_remembers_nothing_and_that_is_a_gap(engine, events):
    until(events, lambda found: found.get(("soak.event_gaps", None)) == 0)
    engine.streams[0].end()
    until(events, lambda _found: len(engine.streams) == 2)
    time.sleep(0.1)
    events.drain()
    assert events.kept["gaps"] == 1


@pytest.mark.parametrize(
    "line", [b"<html>", b"[]", b'{"Action": "die", "timeNano": {}, "Actor": {"Attributes": {"com.docker.compose.project": "p"}}}']
)
def test_a_line_that_is_no_event_breaks_the_connection_and_another_one_is_made(engine, events, line):
    until(events, lambda found: found.get(("soak.event_gaps", None)) == 0)
    engine.streams[0].put.put(line)
    until(events, lambda _found: len(engine.streams) == 2)


def test_an_engine_that_stays_away_is_noted_once():
    events = EngineEvents(Engine(reachable=False), ["p"], time.time)
    events.start()
    time.sleep(1.2)
    events.stop()
    assert [text for _at, text in events.drain()[1]] == ["the engine does not answer"]


def test_only_what_has_changed_is_told_again(engine, events):
    found = until(events, lambda found: ("container.deaths", "app") in found)
    assert found["container.deaths", "app"] == 0
    assert events.drain()[0] == []


def test_what_was_asked_for_again_is_not_taken_for_read_before_it_had_the_time_to_come(engine):
    now = [100 * 10**9]
    events = EngineEvents(engine, ["p"], time.time, clock=lambda: now[0])
    events.start()
    until(events, lambda found: found.get(("soak.event_gaps", None)) == 0)
    now[0] += 4 * 10**9
    events.drain()
    assert events.kept["position"] == 100 * 10**9
    now[0] += 1
    events.drain()
    assert events.kept["position"] == 102 * 10**9 + 1
    events.stop()
