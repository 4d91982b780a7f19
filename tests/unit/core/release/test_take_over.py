# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which stack is an earlier one of this application, and what is written down of it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError, InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.engine_state import Container, container
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.take_over import (
    TAKEN,
    TAKING,
    Kept,
    Predecessor,
    Record,
    predecessor,
    ranks,
    read_record,
    record_body,
    record_of,
)

OWN = ["shop-data", "shop-blue", "shop-green", "shop-edge"]
MODEL: dict[str, Any] = {
    "services": {
        "postgres": {"container_name": "shop-postgres", "volumes": [{"type": "volume", "source": "rows", "target": "/rows"}]},
        "web": {"depends_on": {"postgres": {}}, "ports": [{"target": 80, "published": "8000"}]},
    },
    "volumes": {"rows": {"name": "shop-rows"}},
}


def there(service: str, project: str = "plain", **changes: Any) -> Container:
    labels = {"com.docker.compose.project": project, "com.docker.compose.service": service}
    read = container({"Id": f"id-{project}-{service}", "Name": f"/{project}-{service}-1", "Config": {"Labels": labels}})
    return dataclasses.replace(read, **{"state": "running", **changes})


DATABASE = there("postgres", name="shop-postgres", restart="always")
WEB = there("web", host_ports=(8000,), restart="unless-stopped")


@pytest.mark.parametrize(
    "sign",
    [
        there("postgres", name="shop-postgres"),
        there("postgres", volumes=("shop-rows",)),
        there("postgres", name="shop-postgres", state="exited"),
    ],
)
def test_a_stack_is_recognised_by_one_fixed_name_or_volume_and_comes_as_a_whole(sign: Container) -> None:
    found = predecessor(MODEL, [sign, there("web")], OWN)
    assert found is not None
    assert [item.service for item in found.containers] == ["postgres", "web"]


@pytest.mark.parametrize(
    "stranger",
    [
        there("postgres"),
        there("mysql", volumes=("shop-rows",)),
        there("postgres", project="", name="shop-postgres"),
        there("postgres", project="shop-data", name="shop-postgres"),
        there("postgres", name="shop-postgres", application="another"),
    ],
    ids=["same service name only", "another service", "no compose project", "our own", "another application of the release engine"],
)
def test_what_has_no_sign_is_nobody_of_ours(stranger: Container) -> None:
    assert predecessor(MODEL, [stranger], OWN) is None


def test_ports_alone_are_a_sign_only_when_all_of_them_are_held_by_running_services_of_the_same_names() -> None:
    two = {"services": {**MODEL["services"], "front": {"ports": [{"target": 80, "published": "3000"}]}}}
    front = there("front", host_ports=(3000,))
    assert predecessor(two, [WEB], OWN) is None
    assert predecessor(two, [WEB, dataclasses.replace(front, state="exited")], OWN) is None
    assert predecessor(two, [WEB, front], OWN) is not None


def test_two_stacks_that_look_alike_are_refused_with_both_named() -> None:
    with pytest.raises(InputError, match=r"compose projects old, plain"):
        predecessor(MODEL, [there("postgres", name="shop-postgres"), there("postgres", "old", volumes=("shop-rows",))], OWN)


def test_what_was_taken_over_is_not_found_again_but_the_rest_of_its_stack_is() -> None:
    taken = there("postgres", name="shop-postgres-before-stagegate", state="exited")
    assert predecessor(MODEL, [taken], OWN, {taken.id}) is None
    found = predecessor(MODEL, [taken, there("web")], OWN, {taken.id})
    assert found is not None
    assert [item.service for item in found.containers] == ["web"]


def test_what_another_application_has_taken_over_on_this_host_is_no_sign() -> None:
    taken = there("postgres", "other", name="other-postgres-before-stagegate", state="exited")
    assert predecessor(MODEL, [taken, there("web", "other", host_ports=(9000,))], OWN) is None


def test_a_service_starts_after_those_that_it_depends_on() -> None:
    assert ranks({"a": {"depends_on": {"b": {}, "elsewhere": {}}}, "b": {"depends_on": {"c": {}}}, "c": {}}) == {"c": 0, "b": 1, "a": 2}


def test_services_in_a_circle_are_not_waited_for_for_ever() -> None:
    assert ranks({"a": {"depends_on": {"b": {}}}, "b": {"depends_on": {"a": {}}}}) == {"a": 0, "b": 0}


def found(*items: Container) -> Predecessor:
    return Predecessor("plain", items, ("a sign",))


def test_the_record_says_how_each_container_was() -> None:
    record = record_of(found(DATABASE, dataclasses.replace(WEB, state="exited")), MODEL, None)
    assert record.state == TAKING
    assert [(item.name, item.restart, item.was_running, item.rank) for item in record.containers] == [
        ("shop-postgres", "always", True, 0),
        ("plain-web-1", "unless-stopped", False, 1),
    ]


def test_a_container_that_was_stopped_before_a_kill_is_remembered_as_running() -> None:
    first = record_of(found(DATABASE, WEB), MODEL, None)
    again = record_of(found(dataclasses.replace(DATABASE, state="exited", restart="no")), MODEL, first)
    assert again == first


def test_a_stack_that_was_started_again_after_it_was_taken_over_does_not_replace_the_way_back() -> None:
    record = dataclasses.replace(record_of(found(DATABASE), MODEL, None), state=TAKEN)
    with pytest.raises(InputError, match=r"started again by plain docker compose.*docker rm -f plain-web-1"):
        record_of(found(WEB), MODEL, record)


@given(
    st.builds(
        Record,
        st.sampled_from([TAKING, TAKEN]),
        st.text(),
        st.lists(st.builds(Kept, st.text(), st.text(), st.text(), st.text(), st.booleans(), st.integers())).map(tuple),
    )
)
def test_a_record_comes_back_as_it_was_written(record: Record) -> None:
    assert read_record(record_body(record)) == record


@pytest.mark.parametrize("body", [None, [], {}, {"state": "taken", "project": "p", "containers": [{"id": "1"}]}])
def test_a_record_of_another_shape_is_refused(body: Any) -> None:
    with pytest.raises(EvidenceError, match="record of the take-over"):
        read_record(body)
