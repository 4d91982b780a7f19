# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Docker engine's API over its socket, without the CLI's start-up cost."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from collections.abc import Iterator, Sequence
from typing import Any, Optional
from urllib.parse import quote

from ...core.errors import ServiceError

LOG_PIECE = 64 * 1024


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("engine", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket instead of a host."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class NotThereError(ServiceError):
    """The engine does not know what was asked for."""


class Stream:
    """An answer that is read line by line for as long as the engine goes on."""

    def __init__(self, connection: _SocketConnection, response: http.client.HTTPResponse) -> None:
        self._connection = connection
        self._response = response

    def lines(self) -> Iterator[bytes]:
        """Each line as it comes; ends when the engine ends it. Raises OSError or HTTPException when it breaks off."""
        while True:
            line = self._response.readline()
            if not line:
                return
            if line.strip():
                yield line

    def end(self) -> None:
        """Make another thread's reading end."""
        with contextlib.suppress(OSError):
            self._connection.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the connection back."""
        self._response.close()
        self._connection.close()


class EngineSocket:
    """Questions to the engine."""

    def __init__(self, path: str = "/var/run/docker.sock", timeout: float = 5.0) -> None:
        self._path = path
        self._timeout = timeout

    def containers(self, projects: Sequence[str]) -> list[dict[str, Any]]:
        """The running containers of compose projects, as /containers/json tells them. Raises ServiceError."""
        found: list[dict[str, Any]] = []
        for project in projects:
            filters = quote(json.dumps({"label": [f"com.docker.compose.project={project}"]}))
            found += self._get(f"/containers/json?filters={filters}")
        return found

    def inspect(self, container: str) -> dict[str, Any]:
        """Everything about a container. Raises ServiceError (also when it is gone)."""
        return dict(self._get(f"/containers/{quote(container)}/json"))

    def inspected(self, labels: Sequence[str]) -> list[dict[str, Any]]:
        """Everything about each container with these labels, running or not, the newest first. Raises ServiceError."""
        filters = f"&filters={quote(json.dumps({'label': list(labels)}))}" if labels else ""
        found = []
        for item in self._get(f"/containers/json?all=1{filters}"):
            # One that goes away in between is not there to be described.
            with contextlib.suppress(NotThereError):
                found.append(self.inspect(str(item["Id"])))
        return found

    def image_id(self, image: str) -> str:
        """`sha256:...` of a local image. Raises ServiceError, NotThereError where the engine does not have it."""
        return str(self._get(f"/images/{quote(image, safe='/:@')}/json")["Id"])

    def data_root(self) -> str:
        """The folder in which the engine keeps its files. Raises ServiceError."""
        return str(self._get("/info").get("DockerRootDir") or "/var/lib/docker")

    def log(self, container: str, tail: int) -> Iterator[bytes]:
        """The last messages of a container's log with their times, in pieces, as /containers/<id>/logs sends them. Raises ServiceError."""
        path = f"/containers/{quote(container)}/logs?stdout=1&stderr=1&timestamps=1&tail={tail}"
        connection = _SocketConnection(self._path, self._timeout)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            if response.status != 200:
                said = response.read(200).decode("utf-8", "replace")
                raise ServiceError(f"the engine answered {response.status}", where=path, why=said)
            while True:
                piece = response.read(LOG_PIECE)
                if not piece:
                    return
                yield piece
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise ServiceError("the engine's log broke off", where=path, why=str(error) or type(error).__name__) from error
        finally:
            connection.close()

    def disk_usage(self) -> dict[str, Any]:
        """What images, containers and volumes take on the disk (bytes), as /system/df tells it. Raises ServiceError."""
        return dict(self._get("/system/df"))

    def stream(self, path: str) -> Stream:
        """Begin an answer that has no end of its own; the caller closes it. Raises ServiceError when it does not begin."""
        connection = _SocketConnection(self._path, self._timeout)
        try:
            connection.request("GET", path)
            sock = connection.sock  # an answer without a length takes the connection over
            response = connection.getresponse()
            if response.status != 200:
                raise ServiceError(f"the engine answered {response.status}", where=path, why=response.read(200).decode("utf-8", "replace"))
            sock.settimeout(None)
            connection.sock = sock
            return Stream(connection, response)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise ServiceError("the engine does not answer", where=self._path, why=str(error)) from error
        except ServiceError:
            connection.close()
            raise

    def retire(self, container: str) -> None:
        """Tell the engine not to start a container again. Raises ServiceError."""
        self.post(f"/containers/{quote(container)}/update", {"RestartPolicy": {"Name": "no"}})

    def post(self, path: str, body: Any) -> bytes:
        """Send a JSON body; the answer as it came. Raises ServiceError."""
        return self._ask("POST", path, json.dumps(body))

    def get(self, path: str) -> Any:
        """The JSON answer of a path. Raises ServiceError."""
        return self._get(path)

    def _get(self, path: str) -> Any:
        try:
            return json.loads(self._ask("GET", path))
        except ValueError as error:
            raise ServiceError("the engine does not answer", where=self._path, why=str(error)) from error

    def _ask(self, method: str, path: str, body: Optional[str] = None) -> bytes:
        connection = _SocketConnection(self._path, self._timeout)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            response = connection.getresponse()
            text = response.read()
            if not 200 <= response.status < 300:
                error = NotThereError if response.status == 404 else ServiceError
                raise error(f"the engine answered {response.status}", where=path, why=text[:200].decode("utf-8", "replace"))
            return text
        except (OSError, http.client.HTTPException) as error:
            raise ServiceError("the engine does not answer", where=self._path, why=str(error)) from error
        finally:
            connection.close()
