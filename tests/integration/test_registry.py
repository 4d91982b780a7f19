"""Push and pull by digest against a real registry process on the loopback, which dies, comes back, lies and refuses."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import tarfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from engine_client import docker

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import CommandError, EvidenceError, InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.registry import Wanted
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.registry import Registry
from ansible_collections.proofile.stagegate.plugins.modules import image_build, image_pull

ROOT = Path(__file__).resolve().parents[2]
RELEASE = "0000000000a7"
QUICK = (0.1, 0.1)


class RegistryProcess:
    """docker-registry on a port of its own; `start` after `kill` finds what was pushed before."""

    def __init__(self, folder: Path, program: str, refuses: bool = False) -> None:
        self.folder = folder
        self._program = program
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.host = f"127.0.0.1:{free.getsockname()[1]}"
        config: dict[str, Any] = {
            "version": 0.1,
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(folder / "store")}},
            "http": {"addr": self.host},
        }
        if refuses:
            config["auth"] = {"htpasswd": {"realm": "test", "path": str(folder / "htpasswd")}}
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.yml").write_text(json.dumps(config))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([self._program, "serve", str(self.folder / "config.yml")], stdout=log, stderr=log)
        for _try in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", int(self.host.split(":")[1])), timeout=1):
                return
            time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text())

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def uploads(self) -> int:
        """Bytes of layers that are just being uploaded."""
        return sum(path.stat().st_size for path in (self.folder / "store").glob("**/_uploads/*/data"))


@pytest.fixture(scope="module")
def program() -> str:
    found = subprocess.run([ROOT / "scripts/install_registry"], stdout=subprocess.PIPE, text=True, timeout=300, check=True)
    return found.stdout.strip()


@pytest.fixture
def registry(program: str, tmp_path: Path) -> Iterator[RegistryProcess]:
    process = RegistryProcess(tmp_path / "registry", program)
    process.start()
    yield process
    process.kill()


class Images:
    """Images made of one file each, gone when the test is over."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: set[str] = set()

    def make(self, tag: str, content: bytes) -> str:
        """Import an image and return its id."""
        source, archive = self._folder / "content", self._folder / "image.tar"
        source.write_bytes(content)
        with tarfile.open(archive, "w") as tar:
            tar.add(source, "content")
        image_id = docker("import", str(archive), tag)
        self._made |= {tag, image_id}
        return image_id

    def forget(self, *names: str) -> None:
        """Remove names from this host, as if the image had been made on another one."""
        for name in names:
            subprocess.run(["docker", "image", "rm", name], capture_output=True, check=False)

    def remove(self) -> None:
        for name in self._made:
            subprocess.run(["docker", "image", "rm", "--force", name], capture_output=True, check=False)


@pytest.fixture
def images(tmp_path: Path) -> Iterator[Images]:
    made = Images(tmp_path)
    yield made
    made.remove()


def test_a_pushed_image_is_deployed_on_another_host_by_its_digest_though_the_tag_was_moved(registry, images, tmp_path: Path) -> None:
    tag = f"{registry.host}/sgshop-web:{RELEASE}"
    judged = images.make(tag, secrets.token_bytes(100))
    pushed = Registry().push("web", tag)
    assert (pushed.trouble, pushed.attempts) == ("", 1)
    images.forget(tag, judged)
    moved = images.make(tag, secrets.token_bytes(100))
    assert Registry().push("web", tag).reference != pushed.reference
    images.forget(tag, moved)

    record = {"release": RELEASE, "images": {"web": {"tag": tag, "id": judged, "digest": pushed.reference}}}
    asked = {"release": RELEASE, "state_dir": str(tmp_path / "other"), "record": record, "timeout_seconds": 60}
    assert image_pull.handle(asked, True) == {"changed": True, "pulled": {"web": 0}}
    assert image_pull.handle(asked, False) == {"changed": True, "pulled": {"web": 1}}
    assert docker("image", "inspect", "--format", "{{.Id}}", tag) == judged
    assert json.loads((tmp_path / "other/releases" / RELEASE / "release.json").read_text())["images"] == record["images"]
    assert image_pull.handle(asked, False) == {"changed": False, "pulled": {}}


def test_another_image_under_the_recorded_digest_is_refused_and_gets_no_tag(registry, images) -> None:
    tag, other = f"{registry.host}/sgshop-web:{RELEASE}", f"{registry.host}/sgshop-other:{RELEASE}"
    images.make(other, secrets.token_bytes(100))
    wrong = Registry().push("web", other).reference
    with pytest.raises(EvidenceError, match=r"another image for web.*nothing was deployed"):
        Registry(delays=QUICK).pull(Wanted("web", tag, "sha256:" + "0" * 64, wrong))
    assert Registry().image_id(tag) == ""


def test_an_image_that_was_never_pushed_is_not_taken_by_its_tag(registry, images) -> None:
    tag = f"{registry.host}/sgshop-web:{RELEASE}"
    image_id = images.make(tag, secrets.token_bytes(100))
    Registry().push("web", tag)
    images.forget(tag, image_id)
    with pytest.raises(InputError, match="never pushed"):
        Registry(delays=QUICK).pull(Wanted("web", tag, image_id, ""))


def test_a_registry_whose_store_was_changed_is_not_believed(registry, images) -> None:
    tag = f"{registry.host}/sgshop-web:{RELEASE}"
    image_id = images.make(tag, secrets.token_bytes(100))
    reference = Registry().push("web", tag).reference
    images.forget(tag, image_id)
    digest = reference.rpartition("sha256:")[2]
    blob = next((registry.folder / "store").glob(f"**/blobs/sha256/{digest[:2]}/{digest}/data"))
    blob.write_text(blob.read_text().replace('"schemaVersion": 2', '"schemaVersion":  2'))
    with pytest.raises(CommandError, match="cannot be pulled"):
        Registry(delays=()).pull(Wanted("web", tag, image_id, reference))
    assert Registry().image_id(tag) == ""


def test_a_registry_that_is_down_is_asked_as_often_as_the_schedule_says(registry, images) -> None:
    tag = f"{registry.host}/sgshop-web:{RELEASE}"
    image_id = images.make(tag, secrets.token_bytes(100))
    reference = Registry().push("web", tag).reference
    images.forget(tag, image_id)
    registry.kill()
    slept: list[float] = []
    with pytest.raises(CommandError, match=r"3 attempts: .*connection refused"):
        Registry(sleep=slept.append, delays=(1.0, 2.0)).pull(Wanted("web", tag, image_id, reference))
    assert slept == [1.0, 2.0]


def test_a_registry_that_comes_back_during_the_pause_gets_the_image(registry, images) -> None:
    tag = f"{registry.host}/sgshop-web:{RELEASE}"
    images.make(tag, secrets.token_bytes(100))
    registry.kill()
    pauses: list[float] = []

    def wait(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            registry.start()

    pushed = Registry(sleep=wait, delays=(0.1, 0.2, 0.4)).push("web", tag)
    assert (pushed.trouble, pushed.attempts, pauses) == ("", 3, [0.1, 0.2])


def test_a_registry_that_is_killed_in_the_middle_of_a_layer_has_the_whole_image_in_the_end(registry, images) -> None:
    tag = f"{registry.host}/sgshop-web:{RELEASE}"
    image_id = images.make(tag, secrets.token_bytes(48 * 1024 * 1024))
    killed_at: list[int] = []

    def kill_in_the_middle() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if registry.uploads() > 1024 * 1024:
                killed_at.append(registry.uploads())
                registry.kill()
                time.sleep(1)
                registry.start()
                return
            time.sleep(0.005)

    murderer = threading.Thread(target=kill_in_the_middle)
    murderer.start()
    pushed = Registry(delays=(1.0, 1.0, 1.0)).push("web", tag)
    murderer.join()
    assert killed_at
    assert pushed.trouble == ""
    images.forget(tag, image_id)
    assert Registry().image_id(image_id) == ""
    Registry().pull(Wanted("web", tag, image_id, pushed.reference))
    assert Registry().image_id(tag) == image_id


@pytest.fixture
def built(program: str, tmp_path: Path) -> Iterator[tuple[RegistryProcess, dict[str, Any]]]:
    """What the build of a small application with one service is asked to do, and a registry that refuses everybody."""
    process = RegistryProcess(tmp_path / "registry", program, refuses=True)
    process.start()
    source = tmp_path / "source"
    source.mkdir()
    (source / "content").write_text(secrets.token_hex())
    (source / "Dockerfile").write_text("FROM scratch\nCOPY content /\n")
    tag = f"{process.host}/sgshop-web:{RELEASE}"
    (source / "docker-compose.yml").write_text(
        json.dumps({"name": "sgshop", "services": {"web": {"image": tag, "build": {"context": "."}}}})
    )
    params = {
        "application": "sgshop",
        "release": RELEASE,
        "commit": RELEASE + "0" * 28,
        "state_dir": str(tmp_path / "state"),
        "source_dir": str(source),
        "compose_files": ["docker-compose.yml"],
        "environment": "{}",
        "stages": {},
        "commands": [],
        "ignored_output": [],
        "push": True,
        "timeout_seconds": 120,
    }
    yield process, params
    process.kill()
    subprocess.run(["docker", "image", "rm", "--force", tag], capture_output=True, check=False)


def test_a_push_that_is_refused_is_a_failed_build_without_a_second_attempt_and_one_that_is_taken_names_the_digest(built) -> None:
    process, params = built
    release = Path(params["state_dir"], "releases", RELEASE, "release.json")
    refused = image_build.handle(params, False)
    assert not refused["built"]
    assert not release.exists()
    facts = {(item["sli"], item["labels"].get("command")): item for item in refused["measurements"]}
    assert facts["build.failures", "push web"]["value"] == 1
    assert facts["build.push_failures", None]["value"] == 1
    assert "no basic auth credentials" in facts["build.failures", "push web"]["detail"][0]

    process.kill()
    config = json.loads((process.folder / "config.yml").read_text())
    del config["auth"]
    (process.folder / "config.yml").write_text(json.dumps(config))
    process.start()
    taken = image_build.handle(params, False)
    assert taken["built"]
    image = json.loads(release.read_text())["images"]["web"]
    repository, _at, digest = image["digest"].partition("@")
    assert repository == f"{process.host}/sgshop-web"
    with urllib.request.urlopen(f"http://{process.host}/v2/sgshop-web/manifests/{digest}", timeout=10) as answer:
        assert answer.status == 200
    assert not image_build.handle(params, False)["changed"]


def test_no_credentials_of_the_client_stand_in_what_is_recorded(built, tmp_path: Path, monkeypatch) -> None:
    process, params = built
    canary = "canary-" + secrets.token_hex(8)
    login = tmp_path / "login"
    login.mkdir()
    plugins = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "cli-plugins"
    if plugins.is_dir():
        (login / "cli-plugins").symlink_to(plugins)
    auth = base64.b64encode(f"robot:{canary}".encode()).decode()
    (login / "config.json").write_text(json.dumps({"auths": {process.host: {"auth": auth}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(login))
    said = json.dumps(image_build.handle(params, False))
    assert "push web" in said
    assert canary not in said
    assert auth not in said
    kept = b"".join(path.read_bytes() for path in Path(params["state_dir"]).rglob("*") if path.is_file())
    assert canary.encode() not in kept
    assert auth.encode() not in kept
