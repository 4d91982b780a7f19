# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Waivers: a person takes the responsibility for one criterion, with a name, a reason and an end. Never for an ERROR."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Optional

from ..errors import EvidenceError, InputError
from ..fields import Fields
from ..text import plain
from ..times import unix_seconds
from ..units import did_you_mean
from .criterion import Criterion
from .outcome import FAIL, INCONCLUSIVE, WAIVED, Outcome, status_text

DAYS_AHEAD = 90
WAIVERS_LIMIT = 200
_KEYS = ("criterion", "owner", "reason", "expires", "release")
_RELEASE = re.compile(r"[0-9a-f]{12}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True)
class Waiver:
    """`until` is the unix time at which it ends (a day ends it when it begins, in UTC); None when `expires` cannot be read."""

    criterion: str
    owner: str
    reason: str
    expires: str
    until: Optional[float]
    release: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return it as it goes into the ledger."""
        shown = {"criterion": self.criterion, "owner": self.owner, "reason": self.reason, "expires": self.expires}
        return {**shown, "release": self.release} if self.release else shown

    def why_not(self, now: float, release: str) -> str:
        """Return why it does not apply; "" when it does."""
        if self.until is None:
            return f"its expiry {plain(self.expires, 40)!r} cannot be read"
        if not now < self.until:
            return f"it has expired ({self.expires})"
        if self.release and self.release != release:
            return f"it is for release {self.release}"
        return ""


def read_waivers(given: Any, known: Collection[str], now: float) -> tuple[Waiver, ...]:
    """Read stagegate_waivers; `known` are the ids of all criteria. InputError for one that nobody could answer for."""
    if given is None:
        return ()
    if not isinstance(given, (list, tuple)) or len(given) > WAIVERS_LIMIT:
        raise InputError(f"waivers are a list of at most {WAIVERS_LIMIT}", where="stagegate_waivers")
    return tuple(_read(item, f"stagegate_waivers[{number}]", known, now) for number, item in enumerate(given))


def with_waiver(criterion: Criterion, outcome: Outcome, waivers: Sequence[Waiver], now: float, release: str) -> Outcome:
    """Return the outcome, WAIVED when a waiver covers it; a waiver that does not apply is named in the sentence."""
    own = [waiver for waiver in waivers if waiver.criterion == criterion.id]
    if not own or outcome.status not in (FAIL, INCONCLUSIVE):
        return outcome
    if criterion.key and not criterion.waivable:
        return replace(outcome, sentence=f"{outcome.sentence}; the waiver does not apply: this is a key criterion, not waivable")
    waiver = next((waiver for waiver in own if not waiver.why_not(now, release)), None)
    if waiver is None:
        return replace(outcome, sentence=f"{outcome.sentence}; the waiver does not apply: {own[0].why_not(now, release)}")
    said = f"waived until {waiver.expires} by {plain(waiver.owner, 60)} ({plain(waiver.reason, 120)})"
    return replace(
        outcome,
        status=WAIVED,
        reason="",
        sentence=f"{said}: {status_text(outcome.as_dict())}, {outcome.sentence}",
        waiver={**waiver.as_dict(), "status": outcome.status, "status_reason": outcome.reason},
    )


def still_waived(outcome: dict[str, Any], waivers: Sequence[Waiver], now: float, release: str) -> dict[str, Any]:
    """Return a recorded outcome as it counts now: WAIVED only while a waiver of the same criterion is there and applies."""
    if outcome.get("status") != WAIVED:
        return outcome
    own = [waiver for waiver in waivers if waiver.criterion == outcome.get("id")]
    reasons = [waiver.why_not(now, release) for waiver in own]
    if "" in reasons:
        return outcome
    recorded = outcome.get("waiver") or {}
    before = recorded.get("status") if recorded.get("status") in (FAIL, INCONCLUSIVE) else INCONCLUSIVE
    why = reasons[0] if reasons else "it is no longer there"
    return {
        **outcome,
        "status": before,
        "reason": recorded.get("status_reason", "") if before == INCONCLUSIVE else "",
        "sentence": f"its waiver does not count any more: {why}; {outcome.get('sentence', '')}",
        "waiver": None,
    }


def _read(given: Any, where: str, known: Collection[str], now: float) -> Waiver:
    fields = Fields(given, where, _KEYS)
    name = str(fields.required("criterion", "name the criterion"))
    fields.where = f"{where} ({plain(name, 60)})"
    if name not in known:
        raise InputError(f"there is no criterion {plain(name, 60)!r}", where=fields.where, todo=did_you_mean(name, known))
    owner, reason = (_said(fields, part) for part in ("owner", "reason"))
    expires = fields.required("expires", "say when it ends, at most 90 days ahead: expires: 2026-12-01")
    expires = expires.isoformat() if isinstance(expires, (date, datetime)) else expires
    if not isinstance(expires, str) or len(expires) > 40:
        raise InputError("expires must be a day", where=fields.at("expires"), todo="write it like 2026-12-01")
    until = _until(expires)
    if until is not None and until > now + DAYS_AHEAD * 86400:
        raise InputError(f"a waiver ends at most {DAYS_AHEAD} days ahead", where=fields.at("expires"), why=f"found {expires}")
    release = fields.text("release")
    if release and not _RELEASE.fullmatch(release):
        raise InputError(f"{release[:40]!r} is no release", where=fields.at("release"), todo="write the first 12 hex digits of the commit")
    return Waiver(name, owner, reason, expires, until, release)


def _said(fields: Fields, name: str) -> str:
    fields.required(name, "a waiver says who answers for it, and why")
    text = fields.text(name).strip()
    if not text:
        raise InputError(f"{name} is missing", where=fields.where, todo="a waiver says who answers for it, and why")
    return text


def _until(expires: str) -> Optional[float]:
    day = f"{expires}T00:00:00.000Z" if _DAY.fullmatch(expires) else expires
    try:
        return unix_seconds(day if "." in day else day.replace("Z", ".000Z"))
    except EvidenceError:
        return None
