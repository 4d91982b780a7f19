# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which evidence counts.

An entry counts for a phase when it belongs to this run, this release and this phase and was recorded after the newest start of
the phase in this run. Of several entries about the same SLI and labels the newest counts. Everything else is only used to say
why there is nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable

from .catalogue import SLIS
from .entries import checked_measurement
from .errors import EvidenceError
from .expression import Reference
from .runs import phase_states
from .times import unix_seconds
from .units import convert, first_unit

Points = list[tuple[float, float]]
# Gives the samples of a series reference as (unix seconds, value) pairs in order of time.
Loader = Callable[[Mapping[str, Any]], Sequence[tuple[float, float]]]
Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Record:
    """One measurement of the ledger. `single` is True for one plain value."""

    seq: int
    at: float
    sli: str
    labels: Labels
    body: Mapping[str, Any]

    @property
    def single(self) -> bool:
        """True when the measurement is one value, not samples."""
        return "value" in self.body

    def points(self, load: Loader) -> Points:
        """Return the samples in order of time, in the first unit of the dimension. EvidenceError when they cannot be read."""
        body = checked_measurement({key: value for key, value in self.body.items() if key != "detail"}, 0)
        if "value" in body:
            pairs: Sequence[tuple[float, float]] = [(self.at, body["value"])]
        elif "samples" in body:
            pairs = sorted((float(at), float(value)) for at, value in body["samples"])
        else:
            pairs = load(body["series"])
        unit = first_unit(SLIS[self.sli].dimension)
        return [(at, convert(value, body["unit"], unit) if math.isfinite(value) else math.nan) for at, value in pairs]


class EvidenceBook:
    """The evidence of one run, ready to be asked."""

    def __init__(self, entries: Sequence[Mapping[str, Any]], run_id: str, release: str) -> None:
        self._states = phase_states(entries, run_id)
        self._counting: dict[tuple[str, str], dict[Labels, Record]] = {}
        self._beside: dict[tuple[str, str], str] = {}
        for entry in entries:
            if entry["kind"] == "evidence":
                self._file(entry, run_id, release)

    def records(self, phase: str, reference: Reference) -> list[Record]:
        """Return the records that count for a reference: its SLI, and at least its labels."""
        wanted = set(reference.labels)
        found = self._counting.get((phase, reference.sli), {})
        return [record for labels, record in sorted(found.items()) if wanted <= set(labels)]

    def reason_for_none(self, phase: str, reference: Reference) -> str:
        """Return no_data, stale (recorded before the phase was started again, or in an earlier run) or other_release."""
        return self._beside.get((phase, reference.sli), "no_data")

    def _file(self, entry: Mapping[str, Any], run_id: str, release: str) -> None:
        body = entry["body"]
        place = (str(entry["phase"]), str(body.get("sli")))
        start = self._states[place[0]].start if place[0] in self._states else 0
        if entry["release"] != release:
            self._beside.setdefault(place, "other_release")
        elif entry["run"] != run_id or entry["seq"] < start:
            self._beside[place] = "stale"
        else:
            labels = _labels(body)
            record = Record(entry["seq"], unix_seconds(entry["time"]), place[1], labels, body)
            self._counting.setdefault(place, {})[labels] = record


def _labels(body: Mapping[str, Any]) -> Labels:
    labels = body.get("labels") or {}
    if not isinstance(labels, Mapping):
        raise EvidenceError("an evidence entry has labels that are no mapping")
    return tuple(sorted((str(name), str(value)) for name, value in labels.items()))
