"""A forged request is refused."""

import pytest

from app.csrf import csrf_token
from tests.conftest import Site

BODY = {"full_name": "Ada", "headline": "Engineer"}
WRITES = [
    ("POST", "/api/profiles"),
    ("PUT", "/api/profiles/1"),
    ("DELETE", "/api/profiles/1"),
    ("PATCH", "/api/profiles/1"),
    ("POST", "/api/auth/logout"),
    ("POST", "/api/nowhere"),
]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_write_without_the_header_is_403(site: Site, method: str, path: str) -> None:
    site.login()
    answer = site.client.request(method, path, json=BODY)
    assert (answer.status_code, answer.json()) == (403, {"detail": "CSRF token missing"})


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_write_with_a_wrong_header_is_403(site: Site, method: str, path: str) -> None:
    site.login()
    answer = site.client.request(method, path, json=BODY, headers={"X-CSRF-Token": "0" * 64})
    assert (answer.status_code, answer.json()) == (403, {"detail": "CSRF token does not match"})


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_header_without_the_cookie_is_403(site: Site, method: str, path: str) -> None:
    answer = site.client.request(method, path, json=BODY, headers={"X-CSRF-Token": "0" * 64})
    assert answer.status_code == 403


def test_a_planted_pair_of_cookie_and_header_is_403(site: Site, csrf: dict[str, str]) -> None:
    session = site.client.cookies["session"]
    site.client.cookies.clear()
    site.client.cookies.set("session", session)
    site.client.cookies.set("csrf_token", "planted")
    answer = site.client.post("/api/profiles", json=BODY, headers={"X-CSRF-Token": "planted"})
    assert answer.json() == {"detail": "CSRF token belongs to another session"}


def test_a_refused_write_has_changed_nothing(site: Site, csrf: dict[str, str]) -> None:
    site.client.post("/api/profiles", json=BODY)
    assert site.client.get("/api/profiles").json()["total"] == 0


def test_a_write_with_the_token_passes(site: Site, csrf: dict[str, str]) -> None:
    assert site.client.post("/api/profiles", json=BODY, headers=csrf).status_code == 201


@pytest.mark.parametrize("path", ["/api/profiles", "/api/auth/me", "/api/dashboard/summary"])
def test_reading_needs_no_token(site: Site, path: str) -> None:
    site.login()
    assert site.client.get(path).status_code == 200


def test_the_token_without_a_session_gets_no_further_than_401(site: Site) -> None:
    site.client.cookies.set("csrf_token", "own")
    answer = site.client.post("/api/profiles", json=BODY, headers={"X-CSRF-Token": "own"})
    assert answer.status_code == 401


def test_tokens_differ_by_session_and_by_key() -> None:
    tokens = {csrf_token(key, session) for key in ("a", "b") for session in ("1", "2")}
    assert len(tokens) == 4


@pytest.mark.parametrize("header", ["é".encode("latin-1"), b"\xff\xfe"])
def test_a_header_of_odd_bytes_is_403(site: Site, csrf: dict[str, str], header: bytes) -> None:
    answer = site.client.post("/api/profiles", json=BODY, headers={b"X-CSRF-Token": header})
    assert answer.status_code == 403
