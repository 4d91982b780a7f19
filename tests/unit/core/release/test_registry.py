# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Names, digests and pauses of pushing and pulling."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.registry import (
    Pushed,
    Wanted,
    is_permanent,
    push_measurements,
    pushed_reference,
    repository_of,
    retry_delays,
    wanted_images,
)

DIGEST = "sha256:" + "1" * 64
OTHER = "sha256:" + "2" * 64
RELEASE = "1a2b3c4d5e6f"
IMAGE = {"tag": "web:1", "id": OTHER, "digest": f"web@{DIGEST}"}


def test_each_pause_is_twice_the_one_before_and_none_is_longer_than_the_longest() -> None:
    assert retry_delays(6, 1.0, 2.0, 5.0) == (1.0, 2.0, 4.0, 5.0, 5.0)
    assert retry_delays(1, 1.0) == ()


@given(st.integers(1, 50), st.floats(0, 100), st.floats(1, 10), st.floats(0, 100))
def test_there_is_one_pause_less_than_attempts_and_pauses_never_shrink(attempts: int, first: float, factor: float, longest: float) -> None:
    delays = retry_delays(attempts, first, factor, longest)
    assert len(delays) == attempts - 1
    assert list(delays) == sorted(delays)
    assert all(delay <= longest for delay in delays)


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"first_seconds": -0.1}, {"factor": 0.9}])
def test_a_schedule_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="no schedule"):
        retry_delays(**{"attempts": 3, "first_seconds": 1.0, **wrong})


@pytest.mark.parametrize(
    ("said", "permanent"),
    [
        ("no basic auth credentials", True),
        ("unauthorized: authentication required", True),
        ("denied: requested access to the resource is denied", True),
        ("An image does not exist locally with the tag: web", True),
        ("manifest unknown: manifest unknown", True),
        ("dial tcp 127.0.0.1:5000: connect: connection refused", False),
        ("received unexpected HTTP status: 503 Service Unavailable", False),
        ("unexpected EOF", False),
        ("", False),
    ],
)
def test_what_another_attempt_may_repair_is_told_from_what_it_cannot(said: str, permanent: bool) -> None:
    assert is_permanent(said) is permanent


@pytest.mark.parametrize(
    ("tag", "repository"),
    [
        ("web:1", "web"),
        ("web", "web"),
        ("127.0.0.1:5000/team/web:1", "127.0.0.1:5000/team/web"),
        ("127.0.0.1:5000/team/web", "127.0.0.1:5000/team/web"),
    ],
)
def test_the_port_of_a_registry_is_no_tag(tag: str, repository: str) -> None:
    assert repository_of(tag) == repository


def test_the_digest_is_what_the_registry_confirmed() -> None:
    assert pushed_reference("host:5000/web:1", f"abc: Pushed\n1: digest: {DIGEST} size: 524\n") == f"host:5000/web@{DIGEST}"


@pytest.mark.parametrize("output", ["", "1: Pushed", "1: digest: sha256:123 size: 1", f"1: digest: {DIGEST}\n2: digest: {OTHER}\n"])
def test_without_exactly_one_whole_digest_nothing_was_pushed(output: str) -> None:
    assert pushed_reference("web:1", output) == ""


def test_a_failed_push_is_a_failed_command_of_the_build() -> None:
    found = push_measurements([Pushed("web", "web:1", f"web@{DIGEST}", 1), Pushed("api", "api:1", "", 5, "connection refused")])
    values = {(item["sli"], item["labels"].get("command", "")): item["value"] for item in found}
    assert values == {
        ("build.commands", "push web"): 1,
        ("build.failures", "push web"): 0,
        ("build.commands", "push api"): 1,
        ("build.failures", "push api"): 1,
        ("build.push_failures", ""): 1,
    }


def test_the_images_of_a_record_are_wanted_by_their_digests() -> None:
    record = {"release": RELEASE, "images": {"web": IMAGE, "api": {"tag": "api:1", "id": DIGEST}}}
    assert wanted_images(record, RELEASE) == (Wanted("api", "api:1", DIGEST, ""), Wanted("web", "web:1", OTHER, f"web@{DIGEST}"))


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"release": "ffffffffffff", "images": {"web": IMAGE}}, "another release"),
        ({"release": RELEASE}, "records no images"),
        ({"release": RELEASE, "images": {}}, "records no images"),
        ({"images": {"web": "web:1"}}, "not named as it must be"),
        ({"images": {"web": {**IMAGE, "id": "sha256:12"}}}, "not named as it must be"),
        ({"images": {"web": {**IMAGE, "tag": ""}}}, "not named as it must be"),
        ({"images": {"web": {**IMAGE, "digest": "web:latest"}}}, "not named as it must be"),
        ({"images": {"web": {**IMAGE, "digest": f"--all-tags@{DIGEST}"}}}, "not named as it must be"),
    ],
)
def test_a_record_that_does_not_name_its_images_is_refused(record: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        wanted_images(record, RELEASE)
