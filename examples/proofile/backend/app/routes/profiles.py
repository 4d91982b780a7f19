"""Profiles: search, read, write."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from pydantic import BaseModel
from sqlalchemy import func, or_, select

from app.fields import Line
from app.profile import Profile, ProfileIn, ProfileOut
from app.routes.dashboard import SUMMARY
from app.sessions import Database, current_user

PAGE_SIZE = 10
router = APIRouter(prefix="/api/profiles", tags=["profiles"], dependencies=[Depends(current_user)])
ProfileId = Annotated[int, Path(ge=1, le=2**31 - 1)]


class ProfilePage(BaseModel):
    """One page of a search."""

    items: list[ProfileOut]
    total: int
    page: int
    pages: int


def _found(database: Database, profile_id: int) -> Profile:
    profile = database.get(Profile, profile_id)
    if profile is None:
        raise HTTPException(404, "Profile not found")
    return profile


@router.get("")
def search(
    database: Database,
    q: Annotated[Line, Query(max_length=100)] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> ProfilePage:
    """Profiles whose name, headline or location holds the text, by name."""
    query = select(Profile)
    if q:
        columns = (Profile.full_name, Profile.headline, Profile.location)
        query = query.where(or_(*(column.icontains(q, autoescape=True) for column in columns)))
    total = database.scalar(select(func.count()).select_from(query.subquery())) or 0
    chosen = query.order_by(Profile.full_name, Profile.id)
    items = database.scalars(chosen.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))
    return ProfilePage(
        items=[ProfileOut.model_validate(item) for item in items],
        total=total,
        page=page,
        pages=max(1, -(-total // PAGE_SIZE)),
    )


@router.post("", status_code=201)
def create(body: ProfileIn, request: Request, database: Database) -> ProfileOut:
    """A new profile."""
    profile = Profile(**body.model_dump(exclude_none=True))
    database.add(profile)
    database.commit()
    request.app.state.cache.forget(SUMMARY)
    return ProfileOut.model_validate(profile)


@router.get("/{profile_id}")
def read(profile_id: ProfileId, database: Database) -> ProfileOut:
    """One profile."""
    return ProfileOut.model_validate(_found(database, profile_id))


@router.put("/{profile_id}")
def update(profile_id: ProfileId, body: ProfileIn, request: Request, database: Database) -> ProfileOut:
    """Replace what a profile says."""
    profile = _found(database, profile_id)
    for name, value in body.model_dump(exclude_none=True).items():
        setattr(profile, name, value)
    database.commit()
    request.app.state.cache.forget(SUMMARY)
    return ProfileOut.model_validate(profile)


@router.delete("/{profile_id}", status_code=204)
def remove(profile_id: ProfileId, request: Request, database: Database) -> None:
    """Delete a profile."""
    database.delete(_found(database, profile_id))
    database.commit()
    request.app.state.cache.forget(SUMMARY)
