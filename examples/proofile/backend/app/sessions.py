"""Logins live in Postgres, so that a cache that is down logs nobody out."""

import hashlib
import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.database import database_session
from app.models import LoginSession, User, now

COOKIE = "session"
Database = Annotated[Session, Depends(database_session)]


def session_id(token: str) -> str:
    """The stored id of a session cookie."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(database: Session, user: User, hours: int) -> str:
    """Record a login, forget the expired ones, return the cookie's value."""
    token = secrets.token_urlsafe(32)
    moment = now()
    database.execute(delete(LoginSession).where(LoginSession.expires_at <= moment))
    database.add(LoginSession(id=session_id(token), user_id=user.id, expires_at=moment + timedelta(hours=hours)))
    database.commit()
    return token


def close_session(database: Session, token: str) -> None:
    """Forget a login."""
    database.execute(delete(LoginSession).where(LoginSession.id == session_id(token)))
    database.commit()


def current_user(request: Request, database: Database) -> User:
    """The user of the session cookie, or 401."""
    token = request.cookies.get(COOKIE, "")
    if token:
        user = database.scalar(select(User).join(LoginSession).where(LoginSession.id == session_id(token), LoginSession.expires_at > now()))
        if user:
            return user
    raise HTTPException(401, "Not logged in")


LoggedIn = Annotated[User, Depends(current_user)]
