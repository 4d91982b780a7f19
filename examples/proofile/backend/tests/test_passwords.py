"""scrypt hashes."""

import pytest

from app.passwords import COST, hash_password, password_matches


@pytest.mark.parametrize("password", ["x", "correct horse", "pässwörd ✓", " leading", "a" * 200])
def test_a_password_matches_its_own_hash_only(password: str) -> None:
    stored = hash_password(password, cost=16)
    assert password_matches(password, stored)
    assert not password_matches(password + "x", stored)


def test_two_hashes_of_one_password_differ() -> None:
    assert hash_password("same", cost=16) != hash_password("same", cost=16)


def test_the_cost_of_stored_passwords_is_real() -> None:
    assert hash_password("x").startswith(f"scrypt${COST}$8$1$")
    assert COST >= 2**14


@pytest.mark.parametrize("stored", ["", "plain", "md5$1$1$1$00$00", "scrypt$16$8$1$zz$00", "scrypt$3$8$1$00$00", "scrypt$16$8$1$00"])
def test_an_unreadable_hash_matches_nothing(stored: str) -> None:
    assert not password_matches("x", stored)
