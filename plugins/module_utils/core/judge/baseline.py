# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The baseline: the run in which the last verified-good other release was proved good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional

from ..ledger.releases import PROVED, release_history, rollback_target


class BaselineRun(NamedTuple):
    """A run and its release."""

    run: str
    release: str


def baseline_run(entries: Sequence[Mapping[str, Any]], release: str) -> Optional[BaselineRun]:
    """Return the newest run of the last verified-good release other than `release` in which it was proved good; None without one.

    A release that was found bad or rolled back since is not verified-good; a run that proved nothing says nothing.
    """
    target = rollback_target(release_history(entries), release)
    if target is None:
        return None
    own = {entry["run"] for entry in entries if entry["kind"] == "run" and entry["release"] == target.release}
    for entry in reversed(entries):
        body = entry["body"]
        if entry["kind"] == "release" and entry["run"] in own and body.get("release") == target.release and body.get("state") in PROVED:
            return BaselineRun(str(entry["run"]), target.release)
    return None
