"""Login, logout, who am I."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.models import LoginSession, now
from tests.conftest import EMAIL, PASSWORD, Site

LOGIN = "/api/auth/login"


def test_a_login_gives_the_user_and_two_cookies(site: Site) -> None:
    answer = site.client.post(LOGIN, json={"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.json() == {"id": 1, "email": EMAIL, "full_name": "Dana Demo"}
    session, csrf = sorted(answer.headers.get_list("set-cookie"), reverse=True)
    assert session.startswith("session=") and "HttpOnly" in session and "SameSite=lax" in session
    assert csrf.startswith("csrf_token=") and "HttpOnly" not in csrf and "SameSite=lax" in csrf


@pytest.mark.parametrize("email", [EMAIL.upper(), f"  {EMAIL} "])
def test_an_email_is_normalised(site: Site, email: str) -> None:
    assert site.client.post(LOGIN, json={"email": email, "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize(
    ("email", "password"),
    [(EMAIL, "wrong"), (EMAIL, PASSWORD + " "), ("nobody@proofile.dev", PASSWORD), (EMAIL, PASSWORD.upper())],
)
def test_wrong_credentials_are_one_and_the_same_401(site: Site, email: str, password: str) -> None:
    answer = site.client.post(LOGIN, json={"email": email, "password": password})
    assert answer.status_code == 401
    assert answer.json() == {"detail": "Wrong email or password"}
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "text",
        None,
        {"email": EMAIL},
        {"password": PASSWORD},
        {"email": EMAIL, "password": ""},
        {"email": EMAIL, "password": "x" * 201},
        {"email": EMAIL, "password": 5},
        {"email": "no-at-sign", "password": "x"},
        {"email": "two@@signs.dev", "password": "x"},
        {"email": "a@b", "password": "x"},
        {"email": "a b@c.dev", "password": "x"},
        {"email": "a@c.dev\x00", "password": "x"},
        {"email": "a@" + "c" * 260 + ".dev", "password": "x"},
        {"email": None, "password": "x"},
    ],
)
def test_a_malformed_login_is_a_clean_422(site: Site, body: object) -> None:
    answer = site.client.post(LOGIN, json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"] == "Validation failed"
    assert all(set(error) == {"field", "message"} for error in answer.json()["errors"])


def test_a_password_is_not_echoed(site: Site) -> None:
    answer = site.client.post(LOGIN, json={"email": "bad", "password": "hunter2"})
    assert "hunter2" not in answer.text


def test_me_is_401_before_and_the_user_after_login(site: Site) -> None:
    assert site.client.get("/api/auth/me").status_code == 401
    site.login()
    assert site.client.get("/api/auth/me").json()["email"] == EMAIL


@pytest.mark.parametrize("token", ["", "invented", "0" * 64, "x" * 4000])
def test_an_invented_session_is_401(site: Site, token: str) -> None:
    site.client.cookies.set("session", token)
    assert site.client.get("/api/auth/me").status_code == 401


def test_logout_ends_the_session_on_the_server(site: Site, csrf: dict[str, str]) -> None:
    token = site.client.cookies["session"]
    assert site.client.post("/api/auth/logout", headers=csrf).status_code == 204
    assert "session" not in site.client.cookies
    site.client.cookies.set("session", token)
    assert site.client.get("/api/auth/me").status_code == 401


def test_an_expired_session_is_401(site: Site, csrf: dict[str, str]) -> None:
    with Session(site.engine) as database:
        database.execute(update(LoginSession).values(expires_at=now() - timedelta(seconds=1)))
        database.commit()
    assert site.client.get("/api/auth/me").status_code == 401


def test_a_login_forgets_expired_sessions(site: Site) -> None:
    site.login()
    with Session(site.engine) as database:
        database.execute(update(LoginSession).values(expires_at=now() - timedelta(seconds=1)))
        database.commit()
    site.login()
    with Session(site.engine) as database:
        assert database.scalar(select(func.count(LoginSession.id))) == 1


def test_the_cookie_is_not_what_the_database_holds(site: Site, csrf: dict[str, str]) -> None:
    with Session(site.engine) as database:
        assert database.scalar(select(LoginSession.id)) != site.client.cookies["session"]


def test_redis_down_logs_nobody_out_and_lets_people_in(site: Site) -> None:
    site.redis.down = True
    site.login()
    assert site.client.get("/api/auth/me").status_code == 200
