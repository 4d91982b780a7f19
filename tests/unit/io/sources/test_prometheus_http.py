# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asking a server by HTTP that answers as the Prometheus API is documented to, and servers that do not."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError, InputError, ServiceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_facts import Wanted
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_spec import read_source
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources.prometheus import (
    STEPS_AT_ONCE,
    PrometheusServer,
    ask_prometheus,
)
from ansible_collections.proofile.stagegate.plugins.module_utils.io.web.fetch import fetch

NOON = 1795435200.0
WANTED = Wanted("1a2b3c4d5e6f", "1a2b3c4d5e6f" + "0" * 28, NOON - 3600, NOON)
LARGE = 17 * 1024 * 1024


def vector(value: str, at: float = NOON) -> Any:
    return {"status": "success", "data": {"resultType": "vector", "result": [{"metric": {"job": "api"}, "value": [at, value]}]}}


class Api(http.server.BaseHTTPRequestHandler):
    """The query says how the server behaves."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[dict[str, str]]] = []

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        asked["authorization"] = self.headers.get("Authorization", "")
        asked["endpoint"] = parts.path
        self.asked.append(asked)
        query = asked.get("query", "")
        behaviour = getattr(self, f"_{query}", None)
        if behaviour:
            behaviour()
        elif parts.path.endswith("/query_range"):
            self.document(200, self.matrix(asked))
        elif query.startswith("timestamp("):
            self.document(200, vector(str(NOON - (600 if "stale" in query else 5)), float(asked["time"])))
        elif query in ("none", "broken"):
            self.document(200, {"status": "success", "data": {"resultType": "vector", "result": []}} if query == "none" else vector("NaN"))
        else:
            self.document(200, vector("0.25", float(asked["time"])))

    def matrix(self, asked: dict[str, str]) -> Any:
        start, end, step = (float(asked[name]) for name in ("start", "end", "step"))
        times = [start + step * number for number in range(int((end - start) / step + 0.001) + 1)]
        if "hole" in asked["query"]:
            times = [at for at in times if not NOON - 3000 < at < NOON - 600]
        dated = asked["query"].startswith("timestamp(")
        values = [[at, f"{at:.3f}" if dated else "1"] for at in times]
        return {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": values}] if values else []}}

    def document(self, status: int, body: Any) -> None:
        self.raw(status, json.dumps(body).encode())

    def raw(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _bad(self) -> None:
        self.document(400, {"status": "error", "errorType": "bad_data", "error": "parse error"})

    def _slow_query(self) -> None:
        self.document(503, {"status": "error", "errorType": "timeout", "error": "query timed out"})

    def _gateway(self) -> None:
        self.raw(502, b"<html>Bad Gateway</html>")

    def _login_page(self) -> None:
        self.raw(200, b"<!doctype html><title>Sign in</title>", **{"Content-Type": "text/html"})

    def _success_with_500(self) -> None:
        self.document(500, vector("1"))

    def _away(self) -> None:
        self.raw(302, b"", Location="http://elsewhere.invalid/api/v1/query")

    def _doubled(self) -> None:
        self.raw(200, b'{"status": "error", "status": "success"}')

    def _literal_nan(self) -> None:
        self.raw(200, b'{"status": "success", "data": NaN}')

    def _nested(self) -> None:
        self.raw(200, b"[" * 20000)

    def _large(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(LARGE))
        self.end_headers()
        try:
            for _block in range(LARGE // 65536):
                self.wfile.write(b" " * 65536)
        except OSError:
            self.close_connection = True

    def _drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            for _second in range(100):
                self.wfile.write(b" ")
                time.sleep(0.05)
        except OSError:
            pass
        self.close_connection = True

    def _silent(self) -> None:
        time.sleep(1.5)
        self.close_connection = True

    def log_message(self, *_arguments: Any) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_arguments: Any) -> None:
        """Clients that hang up are what is tested."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = Server(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def ask(address: str, query: str, seconds: float = 5.0, wanted: Wanted = WANTED, **changes: Any) -> Any:
    given = {"from": "prometheus", "url": address, "sli": "host.cpu", "unit": "ratio", "select": query, "accept_unstated_release": True}
    source = read_source({**given, **changes}, 0)
    return ask_prometheus(source, PrometheusServer(source.url, {}, seconds), wanted)


def test_a_value_is_asked_at_the_time_of_the_gathering_and_dated_by_its_sample(address: str) -> None:
    Api.asked.clear()
    (found,) = ask(address, "cpu")
    assert (found.value, found.at) == (0.25, NOON - 5)
    assert [(asked["query"], asked["time"]) for asked in Api.asked] == [("cpu", f"{NOON:.3f}"), ("timestamp(cpu)", f"{NOON:.3f}")]


def test_a_server_below_a_path_is_asked_there(address: str) -> None:
    Api.asked.clear()
    assert ask(f"{address}/prom/", "cpu")
    assert Api.asked[0]["endpoint"] == "/prom/api/v1/query"


def test_trap_a_stale_sample_keeps_its_own_time_not_that_of_the_question(address: str) -> None:
    (found,) = ask(address, "stale")
    assert found.at == NOON - 600


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("none", "found no series"),
        ("broken", "no finite number"),
        ("slow_query", "query timed out"),
        ("gateway", "it answered 502.*HTML"),
        ("login_page", "it answered 200.*HTML"),
        ("success_with_500", "it answered 500"),
        ("away", "redirect to another host is not followed"),
        ("doubled", "stands twice"),
        ("literal_nan", "no number|finite"),
        ("nested", "nested|levels"),
        ("large", "too large"),
    ],
)
def test_trap_a_server_that_does_not_answer_as_it_should_gives_no_data(address: str, query: str, said: str) -> None:
    with pytest.raises((EvidenceError, ServiceError), match=said):
        ask(address, query)


@pytest.mark.parametrize("query", ["drip", "silent"])
def test_an_answer_must_be_whole_in_time(address: str, query: str) -> None:
    started = time.monotonic()
    with pytest.raises(ServiceError, match=r"not within 0\.5 s|no answer in time"):
        ask(address, query, seconds=0.5)
    assert time.monotonic() - started < 1.4


def test_nobody_there_is_no_data() -> None:
    with pytest.raises(ServiceError, match="no answer"):
        ask("http://127.0.0.1:9", "cpu")


def test_a_query_that_is_none_is_a_mistake_of_the_writer(address: str) -> None:
    with pytest.raises(InputError, match="does not understand the query") as caught:
        ask(address, "bad")
    assert caught.value.where == "sources[0]"


RANGE = {"from": "prometheus_range", "step": "1 s"}


def test_a_range_begins_with_the_phase_and_is_asked_in_pieces(address: str) -> None:
    Api.asked.clear()
    (found,) = ask(address, "cpu", **RANGE)
    assert (len(found.samples), found.samples[0][0], found.at) == (3601, WANTED.since, NOON)
    assert [asked["query"] for asked in Api.asked] == ["cpu", "cpu", "timestamp(cpu)", "timestamp(cpu)"]
    assert float(Api.asked[0]["end"]) - float(Api.asked[0]["start"]) == STEPS_AT_ONCE - 1
    assert float(Api.asked[1]["start"]) - float(Api.asked[0]["end"]) == 1


def test_a_range_never_reaches_back_before_the_phase_without_max_age(address: str) -> None:
    assert ask(address, "cpu", range="2 h", **RANGE)[0].samples[0][0] == WANTED.since
    assert ask(address, "cpu", range="10 min", **RANGE)[0].samples[0][0] == NOON - 600
    assert ask(address, "cpu", range="2 h", max_age="1 min", **RANGE)[0].samples[0][0] == NOON - 7200


def test_a_hole_in_a_range_stays_a_hole(address: str) -> None:
    (found,) = ask(address, "hole", **RANGE)
    assert found.detail == f"{len(found.samples)} samples at 3601 steps"
    assert max(after[0] - before[0] for before, after in zip(found.samples, found.samples[1:])) == 2400


def test_a_range_without_a_started_phase_or_with_too_many_steps_is_refused(address: str) -> None:
    with pytest.raises(EvidenceError, match="has not been started"):
        ask(address, "cpu", wanted=Wanted("1a2b3c4d5e6f", "", 0.0, NOON), **RANGE)
    with pytest.raises(InputError, match="step is too small"):
        ask(address, "cpu", **{**RANGE, "step": "10 ms"})


def test_0_errors_of_no_requests_is_no_data(address: str) -> None:
    assert ask(address, "cpu", of="requests")
    with pytest.raises(EvidenceError, match="found no series"):
        ask(address, "cpu", of="none")


def test_a_document_is_fetched_up_to_its_limit(address: str) -> None:
    assert fetch(address, "/api/v1/query?query=cpu&time=5", {}, 5).status == 200
    with pytest.raises(ServiceError, match="too large"):
        fetch(address, "/api/v1/query?query=cpu&time=5", {}, 5, limit=10)
