# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What brings the agent back when it dies: a loop of our own, systemd, or the engine.

loop       a process; ends with the machine, and is started again by who starts the soak again. For tests and short soaks.
systemd    a unit; comes back after a reboot
container  a container with a restart policy; comes back with the engine
auto       systemd where root may make units, else the container where an image is named, else the loop
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping
from typing import Any, Optional, Protocol

from ...core.errors import CommandError, InputError, ServiceError
from ...core.soak.soak_unit import Place, render_unit, run_arguments, supervised_name
from ..engine.engine_socket import EngineSocket
from ..system.command import Runner, must, run
from ..system.detached_program import start_detached
from ..system.files import write_atomic
from ..system.process_lock import Lock
from .soak_files import SoakFolder

KINDS = ("loop", "systemd", "container")
AUTO = "auto"
UNITS = "/etc/systemd/system"
NO_ENGINE = -1
BOOTED = "/run/systemd/system"  # is there when systemd runs the machine


class Supervisor(Protocol):
    """Brings the agent of one soak back."""

    def check(self) -> None:
        """Raise InputError when this host has no such supervisor."""

    def start(self) -> None:
        """Begin."""

    def alive(self) -> bool:
        """True when it would bring the agent back."""

    def end(self, hard: Optional[int] = None) -> None:
        """Make it end and take away what `start` made; a process is sent the signal `hard`."""

    def said(self) -> str:
        """What the agent printed, where that is not in agent.log."""


class Loop:
    """The process of soak_agent.supervise, known by its lock."""

    def __init__(self, folder: SoakFolder) -> None:
        self._folder = folder

    def check(self) -> None:
        """Every host has it."""

    def alive(self) -> bool:
        """True while the process lives."""
        return self.pid() is not None

    def pid(self) -> Optional[int]:
        """Process id of the living supervisor, or None."""
        return Lock(self._folder.file("supervisor.lock")).holder()

    def start(self) -> None:
        """Start the supervisor: it outlives the connection that started it."""
        start_detached([self._folder.file("agent.pyz"), "supervise", self._folder.path], self._folder.file("agent.log"))

    def end(self, hard: Optional[int] = None) -> None:
        """Send the signal, if the process lives; by itself it ends when it finds STOP or DONE."""
        pid = self.pid()
        if pid and hard is not None:
            kill(pid, hard)

    def said(self) -> str:
        """All of it is in agent.log."""
        return ""


class Systemd:
    """A unit of the system's own systemd."""

    def __init__(self, folder: SoakFolder, place: Place, runner: Runner = run, units: str = UNITS, booted: str = BOOTED) -> None:
        self._folder = folder
        self._place = place
        self._runner = runner
        self._booted = booted
        self._unit = f"{supervised_name(place.run)}.service"
        self._file = os.path.join(units, self._unit)

    def check(self) -> None:
        """Raise InputError where systemd does not run, or units cannot be made."""
        todo = "set soak_supervisor to container or loop, or let the staging host be managed by root under systemd"
        if not os.path.isdir(self._booted):
            raise InputError("systemd does not run this host", where=self._booted, why="there is no such folder", todo=todo)
        if not os.access(os.path.dirname(self._file), os.W_OK):
            raise InputError("no unit can be made on this host", where=os.path.dirname(self._file), why="only root may", todo=todo)
        _check_engine(self._place)

    def start(self) -> None:
        """Write the unit, and let it run now and after each reboot."""
        self.check()
        write_atomic(self._file, render_unit(self._place, sys.executable), 0o644)
        self._systemctl("daemon-reload")
        self._systemctl("reset-failed", self._unit, may_fail=True)
        self._systemctl("enable", "--now", self._unit)

    def alive(self) -> bool:
        """True while the unit runs, or waits for its next start."""
        if not os.path.exists(self._file):
            return False
        said = self._systemctl("show", "--property", "ActiveState", "--value", self._unit, may_fail=True)
        return said.strip() in ("active", "activating", "reloading", "deactivating")

    def end(self, hard: Optional[int] = None) -> None:
        """Stop and remove the unit."""
        if os.path.exists(self._file):
            self._systemctl("disable", "--now", self._unit, may_fail=True)
            os.unlink(self._file)
            self._systemctl("daemon-reload", may_fail=True)

    def said(self) -> str:
        """How systemd says that the unit stands: what does not even start prints nothing."""
        words = [word for name in ("ActiveState", "SubState", "Result", "ExecMainStatus") for word in ("--property", name)]
        told = self._systemctl("show", *words, self._unit, may_fail=True).split()
        return f"{self._unit}: {', '.join(told)}; journalctl -u {self._unit} has more" if told else ""

    def _systemctl(self, *words: str, may_fail: bool = False) -> str:
        done = self._runner(["systemctl", *words], timeout=60.0)
        return done.stdout if may_fail else must(done, f"systemctl {words[0]} failed", "read journalctl -u " + self._unit).stdout


class Container:
    """A container with the restart policy unless-stopped."""

    def __init__(self, place: Place, image: str, runner: Runner = run) -> None:
        self._place = place
        self._image = image
        self._runner = runner
        self._name = supervised_name(place.run)

    def check(self) -> None:
        """Raise InputError when no image is named, or it is not on this host."""
        if not self._image:
            raise InputError("which image does the agent run in?", where="image", todo="set soak_image: one with python3 >= 3.9")
        _check_engine(self._place)
        if not self._runner(["docker", "image", "inspect", self._image], timeout=30.0).ok:
            raise InputError(f"image {self._image} is not on this host", where="image", todo="build or pull it there first")

    def start(self) -> None:
        """Start the container; one that ended before is replaced."""
        self.check()
        self._remove()
        words = run_arguments(self._place, self._image, EngineSocket(self._place.engine_socket).data_root())
        must(self._runner(["docker", *words], timeout=60.0), "the agent's container cannot be started", f"try docker run {self._image}")

    def alive(self) -> bool:
        """True while the container runs or waits for its next start. An engine that does not answer brings it back when it is back."""
        try:
            done = self._runner(["docker", "inspect", "--type", "container", "--format", "{{.State.Status}}", self._name], timeout=30.0)
        except CommandError:
            return True
        if not done.ok:
            return "no such" not in done.stderr.lower()
        return done.stdout.strip() in ("running", "restarting", "created", "paused")

    def end(self, hard: Optional[int] = None) -> None:
        """Remove the container."""
        self._remove()

    def said(self) -> str:
        """The end of the container's log."""
        done = self._runner(["docker", "logs", "--tail", "5", self._name], timeout=30.0)
        return (done.stdout + done.stderr).strip()

    def _remove(self) -> None:
        done = self._runner(["docker", "rm", "--force", self._name], timeout=60.0)
        if not done.ok and "no such" not in done.stderr.lower():
            must(done, "the agent's container cannot be removed")


def chosen_supervisor(chosen: Mapping[str, Any], units: str = UNITS, booted: str = BOOTED) -> dict[str, str]:
    """`chosen` ({kind, image}) with the kind that `auto` means on this host."""
    kind, image = str(chosen.get("kind") or "loop"), str(chosen.get("image") or "")
    if kind == AUTO and os.path.isdir(booted) and os.access(units, os.W_OK):
        kind = "systemd"
    elif kind == AUTO:
        kind = "container" if image else "loop"
    return {"kind": kind, "image": image}


def place_of(folder: SoakFolder, run_id: str, engine_socket: str) -> Place:
    """Where the agent lives: it is who owns the folder, and in the group that may speak to the engine. Raises ServiceError."""
    try:
        home = os.stat(folder.path)
    except OSError as error:
        raise ServiceError("the soak has no folder", where=folder.path, why=str(error.strerror)) from error
    try:
        group = os.stat(engine_socket).st_gid
    except OSError:
        group = NO_ENGINE
    return Place(run_id, os.path.realpath(folder.path), home.st_uid, home.st_gid, os.path.realpath(engine_socket), group)


def _check_engine(place: Place) -> None:
    if place.engine_group == NO_ENGINE:
        raise InputError("the engine's socket is not there", where=place.engine_socket, todo="start the engine, or set soak_docker_socket")


def supervisor_of(folder: SoakFolder, chosen: Mapping[str, Any], run_id: str, engine_socket: str, runner: Runner = run) -> Supervisor:
    """The supervisor that `chosen` ({kind, image}) names. Raises InputError for one that is not known."""
    kind = str(chosen.get("kind") or "loop")
    if kind not in KINDS:
        raise InputError(f"unknown supervisor {kind!r}", where="supervisor", todo=f"one of {', '.join((AUTO, *KINDS))}")
    if kind == "loop":
        return Loop(folder)
    place = place_of(folder, run_id, engine_socket)
    return Systemd(folder, place, runner) if kind == "systemd" else Container(place, str(chosen.get("image") or ""), runner)


def kill(pid: int, what: int) -> None:
    """Send a signal; a process that has ended meanwhile needs none."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, what)
