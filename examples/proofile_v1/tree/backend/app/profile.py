"""The profile: its table and the shapes in which the API takes and gives it."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import DateTime, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.fields import Line, Name, Prose
from app.models import Base, now


class Profile(Base):
    """A professional, as visitors see them."""

    __tablename__ = "profiles"

    id: Mapped[int] = mapped_column(primary_key=True)
    full_name: Mapped[str] = mapped_column(String(120), index=True)
    headline: Mapped[str] = mapped_column(String(160))
    bio: Mapped[str] = mapped_column(Text, default="")
    location: Mapped[str] = mapped_column(String(120), default="", index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, index=True)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, onupdate=now)


class ProfileIn(BaseModel):
    """What a client sends."""

    full_name: Name
    headline: Annotated[Line, StringConstraints(min_length=1, max_length=160)]
    bio: Annotated[Prose, StringConstraints(max_length=5000)] = ""
    location: Annotated[Line, StringConstraints(max_length=120)] = ""


class ProfileOut(BaseModel):
    """What a client gets."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    full_name: str
    headline: str
    bio: str
    location: str
    created_at: datetime
    updated_at: datetime
