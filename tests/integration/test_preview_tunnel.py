"""The staging host is another machine than the probe: its preview ports are reached by ssh, or the module fails."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from engine_client import docker
from test_preview_browser import SHOP, failures, walk

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import ServiceError

NAME = "preview-remote-shop"
RECIPE = Path(__file__).parent / "remote_shop"
SSH_PORT = 8850
PAGES, API = 8860, 8861
LEADS = [
    {"public": f"http://localhost:{PAGES}", "preview": "http://127.0.0.1:18860"},
    {"public": f"http://localhost:{API}", "preview": "http://127.0.0.1:18861"},
]


@dataclass(frozen=True)
class Remote:
    """How to get to the other machine, with a key that it knows and one that it does not."""

    folder: Path

    def tunnel(self, key: str = "key") -> dict:
        known = f"-o UserKnownHostsFile={self.folder}/known -o StrictHostKeyChecking=accept-new -o IdentitiesOnly=yes -F /dev/null"
        return {"host": "127.0.0.1", "port": SSH_PORT, "user": "root", "key_file": str(self.folder / key), "arguments": known}


def answers() -> bool:
    try:
        with socket.create_connection(("127.0.0.1", SSH_PORT), timeout=1) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def tunnels() -> str:
    return subprocess.run(["pgrep", "-f", f"ssh -N.*-p {SSH_PORT} "], capture_output=True, text=True, check=False).stdout


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    folder = tmp_path_factory.mktemp("remote_shop")
    for key in ("key", "stranger"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)], check=True)
    shutil.copy(SHOP, folder)
    docker("build", "--quiet", "--tag", NAME, str(RECIPE))
    mounts = [f"--volume={folder}/{name}:/mnt/{name}:ro" for name in ("key.pub", "shop.py")]
    environment = [f"--env={pair}" for pair in ("RELEASE=new", "VARIANT=", f"API_URL=http://localhost:{API}")]
    docker("run", "--detach", "--rm", "--init", f"--name={NAME}", f"--publish=127.0.0.1:{SSH_PORT}:2222", *mounts, *environment, NAME)
    try:
        end = time.monotonic() + 30
        while not answers():
            assert time.monotonic() < end, "the ssh server does not answer"
            time.sleep(0.2)
        yield Remote(folder)
    finally:
        docker("rm", "--force", NAME)
        docker("image", "rm", NAME)


def test_the_journey_is_done_through_the_tunnel_and_nothing_is_left_of_it(remote: Remote) -> None:
    result = walk("new", f"http://localhost:{PAGES}", LEADS, tunnel=remote.tunnel())
    assert failures(result) == []
    assert result["console_errors"] == result["failed_requests"] == result["foreign_hosts"] == []
    assert tunnels() == ""


def test_without_the_tunnel_the_preview_ports_of_another_machine_are_not_there(remote: Remote) -> None:
    assert "ERR_CONNECTION_REFUSED" in " ".join(failures(walk("new", f"http://localhost:{PAGES}", LEADS)))


def test_a_probe_that_may_not_log_in_is_told_so_and_no_journey_is_done(remote: Remote) -> None:
    with pytest.raises(ServiceError, match=r"preview ports cannot be reached .*Permission denied.*smoke_preview_tunnel"):
        walk("new", f"http://localhost:{PAGES}", LEADS, tunnel=remote.tunnel("stranger"))
    assert tunnels() == ""
