# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import http.server
import threading
import time

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_plan import Probe
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.probes import Probes


class App(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/hangs":
            time.sleep(2)
        self.send_response({"/broken": 503, "/moved": 302}.get(self.path, 200))
        self.send_header("Content-Length", "0")
        self.send_header("Location", "http://elsewhere.invalid/")
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


def asked(url, timeout=0.5, late=0.0):
    """Rows and notes of one question that was to be asked `late` seconds ago."""
    probe = Probe("web", url, timeout)
    probes = Probes([probe], 10.0, time.time)
    probes.ask(probe, time.monotonic() - late)
    rows, notes = probes.drain()
    assert all(labels == {"service": "web"} for _metric, labels, _at, _value in rows)
    return {metric: value for metric, _labels, _at, value in rows}, [text for _at, text in notes]


@pytest.mark.parametrize("path", ["/", "/moved"])
def test_a_service_that_answers_is_no_failure(address, path):
    found, notes = asked(address + path, timeout=5.0)
    assert (found["probe.requests"], found["probe.failed"], notes) == (1, 0, [])
    assert 0 < found["probe.duration"] < 5


@pytest.mark.parametrize(("path", "said"), [("/broken", "answered 503"), ("/hangs", "no answer in time")])
def test_a_service_that_breaks_or_hangs_is_a_failure_with_its_reason(address, path, said):
    found, notes = asked(address + path)
    assert (found["probe.requests"], found["probe.failed"]) == (1, 1)
    assert said in notes[0]


def test_a_service_that_stays_away_is_noted_once():
    probe = Probe("web", "http://127.0.0.1:1/", 1.0)
    probes = Probes([probe], 10.0, time.time)
    for _ in range(3):
        probes.ask(probe, time.monotonic())
    assert len(probes.drain()[1]) == 1
    assert probes.kept["web"] == [3, 3]


def test_a_service_that_is_gone_is_a_failure():
    assert asked("http://127.0.0.1:1/")[0]["probe.failed"] == 1


def test_time_counts_from_when_it_was_to_be_asked_and_what_is_too_late_is_a_failure(address):
    found, _notes = asked(address, timeout=5.0, late=0.3)
    assert (found["probe.duration"] >= 0.3, found["probe.failed"]) == (True, 0)
    found, notes = asked(address, timeout=5.0, late=5.1)
    assert (found["probe.failed"], "took" in notes[0]) == (1, True)


def test_what_was_counted_before_is_told_first_so_that_the_first_question_counts(address):
    probes = Probes([Probe("web", address + "/broken", 1.0)], 10.0, time.time, {"web": [7, 2]})
    probes.start()
    rows, ends = probes.drain()[0], time.monotonic() + 5
    while probes.kept["web"] == [7, 2] and time.monotonic() < ends:
        rows += probes.drain()[0]
    probes.stop()
    counts = [(metric, value) for metric, _labels, _at, value in rows if metric != "probe.duration"]
    assert counts == [("probe.requests", 7), ("probe.failed", 2), ("probe.requests", 8), ("probe.failed", 3)]


def test_one_that_hangs_keeps_no_other_waiting_and_all_are_asked_on_time(address):
    probes = Probes([Probe("hangs", address + "/hangs", 0.2), Probe("web", address, 5.0)], 0.25, time.time)
    probes.start()
    time.sleep(1.1)
    probes.stop()
    probes.drain()
    (well, bad), (stuck, hung) = probes.kept["web"], probes.kept["hangs"]
    assert (bad, hung) == (0, stuck)
    assert 2 <= well <= 5
    assert stuck >= 2
