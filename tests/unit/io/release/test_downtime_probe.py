# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the downtime meter takes for a good answer, told by real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.downtime_probe import ask

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@contextmanager
def server(said: bytes, closes: bool = True) -> Iterator[str]:
    """Says these bytes to one visitor, and closes the connection or keeps it open until the block has ended."""
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            visitor, _address = listening.accept()
            with visitor:
                visitor.recv(65536)
                visitor.sendall(said)
                if not closes:
                    done.wait(10)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/health?x=1"
        done.set()
        thread.join(10)


@pytest.mark.parametrize(
    "said",
    [
        OK + b"Content-Length: 2\r\n\r\nok",
        OK + b"\r\nuntil the end",
        CHUNKED + b"2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 204 No Content\r\n\r\n",
    ],
)
def test_a_whole_answer_below_400_is_good(said: bytes) -> None:
    with server(said) as url:
        assert ask(url, 5) == ""


@pytest.mark.parametrize("said", [OK + b"Content-Length: 2\r\n\r\nok", CHUNKED + b"2\r\nok\r\n0\r\n\r\n"])
def test_a_whole_answer_is_not_waited_on_where_the_server_keeps_the_connection(said: bytes) -> None:
    with server(said, closes=False) as url:
        assert ask(url, 0.5) == ""


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (b"", "closed before the answer"),
        (OK + b"Content-Len", "closed before the answer"),
        (OK + b"Content-Length: 3\r\n\r\nok", "cut off"),
        (CHUNKED + b"2\r\nok\r\n", "cut off"),
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "status 400"),
        (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", "status 503"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "cut off"),
        (b"HTTP/1.1 many OK\r\n\r\n", "ValueError"),
        (b"HTTP/1.1\r\n\r\n", "IndexError"),
    ],
)
def test_everything_else_is_a_failure_that_says_why(said: bytes, wrong: str) -> None:
    with server(said) as url:
        assert wrong in ask(url, 5)


def test_a_server_that_says_nothing_is_given_up_in_time() -> None:
    with server(b"", closes=False) as url:
        assert "time" in ask(url, 0.2).lower()


def test_where_nobody_listens_the_connection_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert "Refused" in ask(f"http://127.0.0.1:{port}/", 5)
