# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An engine in memory that holds containers, for what stops, renames, starts and removes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.command import Completed


@dataclass
class Box:
    """One container."""

    name: str
    project: str
    service: str
    state: str = "running"
    health: str = "healthy"
    restart: str = "always"
    release: str = ""
    volumes: tuple[str, ...] = ()
    config_hash: str = ""
    ports: tuple[int, ...] = ()
    image: str = "sha256:judged"

    def inspected(self, identity: str) -> dict[str, Any]:
        labels = {
            "com.docker.compose.project": self.project,
            "com.docker.compose.service": self.service,
            "com.docker.compose.config-hash": self.config_hash,
            "stagegate.release": self.release,
        }
        state: dict[str, Any] = {"Status": self.state}
        if self.health and self.state == "running":
            state["Health"] = {"Status": self.health}
        return {
            "Id": identity,
            "Image": self.image,
            "Name": f"/{self.name}",
            "State": state,
            "Config": {"Labels": labels},
            "HostConfig": {
                "RestartPolicy": {"Name": self.restart},
                "PortBindings": {f"{port}/tcp": [{"HostPort": str(port)}] for port in self.ports},
            },
            "Mounts": [{"Type": "volume", "Name": name, "RW": True} for name in self.volumes],
        }


class Killed(BaseException):
    """The process was killed here."""


@dataclass
class DockerInMemory:
    """Plays the client. `kill_after` kills the caller after so many orders; `compose` plays `docker compose ... up`."""

    boxes: dict[str, Box]
    kill_after: int = -1
    compose: Callable[[str], None] = lambda project: None
    orders: list[str] = field(default_factory=list)
    watch: Callable[[], None] = lambda: None

    def __call__(self, argv: Sequence[str], **_options: Any) -> Completed:
        words = list(argv)
        if words[1:3] == ["ps", "-aq"]:
            return self._said(argv, "\n".join(name for name, box in self.boxes.items() if self._listed(box, words)))
        if words[1] == "inspect":
            return self._said(argv, json.dumps([self.boxes[name].inspected(name) for name in words[4:]]))
        if words[1] == "compose" and "--hash" in words:
            path = words[words.index("-f") + 1]
            with open(path, encoding="utf-8") as stream:
                return self._said(argv, "".join(f"{name} h\n" for name in json.load(stream)["services"]))
        if words[1] in ("stop", "start", "rename", "update", "rm") or (words[1] == "compose" and "up" in words):
            self._order(words)
        return self._said(argv, "")

    def names(self, state: str) -> set[str]:
        return {box.name for box in self.boxes.values() if box.state == state}

    def _listed(self, box: Box, words: list[str]) -> bool:
        filters = [word.rpartition("=")[2] for word in words if word.startswith("label=com.docker.compose.project=")]
        return not filters or box.project == filters[0]

    def _order(self, words: list[str]) -> None:
        if len(self.orders) == self.kill_after:
            raise Killed
        self.orders.append(words[1])
        if words[1] == "compose":
            self.compose(words[words.index("-p") + 1])
        elif words[1] == "rename":
            self.boxes[words[2]].name = words[3]
        elif words[1] == "update":
            self.boxes[words[4]].restart = words[3]
        elif words[1] == "rm":
            for name in words[3:]:
                del self.boxes[name]
        else:
            for name in words[2:]:
                self.boxes[name].state = {"stop": "exited", "start": "running"}[words[1]]
        self.watch()

    @staticmethod
    def _said(argv: Sequence[str], text: str) -> Completed:
        return Completed(tuple(argv), 0, text, "")
