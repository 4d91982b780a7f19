# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lease: who may change what runs on the staging host, and what becomes of somebody else who wants to.

Its time is the boot clock of the host (seconds since boot, with suspend) and the id of that boot: a wall clock that jumps changes
nothing. The token of a lease is greater than that of every lease before it, so whoever was taken over is known by an older one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from ..errors import CommandError, EvidenceError
from ..times import duration_text, rfc3339

GRANTED, REENTERED, TAKEN_OVER, WAIT, REFUSED = "granted", "re-entered", "taken over", "wait", "refused"
BREAK = "ansible-playbook -i <inventory> playbooks/break_lease.yml -e reason='...'"


@dataclass(frozen=True)
class Moment:
    """Now, on the boot clock of the host: `seconds` since the boot that has this id."""

    boot_id: str
    seconds: float


@dataclass(frozen=True)
class Lease:
    """A lease that somebody holds. `taken` is for people (RFC 3339); `beat` is the last sign of life, on the clock of boot `boot_id`."""

    owner: str
    run: str
    purpose: str
    token: int
    taken: str
    beat: float
    boot_id: str
    ttl_seconds: float

    def silent(self, now: Moment) -> float:
        """Seconds since the last sign of life; for ever when the host was booted since."""
        return now.seconds - self.beat if now.boot_id == self.boot_id else float("inf")

    def described(self, now: Moment) -> str:
        """The holder in a sentence."""
        seen = "before the host was booted" if self.boot_id != now.boot_id else f"{duration_text(max(self.silent(now), 0.0))} ago"
        return f"{self.owner} holds it for run {self.run} ({self.purpose}) since {self.taken}, last sign of life {seen}"


@dataclass(frozen=True)
class Kept:
    """What the host keeps: the newest token that was ever given (0: none), and the lease, where somebody holds it."""

    token: int = 0
    lease: Lease | None = None


@dataclass(frozen=True)
class Asked:
    """Who asks, and for what. `token` is of the lease that the asker believes to hold (0: none).

    `break_command` is what the asker would say to break the lease of somebody who is known to be dead.
    """

    owner: str
    run: str
    purpose: str
    ttl_seconds: float
    patience_seconds: float
    token: int = 0
    break_command: str = BREAK


@dataclass(frozen=True)
class Answer:
    """What becomes of it: `lease` is the asker's when granted, re-entered or taken over; `former` is what was there before."""

    verdict: str
    lease: Lease | None
    reason: str
    former: Lease | None = None
    wait_seconds: float = 0.0

    @property
    def is_given(self) -> bool:
        """True when the asker holds the lease now."""
        return self.verdict in (GRANTED, REENTERED, TAKEN_OVER)


def decide(kept: Kept, asked: Asked, now: Moment, taken: str) -> Answer:
    """Say who holds the lease from now on; `taken` is the time of day, and only ever written down."""
    new = Lease(asked.owner, asked.run, asked.purpose, kept.token + 1, taken, now.seconds, now.boot_id, asked.ttl_seconds)
    old = kept.lease
    if old is None:
        return Answer(GRANTED, new, "nobody held it")
    same = (old.owner, old.run) == (asked.owner, asked.run)
    if same and asked.token == old.token:
        return Answer(REENTERED, replace(old, beat=now.seconds, boot_id=now.boot_id), "it was held already", old)
    silent = old.silent(now)
    if old.boot_id != now.boot_id:
        return Answer(TAKEN_OVER, new, "the host was booted since its last sign of life", old)
    if silent > old.ttl_seconds:
        return Answer(TAKEN_OVER, new, f"it has expired: no sign of life for {duration_text(silent)}", old)
    if same and silent >= asked.patience_seconds:
        return Answer(TAKEN_OVER, new, f"the former start of the same run gives no sign of life for {duration_text(silent)}", old)
    if same:
        return Answer(WAIT, None, "the former start of the same run may be alive", old, asked.patience_seconds - silent)
    return Answer(REFUSED, None, "somebody else holds it", old)


def left_behind(lease: Lease, asked: Asked) -> str:
    """Why somebody is refused who holds the lease himself, for another run; empty for anybody else."""
    if lease.owner != asked.owner or lease.run == asked.run:
        return ""
    return f"you hold it yourself, for another run ({lease.run}): it works still, or it was killed and could not give it back"


def refusal(lease: Lease, now: Moment, why: str = "", command: str = BREAK, time: float | None = None) -> CommandError:
    """The failure of somebody who asked in vain: it names the holder, until when, and what can be done. `time` is now, in unix seconds."""
    left = max(lease.ttl_seconds - lease.silent(now), 0.0)
    when = duration_text(left) + ("" if time is None else f", at {rfc3339(time + left)[:19]}Z")
    return CommandError(
        "the lease is held: something else changes this application now",
        where=lease.described(now),
        why=why or "two at once would undo each other's work",
        todo=f"wait until it has ended; without a sign of life it expires in {when}; if it is known to be dead: {command}",
    )


def check_token(kept: Kept, token: int, now: Moment) -> None:
    """CommandError when a step with this token (0: without a lease) must not change anything."""
    lease = kept.lease
    if token == 0 and lease is None:
        return
    if token == 0 and lease is not None:
        raise refusal(lease, now, "this step belongs to no lease, and somebody holds it")
    if lease is not None and lease.token == token:
        return
    raise CommandError(
        f"this start does not hold the lease any more (its token is {token}, the newest is {kept.token}); nothing was changed",
        where=lease.described(now) if lease else "nobody holds it now: it was given back or broken",
        why="another start has taken over, or somebody broke the lease",
        todo="leave the work to the other one, or start the same playbook again",
    )


def kept_body(kept: Kept) -> dict[str, Any]:
    """What is kept, as it stands in the file."""
    return {"token": kept.token, "lease": asdict(kept.lease) if kept.lease else None}


def read_kept(body: Any) -> Kept:
    """The way back from `kept_body`; EvidenceError for anything else."""
    try:
        token, held = body["token"], body["lease"]
        lease = None if held is None else Lease(**{name: _of_type(held[name], kind) for name, kind in _FIELDS.items()})
        known = Kept(_of_type(token, int), lease)
    except (KeyError, TypeError, AttributeError) as error:
        raise EvidenceError("the file of the lease cannot be read", why=str(error)[:200], todo=BREAK) from error
    if known.token < (lease.token if lease else 0):
        raise EvidenceError("the file of the lease holds a token that was never given", todo=BREAK)
    return known


_FIELDS: Mapping[str, Any] = {
    "owner": str,
    "run": str,
    "purpose": str,
    "token": int,
    "taken": str,
    "beat": float,
    "boot_id": str,
    "ttl_seconds": float,
}


def _of_type(value: Any, kind: Any) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{str(value)[:40]!r} is no {kind.__name__}")
    return value
