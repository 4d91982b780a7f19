# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the probe's browser gets to preview ports, which listen on 127.0.0.1 of the staging host: a tunnel, and an end of TLS."""

from __future__ import annotations

import shlex
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from ...core.errors import CommandError, ServiceError
from ...core.eyes.preview import Lead
from .tls_end import tls_ends

LOOPBACK = "127.0.0.1"
SSH_OPTIONS = ("BatchMode=yes", "ExitOnForwardFailure=yes", "ServerAliveInterval=5", "ServerAliveCountMax=3", "ConnectTimeout=15")
OPEN_SECONDS = 20.0
Way = tuple[str, int]


@dataclass(frozen=True)
class Tunnel:
    """How ssh gets to the host whose ports are meant. An empty `host` is this one: no tunnel."""

    host: str = ""
    port: int = 0
    user: str = ""
    key_file: str = ""
    arguments: str = ""
    program: str = "ssh"

    def argv(self, forwards: Sequence[str]) -> list[str]:
        """The command that holds the tunnel; every forward is `127.0.0.1:<here>:<host>:<there>`."""
        argv = [self.program, "-N", "-T"]
        argv += [word for option in SSH_OPTIONS for word in ("-o", option)]
        argv += ["-p", str(self.port)] if self.port else []
        argv += ["-l", self.user] if self.user else []
        argv += ["-i", self.key_file] if self.key_file else []
        argv += shlex.split(self.arguments)
        argv += [word for forward in forwards for word in ("-L", forward)]
        return [*argv, "--", self.host]


@contextmanager
def open_ways(leads: Sequence[Lead], tunnel: Tunnel) -> Iterator[dict[Lead, Way]]:
    """Open what has to stand between the browser and the preview ports, for as long as the block runs.

    Yields, for each lead that is not reached directly, the host and port to which the browser is to be led.
    Raises ServiceError when the tunnel does not come up, CommandError when openssl fails.
    """
    with ExitStack() as stack:
        ways = {lead: (lead.preview.host, lead.preview.port) for lead in leads}
        if tunnel.host:
            ways = stack.enter_context(_tunnelled(ways, tunnel))
        ended = {lead: ways[lead] for lead in leads if lead.ends_tls}
        if ended:
            ways.update(stack.enter_context(tls_ends(ended)))
        yield ways


@contextmanager
def _tunnelled(ways: dict[Lead, Way], tunnel: Tunnel) -> Iterator[dict[Lead, Way]]:
    targets = sorted(set(ways.values()))
    here = dict(zip(targets, _free_ports(len(targets))))
    argv = tunnel.argv([f"{LOOPBACK}:{here[target]}:{target[0]}:{target[1]}" for target in targets])
    try:
        process = subprocess.Popen(  # pylint: disable=ansible-bad-function
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
    except FileNotFoundError as error:
        raise CommandError("ssh cannot be started", where="the probe", why=str(error), todo="install the OpenSSH client there") from error
    try:
        _wait_until_open(process, sorted(here.values()), tunnel)
        yield {lead: (LOOPBACK, here[target]) for lead, target in ways.items()}
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stderr:
            process.stderr.close()


def _free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _number in range(number)]
    try:
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _wait_until_open(process: subprocess.Popen[bytes], ports: Sequence[int], tunnel: Tunnel) -> None:
    end = time.monotonic() + OPEN_SECONDS
    waiting = list(ports)
    while waiting:
        if process.poll() is not None:
            said = process.stderr.read().decode("utf-8", "replace").strip() if process.stderr else ""
            raise _no_tunnel(tunnel, f"ssh ended with code {process.returncode}: {said[-500:]}")
        if time.monotonic() > end:
            raise _no_tunnel(tunnel, f"the tunnel is not open after {OPEN_SECONDS:.0f} s")
        try:
            socket.create_connection((LOOPBACK, waiting[0]), timeout=1).close()
            waiting.pop(0)
        except OSError:
            time.sleep(0.05)


def _no_tunnel(tunnel: Tunnel, why: str) -> ServiceError:
    return ServiceError(
        "the preview ports cannot be reached",
        where=f"ssh from the probe to {tunnel.host}",
        why=why,
        todo="let the probe log in to the staging host with a key (smoke_preview_tunnel), or make the staging host the probe",
    )
