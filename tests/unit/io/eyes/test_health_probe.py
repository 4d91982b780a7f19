# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from ansible_collections.proofile.stagegate.plugins.module_utils.core.eyes.health_check import parse_checks
from ansible_collections.proofile.stagegate.plugins.module_utils.io.eyes.health_probe import HealthProbe
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.command import Completed

PING = {
    "component": "cache",
    "kind": "exec",
    "container": "redis",
    "command": ["redis-cli", "ping"],
    "contains": "PONG",
}


class Engine:
    """Answers the list call, then one scripted answer for each exec."""

    def __init__(self, *answers, ids="abc\n"):
        self.answers = list(answers)
        self.ids = ids

    def __call__(self, argv, timeout):
        if argv[1] == "ps":
            return Completed(tuple(argv), 0, self.ids, "")
        rc, out = self.answers.pop(0)
        return Completed(tuple(argv), rc, out, "")


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def probed(engine, timeout=10.0, secrets=None, checks=(PING,)):
    clock = Clock()
    probe = HealthProbe(secrets or {}, runner=engine, clock=clock, sleep=clock.sleep)
    return probe.until_passed(parse_checks(list(checks)), timeout, 2.0)


def test_a_check_that_fails_is_tried_again_until_it_passes():
    (found,) = probed(Engine((1, ""), (0, "nothing"), (0, "PONG")))
    assert (found.ok, found.tries, found.seconds) == (True, 3, 4.0)


def test_a_check_that_never_passes_ends_at_the_time_limit():
    (found,) = probed(Engine(*[(1, "LOADING")] * 20), timeout=5.0)
    assert (found.ok, found.tries) == (False, 3)
    assert "exit code 1: LOADING" in found.failures[0]


def test_a_container_that_does_not_run_is_a_failure():
    (found,) = probed(Engine(ids=""), timeout=0)
    assert "no running container redis" in found.failures[0]


def test_what_a_container_says_never_shows_a_secret():
    (found,) = probed(Engine((1, "wrong password hunter2")), timeout=0, secrets={"password": "hunter2"})
    assert found.failures == ("redis-cli ping in redis: exit code 1: wrong password ***",)


def test_a_port_on_which_nobody_answers_is_a_failure():
    (found,) = probed(Engine(), timeout=0, checks=({"component": "backend", "kind": "http", "url": "http://127.0.0.1:9/"},))
    assert not found.ok
