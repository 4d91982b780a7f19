# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which release a rollback leaves, also when one was killed between its switch and its record."""

from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.releases import Release
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.journal import AFTER, BEFORE, Line
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.rollback import choose, left_release

OLD, NEW = "0000000000a1", "0000000000b2"
HISTORY = [
    Release(OLD, "verified", {"deployed": 2, "verified": 3}),
    Release(NEW, "verified", {"deployed": 5, "verified": 6}),
]


def line(step: str, at: str = BEFORE) -> Line:
    return Line("2026-11-23T12:00:00.000Z", "r-1", NEW, "rollback" if step == "back" else "deploy", step, at, 1)


@pytest.mark.parametrize(
    ("live", "steps", "left"),
    [
        (NEW, [], NEW),
        (NEW, ["switch"], NEW),
        (NEW, ["switch", "back"], NEW),  # killed before the edge was switched
        (OLD, ["switch", "back"], NEW),  # killed after it
        (OLD, ["back", "switch"], OLD),  # a deployment came after it
        (OLD, [], OLD),
        ("", ["back"], ""),
    ],
)
def test_a_rollback_leaves_the_live_release_or_goes_on_with_the_one_that_was_killed(live: str, steps: list[str], left: str) -> None:
    assert left_release(HISTORY, live, [line(step) for step in steps]) == left


def test_the_same_order_again_chooses_the_same_target() -> None:
    lines = [line("switch"), line("back"), line("back", AFTER)]
    assert choose(HISTORY, left_release(HISTORY, OLD, lines)).release == OLD


def test_after_a_recorded_rollback_nothing_is_left_over() -> None:
    history = [HISTORY[1], Release(OLD, "deployed", {"deployed": 9, "verified": 3})]
    assert left_release(history, OLD, [line("back")]) == OLD
