"""Login, logout, who am I."""

import logging
from typing import Annotated

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import select

from app.csrf import COOKIE as CSRF_COOKIE
from app.csrf import csrf_token
from app.fields import Email
from app.models import User
from app.passwords import NOBODY, password_matches
from app.sessions import COOKIE, Database, LoggedIn, close_session, open_session
from app.settings import Settings

router = APIRouter(prefix="/api/auth", tags=["auth"])
log = logging.getLogger(__name__)


class Credentials(BaseModel):
    """What the login form sends."""

    email: Email
    password: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class UserOut(BaseModel):
    """What the browser may know about a user."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    email: str
    full_name: str


def _set_cookies(response: Response, settings: Settings, token: str) -> None:
    """The session is invisible to scripts; the CSRF token must be readable."""
    age = settings.session_hours * 3600
    for name, value, httponly in (
        (COOKIE, token, True),
        (CSRF_COOKIE, csrf_token(settings.secret_key, token), False),
    ):
        response.set_cookie(
            name,
            value,
            max_age=age,
            path="/",
            httponly=httponly,
            secure=settings.cookies_secure,
            samesite="lax",
        )


@router.post("/login")
def login(credentials: Credentials, request: Request, response: Response, database: Database) -> UserOut:
    """Open a session; the same answer and the same time for a wrong name and a wrong password."""
    email = credentials.email.lower()
    request.app.state.login_limit.check(request.client.host if request.client else "-", email)
    user = database.scalar(select(User).where(User.email == email))
    if not password_matches(credentials.password, user.password_hash if user else NOBODY) or not user:
        log.warning("login refused")
        raise HTTPException(401, "Wrong email or password")
    settings: Settings = request.app.state.settings
    answer = UserOut.model_validate(user)
    _set_cookies(response, settings, open_session(database, user, settings.session_hours))
    return answer


@router.post("/logout", status_code=204)
def logout(request: Request, response: Response, database: Database) -> None:
    """End the session; without one there is nothing to do."""
    close_session(database, request.cookies.get(COOKIE, ""))
    response.delete_cookie(COOKIE)
    response.delete_cookie(CSRF_COOKIE)


@router.get("/me")
def me(user: LoggedIn) -> UserOut:
    """The logged-in user."""
    return UserOut.model_validate(user)
