# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Docker engine as the managed node has it, its client and its socket: no SDK is needed there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from ...core.errors import CommandError, EvidenceError
from ...core.release.compose_plan import parts, project_name
from ...core.release.engine_state import PROJECT_LABEL, Container, container
from ..system.command import Completed, Runner, must, run
from .engine_reads import EngineReads, socket_of_client

COMPOSE_TIMEOUT = 600.0


class Engine:
    """Asks and orders the engine. The runner is a parameter: tests hand in what the client would print, and no socket is asked then."""

    def __init__(self, runner: Optional[Runner] = None) -> None:
        self._run = runner or run
        self._reads = EngineReads(self._run, None if runner else socket_of_client())

    def containers(self, project: str = "", label: str = "") -> list[Container]:
        """All containers (one-off ones left out), running or not; of one compose project or with a label when given."""
        labels = [f"{PROJECT_LABEL}={project}"] if project else []
        labels += [label] if label else []
        return [item for item, one_off in self._inspected(labels) if one_off.lower() != "true"]

    def one_offs(self, project: str) -> list[Container]:
        """Running containers that `compose run` made in this project."""
        return [
            item
            for item, one_off in self._inspected([f"{PROJECT_LABEL}={project}"])
            if one_off.lower() == "true" and item.state == "running"
        ]

    def application_containers(self, application: str) -> list[Container]:
        """The containers of all projects of an application."""
        projects = {project_name(application, part) for part in parts()}
        return [item for item in self.containers() if item.project in projects]

    def service_container(self, project: str, service: str) -> Container:
        """The running container of a service; CommandError when there is none."""
        for item in self.containers(project):
            if item.service == service and item.state == "running":
                return item
        raise CommandError(
            f"service {service} does not run",
            where=f"compose project {project}",
            why="the engine shows no running container of it",
            todo="deploy first, or look why it ended: docker ps -a",
        )

    def image_id(self, image: str) -> str:
        """`sha256:...` of a local image, empty when the engine does not have it."""
        return self._reads.image_id(image)

    def model(self, files: Sequence[str], folder: str, env_file: str, project: str = "") -> dict[str, Any]:
        """The normalised compose model of these files; it holds secrets. CommandError with what compose says when it refuses.

        `project` wins over the name that the files or the folder give it.
        """
        argv = ["docker", "compose", "--project-directory", folder, "--env-file", env_file]
        argv += ["--project-name", project] if project else []
        for path in files:
            argv += ["-f", path]
        done = must(
            self._run([*argv, "config", "--format", "json"], timeout=60.0),
            "the compose files are refused",
            todo="run `docker compose config` with these files and correct them",
        )
        try:
            model = json.loads(done.stdout)
        except ValueError as error:
            raise EvidenceError("the compose model is no JSON", why=str(error)) from error
        if not isinstance(model, dict):
            raise EvidenceError("the compose model is no mapping")
        return model

    def compose(self, project: str, path: str, *arguments: str, timeout: float = COMPOSE_TIMEOUT) -> Completed:
        """Run `docker compose` on a planned project. Nothing of the caller's environment or of a `.env` gets in."""
        argv = ["docker", "compose", "--env-file", "/dev/null", "-p", project, "-f", path, "--progress", "plain", *arguments]
        return self._run(argv, timeout=timeout)

    def config_hashes(self, project: str, path: str) -> dict[str, str]:
        """Service -> hash of its planned configuration, as compose writes it into a label of the container."""
        done = must(self.compose(project, path, "config", "--hash", "*", timeout=60.0), "the planned compose file is refused")
        return dict(line.split()[:2] for line in done.stdout.splitlines() if len(line.split()) >= 2)

    def ensure_network(self, name: str, project: str, key: str) -> bool:
        """Make a network as compose would for `key` of `project`, so that compose takes it for its own later; False when it is there."""
        if self._run(["docker", "network", "inspect", name], timeout=30.0).ok:
            return False
        labels = {"com.docker.compose.project": project, "com.docker.compose.network": key}
        given = [word for label, value in labels.items() for word in ("--label", f"{label}={value}")]
        must(self._run(["docker", "network", "create", *given, name], timeout=60.0), f"network {name} cannot be made")
        return True

    def logs(self, name: str, since: str = "", lines: int | None = None) -> str:
        """What a container wrote, both streams. CommandError when that cannot be read: no log is not an empty one."""
        argv = ["docker", "logs"]
        argv += ["--since", since] if since else []
        argv += ["--tail", str(lines)] if lines is not None else []
        todo = "use a logging driver that can be read (json-file, local, journald)"
        done = must(self._run([*argv, name], timeout=120.0), f"the log of {name} cannot be read", todo)
        return done.stdout + done.stderr

    def execute(
        self,
        name: str,
        argv: Sequence[str],
        stdin: str | None = None,
        timeout: float = 60.0,
        env: Mapping[str, str] | None = None,
    ) -> Completed:
        """Run a command in a running container."""
        options = [word for key, value in (env or {}).items() for word in ("-e", f"{key}={value}")]
        interactive = ["-i"] if stdin is not None else []
        return self._run(["docker", "exec", *interactive, *options, name, *argv], stdin=stdin, timeout=timeout)

    def once(self, image: str, argv: Sequence[str], timeout: float = 60.0) -> Completed:
        """Run a command in a new container of an image, without network, and remove it."""
        return self._run(["docker", "run", "--rm", "--network", "none", image, *argv], timeout=timeout)

    def stop(self, names: Sequence[str]) -> None:
        """Stop containers, each within its own grace period; CommandError when one cannot be stopped."""
        if names:
            must(self._run(["docker", "stop", *names], timeout=COMPOSE_TIMEOUT), f"{', '.join(names)} cannot be stopped")

    def start(self, names: Sequence[str]) -> None:
        """Start stopped containers as they are; CommandError when one does not start."""
        if names:
            must(self._run(["docker", "start", *names], timeout=COMPOSE_TIMEOUT), f"{', '.join(names)} cannot be started")

    def rename(self, name: str, new: str) -> None:
        """Give a container another name."""
        must(self._run(["docker", "rename", name, new], timeout=30.0), f"container {name} cannot be renamed to {new}")

    def set_restart(self, name: str, policy: str) -> None:
        """Set the restart policy of a container: `no`, `always`, `unless-stopped`, `on-failure:3`."""
        must(self._run(["docker", "update", "--restart", policy, name], timeout=30.0), f"the restart policy of {name} cannot be set")

    def remove(self, names: Sequence[str]) -> None:
        """Remove containers, running or not; CommandError when one stays."""
        if names:
            must(self._run(["docker", "rm", "--force", *names], timeout=60.0), f"{', '.join(names)} cannot be removed")

    def project_containers(self, project: str) -> list[Container]:
        """All containers of a compose project, those of `compose run` included."""
        return [item for item, _one_off in self._inspected([f"{PROJECT_LABEL}={project}"])]

    def published_port(self, name: str, target: int) -> int:
        """The host port that leads to a port of a container; CommandError when none does."""
        done = must(self._run(["docker", "port", name, f"{target}/tcp"], timeout=30.0), f"port {target} of {name} is not published")
        return int(done.stdout.splitlines()[0].rpartition(":")[2])

    def kill(self, name: str, signal: str) -> None:
        """Send a signal to a container."""
        must(self._run(["docker", "kill", "-s", signal, name], timeout=30.0), f"{name} cannot be signalled")

    def _inspected(self, labels: Sequence[str]) -> list[tuple[Container, str]]:
        return [
            (container(item), str(((item.get("Config") or {}).get("Labels") or {}).get("com.docker.compose.oneoff", "")))
            for item in self._reads.containers(labels)
        ]
