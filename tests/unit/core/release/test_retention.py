# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which releases stay on a host, and which images of the others may go."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.releases import release_history, rollback_target
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.retention import (
    ImageRecord,
    LocalImage,
    Removal,
    Retained,
    carried_release,
    known_releases,
    own_repositories,
    releases_with_images,
    removals,
    retain,
    unrecorded_ids,
)
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.rollback import compatibility_body

R = [f"{number:012x}" for number in range(1, 13)]


def ledger(*said: tuple[str, str]) -> list[dict[str, Any]]:
    """Entries that say of a release that it reached a state; a state of "" is an entry of its run only."""
    return [
        {"seq": seq, "time": "", "kind": "release" if state else "run", "release": name, "body": {"release": name, "state": state}}
        for seq, (name, state) in enumerate(said, 1)
    ]


def deployed(*names: str) -> list[dict[str, Any]]:
    return ledger(*((name, state) for name in names for state in ("deployed", "verified")))


def test_the_newest_are_kept_and_the_others_go_oldest_first() -> None:
    found = retain(deployed(*R[:5]), 2, R, R[4], [])
    assert list(found.kept) == [R[3], R[4]]
    assert found.expendable == (R[0], R[1], R[2])


def test_one_release_less_than_the_limit_and_nothing_goes() -> None:
    assert retain(deployed(*R[:5]), 5, R, R[4], []).expendable == ()
    assert retain(deployed(*R[:6]), 5, R, R[5], []).expendable == (R[0],)


def test_a_count_below_one_is_refused() -> None:
    assert retain(deployed(R[0]), 1, R, R[0], []).expendable == ()
    with pytest.raises(InputError, match="at least one release must be kept"):
        retain(deployed(R[0]), 0, R, R[0], [])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"live": R[0]}, "live"),
        ({"in_use": [R[0]]}, "a container of it is here"),
        ({"wanted": R[0]}, "being deployed"),
    ],
)
def test_an_old_release_is_kept_for_a_reason(change: dict[str, Any], reason: str) -> None:
    found = retain(deployed(*R[:5]), 1, R, **{"live": R[4], "in_use": [], **change})
    assert found.kept[R[0]] == (reason,)
    assert R[1] in found.expendable


def test_the_rollback_target_is_kept_behind_many_bad_releases() -> None:
    said = [(R[0], "deployed"), (R[0], "verified")] + [(name, state) for name in R[1:8] for state in ("deployed", "bad")]
    assert retain(ledger(*said), 2, R, R[7], []).kept[R[0]] == ("rollback target",)


def test_what_was_deployed_last_is_kept_while_nothing_serves() -> None:
    said = [(R[0], "deployed"), (R[1], ""), (R[2], "")]
    assert retain(ledger(*said), 1, R, "", []).kept[R[0]] == ("deployed last",)


def test_a_release_proved_on_the_schema_of_the_live_one_is_kept_and_one_proved_on_another_is_not() -> None:
    entries = deployed(*R[:5])
    for old, new in ((R[0], R[4]), (R[1], R[2])):
        entries.append(
            {"seq": len(entries) + 1, "time": "", "kind": "release", "release": new, "body": compatibility_body(old, new, ["1"], 3)}
        )
    found = retain(entries, 1, R, R[4], [])
    assert found.kept[R[0]] == (f"lives on the schema of {R[4]}",)
    assert R[1] in found.expendable


def test_a_release_that_the_ledger_does_not_know_is_never_named() -> None:
    found = retain(deployed(R[3], R[4]), 1, R, R[4], [])
    assert {*found.kept, *found.expendable} <= {R[3], R[4]}


def test_releases_without_anything_on_the_host_do_not_count_among_the_newest() -> None:
    said = [(R[0], "deployed"), (R[1], "deployed")] + [(name, "") for name in R[2:8]]
    assert retain(ledger(*said), 2, R[:2], "", []).expendable == ()


def test_names_that_are_no_release_are_not_known() -> None:
    entries = ledger(("../../etc", "deployed"), (R[0], "deployed"))
    assert known_releases(entries) == {R[0]: 2}


SAID = st.lists(st.tuples(st.sampled_from(R), st.sampled_from(["", "built", "deployed", "verified", "soaked", "bad"])), max_size=60)
NAMES = st.sets(st.sampled_from(R))


@given(SAID, st.integers(1, 6), NAMES, st.sampled_from(["", *R]), NAMES, st.sampled_from(["", *R]))
def test_what_is_needed_never_goes_and_a_second_time_nothing_goes(
    said: Any, count: int, present: Any, live: str, used: Any, wanted: str
) -> None:
    entries = ledger(*said)
    found = retain(entries, count, present, live, used, wanted)
    target = rollback_target(release_history(entries), live) if live else None
    assert not {live, wanted, *used, *([target.release] if target else [])} & set(found.expendable)
    assert {*found.kept, *found.expendable} == set(known_releases(entries)) & present
    assert len(found.kept) >= min(count, len({*found.kept, *found.expendable}))
    again = retain(entries, count, set(found.kept), live, used, wanted)
    assert again.expendable == ()
    assert retain(entries, count, sorted(present, reverse=True), live, sorted(used, reverse=True), wanted) == found


IMAGES = {name: f"sha256:{name}" for name in R}
RECORDS = {name: ImageRecord(frozenset({f"shop-web:{name}", "shop-db:15"}), frozenset({IMAGES[name], "sha256:db"})) for name in R}
REPOSITORIES = own_repositories("shop", RECORDS)


def retained(kept: list[str], going: list[str]) -> Retained:
    return Retained(dict.fromkeys(kept, ("kept",)), tuple(going))


def test_the_tags_of_a_release_and_of_its_stages_go() -> None:
    local = [LocalImage("i1", (f"shop-web:{R[0]}",)), LocalImage("i2", (f"shop-web-builder:{R[0]}", f"shop-web-builder:{R[1]}"))]
    found = removals(local, retained([R[1]], [R[0]]), RECORDS, REPOSITORIES)
    assert found == (Removal(f"shop-web:{R[0]}", R[0], "i1"), Removal(f"shop-web-builder:{R[0]}", R[0], "i2"))


@pytest.mark.parametrize("reference", ["shop-db:15", f"shopping:{R[0]}", f"other-web:{R[0]}", f"shop-web:{R[0]}-{R[1]}"])
def test_a_tag_without_release_of_others_or_of_two_releases_stays(reference: str) -> None:
    assert removals([LocalImage("i1", (reference,))], retained([R[1]], [R[0]]), RECORDS, REPOSITORIES) == ()


def test_images_in_a_registrys_repository_are_the_applications_too() -> None:
    tag = f"127.0.0.1:5000/team/shop-web:{R[0]}"
    own = own_repositories("shop", {R[0]: ImageRecord(frozenset({tag}))})
    assert own == ("127.0.0.1:5000/team/shop-web", "shop")
    assert [item.reference for item in removals([LocalImage("i", (tag,))], retained([], [R[0]]), {}, own)] == [tag]


def test_an_image_without_tag_goes_by_its_id_unless_a_kept_release_recorded_it() -> None:
    local = [LocalImage(IMAGES[R[0]]), LocalImage("sha256:db"), LocalImage("sha256:strange")]
    assert [item.reference for item in removals(local, retained([R[1]], [R[0]]), RECORDS, REPOSITORIES)] == [IMAGES[R[0]]]


def test_an_image_in_use_keeps_its_last_tag() -> None:
    alone, shared = LocalImage("i1", (f"shop-web:{R[0]}",)), LocalImage("i2", (f"shop-web:{R[1]}", f"shop-web:{R[2]}"))
    found = removals([alone, shared], retained([R[2]], [R[0], R[1]]), RECORDS, REPOSITORIES, {"i1", "i2"})
    assert [item.reference for item in found] == [f"shop-web:{R[1]}"]
    assert removals([LocalImage(IMAGES[R[0]])], retained([], [R[0]]), RECORDS, REPOSITORIES, {IMAGES[R[0]]}) == ()


@given(
    st.lists(st.tuples(st.sampled_from(["shop-web", "shop-web-test", "shop-e2e", "x"]), st.sampled_from(R)), max_size=30),
    st.sets(st.sampled_from(R)),
    st.sets(st.integers(0, 3)),
)
def test_no_image_of_a_kept_release_is_ever_removed(tags: Any, kept: Any, used: Any) -> None:
    local = [LocalImage(f"i{number % 4}-{number}", (f"{repository}:{name}",)) for number, (repository, name) in enumerate(tags)]
    division = retained(sorted(kept), sorted(set(R) - kept))
    in_use = {image.id for image in local if int(image.id[1]) in used}
    found = removals(local, division, RECORDS, REPOSITORIES, in_use)
    assert not {carried_release(item.reference, R) for item in found} & kept
    assert not {item.image_id for item in found} & in_use
    assert not [item for item in found if item.reference.startswith("x:")]
    assert set(removals(local[::-1], division, RECORDS, REPOSITORIES, in_use)) == set(found)
    left = [image for image in local if image.references[0] not in {item.reference for item in found}]
    assert removals(left, division, RECORDS, REPOSITORIES, in_use) == ()


def test_the_releases_of_which_a_tag_is_here_are_found() -> None:
    local = [LocalImage("a", (f"shop-web:{R[0]}", f"x:{R[1]}")), LocalImage(IMAGES[R[2]])]
    assert releases_with_images(local, REPOSITORIES, R) == {R[0]}


def test_an_id_that_two_releases_recorded_belongs_to_the_kept_one() -> None:
    assert unrecorded_ids(retained([R[1]], [R[0]]), RECORDS) == {IMAGES[R[0]]}
