# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a rollback may go: the release, and whether its code can live on the schema that the database has now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..errors import InputError
from ..ledger.releases import Release, current_release, rollback_target
from ..ledger.runs import STARTED
from .alembic_state import History
from .journal import BEFORE, Line

COMPATIBLE = "compatible"
INCOMPATIBLE = "incompatible"
SAFE_WAYS = (
    "fix forward with a new release, or restore the backup made before the migration (<state_dir>/backups) in a maintenance window; "
    "a downgrade must be run with the newer image, never with the older one"
)


def choose(history: Sequence[Release], current: str, wanted: str = "") -> Release:
    """The release to go back to; InputError says why there is none, or lists what there is when `wanted` cannot be taken."""
    if not wanted:
        target = rollback_target(history, current)
        if target is None:
            raise InputError(
                "there is no release to roll back to",
                where=f"live release {current or 'none'}",
                why=f"no earlier release was verified and is still good; the ledger knows {_listed(history)}",
                todo="name one with rollback_release, or deploy a release that is known to be good; "
                "where a plain compose stack was taken over, playbooks/give_back.yml brings it back",
            )
        return target
    for release in history:
        if release.release == wanted:
            return _usable(release, history, current)
    raise InputError(
        f"release {wanted!r} is unknown",
        where="rollback_release",
        why="the ledger of this host has no such release",
        todo=f"choose from {_listed(history)}",
    )


def left_release(history: Sequence[Release], live: str, lines: Sequence[Line]) -> str:
    """The release that a rollback leaves: the live one, unless an earlier rollback was killed after it had switched.

    Then the live one is the target already, and the ledger still says that the one before it is deployed: the same order again goes on
    from there instead of going one release further back.
    """
    recorded = current_release(history)
    switches = [line for line in lines if line.at == BEFORE and line.step in ("switch", "back")]
    killed = bool(switches) and switches[-1].step == "back"
    return recorded.release if killed and recorded is not None and live else live


def schema_proof(target: str, known: History, live: Sequence[str], proofs: Sequence[Mapping[str, Any]]) -> str:
    """Why the target's code can live on the live schema, as a sentence; InputError with the safe alternatives when nothing shows it."""
    if known.knows(live):
        pending = known.pending(live)
        if not pending:
            return f"the database is at {_revisions(live)}, which is the target's own head"
        raise InputError(
            "the database is older than the target",
            where=f"database at {_revisions(live)}",
            why=f"{', '.join(pending)} would be missing",
            todo=f"deploy {target} instead: a rollback never migrates",
        )
    for proof in proofs:
        if proof.get("old") == target and sorted(proof.get("new_heads") or ()) == sorted(live):
            return f"{target} passed its checks on schema {_revisions(live)} before ({proof.get('checks', 'recorded')} checks)"
    raise InputError(
        f"release {target} does not know the schema of the database",
        where=f"database at {_revisions(live)}",
        why=f"its own head is {', '.join(known.heads)}, and nothing in the ledger shows that its code can live on the newer schema",
        todo=SAFE_WAYS,
    )


def compatibility_proofs(entries: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """The bodies that say: the old release passed its checks on the new schema. A later failure on that schema takes the proof back."""
    words: dict[tuple[str, tuple[str, ...]], Mapping[str, Any]] = {}
    for entry in entries:
        body = entry["body"]
        if entry["kind"] == "release" and body.get("state") in (COMPATIBLE, INCOMPATIBLE):
            words[str(body.get("old")), tuple(sorted(body.get("new_heads") or ()))] = body
    return tuple(body for body in words.values() if body["state"] == COMPATIBLE)


def compatibility_body(old: str, new: str, heads: Sequence[str], checks: int, failures: int = 0) -> dict[str, Any]:
    """The body of such an entry: a proof, or that it failed. No check at all is no proof."""
    state = COMPATIBLE if checks > 0 and failures == 0 else INCOMPATIBLE
    return {"state": state, "old": old, "new": new, "new_heads": sorted(heads), "checks": checks}


def image_ids(release: Release, recorded: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, str]:
    """Service -> image id of a release, out of the ledger's record or of what its build wrote."""
    images = release.record.get("images") or recorded or {}
    return {str(service): str(image.get("id", "")) for service, image in images.items() if isinstance(image, Mapping)}


def refuse_without_images(target: Release, gone: Sequence[str], history: Sequence[Release], current: str, here: Collection[str]) -> None:
    """InputError when images of the target are `gone` (a sentence each); it names the releases whose images are `here`."""
    if not gone:
        return
    others = [item for item in reversed(history) if item.release in here and item.release not in (target.release, current)]
    able = [item for item in others if "deployed" in item.seqs and item.seqs.get("bad", 0) <= item.good_since]
    named = ", ".join(f"{item.release} ({item.state})" for item in able)
    raise InputError(
        f"release {target.release} cannot be brought back; nothing was changed",
        where="; ".join(gone),
        why="a rollback starts what was judged, and that is not on this host any more",
        todo=f"build that commit again, or name another release with rollback_release: {named or 'there is none whose images are here'}",
    )


def automatic_rollbacks(entries: Sequence[Mapping[str, Any]], release: str) -> int:
    """How often a gate has ordered a rollback away from `release` since its deployment was begun last, successful or not."""
    count = 0
    for entry in entries:
        body = entry["body"]
        if entry["kind"] == "phase" and entry["phase"] == "deploy" and entry["release"] == release and body.get("event") == STARTED:
            count = 0
        elif entry["kind"] == "incident" and body.get("reason") == "gate" and body.get("from") == release:
            count += 1
    return count


def _usable(release: Release, history: Sequence[Release], current: str) -> Release:
    if release.release == current:
        raise InputError(f"release {current} is live already", where="rollback_release", todo=f"choose from {_listed(history, current)}")
    if release.seqs.get("bad", 0) > release.good_since:
        raise InputError(
            f"release {release.release} was found bad", where="rollback_release", todo=f"choose from {_listed(history, current)}"
        )
    if "deployed" not in release.seqs:
        raise InputError(
            f"release {release.release} was never deployed here",
            where="rollback_release",
            todo=f"deploy it, or choose from {_listed(history, current)}",
        )
    return release


def _listed(history: Sequence[Release], without: str = "") -> str:
    return ", ".join(f"{item.release} ({item.state})" for item in reversed(history) if item.release != without) or "nothing"


def _revisions(live: Sequence[str]) -> str:
    return ", ".join(live) or "no revision"
