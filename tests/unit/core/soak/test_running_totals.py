# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.running_totals import RunningTotals


def test_the_totals_begin_at_0_with_the_first_look():
    totals = RunningTotals()
    assert totals.advance("redis", "a", {"hits": 100, "misses": 7}) == {"hits": 0, "misses": 0}
    assert totals.advance("redis", "a", {"hits": 130, "misses": 8}) == {"hits": 30, "misses": 1}


def test_after_a_restart_all_counters_of_the_server_count_from_0():
    totals = RunningTotals()
    totals.advance("redis", "a", {"hits": 100, "misses": 2})
    # Misses are more than before the restart already: looked at alone they would seem to have grown by 3.
    assert totals.advance("redis", "a", {"hits": 40, "misses": 5}) == {"hits": 40, "misses": 5}


def test_another_process_is_a_restart_even_if_every_counter_is_higher():
    totals = RunningTotals()
    totals.advance("edge", "1", {"requests": 10})
    assert totals.advance("edge", "2", {"requests": 50}) == {"requests": 50}


def test_a_counter_that_comes_or_goes_is_no_restart():
    totals = RunningTotals()
    totals.advance("edge", "1", {"requests": 10})
    assert totals.advance("edge", "1", {"requests": 12, "errors": 3}) == {"requests": 2, "errors": 3}
    assert totals.advance("edge", "1", {"errors": 4}) == {"requests": 2, "errors": 4}


LOOKS = st.lists(st.tuples(st.booleans(), st.integers(0, 50), st.integers(0, 50), st.booleans()), min_size=1, max_size=30)


@given(LOOKS)
def test_nothing_is_lost_whatever_is_restarted_when(looks):
    """Each step is (the server was restarted, hits since then, misses since then, the agent was restarted)."""
    totals, raw, expected, process = RunningTotals(), {"hits": 9, "misses": 9}, {"hits": 0, "misses": 0}, 0
    totals.advance("redis", "0", raw)
    for restarted, hits, misses, agent in looks:
        process += restarted
        raw = {"hits": (0 if restarted else raw["hits"]) + hits, "misses": (0 if restarted else raw["misses"]) + misses}
        expected = {"hits": expected["hits"] + hits, "misses": expected["misses"] + misses}
        if agent:
            totals = RunningTotals(json.loads(json.dumps(totals.state)))
        assert totals.advance("redis", str(process), raw) == expected
