"""The application: settings in, FastAPI out."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from sqlalchemy import Engine

from app import VERSION
from app.cache import Cache, make_redis
from app.csrf import HEADER as CSRF_HEADER
from app.csrf import CsrfMiddleware
from app.database import make_engine
from app.errors import add_error_handlers
from app.logs import configure_logs
from app.rate_limit import RateLimit
from app.requests import HEADER as REQUEST_HEADER
from app.requests import RequestMiddleware
from app.routes import auth, dashboard, diagnostics, health, profiles, vitals
from app.settings import Settings, read_settings
from app.variants import FAULTS, arm_crash

log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Say who is running; give the connections back at the end."""
    settings: Settings = app.state.settings
    log.info(
        "ProoFile %s, release %s, variant %s, environment %s",
        VERSION,
        settings.release,
        settings.variant,
        settings.environment,
    )
    if settings.variant == "crash-after-a-minute":
        arm_crash(settings.crash_after_seconds)
    yield
    app.state.engine.dispose()


def create_app(settings: Settings, engine: Engine | None = None, redis: Any = None) -> FastAPI:
    """Build the application; tests hand in their own engine and Redis."""
    app = FastAPI(title="ProoFile API", version=VERSION, lifespan=lifespan)
    app.state.settings = settings
    app.state.engine = engine or make_engine(settings.database_url)
    app.state.cache = Cache(redis or make_redis(settings.redis_url))
    app.state.login_limit = RateLimit(app.state.cache, settings.auth_rate_limit)
    add_error_handlers(app)
    for routes in (health, auth, profiles, dashboard, vitals):
        app.include_router(routes.router)
    if settings.environment != "production":
        app.include_router(diagnostics.router)
    # The last one added is the outermost: also a refusal or a 500 carries CORS headers.
    app.add_middleware(CsrfMiddleware, secret_key=settings.secret_key)
    if settings.variant in FAULTS:
        app.add_middleware(FAULTS[settings.variant])
    app.add_middleware(RequestMiddleware)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_credentials=True,
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["Content-Type", CSRF_HEADER, REQUEST_HEADER],
        expose_headers=[REQUEST_HEADER],
    )
    return app


def __getattr__(name: str) -> FastAPI:
    """`app.main:app` is made when a server asks for it, so that importing needs no settings."""
    if name != "app":
        raise AttributeError(name)
    settings = read_settings(os.environ)
    configure_logs(settings.log_level)
    return create_app(settings)
