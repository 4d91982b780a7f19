# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Synthetic evidence for a criterion: what a run would have recorded if the criterion came to a given value.

It is complete: dense, long and rich enough for everything that the criterion asks beside its limits, so that only the value decides.
What is made goes through the same ledger entries and the same judge as what was measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Optional

from ..catalogue import SLIS
from ..judge.criterion import Criterion
from ..judge.evidence import EvidenceBook
from ..judge.samples import Samples
from ..ledger.runs import GO, PHASES
from ..times import rfc3339, unix_seconds
from ..units import first_unit
from .synthetic_course import Layout, course, layout_of
from .synthetic_parts import parts_of

# Long ago, so that the times of samples keep many digits behind the point.
START = 100_000_000.0
PAST = 1_000_000.0
GROUPS = ("one", "two")
_RUN = {"run": "r-19730303T094640Z-aaaaaaaaaaaa", "release": "a" * 12, "policy": "synthetic"}
_BASELINE_RUN = {"run": "r-19700112T134640Z-bbbbbbbbbbbb", "release": "b" * 12, "policy": "synthetic"}


class Strand(NamedTuple):
    """One label set of one SLI. `plain`: recorded as one value, not as samples; `buckets`: as a histogram."""

    sli: str
    labels: Mapping[str, str]
    samples: Samples
    plain: bool
    past: bool = False
    buckets: tuple[tuple[float, float], ...] = ()

    @property
    def counter(self) -> bool:
        """True for an SLI that only grows."""
        return SLIS[self.sli].kind == "counter"


@dataclass(frozen=True)
class Evidence:
    """The strands of a criterion, judged `age` seconds after the last of them was recorded."""

    criterion: Criterion
    layout: Layout
    strands: tuple[Strand, ...]
    age: float = 0.0

    @property
    def book(self) -> EvidenceBook:
        """The evidence as a ledger would hold it."""
        return EvidenceBook(self._entries(), _RUN["run"], _RUN["release"])

    @property
    def last(self) -> Strand:
        """The last strand of this run."""
        return next(strand for strand in reversed(self.strands) if not strand.past)

    @property
    def now(self) -> float:
        """The unix time at which it is judged."""
        return unix_seconds(self._recorded(False)) + self.age

    def load(self, reference: Mapping[str, Any]) -> Samples:
        """Return the samples that an entry refers to."""
        return self.strands[int(reference["metric"])].samples

    def changed(self, change: Callable[[Strand], Optional[Strand]]) -> Evidence:
        """Return the evidence with each strand of this run changed; None leaves one out."""
        made = [strand if strand.past else change(strand) for strand in self.strands]
        return replace(self, strands=tuple(strand for strand in made if strand is not None))

    def sampled(self, change: Callable[[Strand], Samples]) -> Evidence:
        """Return the evidence with the samples of each strand of this run changed."""
        return self.changed(lambda strand: strand._replace(samples=change(strand)))

    def _recorded(self, past: bool) -> str:
        ends = [strand.samples.at[-1] for strand in self.strands if strand.past is past and len(strand.samples)]
        # Whole milliseconds, not after the last sample.
        return rfc3339(math.floor(max(ends, default=PAST if past else START) * 1000) / 1000)

    def _entries(self) -> list[dict[str, Any]]:
        drafts: list[tuple[str, str, Mapping[str, str], Mapping[str, Any]]] = []
        phase = self.criterion.phase
        if any(strand.past for strand in self.strands):
            past = self._recorded(True)
            begun = ("phase", {"event": "started"}), *self._bodies(True), *((("gate", {"verdict": GO}),) if phase in PHASES else ())
            drafts += [(kind, past, _BASELINE_RUN, body) for kind, body in (("run", {}), *begun)]
            drafts.append(("release", past, _BASELINE_RUN, {"release": _BASELINE_RUN["release"], "state": "verified"}))
        now = self._recorded(False)
        drafts += [(kind, now, _RUN, body) for kind, body in (("run", {}), ("phase", {"event": "started"}), *self._bodies(False))]
        return [
            {"seq": seq, "time": time, "kind": kind, "phase": "" if kind == "run" else phase, "body": body, **run}
            for seq, (kind, time, run, body) in enumerate(drafts, start=1)
        ]

    def _bodies(self, past: bool) -> list[tuple[str, dict[str, Any]]]:
        return [("evidence", _body(number, strand)) for number, strand in enumerate(self.strands) if strand.past is past]


def _body(number: int, strand: Strand) -> dict[str, Any]:
    body: dict[str, Any] = {
        "sli": strand.sli,
        "labels": dict(strand.labels),
        "unit": first_unit(SLIS[strand.sli].dimension),
        "source": "synthetic",
    }
    if strand.buckets:
        return {**body, "histogram": [["+Inf" if math.isinf(bound) else bound, count] for bound, count in strand.buckets]}
    if strand.plain:
        return {**body, "value": strand.samples.last}
    return {**body, "series": {"file": "synthetic", "metric": str(number)}}


def groups_of(criterion: Criterion) -> tuple[str, ...]:
    """Return the values of the `each` label for which evidence is made; ("",) without each."""
    return (criterion.expect or GROUPS) if criterion.each else ("",)


def evidence_of(
    criterion: Criterion,
    value: float,
    baseline: Optional[float] = None,
    tries: int = 0,
    windows: Sequence[float] = (),
    odd: Optional[Mapping[str, float]] = None,
    layout: Optional[Layout] = None,
) -> Evidence:
    """Return evidence by which every group of the criterion comes to `value`, in the first unit of its dimension.

    `baseline` is what the earlier release came to; `tries` the denominator of a ratio of counts; `windows` has a value for each window;
    `odd` has another value for some of the groups.
    """
    layout = layout or layout_of(criterion)
    strands: list[Strand] = []
    for group in groups_of(criterion):
        own = (odd or {}).get(group, value)
        levels = list(windows) or [own] * layout.windows
        strands += _strands(criterion, layout, group, levels, tries, START, False)
        if baseline is not None:
            whole = _whole(criterion, layout)
            strands += _strands(criterion, whole, group, [baseline] * whole.windows, tries, PAST, True)
    return Evidence(criterion, layout, tuple(strands))


def _whole(criterion: Criterion, layout: Layout) -> Layout:
    """The baseline is measured over all windows at once: a slope has to go on through them, and a share to be that of all of them."""
    if criterion.aggregation.name not in ("slope", "drift", "share"):
        return layout
    return replace(layout, windows=1, each=layout.windows * layout.each)


def _strands(
    criterion: Criterion, layout: Layout, group: str, levels: Sequence[float], tries: int, start: float, past: bool
) -> list[Strand]:
    parts = [parts_of(criterion, level, group, tries) for level in levels]
    strands = []
    # The parts of every window are about the same label sets, in the same order.
    for number, part in enumerate(parts[0]):
        samples = course(layout, part.how, [window[number].target for window in parts], start)
        if len(samples):
            strands.append(Strand(part.sli, part.labels, samples, layout.plain, past))
    return strands
