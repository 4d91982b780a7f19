"""The newest backups stay, and those that a rollback may need."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.backups import surplus

NAMES = [f"{release * 12}-2026112{day}T000000Z.dump" for day, release in enumerate("abcde")]


def test_the_oldest_go_first() -> None:
    assert surplus(list(reversed(NAMES)), 2, ()) == NAMES[:3]
    assert surplus(NAMES, 5, ()) == []


def test_the_backup_of_a_protected_release_stays_whatever_its_age() -> None:
    assert surplus(NAMES, 1, {"a" * 12, "c" * 12}) == [NAMES[1], NAMES[3]]


def test_what_is_not_ours_is_never_removed() -> None:
    assert surplus(["before-the-move.dump", "x.sha256", *NAMES[:2]], 1, ()) == [NAMES[0]]


def test_keeping_none_is_refused() -> None:
    with pytest.raises(InputError, match="at least one backup is kept"):
        surplus(NAMES, 0, ())


@given(st.lists(st.sampled_from(NAMES), unique=True), st.integers(1, 6), st.sets(st.sampled_from([letter * 12 for letter in "abcde"])))
def test_as_many_as_are_wanted_stay_and_the_newest_among_them(names: list[str], kept: int, protected: set[str]) -> None:
    gone = surplus(names, kept, protected)
    left = set(names) - set(gone)
    assert len(left) >= min(kept, len(names))
    assert not names or max(names, key=lambda name: name[13:]) in left
    assert not any(name[:12] in protected for name in gone)
