"""What the environment may say."""

import pytest

from app.settings import VARIANTS, database_url, read_settings
from tests.conftest import ENVIRON


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("postgres://u:p@db/x", "postgresql+psycopg://u:p@db/x"),
        ("postgresql://u:p@db/x", "postgresql+psycopg://u:p@db/x"),
        ("postgresql+psycopg://u:p@db/x", "postgresql+psycopg://u:p@db/x"),
        ("sqlite://", "sqlite://"),
    ],
)
def test_a_database_url_names_the_driver(raw: str, expected: str) -> None:
    assert database_url(raw) == expected


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "SECRET_KEY"])
@pytest.mark.parametrize("value", [None, "", "   "])
def test_a_missing_variable_is_named(name: str, value: str | None) -> None:
    environ = {key: text for key, text in ENVIRON.items() if key != name}
    if value is not None:
        environ[name] = value
    with pytest.raises(ValueError, match=name):
        read_settings(environ)


@pytest.mark.parametrize("name", ["AUTH_RATE_LIMIT", "SESSION_HOURS", "DASHBOARD_CACHE_SECONDS"])
@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", "²"])
def test_a_number_must_be_a_positive_whole_number(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=name):
        read_settings(ENVIRON | {name: value})


@pytest.mark.parametrize("environment", ["staging", "production"])
@pytest.mark.parametrize("key", ["short", "change-me-change-me-change-me-change-me"])
def test_a_careless_secret_is_refused_where_others_can_reach_it(environment: str, key: str) -> None:
    with pytest.raises(ValueError, match="SECRET_KEY"):
        read_settings(ENVIRON | {"ENVIRONMENT": environment, "SECRET_KEY": key})


def test_a_short_secret_is_fine_while_developing() -> None:
    settings = read_settings(ENVIRON | {"ENVIRONMENT": "development", "SECRET_KEY": "short"})
    assert settings.secret_key == "short"


@pytest.mark.parametrize("name", ["ENVIRONMENT", "RELEASE_VARIANT"])
def test_an_unknown_word_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        read_settings(ENVIRON | {name: "unheard-of"})


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_can_be_chosen(variant: str) -> None:
    assert read_settings(ENVIRON | {"RELEASE_VARIANT": variant}).variant == variant


def test_origins_are_split_and_trimmed() -> None:
    expected = ("http://localhost:3000", "http://127.0.0.1:3000")
    assert read_settings(ENVIRON).cors_origins == expected


def test_the_representation_holds_no_secret() -> None:
    text = repr(read_settings(ENVIRON))
    assert ENVIRON["SECRET_KEY"] not in text
    assert "nothing" not in text


@pytest.mark.parametrize(("environment", "secure"), [("staging", False), ("production", True)])
def test_cookies_are_secure_in_production(environment: str, secure: bool) -> None:
    assert read_settings(ENVIRON | {"ENVIRONMENT": environment}).cookies_secure is secure
