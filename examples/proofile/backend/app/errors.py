"""Every failure leaves as clean JSON; what went wrong inside is for the log."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.cache import CacheDown

log = logging.getLogger(__name__)


def _field(location: tuple[Any, ...]) -> str:
    """The field's name without the part of the request that it came in."""
    return ".".join(str(part) for part in location[1:]) or str(location[0])


async def validation_failed(_: Request, error: Exception) -> JSONResponse:
    """422 that names each field, without echoing what was sent."""
    assert isinstance(error, RequestValidationError)
    errors = [{"field": _field(found["loc"]), "message": found["msg"]} for found in error.errors()]
    return JSONResponse({"detail": "Validation failed", "errors": errors}, 422)


async def database_down(_: Request, error: Exception) -> JSONResponse:
    """503: an unreachable database is never a wrong password."""
    log.error("database is not available: %s", type(error).__name__)
    return JSONResponse({"detail": "The database is not available"}, 503, {"Retry-After": "5"})


async def database_failed(request: Request, error: Exception) -> JSONResponse:
    """A connection lost on the way is 503 too; any other database error is a fault of ours."""
    assert isinstance(error, DBAPIError)
    if error.connection_invalidated:
        return await database_down(request, error)
    raise error


async def cache_down(_: Request, __: Exception) -> JSONResponse:
    """503: figures that only the cache knows are not invented."""
    return JSONResponse({"detail": "The cache is not available"}, 503, {"Retry-After": "5"})


def add_error_handlers(app: FastAPI) -> None:
    """Register the handlers above."""
    app.add_exception_handler(RequestValidationError, validation_failed)
    app.add_exception_handler(OperationalError, database_down)
    app.add_exception_handler(PoolTimeout, database_down)
    app.add_exception_handler(DBAPIError, database_failed)
    app.add_exception_handler(CacheDown, cache_down)
