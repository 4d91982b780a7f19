# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting for the sessions of a colour, against an edge that answers from a script."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import CommandError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.edge_sessions import Drained
from ansible_collections.proofile.stagegate.plugins.module_utils.io.edge.edge_drain import PAUSE_SECONDS, EdgeDrain
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.docker_cli import Engine
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.command import Completed


class Clock:
    """Time passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class ScriptedEdge:
    """Plays the edge of `app`, green live: the sessions on blue follow `sessions` (the last number stays)."""

    def __init__(
        self, *sessions: int, live: str = "green", running: bool = True, deaf: bool = False, workers: Sequence[int] = (1,)
    ) -> None:
        self.sessions = list(sessions)
        self.live, self.running, self.deaf = live, running, deaf
        self.workers = list(workers)

    def __call__(self, argv: Sequence[str], stdin: str = "", **_options: Any) -> Completed:
        words = " ".join(argv)
        text = ""
        if words.startswith("docker ps"):
            text = "e1" if self.running else ""
        elif words.startswith("docker inspect"):
            labels = {"com.docker.compose.project": "app-edge", "com.docker.compose.service": "edge"}
            text = json.dumps([{"Id": "e1", "Name": "/app-edge-edge-1", "State": {"Status": "running"}, "Config": {"Labels": labels}}])
        elif self.deaf and "show stat" in stdin:
            return Completed(tuple(argv), 1, "", "Connection refused")
        elif "/proc/" in words:
            text = "haproxy\n" * (1 + self._next(self.workers))
        elif "show stat" in stdin:
            text = f"description: d1\n\n0x1 app {self.live}\n\n# pxname,svname,qcur,scur\n"
            text += f"web_80_blue,app,0,{self._next(self.sessions)}\nweb_80_green,app,0,99\n"
        return Completed(tuple(argv), 0, text, "")

    @staticmethod
    def _next(values: list[int]) -> int:
        return values.pop(0) if len(values) > 1 else values[0]


def drained(edge: ScriptedEdge, project: str = "app-blue", seconds: float = 2.0) -> Drained | None:
    clock = Clock()
    return EdgeDrain("app", Engine(edge), clock, clock.sleep).wait(project, seconds)


def test_a_colour_that_nobody_is_on_costs_no_time() -> None:
    assert drained(ScriptedEdge(0)) == Drained(0.0, 0, 0)


def test_sessions_are_waited_for_until_the_last_one_has_ended() -> None:
    found = drained(ScriptedEdge(3, 2, 0))
    assert found is not None
    assert (found.at_first, found.left) == (3, 0)
    assert found.seconds == pytest.approx(2 * PAUSE_SECONDS)


def test_sessions_that_outlive_the_deadline_are_told() -> None:
    found = drained(ScriptedEdge(2, 1))
    assert found is not None
    assert (found.at_first, found.left) == (2, 1)
    assert 2.0 <= found.seconds < 2.0 + 2 * PAUSE_SECONDS


def test_without_time_to_wait_it_is_only_looked() -> None:
    assert drained(ScriptedEdge(4), seconds=0) == Drained(0.0, 4, 4)


def test_what_a_reload_has_left_behind_is_waited_for_too() -> None:
    found = drained(ScriptedEdge(0, workers=(2, 2, 1)))
    assert found is not None
    assert (found.at_first, found.left) == (1, 0)
    assert found.seconds == pytest.approx(2 * PAUSE_SECONDS)


@pytest.mark.parametrize("project", ["app-data", "app-edge", "other-blue"])
def test_a_project_that_is_no_colour_of_the_application_is_not_waited_for(project: str) -> None:
    assert drained(ScriptedEdge(5), project) is None


@pytest.mark.parametrize("edge", [ScriptedEdge(5, live="blue"), ScriptedEdge(5, live=""), ScriptedEdge(5, running=False)])
def test_nothing_is_waited_for_where_requests_never_end_or_never_come(edge: ScriptedEdge) -> None:
    assert drained(edge) is None


def test_an_edge_that_does_not_answer_is_not_one_without_sessions() -> None:
    with pytest.raises(CommandError, match="runtime socket does not answer"):
        drained(ScriptedEdge(0, deaf=True))
