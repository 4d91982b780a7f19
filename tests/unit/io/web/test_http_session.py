# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import http.server
import threading

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError, ServiceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.eyes.api_journey import parse_steps
from ansible_collections.proofile.stagegate.plugins.module_utils.io.eyes.journey import walk
from ansible_collections.proofile.stagegate.plugins.module_utils.io.web.http_session import HttpSession, split_url


class App(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/away":
            self.answer(302, Location="http://example.invalid/")
        elif self.path == "/here":
            self.answer(302, Location="/big")
        elif self.path == "/round":
            self.answer(302, Location="/round")
        elif self.path == "/drop":
            self.close_connection = True
        elif self.path == "/logout":
            self.answer(200, Set_Cookie="session=; Max-Age=0; Path=/")
        elif self.path == "/me":
            self.answer(200, b'{"id": 5, "cookie": "%s"}' % self.headers.get("Cookie", "").encode())
        else:
            self.answer(200, b"x" * 5000)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(200 if b"s3cret" in body else 401, b'{"echo": "s3cret"}', Set_Cookie="session=abc; HttpOnly; Path=/")

    def log_message(self, *_args):
        pass


@pytest.fixture(scope="module")
def address():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), App)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def session(address):
    with HttpSession(address) as opened:
        yield opened


def test_cookies_are_kept_and_dropped(session):
    session.request("POST", "/login", body=b"s3cret")
    assert "session=abc" in session.request("GET", "/me").text
    session.request("GET", "/logout")
    assert session.cookies.values == {}


def test_a_redirect_to_another_host_is_not_followed(session):
    assert session.request("GET", "/away").status == 302


def test_a_redirect_on_the_same_host_is_followed_but_not_for_ever(session):
    assert session.request("GET", "/here").status == 200
    with pytest.raises(ServiceError, match="circle"):
        session.request("GET", "/round")


def test_a_body_is_read_up_to_its_limit(address):
    reply = HttpSession(address, max_body=100).request("GET", "/big")
    assert (len(reply.text), reply.truncated) == (100, True)


def test_no_answer_is_a_service_error(session):
    with pytest.raises(ServiceError, match="got no answer"):
        session.request("GET", "/drop")
    with pytest.raises(ServiceError, match="got no answer"):
        HttpSession("http://127.0.0.1:9").request("GET", "/")


def test_an_address_that_is_none_is_an_input_error():
    with pytest.raises(InputError):
        HttpSession("localhost:8000")


def test_an_address_is_split_into_base_and_path():
    assert split_url("http://a:1/b?c=d") == ("http://a:1", "/b?c=d")
    assert split_url("http://a:1") == ("http://a:1", "/")


def test_a_journey_stops_at_its_first_failure_and_hides_secrets(session):
    steps = parse_steps(
        [
            {"request": "POST /login", "json": {"p": {"secret": "p"}}, "expect_json": {"echo": "other"}},
            {"request": "GET /me"},
        ]
    )
    results = walk(session, steps, {"p": "s3cret"})
    assert len(results) == 1
    assert results[0].failures == ("POST /login: echo is '***' instead of 'other'",)


def test_a_journey_hands_values_on(session):
    steps = parse_steps([{"request": "GET /me", "save": {"id": "id"}}, {"request": "GET /x/{id}"}])
    assert [result.ok for result in walk(session, steps, {})] == [True, True]
