# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which entries count, at the edges that mutation testing found open."""

from __future__ import annotations

from typing import Any

import pytest

CPU = {"sli": "host.cpu", "pass": "< 70 pct"}
BODY = {"sli": "host.cpu", "labels": {}, "unit": "pct", "value": 1, "source": ""}


@pytest.mark.parametrize("run", ["r-20200101T000000Z-1a2b3c4d5e6f", "r-20301231T235959Z-1a2b3c4d5e6f"])
def test_evidence_of_an_older_or_a_newer_run_does_not_count(book: Any, run: str) -> None:
    book.add("evidence", "soak", BODY, id=run)
    assert book.outcome(CPU).reason == "stale"
    book.add("evidence", "soak", BODY)
    assert book.outcome(CPU).status == "PASS"


@pytest.mark.parametrize("release", ["000000000000", "ffffffffffff"])
def test_evidence_of_another_release_does_not_count_whatever_it_is_called(book: Any, release: str) -> None:
    book.add("evidence", "soak", BODY, release=release)
    assert book.outcome(CPU).reason == "other_release"


@pytest.mark.parametrize("kind", ["alert", "decision", "drill", "incident", "release", "run", "signoff"])
def test_only_an_entry_of_kind_evidence_is_evidence(book: Any, kind: str) -> None:
    book.add(kind, "soak", BODY)
    assert book.outcome(CPU).reason == "no_data"


def test_other_kinds_between_do_not_end_the_reading(book: Any) -> None:
    for kind in ("signoff", "evidence", "alert"):
        book.add(kind, "soak", BODY)
    assert book.outcome(CPU).status == "PASS"


def test_the_newest_recording_counts_and_not_the_best(book: Any) -> None:
    for value in (1, 99):
        book.measure("soak", "host.cpu", value, "pct")
    outcome = book.outcome(CPU)
    assert (outcome.status, outcome.evidence) == ("FAIL", (2,))


def test_another_release_is_told_only_while_nothing_nearer_is_known(book: Any) -> None:
    book.add("evidence", "soak", BODY, release="ffffffffffff")
    book.add("evidence", "soak", BODY, id="r-20200101T000000Z-1a2b3c4d5e6f")
    book.add("evidence", "soak", BODY, release="ffffffffffff")
    assert book.outcome(CPU).reason == "stale"


@pytest.mark.parametrize("key", ["alias", "extra", "zzz"])
def test_a_body_with_a_key_that_no_measurement_has_is_an_error(book: Any, key: str) -> None:
    book.add("evidence", "soak", {**BODY, key: 1})
    assert book.outcome(CPU).status == "ERROR"


def test_the_detail_of_a_body_is_for_people_and_not_checked(book: Any) -> None:
    book.add("evidence", "soak", {**BODY, "detail": ["looked at it"]})
    assert book.outcome(CPU).status == "PASS"
