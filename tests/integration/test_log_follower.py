"""The error-log check of a soak on a real engine: rotation, a killed agent, a connection that breaks."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_client import docker

from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.log_follower import KINDS, STATE
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_control import SoakControl
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_files import SoakFolder
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_store import SoakStore

PROJECT = "logcheck"
NUMBERED = r"""
n=0
for kind in {a..j}{a..f}; do
  for batch in 1 2 3 4 5; do
    for i in {1..100}; do n=$((n+1)); echo "2026-11-23T10:00:00Z ERROR number $n of kind-$kind in 'part $i'"; done
    sleep 0.05
  done
done
head -c 40000 /dev/zero | tr '\0' x; echo " ERROR at the end of a long line"
echo '{"level": "critical", "message": "password=hunter2 was the last word"}' >&2
"""


class BreakingProxy:
    """A socket before the engine's, which can be taken away with all its connections and put back."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._held: list[socket.socket] = []
        self.broken = 0
        self.open()

    def open(self) -> None:
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._server.bind(self._path)
        self._server.listen(64)
        threading.Thread(target=self._accept, args=(self._server,), daemon=True).start()

    def close(self) -> None:
        os.unlink(self._path)
        self._server.close()
        held, self._held = self._held, []
        for end in held:
            try:
                end.shutdown(socket.SHUT_RDWR)
                self.broken += 1
            except OSError:
                pass
            end.close()

    def _accept(self, server: socket.socket) -> None:
        while True:
            try:
                client, _address = server.accept()
            except OSError:
                return
            engine = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            engine.connect("/var/run/docker.sock")
            self._held += [client, engine]
            for source, target in ((client, engine), (engine, client)):
                threading.Thread(target=self._copy, args=(source, target), daemon=True).start()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        try:
            while piece := source.recv(65536):
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def write_logs(name: str, script: str, size: str) -> None:
    labels = ("--label", f"com.docker.compose.project={PROJECT}")
    options = ("--log-driver", "json-file", "--log-opt", f"max-size={size}", "--log-opt", "max-file=3")
    docker("run", "--detach", "--name", name, *labels, *options, "debian:bookworm-slim", "bash", "-c", script)


def exited(name: str) -> bool:
    return docker("inspect", "--format", "{{.State.Status}}", name) == "exited"


@pytest.fixture
def soak(tmp_path: Path) -> Iterator[tuple[SoakControl, SoakFolder, BreakingProxy]]:
    proxy = BreakingProxy(tmp_path / "engine.sock")
    folder = SoakFolder(str(tmp_path / "soak"))
    control = SoakControl(folder)
    plan = {
        "run": "r-1",
        "duration_seconds": 300,
        "interval_seconds": 0.5,
        "projects": [PROJECT],
        "docker_socket": str(tmp_path / "engine.sock"),
        "logs": {"every_seconds": 0.3},
    }
    control.start(plan, {})
    yield control, folder, proxy
    control.stop()
    for name in docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={PROJECT}").split():
        docker("rm", "--force", "--volumes", name)


def kept(folder: SoakFolder, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    with SoakStore(folder.file("samples.sqlite"), readonly=True) as store:
        return (store.meta(STATE) or {}).get(name, {}), store.meta(KINDS + name) or {}


def test_of_30000_lines_none_is_missed_and_none_is_counted_twice(soak: tuple[SoakControl, SoakFolder, BreakingProxy]) -> None:
    control, folder, proxy = soak
    write_logs("logcheck-writer-1", NUMBERED, "1m")
    kills, breaks = 0, 0
    ends = time.monotonic() + 50
    while not exited("logcheck-writer-1"):
        assert time.monotonic() < ends
        time.sleep(0.8)
        agent = control.agent()
        if agent and kills <= breaks:
            os.kill(agent, signal.SIGKILL)
            kills += 1
        elif agent and breaks < 4:
            proxy.close()
            time.sleep(0.6)
            proxy.open()
            breaks += 1
    seen = docker("logs", "logcheck-writer-1").count("\n")
    ends = time.monotonic() + 20
    while kept(folder, "logcheck-writer-1")[0].get("lines", 0) < 30002 and time.monotonic() < ends:
        time.sleep(0.3)
    control.stop()
    log, kinds = kept(folder, "logcheck-writer-1")
    assert seen < 29000, "the log was not rotated away behind the reader: nothing was proved"
    assert (log["lines"], log["errors"], log["critical"], log["gaps"]) == (30002, 30002, 1, 0)
    numbered = {name: kind["count"] for name, kind in kinds.items() if "kind-" in name}
    assert len(numbered) == 60
    assert set(numbered.values()) == {500}
    assert sum("at the end of a long line" in name or "xxxx" in name for name in kinds) == 1
    assert kills >= 3
    assert breaks >= 2
    assert proxy.broken > 0
    assert "hunter2" not in str(kinds)
    series = [fact for fact in control.collect(str(folder.path)) if fact["sli"] == "logs.errors"]
    assert series[0]["detail"][0].startswith("1 x critical: password=***")


def test_lines_that_a_rotation_took_before_they_could_be_read_are_a_gap(soak: tuple[SoakControl, SoakFolder, BreakingProxy]) -> None:
    control, folder, _proxy = soak
    write_logs("logcheck-flood-1", "echo begin; sleep 2; seq 30000; sleep 2", "100k")
    ends = time.monotonic() + 20
    while not exited("logcheck-flood-1"):
        assert time.monotonic() < ends
        time.sleep(0.3)
    control.stop()
    log, _kinds = kept(folder, "logcheck-flood-1")
    assert log["gaps"] >= 1
    assert log["lines"] < 30001
