# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a rollback may go."""

from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.releases import Release
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.alembic_state import parse_history
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.rollback import (
    choose,
    compatibility_body,
    compatibility_proofs,
    schema_proof,
)

OLD = Release("old", "verified", {"deployed": 1, "verified": 2})
NEW = Release("new", "deployed", {"deployed": 3})
BAD = Release("bad", "bad", {"deployed": 4, "bad": 5})
BUILT = Release("built", "built", {"built": 6})
ALL = [OLD, NEW, BAD, BUILT]
KNOWN = parse_history("r1 -> r2 (head), two\n<base> -> r1, one\n")


def test_the_last_verified_release_is_chosen() -> None:
    assert choose(ALL, "new").release == "old"


def test_without_an_earlier_good_release_it_says_why_and_what_there_is() -> None:
    with pytest.raises(InputError, match=r"no release to roll back to.*no earlier release was verified.*new \(deployed\)"):
        choose([NEW], "new")


def test_an_unknown_release_is_refused_with_a_list() -> None:
    with pytest.raises(InputError, match=r"'nope' is unknown.*old \(verified\)"):
        choose(ALL, "new", "nope")


@pytest.mark.parametrize(
    ("wanted", "message"), [("new", "is live already"), ("bad", "was found bad"), ("built", "was never deployed here")]
)
def test_a_release_that_cannot_be_taken_is_refused_with_the_reason(wanted: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        choose(ALL, "new", wanted)


def test_a_database_at_the_targets_head_needs_no_proof() -> None:
    assert "target's own head" in schema_proof("old", KNOWN, ["r2"], [])


def test_a_newer_schema_is_refused_with_the_safe_ways_when_nothing_shows_that_it_works() -> None:
    with pytest.raises(InputError, match=r"does not know the schema.*fix forward.*restore the backup"):
        schema_proof("old", KNOWN, ["r3"], [])


def test_a_proof_counts_for_its_own_release_and_schema_only() -> None:
    proof = compatibility_body("old", "new", ["r3"], 5)
    assert "passed its checks" in schema_proof("old", KNOWN, ["r3"], [proof])
    with pytest.raises(InputError):
        schema_proof("older", KNOWN, ["r3"], [proof])
    with pytest.raises(InputError):
        schema_proof("old", KNOWN, ["r4"], [proof])


def test_a_database_older_than_the_target_is_refused_because_a_rollback_never_migrates() -> None:
    with pytest.raises(InputError, match="a rollback never migrates"):
        schema_proof("old", KNOWN, ["r1"], [])


def test_proofs_are_found_among_the_entries() -> None:
    body = compatibility_body("old", "new", ["r3"], 5)
    entries = [{"kind": "release", "body": body}, {"kind": "release", "body": {"state": "bad"}}, {"kind": "drill", "body": body}]
    assert compatibility_proofs(entries) == (body,)
