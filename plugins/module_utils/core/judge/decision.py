# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The decision: GO or NO-GO over the matrix and all gates.

It rests on the outcomes that the gates of this run recorded. A GO row is YES only when everything it needs is good; a HOLD row is
CLEAR only when nothing under `unless` is less than good and its `when` is known to be false. Whatever is unknown is NO-GO.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..errors import InputError
from ..ledger.ledger import digest
from ..ledger.runs import GO, HOLD, NEVER, PhaseState, phase_states
from ..units import show
from .criterion import Criterion
from .evidence import EvidenceBook, Loader
from .judge import judge
from .outcome import ERROR, FAIL, GOOD, INCONCLUSIVE, PASS, Outcome, status_text
from .policy import Policy, Row
from .verdict import WAY_SHOWN, policy_note
from .waiver import Waiver, still_waived
from .way_to_go import way_text, way_to_go

NO_GO = "NO-GO"
YES, NO, UNKNOWN, CLEAR, HOLDS = "YES", "NO", "UNKNOWN", "CLEAR", "HOLD"


@dataclass(frozen=True)
class Standing:
    """What the gates of a run recorded: the state of each phase and the valid outcomes by criterion id."""

    phases: Mapping[str, PhaseState]
    outcomes: Mapping[str, Mapping[str, Any]]


def standing(
    entries: Sequence[Mapping[str, Any]],
    run_id: str,
    policy: Policy,
    gates: Mapping[str, Any],
    now: float = math.inf,
    waivers: Sequence[Waiver] = (),
) -> Standing:
    """Read the newest gate entry of each phase. Outcomes of a gate that was judged by other criteria do not count.

    A WAIVED outcome counts while one of `waivers` covers it at the unix time `now`; afterwards it is what it was without the waiver,
    and the gate that let it pass is not GO any more.
    """
    states = phase_states(entries, run_id)
    by_seq = {entry["seq"]: entry for entry in entries}
    outcomes: dict[str, Mapping[str, Any]] = {}
    valid: dict[str, PhaseState] = {}
    for phase in policy.gates:
        state = states.get(phase, PhaseState(phase))
        judged = by_seq[state.gate] if state.gate > state.start else {}
        body = judged.get("body", {})
        if body.get("gate_digest") != digest(gates[phase]):
            valid[phase] = PhaseState(phase, NEVER if state.verdict == GO else state.verdict)
            continue
        recorded = [item for item in body.get("outcomes", ()) if policy.home.get(item.get("id")) == phase]
        counting = [still_waived(item, waivers, now, judged["release"]) for item in recorded]
        deciding = {criterion.id for criterion in policy.gates[phase].criteria if not criterion.observe}
        lost = not deciding <= {item["id"] for item in counting if item["status"] in GOOD}
        valid[phase] = replace(state, verdict=HOLD) if state.verdict == GO and lost else state
        if state.verdict != "OUTDATED":
            outcomes.update({str(item["id"]): item for item in counting})
    return Standing(valid, outcomes)


def decide(policy: Policy, stand: Standing, book: EvidenceBook, load: Loader, now: float) -> dict[str, Any]:
    """Return {decision, go, hold, gates, in_the_way, way_to_go}; InputError when the policy has no matrix."""
    if not policy.go or not policy.hold:
        raise InputError("the policy has no go/no-go matrix", where="stagegate_decision", todo="give it go and hold rows")
    conditions = {row.id: judge(row.when, book, load, now) for row in policy.hold if row.when is not None}
    go = [_go_row(row, stand) for row in policy.go]
    hold = [_hold_row(row, stand, conditions.get(row.id)) for row in policy.hold]
    gates = [
        {"phase": phase, "title": gate.title, "verdict": stand.phases[phase].verdict}
        for phase, gate in policy.gates.items()
        if gate.in_decision
    ]
    in_the_way = [row["id"] for row in go if row["answer"] != YES] + [row["id"] for row in hold if row["answer"] != CLEAR]
    in_the_way += [f"gate:{gate['phase']}" for gate in gates if gate["verdict"] != GO]
    way = _way(policy, stand, conditions) if in_the_way else []
    return {"decision": NO_GO if in_the_way else GO, "go": go, "hold": hold, "gates": gates, "in_the_way": in_the_way, "way_to_go": way}


def _way(policy: Policy, stand: Standing, conditions: Mapping[str, Outcome]) -> list[str]:
    """Return the causes behind all rows and gates, each one once: first the outcomes, then the phases that were not judged."""
    needs = {need for row in policy.go + policy.hold for need in row.needs}
    asked = {need[5:] for need in needs if need.startswith("gate:")} | {phase for phase, gate in policy.gates.items() if gate.in_decision}
    missing = {policy.home[need] for need in needs if need in policy.home and need not in stand.outcomes}
    bad = [
        {**outcome, "observe": False}
        for name, outcome in stand.outcomes.items()
        if outcome["status"] not in GOOD and (name in needs or (policy.home[name] in asked and not outcome.get("observe")))
    ]
    judged = {policy.home[str(outcome["id"])] for outcome in bad}
    open_phases = [
        f"{phase} ({stand.phases[phase].verdict})"
        for phase in policy.gates
        if phase not in judged and (phase in missing or (phase in asked and stand.phases[phase].verdict != GO))
    ]
    steps = way_to_go([*bad, *_condition_changes(policy, conditions, judged)])
    return steps + ([f"take these phases to GO: {', '.join(open_phases)}"] if open_phases else [])


def _condition_changes(policy: Policy, conditions: Mapping[str, Outcome], judged: set[str]) -> list[dict[str, Any]]:
    """A condition that is true or unknown; it is left out where a criterion of the same phase says already what is wrong."""
    found = []
    for row in policy.hold:
        outcome = conditions.get(row.id)
        if row.when is None or outcome is None or outcome.status == FAIL or row.when.phase in judged:
            continue
        changes = outcome.changes or (f"{row.when.subject} must not be {row.when.limit_text}",)
        status = FAIL if outcome.good else outcome.status
        found.append({"id": row.id, "status": status, "sentence": outcome.sentence, "changes": changes})
    return found


def decision_message(decision: Mapping[str, Any], policy: str) -> str:
    """Return one message that names the decision and everything in its way."""
    text = f"decision: {decision['decision']}{policy_note(policy)}"
    if not decision["in_the_way"]:
        return text
    rows = {row["id"]: row for row in [*decision["go"], *decision["hold"]]}
    named = [f"{name}: {rows[name]['sentence']}" if name in rows else f"{name} is not GO" for name in decision["in_the_way"]]
    way = way_text(decision.get("way_to_go", ()), WAY_SHOWN)
    return " | ".join([text, *named, *(line.strip() for line in way)])


def _go_row(row: Row, stand: Standing) -> dict[str, Any]:
    answers = [_need(need, stand) for need in row.needs]
    bad = [(answer, sentence) for answer, sentence in answers if answer != YES]
    if not bad:
        return _shown(row, YES, _all_good(row.needs, stand))
    return _shown(row, NO if any(answer == NO for answer, _sentence in bad) else UNKNOWN, "; ".join(sentence for _answer, sentence in bad))


def _hold_row(row: Row, stand: Standing, condition: Outcome | None) -> dict[str, Any]:
    answers = [_need(need, stand) for need in row.needs]
    bad = [(answer, sentence) for answer, sentence in answers if answer != YES]
    clear = _all_good(row.needs, stand)
    if row.when is not None and condition is not None:
        answer, sentence = _condition(row.when, condition)
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
    return NO if outcome.get("status") == FAIL else UNKNOWN, f"{need} {status_text(outcome)}: {outcome.get('sentence', '')}"


def _condition(when: Criterion, outcome: Outcome) -> tuple[str, str]:
    """A condition that means HOLD is judged like a criterion: PASS means true, FAIL means false, all else is unknown."""
    if outcome.status == FAIL:
        value = "it" if outcome.value is None else show(outcome.value, outcome.unit)
        return CLEAR, f"{value} is not {when.limit_text}"
    answer = HOLDS if outcome.status == PASS else UNKNOWN
    if outcome.status in (INCONCLUSIVE, ERROR):
        return answer, f"{when.expression.text}: {outcome.sentence}"
    return answer, f"{when.expression.text} is {when.limit_text}"


def _all_good(needs: Sequence[str], stand: Standing) -> str:
    """Return the sentences of what a row rests on."""
    parts: list[str] = []
    for need in needs:
        outcome = stand.outcomes.get(need)
        parts.append(f"{need} {outcome['sentence']}" if outcome else need.replace("gate:", "gate ") + " GO")
    return "; ".join(parts)


def _shown(row: Row, answer: str, sentence: str) -> dict[str, Any]:
    return {"id": row.id, "title": row.title, "answer": answer, "sentence": sentence, "covers": list(row.covers)}
