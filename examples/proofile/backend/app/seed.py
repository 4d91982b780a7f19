"""`python -m app.seed`: the demo user and the demo profiles; running it again changes nothing."""

import os
import sys
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import make_engine
from app.models import User, now
from app.passwords import hash_password, password_matches
from app.profile import Profile
from app.seed_data import PROFILES
from app.settings import database_url

EMAIL, FULL_NAME = "demo@proofile.dev", "Dana Demo"


def seed_user(database: Session, password: str) -> bool:
    """The demo user with this password; True when something had to change."""
    user = database.scalar(select(User).where(User.email == EMAIL))
    if user is None:
        database.add(User(email=EMAIL, full_name=FULL_NAME, password_hash=hash_password(password)))
        return True
    if password_matches(password, user.password_hash):
        return False
    user.password_hash = hash_password(password)
    return True


def seed_profiles(database: Session) -> int:
    """Add the demo profiles that are not there; how many were added."""
    present = set(database.scalars(select(Profile.full_name)))
    missing = [entry for entry in PROFILES if entry.full_name not in present]
    moment = now()
    database.add_all(
        Profile(
            full_name=entry.full_name,
            headline=entry.headline,
            location=entry.location,
            bio=entry.bio,
            created_at=moment - timedelta(days=entry.days_ago, hours=entry.days_ago % 11),
        )
        for entry in missing
    )
    return len(missing)


def main() -> int:
    """Seed the database that DATABASE_URL names."""
    password, url = os.environ.get("SEED_PASSWORD", ""), os.environ.get("DATABASE_URL", "")
    if not password or not url:
        print("seed: SEED_PASSWORD and DATABASE_URL must be set", file=sys.stderr)
        return 2
    engine = make_engine(database_url(url))
    with Session(engine) as database:
        user, profiles = seed_user(database, password), seed_profiles(database)
        database.commit()
    engine.dispose()
    print(f"seed: user {'written' if user else 'unchanged'}, {profiles} profiles added")
    return 0


if __name__ == "__main__":
    sys.exit(main())
