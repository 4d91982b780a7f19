"""A worker that must not run twice, and a stack that cannot: watched while releases come, fail and go back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_client import docker
from plain_stack import PlainStack

GOOD, NEXT, BAD_WORKER, BROKEN = "a00000000001", "c00000000002", "e00000000003", "b00000000004"


class Watch:
    """Looks at the running containers of a service again and again, and keeps the largest number seen."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._done = threading.Event()
        self.most = self.looks = 0

    def __enter__(self) -> Watch:
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(0.2):
            listed = docker("ps", "--filter", f"name=^{self._name}", "--filter", "status=running", "--format", "{{.Names}}", check=False)
            self.most = max(self.most, len([name for name in listed.split() if "worker" in name]))
            self.looks += 1


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[PlainStack]:
    made = PlainStack("sgsolo", 8520, tmp_path, worker=True)
    made.prepare(GOOD, NEXT, BAD_WORKER, BROKEN)
    yield made
    made.remove()


def workers(stack: PlainStack) -> set[str]:
    return {name for name in stack.containers() if "worker" in name}


def test_never_two_workers_run_while_releases_come_fail_and_go_back(stack: PlainStack) -> None:
    with Watch("sgsolo") as watch:
        rc, said = stack.play(GOOD, "deploy")
        assert rc == 0, said[-3000:]
        assert workers(stack) == {"sgsolo-blue-single-worker-1"}
        rc, said = stack.play(NEXT, "deploy")
        assert rc == 0, said[-3000:]
        assert stack.serves() == NEXT
        assert workers(stack) == {"sgsolo-green-single-worker-1"}
        rc, said = stack.play(NEXT, "deploy")
        assert (rc, "changed=0" in said) == (0, True), said[-3000:]

        # Its worker fails after the switch: the deployment failed, and the way back brings the earlier worker.
        rc, said = stack.play(BAD_WORKER, "deploy")
        assert rc != 0
        assert "services that must not run twice are not healthy" in said
        assert stack.serves() == BAD_WORKER
        rc, said = stack.play(BAD_WORKER, "rollback/main", rollback_release=NEXT)
        assert rc == 0, said[-3000:]
        assert stack.serves() == NEXT
        assert workers(stack) == {"sgsolo-green-single-worker-1"}
    assert watch.looks > 20
    assert watch.most == 1


def test_a_stack_that_cannot_run_twice_is_recreated_and_comes_back_when_the_new_one_does_not(stack: PlainStack) -> None:
    stack.options = {"stagegate_strategy": "recreate"}
    rc, said = stack.play(GOOD, "deploy")
    assert rc == 0, said[-3000:]
    rc, said = stack.play(NEXT, "deploy")
    assert rc == 0, said[-3000:]
    assert f"the interruption begins: release {GOOD} is stopped" in said
    assert stack.serves() == NEXT
    assert {"sgsolo-green-web-1", "sgsolo-green-single-worker-1"} <= stack.containers()
    assert "sgsolo-blue-web-1" in stack.containers("exited"), "two never run, and the earlier one is kept"

    rc, said = stack.play(BROKEN, "deploy", deploy_health_timeout_seconds=8)
    assert rc != 0
    assert f"release {NEXT} still serves" in said
    assert stack.serves() == NEXT
    assert workers(stack) == {"sgsolo-green-single-worker-1"}

    # Killed between the two: nothing serves; the next start brings back what served, and goes on.
    docker("stop", "sgsolo-green-web-1")
    assert stack.serves() == ""
    rc, said = stack.play(GOOD, "deploy")
    assert rc == 0, said[-3000:]
    assert stack.serves() == GOOD
    rc, said = stack.play(GOOD, "rollback/main", rollback_release=NEXT)
    assert rc == 0, said[-3000:]
    assert stack.serves() == NEXT
    assert not {name for name in stack.containers() if "blue" in name}
