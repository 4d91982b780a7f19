# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which services must not run twice, and how often a service runs."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.single_services import (
    running_services,
    single_services,
    wanted_containers,
)

PORT = {"target": 8000, "published": "8000", "protocol": "tcp"}
SERVICES: dict[str, dict[str, Any]] = {
    "web": {"ports": [PORT], "depends_on": {"renderer": {}, "database": {}}},
    "renderer": {},
    "internal": {"expose": ["9000"]},
    "worker": {"depends_on": {"web": {}}},
    "database": {},
}
APPLICATION = ("internal", "renderer", "web", "worker")


def test_a_service_that_nobody_reaches_and_nobody_needs_is_guessed_to_be_single() -> None:
    assert single_services(SERVICES, APPLICATION, ()) == ("worker",)


def test_the_names_of_the_policy_take_the_place_of_the_guess() -> None:
    assert single_services(SERVICES, APPLICATION, ["renderer"]) == ("renderer",)


@pytest.mark.parametrize(
    ("label", "named", "expected"),
    [("true", [], ("renderer", "worker")), ("true", ["worker"], ("renderer", "worker")), ("false", ["renderer"], ())],
)
def test_the_label_decides_over_names_and_guess(label: str, named: list[str], expected: tuple[str, ...]) -> None:
    services = {**SERVICES, "renderer": {"labels": {"stagegate.single": label}}}
    assert single_services(services, APPLICATION, named) == expected


def test_a_label_takes_a_worker_out_that_may_run_twice() -> None:
    services = {**SERVICES, "worker": {"labels": {"stagegate.single": "False"}}}
    assert single_services(services, APPLICATION, ()) == ()


def test_a_label_that_is_neither_true_nor_false_is_refused() -> None:
    services = {**SERVICES, "worker": {"labels": {"stagegate.single": "yes"}}}
    with pytest.raises(InputError, match=r"service worker is 'yes'"):
        single_services(services, APPLICATION, ())


@pytest.mark.parametrize("name", ["wrker", "database"])
def test_a_name_that_is_no_application_service_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(InputError, match="internal, renderer, web, worker"):
        single_services(SERVICES, APPLICATION, [name])


def test_a_public_service_that_must_not_run_twice_is_refused_with_the_strategy_that_can() -> None:
    with pytest.raises(InputError, match="recreate"):
        single_services(SERVICES, APPLICATION, ["web"])


@pytest.mark.parametrize(
    ("service", "number"),
    [({}, 1), ({"scale": 2}, 2), ({"deploy": {"replicas": 3}}, 3), ({"deploy": {"resources": {}}}, 1), ({"deploy": {"replicas": 0}}, 0)],
)
def test_replicas_and_scale_say_how_many_containers_run(service: dict[str, Any], number: int) -> None:
    assert wanted_containers("web", service) == number


@pytest.mark.parametrize("said", [-1, "many", ""])
def test_replicas_that_are_no_number_are_refused(said: Any) -> None:
    with pytest.raises(InputError, match=r"deploy\.replicas or scale"):
        wanted_containers("web", {"scale": said})


def test_a_service_with_0_replicas_is_switched_off() -> None:
    assert set(running_services({"on": {}, "off": {"scale": 0}})) == {"on"}
