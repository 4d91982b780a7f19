# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which evidence counts.

An entry counts for a phase when it belongs to this run, this release and this phase and was recorded after the newest start of
the phase in this run. Of several entries about the same SLI and labels the newest counts; a criterion with windows looks at all
of them, in order of time. Everything else is only used to say why there is nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Callable, Optional, Union

from ..catalogue import SLIS
from ..errors import EvidenceError
from ..ledger.entries import checked_measurement
from ..ledger.runs import GO, OUTDATED, PHASES, phase_states
from ..times import unix_seconds
from ..units import convert, first_unit
from .baseline import BaselineRun, baseline_run
from .expression import Reference
from .histogram import Histogram, histogram_of
from .samples import Samples

# Gives the samples of a series reference: Samples, or (unix seconds, value) pairs.
Loader = Callable[[Mapping[str, Any]], Union[Samples, Iterable[tuple[float, float]]]]
Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Record:
    """One measurement of the ledger, recorded at the unix time `at`."""

    seq: int
    at: float
    sli: str
    labels: Labels
    body: Mapping[str, Any]

    @property
    def form(self) -> str:
        """value, histogram, or samples (inline or by reference)."""
        return next((name for name in ("value", "histogram") if name in self.body), "samples")

    def samples(self, load: Loader) -> Samples:
        """Return the samples in the first unit of the dimension; a plain value is one sample at the time of its recording.

        EvidenceError when they cannot be read.
        """
        body, unit = self._checked(), first_unit(SLIS[self.sli].dimension)
        if "value" in body:
            return Samples([self.at], [convert(body["value"], body["unit"], unit)])
        given = body["samples"] if "samples" in body else load(body["series"])
        read = given if isinstance(given, Samples) else Samples.of((at, value) for at, value in given)
        return read.converted(body["unit"], unit)

    def histogram(self) -> Histogram:
        """Return the histogram in the first unit of the dimension."""
        body, dimension = self._checked(), SLIS[self.sli].dimension
        return histogram_of(body["histogram"], body["unit"], first_unit(dimension), dimension)

    def _checked(self) -> Mapping[str, Any]:
        return checked_measurement({key: value for key, value in self.body.items() if key != "detail"}, 0)


class EvidenceBook:
    """The evidence of one run, ready to be asked."""

    def __init__(self, entries: Sequence[Mapping[str, Any]], run_id: str, release: str) -> None:
        self.run_id = run_id
        self.release = release
        self._entries = entries
        self._states = phase_states(entries, run_id)
        self._counting: dict[tuple[str, str], dict[Labels, list[Record]]] = {}
        self._beside: dict[tuple[str, str], str] = {}
        self._baseline: Optional[EvidenceBook] = None
        self._looked_back = False
        for entry in entries:
            if entry["kind"] == "evidence":
                self._file(entry)

    def histories(self, phase: str, reference: Reference) -> list[list[Record]]:
        """Return all records that count for a reference, a list for each label set, in order of time."""
        wanted = set(reference.labels)
        found = self._counting.get((phase, reference.sli), {})
        return [records for labels, records in sorted(found.items()) if wanted <= set(labels)]

    def reason_for_none(self, phase: str, reference: Reference) -> str:
        """Return no_data, stale (recorded before the phase was started again, or in an earlier run) or other_release."""
        return self._beside.get((phase, reference.sli), "no_data")

    def judged_good(self, phase: str) -> bool:
        """True when the gate of the phase said GO in this run; phases between the others have no gate and nothing to say."""
        verdict = self._states[phase].verdict if phase in self._states else ""
        return phase not in PHASES or verdict in (GO, OUTDATED)

    @property
    def baseline(self) -> Optional[EvidenceBook]:
        """The evidence of the run in which the last verified-good other release was proved good; None when there is none."""
        if not self._looked_back:
            self._looked_back = True
            found: Optional[BaselineRun] = baseline_run(self._entries, self.release)
            self._baseline = EvidenceBook(self._entries, found.run, found.release) if found else None
        return self._baseline

    def _file(self, entry: Mapping[str, Any]) -> None:
        body = entry["body"]
        place = (str(entry["phase"]), str(body.get("sli")))
        start = self._states[place[0]].start if place[0] in self._states else 0
        if entry["release"] != self.release:
            self._beside.setdefault(place, "other_release")
        elif entry["run"] != self.run_id or entry["seq"] < start:
            self._beside[place] = "stale"
        else:
            labels = _labels(body)
            record = Record(entry["seq"], unix_seconds(entry["time"]), place[1], labels, body)
            self._counting.setdefault(place, {}).setdefault(labels, []).append(record)


def _labels(body: Mapping[str, Any]) -> Labels:
    labels = body.get("labels") or {}
    if not isinstance(labels, Mapping):
        raise EvidenceError("an evidence entry has labels that are no mapping")
    return tuple(sorted((str(name), str(value)) for name, value in labels.items()))
