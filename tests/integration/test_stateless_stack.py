# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An application without stateful services on the real engine, and the same release with another environment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_client import docker
from plain_stack import PlainStack

RELEASE, NEXT = "a1" * 6, "a2" * 6
STACK = """
services:
  web:
    container_name: {name}-web
    image: {name}:${{RELEASE_TAG}}
    environment: {{SHADE: "${{SHADE:-light}}"}}
    ports: ["{port}:8000"]
    healthcheck: {{test: [CMD, curl, -fsS, -o, /dev/null, "http://localhost:8000/health"], interval: 1s, retries: 5}}
"""


class Stateless(PlainStack):
    """The application of the other tests, its web service alone."""

    def _export(self, release: str) -> None:
        super()._export(release)
        path = self.state / "source" / release / "docker-compose.yml"
        path.write_text(STACK.format(name=self.name, port=self.port))

    def shades(self) -> dict[str, str]:
        """Colour -> what the environment of its running container says."""
        found = {}
        for name in sorted(self.containers()):
            if name.endswith("-web-1"):
                words = json.loads(docker("inspect", "-f", "{{json .Config.Env}}", name))
                found[name.split("-")[1]] = dict(word.split("=", 1) for word in words)["SHADE"]
        return found


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stateless]:
    made = Stateless("r1bare", 8710, tmp_path)
    made.prepare(RELEASE, NEXT)
    yield made
    made.remove()


def test_it_is_deployed_twice_and_configured_anew_without_touching_what_serves(stack: Stateless) -> None:
    dark = {"deploy_compose_variables": {"SHADE": "dark"}}
    rc, said = stack.play(RELEASE, "deploy")
    assert rc == 0, said[-3000:]
    assert stack.serves() == RELEASE
    rc, said = stack.play(RELEASE, "deploy")
    assert (rc, "changed=0" in said) == (0, True), said[-3000:]
    before = docker("inspect", "-f", "{{.Id}} {{.State.StartedAt}}", "r1bare-blue-web-1")

    rc, said = stack.play(RELEASE, "deploy", **dark)
    assert rc == 0, said[-3000:]
    assert stack.serves() == RELEASE
    assert stack.shades() == {"blue": "light", "green": "dark"}
    assert docker("inspect", "-f", "{{.Id}} {{.State.StartedAt}}", "r1bare-blue-web-1") == before
    rc, said = stack.play(RELEASE, "deploy", **dark)
    assert (rc, "changed=0" in said) == (0, True), said[-3000:]

    rc, said = stack.play(NEXT, "deploy")
    assert rc == 0, said[-3000:]
    assert stack.serves() == NEXT
    assert stack.shades() == {"blue": "light", "green": "dark"}
