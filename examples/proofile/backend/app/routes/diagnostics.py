"""A fault on demand, to see that faults are handled; not there in production."""

from fastapi import APIRouter

router = APIRouter(prefix="/api/diagnostics", tags=["diagnostics"])


@router.get("/error")
def error() -> None:
    """Raise what nobody handles."""
    raise RuntimeError("diagnostics: this error was asked for")
