"""Failures leave as clean JSON, inside CORS, and are logged in full."""

import json
import logging

import pytest
from sqlalchemy.exc import DBAPIError

from app import sessions
from app.database import make_engine
from app.logs import JsonFormatter, configure_logs
from tests.conftest import EMAIL, PASSWORD, Site

ORIGIN = {"Origin": "http://localhost:3000"}


def assert_clean(text: str) -> None:
    assert not any(word in text for word in ("Traceback", 'File "', "RuntimeError", "sqlalchemy"))


@pytest.mark.parametrize("path", ["/nowhere", "/api/nowhere", "/api/profiles/1/2", "/health/x", "/.env"])
def test_an_unknown_route_is_a_json_404(site: Site, path: str) -> None:
    answer = site.client.get(path)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize("path", ["/health", "/nowhere"])
def test_a_wrong_method_is_json(site: Site, path: str) -> None:
    answer = site.client.post(path)
    assert answer.status_code in (404, 405) and "detail" in answer.json()


def test_an_unhandled_error_is_a_clean_500(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    answer = site.client.get("/api/diagnostics/error", headers=ORIGIN)
    assert answer.status_code == 500
    assert answer.json() == {
        "detail": "Internal server error",
        "request_id": answer.headers["X-Request-ID"],
    }
    assert_clean(answer.text)
    assert answer.headers["access-control-allow-origin"] == ORIGIN["Origin"]
    failed = [record for record in caplog.records if record.message == "request failed"]
    assert failed[0].exc_info and failed[0].levelno == logging.ERROR


def test_production_has_no_faults_on_demand(make_site) -> None:
    assert make_site(ENVIRONMENT="production").client.get("/api/diagnostics/error").status_code == 404


@pytest.mark.parametrize("path", ["/api/auth/me", "/api/profiles", "/api/dashboard/summary", "/api/vitals/summary"])
def test_a_database_that_is_down_is_503_on_reading(make_site, path: str) -> None:
    site = make_site(make_engine("postgresql+psycopg://x:x@127.0.0.1:1/x"))
    site.client.cookies.set("session", "somebody")
    answer = site.client.get(path)
    assert (answer.status_code, answer.json()) == (503, {"detail": "The database is not available"})
    assert_clean(answer.text)


def test_a_database_that_is_down_is_never_a_wrong_password(make_site) -> None:
    site = make_site(make_engine("postgresql+psycopg://x:x@127.0.0.1:1/x"))
    answer = site.client.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD})
    assert (answer.status_code, answer.json()) == (503, {"detail": "The database is not available"})


def test_a_database_that_is_down_is_503_for_a_beacon(make_site) -> None:
    site = make_site(make_engine("postgresql+psycopg://x:x@127.0.0.1:1/x"))
    answer = site.client.post("/api/vitals", json={"name": "LCP", "value": 1, "page": "/"})
    assert answer.status_code == 503


@pytest.mark.parametrize(("lost", "code"), [(True, 503), (False, 500)])
def test_a_connection_lost_on_the_way_is_503_other_faults_500(site: Site, monkeypatch: pytest.MonkeyPatch, lost: bool, code: int) -> None:
    def fail(*_: object) -> None:
        raise DBAPIError("SELECT", {}, Exception("gone"), connection_invalidated=lost)

    monkeypatch.setattr(sessions, "session_id", fail)
    site.client.cookies.set("session", "somebody")
    answer = site.client.get("/api/auth/me")
    assert answer.status_code == code
    assert_clean(answer.text)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:3000", True),
        ("http://127.0.0.1:3000", True),
        ("http://localhost:3001", False),
        ("https://evil.example", False),
        ("null", False),
    ],
)
def test_only_listed_origins_may_read_with_credentials(site: Site, origin: str, allowed: bool) -> None:
    headers = site.client.get("/api/version", headers={"Origin": origin}).headers
    assert headers.get("access-control-allow-origin") == (origin if allowed else None)
    if allowed:
        assert headers["access-control-allow-credentials"] == "true"


def test_a_preflight_allows_the_csrf_header(site: Site) -> None:
    answer = site.client.options(
        "/api/profiles/1",
        headers=ORIGIN | {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-csrf-token,content-type"},
    )
    assert answer.status_code == 200
    assert "x-csrf-token" in answer.headers["access-control-allow-headers"].lower()


def test_a_csrf_refusal_can_be_read_by_the_frontend(site: Site) -> None:
    answer = site.client.post("/api/profiles", json={}, headers=ORIGIN)
    assert answer.status_code == 403
    assert answer.headers["access-control-allow-origin"] == ORIGIN["Origin"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abcdef12", True), ("a.b-c_d.12345", True), ("short", False), ("x" * 65, False), ("bad id!!", False)],
)
def test_a_well_formed_request_id_is_kept(site: Site, given: str, kept: bool) -> None:
    answer = site.client.get("/health", headers={"X-Request-ID": given})
    assert (answer.headers["X-Request-ID"] == given) is kept


@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
def test_the_api_documentation_is_served(site: Site, path: str) -> None:
    assert site.client.get(path).status_code == 200


def test_a_request_is_one_json_line(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    handlers = logging.root.handlers[:]
    try:
        configure_logs("INFO")
        site.client.get("/api/version", headers={"X-Request-ID": "abcdef12"})
        site.client.get("/health")
        lines = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    finally:
        logging.root.handlers[:] = handlers
    (line,) = (line for line in lines if line["logger"] == "app.request")
    assert line.pop("time") and line.pop("duration_ms") >= 0
    assert line == {
        "level": "info",
        "logger": "app.request",
        "message": "request",
        "request_id": "abcdef12",
        "method": "GET",
        "path": "/api/version",
        "status": 200,
    }


def test_a_traceback_stays_inside_one_line() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        exc_info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "m", (), exc_info)
    text = JsonFormatter().format(record)
    assert "\n" not in text and "ValueError" in json.loads(text)["exception"]
