# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The history of releases on a host, made of the `release` entries of the ledger.

The body of a release entry is `{release, state, ...}`; what else it holds (commit, images, colour) is carried along.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import InputError

STATES = ("built", "deployed", "verified", "soaked", "bad", "rolled_back")
PROVED = ("verified", "soaked")
_SPOILED = ("bad", "rolled_back")


@dataclass(frozen=True)
class Release:
    """One release: its newest state, the seq and time at which each state was last reached, and what was recorded with it."""

    release: str
    state: str
    seqs: dict[str, int] = field(default_factory=dict)
    times: dict[str, str] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        """True when it was verified or soaked, and neither found bad nor rolled back since."""
        return self._last(PROVED) > self._last(_SPOILED)

    @property
    def good_since(self) -> int:
        """The seq of the newest proof that it is good; 0 when there is none."""
        return self._last(PROVED)

    def _last(self, states: Sequence[str]) -> int:
        return max((self.seqs.get(state, 0) for state in states), default=0)


def check_release_body(body: Mapping[str, Any]) -> None:
    """InputError unless the body of a release entry names a release and a known state."""
    if not _is_release(body.get("release")):
        why = f"found {str(body.get('release'))[:40]!r}, expected 12 hex digits"
        raise InputError("a release entry names no release", where="entries[].body.release", why=why)
    if body.get("state") not in STATES:
        raise InputError(f"unknown release state {str(body.get('state'))[:40]!r}", todo=f"known states: {', '.join(STATES)}")


def _is_release(name: Any) -> bool:
    """The name of a release becomes part of paths and commands, so it is never anything but hex digits."""
    return isinstance(name, str) and re.fullmatch(r"[0-9a-f]{12}", name) is not None


def release_history(entries: Sequence[Mapping[str, Any]]) -> list[Release]:
    """Return all releases, the one that changed last at the end."""
    found: dict[str, Release] = {}
    for entry in entries:
        body = entry["body"]
        if entry["kind"] != "release" or body.get("state") not in STATES or not _is_release(body.get("release")):
            continue
        name, state = body["release"], body["state"]
        before = found.pop(name, Release(name, state))
        rest = {key: value for key, value in body.items() if key not in ("release", "state")}
        found[name] = Release(
            name,
            state,
            {**before.seqs, state: entry["seq"]},
            {**before.times, state: entry["time"]},
            {**before.record, **rest},
        )
    return list(found.values())


def current_release(history: Sequence[Release]) -> Release | None:
    """Return the release that was deployed last, or None."""
    deployed = [release for release in history if "deployed" in release.seqs]
    return max(deployed, key=lambda release: release.seqs["deployed"], default=None)


def rollback_target(history: Sequence[Release], current: str) -> Release | None:
    """Return the release proved good last, other than `current` and not spoiled since; None when there is none."""
    candidates = [release for release in history if release.release != current and release.good]
    return max(candidates, key=lambda release: release.good_since, default=None)
