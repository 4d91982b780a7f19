# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an image and a database say about the schema."""

from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.alembic_state import describe, parse_history, parse_versions

LINEAR = """\
0003_vitals -> 0004_availability (head), Availability of a professional; additive, so that the release before lives on this schema.
0002_profiles -> 0003_vitals, Web vitals measured in visitors' browsers.
0001_users_sessions -> 0002_profiles, Professional profiles.
<base> -> 0001_users_sessions, Users and their login sessions.
"""
BRANCHED = """\
b1, c1 -> d1 (head) (mergepoint), merge
a1 -> c1, second
a1 -> b1, first
<base> -> a1 (branchpoint), begin
"""


def test_the_head_is_the_revision_after_which_none_comes() -> None:
    assert parse_history(LINEAR).heads == ("0004_availability",)


def test_pending_revisions_come_oldest_first() -> None:
    assert parse_history(LINEAR).pending(("0002_profiles",)) == ["0003_vitals", "0004_availability"]
    assert parse_history(BRANCHED).pending(()) == ["a1", "b1", "c1", "d1"]


def test_nothing_is_pending_at_the_head() -> None:
    assert parse_history(LINEAR).pending(("0004_availability",)) == []


def test_a_merge_comes_after_both_of_its_parents() -> None:
    history = parse_history(BRANCHED)
    assert history.parents["d1"] == ("b1", "c1")
    assert history.heads == ("d1",)


def test_two_heads_are_seen() -> None:
    assert parse_history("a1 -> c1 (head), second\na1 -> b1 (head), first\n<base> -> a1, begin\n").heads == ("b1", "c1")


def test_a_revision_of_a_newer_release_is_not_known() -> None:
    assert not parse_history(LINEAR).knows(("0005_future",))
    assert parse_history(LINEAR).knows(())


def test_log_lines_between_the_revisions_are_passed_over() -> None:
    assert parse_history("INFO  [alembic] hello\n" + LINEAR).heads == ("0004_availability",)


@pytest.mark.parametrize("text", ["", "INFO nothing here\n"])
def test_an_image_that_shows_no_migration_is_an_error_and_not_an_empty_history(text: str) -> None:
    with pytest.raises(EvidenceError, match="shows no migration"):
        parse_history(text)


def test_a_line_that_is_not_understood_is_an_error() -> None:
    with pytest.raises(EvidenceError, match="not understood"):
        parse_history("<base> -> (head) what\n")


def test_a_history_with_a_missing_parent_is_broken() -> None:
    with pytest.raises(EvidenceError, match="broken"):
        parse_history("gone -> b1 (head), orphan\n").pending(())


def test_versions_are_the_rows_of_the_table() -> None:
    assert parse_versions("b1\nc1\n\n") == ("b1", "c1")
    assert parse_versions("") == ()


def test_revisions_are_described_by_their_title() -> None:
    assert describe(parse_history(LINEAR), ["0002_profiles"]) == ["0002_profiles Professional profiles."]
