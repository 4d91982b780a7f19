# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Releases that take each other's place on a real engine, behind the real edge, while requests come in all the time."""

from __future__ import annotations

import base64
import http.client
import os
import socket
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.error import HTTPError

import pytest
from loaded_release import LoadedApp, load

ROUNDS = 20
RATE = 200  # requests a second, each on a connection of its own
KEPT = 8  # clients that keep theirs


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoadedApp]:
    """The application with its release 0 live."""
    made = LoadedApp("sgload", 8640, tmp_path_factory.mktemp("sgload"))
    made.remove()
    made.build()
    try:
        made.deploy(release(0))
        yield made
    finally:
        made.remove()


def release(number: int) -> str:
    return f"{number:012x}"


def asked(app: LoadedApp, path: str = "/") -> str:
    """Who answers a request of its own; `status 503` where the edge says that nobody does."""
    try:
        with urllib.request.urlopen(app.url + path, timeout=120) as answer:
            return answer.read().decode()
    except HTTPError as error:
        return f"status {error.code}"


class WebSocket:
    """A client of the echo, as small as the protocol allows."""

    def __init__(self, app: LoadedApp) -> None:
        self._socket = socket.create_connection(("127.0.0.1", app.port), timeout=60)
        key = base64.b64encode(os.urandom(16)).decode()
        upgrade = f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}"
        self._socket.sendall(f"GET /ws HTTP/1.1\r\nHost: edge\r\n{upgrade}\r\n\r\n".encode())
        self._stream = self._socket.makefile("rb")
        status = self._stream.readline().split()[1]
        assert status == b"101", status
        while self._stream.readline().strip():
            pass

    def echo(self, text: str) -> str:
        """What the server says to it; empty when the connection is gone."""
        self._socket.sendall(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text.encode())
        head = self._stream.read(2)
        return self._stream.read(head[1]).decode() if head else ""

    def close(self) -> None:
        self._stream.close()
        self._socket.close()


def test_twenty_deployments_and_twenty_rollbacks_lose_no_request(app: LoadedApp, record_property: Any) -> None:
    begun = time.monotonic()
    back = []
    with load(app.url, RATE, KEPT) as told:
        for number in range(1, ROUNDS + 1, 2):
            one, two = (app.deploy(release(number + more)) for more in range(2))
            # Back to the one before, and back from there: each time what runs in the other colour serves at once.
            back += [app.switch(kept.release, kept.colour) for kept in (one, two)]
    seconds = time.monotonic() - begun
    record_property("slowest_request_seconds", told["slowest"])
    record_property("rollback_seconds", sorted(back))
    print(f"{told['requests']} requests in {seconds:.0f} s, slowest {told['slowest'] * 1000:.0f} ms, p99 {told['p99'] * 1000:.0f} ms,")
    print(f"longest time without an answer {told['longest_gap'] * 1000:.0f} ms; rollbacks {min(back):.2f} to {max(back):.2f} s")
    assert told["failed"] == []
    assert len(back) == ROUNDS
    # The load was there: at least nine tenths of what was due was sent, and each release has answered.
    assert told["requests"] - told["kept_requests"] > RATE * seconds * 0.9 - RATE
    assert set(told["releases"]) == {release(number) for number in range(ROUNDS + 1)}
    # Clients with a connection of their own moved with each switch, and not one of them had to connect again.
    assert told["kept_connections"] == KEPT
    assert told["kept_requests"] > ROUNDS * KEPT


def test_a_kept_connection_moves_with_its_next_request(app: LoadedApp) -> None:
    old = asked(app)
    started = app.start("0000000000a1")
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=30)
    answers = []
    for switch in (False, True):
        if switch:
            app.switch(started.release, started.colour)
        connection.request("GET", "/")
        mine = connection.sock
        answers.append(connection.getresponse().read().decode())
        assert connection.sock is mine  # it was not opened anew
    connection.close()
    assert answers == [old, "0000000000a1"]


def test_requests_and_websockets_under_way_stay_on_the_old_side_and_are_waited_for_before_it_is_replaced(app: LoadedApp) -> None:
    old = asked(app)
    chat = WebSocket(app)
    assert chat.echo("one") == f"{old} one"
    waits: list[float] = []

    def wait(seconds: float) -> None:
        """The first time that somebody is waited for, the request under way gets its answer."""
        if not waits:
            assert not held.done()
            with urllib.request.urlopen(f"http://127.0.0.1:{app.preview(next_colour)}/let-go", timeout=30):
                waits.append(seconds)
        time.sleep(seconds)

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(asked, app, "/hold")
        time.sleep(1)
        new = app.deploy("0000000000b1")
        next_colour = "blue" if new.colour == "green" else "green"
        assert asked(app) == new.release
        assert chat.echo("two") == f"{old} two"
        later = WebSocket(app)
        assert later.echo("three") == f"{new.release} three"
        later.close()
        chat.close()
        # The colour of the old release is replaced now; its containers end at once when they are told to.
        next_one = app.start("0000000000b2", sleep=wait)
        assert held.result(60) == old
    assert next_one.drained is not None
    assert (next_one.drained.at_first, next_one.drained.left) == (1, 0)


def test_a_websocket_that_never_ends_is_cut_at_the_deadline_and_told(app: LoadedApp) -> None:
    old = asked(app)
    chat = WebSocket(app)
    app.deploy("0000000000c1")
    assert chat.echo("still here") == f"{old} still here"
    next_one = app.start("0000000000c2", drain_seconds=1)
    assert next_one.drained is not None
    assert next_one.drained.left == 1
    assert 1 <= next_one.drained.seconds < 5
    assert chat.echo("and now") == ""
    chat.close()


def test_a_release_that_is_never_healthy_and_one_that_is_deaf_to_sigterm_lose_no_request(app: LoadedApp) -> None:
    old = asked(app)
    with load(app.url, RATE, KEPT) as told:
        sick = app.start("0000000000d1", VARIANT="unhealthy", health_seconds=4)
        assert not sick.outcome.healthy
        deaf = app.deploy("0000000000d2", VARIANT="deaf")
        app.deploy("0000000000d3")
        begun = time.monotonic()
        app.deploy("0000000000d4")  # in the place of the deaf one, which the engine has to kill
        took = time.monotonic() - begun
    assert deaf.outcome.healthy
    assert took > 3  # the grace that the compose file gives it
    assert told["failed"] == []
    assert set(told["releases"]) == {old, "0000000000d2", "0000000000d3", "0000000000d4"}


def test_a_release_that_crashes_after_the_switch_is_told_as_unavailable_until_the_kept_one_is_switched_to(app: LoadedApp) -> None:
    old = asked(app)
    new = app.deploy("0000000000e1")
    assert asked(app) == new.release
    assert asked(app, "/crash").startswith("status 50")
    begun = time.monotonic()
    assert asked(app) == "status 503"
    assert time.monotonic() - begun < 10  # it does not hang until somebody loses patience
    ordered = time.monotonic()
    app.switch(old, "blue" if new.colour == "green" else "green")
    assert asked(app) == old
    print(f"rollback from the order to the first answer: {time.monotonic() - ordered:.2f} s")


def test_a_post_on_a_kept_connection_is_not_lost_to_a_server_that_closes_its_idle_ones(app: LoadedApp) -> None:
    idle = 0.5
    app.deploy("0000000000f1", KEEP_ALIVE_SECONDS=str(idle))

    def posts(number: int) -> list[int]:
        connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=30)
        seen = []
        for turn in range(8):
            connection.request("POST", "/", body="x")
            answer = connection.getresponse()
            answer.read()
            seen.append(answer.status)
            time.sleep(idle - 0.004 + 0.001 * ((number + turn) % 8))  # about when the server closes
        connection.close()
        return seen

    with ThreadPoolExecutor(40) as pool:
        statuses = [status for seen in pool.map(posts, range(40)) for status in seen]
    assert statuses == [200] * 320
