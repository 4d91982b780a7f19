# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""k6 and locust send the declared load: what they report is what a server has seen, and what they could not send is counted.

The programs are found beside the Python that runs the tests, or on PATH; a test whose program is not there is skipped.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from load_shop import PASSWORD, SLOW, Drained, Shop, load_of, program, senders, serving

from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_control import SoakControl
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_files import soak_folder


@pytest.fixture
def address() -> Iterator[str]:
    with serving("127.0.0.1") as url:
        yield url


@pytest.mark.parametrize(("engine", "processes"), [("k6", 1), ("locust", 1), ("locust", 2)])
def test_what_is_reported_is_what_the_server_has_seen(engine: str, processes: int, address: str, tmp_path: Path) -> None:
    told = Drained(load_of(engine, address, tmp_path, processes=processes))
    told.load.start()
    try:
        told.until(lambda tally: tally.requests > 0)
        time.sleep(5)
    finally:
        told.load.stop()
    tally = told.look()
    seen = sum(Shop.seen.values())
    # What was under way when it was stopped was seen and is told by nobody: a request for each sender at most.
    assert seen - 4 <= tally.requests <= seen
    assert (tally.errors, tally.failures, len(tally.durations)) == (0, [], tally.requests)
    assert tally.saturated == 0
    assert 80 <= tally.requests <= 22 * 10
    page, private = Shop.seen["/page", 200], Shop.seen["/private", 200]
    assert abs(page - 2 * private) <= 6
    assert 1 <= Shop.seen["/login", 200] <= 1 + processes
    assert not any(PASSWORD in file.read_text() for file in tmp_path.iterdir() if file.is_file())


@pytest.mark.parametrize("engine", ["k6", "locust"])
def test_a_slow_service_makes_dropped_requests_and_not_fewer(engine: str, address: str, tmp_path: Path) -> None:
    told = Drained(load_of(engine, address, tmp_path, workers=2, session={}, mix=[{"steps": [{"request": "GET /slow"}]}]))
    told.load.start()
    try:
        told.until(lambda tally: tally.requests > 0)
        time.sleep(5)
    finally:
        told.load.stop()
    tally = told.look()
    assert tally.requests <= 2 * 11 / SLOW
    assert tally.requests + tally.saturated >= 5 * 22 - 2 * 8 - 22
    assert tally.saturated > 50


@pytest.mark.parametrize("engine", ["k6", "locust"])
def test_a_program_that_is_killed_is_started_again_and_its_time_is_counted(engine: str, address: str, tmp_path: Path) -> None:
    told = Drained(load_of(engine, address, tmp_path))
    told.load.start()
    try:
        told.until(lambda tally: tally.requests > 20)
        os.killpg(told.load.processes()[0], signal.SIGKILL)
        told.until(lambda tally: tally.saturated > 22)
        before = told.look().requests
        told.until(lambda tally: tally.requests > before + 20)
    finally:
        told.load.stop()
    assert any("ended in mid-soak" in text for _at, text in told.look().failures)


@pytest.mark.parametrize("engine", ["k6", "locust"])
def test_an_answer_that_is_not_the_expected_one_is_an_error(engine: str, address: str, tmp_path: Path) -> None:
    told = Drained(load_of(engine, address, tmp_path, session={}, mix=[{"steps": [{"request": "GET /nothing"}, {"request": "GET /page"}]}]))
    told.load.start()
    try:
        told.until(lambda tally: tally.requests > 20)
    finally:
        told.load.stop()
    tally = told.look()
    assert (tally.errors, tally.saturated) == (tally.requests, 0)
    assert tally.failures[0][1] == "GET /nothing: answered 404 instead of 200"
    assert Shop.seen["/page", 200] == 0


@pytest.mark.parametrize(("engine", "processes"), [("k6", 1), ("locust", 2)])
def test_the_load_of_a_killed_agent_dies_with_it_and_the_next_agent_sends_its_own(
    engine: str, processes: int, address: str, tmp_path: Path
) -> None:
    load = {
        "engine": engine, "program": program(engine), "processes": processes, "base_url": address, "rate_per_second": 10, "workers": 4,
        "mix": [{"steps": [{"request": "GET /page"}]}],
    }  # fmt: skip
    folder = soak_folder(str(tmp_path), "r-1")
    control = SoakControl(folder)
    plan = {"run": "r-1", "duration_seconds": 90, "interval_seconds": 1, "projects": ["s6nothing"], "load": load}

    def eventually(holds: Callable[[], Any]) -> None:
        ends = time.monotonic() + 20
        while not holds():
            assert time.monotonic() < ends, Path(folder.file("agent.log")).read_text()
            time.sleep(0.2)

    control.start(plan, {})
    try:
        eventually(lambda: Shop.seen["/page", 200] > 10)
        first, agent = senders(folder.path), control.agent()
        assert first and agent
        os.kill(agent, signal.SIGKILL)
        eventually(lambda: not first & senders(folder.path))
        eventually(lambda: senders(folder.path) and control.agent() not in (None, agent))
        before = Shop.seen["/page", 200]
        eventually(lambda: Shop.seen["/page", 200] > before + 10)
    finally:
        control.stop()
    eventually(lambda: not senders(folder.path))
