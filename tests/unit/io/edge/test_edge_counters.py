# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import os
import socket
import threading

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import CommandError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.edge_config import SOCKET_PATH
from ansible_collections.proofile.stagegate.plugins.module_utils.io.edge.edge_counters import read_edge
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.command import Completed

SAID = "Pid: 8\n\n# pxname,svname,hrsp_5xx,req_tot,econ,eresp,wretr,ttime,\nport_80,FRONTEND,1,9,,,,,\nweb,BACKEND,1,9,0,0,0,5,\n"
CONTAINER = {"Id": "abc", "State": {"Pid": 77, "StartedAt": "t1"}}


def never(argv, **_options):
    raise AssertionError(argv)


@pytest.fixture
def runtime_socket(tmp_path, monkeypatch):
    """HAProxy's socket, as root sees it through /proc."""
    path = tmp_path / "77" / "root" / SOCKET_PATH.lstrip("/")
    path.parent.mkdir(parents=True)
    monkeypatch.chdir(path.parent)  # its full name would be too long for a socket
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(path.name)
    listening.listen()

    def answer():
        connection, _address = listening.accept()
        with connection:
            assert connection.recv(100) == b"show info;show stat\n"
            connection.sendall(SAID.encode())

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    yield os.path.relpath(tmp_path)
    thread.join(2)
    listening.close()


def test_root_asks_the_socket_itself(runtime_socket):
    process, reading = read_edge(CONTAINER, never, runtime_socket)
    assert process == "abc t1 8"
    assert reading.counters["edge.requests", "80"] == 9


def test_everybody_else_asks_in_the_container(tmp_path):
    def runner(argv, stdin, **_options):
        assert (argv[:4], stdin) == (["docker", "exec", "-i", "abc"], "show info;show stat\n")
        return Completed(tuple(argv), 0, SAID, "")

    assert read_edge(CONTAINER, runner, str(tmp_path))[1].counters["edge.errors_5xx", "80"] == 1


def test_an_edge_that_does_not_answer_is_an_error(tmp_path):
    with pytest.raises(CommandError, match="does not answer"):
        read_edge(CONTAINER, lambda argv, **_options: Completed(tuple(argv), 1, "", "gone"), str(tmp_path))
