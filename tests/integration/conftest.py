"""The reference application on a real engine: one demo for all tests of the session, then each test takes its turn."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from staging_host import Played, play, run


@pytest.fixture(scope="session")
def demo() -> Played:
    """`make demo` as a new user has it: ends with v2 live and a decision in the ledger."""
    return run(["scripts/demo.sh"], timeout=2400)


@pytest.fixture
def after_demo(demo: Played) -> Callable[..., Played]:
    assert demo.rc == 0, demo.output[-6000:]
    return play
