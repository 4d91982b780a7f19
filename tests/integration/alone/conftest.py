"""The reference application on a real engine: one demo for all tests of the session, then each test takes its turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from staging_host import STATE, Played, play, run


@pytest.fixture(scope="session")
def demo(request: pytest.FixtureRequest) -> Iterator[Played]:
    """`make demo` as a new user has it: ends with v2 live and a decision in the ledger.

    What was there before stays there; a stack that the tests brought up is taken down, unless a failure wants to be looked at.
    """
    was_there = STATE.exists()
    yield run(["scripts/demo.sh"], timeout=2400)
    if not was_there and not request.session.testsfailed:
        done = run(["scripts/clean", "--stack"])
        assert done.rc == 0, done.output


@pytest.fixture
def after_demo(demo: Played) -> Callable[..., Played]:
    assert demo.rc == 0, demo.output[-6000:]
    return play
