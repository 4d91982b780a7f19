# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Patience and distrust towards a registry; the real one is in tests/integration/test_registry.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import CommandError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.registry import Wanted
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.registry import DELAYS, Registry
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.command import Completed

DIGEST = "sha256:" + "1" * 64
DOWN = "dial tcp: connect: connection refused"


class Client:
    """Says one thing after the other; the last one stays."""

    def __init__(self, *said: Any) -> None:
        self.said = list(said)
        self.calls: list[Sequence[str]] = []
        self.pauses: list[float] = []

    def __call__(self, argv: Sequence[str], **_options: Any) -> Completed:
        self.calls.append(argv)
        said = self.said.pop(0) if len(self.said) > 1 else self.said[0]
        if isinstance(said, Exception):
            raise said
        return Completed(tuple(argv), 0 if "digest" in said else 1, said if "digest" in said else "", said)

    def push(self) -> Any:
        return Registry(self, self.pauses.append).push("web", "web:1")


def test_a_push_is_tried_again_after_growing_pauses_and_then_given_up() -> None:
    client = Client(DOWN)
    pushed = client.push()
    assert (pushed.attempts, pushed.reference, pushed.trouble) == (5, "", DOWN)
    assert client.pauses == list(DELAYS) == [1.0, 2.0, 4.0, 8.0]


def test_the_first_push_that_is_confirmed_is_the_last() -> None:
    client = Client(DOWN, f"1: digest: {DIGEST} size: 1", DOWN)
    assert client.push().reference == f"web@{DIGEST}"
    assert len(client.calls) == 2


def test_a_refusal_is_not_asked_again() -> None:
    client = Client("denied: requested access to the resource is denied")
    assert client.push().attempts == 1
    assert client.pauses == []


def test_an_attempt_that_does_not_end_is_a_failed_one() -> None:
    client = Client(CommandError("docker push has not ended after 1800 s"), f"1: digest: {DIGEST} size: 1")
    assert client.push().attempts == 2


def test_an_end_without_a_digest_is_not_a_push() -> None:
    assert Client("digest").push().trouble == "the registry confirmed no digest"


def test_a_secret_in_what_the_client_says_is_masked() -> None:
    assert "hunter2" not in Client("Get https://robot:hunter2@registry/v2/: unexpected EOF").push().trouble


def test_an_image_that_came_is_tagged_only_when_its_id_is_the_recorded_one() -> None:
    calls: list[Sequence[str]] = []

    def client(argv: Sequence[str], **_options: Any) -> Completed:
        calls.append(argv)
        return Completed(tuple(argv), 0, "sha256:judged\n" if argv[1] == "image" else "", "")

    Registry(client, [].append).pull(Wanted("web", "web:1", "sha256:judged", f"web@{DIGEST}"))
    assert calls[-1] == ["docker", "tag", f"web@{DIGEST}", "web:1"]
    with pytest.raises(Exception, match="another image"):
        Registry(client, [].append).pull(Wanted("web", "web:1", "sha256:other", f"web@{DIGEST}"))
    assert [call[1] for call in calls] == ["pull", "image", "tag", "pull", "image"]
