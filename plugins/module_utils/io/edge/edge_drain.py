# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waiting until nobody is on a colour any more, before its containers are replaced or removed."""

from __future__ import annotations

from typing import Optional

from ...core.release.compose_plan import COLOURS, project_name
from ...core.release.edge_sessions import Drained, leaving_workers, open_sessions
from ..engine.docker_cli import Engine
from ..system import clock as machine
from .edge_socket import EdgeSocket, EdgeState

PAUSE_SECONDS = 0.2


class EdgeDrain:
    """The edge of one application. Engine, clock and sleep are parameters."""

    def __init__(self, application: str, engine: Engine, clock: machine.Clock = machine.now, sleep: machine.Sleep = machine.sleep) -> None:
        self._application = application
        self._clock = clock
        self._sleep = sleep
        self._socket = EdgeSocket(application, engine, clock, sleep)

    def wait(self, project: str, seconds: float) -> Optional[Drained]:
        """Wait until the edge has no session on the colour of `project`, at most `seconds`.

        None where there is nothing to wait for: the project is no colour, the edge does not run, or the colour is live, so that
        requests never end. A request under way is never counted as gone: CommandError when the edge does not answer.
        """
        colour = next((name for name in COLOURS if project == project_name(self._application, name)), "")
        if not colour or not self._socket.is_running():
            return None
        begun = self._clock()
        seen = self._socket.look()
        if seen.colour in (None, colour):
            return None
        first = left = self._sessions(seen, colour)
        while left and self._clock() - begun < seconds:
            self._sleep(PAUSE_SECONDS)
            left = self._sessions(self._socket.look(), colour)
        return Drained(max(0.0, self._clock() - begun), first, left)

    def _sessions(self, seen: EdgeState, colour: str) -> int:
        """Those that the edge counts. A worker that a reload has left behind cannot be asked: it stays while it has at least one."""
        return open_sessions(seen.stat, colour) + leaving_workers(self._socket.process_names())
