# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`every`: the tracks are cut into windows, each is judged, and `limits` says how many may be what."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ..times import rfc3339
from ..units import show_time
from .criterion import Criterion
from .measured import Tracks
from .outcome import ERROR, FAIL, GOOD, INCONCLUSIVE, PASS, SEVERITY, WARN, Outcome
from .timing import WINDOWS_LIMIT
from .track import Unknown


class Window(NamedTuple):
    """The tracks of one window, which begins at the unix time `begin` and is `seconds` long."""

    begin: float
    seconds: float
    tracks: Tracks


@dataclass(frozen=True)
class Tally:
    """How many windows there are, and how many of them are what."""

    windows: int
    good: int
    failed: int
    consecutive: int
    inconclusive: int
    error: int


def cut(criterion: Criterion, tracks: Tracks) -> list[Window]:
    """Return the windows. Unknown when the tracks do not fill a single one.

    A series is cut from its first sample on; a rest of less than half a window belongs to the last one. Plain values, one for each
    recording, belong to the window whose begin is nearest, so that a recording may come a little late.
    """
    everything = [track for _reference, found in tracks for track in found]
    begin, end = min(track.samples.at[0] for track in everything), max(track.samples.at[-1] for track in everything)
    pointwise = all(track.pointwise for track in everything)
    rounded = math.floor((end - begin) / criterion.every + 0.5)
    count = rounded + 1 if pointwise else rounded
    if count > WINDOWS_LIMIT:
        raise Unknown("gap", f"{count} windows would be needed, at most {WINDOWS_LIMIT} are judged", "make the windows longer")
    if count == 0:
        needed = show_time(criterion.every)
        said = f"watched for {show_time(end - begin)}, one window is {needed}"
        raise Unknown("short", said, f"watch {criterion.subject} for at least {needed}")
    first = begin - criterion.every / 2 if pointwise else begin
    edges = [first + number * criterion.every for number in range(count)]
    ends = [*edges[1:], math.inf]
    return [
        Window(
            start,
            # The last window ends with a sample, each other one before that of the next.
            (end - start + criterion.sampled_every if stop == math.inf and not pointwise else criterion.every),
            [(reference, [track.between(start, stop) for track in found]) for reference, found in tracks],
        )
        for start, stop in zip(edges, ends)
    ]


def tally(outcomes: Sequence[Outcome]) -> Tally:
    """Count the outcomes of windows, given in order of time."""
    longest = running = 0
    for outcome in outcomes:
        running = running + 1 if outcome.status == FAIL else 0
        longest = max(longest, running)
    statuses = [outcome.status for outcome in outcomes]
    good = sum(status in GOOD for status in statuses)
    return Tally(len(statuses), good, statuses.count(FAIL), longest, statuses.count(INCONCLUSIVE), statuses.count(ERROR))


def joined(criterion: Criterion, windows: Sequence[Window], outcomes: Sequence[Outcome]) -> Outcome:
    """Return the outcome over all windows. At least one of them must be good, whatever the limits allow."""
    counts, may = tally(outcomes), criterion.tolerance
    if counts.error > may.error:
        status = ERROR
    elif counts.failed > may.failed or counts.consecutive > may.consecutive or (counts.failed and not counts.good):
        status = FAIL
    elif counts.inconclusive > may.inconclusive or not counts.good:
        status = INCONCLUSIVE
    else:
        status = PASS if all(outcome.status == PASS for outcome in outcomes) else WARN
    speaker = _speaker(status, outcomes)
    worst = outcomes[speaker]
    coverage = [outcome.coverage for outcome in outcomes if outcome.coverage is not None]
    return replace(
        worst,
        status=status,
        reason=worst.reason if status == INCONCLUSIVE else "",
        sentence=f"{_counts_text(criterion, counts)}; {_when(windows, speaker)}: {worst.sentence}",
        n=sum(outcome.n for outcome in outcomes),
        coverage=min(coverage, default=None),
        windows=vars(counts).copy(),
        changes=() if status in GOOD else (_change(criterion, status, counts),),
    )


def _speaker(status: str, outcomes: Sequence[Outcome]) -> int:
    """The number of the window that speaks for all: the worst of those that made the status."""
    wanted = GOOD if status in GOOD else (status,)
    able = [number for number, outcome in enumerate(outcomes) if outcome.status in wanted] or list(range(len(outcomes)))
    return min(able, key=lambda number: (SEVERITY.index(outcomes[number].status), _room(outcomes[number]), number))


def _room(outcome: Outcome) -> float:
    return math.inf if outcome.distance is None else outcome.distance


def _counts_text(criterion: Criterion, counts: Tally) -> str:
    may = criterion.tolerance
    parts = [f"{counts.good} of {counts.windows} windows of {show_time(criterion.every)} are good"]
    for name, number, allowed in (
        ("failed", counts.failed, may.failed),
        ("inconclusive", counts.inconclusive, may.inconclusive),
        ("in error", counts.error, may.error),
    ):
        if number:
            parts.append(f"{number} {name} (at most {allowed} may)")
    if counts.consecutive > may.consecutive and counts.failed <= may.failed:
        parts.append(f"{counts.consecutive} failed one after the other (at most {may.consecutive} may)")
    return ", ".join(parts)


def _when(windows: Sequence[Window], number: int) -> str:
    window = windows[number]
    tracks = [track for _reference, found in window.tracks for track in found]
    if tracks and all(track.pointwise for track in tracks):
        return f"window {number + 1}, about {rfc3339(window.begin + window.seconds / 2)}"
    return f"window {number + 1}, from {rfc3339(window.begin)}"


def _change(criterion: Criterion, status: str, counts: Tally) -> str:
    may = criterion.tolerance
    if status == ERROR:
        more, what = counts.error - may.error, "must be readable"
    elif status == FAIL:
        more, what = max(counts.failed - may.failed, 1), "must pass"
    else:
        more, what = max(counts.inconclusive - may.inconclusive, 1), "must have enough evidence"
    return f"{criterion.subject}: {more} more of {counts.windows} windows {what}"
