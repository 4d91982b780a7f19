"""Web vitals: browsers report them, the performance dashboard shows their medians."""

from collections import defaultdict
from statistics import median
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, StringConstraints, ValidationError
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from app.fields import Line
from app.models import Vital
from app.sessions import Database

KEPT, PRUNE_EVERY = 5000, 100
MAX_BYTES = 4096
router = APIRouter(prefix="/api/vitals", tags=["vitals"])


class VitalIn(BaseModel):
    """One measurement; milliseconds, CLS without unit."""

    name: Literal["FCP", "LCP", "CLS", "TTFB", "INP"]
    value: Annotated[float, Field(ge=0, le=600_000, allow_inf_nan=False)]
    page: Annotated[Line, StringConstraints(max_length=200, pattern=r"^/[^?#\s]*$")]


class Median(BaseModel):
    """The middle of n measurements."""

    median: float
    n: int


async def _beacon(request: Request) -> VitalIn:
    """The body, whatever content type the browser gave it: sendBeacon says text/plain."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise HTTPException(413, f"A measurement has at most {MAX_BYTES} bytes")
    try:
        return VitalIn.model_validate_json(bytes(body))
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in found]) from error


def _store(engine: Engine, measured: VitalIn) -> None:
    """Keep the measurement and bound the table."""
    with Session(engine) as database:
        row = Vital(**measured.model_dump())
        database.add(row)
        database.flush()
        if row.id % PRUNE_EVERY == 0:
            database.execute(delete(Vital).where(Vital.id <= row.id - KEPT))
        database.commit()


@router.post("", status_code=204)
async def report(request: Request) -> None:
    """Take one measurement from a beacon, without login."""
    measured = await _beacon(request)
    await run_in_threadpool(_store, request.app.state.engine, measured)


@router.get("/summary")
def summary(database: Database) -> dict[str, dict[str, Median]]:
    """Median and number of measurements by page and name."""
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for page, name, value in database.execute(select(Vital.page, Vital.name, Vital.value)):
        values[page][name].append(value)
    return {
        page: {name: Median(median=round(median(found), 4), n=len(found)) for name, found in sorted(names.items())}
        for page, names in sorted(values.items())
    }
