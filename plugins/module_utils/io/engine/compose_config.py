# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`docker compose config`: the normalised model of compose files, in an environment that holds only what was given."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ...core.errors import InputError
from ...core.release.compose_model import read_model
from ...core.release.environment import render
from ..system.command import Runner, run

# What the docker client itself needs. Everything else of the caller's environment would silently win over the file.
_CLIENT = ("PATH", "HOME", "DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_CONTEXT", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY")


def clean_argv(argv: Sequence[str]) -> list[str]:
    """The command in an environment of its own: only what the docker client needs."""
    return ["env", "-i", *(f"{name}={os.environ[name]}" for name in _CLIENT if name in os.environ), *argv]


def compose_files(source: str, files: Sequence[str]) -> list[str]:
    """Absolute paths of the compose files: relative ones stand in the source tree. InputError for one that is not there."""
    if not files:
        raise InputError("no compose file is named", todo="name the compose files of the application")
    paths = [path if os.path.isabs(path) else os.path.join(source, path) for path in files]
    for path in paths:
        if not os.path.isfile(path):
            raise InputError("a compose file is not there", where=path, todo="correct the list of compose files")
    return paths


def prepared(source: str, files: Sequence[str]) -> bool:
    """Whether the export and all compose files are there: in check mode on a virgin host they are not."""
    return all(os.path.isfile(path if os.path.isabs(path) else os.path.join(source, path)) for path in files)


def normalised(
    source: str, files: Sequence[str], environment: Mapping[str, Any], runner: Runner = run
) -> tuple[dict[str, Any] | None, str]:
    """The model and no text, or no model and what compose says. The environment file is gone afterwards."""
    files = compose_files(source, files)
    with _environment_file(source, environment) as path:
        argv = ["docker", "compose", "--project-directory", source, "--env-file", path]
        for name in files:
            argv += ["-f", name]
        done = runner(clean_argv([*argv, "config", "--format", "json"]), timeout=60.0)
    if not done.ok:
        return None, without_values(done.stderr.strip(), environment)[-1500:]
    return read_model(done.stdout), ""


@contextmanager
def _environment_file(source: str, environment: Mapping[str, Any]) -> Iterator[str]:
    """The environment as a file for as long as compose reads it.

    Development compose files say `env_file: .env`, which no commit holds: where the export has none, the file stands there.
    """
    path = os.path.join(source, ".env")
    if os.path.lexists(path):
        handle, path = tempfile.mkstemp(prefix="stagegate-env-")
    else:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(render(environment))
        yield path
    finally:
        os.unlink(path)


def must_model(source: str, files: Sequence[str], environment: Mapping[str, Any], runner: Runner = run) -> dict[str, Any]:
    """The model; InputError with what compose says when it refuses the files."""
    model, said = normalised(source, files, environment, runner)
    if model is None:
        todo = "correct the line that compose names"
        raise InputError("the compose files are refused", where=", ".join(files), why=said, todo=todo)
    return model


def without_values(text: str, environment: Mapping[str, Any]) -> str:
    """The text with every value of the environment taken out: compose quotes what it cannot read."""
    values = sorted({str(value) for value in environment.values() if len(str(value)) > 3}, key=len, reverse=True)
    return re.sub("|".join(re.escape(value) for value in values), "***", text) if values else text
