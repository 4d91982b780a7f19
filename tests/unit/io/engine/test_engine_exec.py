# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import socketserver
import threading

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError, ServiceError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.engine_exec import EngineExec


class Answers(socketserver.StreamRequestHandler):
    """Gives the answers of the server one after the other."""

    def handle(self):
        length = 0
        while line := self.rfile.readline().strip().lower():
            length = int(line.split()[1]) if line.startswith(b"content-length:") else length
        self.rfile.read(length)
        status, body = self.server.answers.pop(0)
        self.wfile.write(b"nonsense\r\n" if body is None else b"HTTP/1.1 %d x\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))


@pytest.fixture
def engine(tmp_path):
    path = str(tmp_path / "engine.sock")
    with socketserver.UnixStreamServer(path, Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()

        def ask(*answers):
            server.answers = list(answers)
            return EngineExec(path)(["docker", "exec", "c1", "echo", "hi"], timeout=2.0)

        yield ask
        server.shutdown()


SAID = b"\x01\x00\x00\x00\x00\x00\x00\x02hi\x02\x00\x00\x00\x00\x00\x00\x03oh!"


@pytest.mark.parametrize(("code", "ended"), [(b"0", 0), (b"3", 3), (b"null", -1)])
def test_what_a_command_said_and_how_it_ended_is_told(engine, code, ended):
    done = engine((201, b'{"Id": "e1"}'), (200, SAID), (200, b'{"ExitCode": ' + code + b"}"))
    assert (done.stdout, done.stderr, done.rc) == ("hi", "oh!", ended)


@pytest.mark.parametrize("answers", [[(201, b"[]")], [(201, b"{")], [(201, b'{"Id": 7}')], [(409, b"not running")], [(200, None)]])
def test_an_answer_that_nobody_can_use_is_an_error_of_the_service(engine, answers):
    with pytest.raises(ServiceError):
        engine(*answers)


def test_an_engine_that_is_not_there_is_an_error_of_the_service(tmp_path):
    with pytest.raises(ServiceError, match="does not answer"):
        EngineExec(str(tmp_path / "none.sock"))(["docker", "exec", "c1", "true"])


def test_nothing_but_exec_is_asked_of_the_engine(tmp_path):
    with pytest.raises(InputError):
        EngineExec(str(tmp_path))(["docker", "rm", "c1", "--force"])
