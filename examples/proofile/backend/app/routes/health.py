"""Is the process alive, can it work, and which release is it."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from app import VERSION
from app.database import database_answers
from app.settings import Settings

router = APIRouter()


@router.get("/health", tags=["health"])
async def health(request: Request) -> JSONResponse:
    """Liveness only: it sees no dependency."""
    settings: Settings = request.app.state.settings
    healthy = settings.variant != "never-healthy"
    body = {
        "status": "ok" if healthy else "unhealthy",
        "release": settings.release,
        "variant": settings.variant,
    }
    return JSONResponse(body, 200 if healthy else 503)


@router.get("/health/ready", tags=["health"])
def ready(request: Request) -> JSONResponse:
    """Ask Postgres and Redis themselves."""
    state = {
        "database": "ok" if database_answers(request.app.state.engine) else "down",
        "cache": "ok" if request.app.state.cache.answers() else "down",
    }
    return JSONResponse(state, 503 if "down" in state.values() else 200)


@router.get("/api/version", tags=["health"])
async def version(request: Request) -> dict[str, str]:
    """What exactly answers here."""
    settings: Settings = request.app.state.settings
    return {
        "release": settings.release,
        "version": VERSION,
        "variant": settings.variant,
        "environment": settings.environment,
    }
