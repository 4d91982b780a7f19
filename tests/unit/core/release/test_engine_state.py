# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What `docker inspect` says, and what follows."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.engine_state import (
    ColourState,
    Container,
    colour_state,
    container,
    digest_mismatches,
    name_conflicts,
    strangers,
    target_colour,
)

INSPECTED = json.loads((pathlib.Path(__file__).parents[3] / "fixtures" / "release" / "inspect_backend.json").read_text())
BACKEND = container(INSPECTED)


def like(**changes: Any) -> Container:
    return dataclasses.replace(BACKEND, **changes)


def test_an_inspected_container_is_read() -> None:
    assert (BACKEND.project, BACKEND.service, BACKEND.release) == ("proofile-blue", "backend", "aaaaaaaaaaaa")
    assert BACKEND.host_ports == (14800,)
    assert BACKEND.is_healthy


@pytest.mark.parametrize(
    "changes",
    [{"health": "starting"}, {"health": "unhealthy"}, {"health": ""}, {"health": "Healthy"}, {"state": "exited"}, {"state": "paused"}],
)
def test_everything_but_running_and_healthy_is_not_healthy(changes: dict[str, Any]) -> None:
    assert not like(**changes).is_healthy


def test_an_ended_container_and_one_that_nothing_checks_are_given_up() -> None:
    assert like(state="exited").is_lost
    assert like(health="").is_lost
    assert not like(health="unhealthy").is_lost
    assert not like(state="restarting", health="").is_lost


def test_a_container_that_nothing_checks_is_told_as_such() -> None:
    assert like(health="").condition == "running, no healthcheck"
    assert like(state="created", health="").condition == "created"


def test_a_colour_whose_services_are_of_two_releases_has_none() -> None:
    mixed = [BACKEND, like(service="frontend", release="b" * 12)]
    assert colour_state(mixed, "proofile", "blue").release == ""


def test_a_colour_with_an_ended_service_is_not_healthy() -> None:
    assert not colour_state([BACKEND, like(service="frontend", state="exited")], "proofile", "blue").healthy
    assert not colour_state([], "proofile", "green").healthy


def states(blue: str, green: str) -> list[ColourState]:
    return [ColourState("blue", blue, (), True), ColourState("green", green, (), True)]


@pytest.mark.parametrize(
    ("release", "active", "blue", "green", "expected"),
    [
        ("new", None, "", "", "blue"),
        ("new", "blue", "old", "", "green"),
        ("old", "blue", "old", "new", "blue"),
        ("new", "blue", "old", "new", "green"),
        ("both", "green", "both", "both", "green"),
    ],
)
def test_a_release_goes_where_it_runs_and_else_into_the_idle_colour(
    release: str, active: str | None, blue: str, green: str, expected: str
) -> None:
    assert target_colour(release, active, states(blue, green)) == expected


def test_a_port_held_by_another_project_is_named_with_its_holder() -> None:
    stranger = like(project="other", name="other-web-1", host_ports=(3000,))
    assert strangers({3000: "edge"}, [stranger], ["proofile-edge"]) == [
        "port 3000 (wanted by edge) is published by container other-web-1 of compose project other"
    ]


def test_our_own_project_and_stopped_containers_are_no_strangers() -> None:
    mine = like(project="proofile-edge", host_ports=(3000,))
    stopped = like(project="other", host_ports=(3000,), state="exited")
    assert strangers({3000: "edge"}, [mine, stopped], ["proofile-edge"]) == []


def test_a_fixed_name_of_another_project_is_a_conflict_even_when_it_is_stopped() -> None:
    taken = like(name="proofile-postgres", project="proofile", state="exited")
    assert name_conflicts(["proofile-postgres"], [taken], "proofile-data")
    assert not name_conflicts(["proofile-postgres"], [like(name="proofile-postgres", project="proofile-data")], "proofile-data")


def test_an_image_that_was_not_judged_is_a_mismatch_and_so_is_one_never_recorded() -> None:
    assert digest_mismatches([BACKEND], {"backend": {"id": BACKEND.image_id}}) == []
    assert len(digest_mismatches([BACKEND], {"backend": {"id": "sha256:other"}})) == 1
    assert digest_mismatches([BACKEND], {}) == ["backend: the build recorded no image"]
