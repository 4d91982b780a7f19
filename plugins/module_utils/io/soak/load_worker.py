# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Workers of a soak's load on a host that only sends: started, found running, stopped.

Their folder is <state_dir>/load/<run>/<name>:
worker.json    what is kept, until when (ends_at), and its digest    locustfile.py  the load
secrets.json   0600, secret values and key; removed at the end       worker.pyz     the keeper, and the sources of the journeys
STOP           asks the keeper to end                                worker.log     what it says
keeper.lock    held while the keeper lives; holds its pid
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ...core.errors import InputError, ServiceError
from ...core.soak.load_table import load_key
from ...core.soak.locust_file import locust_file, worker_words
from ...core.soak.soak_plan import Load, digest
from ..system.agent_package import PACKAGE, put_agent
from ..system.clock import wait_until
from ..system.detached_program import start_detached
from ..system.files import ensure_folder, read_text, write_atomic, write_json
from ..system.process_lock import Lock
from . import load_keeper
from .load_programs import program_of
from .soak_files import SoakFolder, is_name
from .soak_supervisors import kill

START_SECONDS = 15.0
END_SECONDS = 5.0  # beyond the time limit of a request
LATER_SECONDS = 60.0  # a deadline that moved by less is the same


@dataclass(frozen=True)
class Share:
    """What the workers of one host are: `count` of them, of which the first has the share `first` of the load's senders (from 0).

    `master` is the address under which the master is reached; they end after `seconds`.
    """

    run: str
    load: Load
    first: int
    count: int
    master: str
    seconds: float


def check_share(share: Share) -> None:
    """Raise InputError when nobody could send such a share."""
    load = share.load
    if not load.remote_workers:
        raise InputError("the load plans no workers on other hosts", where="load.remote_workers", todo="say how many come from there")
    if not load.processes <= share.first <= share.first + share.count <= load.senders or share.count < 1:
        raise InputError(
            f"workers {share.first} to {share.first + share.count - 1} are none of other hosts",
            where="first",
            why=f"{load.processes} of {load.senders} are on the host that soaks",
            todo=f"give `first` and `count` within {load.processes} and {load.senders - 1}",
        )
    if not share.master:
        raise InputError("where is the master?", where="master_host", todo="give the address under which the soaking host is reached")


class LoadWorkers:
    """The workers in one folder."""

    def __init__(self, folder: SoakFolder, wall: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._wall = wall

    def keeper(self) -> Optional[int]:
        """Process id of the living keeper, or None."""
        return Lock(self._folder.file("keeper.lock")).holder()

    def would_start(self, share: Share, secrets: Mapping[str, str]) -> bool:
        """True when `start` would change something. Raises InputError for a share that cannot be sent, or not from here."""
        check_share(share)
        program = program_of(share.load)
        if self.keeper() is None or self._folder.has("STOP"):
            return True
        kept = self._folder.json("worker.json") or {}
        return bool(
            kept.get("digest") != self._digest(share, secrets, program)
            or self._wall() + share.seconds > float(kept.get("ends_at") or 0.0) + LATER_SECONDS
        )

    def start(self, share: Share, secrets: Mapping[str, str]) -> bool:
        """Start the workers; False when the same ones run already. Others of this folder are stopped first."""
        if not self.would_start(share, secrets):
            return False
        program = program_of(share.load)
        self.stop()
        ensure_folder(self._folder.path)
        self._write(share, secrets, program)
        start_detached([self._folder.file("worker.pyz"), self._folder.path], self._folder.file("worker.log"))
        if not wait_until(lambda: self.keeper() is not None, START_SECONDS):
            self._forget()
            raise ServiceError(
                f"the workers' keeper did not begin within {START_SECONDS:.0f} s",
                where=self._folder.path,
                why=self._log_tail(),
                todo="read worker.log in that folder",
            )
        return True

    def stop(self) -> bool:
        """End keeper and workers; False when none ran. What does not end is killed."""
        ran = self.keeper() is not None
        if ran:
            write_json(self._folder.file("STOP"), {"at": self._wall()})
            grace = float((self._folder.json("worker.json") or {}).get("grace_seconds") or 0.0)
            if not wait_until(lambda: self.keeper() is None, grace + END_SECONDS):
                pid = self.keeper()
                if pid:
                    kill(pid, signal.SIGKILL)  # the workers see that they have no parent any more
                wait_until(lambda: self.keeper() is None, END_SECONDS)
        self._forget()
        return ran

    def _forget(self) -> None:
        self._folder.forget_secrets()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._folder.file("STOP"))

    def _write(self, share: Share, secrets: Mapping[str, str], program: str) -> None:
        file, load = self._folder.file, share.load
        put_agent(file("worker.pyz"), load_keeper.__name__)
        write_atomic(file("locustfile.py"), locust_file(load, file("worker.pyz"), PACKAGE))
        words = [program, *worker_words(file("locustfile.py"), share.master, load.port)]
        write_json(file("secrets.json"), {"secrets": dict(secrets), "key": load_key(share.run, load, secrets)})
        kept: dict[str, Any] = {
            "digest": self._digest(share, secrets, program),
            "ends_at": self._wall() + share.seconds,
            "grace_seconds": load.timeout + 2,
            "workers": [{"argv": words, "part": f"{share.first + number}/{load.senders}"} for number in range(share.count)],
        }
        write_json(file("worker.json"), kept)

    def _digest(self, share: Share, secrets: Mapping[str, str], program: str) -> str:
        # The key is made of run, load and secrets.
        key = load_key(share.run, share.load, secrets)
        return digest({"key": key, "part": [share.first, share.count], "at": [share.master, share.load.port], "program": program})

    def _log_tail(self) -> str:
        return read_text(self._folder.file("worker.log"))[-600:].strip() or "it printed nothing"


def workers_of(state_dir: str, run: str, name: str) -> LoadWorkers:
    """The workers of a run on the host `name`. Raises InputError for a run or name that is no single folder name."""
    for word, what in ((run, "run"), (name, "name")):
        if not is_name(word):
            raise InputError(f"{word[:60]!r} is no {what}", where=what, todo="give the id of the run, and the host's name in the inventory")
    return LoadWorkers(SoakFolder(os.path.join(state_dir, "load", run, name)))
