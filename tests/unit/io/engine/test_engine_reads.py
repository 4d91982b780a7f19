# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading at the engine's socket and by its client: the same answers, and the client's word where the socket has none."""

from __future__ import annotations

import json
import socketserver
import threading
from urllib.parse import unquote

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import CommandError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.docker_cli import Engine
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.engine_reads import EngineReads, socket_of_client
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.engine_socket import EngineSocket
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.command import Completed


class Answers(socketserver.StreamRequestHandler):
    """Gives what the server has at a path; 404 for any other."""

    def handle(self):
        path = unquote(self.rfile.readline().split()[1].decode())
        self.server.asked.append(path)
        status, answer = self.server.told.get(path, (404, {"message": "no such thing"}))
        body = json.dumps(answer).encode()
        self.wfile.write(b"HTTP/1.1 %d x\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))


@pytest.fixture
def engine(tmp_path):
    with socketserver.UnixStreamServer(str(tmp_path / "engine.sock"), Answers) as server:
        server.told, server.asked = {}, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


class Client:
    """The engine's client, which knows one container and one image."""

    def __init__(self, rc=0):
        self.rc = rc
        self.started = []

    def __call__(self, argv, **_other):
        self.started.append(argv[1])
        said = {"ps": "c9\n", "inspect": '[{"Id": "c9"}]', "image": "sha256:9\n"}[argv[1]]
        return Completed(tuple(argv), self.rc, said if self.rc == 0 else "", "no engine")


def reads(engine, client):
    return EngineReads(client, EngineSocket(engine.server_address, timeout=2.0))


LISTED = '/containers/json?all=1&filters={"label": ["com.docker.compose.project=app-blue"]}'
LABELS = ["com.docker.compose.project=app-blue"]


def test_what_the_socket_says_is_taken_without_starting_the_client(engine):
    client = Client()
    engine.told = {LISTED: (200, [{"Id": "c1"}, {"Id": "c2"}])}
    engine.told.update({f"/containers/{name}/json": (200, {"Id": name}) for name in ("c1", "c2")})
    assert reads(engine, client).containers(LABELS) == [{"Id": "c1"}, {"Id": "c2"}]
    assert client.started == []


def test_a_container_that_goes_away_in_between_is_left_out(engine):
    engine.told = {LISTED: (200, [{"Id": "c1"}, {"Id": "c2"}]), "/containers/c2/json": (200, {"Id": "c2"})}
    assert reads(engine, Client()).containers(LABELS) == [{"Id": "c2"}]


def test_all_containers_are_asked_for_where_no_label_is_given(engine):
    engine.told = {"/containers/json?all=1": (200, [])}
    assert reads(engine, Client()).containers([]) == []


@pytest.mark.parametrize("told", [{}, {LISTED: (500, {"message": "busy"})}])
def test_the_client_is_asked_where_the_socket_has_no_answer(engine, told):
    client = Client()
    engine.told = told
    assert reads(engine, client).containers(LABELS) == [{"Id": "c9"}]
    assert client.started == ["ps", "inspect"]


def test_it_is_the_client_that_says_why_nobody_answers(tmp_path):
    nobody = EngineReads(Client(rc=1), EngineSocket(str(tmp_path / "none.sock"), timeout=1.0))
    with pytest.raises(CommandError, match="the engine does not answer") as error:
        nobody.containers(LABELS)
    assert "no engine" in error.value.why


def test_the_id_of_an_image_is_read_at_the_socket(engine):
    client = Client()
    engine.told = {"/images/registry.local:5000/app/api:1@x/json": (200, {"Id": "sha256:1"})}
    assert reads(engine, client).image_id("registry.local:5000/app/api:1@x") == "sha256:1"
    assert reads(engine, client).image_id("app:none") == ""
    assert client.started == []


def test_the_client_is_asked_for_an_image_where_the_socket_fails(tmp_path):
    assert EngineReads(Client(), EngineSocket(str(tmp_path / "none.sock"), timeout=1.0)).image_id("app:1") == "sha256:9"


def test_who_hands_in_a_client_is_asked_no_socket(engine, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{engine.server_address}")
    assert Engine(Client()).image_id("app:1") == "sha256:9"
    assert engine.asked == []


def test_the_socket_is_that_of_the_clients_settings(tmp_path):
    (tmp_path / "config.json").write_text('{"currentContext": "far"}')
    assert socket_of_client({"DOCKER_CONFIG": str(tmp_path)}) is None
    assert socket_of_client({"DOCKER_CONFIG": str(tmp_path / "none")}) is not None


@pytest.mark.parametrize("settings", ["no json", "[]", '{"currentContext": null}'])
def test_settings_that_say_nothing_leave_the_socket_of_the_system(tmp_path, settings):
    (tmp_path / "config.json").write_text(settings)
    assert socket_of_client({"DOCKER_CONFIG": str(tmp_path)}) is not None
