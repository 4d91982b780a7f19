# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_plan import parse_plan
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.slow_samplers import SlowSamplers
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.command import Completed

PLAN = {
    "run": "r",
    "duration_seconds": 9,
    "interval_seconds": 1,
    "projects": ["p"],
    "postgres": {"project": "p", "service": "postgres"},
    "cache": {"project": "p", "service": "redis"},
    "edge": {"project": "p", "service": "edge"},
}
EDGE = (
    "Pid: {pid}\n\n# pxname,svname,hrsp_5xx,req_tot,econ,eresp,wretr,ttime,\n"
    "port_80,FRONTEND,{bad},{all},,,,,\nweb,BACKEND,{bad},{all},0,0,0,5,\n"
)
INFO = "run_id:{run}\r\nused_memory:2048\r\nevicted_keys:0\r\nkeyspace_hits:{hits}\r\nkeyspace_misses:{misses}\r\n"


class Engine:
    def containers(self, _projects):
        return [{"Id": name, "Labels": {"com.docker.compose.service": name}} for name in ("postgres", "redis", "edge")]

    def inspect(self, container):
        return {"Id": container, "State": {"Pid": 0, "StartedAt": "t"}}


class Host:
    """What psql, redis-cli and the edge say; counts how often they are called."""

    def __init__(self, **said):
        self.said, self.calls = said, []

    def __call__(self, argv, **_options):
        name = next(word for word in argv if word in ("postgres", "redis", "edge"))
        self.calls.append(name)
        said = self.said.get(name)
        return Completed(tuple(argv), 1 if said is None else 0, said or "", "down")


def slow(host, kept=None, **plan):
    return SlowSamplers(parse_plan({**PLAN, **plan}), Engine(), lambda: 5.0, host, kept)


def look(sampler):
    sampler.look()
    rows, notes = sampler.drain()
    return {metric: value for metric, _labels, _at, value in rows}, notes


def test_one_call_each_tells_everything():
    host = Host(postgres="3|1|100|10|0", redis=INFO.format(run="a", hits=5, misses=5), edge=EDGE.format(pid=8, bad=1, all=50))
    sampler = slow(host)
    look(sampler)
    host.said.update(postgres="4|0|150|11|2", redis=INFO.format(run="a", hits=45, misses=6), edge=EDGE.format(pid=8, bad=2, all=80))
    found, notes = look(sampler)
    assert host.calls == ["edge", "postgres", "redis"] * 2
    assert notes == []
    assert found == {
        "postgres.active": 4, "postgres.locks_waiting": 0, "postgres.blocks_hit": 50, "postgres.blocks_read": 1, "postgres.deadlocks": 2,
        "redis.hits": 40, "redis.misses": 1, "redis.evicted": 0, "redis.used_memory": 2048,
        "edge.requests": 30, "edge.errors_5xx": 1, "edge.connection_errors": 0, "edge.response_errors": 0, "edge.retries": 0,
        "edge.time_average": 0.005,
    }  # fmt: skip


def test_an_own_command_that_tells_the_connections_alone_still_works():
    found, _notes = look(slow(Host(postgres="7"), cache={}, edge={}))
    assert found == {"postgres.active": 7}


def test_a_restarted_edge_takes_nothing_away_and_hides_nothing():
    host = Host(edge=EDGE.format(pid=8, bad=0, all=50))
    sampler = slow(host, postgres={}, cache={})
    look(sampler)
    host.said["edge"] = EDGE.format(pid=9, bad=6, all=60)
    found, _notes = look(sampler)
    assert (found["edge.requests"], found["edge.errors_5xx"]) == (60, 6)


def test_an_agent_that_comes_back_goes_on_from_where_the_samples_end():
    host = Host(edge=EDGE.format(pid=8, bad=0, all=50))
    first = slow(host, postgres={}, cache={})
    look(first)
    host.said["edge"] = EDGE.format(pid=8, bad=3, all=90)
    found, _notes = look(slow(host, first.kept, postgres={}, cache={}))
    assert (found["edge.requests"], found["edge.errors_5xx"]) == (40, 3)


def test_an_average_without_requests_is_of_another_time():
    sampler = slow(Host(edge=EDGE.format(pid=8, bad=0, all=50)), postgres={}, cache={})
    look(sampler)
    assert "edge.time_average" not in look(sampler)[0]


def test_what_does_not_answer_leaves_a_note_and_no_sample():
    found, notes = look(slow(Host(postgres="no number")))
    assert found == {}
    assert "postgres gave no usable answer" in notes[1][1]
    assert len(notes) == 3
