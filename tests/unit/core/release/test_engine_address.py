# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.engine_address import local_socket


@pytest.mark.parametrize(
    ("environment", "current", "path"),
    [
        ({}, "", "/var/run/docker.sock"),
        ({}, "default", "/var/run/docker.sock"),
        ({"DOCKER_HOST": "unix:///run/user/1000/docker.sock"}, "", "/run/user/1000/docker.sock"),
        ({"DOCKER_HOST": "unix:///run/other.sock", "DOCKER_CONTEXT": "far"}, "far", "/run/other.sock"),
        ({"DOCKER_CONTEXT": "default"}, "far", "/var/run/docker.sock"),
    ],
)
def test_the_socket_is_the_one_that_the_client_would_ask(environment, current, path):
    assert local_socket(environment, current) == path


@pytest.mark.parametrize(
    ("environment", "current"),
    [
        ({"DOCKER_HOST": "tcp://10.0.0.5:2376"}, ""),
        ({"DOCKER_HOST": "ssh://deploy@staging"}, ""),
        ({"DOCKER_HOST": "unix://"}, ""),
        ({"DOCKER_CONTEXT": "far"}, ""),
        ({}, "rootless"),
    ],
)
def test_there_is_none_where_the_client_asks_elsewhere_or_only_a_context_knows(environment, current):
    assert local_socket(environment, current) == ""
