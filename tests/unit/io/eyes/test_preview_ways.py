# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A tunnel and an end of TLS, with a plain server behind them; the real ssh server is in tests/integration."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import CommandError, ServiceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.eyes.preview import Lead, parse_leads
from ansible_collections.proofile.stagegate.plugins.module_utils.io.eyes.preview_ways import Tunnel, open_ways


class Echo(BaseHTTPRequestHandler):
    """Says how it was asked."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        said = f"{self.headers['Host']} {self.headers['X-Forwarded-Proto']} {len(body)}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_words: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join(5)


def leads_to(port: int, scheme: str = "https") -> tuple[Lead, ...]:
    return parse_leads([{"public": f"{scheme}://shop.example", "preview": f"http://127.0.0.1:{port}"}])


def post(way: tuple[str, int], body: bytes) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(socket.create_connection(way, timeout=10)) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: shop.example\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        answer = b""
        while block := connection.recv(65536):
            answer += block
        return answer


def test_a_request_over_tls_arrives_without_it_and_says_so(port: int) -> None:
    leads = leads_to(port)
    with open_ways(leads, Tunnel()) as ways:
        assert post(ways[leads[0]], b"x").endswith(b"shop.example https 1")
        assert post(ways[leads[0]], b"x" * 3_000_000).endswith(b"shop.example https 3000000")


def test_a_release_that_does_not_answer_is_a_bad_gateway_and_the_end_goes_on(port: int) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        leads = leads_to(closed.getsockname()[1])
        with open_ways(leads, Tunnel()) as ways:
            assert post(ways[leads[0]], b"").startswith(b"HTTP/1.1 502 ")
            assert post(ways[leads[0]], b"").startswith(b"HTTP/1.1 502 ")


def test_nothing_listens_any_more_when_the_block_is_left(port: int) -> None:
    leads = leads_to(port)
    with open_ways(leads, Tunnel()) as ways:
        pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(ways[leads[0]], timeout=2)


def test_what_is_reached_directly_gets_nothing_in_between(port: int) -> None:
    leads = leads_to(port, "http")
    with open_ways(leads, Tunnel()) as ways:
        assert ways == {leads[0]: ("127.0.0.1", port)}


def test_the_tunnel_asks_nothing_and_ends_when_a_port_cannot_be_led() -> None:
    forward = "127.0.0.1:40001:127.0.0.1:18000"
    argv = Tunnel("staging.example", 2222, "ops", "/keys/ops", "-J 'ops@bastion'").argv([forward])
    assert argv[:3] == ["ssh", "-N", "-T"]
    assert "BatchMode=yes" in argv
    assert "ExitOnForwardFailure=yes" in argv
    tail = ["-p", "2222", "-l", "ops", "-i", "/keys/ops", "-J", "ops@bastion", "-L", forward, "--", "staging.example"]
    assert argv[-len(tail) :] == tail


def test_a_host_that_looks_like_an_option_stays_a_host() -> None:
    assert Tunnel("-oProxyCommand=touch /tmp/x").argv([])[-2:] == ["--", "-oProxyCommand=touch /tmp/x"]


def stand_in(folder: Path, body: str) -> str:
    program = folder / "ssh"
    program.write_text(f"#!{sys.executable}\nimport sys\n{body}\n")
    program.chmod(0o755)
    return str(program)


def test_an_ssh_that_ends_at_once_is_told_with_its_last_words(tmp_path: Path) -> None:
    program = stand_in(tmp_path, "sys.exit('Host key verification failed.')")
    unreachable = Tunnel("staging.example", program=program)
    told = r"staging\.example .*code 1: Host key verification failed\..*what to do"
    with pytest.raises(ServiceError, match=told), open_ways(leads_to(18000), unreachable):
        raise AssertionError("the block must not run")


def test_a_probe_without_ssh_is_told_what_to_install() -> None:
    with pytest.raises(CommandError, match="install the OpenSSH client"), open_ways(leads_to(18000), Tunnel("h", program="/nowhere/ssh")):
        pass
