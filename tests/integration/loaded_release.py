"""A tiny application on the real engine behind the real edge, deployed and rolled back by the collection's own io layer."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine_client import docker

from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.compose_plan import COLOURS, PREVIEW_OFFSETS
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.edge_sessions import Drained
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.engine_state import target_colour
from ansible_collections.proofile.stagegate.plugins.module_utils.io.edge.edge_drain import EdgeDrain
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.compose_stack import ComposeStack, Outcome
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.docker_cli import Engine
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.edge import Edge
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.release_facts import standing
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.release_plan import ReleasePlanner

ROOT = Path(__file__).resolve().parents[2]
RECIPE = Path(__file__).parent / "loaded_app"
EDGE_RECIPE = ROOT / "roles/deploy/files/edge"
STEADY_LOAD = ROOT / "scripts/bench/steady_load.py"


@dataclass(frozen=True)
class Started:
    """A release in its colour: how its containers stand, and who was waited for before the colour was replaced."""

    release: str
    colour: str
    outcome: Outcome
    drained: Drained | None


class LoadedApp:
    """One application `name` with the public ports `port` (web) and `port` + 1 (api); everything it makes carries its name."""

    def __init__(self, name: str, port: int, state_dir: Path) -> None:
        self.name = name
        self.port = port
        self.state = str(state_dir)
        self.url = f"http://127.0.0.1:{port}"
        self.engine = Engine()
        self._edge = Edge(name, self.state, self.engine)

    def preview(self, colour: str) -> int:
        """The port at which the web service of that colour answers without the edge."""
        return self.port + PREVIEW_OFFSETS[colour]

    def build(self) -> None:
        """The images of the application and of the edge."""
        for tag, recipe in ((f"{self.name}-app", RECIPE), (f"{self.name}-edge", EDGE_RECIPE)):
            docker("build", "--quiet", "--tag", tag, str(recipe))

    def put_source(self, release: str, **environment: str) -> dict[str, str]:
        """What the build phase would leave of a release: its source, its environment, its record; returns the environment."""
        source, folder = Path(self.state, "source", release), Path(self.state, "releases", release)
        source.mkdir(parents=True, exist_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(RECIPE / "docker-compose.yml", source)
        ports = {"WEB_PORT": str(self.port), "API_PORT": str(self.port + 1)}
        variables = {"APPLICATION": self.name, **ports, **environment, "RELEASE_TAG": release}
        (folder / "environment").write_text("".join(f"{key}={value}\n" for key, value in variables.items()))
        image = self.engine.image_id(f"{self.name}-app")
        record = {"images": {service: {"tag": f"{self.name}-app", "id": image} for service in ("api", "web")}}
        (folder / "release.json").write_text(json.dumps(record))
        return variables

    def start(
        self,
        release: str,
        drain_seconds: float = 30.0,
        health_seconds: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
        **environment: str,
    ) -> Started:
        """Plan a release for the colour in which it belongs, wait until nobody is on that one, bring it up there."""
        self.put_source(release, **environment)
        now = standing(self.name, self.state, self.engine)
        colour = target_colour(release, now.active, now.colours)
        planner = ReleasePlanner(self.state, self.name, release, self.engine)
        model = planner.model(["docker-compose.yml"], os.path.join(planner.folder, "environment"))
        plan = planner.plan(model, colour, f"{self.name}-edge", None)
        planner.refuse_strangers(plan, colour)
        planner.write(model, plan, colour, check_mode=False)
        assert ComposeStack(f"{self.name}-data", f"{planner.folder}/data.json", self.engine).up(60).healthy
        waited: list[Drained | None] = []

        def drain() -> None:
            waited.append(EdgeDrain(self.name, self.engine, sleep=sleep).wait(f"{self.name}-{colour}", drain_seconds))

        stack = ComposeStack(f"{self.name}-{colour}", f"{planner.folder}/{colour}.json", self.engine)
        return Started(release, colour, stack.up(health_seconds, drain), waited[0] if waited else None)

    def switch(self, release: str, colour: str, wait_seconds: float = 30) -> float:
        """Let the edge send everything to that colour; the seconds from the order to its end."""
        begun = time.monotonic()
        self._edge.switch(release, colour, wait_seconds)
        return time.monotonic() - begun

    def deploy(self, release: str, **environment: Any) -> Started:
        """Start and switch; AssertionError when it does not come up."""
        started = self.start(release, **environment)
        assert started.outcome.healthy, started.outcome.troubles
        self.switch(release, started.colour)
        return started

    def remove(self) -> None:
        """Containers, networks, volume and images that carry the name, and the state folder."""
        for part in ("edge", *COLOURS, "data"):
            containers = docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={self.name}-{part}").split()
            if containers:
                docker("rm", "--force", "--volumes", *containers)
        for kind, names in (
            ("network", [f"{self.name}-{colour}" for colour in COLOURS]),
            ("volume", [f"{self.name}-store"]),
            ("image", [f"{self.name}-app", f"{self.name}-edge"]),
        ):
            for name in names:
                subprocess.run(["docker", kind, "rm", name], capture_output=True, check=False)
        shutil.rmtree(self.state, ignore_errors=True)


@contextmanager
def load(url: str, rate: int = 200, kept: int = 8) -> Iterator[dict[str, Any]]:
    """Steady load for as long as the block runs; afterwards the mapping holds what became of the requests."""
    told: dict[str, Any] = {}
    argv = [sys.executable, str(STEADY_LOAD), url, "--rate", str(rate), "--kept", str(kept)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    try:
        time.sleep(1)  # the sender is up, and has shown that all is well before anything is done
        yield told
        time.sleep(1)
    finally:
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=30)
    told.update(json.loads(output))
