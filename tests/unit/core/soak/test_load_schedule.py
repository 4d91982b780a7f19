# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from itertools import islice

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.load_schedule import arrivals


def test_requests_start_when_they_are_due_and_not_when_the_one_before_is_done():
    assert [at for at, _journey in islice(arrivals([1], [1], 4.0), 4)] == [0.0, 0.25, 0.5, 0.75]


def test_a_journey_of_three_requests_takes_three_slots():
    assert [at for at, _journey in islice(arrivals([1], [3], 10.0), 3)] == [0.0, 0.3, 0.6]


def test_the_mix_follows_the_weights_and_is_spread():
    chosen = [journey for _at, journey in islice(arrivals([3, 1], [1, 1], 1.0), 8)]
    assert chosen == [0, 0, 1, 0, 0, 0, 1, 0]


def test_the_same_plan_sends_the_same_requests():
    first, second = (list(islice(arrivals([5, 2, 1], [1, 1, 3], 7.0), 50)) for _ in range(2))
    assert first == second
