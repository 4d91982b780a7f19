"""A host on which the application runs by plain docker compose: taken over with its rows, killed half-way, and given back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from engine_client import docker
from plain_stack import PlainStack

from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.docker_cli import Engine
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.take_over import TakeOver
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.command import Completed, run

FIRST, BROKEN = "a00000000001", "b00000000002"
ORDERS = {"stop", "rename", "update", "start", "rm"}


class Killed(BaseException):
    """The process was killed here."""


def killed_after(orders: int) -> Callable[..., Completed]:
    """The real client, for so many orders."""
    left = [orders]

    def execute(argv: Sequence[str], **options: Any) -> Completed:
        if argv[1] in ORDERS:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
        return run(argv, **options)

    return execute


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[PlainStack]:
    stack = PlainStack("sgtake", 8510, tmp_path)
    stack.prepare(FIRST, BROKEN)
    stack.up_plainly(FIRST)
    stack.sql("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('before')")
    yield stack
    stack.remove()


def test_a_running_stack_is_refused_unless_told_and_then_taken_over_with_its_rows_and_given_back(plain: PlainStack) -> None:
    rc, said = plain.play(FIRST, "deploy")
    assert rc != 0
    assert "stagegate_take_over: true" in said
    assert plain.serves() == FIRST, "a refusal touches nothing"
    assert plain.containers() == {"sgtake-database", "sgtake-web"}

    # A release that does not come up: the stack that ran before serves again by itself.
    rc, said = plain.play(BROKEN, "deploy", stagegate_take_over=True, deploy_health_timeout_seconds=8)
    assert rc != 0
    assert "did not become healthy" in said
    assert plain.serves() == FIRST
    assert plain.containers() == {"sgtake-database", "sgtake-web"}
    assert plain.sql("SELECT word FROM kept") == "before"

    # Killed after the first container was put away: the next start goes on.
    with contextlib.suppress(Killed):
        TakeOver(str(plain.state), plain.name, Engine(killed_after(3))).take(plain.model(BROKEN))
    assert plain.containers() == {"sgtake-database"}
    rc, said = plain.play(FIRST, "deploy", stagegate_take_over=True)
    assert rc == 0, said[-3000:]
    assert "the interruption begins" in said
    assert plain.serves() == FIRST
    assert plain.containers("exited") == {"sgtake-database-before-stagegate", "sgtake-web-before-stagegate"}
    assert docker("inspect", "-f", "{{.HostConfig.RestartPolicy.Name}}", "sgtake-database-before-stagegate") == "no"
    assert plain.sql("SELECT word FROM kept") == "before"
    plain.sql("INSERT INTO kept VALUES ('after')")

    rc, said = plain.play(FIRST, "deploy", stagegate_take_over=True)
    assert rc == 0, said[-3000:]
    assert "changed=0" in said, "the second time there is nothing to do"

    rc, said = plain.play(FIRST, "deploy/give_back")
    assert rc == 0, said[-3000:]
    assert plain.serves() == FIRST
    assert plain.containers() == {"sgtake-database", "sgtake-web"}
    assert docker("inspect", "-f", "{{.HostConfig.RestartPolicy.Name}}", "sgtake-database") == "always"
    assert plain.sql("SELECT string_agg(word, ',') FROM kept") == "before,after"
