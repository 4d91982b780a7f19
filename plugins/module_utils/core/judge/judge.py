# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The judge: one criterion and the evidence go in, one outcome comes out.

Only an exact TRUE on complete data is a PASS. Whatever is missing, stale, too short, ambiguous or no finite number is
INCONCLUSIVE with its reason; evidence that contradicts itself or cannot be read is an ERROR.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Optional

from ..errors import EvidenceError, LedgerError
from ..text import plain
from ..units import show
from .criterion import ABSOLUTE_ONLY, Criterion
from .evidence import EvidenceBook, Loader, Record
from .growth import ceilings_of, reached, seen_from
from .held import Answer, Held, Yardstick, baseline_of, hold_against, in_unit, shown_value
from .limit import Alternatives
from .measured import Histories, Measured, Tracks, check_age, check_whole, histories_of, measure, tracks_of
from .outcome import ERROR, FAIL, INCONCLUSIVE, PASS, SEVERITY, WARN, Outcome
from .track import Unknown
from .waiver import Waiver, with_waiver
from .windows import Window, cut, joined

EVIDENCE_SHOWN = 50
# How much of the evidence's own words goes into the sentence of a FAIL.
DETAIL_LINES = 3
DETAIL_WIDTH = 160
# What hostile numbers can do to arithmetic is evidence that cannot be read, and not a traceback.
_UNREADABLE = (EvidenceError, LedgerError, ArithmeticError)


def judge(criterion: Criterion, book: EvidenceBook, load: Loader, now: float, waivers: Sequence[Waiver] = ()) -> Outcome:
    """Judge a criterion at the unix time `now`; `load` reads samples by reference."""
    try:
        groups = histories_of(criterion, book)
    except Unknown as unknown:
        return with_waiver(criterion, _inconclusive(criterion, unknown, "", ()), waivers, now, book.release)
    outcomes = [_judge_group(criterion, book, name, sides, load, now) for name, sides in groups]
    return with_waiver(criterion, _worst(outcomes), waivers, now, book.release)


def _worst(outcomes: Sequence[Outcome]) -> Outcome:
    """Of several groups the worst speaks for all of them; what has to change is that of every group that is not good."""
    worst = min(outcomes, key=_badness)
    if len(outcomes) > 1:
        good = sum(outcome.good for outcome in outcomes)
        worst = replace(worst, sentence=f"{worst.sentence} ({good} of {len(outcomes)} good)")
    seqs = sorted({seq for outcome in outcomes for seq in outcome.evidence})
    changes = dict.fromkeys(change for outcome in outcomes if not outcome.good for change in outcome.changes)
    return replace(worst, evidence=tuple(seqs[:EVIDENCE_SHOWN]), changes=tuple(changes))


def _judge_group(criterion: Criterion, book: EvidenceBook, name: str, sides: Histories, load: Loader, now: float) -> Outcome:
    seqs = tuple(sorted({record.seq for _reference, found in sides for history in found for record in _counted(criterion, history)}))
    try:
        tracks = tracks_of(criterion, book, sides, load)
        check_age(criterion, sides, tracks, now)
        check_whole(criterion, tracks)
        yardstick = replace(_yardstick(criterion, book, name, load), ceilings=ceilings_of(criterion, book, name, load))
        judged = _judge_windows if criterion.every else _judge_tracks
        outcome = judged(criterion, tracks, yardstick, name)
    except Unknown as unknown:
        return _inconclusive(criterion, unknown, name, seqs)
    except _UNREADABLE as error:
        return replace(_outcome(criterion, ERROR, plain(str(error), 300), name), evidence=seqs)
    because = _because([history[-1] for history in sides[0][1]]) if outcome.status == FAIL else ""
    return replace(outcome, evidence=seqs, sentence=_prefix(criterion, name) + outcome.sentence + because)


def _counted(criterion: Criterion, history: Sequence[Record]) -> Sequence[Record]:
    return history if criterion.every else history[-1:]


def _judge_windows(criterion: Criterion, tracks: Tracks, yardstick: Yardstick, name: str) -> Outcome:
    windows = cut(criterion, tracks)
    return joined(criterion, windows, [_judge_window(criterion, window, yardstick, name) for window in windows])


def _judge_window(criterion: Criterion, window: Window, yardstick: Yardstick, name: str) -> Outcome:
    try:
        return _judge_tracks(criterion, window.tracks, yardstick, name, window.seconds)
    except Unknown as unknown:
        return replace(_inconclusive(criterion, unknown, name, ()), sentence=plain(unknown.sentence, 300))
    except _UNREADABLE as error:
        return _outcome(criterion, ERROR, plain(str(error), 300), name)


def _judge_tracks(criterion: Criterion, tracks: Tracks, yardstick: Yardstick, name: str, length: Optional[float] = None) -> Outcome:
    measured = measure(criterion, tracks, length)
    alternatives, warnings, worse = criterion.alternatives, criterion.warnings, ""
    if criterion.baseline == ABSOLUTE_ONLY and yardstick.measured is None:
        alternatives, warnings = _absolute(alternatives), _absolute(warnings)
        worse = f"; there is no baseline: {yardstick.why}"
    held = hold_against(criterion, alternatives, measured, yardstick, criterion.surely)
    outcome = _from_held(criterion, measured, held, name)
    if outcome.status == PASS:
        warned = [limits for limits in warnings if hold_against(criterion, (limits,), measured, yardstick).holds is not False]
        worse += "".join(f"; warns at {' and '.join(map(str, limits))}" for limits in warned[:1])
        worse += reached(criterion, measured, yardstick.ceilings)
        outcome = replace(outcome, status=WARN if worse else PASS, sentence=outcome.sentence + worse)
    return replace(outcome, baseline=_told(criterion, yardstick.measured.value if yardstick.measured else None))


def _absolute(alternatives: Alternatives) -> Alternatives:
    kept = (tuple(limit for limit in limits if not limit.relative) for limits in alternatives)
    return tuple(limits for limits in kept if limits)


def _from_held(criterion: Criterion, measured: Measured, held: Held, name: str) -> Outcome:
    shown = shown_value(criterion, measured, held)
    room = None if math.isnan(held.room) else in_unit(criterion, held.room) + 0.0
    must = f"{shown}, must be {held.text}"
    if held.holds is False:
        missed = f", missed by {show(abs(room), criterion.unit)}" if room and room < 0 else ""
        changes = tuple(change for answer in held.open for change in (answer.changes or (_from_to(criterion, name, shown, answer.text),)))
        outcome = replace(_outcome(criterion, FAIL, must + missed, name), changes=changes)
    elif held.holds is None:
        first = next(answer for answer in held.open if answer.holds is None)
        outcome = _outcome(criterion, INCONCLUSIVE, _doubtful(measured, held, first, shown), name)
        outcome = replace(outcome, reason=first.reason, changes=tuple(change for answer in held.open for change in answer.changes))
    else:
        outcome = _outcome(criterion, PASS, must + (f", {show(abs(room), criterion.unit)} to spare" if room else ""), name)
        outcome = replace(outcome, sentence=outcome.sentence + seen_from(criterion, measured, held))
    return replace(
        outcome,
        value=_told(criterion, _spoken(criterion, measured)),
        distance=room,
        n=measured.n,
        low=_told(criterion, measured.low),
        high=_told(criterion, measured.high),
        coverage=measured.coverage,
    )


def _doubtful(measured: Measured, held: Held, first: Answer, shown: str) -> str:
    if first.reason == "no_baseline":
        return f"{shown}, must be {held.text}, but {first.doubt}"
    return f"{shown} of {measured.n}: {first.doubt}" if measured.counts else f"{shown}: {first.doubt}"


def _spoken(criterion: Criterion, measured: Measured) -> Optional[float]:
    """The value, or of an interval the end that is worse for the first limit."""
    if measured.value is not None:
        return measured.value
    return measured.high if criterion.limits[0].upper else measured.low


def _told(criterion: Criterion, value: Optional[float]) -> Optional[float]:
    return in_unit(criterion, value) if value is not None and math.isfinite(value) else None


def _from_to(criterion: Criterion, name: str, shown: str, limit: str) -> str:
    of = f" of {criterion.each} {plain(name, 60)}" if criterion.each else ""
    return f"{criterion.subject}{of} from {shown} to {limit}"


def _yardstick(criterion: Criterion, book: EvidenceBook, name: str, load: Loader) -> Yardstick:
    """Measure the baseline like the criterion itself, over the whole of it, however old it is."""
    if not criterion.baseline:
        return Yardstick()
    past = book.baseline
    if past is None:
        return Yardstick(None, "no other release is verified-good")
    if not past.judged_good(criterion.phase):
        return Yardstick(None, f"phase {criterion.phase} of release {past.release} was not GO")
    try:
        sides = dict(histories_of(criterion, past)).get(name)
        if sides is None:
            return Yardstick(None, f"release {past.release} has no evidence of {criterion.each} {plain(name, 60)}")
        tracks = tracks_of(criterion, past, sides, load)
        check_whole(criterion, tracks)
        return Yardstick(baseline_of(criterion, measure(criterion, tracks)))
    except Unknown as unknown:
        return Yardstick(None, f"release {past.release}: {plain(unknown.sentence, 200)}")
    except _UNREADABLE as error:
        return Yardstick(None, f"release {past.release}: {plain(str(error), 200)}")


def _because(records: Sequence[Record]) -> str:
    """What the evidence itself says about what was found: a few lines of its detail, as plain text."""
    lines = [line for record in records for line in record.body.get("detail") or ()]
    shown = [plain(str(line), DETAIL_WIDTH) for line in lines[:DETAIL_LINES]]
    more = f" (and {len(lines) - DETAIL_LINES} more)" if len(lines) > DETAIL_LINES else ""
    return f"; {'; '.join(shown)}{more}" if shown else ""


def _badness(outcome: Outcome) -> tuple[int, float]:
    return SEVERITY.index(outcome.status), math.inf if outcome.distance is None else outcome.distance


def _prefix(criterion: Criterion, name: str) -> str:
    return f"{criterion.each} {plain(name, 60)}: " if criterion.each and name else ""


def _inconclusive(criterion: Criterion, unknown: Unknown, name: str, seqs: tuple[int, ...]) -> Outcome:
    outcome = _outcome(criterion, INCONCLUSIVE, _prefix(criterion, name) + plain(unknown.sentence, 300), name)
    of = f" for {criterion.each} {plain(name, 60)}" if criterion.each and name else ""
    changes = tuple(plain(change, 300) + of for change in unknown.changes)
    return replace(outcome, reason=unknown.reason, evidence=seqs, changes=changes)


def _outcome(criterion: Criterion, status: str, sentence: str, group: str) -> Outcome:
    return Outcome(
        id=criterion.id,
        status=status,
        sentence=sentence,
        limit=criterion.limit_text,
        unit=criterion.unit,
        group=plain(group, 60),
        key=criterion.key,
        observe=criterion.observe,
        weight=criterion.weight,
        covers=criterion.covers,
        title=criterion.title,
    )
