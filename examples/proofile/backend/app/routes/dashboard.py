"""The figures on the dashboard, and how well their cache works."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import now
from app.profile import Profile
from app.sessions import Database, current_user

SUMMARY = "dashboard:summary"
LOCATIONS, RECENT = 8, 5
router = APIRouter(prefix="/api", tags=["dashboard"])


def summarise(database: Session) -> dict[str, Any]:
    """Count the profiles: all, the new ones, by location; and the newest few."""
    count = func.count(Profile.id)
    week_ago = now() - timedelta(days=7)
    locations = database.execute(
        select(Profile.location, count)
        .where(Profile.location != "")
        .group_by(Profile.location)
        .order_by(count.desc(), Profile.location)
        .limit(LOCATIONS)
    )
    newest = database.scalars(select(Profile).order_by(Profile.created_at.desc(), Profile.id.desc()).limit(RECENT))
    return {
        "profiles": database.scalar(select(count)),
        "new_this_week": database.scalar(select(count).where(Profile.created_at >= week_ago)),
        "by_location": [{"location": place, "count": number} for place, number in locations],
        "recent": [
            {
                "id": profile.id,
                "full_name": profile.full_name,
                "headline": profile.headline,
                "location": profile.location,
                "created_at": profile.created_at.isoformat(),
            }
            for profile in newest
        ],
    }


@router.get("/dashboard/summary", dependencies=[Depends(current_user)])
def summary(request: Request, database: Database) -> dict[str, Any]:
    """The figures, from Redis where it has them, from the database otherwise."""
    cache = request.app.state.cache
    kept = cache.get(SUMMARY)
    if kept is not None:
        return {**kept, "cached": True}
    fresh = summarise(database)
    cache.put(SUMMARY, fresh, request.app.state.settings.dashboard_cache_seconds)
    return fresh | {"cached": False}


@router.get("/metrics/cache", tags=["metrics"])
def cache_counters(request: Request) -> dict[str, int]:
    """Cache hits and misses, counted in Redis."""
    counters: dict[str, int] = request.app.state.cache.counters()
    return counters
