# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which entry proves a release good, at the edges that mutation testing found open."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.baseline import baseline_run

OLD = {"id": "r-20261101T000000Z-aaaaaaaaaaaa", "release": "aaaaaaaaaaaa"}
LATER = {"id": "r-20261102T000000Z-aaaaaaaaaaaa", "release": "aaaaaaaaaaaa"}


def proved(book: Any, run: Any = OLD, state: str = "verified") -> None:
    book.add("run", "", {}, **run)
    book.add("release", "soak", {"release": run["release"], "state": state}, **run)


@pytest.mark.parametrize("kind", ["alert", "drill", "signoff", "run", "evidence"])
def test_only_a_release_entry_proves_a_run(book: Any, kind: str) -> None:
    proved(book)
    book.add("run", "", {}, **LATER)
    book.add(kind, "soak", {"release": OLD["release"], "state": "verified"}, **LATER)
    assert baseline_run(book.entries, book.run["release"]) == (OLD["id"], OLD["release"])


def test_the_newest_run_that_proved_it_is_the_baseline(book: Any) -> None:
    proved(book)
    proved(book, LATER, "soaked")
    assert baseline_run(book.entries, book.run["release"]).run == LATER["id"]


@pytest.mark.parametrize("state", ["built", "deployed"])
def test_a_run_that_only_built_or_deployed_proves_nothing(book: Any, state: str) -> None:
    proved(book)
    proved(book, LATER, state)
    assert baseline_run(book.entries, book.run["release"]).run == OLD["id"]


@pytest.mark.parametrize("release", ["000000000000", "ffffffffffff"])
def test_what_a_run_says_about_another_release_proves_nothing(book: Any, release: str) -> None:
    proved(book)
    book.add("release", "soak", {"release": release, "state": "deployed"}, **OLD)
    book.add("run", "", {}, **LATER)
    book.add("release", "soak", {"release": release, "state": "verified"}, **LATER)
    book.add("release", "soak", {"release": OLD["release"], "state": "verified"}, **OLD)
    assert baseline_run(book.entries, book.run["release"]) == (OLD["id"], OLD["release"])


@pytest.mark.parametrize("release", ["000000000000", "ffffffffffff"])
def test_a_run_of_another_release_does_not_prove_this_one(book: Any, release: str) -> None:
    other = {"id": f"r-20261103T000000Z-{release}", "release": release}
    proved(book)
    book.add("run", "", {}, **other)
    book.add("release", "rollback", {"release": OLD["release"], "state": "verified"}, **other)
    assert baseline_run(book.entries, book.run["release"]).run == OLD["id"]


@pytest.mark.parametrize("release", ["000000000000", "ffffffffffff"])
def test_that_a_spoiled_release_was_proved_in_a_run_proves_no_other_release(book: Any, release: str) -> None:
    proved(book)
    book.add("run", "", {}, **LATER)
    for state in ("verified", "bad"):
        book.add("release", "soak", {"release": release, "state": state}, **LATER)
    assert baseline_run(book.entries, book.run["release"]) == (OLD["id"], OLD["release"])


@pytest.mark.parametrize("kind", ["phase", "evidence", "signoff", "drill"])
def test_a_run_that_was_never_opened_proves_nothing(book: Any, kind: str) -> None:
    body = {"event": "started", "requires": []} if kind == "phase" else {}
    book.add(kind, "soak", body, **OLD)
    book.add("release", "soak", {"release": OLD["release"], "state": "verified"}, **OLD)
    assert baseline_run(book.entries, book.run["release"]) is None
