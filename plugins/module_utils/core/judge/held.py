# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A measured number against the limits: TRUE, FALSE, or unknown. Only an exact TRUE passes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from ..errors import InputError
from ..units import convert, first_unit, show, show_time
from .confidence import lower_bound, upper_bound
from .criterion import Criterion
from .limit import Alternatives, Limit
from .measured import Measured
from .ranks import Estimate
from .track import Unknown

# `for D`: the last D is unbroken when no hole is longer than max_gap, twice sampled_every, or else this part of D.
STEADY_PARTS = 10
# How many times as long as before somebody is told to watch.
MORE_LEAST, MORE_MOST = 1.25, 10.0


@dataclass(frozen=True)
class Answer:
    """What one limit says: `holds` None is unknown, for `reason` and `doubt`. `room` is in the first unit; NaN is not known."""

    limit: Limit
    text: str
    holds: Optional[bool]
    room: float = math.nan
    reason: str = ""
    doubt: str = ""
    changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Held:
    """What all alternatives say together; `answers` are those of the alternative that is nearest to holding."""

    holds: Optional[bool]
    answers: tuple[Answer, ...]
    text: str

    @property
    def room(self) -> float:
        """The least room of the nearest alternative; NaN when it is not known."""
        return min((answer.room for answer in self.answers if not math.isnan(answer.room)), default=math.nan)

    @property
    def open(self) -> tuple[Answer, ...]:
        """The answers that are not TRUE."""
        return tuple(answer for answer in self.answers if answer.holds is not True)


@dataclass(frozen=True)
class Yardstick:
    """The baseline as it was measured, or why there is none; `ceilings` are those of the warnings that begin with `reaches`."""

    measured: Optional[Measured] = None
    why: str = ""
    ceilings: tuple[Optional[float], ...] = ()


def hold_against(
    criterion: Criterion, alternatives: Alternatives, measured: Measured, yardstick: Yardstick, surely: Optional[Limit] = None
) -> Held:
    """Hold the number against alternatives: one of them must be TRUE as a whole. `surely` is for the worse end of an estimate."""
    each = [tuple(_answer(criterion, limit, measured, yardstick, surely) for limit in limits) for limits in alternatives]
    verdicts = [_all_of(answers) for answers in each]
    holds = True if True in verdicts else None if None in verdicts else False
    same = [answers for answers, verdict in zip(each, verdicts) if verdict is holds]
    nearest = max(same, key=_nearness)
    return Held(holds, nearest, " or ".join(" and ".join(answer.text for answer in answers) for answers in each))


def shown_value(criterion: Criterion, measured: Measured, held: Held) -> str:
    """Write the number, or its interval, in the unit of the criterion."""
    if measured.value is not None:
        bounds = [in_unit(criterion, answer.limit.bound) for answer in held.answers if not answer.limit.relative]
        return show(in_unit(criterion, measured.value), criterion.unit, bounds) + _interval_text(criterion, measured)
    low, high = in_unit(criterion, measured.low or 0.0), in_unit(criterion, measured.high or 0.0)
    if math.isinf(high):
        return f"more than {show(low, criterion.unit)}"
    return f"{show(low, criterion.unit)} to {show(high, criterion.unit)}"


def _interval_text(criterion: Criterion, measured: Measured) -> str:
    found = measured.estimate
    if found is None or found.low == found.high:
        return ""
    low, high = (f"{in_unit(criterion, end):.4g}" if math.isfinite(end) else "anything" for end in (found.low, found.high))
    return f" ({low} to {high})"


def in_unit(criterion: Criterion, value: float) -> float:
    """Return a number in the unit of the criterion."""
    return convert(value, first_unit(criterion.dimension), criterion.unit)


def _all_of(answers: Sequence[Answer]) -> Optional[bool]:
    said = [answer.holds for answer in answers]
    return False if False in said else None if None in said else True


def _nearness(answers: Sequence[Answer]) -> tuple[int, float]:
    """Among alternatives that say the same: fewest limits that are not TRUE, then the most room."""
    rooms = [answer.room for answer in answers if not math.isnan(answer.room)]
    return -sum(answer.holds is None for answer in answers), min(rooms, default=-math.inf)


def _answer(criterion: Criterion, limit: Limit, measured: Measured, yardstick: Yardstick, surely: Optional[Limit]) -> Answer:
    text = f"{limit}, surely {surely}" if surely else str(limit)
    if limit.relative:
        bound = _baseline_value(limit, yardstick.measured)
        if bound is None:
            doubt = yardstick.why or "the baseline is known as an interval only"
            return Answer(limit, text, None, math.nan, "no_baseline", doubt, (_baseline_change(criterion),))
        limit = limit.resolved(bound, criterion.dimension)
        if not math.isfinite(limit.bound):
            return Answer(limit, text, None, math.nan, "no_baseline", "the baseline is too large", (_baseline_change(criterion),))
        text = f"{text} ({limit.shown(criterion.unit)})"
    if limit.steady is not None:
        return _steady(criterion, limit, text, measured)
    holds = _holds(limit, measured, surely or limit)
    room = limit.room(_decisive(limit, measured))
    room = room if math.isfinite(room) else math.nan
    if holds is None:
        return Answer(limit, text, None, room, "low_power", *_doubt(criterion, limit, surely or limit, text, measured))
    return Answer(limit, text, holds, room)


def _holds(limit: Limit, measured: Measured, surely: Limit) -> Optional[bool]:
    """An interval keeps a limit when its worse end does; it breaks it when its better end, or the value of a count, does.

    Of an estimate the worse end must keep `surely` instead, and the better one the limit itself.
    """
    low, high = measured.low, measured.high
    if low is None or high is None:
        return limit.holds(measured.value if measured.value is not None else math.nan)
    if limit.sign in ("==", "!="):
        outside = not low <= limit.bound <= high or (measured.above and low == limit.bound < high)
        return (limit.sign == "!=") if outside else (limit.holds(low) if low == high else None)
    worse, better = (high, low) if limit.upper else (low, high)
    if measured.estimate is not None and surely is not limit:
        return (True if surely.holds(worse) else None) if limit.compare(better) else False
    if limit.holds(worse) or (measured.above and not limit.upper and low == limit.bound):
        return True
    if measured.estimate is not None:
        # A limit is broken where all of the interval is beyond it: an infinite end never is.
        return None if limit.compare(better) else False
    if measured.value is None and measured.above and limit.upper and low == limit.bound:
        return False
    return None if limit.holds(better if measured.value is None else measured.value) else False


def _decisive(limit: Limit, measured: Measured) -> float:
    """The number whose distance from the limit is told: the value, or the worse end of an interval."""
    if measured.value is not None:
        return measured.value
    end = measured.high if limit.upper else measured.low
    return math.nan if end is None else end


def _doubt(criterion: Criterion, limit: Limit, surely: Limit, text: str, measured: Measured) -> tuple[str, tuple[str, ...]]:
    if measured.estimate is not None:
        return _estimate_doubt(criterion, (limit, surely), text, measured, measured.estimate)
    if measured.counts is None:
        return f"it could be anywhere in between, must be {text}", (f"record {criterion.subject} with a bucket bound at the limit {text}",)
    end = measured.high if limit.upper else measured.low
    could = show(in_unit(criterion, end or 0.0), criterion.unit)
    doubt = f"at {criterion.confidence * 100:g} pct confidence it could be {could}, must be {text}; look at more"
    needed = tries_needed(limit, measured.counts, criterion.confidence)
    if not needed:
        return doubt, (f"look at more of {criterion.expression.text}",)
    better = "without another hit" if limit.upper else "all of them hits"
    return doubt, (f"{criterion.expression.text}: look at {needed - int(measured.counts[1])} more, {better}",)


def _estimate_doubt(
    criterion: Criterion, limits: tuple[Limit, Limit], text: str, measured: Measured, found: Estimate
) -> tuple[str, tuple[str, ...]]:
    more = show_time(min(seconds_needed(limit, measured.seconds, found) for limit in limits))
    why = f" ({found.why})" if found.why else ""
    wanted = f"watch {criterion.subject} for about {more} more"
    return f"its interval does not say whether it is {text}{why}; {wanted}", (wanted,)


def seconds_needed(limit: Limit, watched: float, found: Estimate) -> float:
    """Return how much longer to watch until the interval lies on one side of the limit, if the value stays: a careful guess.

    The interval of noise shrinks with the time watched to the power of 1.5 or more, that of cycles with the time itself. Nobody is sent
    to wait for more than ten times as long.
    """
    room = abs(limit.bound - found.value)
    margin = max(found.high - found.value, found.value - found.low)
    times = margin / room if room else math.inf
    return watched * (min(max(times, MORE_LEAST), MORE_MOST) - 1)


def tries_needed(limit: Limit, counts: tuple[float, float], confidence: float) -> int:
    """Return how many tries would keep the limit at the confidence, if all further ones went well; 0 when that cannot be told."""
    hits, tries = int(counts[0]), int(counts[1])

    def enough(more: int) -> bool:
        if limit.upper:
            return limit.holds(upper_bound(hits, tries + more, confidence))
        return limit.holds(lower_bound(hits + more, tries + more, confidence))

    try:
        step = 1
        while not enough(step):
            step *= 2
        low, high = step // 2, step
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if enough(middle) else (middle, high)
    except InputError:
        return 0
    return tries + high


def _baseline_value(limit: Limit, measured: Optional[Measured]) -> Optional[float]:
    """The baseline for a limit: of an interval the end that makes the limit stricter."""
    if measured is None:
        return None
    if measured.value is not None:
        return measured.value
    return None if limit.sign in ("==", "!=") else measured.low if limit.upper else measured.high


def _baseline_change(criterion: Criterion) -> str:
    return f"verify another release with evidence of {criterion.subject} in phase {criterion.phase} as the baseline"


def _steady(criterion: Criterion, limit: Limit, text: str, measured: Measured) -> Answer:
    """Every sample of the unbroken last D keeps the limit."""
    wanted = limit.steady.first if limit.steady else 0.0
    samples = measured.samples
    if samples is None or not len(samples):
        changes = (f"record samples of {criterion.subject}",)
        return Answer(limit, text, None, math.nan, "short", "there is no series to look back on", changes)
    last = samples.after(samples.at[-1] - wanted)
    broken = not last.keeps(limit)
    rooms = [limit.room(value) for value in (last.minimum(), last.maximum())]
    room = min(rooms) if limit.sign != "!=" else math.nan
    if broken:
        return Answer(limit, text, False, room)
    if samples.span < wanted:
        doubt = f"only the last {show_time(samples.span)} are known, must be {text}"
        return Answer(limit, text, None, room, "short", doubt, (f"watch {criterion.subject} for {show_time(wanted - samples.span)} more",))
    may = _hole(criterion, wanted)
    hole = max(last.largest_gap(), last.at[0] - (samples.at[-1] - wanted))
    if hole > may:
        doubt = f"the last {show_time(wanted)} have a hole of {show_time(hole)}, at most {show_time(may)} may be missing"
        return Answer(limit, text, None, room, "gap", doubt, (f"sample {criterion.subject} without holes for {show_time(wanted)}",))
    return Answer(limit, text, True, room)


def _hole(criterion: Criterion, wanted: float) -> float:
    return criterion.max_gap or 2 * criterion.sampled_every or wanted / STEADY_PARTS


def baseline_of(criterion: Criterion, measured: Measured) -> Measured:
    """Return a measured baseline when it can be one; Unknown when its multiples would say nothing."""
    times = any(limit.relative == "*" for limits in (*criterion.alternatives, *criterion.warnings) for limit in limits)
    least = measured.value if measured.value is not None else measured.low
    if times and not (least is not None and least > 0):
        raise Unknown("no_baseline", "a multiple of a baseline that is not above 0 says nothing")
    return measured
