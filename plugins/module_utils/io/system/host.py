# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the host has: memory, disk, and who listens on a port. Read from /proc and from the engine."""

from __future__ import annotations

import glob
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...core.errors import ServiceError
from .command import Runner, run

_LISTEN = "0A"


@dataclass(frozen=True)
class EngineFacts:
    """Versions as the engine and the compose plugin state them, and where the engine keeps its images."""

    version: str
    compose_version: str
    data_root: str


@dataclass(frozen=True)
class Holder:
    """Who holds a port: a sentence for people, and whether it is this application itself."""

    text: str
    own: bool


def engine_facts(runner: Runner = run) -> EngineFacts:
    """Ask the engine. ServiceError when none answers or compose v2 is not there."""
    done = runner(["docker", "info", "--format", "{{json .}}"], timeout=30.0)
    try:
        info = json.loads(done.stdout)
    except ValueError:
        info = {}
    if not done.ok or not info.get("ServerVersion"):
        raise ServiceError(
            "no Docker engine answers",
            where=os.environ.get("DOCKER_HOST", "the default socket"),
            why=(done.stderr.strip() or "; ".join(info.get("ServerErrors") or ()) or "no answer")[-300:],
            todo="start the engine, or install one (make setup)",
        )
    compose = runner(["docker", "compose", "version", "--short"], timeout=30.0)
    if not compose.ok:
        raise ServiceError("the compose plugin is not there", why=compose.stderr.strip()[-300:], todo="install docker compose v2")
    return EngineFacts(info["ServerVersion"], compose.stdout.strip(), str(info.get("DockerRootDir") or "/var/lib/docker"))


def images_exist(images: Sequence[str], runner: Runner = run) -> bool:
    """True when the engine has every one of these images."""
    return runner(["docker", "image", "inspect", "--format", "ok", *images], timeout=30).ok


def major(version: str) -> int:
    """The first number of a version. ServiceError for a version without one."""
    match = re.match(r"^v?(\d+)", version)
    if not match:
        raise ServiceError(f"{version!r} is no version")
    return int(match.group(1))


def disk_free(path: str) -> int:
    """Bytes that an unprivileged writer still has on the file system of `path`."""
    stat = os.statvfs(path)
    return stat.f_bavail * stat.f_frsize


def memory_available(meminfo: str = "/proc/meminfo") -> int:
    """Bytes of memory that can be had without swapping."""
    with open(meminfo, encoding="ascii") as stream:
        for line in stream:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    raise ServiceError("the kernel does not say how much memory is available", where=meminfo)


def port_holders(ports: Sequence[int], projects: Sequence[str], runner: Runner = run) -> dict[int, Holder]:
    """Who listens on each of the ports; a port that is free is not in the answer."""
    containers = _containers(runner)
    inodes = listening_inodes(ports)
    owners = _owners({inode for found in inodes.values() for inode in found})
    holders: dict[int, Holder] = {}
    for port in ports:
        published = [item for item in containers if port in _published(item)]
        if published:
            holders[port] = _container_holder(published[0], projects)
        elif port in inodes:
            holders[port] = _process_holder(inodes[port], owners, containers, projects)
    return holders


def listening_inodes(ports: Sequence[int], folder: str = "/proc/net") -> dict[int, list[str]]:
    """Port -> inodes of the sockets that listen on it."""
    found: dict[int, list[str]] = {}
    for name in ("tcp", "tcp6"):
        try:
            with open(os.path.join(folder, name), encoding="ascii") as stream:
                rows = [line.split() for line in stream.readlines()[1:]]
        except OSError:
            continue
        for row in rows:
            port = int(row[1].rpartition(":")[2], 16)
            if row[3] == _LISTEN and port in ports:
                found.setdefault(port, []).append(row[9])
    return found


def _owners(inodes: set[str]) -> dict[str, int]:
    """Inode of a socket -> process. Processes of other users are not seen without root; that is no error."""
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    found: dict[str, int] = {}
    if not wanted:
        return found
    for path in glob.glob("/proc/[0-9]*/fd/*"):
        try:
            inode = wanted.get(os.readlink(path))
        except OSError:
            continue
        if inode:
            found.setdefault(inode, int(path.split("/")[2]))
    return found


def _process_holder(inodes: Sequence[str], owners: dict[str, int], containers: Sequence[Any], projects: Sequence[str]) -> Holder:
    pid = next((owners[inode] for inode in inodes if inode in owners), 0)
    if not pid:
        return Holder("a process that this user cannot see", False)
    control_groups = _read(f"/proc/{pid}/cgroup")
    for item in containers:
        if str(item.get("Id"))[:64] in control_groups:
            return _container_holder(item, projects)
    return Holder(f"process {pid} ({_read(f'/proc/{pid}/comm').strip() or 'unknown'})", False)


def _container_holder(item: Any, projects: Sequence[str]) -> Holder:
    project = ((item.get("Config") or {}).get("Labels") or {}).get("com.docker.compose.project", "")
    name = str(item.get("Name", "")).lstrip("/")
    return Holder(f"container {name}" + (f" of compose project {project}" if project else ""), project in projects)


def _containers(runner: Runner) -> list[Any]:
    ids = runner(["docker", "ps", "-q", "--no-trunc"], timeout=30.0).stdout.split()
    if not ids:
        return []
    done = runner(["docker", "inspect", "--type", "container", *ids], timeout=60.0)
    try:
        listed = json.loads(done.stdout or "[]")
    except ValueError:
        return []
    return listed if isinstance(listed, list) else []


def _published(item: Any) -> set[int]:
    bindings = ((item.get("NetworkSettings") or {}).get("Ports") or {}).values()
    return {int(entry["HostPort"]) for entries in bindings for entry in entries or () if str(entry.get("HostPort", "")).isdigit()}


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError:
        return ""
