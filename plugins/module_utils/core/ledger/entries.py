# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What becomes an entry: measurements and entries from outside are checked here, before they have a place in the chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..errors import EvidenceError, InputError
from ..measurement import measurement
from .releases import check_release_body

MEASUREMENTS_LIMIT = 10000
SAMPLES_LIMIT = 100000
_FIELDS = ("sli", "value", "unit", "labels", "source", "detail", "samples", "series", "histogram")


class Draft(NamedTuple):
    """An entry before it has its place in the chain."""

    kind: str
    phase: str
    body: Mapping[str, Any]


def drafts_of(phase: str, measurements: Sequence[Mapping[str, Any]], others: Sequence[Mapping[str, Any]]) -> list[Draft]:
    """Return the drafts of measurements and other entries. EvidenceError or InputError names the one that cannot be used."""
    if len(measurements) > MEASUREMENTS_LIMIT:
        raise EvidenceError(f"{len(measurements)} measurements at once are too many", why=f"the limit is {MEASUREMENTS_LIMIT}")
    drafts = [Draft("evidence", phase, checked_measurement(item, number)) for number, item in enumerate(measurements)]
    for other in others:
        if other["kind"] == "release":
            check_release_body(other["body"])
        drafts.append(Draft(other["kind"], phase, other["body"]))
    return drafts


def checked_measurement(item: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Return the measurement as it goes into the ledger; EvidenceError says which one is wrong and why."""
    where = f"measurements[{number}]"
    unknown = sorted(map(str, set(item) - set(_FIELDS)))
    if unknown:
        raise EvidenceError(f"a measurement has no field {unknown[0][:40]!r}", where=where, todo=f"known fields: {', '.join(_FIELDS)}")
    if not isinstance(item.get("sli"), str) or not isinstance(item.get("unit"), str):
        raise EvidenceError("a measurement needs sli and unit", where=where)
    labels, samples, series = item.get("labels") or {}, item.get("samples"), item.get("series")
    if not isinstance(labels, Mapping) or not all(isinstance(value, str) for value in labels.values()):
        raise EvidenceError("labels must be a dict of texts", where=where)
    if series is not None and not isinstance(series, Mapping):
        raise EvidenceError("series must be a dict of file, metric and labels", where=where)
    if samples is not None and (not isinstance(samples, list) or len(samples) > SAMPLES_LIMIT):
        raise EvidenceError(f"samples must be a list of at most {SAMPLES_LIMIT} pairs", where=where)
    try:
        return measurement(
            item["sli"],
            item.get("value"),
            item["unit"],
            labels,
            str(item.get("source", "")),
            item.get("detail"),
            samples,
            series,
            item.get("histogram"),
        )
    except (TypeError, ValueError) as error:
        raise EvidenceError(f"{item['sli']} cannot be recorded", where=where, why=str(error)[:200]) from error
    except (EvidenceError, InputError) as error:
        raise EvidenceError(error.what, where=error.where or where, why=error.why, todo=error.todo) from error


def new_drafts(drafts: Sequence[Draft], entries: Sequence[Mapping[str, Any]], run_id: str) -> list[Draft]:
    """Return the drafts without those that the newest release entry, or a sign-off of this run, says already."""
    releases = [entry["body"] for entry in entries if entry["kind"] == "release"]
    signoffs = [entry["body"] for entry in entries if entry["kind"] == "signoff" and entry["run"] == run_id]
    kept: list[Draft] = []
    for draft in drafts:
        if draft.kind == "release":
            if releases and releases[-1] == draft.body:
                continue
            releases.append(draft.body)
        elif draft.kind == "signoff":
            if draft.body in signoffs:
                continue
            signoffs.append(draft.body)
        kept.append(draft)
    return kept
