"""The first release of a host: there is no colour to switch from, and yet it is switched to as a whole."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_client import docker, until
from loaded_release import LoadedApp

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import ServiceError

PORT = 8420
RELEASE = "0" * 12


@pytest.fixture
def app(tmp_path: Path) -> Iterator[LoadedApp]:
    made = LoadedApp("s4first", PORT, tmp_path)
    made.remove()
    made.build()
    yield made
    made.remove()


def status(port: int) -> int:
    """What the edge answers there; 0 for nobody."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_a_first_release_that_the_edge_reaches_in_part_is_served_by_no_port(app: LoadedApp) -> None:
    colour = app.start(RELEASE).colour
    api = docker("ps", "--quiet", "--filter", f"label=com.docker.compose.project={app.name}-{colour}", "--filter", "name=api")
    docker("stop", "--time", "1", api)
    with pytest.raises(ServiceError, match="does not reach") as refused:
        app.switch(RELEASE, colour, wait_seconds=3)
    assert (status(PORT), status(PORT + 1)) == (503, 503), refused.value.where
    docker("start", api)
    app.switch(RELEASE, colour)
    assert until(lambda: (status(PORT), status(PORT + 1)) == (200, 200), 5)
