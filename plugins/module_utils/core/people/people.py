# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""People: who signed, who can be reached, who is on call. Time comes in as an argument; all of it is UTC."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from ..errors import InputError

MAX_ENTRIES = 2_000
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_BLANK = re.compile(r"^(|tbd|todo|n/?a|none|unknown|\?+|_+|-+|<.*>|change[-_ ]?me)$", re.I)


@dataclass(frozen=True)
class SignOff:
    """What one person said about one release."""

    team: str
    person: str
    role: str
    release: str
    ready: bool
    at: datetime
    statement: str

    def as_body(self) -> dict[str, Any]:
        """The body of a ledger entry."""
        when = self.at.strftime("%Y-%m-%dT%H:%M:%SZ")
        return {**self.__dict__, "at": when}


@dataclass(frozen=True)
class Teams:
    """Per team that must sign: is a sign-off of this release missing, does one of its people say no."""

    signed: tuple[SignOff, ...]
    missing: Mapping[str, bool]
    not_ready: Mapping[str, bool]
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class OnCall:
    """Shifts that cover some of today, and the hours of today without anybody (rounded up)."""

    shifts: int
    gap_hours: int
    people: tuple[str, ...]


def read_signoffs(entries: Any, now: datetime) -> list[SignOff]:
    """Check the shape of every sign-off. Raises InputError that names the entry."""
    return [_signoff(entry, f"sign-off {number}", now) for number, entry in enumerate(_listed(entries, "sign-offs"), start=1)]


def judge_teams(signoffs: Sequence[SignOff], teams: Sequence[str], release: str) -> Teams:
    """The latest word of each person about this release; words about other releases or of other teams are not counted."""
    latest: dict[tuple[str, str], SignOff] = {}
    ignored = []
    for entry in signoffs:
        if entry.release != release or entry.team not in teams:
            ignored.append(
                f"{entry.team}, {entry.person}: is about release {entry.release}"
                if entry.team in teams
                else f"{entry.team}: no team that must sign"
            )
            continue
        known = latest.get((entry.team, entry.person))
        if known is None or entry.at >= known.at:
            latest[(entry.team, entry.person)] = entry
    signed = tuple(sorted(latest.values(), key=lambda entry: (entry.team, entry.person)))
    return Teams(
        signed=signed,
        missing={team: not any(entry.team == team for entry in signed) for team in teams},
        not_ready={team: any(entry.team == team and not entry.ready for entry in signed) for team in teams},
        ignored=tuple(ignored),
    )


def uncontactable(stakeholders: Any, required: Sequence[str]) -> tuple[str, ...]:
    """Which of the required stakeholders ({role, person, channel} each) cannot be reached."""
    found: dict[str, bool] = {}
    for number, raw in enumerate(_listed(stakeholders, "stakeholders"), start=1):
        entry = _mapping(raw, f"stakeholder {number}")
        role = _text(entry, "role", f"stakeholder {number}")
        reachable = not _BLANK.match(str(entry.get("person") or "").strip()) and not _BLANK.match(str(entry.get("channel") or "").strip())
        found[role] = found.get(role, False) or reachable
    return tuple(role for role in required if not found.get(role))


def escalation_levels(levels: Any) -> int:
    """Levels of the escalation path that name a person and a channel, counted up to the first one that does not."""
    reachable = 0
    for number, raw in enumerate(_listed(levels, "escalation levels"), start=1):
        entry = _mapping(raw, f"escalation level {number}")
        if any(_BLANK.match(str(entry.get(field) or "").strip()) for field in ("person", "channel")):
            break
        reachable += 1
    return reachable


def on_call_today(shifts: Any, now: datetime) -> OnCall:
    """Cover of today (00:00 to 24:00 UTC) by shifts: {person, start, end} RFC 3339, or {person, days, from, to} every week."""
    day = now.astimezone(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    end_of_day = day + timedelta(days=1)
    covered: list[tuple[datetime, datetime]] = []
    people = set()
    count = 0
    for number, raw in enumerate(_listed(shifts, "shifts"), start=1):
        entry = _mapping(raw, f"shift {number}")
        parts = [_clip(span, day, end_of_day) for span in _spans(entry, f"shift {number}", day)]
        today = [part for part in parts if part]
        if today:
            count += 1
            people.add(_text(entry, "person", f"shift {number}"))
            covered += today
    return OnCall(count, _uncovered_hours(covered, day, end_of_day), tuple(sorted(people)))


def parse_time(value: Any, where: str) -> datetime:
    """An RFC 3339 time with its zone, as UTC."""
    try:
        when = datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", str(value).strip()))
    except ValueError as error:
        raise InputError(f"{str(value)[:40]!r} is no time", where=where, todo="write it as 2026-11-23T10:00:00Z") from error
    if when.tzinfo is None:
        raise InputError(f"{str(value)[:40]!r} has no time zone", where=where, todo="end it with Z or +01:00")
    return when.astimezone(timezone.utc)


def _signoff(raw: Any, where: str, now: datetime) -> SignOff:
    entry = _mapping(raw, where)
    release = _text(entry, "release", where)
    if not re.fullmatch(r"[0-9a-f]{12}", release):
        raise InputError(
            f"{release[:40]!r} is no release", where=where, why="a sign-off is about one release", todo="give the 12 hex digits"
        )
    if not isinstance(entry.get("ready"), bool):
        raise InputError("ready is neither true nor false", where=where, why=f"it is {entry.get('ready')!r}")
    when = parse_time(entry.get("at"), where)
    if when > now + timedelta(minutes=5):
        raise InputError("the sign-off lies in the future", where=where, why=str(entry.get("at")))
    fields = {name: _text(entry, name, where) for name in ("team", "person", "role", "statement")}
    return SignOff(release=release, ready=entry["ready"], at=when, **fields)


def _spans(entry: Mapping[str, Any], where: str, day: datetime) -> list[tuple[datetime, datetime]]:
    """When a shift runs, as far as it can touch the day."""
    if "start" in entry or "end" in entry:
        start, end = parse_time(entry.get("start"), where), parse_time(entry.get("end"), where)
        if end <= start:
            raise InputError("the shift ends before it starts", where=where)
        return [(start, end)]
    days = [str(name).strip().lower()[:3] for name in entry.get("days") or ()]
    unknown = [name for name in days if name not in _DAYS]
    if not days or unknown:
        raise InputError(
            "the shift has neither start and end nor days",
            where=where,
            why=f"days: {entry.get('days')!r}",
            todo="days: [mon, tue]",
        )
    first, last = _minutes(entry.get("from", "00:00"), where), _minutes(entry.get("to", "24:00"), where)
    if last <= first:
        last += 24 * 60
    spans = []
    for base in (day - timedelta(days=1), day):
        if _DAYS[base.weekday()] in days:
            spans.append((base + timedelta(minutes=first), base + timedelta(minutes=last)))
    return spans


def _minutes(value: Any, where: str) -> int:
    """Minutes since midnight. YAML 1.1 reads an unquoted 17:00 as the number 1020, which is minutes already."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 24 * 60:
        return value
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", str(value).strip())
    if match and int(match.group(2)) < 60 and int(match.group(1)) * 60 + int(match.group(2)) <= 24 * 60:
        return int(match.group(1)) * 60 + int(match.group(2))
    if re.fullmatch(r"\d{1,4}", str(value).strip()) and int(value) <= 24 * 60:
        return int(value)
    raise InputError(f"{str(value)[:20]!r} is no time of day", where=where, todo='write it as "17:00"')


def _clip(span: tuple[datetime, datetime], day: datetime, end: datetime) -> tuple[datetime, datetime] | None:
    start, stop = max(span[0], day), min(span[1], end)
    return (start, stop) if start < stop else None


def _uncovered_hours(covered: Sequence[tuple[datetime, datetime]], day: datetime, end: datetime) -> int:
    reached, gap = day, timedelta()
    for start, stop in sorted(covered):
        gap += max(timedelta(), start - reached)
        reached = max(reached, stop)
    gap += max(timedelta(), end - reached)
    return math.ceil(gap.total_seconds() / 3600)


def _listed(value: Any, what: str) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise InputError(f"the {what} are no list", why=f"they are a {type(value).__name__}")
    if len(value) > MAX_ENTRIES:
        raise InputError(f"more than {MAX_ENTRIES} {what}")
    return list(value)


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InputError("an entry is no mapping", where=where, why=f"it is {str(value)[:80]!r}")
    return value


def _text(entry: Mapping[str, Any], name: str, where: str) -> str:
    value = str(entry.get(name) or "").strip()
    if not value:
        raise InputError(f"{name} is missing", where=where)
    return value[:1000]
