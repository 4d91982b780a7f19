"""The application on SQLite and a Redis of our own: no service, no network, no sleeping."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from app.main import create_app
from app.models import Base, User
from app.passwords import hash_password
from app.settings import Settings, read_settings
from tests.fake_redis import FakeRedis

EMAIL, PASSWORD = "demo@proofile.dev", "correct horse battery"
HASH = hash_password(PASSWORD, cost=16)
ENVIRON = {
    "ENVIRONMENT": "test",
    "DATABASE_URL": "postgres://nobody:nothing@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": "unit-test-secret-key-of-some-length",
    "CORS_ORIGINS": "http://localhost:3000, http://127.0.0.1:3000",
}


@dataclass
class Site:
    """A running application with everything that a test may want to turn."""

    app: FastAPI
    client: TestClient
    engine: Engine
    redis: FakeRedis

    def login(self) -> dict[str, str]:
        """Log in; return the header that writing requests need."""
        answer = self.client.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return {"X-CSRF-Token": self.client.cookies["csrf_token"]}

    def add_profiles(self, number: int) -> None:
        """Rows straight into the database."""
        from app.profile import Profile

        with Session(self.engine) as database:
            database.add_all(Profile(full_name=f"Person {i:03}", headline="Engineer", location=f"City {i % 3}") for i in range(number))
            database.commit()


@pytest.fixture
def settings() -> Settings:
    """Settings of a test process."""
    return read_settings(ENVIRON)


@pytest.fixture
def engine() -> Iterator[Engine]:
    """An empty database of this release's schema with the demo user."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    with Session(engine) as database:
        database.add(User(email=EMAIL, full_name="Dana Demo", password_hash=HASH))
        database.commit()
    yield engine
    engine.dispose()


@pytest.fixture
def make_site(engine: Engine) -> Callable[..., Site]:
    """Build a site; keywords are environment variables."""

    def make(database: Engine | None = None, **environ: str) -> Site:
        redis = FakeRedis()
        app = create_app(read_settings(ENVIRON | environ), database or engine, redis)
        return Site(app, TestClient(app, client=("192.0.2.1", 50000)), engine, redis)

    return make


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """The ordinary site."""
    return make_site()


@pytest.fixture
def csrf(site: Site) -> dict[str, str]:
    """The site is logged in; this is the header for writing."""
    return site.login()
