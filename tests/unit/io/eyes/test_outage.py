# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
import os
import signal

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import CommandError, ServiceError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.eyes.outage import Outages
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.command import Completed

INSPECTED = {
    "Id": "1",
    "Name": "/app-data-postgres",
    "State": {"Status": "running", "StartedAt": "2026-11-22T10:14:30.1Z", "ExitCode": 0},
    "Config": {"Labels": {"com.docker.compose.project": "app-data", "com.docker.compose.service": "postgres"}},
    "Image": "sha256:1",
    "RestartCount": 0,
    "HostConfig": {"PortBindings": {}},
    "NetworkSettings": {"Ports": {}},
}


class Engine:
    """Answers like docker, and remembers what it was told."""

    def __init__(self):
        self.told = []
        self.refuses = ""

    def __call__(self, argv, **_options):
        self.told.append(argv[1])
        if argv[1] == self.refuses:
            return Completed(tuple(argv), 1, "", "no")
        if argv[1] == "ps":
            return Completed(tuple(argv), 0, "1\n", "")
        return Completed(tuple(argv), 0, json.dumps([INSPECTED]), "")

    @property
    def orders(self):
        return [word for word in self.told if word in ("stop", "start")]


@pytest.fixture
def engine():
    return Engine()


@pytest.fixture
def outages(engine, tmp_path):
    return Outages("app-data", str(tmp_path), engine, lambda: 0.0)


def test_what_was_stopped_is_started_again_and_the_marker_is_gone(engine, outages):
    with outages.without(["postgres"], "database_down"):
        assert engine.orders == ["stop"]
        with open(outages.marker) as stream:
            assert json.load(stream)["containers"] == ["app-data-postgres"]
    assert engine.orders == ["stop", "start"]
    assert not os.path.exists(outages.marker)


def test_it_is_given_back_when_the_body_fails(engine, outages):
    with pytest.raises(ZeroDivisionError), outages.without(["postgres"], "x"):
        raise ZeroDivisionError
    assert engine.orders == ["stop", "start"]


def test_it_is_given_back_on_a_sigterm(engine, outages):
    with pytest.raises(SystemExit), outages.without(["postgres"], "x"):
        os.kill(os.getpid(), signal.SIGTERM)
    assert engine.orders == ["stop", "start"]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_it_is_given_back_when_stopping_fails_halfway(engine, outages):
    engine.refuses = "stop"
    with pytest.raises(CommandError), outages.without(["postgres"], "x"):
        pass
    assert engine.orders == ["stop", "start"]


def test_what_cannot_be_given_back_keeps_its_marker(engine, outages):
    engine.refuses = "start"
    with pytest.raises(CommandError, match="cannot be started again"), outages.without(["postgres"], "x"):
        pass
    assert os.path.exists(outages.marker)


def test_the_next_start_gives_back_what_a_killed_one_left(engine, outages):
    with open(outages.marker, "w") as stream:
        json.dump({"containers": ["app-data-redis"]}, stream)
    assert outages.repair_leftover() == ["app-data-redis"]
    assert engine.orders == ["start"]
    assert outages.repair_leftover() == []


def test_a_marker_that_cannot_be_read_is_an_error(outages):
    with open(outages.marker, "w") as stream:
        stream.write("{")
    with pytest.raises(ServiceError, match="marker"):
        outages.repair_leftover()


def test_a_scenario_that_stops_nothing_touches_nothing(engine, outages):
    with outages.without([], "not_found"):
        pass
    assert engine.told == []
