# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The decision: GO or NO-GO over the matrix and all gates.

It rests on the outcomes that the gates of this run recorded. A GO row is YES only when everything it needs is good; a HOLD row is
CLEAR only when nothing under `unless` is less than good and its `when` is known to be false. Whatever is unknown is NO-GO.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import InputError
from .evidence import EvidenceBook, Loader
from .judge import judge
from .ledger import digest
from .outcome import ERROR, FAIL, GOOD, INCONCLUSIVE, PASS, status_text
from .policy import Policy, Row
from .runs import GO, NEVER, PhaseState, phase_states
from .units import show
from .verdict import policy_note

NO_GO = "NO-GO"
YES, NO, UNKNOWN, CLEAR, HOLDS = "YES", "NO", "UNKNOWN", "CLEAR", "HOLD"


@dataclass(frozen=True)
class Standing:
    """What the gates of a run recorded: the state of each phase and the valid outcomes by criterion id."""

    phases: Mapping[str, PhaseState]
    outcomes: Mapping[str, Mapping[str, Any]]


def standing(entries: Sequence[Mapping[str, Any]], run_id: str, policy: Policy, gates: Mapping[str, Any]) -> Standing:
    """Read the newest gate entry of each phase. Outcomes of a gate that was judged by other criteria do not count."""
    states = phase_states(entries, run_id)
    by_seq = {entry["seq"]: entry for entry in entries}
    outcomes: dict[str, Mapping[str, Any]] = {}
    valid: dict[str, PhaseState] = {}
    for phase in policy.gates:
        state = states.get(phase, PhaseState(phase))
        body = by_seq[state.gate]["body"] if state.gate > state.start else {}
        if body.get("gate_digest") != digest(gates[phase]):
            valid[phase] = PhaseState(phase, NEVER if state.verdict == GO else state.verdict)
            continue
        valid[phase] = state
        if state.verdict != "OUTDATED":
            outcomes.update({str(item["id"]): item for item in body.get("outcomes", ()) if policy.home.get(item.get("id")) == phase})
    return Standing(valid, outcomes)


def decide(policy: Policy, stand: Standing, book: EvidenceBook, load: Loader, now: float) -> dict[str, Any]:
    """Return {decision, go, hold, gates, in_the_way}; InputError when the policy has no matrix."""
    if not policy.go or not policy.hold:
        raise InputError("the policy has no go/no-go matrix", where="stagegate_decision", todo="give it go and hold rows")
    go = [_go_row(row, stand) for row in policy.go]
    hold = [_hold_row(row, stand, book, load, now) for row in policy.hold]
    gates = [
        {"phase": phase, "title": gate.title, "verdict": stand.phases[phase].verdict}
        for phase, gate in policy.gates.items()
        if gate.in_decision
    ]
    in_the_way = [row["id"] for row in go if row["answer"] != YES] + [row["id"] for row in hold if row["answer"] != CLEAR]
    in_the_way += [f"gate:{gate['phase']}" for gate in gates if gate["verdict"] != GO]
    return {"decision": NO_GO if in_the_way else GO, "go": go, "hold": hold, "gates": gates, "in_the_way": in_the_way}


def decision_message(decision: Mapping[str, Any], policy: str) -> str:
    """Return one message that names the decision and everything in its way."""
    text = f"decision: {decision['decision']}{policy_note(policy)}"
    if not decision["in_the_way"]:
        return text
    rows = {row["id"]: row for row in [*decision["go"], *decision["hold"]]}
    named = [f"{name}: {rows[name]['sentence']}" if name in rows else f"{name} is not GO" for name in decision["in_the_way"]]
    return f"{text} | {' | '.join(named)}"


def _go_row(row: Row, stand: Standing) -> dict[str, Any]:
    answers = [_need(need, stand) for need in row.needs]
    bad = [(answer, sentence) for answer, sentence in answers if answer != YES]
    if not bad:
        return _shown(row, YES, _all_good(row.needs, stand))
    return _shown(row, NO if any(answer == NO for answer, _sentence in bad) else UNKNOWN, "; ".join(sentence for _answer, sentence in bad))


def _hold_row(row: Row, stand: Standing, book: EvidenceBook, load: Loader, now: float) -> dict[str, Any]:
    answers = [_need(need, stand) for need in row.needs]
    bad = [(answer, sentence) for answer, sentence in answers if answer != YES]
    clear = _all_good(row.needs, stand)
    if row.when is not None:
        answer, sentence = _condition(row, book, load, now)
        bad += [] if answer == CLEAR else [(answer, sentence)]
        clear = "; ".join(text for text in (clear, sentence) if text)
    if not bad:
        return _shown(row, CLEAR, clear)
    known = any(answer in (NO, HOLDS) for answer, _sentence in bad)
    return _shown(row, HOLDS if known else UNKNOWN, "; ".join(sentence for _answer, sentence in bad))


def _need(need: str, stand: Standing) -> tuple[str, str]:
    if need.startswith("gate:"):
        state = stand.phases.get(need[5:])
        verdict = state.verdict if state is not None else NEVER
        return (YES if verdict == GO else NO if verdict in ("HOLD", "FAIL") else UNKNOWN), f"gate {need[5:]} is {verdict}"
    outcome: Mapping[str, Any] | None = stand.outcomes.get(need)
    if outcome is None:
        return UNKNOWN, f"{need} was not judged in this run"
    if outcome.get("status") in GOOD:
        return YES, f"{need} {outcome['status']}"
    return NO if outcome.get("status") == FAIL else UNKNOWN, f"{need} {status_text(dict(outcome))}: {outcome.get('sentence', '')}"


def _condition(row: Row, book: EvidenceBook, load: Loader, now: float) -> tuple[str, str]:
    """A condition that means HOLD is judged like a criterion: PASS means true, FAIL means false, all else is unknown."""
    if row.when is None:
        raise InputError(f"{row.id} has no condition")
    outcome = judge(row.when, book, load, now)
    if outcome.status == FAIL:
        return CLEAR, f"{show(outcome.value or 0.0, outcome.unit)} is not {row.when.limit_text}"
    answer = HOLDS if outcome.status == PASS else UNKNOWN
    if outcome.status in (INCONCLUSIVE, ERROR):
        return answer, f"{row.when.expression.text}: {outcome.sentence}"
    return answer, f"{row.when.expression.text} is {row.when.limit_text}"


def _all_good(needs: Sequence[str], stand: Standing) -> str:
    """Return the sentences of what a row rests on."""
    parts: list[str] = []
    for need in needs:
        outcome = stand.outcomes.get(need)
        parts.append(f"{need} {outcome['sentence']}" if outcome else need.replace("gate:", "gate ") + " GO")
    return "; ".join(parts)


def _shown(row: Row, answer: str, sentence: str) -> dict[str, Any]:
    return {"id": row.id, "title": row.title, "answer": answer, "sentence": sentence, "covers": list(row.covers)}
