# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import http.server
import threading
import time

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_plan import parse_plan
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.load import LoadGenerator


class App(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/slow":
            time.sleep(0.3)
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments):
        pass


@pytest.fixture(scope="module")
def address():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), App)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def tally(address, request, seconds=1.0, **load):
    settings = {"base_url": address, "rate_per_second": 20, "mix": [{"steps": [{"request": request}]}], **load}
    plan = parse_plan({"run": "r", "duration_seconds": 9, "interval_seconds": 1, "projects": ["p"], "load": settings})
    generator = LoadGenerator(plan.load, {}, time.time)
    generator.start()
    time.sleep(seconds)
    generator.stop()
    return generator.drain()


def test_requests_are_sent_at_the_constant_rate(address):
    found = tally(address, "GET /")
    assert 5 <= found.requests <= 22  # a busy machine may be late, never early
    assert (found.errors, len(found.durations)) == (0, found.requests)


def test_an_answer_that_is_not_the_expected_one_is_an_error(address):
    found = tally(address, "GET /broken", seconds=0.5)
    assert found.errors == found.requests > 0
    assert found.failures[0][1] == "GET /broken: answered 500 instead of 200"


def test_nobody_who_answers_is_an_error_without_a_duration():
    found = tally("http://127.0.0.1:9", "GET /", seconds=0.5)
    assert found.errors == found.requests > 0
    assert found.durations == []


def test_latency_counts_from_the_intended_start(address):
    found = tally(address, "GET /slow", seconds=1.2, workers=1)
    waits = [seconds for _at, seconds in found.durations]
    assert waits[0] == pytest.approx(0.3, abs=0.15)
    assert waits[-1] > 0.6


def test_what_the_generator_cannot_send_is_counted(address):
    assert tally(address, "GET /slow", seconds=1.0, workers=1, rate_per_second=60).saturated > 0
