"""The demo data."""

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app import seed
from app.models import User
from app.passwords import password_matches
from app.profile import Profile, ProfileIn
from app.seed_data import PROFILES
from tests.conftest import PASSWORD


def test_seeding_twice_changes_nothing(engine: Engine) -> None:
    with Session(engine) as database:
        assert seed.seed_profiles(database) == len(PROFILES)
        database.commit()
        assert seed.seed_profiles(database) == 0
        assert database.scalar(select(func.count(Profile.id))) == len(PROFILES)


def test_a_removed_demo_profile_comes_back(engine: Engine) -> None:
    with Session(engine) as database:
        seed.seed_profiles(database)
        database.delete(database.scalars(select(Profile)).first())
        assert seed.seed_profiles(database) == 1


def test_the_right_password_is_left_and_another_replaces_it(engine: Engine) -> None:
    with Session(engine) as database:
        assert seed.seed_user(database, PASSWORD) is False
        assert seed.seed_user(database, "another") is True
        user = database.scalars(select(User)).one()
        assert password_matches("another", user.password_hash)


@pytest.mark.parametrize("missing", ["SEED_PASSWORD", "DATABASE_URL"])
def test_a_missing_variable_is_said(missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("SEED_PASSWORD", "DATABASE_URL"):
        monkeypatch.setenv(name, "" if name == missing else "x")
    assert seed.main() == 2
    assert missing in capsys.readouterr().err


def test_the_command_fills_a_database(tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from app.database import make_engine
    from app.models import Base

    url = f"sqlite:///{tmp_path}/seed.db"
    engine = make_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()
    monkeypatch.setenv("SEED_PASSWORD", "x")
    monkeypatch.setenv("DATABASE_URL", url)
    assert seed.main() == seed.main() == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"seed: user written, {len(PROFILES)} profiles added"
    assert second == "seed: user unchanged, 0 profiles added"


def test_there_are_about_forty_different_people() -> None:
    assert 40 <= len(PROFILES) == len({entry.full_name for entry in PROFILES})


@pytest.mark.parametrize("entry", PROFILES, ids=lambda entry: entry.full_name)
def test_a_demo_profile_would_pass_the_form(entry) -> None:
    body = {"full_name": entry.full_name, "headline": entry.headline, "location": entry.location, "bio": entry.bio}
    assert ProfileIn(**body).full_name == entry.full_name
    assert 0 < entry.days_ago <= 90 and len(entry.bio) > 40
