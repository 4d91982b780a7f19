"""The RUN lines of docs/image_builds.md build as they stand there, and leave no secret in a layer."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECRETS = ROOT / ".cache" / "build_secrets"
TAG = "stagegate-test-image-builds"


def documented_lines() -> str:
    blocks = re.findall(r"^```dockerfile\n(.*?)^```", (ROOT / "docs" / "image_builds.md").read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 4
    return "\n".join(blocks)


def run(*command: str, stdin: str = "") -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    # The lines ask for a requirements.txt and a package-lock.json: the smallest ones that are real.
    prepared = "FROM debian:bookworm-slim\nWORKDIR /app\nRUN echo six==1.17.0 > requirements.txt\n" + documented_lines().replace(
        "npm ci", "npm init -y && npm install is-number@7.0.0 && npm ci"
    )
    # Node needs its libraries while building here, because the same image runs npm.
    prepared = prepared.replace("python3-venv", "python3-venv libstdc++6 libatomic1", 1)
    folder = tmp_path_factory.mktemp("build")
    (folder / "Dockerfile").write_text(prepared)
    secrets = [f"--secret=id={name},src={SECRETS / name}" for name in ("build_ca", "pip_conf", "npmrc")]
    run("docker", "build", "--quiet", *secrets, "-t", TAG, str(folder))
    yield TAG
    subprocess.run(["docker", "image", "rm", "--force", TAG], capture_output=True, check=False)


def test_debian_python_and_npm_packages_arrive(image):
    said = run("docker", "run", "--rm", image, "sh", "-c", "/opt/venv/bin/python -c 'import six' && node --version && ls node_modules")
    assert said.startswith("v22.")
    assert "is-number" in said


def test_no_secret_stays_in_the_image(image):
    said = run("docker", "run", "--rm", image, "sh", "-c", "find /run/secrets /opt /app -name build_ca -o -name npmrc -o -name pip_conf")
    assert said == ""


def test_no_package_lists_stay_in_a_documented_layer():
    first = documented_lines().split("\n\n")[0]
    assert "rm -rf /var/lib/apt/lists/* /var/cache/apt/*" in first


def test_secret_files_are_for_their_owner_alone():
    for name in ("build_ca", "pip_conf", "npmrc"):
        assert (SECRETS / name).stat().st_mode & 0o777 == 0o600
