# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the engine's client would ask, so that what is only read can be asked there without starting the client."""

from __future__ import annotations

from collections.abc import Mapping

DEFAULT_SOCKET = "/var/run/docker.sock"
_UNIX = "unix://"


def local_socket(environment: Mapping[str, str], current_context: str) -> str:
    """The path of the engine's socket on this host; empty where the client would ask elsewhere or only a context says where.

    In the order of the client: DOCKER_HOST, DOCKER_CONTEXT, the current context of its settings
    (docs.docker.com, "Docker contexts"; the context called default is the socket of the system).
    """
    host = environment.get("DOCKER_HOST", "")
    if host:
        return host[len(_UNIX) :] if host.startswith(_UNIX) else ""
    context = environment.get("DOCKER_CONTEXT") or current_context or "default"
    return DEFAULT_SOCKET if context == "default" else ""
