# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a rollback may go."""

from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.releases import Release
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.alembic_state import parse_history
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.rollback import (
    automatic_rollbacks,
    choose,
    compatibility_body,
    compatibility_proofs,
    refuse_without_images,
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


def test_a_later_failure_on_the_same_schema_takes_the_proof_back_and_a_later_pass_gives_it_again() -> None:
    proof = compatibility_body("old", "new", ["r3"], 5)
    failed = compatibility_body("old", "new", ["r3"], 5, failures=1)
    other = compatibility_body("old", "new", ["r4"], 5, failures=2)
    entries = [{"kind": "release", "body": body} for body in (proof, failed)]
    assert compatibility_proofs(entries) == ()
    assert compatibility_proofs([*entries, {"kind": "release", "body": proof}]) == (proof,)
    assert compatibility_proofs([entries[0], {"kind": "release", "body": other}]) == (proof,)


def test_no_check_at_all_proves_nothing() -> None:
    assert compatibility_proofs([{"kind": "release", "body": compatibility_body("old", "new", ["r3"], 0)}]) == ()


def test_a_target_that_is_all_here_is_not_refused() -> None:
    refuse_without_images(OLD, [], ALL, "new", {"old"})


def test_a_target_without_its_images_is_refused_and_only_releases_that_can_be_taken_are_named() -> None:
    other = Release("other", "soaked", {"deployed": 1, "soaked": 2})
    with pytest.raises(InputError) as refused:
        refuse_without_images(OLD, ["the image of web is gone"], [*ALL, other], "new", {"old", "new", "bad", "built", "other"})
    assert refused.value.where == "the image of web is gone"
    assert refused.value.todo.endswith("rollback_release: other (soaked)")


def test_where_no_other_release_can_be_taken_it_says_so() -> None:
    with pytest.raises(InputError, match="there is none whose images are here"):
        refuse_without_images(OLD, ["gone"], ALL, "new", set())


def _entry(kind: str, release: str = "new", phase: str = "deploy", **body: str) -> dict[str, object]:
    return {"kind": kind, "phase": phase, "release": release, "body": body}


BEGUN = _entry("phase", event="started")
BY_GATE = _entry("incident", phase="rollback", reason="gate", **{"from": "new"})


def test_a_gate_that_ordered_a_rollback_has_had_its_one() -> None:
    assert automatic_rollbacks([BEGUN], "new") == 0
    assert automatic_rollbacks([BEGUN, BY_GATE], "new") == 1
    assert automatic_rollbacks([BEGUN, BY_GATE, _entry("phase", phase="smoke", event="started")], "new") == 1


def test_a_new_deployment_of_the_release_may_be_rolled_back_again() -> None:
    assert automatic_rollbacks([BEGUN, BY_GATE, BEGUN], "new") == 0
    assert automatic_rollbacks([BEGUN, BY_GATE, _entry("phase", release="other", event="started")], "new") == 1
    assert automatic_rollbacks([BEGUN, BY_GATE, _entry("phase", event="other")], "new") == 1


@pytest.mark.parametrize("change", [{"reason": "operator"}, {"reason": "drill"}, {"reason": "gate", "from": "old"}])
def test_rollbacks_by_people_in_a_drill_or_of_another_release_do_not_count(change: dict[str, str]) -> None:
    assert automatic_rollbacks([BEGUN, _entry("incident", **{"from": "new", **change})], "new") == 0
