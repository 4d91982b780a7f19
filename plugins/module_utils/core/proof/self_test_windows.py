# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Windows and density put to the proof: exactly as many bad windows as may be, and one more; too few samples, too long a hole."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ..judge.criterion import Criterion
from ..judge.outcome import ERROR, FAIL, GOOD
from ..judge.samples import Samples
from ..units import show_time
from .self_test_guards import NOT_GOOD, UNKNOWN, Guard, Known, holed
from .self_test_trial import Trial
from .synthetic import START, Evidence
from .synthetic_parts import part_of_itself


def window_guards_of(trial: Trial, known: Known) -> Iterator[Guard]:
    """Yield the guards of a criterion that is judged in windows, or that asks how dense its samples are."""
    right = trial.evidence(known.good, known.baseline)
    if trial.criterion.sampled_every and trial.criterion.aggregation.name != "count":
        yield from _coverage(trial, right)
    if trial.criterion.max_gap:
        yield from _gap(trial, right)
    if trial.criterion.every:
        yield from _failed(trial, known, right)
        yield from _unknown(trial, right)
        yield from _in_error(trial, known, right)


def _failed(trial: Trial, known: Known, right: Evidence) -> Iterator[Guard]:
    may = trial.criterion.tolerance

    def mixed(bad: Sequence[int]) -> Evidence:
        levels = [known.bad if number in bad else known.good for number in range(right.layout.windows)]
        return trial.evidence(known.good, known.baseline, windows=levels)

    if may.failed:
        yield Guard(f"with {may.failed} failed windows", mixed(_spread(may.failed, may.consecutive)), GOOD)
    yield Guard(f"with {may.failed + 1} failed windows, {may.failed} may fail", mixed(_spread(may.failed + 1, may.consecutive)), (FAIL,))
    if may.consecutive < may.failed:
        row = range(1, may.consecutive + 2)
        yield Guard(f"with {len(row)} windows that fail one after the other, {may.consecutive} may", mixed(row), (FAIL,))
    yield Guard("with every window failed", mixed(range(right.layout.windows)), NOT_GOOD)


def _spread(count: int, together: int) -> list[int]:
    """Numbers of windows, at most `together` of them side by side; never the first one."""
    side = max(together, 1)
    return [1 + number + number // side for number in range(count)]


def _unknown(trial: Trial, right: Evidence) -> Iterator[Guard]:
    may = trial.criterion.tolerance.inconclusive
    # A counter carries over a hole what it grew in it, and a longest hole is asked for on its own.
    if may and not any(strand.counter for strand in right.strands) and not trial.criterion.max_gap:
        yield Guard(f"with {may} windows without samples", _emptied(trial, right, may), GOOD)
    yield Guard(f"with {may + 1} windows without samples, {may} may be", _emptied(trial, right, may + 1), NOT_GOOD)


def _emptied(trial: Trial, right: Evidence, count: int) -> Evidence:
    begin, every, step = right.layout.begin(START), trial.criterion.every, right.layout.step
    for number in _spread(count, 1):
        right = holed(right, begin + number * every - step / 2, begin + (number + 1) * every - step / 2)
    return right


def _in_error(trial: Trial, known: Known, right: Evidence) -> Iterator[Guard]:
    """More hits than tries contradict themselves."""
    criterion, may = trial.criterion, trial.criterion.tolerance.error
    counts = criterion.expression.denominator and criterion.expression.numerator.entry.dimension == "count"
    if not counts or part_of_itself(criterion):
        return
    for count, wanted in ((may, GOOD), (may + 1, (ERROR, *NOT_GOOD))):
        bad = _spread(count, 1)
        levels = [2.0 if number in bad else known.good for number in range(right.layout.windows)]
        what = f"with {count} windows that contradict themselves, {may} may"
        yield Guard(what, trial.evidence(known.good, known.baseline, windows=levels), wanted)


def _coverage(trial: Trial, right: Evidence) -> Iterator[Guard]:
    criterion, layout = trial.criterion, right.layout
    interval = criterion.sampled_every
    expected = math.floor((criterion.every or layout.step * (layout.each - 1) + interval) / interval + 1e-6)
    kept = math.ceil(criterion.min_coverage * expected - 1e-9) - 1
    # To the samples of a counter in a window also the one before belongs, which may take part in one more slot.
    kept -= 2 * (bool(criterion.every) and any(strand.counter for strand in right.strands))
    if kept >= 2:
        sparse = right.sampled(lambda strand: _sparse(criterion, strand.samples, layout.begin(START), kept))
        yield Guard(f"with {kept} of {expected} expected samples", sparse, UNKNOWN)


def _sparse(criterion: Criterion, samples: Samples, begin: float, kept: int) -> Samples:
    """Samples in `kept` of the slots of every window only: the first one, the last one, and some between."""

    def place(at: float) -> tuple[int, int]:
        window = math.floor((at - begin) / criterion.every + 1e-9) if criterion.every else 0
        return window, math.floor((at - begin - window * criterion.every) / criterion.sampled_every + 0.5)

    slots: dict[int, list[int]] = {}
    for at in samples.at:
        window, slot = place(at)
        if at >= begin and slot not in slots.setdefault(window, []):
            slots[window].append(slot)
    stay = {(window, found[round(number * (len(found) - 1) / (kept - 1))]) for window, found in slots.items() for number in range(kept)}
    return Samples.of((at, value) for at, value in samples if at < begin or place(at) in stay)


def _gap(trial: Trial, right: Evidence) -> Iterator[Guard]:
    most, samples = trial.criterion.max_gap, right.last.samples
    middle = samples.at[right.layout.warm + (len(samples) - right.layout.warm) // 2]
    if middle + 1.01 * most < samples.at[-1]:
        yield Guard(f"with a hole of more than {show_time(most)}", holed(right, middle, middle + 1.01 * most), UNKNOWN)
