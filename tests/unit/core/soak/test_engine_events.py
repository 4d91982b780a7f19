# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.engine_events import EventCounts

SECOND = 10**9


def event(at, action="die", container="a", project="p", **attributes):
    labels = {"name": f"app-{container}", "com.docker.compose.project": project, **attributes}
    return {"Type": "container", "Action": action, "timeNano": at, "Actor": {"ID": container, "Attributes": labels}}


def counts(counted):
    return {(metric, name): number for metric, name, number in counted.rows() if number}


def test_each_kind_of_event_has_a_count_of_its_own():
    counted = EventCounts(["p"])
    for at, action in enumerate(["create", "start", "oom", "die", "health_status: unhealthy", "health_status: healthy"]):
        assert counted.take(event(at, action))
    assert counts(counted) == {
        ("container.creations", "app-a"): 1,
        ("container.starts", "app-a"): 1,
        ("container.oom_events", "app-a"): 1,
        ("container.deaths", "app-a"): 1,
        ("container.health_flips", "app-a"): 1,
    }


def test_other_projects_other_events_and_one_off_containers_are_not_counted():
    counted = EventCounts(["p"])
    assert not counted.take(event(1, project="q"))
    assert not counted.take(event(1, "exec_die"))
    assert not counted.take(event(1, **{"com.docker.compose.oneoff": "True"}))
    assert not counted.take({"Action": "die"})
    assert counted.rows() == []


def test_what_was_before_the_soak_is_not_counted():
    counted = EventCounts(["p"])
    counted.begin(10 * SECOND)
    assert not counted.take(event(9 * SECOND))
    assert counted.take(event(10 * SECOND))


def test_a_known_container_without_events_has_a_count_of_0():
    counted = EventCounts(["p"])
    counted.know(["app-a"])
    assert ("container.deaths", "app-a", 0) in counted.rows()


def test_what_the_engine_remembers_must_reach_back_to_what_is_known():
    counted = EventCounts(["p"])
    counted.known_until(100 * SECOND)
    assert counted.check([event(99 * SECOND), event(101 * SECOND)])
    assert counted.gaps == 0
    assert not counted.check([event(101 * SECOND)]), "it has forgotten"
    assert not counted.check([]), "it was started again"
    assert counted.gaps == 2


@given(
    st.lists(st.tuples(st.integers(0, 20 * SECOND), st.sampled_from("abc"), st.sampled_from(["die", "start"])), unique=True, max_size=40),
    st.lists(st.tuples(st.integers(0, 20 * SECOND), st.booleans()), max_size=8),
)
def test_each_event_is_counted_once_whenever_the_connection_or_the_agent_breaks(events, breaks):
    """At each break the agent knows everything up to then; it asks again from `since` on, with or without its process's memory."""
    counted = EventCounts(["p"])
    ordered = sorted(events)
    for until, restarted in [*sorted(breaks), (21 * SECOND, False)]:
        for at, container, action in ordered:
            if counted.since <= at <= until:
                counted.take(event(at, action, container))
        counted.known_until(until)
        kept = json.loads(json.dumps(counted.state))
        counted = EventCounts(["p"], kept) if restarted else counted
    assert sum(number for _metric, _name, number in counted.rows()) == len(events)
