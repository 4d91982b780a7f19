# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the engine says of containers and images: at its socket, a hundredth of the time that its client takes to start.

The socket is a short cut. Whatever goes wrong there, the client is asked as well, and it is the client's word that counts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from ...core.errors import EvidenceError, ServiceError
from ...core.release.engine_address import local_socket
from ..system.command import Runner, must
from .engine_socket import EngineSocket, NotThereError


class EngineReads:
    """Questions that change nothing. Without a socket all of them go to the client."""

    def __init__(self, runner: Runner, socket: Optional[EngineSocket] = None) -> None:
        self._run = runner
        self._socket = socket

    def containers(self, labels: Sequence[str]) -> list[dict[str, Any]]:
        """The objects of `docker inspect` of all containers with these labels, running or not. CommandError when nobody answers."""
        if self._socket:
            try:
                return self._socket.inspected(labels)
            except ServiceError:
                pass
        return self._from_client(labels)

    def image_id(self, image: str) -> str:
        """`sha256:...` of a local image, empty when the engine does not have it."""
        if self._socket:
            try:
                return self._socket.image_id(image)
            except NotThereError:
                return ""
            except ServiceError:
                pass
        done = self._run(["docker", "image", "inspect", "--format", "{{.Id}}", image], timeout=30.0)
        return done.stdout.strip() if done.ok else ""

    def _from_client(self, labels: Sequence[str]) -> list[dict[str, Any]]:
        listing = ["docker", "ps", "-aq", "--no-trunc", *(word for label in labels for word in ("--filter", f"label={label}"))]
        ids = must(self._run(listing, timeout=30.0), "the engine does not answer", todo="start it, or run make setup").stdout.split()
        if not ids:
            return []
        # A container that goes away in between makes the return code bad; the others are described all the same.
        done = self._run(["docker", "inspect", "--type", "container", *ids], timeout=60.0)
        try:
            return list(json.loads(done.stdout or "[]"))
        except ValueError as error:
            raise EvidenceError("docker inspect gave no JSON", why=str(error)) from error


def socket_of_client(environment: Optional[Mapping[str, str]] = None, timeout: float = 5.0) -> Optional[EngineSocket]:
    """The socket that `docker` would use on this host; None where it would ask elsewhere. `environment` is that of this process."""
    environment = os.environ if environment is None else environment
    folder = environment.get("DOCKER_CONFIG") or os.path.join(os.path.expanduser("~"), ".docker")
    try:
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as stream:
            settings = json.load(stream)
    except (OSError, ValueError):
        settings = {}
    current = settings.get("currentContext") if isinstance(settings, dict) else ""
    path = local_socket(environment, str(current or ""))
    return EngineSocket(path, timeout) if path else None
