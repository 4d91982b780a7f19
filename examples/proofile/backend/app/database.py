"""The database: one engine per process, one short session per request."""

from collections.abc import Iterator

from fastapi import Request
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

CONNECT_SECONDS = 3
POOL_WAIT_SECONDS = 5


def make_engine(url: str) -> Engine:
    """An engine of at most 15 connections that gives up soon when Postgres is away."""
    if not url.startswith("postgresql"):
        return create_engine(url)
    return create_engine(
        url,
        pool_size=5,
        max_overflow=10,
        pool_timeout=POOL_WAIT_SECONDS,
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "proofile"},
    )


def database_session(request: Request) -> Iterator[Session]:
    """The request's session; what was not committed is rolled back."""
    with Session(request.app.state.engine) as session:
        yield session


def database_answers(engine: Engine) -> bool:
    """Ask the database itself."""
    try:
        with engine.connect() as connection:
            return connection.execute(text("SELECT 1")).scalar() == 1
    except SQLAlchemyError:
        return False
