# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One label set of one SLI, made ready to be measured: its samples, or its histograms, in order of time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Optional

from ..units import show_time
from .aggregate import ESTIMATES, Aggregation, aggregate, aggregate_histogram, estimate
from .counted import CountedSamples, blurred
from .criterion import Criterion
from .drift import Drift
from .evidence import Loader, Record
from .expression import Reference
from .histogram import Histogram
from .ranks import Estimate
from .samples import Samples
from .trend import settled

# An observation of a bucket is above the lower edge of it; a share or a count of observations can be either end of its interval.
_FROM_BUCKETS = ("p", "median", "min", "max")


class Unknown(Exception):
    """The evidence does not say: a reason of outcome.REASONS, one sentence, and what would have to change."""

    def __init__(self, reason: str, sentence: str, *changes: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence
        self.changes = changes


@dataclass(frozen=True)
class Part:
    """One number, or the interval from low (`above`: itself excluded) to high in which it lies, and what it rests on.

    With an `estimate` low and high are its ends.
    """

    low: float
    high: float
    n: float
    seconds: float
    above: bool = False
    estimate: Optional[Estimate] = None


@dataclass(frozen=True)
class Track:
    """What was recorded about one label set. `single`: plain values, one for each recording; of histograms only the times are samples.

    `begin` is that of a window: a sample before it is there for a counter to be compared with, and does not count as one.
    """

    reference: Reference
    samples: Samples
    single: bool = False
    histograms: tuple[Histogram, ...] = ()
    begin: Optional[float] = None

    @property
    def pointwise(self) -> bool:
        """True when each recording stands for itself."""
        return self.single or bool(self.histograms)

    @property
    def binned(self) -> bool:
        """True when single values are not known."""
        return bool(self.histograms) or isinstance(self.samples, CountedSamples)

    @property
    def own(self) -> Samples:
        """The samples without the one before the window."""
        return self.samples if self.begin is None else self.samples.after(self.begin)

    @property
    def observations(self) -> float:
        """How many samples there are, or how many of them were counted."""
        return self.samples.histogram().total if isinstance(self.samples, CountedSamples) else len(self.own)

    def between(self, begin: float, end: float) -> Track:
        """The part of the track with begin <= time < end; of a counter also the sample before, so that no increase is lost."""
        lead = self.reference.entry.kind == "counter" and not self.single
        cut = self.samples.between(begin, end, lead)
        kept = [item for item, at in zip(self.histograms, self.samples.at) if begin <= at < end]
        return replace(self, samples=cut, histograms=tuple(kept), begin=begin)

    def settled(self) -> Track:
        """The track without the time in which a fresh process warms up, where nothing says how long that is."""
        return replace(self, samples=settled(self.samples)) if not self.pointwise else self

    def part(self, how: Aggregation, min_cycles: int = 0) -> Part:
        """Return the number that `how` makes of the track; `min_cycles` is for a slope. Unknown when it cannot be made."""
        if not len(self.samples):
            raise Unknown("no_data", f"{self.reference} has no samples", f"record samples of {self.reference}")
        if self.histograms:
            return self._histogram_part(how, self.histograms[-1])
        if isinstance(self.samples, CountedSamples) and how.name != "drift":
            return self._histogram_part(how, self.samples.histogram())
        # The plain value of a counter is its increase already.
        whole = self.single and how.name == "increase"
        found = estimate(how, self.samples, min_cycles) if how.name in ESTIMATES else None
        found = blurred(found) if isinstance(self.samples, CountedSamples) and isinstance(found, Drift) else found
        value = found.value if found else self.samples.last if whole else aggregate(how, self.samples)
        if value is None:
            said = f"{len(self.samples)} samples of {self.reference} are not enough for {how}"
            raise Unknown("short", said, f"watch {self.reference} longer")
        low, high = (found.low, found.high) if found else (value, value)
        return Part(low, high, self.observations, self.samples.span, estimate=found)

    def _histogram_part(self, how: Aggregation, histogram: Histogram) -> Part:
        if histogram.total <= 0:
            raise Unknown("no_data", f"the histogram of {self.reference} is empty", f"record observations of {self.reference}")
        interval = aggregate_histogram(how, histogram)
        if interval is None:
            wanted = f"judge p(95), share, max, min or count of {self.reference}"
            raise Unknown("ambiguous", f"a histogram of {self.reference} does not tell {how}", wanted)
        return Part(*interval, histogram.total, self.samples.span, above=how.name in _FROM_BUCKETS)


def track_of(reference: Reference, records: Sequence[Record], load: Loader, history: bool) -> Track:
    """Return the track of the records of one label set; without `history` that of the newest alone."""
    newest = records[-1]
    if newest.form == "samples":
        return Track(reference, _finite(reference, newest.samples(load)))
    same = [record for record in records if record.form == newest.form] if history else [newest]
    if newest.form == "histogram":
        # Only the times are samples: should a value of theirs ever be judged, it is no number and no good one.
        times = Samples([record.at for record in same], [math.nan] * len(same))
        return Track(reference, times, False, tuple(record.histogram() for record in same))
    points = [record.samples(load) for record in same]
    return Track(reference, _finite(reference, Samples.of(pair for point in points for pair in point)), True)


def after_warmup(track: Track, warmup: float) -> Track:
    """Return the track without its first `warmup` seconds."""
    if not warmup or not len(track.samples):
        return track
    begin = track.samples.at[0] + warmup
    histograms = tuple(item for item, at in zip(track.histograms, track.samples.at) if at >= begin)
    kept = replace(track, samples=track.samples.after(begin), histograms=histograms)
    if not len(kept.samples):
        needed = f"watch {track.reference} for more than {show_time(warmup)}"
        raise Unknown("short", f"nothing of {track.reference} is left after the first {show_time(warmup)}", needed)
    return kept


def check_gap(criterion: Criterion, track: Track) -> None:
    """Unknown when the track has a hole longer than max_gap, or too few samples to tell."""
    if not criterion.max_gap:
        return
    if len(track.samples) < 2:
        said = f"one sample of {track.reference} has no holes to look for"
        raise Unknown("short", said, f"record samples of {track.reference} over time")
    gap = track.samples.largest_gap()
    if gap > criterion.max_gap:
        wanted = f"sample {track.reference} without a hole longer than {show_time(criterion.max_gap)}"
        said = f"{track.reference} has a hole of {show_time(gap)}, at most {show_time(criterion.max_gap)} may be missing"
        raise Unknown("gap", said, wanted)


def coverage_of(criterion: Criterion, track: Track, length: Optional[float]) -> Optional[float]:
    """Return the share of the expected samples that are there; None when nothing says how many are. `length`: of a window, in seconds."""
    if not criterion.sampled_every:
        return None
    if length is None and len(track.samples) < 2:
        raise Unknown("short", f"one sample of {track.reference} has no coverage", f"record samples of {track.reference} over time")
    seconds = track.samples.span + criterion.sampled_every if length is None else length
    expected = max(1, math.floor(seconds / criterion.sampled_every + 1e-6))
    begin = track.begin if track.begin is not None else track.samples.at[0]
    return track.samples.occupied(criterion.sampled_every, begin, expected) / expected


def _finite(reference: Reference, samples: Samples) -> Samples:
    if not samples.finite:
        raise Unknown("not_finite", f"{reference} has samples that are no finite numbers", f"record {reference} as finite numbers")
    return samples
