# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The judge: one criterion and the evidence go in, one outcome comes out.

Only an exact TRUE on complete data is a PASS. Whatever is missing, stale, too short, ambiguous or no finite number is
INCONCLUSIVE with its reason; evidence that contradicts itself or cannot be read is an ERROR.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from .aggregate import Aggregation, aggregate, span
from .confidence import lower_bound, upper_bound
from .criterion import Criterion
from .errors import EvidenceError, LedgerError
from .evidence import EvidenceBook, Labels, Loader, Record
from .expression import Reference
from .outcome import ERROR, FAIL, INCONCLUSIVE, PASS, SEVERITY, WARN, Outcome
from .text import plain
from .units import convert, first_unit, show

CLOCK_STEP_SECONDS = 300
EVIDENCE_SHOWN = 50
# How much of the evidence's own words goes into the sentence of a FAIL.
DETAIL_LINES = 3
DETAIL_WIDTH = 160
_JOIN: dict[str, Callable[[list[float]], float]] = {"sum": math.fsum, "max": max, "min": min}


class _Unknown(Exception):
    """The evidence does not say: a reason of outcome.REASONS, and one sentence."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence


@dataclass(frozen=True)
class _Side:
    """One SLI of the expression, made into a number."""

    value: float
    samples: int
    seconds: float


@dataclass(frozen=True)
class _Measured:
    """What is held against the limits, in the first unit of its dimension; `counts` are numerator and denominator of a ratio."""

    value: float
    n: int
    seconds: float
    counts: tuple[float, float] | None = None


def judge(criterion: Criterion, book: EvidenceBook, load: Loader, now: float) -> Outcome:
    """Judge a criterion at the unix time `now`; `load` reads samples by reference."""
    try:
        groups = _groups(criterion, book)
    except _Unknown as unknown:
        return _inconclusive(criterion, unknown, "", ())
    outcomes = [_judge_group(criterion, book, name, records, load, now) for name, records in groups]
    worst = min(outcomes, key=_badness)
    if len(outcomes) > 1:
        good = sum(outcome.good for outcome in outcomes)
        worst = replace(worst, sentence=f"{worst.sentence} ({good} of {len(outcomes)} good)")
    seqs = sorted({seq for outcome in outcomes for seq in outcome.evidence})
    return replace(worst, evidence=tuple(seqs[:EVIDENCE_SHOWN]))


Sides = list[tuple[Reference, list[Record]]]


def _groups(criterion: Criterion, book: EvidenceBook) -> list[tuple[str, Sides]]:
    """Return (name, records of each reference): one group without `each`, else one for each value of the label."""
    sides = [(reference, book.records(criterion.phase, reference)) for reference in criterion.expression.references]
    if not criterion.each:
        return [("", sides)]
    values = {dict(record.labels).get(criterion.each, "") for _reference, records in sides for record in records}
    values |= set(criterion.expect)
    if not values:
        reference = criterion.expression.numerator
        raise _Unknown(book.reason_for_none(criterion.phase, reference), _nothing(criterion, book, reference))
    return [
        (
            value,
            [(reference, [item for item in records if dict(item.labels).get(criterion.each, "") == value]) for reference, records in sides],
        )
        for value in sorted(values)
    ]


def _judge_group(criterion: Criterion, book: EvidenceBook, name: str, sides: Sides, load: Loader, now: float) -> Outcome:
    seqs = tuple(sorted({record.seq for _reference, records in sides for record in records}))
    try:
        for reference, records in sides:
            if not records:
                raise _Unknown(book.reason_for_none(criterion.phase, reference), _nothing(criterion, book, reference))
        _check_age(criterion, sides, now)
        _check_same_labels(sides)
        measured = _measure(criterion, [_side(criterion, reference, records, load) for reference, records in sides])
        _check_enough(criterion, measured)
        outcome = _held_against_limits(criterion, measured)
    except _Unknown as unknown:
        return _inconclusive(criterion, unknown, name, seqs)
    except (EvidenceError, LedgerError) as error:
        return _outcome(criterion, ERROR, plain(str(error), 300), name, seqs)
    prefix = f"{criterion.each} {plain(name, 60)}: " if criterion.each else ""
    because = _because(sides[0][1]) if outcome.status == FAIL else ""
    return replace(outcome, group=plain(name, 60), evidence=seqs, sentence=prefix + outcome.sentence + because)


def _because(records: Sequence[Record]) -> str:
    """What the evidence itself says about what was found: a few lines of its detail, as plain text."""
    lines = [line for record in records for line in record.body.get("detail") or ()]
    shown = [plain(str(line), DETAIL_WIDTH) for line in lines[:DETAIL_LINES]]
    more = f" (and {len(lines) - DETAIL_LINES} more)" if len(lines) > DETAIL_LINES else ""
    return f"; {'; '.join(shown)}{more}" if shown else ""


def _nothing(criterion: Criterion, book: EvidenceBook, reference: Reference) -> str:
    reason = book.reason_for_none(criterion.phase, reference)
    sentence = f"no evidence of {reference} in phase {criterion.phase} of this run"
    if reason == "stale":
        return f"{sentence}; what there is was recorded before the phase was started"
    if reason == "other_release":
        return f"{sentence}; what there is belongs to another release"
    return sentence


def _check_age(criterion: Criterion, sides: Sides, now: float) -> None:
    for _reference, records in sides if criterion.max_age else ():
        for record in records:
            age = now - record.at
            if not -CLOCK_STEP_SECONDS <= age <= criterion.max_age:
                raise _Unknown("stale", f"{record.sli} is {age / 3600:.1f} h old, at most {criterion.max_age / 3600:.1f} h count")


def _check_same_labels(sides: Sides) -> None:
    """In a ratio, SLIs of the same labels must speak about the same things."""
    seen: dict[tuple[tuple[str, ...], Labels], set[Labels]] = {}
    for reference, records in sides:
        labels = {record.labels for record in records}
        if seen.setdefault((reference.entry.labels, reference.labels), labels) != labels:
            raise _Unknown("no_data", f"{sides[0][0].sli} and {reference.sli} were not recorded for the same labels")


def _side(criterion: Criterion, reference: Reference, records: Sequence[Record], load: Loader) -> _Side:
    if len(records) > 1 and not criterion.across:
        raise _Unknown(
            "ambiguous", f"{len(records)} label sets of {reference} are there: name the labels, or use each or agg sum, max, min"
        )
    how = _aggregation_of(criterion, reference)
    values: list[float] = []
    samples, seconds = 0, math.inf
    for record in records:
        points = record.points(load)
        if not points:
            raise _Unknown("no_data", f"{reference} has no samples")
        if not all(math.isfinite(value) and math.isfinite(at) for at, value in points):
            raise _Unknown("not_finite", f"{reference} has samples that are no finite numbers")
        whole = record.single and how.name == "increase"
        value = points[0][1] if whole else aggregate(how, points)
        if value is None:
            raise _Unknown("short", f"{len(points)} samples of {reference} are not enough for {how}")
        values.append(value)
        samples += len(points)
        seconds = min(seconds, span(points))
    return _Side(_JOIN.get(criterion.across, math.fsum)(values), samples, seconds)


def _aggregation_of(criterion: Criterion, reference: Reference) -> Aggregation:
    """In a ratio of a counter and a gauge each side is made a number in its own way."""
    if reference.entry.kind == "counter":
        return criterion.aggregation if criterion.aggregation.name == "rate" else Aggregation("increase")
    return Aggregation("last") if criterion.aggregation.name == "increase" else criterion.aggregation


def _measure(criterion: Criterion, sides: Sequence[_Side]) -> _Measured:
    top, seconds = sides[0], min(side.seconds for side in sides)
    if len(sides) == 1:
        return _Measured(top.value, top.samples, seconds)
    bottom = math.fsum(side.value for side in sides[1:])
    if any(side.value < 0 for side in sides):
        raise EvidenceError(f"{criterion.expression.text}: a part of the ratio is negative")
    if bottom == 0:
        raise _Unknown("no_data", f"{criterion.expression.text}: the denominator is 0, nothing was looked at")
    counts = criterion.expression.numerator.entry.dimension == "count"
    if counts and top.value > bottom:
        raise EvidenceError(f"{criterion.expression.text}: {top.value:g} of {bottom:g} contradicts itself")
    n = int(bottom) if counts else min(side.samples for side in sides)
    return _Measured(top.value / bottom, n, seconds, (top.value, bottom) if counts else None)


def _check_enough(criterion: Criterion, measured: _Measured) -> None:
    if not math.isfinite(measured.value):
        raise _Unknown("not_finite", f"{criterion.expression.text} comes out as no finite number")
    if measured.n < criterion.min_samples:
        raise _Unknown("short", f"{measured.n} looked at, at least {criterion.min_samples} are needed")
    if measured.seconds < criterion.min_duration:
        raise _Unknown("short", f"watched for {measured.seconds:.0f} s, at least {criterion.min_duration:.0f} s are needed")


def _held_against_limits(criterion: Criterion, measured: _Measured) -> Outcome:
    value, unit = measured.value, first_unit(criterion.dimension)
    shown = show(convert(value, unit, criterion.unit), criterion.unit)
    room = convert(min(limit.room(value) for limit in criterion.limits), unit, criterion.unit) + 0.0
    must = f"{shown}, must be {criterion.limit_text}"
    spare = f", {show(abs(room), criterion.unit)} to spare" if room else ""
    warning = next((limit for limit in criterion.warnings if limit.holds(value)), None)
    if not all(limit.holds(value) is True for limit in criterion.limits):
        missed = f", missed by {show(abs(room), criterion.unit)}" if room else ""
        outcome = _outcome(criterion, FAIL, must + missed)
    elif criterion.confidence and (doubt := _doubt(criterion, measured)):
        outcome = _outcome(criterion, INCONCLUSIVE, f"{shown} of {measured.n}: {doubt}", reason="low_power")
    elif warning is not None:
        outcome = _outcome(criterion, WARN, f"{must}{spare}; warns at {warning}")
    else:
        outcome = _outcome(criterion, PASS, must + spare)
    return replace(outcome, value=convert(value, unit, criterion.unit), distance=room, n=measured.n)


def _doubt(criterion: Criterion, measured: _Measured) -> str:
    """Return why the share could still be on the wrong side of a limit at the wanted confidence; "" when it cannot."""
    hits, tries = measured.counts or (math.nan, math.nan)
    if hits != math.floor(hits) or tries != math.floor(tries):
        raise EvidenceError(f"{criterion.expression.text}: {hits:g} of {tries:g} are no whole numbers")
    for limit in criterion.limits:
        bound = (upper_bound if limit.upper else lower_bound)(int(hits), int(tries), criterion.confidence)
        if limit.holds(bound) is not True:
            shown = show(convert(bound, first_unit("ratio"), criterion.unit), criterion.unit)
            return f"at {criterion.confidence * 100:g} pct confidence it could be {shown}, must be {limit}; look at more"
    return ""


def _badness(outcome: Outcome) -> tuple[int, float]:
    return SEVERITY.index(outcome.status), math.inf if outcome.distance is None else outcome.distance


def _inconclusive(criterion: Criterion, unknown: _Unknown, name: str, seqs: tuple[int, ...]) -> Outcome:
    prefix = f"{criterion.each} {plain(name, 60)}: " if criterion.each and name else ""
    return _outcome(criterion, INCONCLUSIVE, prefix + plain(unknown.sentence, 300), name, seqs, unknown.reason)


def _outcome(criterion: Criterion, status: str, sentence: str, group: str = "", seqs: tuple[int, ...] = (), reason: str = "") -> Outcome:
    return Outcome(
        id=criterion.id,
        status=status,
        sentence=sentence,
        limit=criterion.limit_text,
        unit=criterion.unit,
        reason=reason,
        evidence=seqs,
        group=plain(group, 60),
        key=criterion.key,
        observe=criterion.observe,
        covers=criterion.covers,
        title=criterion.title,
    )
