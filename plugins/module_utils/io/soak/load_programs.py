# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The programs of foreign load engines: where they are, and what they are told by their environment."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping

from ...core.errors import InputError
from ...core.soak.load_table import SECRETS_VARIABLE
from ...core.soak.locust_file import KEY_VARIABLE, PART_VARIABLE, PATIENCE_VARIABLE, STARTER_VARIABLE
from ...core.soak.soak_plan import Load

PAUSE_SECONDS = 5.0  # between the death of a program and its next start; by then locust's master knows that a worker is gone


def program_of(load: Load) -> str:
    """The path of the load's program. Raises InputError when it is not there or cannot be run."""
    named = load.program or load.engine
    found = shutil.which(named)
    if not found:
        raise InputError(
            f"the program of the load engine {load.engine} cannot be run",
            where=named,
            why="there is no such program on the host that is to send the load",
            todo="install it there and name its path (soak_load_program), or take the built-in load (soak_load_engine: builtin)",
        )
    return os.path.abspath(found)


def variables_of(secrets: Mapping[str, str], part: str, key: str = "", patience: float = 0.0) -> dict[str, str]:
    """The environment of one program: ours without proxies, the secret values, and which share (`part`, "2/3") it sends.

    `key` and `patience` (seconds) are for locust's master and workers.
    """
    found = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    found[SECRETS_VARIABLE] = json.dumps(dict(secrets))
    found[PART_VARIABLE] = part
    found[STARTER_VARIABLE] = str(os.getpid())
    if key:
        found[KEY_VARIABLE] = key
    if patience:
        found[PATIENCE_VARIABLE] = str(patience)
    return found
