# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_progress import coverage, duration_text, progress_line


def test_an_undisturbed_soak_is_covered_whole():
    found = coverage([0.0, 2.0, 4.0, 6.0], 6.0, 2.0)
    assert (found.expected, found.taken, found.ratio, found.longest_gap) == (4, 4, 1.0, 2.0)


def test_a_hole_is_counted_and_never_filled():
    found = coverage([0.0, 2.0, 8.0, 10.0], 10.0, 2.0)
    assert (found.expected, found.taken, found.longest_gap) == (6, 4, 6.0)
    assert found.ratio == pytest.approx(4 / 6)


def test_a_sampler_that_died_early_shows_it():
    found = coverage([0.0, 2.0], 20.0, 2.0)
    assert (found.expected, found.taken, found.longest_gap) == (11, 2, 18.0)


def test_a_sampler_that_never_began_covers_nothing():
    found = coverage([], 20.0, 2.0)
    assert (found.ratio, found.longest_gap) == (0.0, 20.0)


def test_two_samples_of_one_slot_count_once():
    assert coverage([0.0, 0.1, 2.0, 2.3], 4.0, 2.0).taken == 2


def test_samples_that_come_a_little_late_count():
    assert coverage([0.3, 2.4, 4.2], 4.2, 2.0).ratio == 1.0


@pytest.mark.parametrize(("seconds", "text"), [(5, "5s"), (65, "1m05s"), (90061, "25h01m")])
def test_durations_read_like_durations(seconds, text):
    assert duration_text(seconds) == text


def test_a_dead_agent_is_told_loudly():
    status = {
        "finished": False, "running": False, "elapsed_seconds": 10, "duration_seconds": 90, "remaining_seconds": 80,
        "coverage": 0.5, "latest": {"requests": 20.0, "errors": 1.0, "p95_seconds": 0.25},
    }  # fmt: skip
    line = progress_line(status)
    assert "soak 10s of 1m30s, 1m20s left | coverage 50 %" in line
    assert "p95 250 ms | 1 errors in 20 requests" in line
    assert line.endswith("THE AGENT IS NOT RUNNING")
