"""What teams on plain compose hosts do, written as commands: `up -d --wait`, the plan's rollback, docker-rollout's steps."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

from engine_client import docker
from loaded_release import RECIPE

BOOT_SECONDS = "2"
SERVED = ("web", "api")


class PlainStack:
    """The compose file as it is, with fixed names and host ports, in a work tree of git: a commit and a tag for each release."""

    def __init__(self, name: str, port: int, folder: Path) -> None:
        self.name = name
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        self._folder = folder

    def begin(self, release: str) -> None:
        """The work tree, the image, the first release."""
        shutil.copytree(RECIPE, self._folder)
        built = {service: {"build": "."} for service in (*SERVED, "store")}
        (self._folder / "docker-compose.override.yml").write_text(str({"services": built}).replace("'", '"'))
        self._git("init", "--quiet")
        self._commit(release)
        self._compose("build", "--quiet")
        self._compose("up", "-d", "--wait")

    def up(self, release: str) -> None:
        """`docker compose up -d --wait` of a release."""
        self._commit(release)
        self._compose("up", "-d", "--wait")

    def plan_rollback(self, release: str) -> None:
        """The commands of the plan's rollback section, but for the migration: this application has no schema."""
        self._git("checkout", "--quiet", release)
        self._compose("down")
        self._compose("build", "--quiet")
        self._compose("up", "-d")

    def remove(self) -> None:
        """All that carries the name."""
        containers = docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={self.name}").split()
        if containers:
            docker("rm", "--force", "--volumes", *containers)
        for kind, name in (("network", f"{self.name}_default"), ("volume", f"{self.name}-store"), ("image", f"{self.name}-app")):
            subprocess.run(["docker", kind, "rm", name], capture_output=True, check=False)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _commit(self, release: str) -> bool:
        """Go to the commit of the release; it is made where it is not there."""
        if release in self._git("tag").split():
            self._git("checkout", "--quiet", release)
            return False
        ports = {"WEB_PORT": self._port, "API_PORT": self._port + 1}
        variables = {"APPLICATION": self.name, **ports, "BOOT_SECONDS": BOOT_SECONDS, "RELEASE_TAG": release}
        (self._folder / ".env").write_text("".join(f"{key}={value}\n" for key, value in variables.items()))
        self._git("add", "--all", "--force")
        self._git("-c", "user.name=bench", "-c", "user.email=bench@localhost", "commit", "--quiet", "--message", release)
        self._git("tag", release)
        return True

    def _compose(self, *arguments: str) -> str:
        return _must(["docker", "compose", "-p", self.name, "--progress", "quiet", *arguments], self._folder)

    def _git(self, *arguments: str) -> str:
        return _must(["git", *arguments], self._folder)


class RolloutStack(PlainStack):
    """docker-rollout's way: no fixed names, a proxy that finds the containers by their service's name, one service after the other."""

    def begin(self, release: str) -> None:
        """As before, and the proxy."""
        shutil.copytree(RECIPE, self._folder)
        (self._folder / "docker-compose.override.yml").write_text(_override())
        (self._folder / "haproxy.cfg").write_text(_proxy(self._port))
        self._git("init", "--quiet")
        self._commit(release)
        _must(["docker", "build", "--quiet", "--tag", f"{self.name}-app", "."], self._folder)
        self._compose("up", "-d", "--wait")

    def roll(self, release: str) -> None:
        """Each service: doubled without touching what runs, waited for, the old container stopped and removed."""
        self._commit(release)
        for service in SERVED:
            old = self._compose("ps", "--quiet", service).split()
            self._compose("up", "-d", "--no-deps", "--no-recreate", "--scale", f"{service}={2 * len(old)}", service)
            new = [name for name in self._compose("ps", "--quiet", service).split() if name not in old]
            _wait_until_healthy(new)
            docker("stop", *old)
            docker("rm", *old)


def _override() -> str:
    served = "".join(f"  {name}:\n    container_name: !reset null\n    ports: !reset []\n" for name in SERVED)
    ports = "ports: ['${WEB_PORT}:${WEB_PORT}']"
    mount = "volumes: ['./haproxy.cfg:/etc/stagegate/haproxy.cfg:ro']"
    return f"services:\n{served}  proxy:\n    image: sgbench-edge\n    {ports}\n    {mount}\n"


def _proxy(port: int) -> str:
    return (
        "defaults\n    mode http\n    timeout connect 2s\n    timeout client 60s\n    timeout server 60s\n    retries 3\n"
        "    option redispatch\n"
        "resolvers engine\n    nameserver engine 127.0.0.11:53\n    hold valid 1s\n    timeout resolve 1s\n    timeout retry 1s\n"
        f"frontend web\n    bind :{port}\n    default_backend web\n"
        "backend web\n    server-template web 4 web:8000 check inter 1s fastinter 250ms fall 2 rise 1 resolvers engine init-addr none\n"
    )


def _wait_until_healthy(names: list[str], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not all(docker("inspect", "--format", "{{.State.Health.Status}}", name).strip() == "healthy" for name in names):
        if time.monotonic() > deadline:
            raise SystemExit(f"{names} did not become healthy")
        time.sleep(0.5)


def _must(argv: list[str], folder: Path) -> str:
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(argv)} ended with {done.returncode}: {done.stderr[-1500:]}")
    return done.stdout
