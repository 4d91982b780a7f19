# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Times as the ledger writes them: RFC 3339, UTC, milliseconds."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from .errors import EvidenceError

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def rfc3339(seconds: float) -> str:
    """Return unix seconds as `2026-11-23T10:15:00.000Z`."""
    moment = _EPOCH + timedelta(milliseconds=round(seconds * 1000))
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def compact(seconds: float) -> str:
    """Return unix seconds as `20261123T101500Z`, the form used in run ids."""
    return (_EPOCH + timedelta(seconds=int(seconds))).strftime("%Y%m%dT%H%M%SZ")


def unix_seconds(text: str) -> float:
    """Return the unix seconds of `2026-11-23T10:15:00.000Z`; EvidenceError for any other form."""
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")
    except (TypeError, ValueError) as error:
        raise EvidenceError(f"{str(text)[:40]!r} is no time", why="expected 2026-11-23T10:15:00.000Z") from error
    return (moment.replace(tzinfo=timezone.utc) - _EPOCH).total_seconds()


def duration_text(seconds: float) -> str:
    """Return a duration for people: `1 h 02 min`, `3 min 05 s`, `4.2 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"
