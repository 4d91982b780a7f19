# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The backtest: the evidence of past runs, judged again by the policy as it is now.

A gate is judged by what counted when it was judged: the entries before its own, the samples up to its time, the age at that time,
the waivers that it recorded. The decision is computed over a ledger in memory in which the gates say what they say now. Nothing is
written. Samples that are no longer there are INCONCLUSIVE and named; they are never taken for "the same as then".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import EvidenceError, InputError
from ..judge.decision import decide, standing
from ..judge.evidence import EvidenceBook, Loader
from ..judge.outcome import GOOD, status_text
from ..judge.policy import Policy
from ..judge.samples import Samples
from ..judge.verdict import gate_verdict, judge_gate
from ..judge.waiver import Waiver, read_waivers
from ..ledger.ledger import digest
from ..ledger.runs import check_phase, next_phase, phase_states
from ..times import unix_seconds

CHANGED, NEW, GONE_CRITERION, SAMPLES_GONE = "changed", "newly judged", "no longer judged", "samples gone"

Entry = Mapping[str, Any]


class SamplesGone(EvidenceError):
    """The samples that an entry refers to are no longer there. Raised by the loader of past samples."""


@dataclass(frozen=True)
class Replay:
    """What is replayed: the ledger, the policy (read, and as written, for its digests), and what reads samples by reference."""

    entries: Sequence[Entry]
    policy: Policy
    gates: Mapping[str, Any]
    load: Loader


@dataclass
class _Past:
    """The samples as they were at the unix time `until`; `gone` collects the files that are no longer there."""

    load: Loader
    until: float
    gone: set[str] = field(default_factory=set)

    def __call__(self, reference: Mapping[str, Any]) -> Samples:
        try:
            given = self.load(reference)
        except SamplesGone:
            self.gone.add(str(reference.get("file")))
            return Samples()
        samples = given if isinstance(given, Samples) else Samples.of(given)
        # What is no finite number is left to the judge, whole: nothing of it may get lost by cutting.
        return samples.between(-math.inf, math.nextafter(self.until, math.inf)) if samples.finite else samples


def backtest(replay: Replay, run_id: str = "", limit: int = 10) -> dict[str, Any]:
    """Judge past runs again; returns {runs, decisions, changed_decisions, judged_gates, changed_gates, moved_runs, incomplete_runs}.

    Runs of which samples are gone are incomplete: what changes there need not be due to the policy. The runs are the newest `limit`
    that got as far as a gate, the newest last, or the one that `run_id` names. InputError when the ledger does not know it, or when
    no gate of it was judged.
    """
    runs = [_replay_run(replay, name) for name in _chosen(replay.entries, run_id, limit)]
    gates = [gate for run in runs for gate in run["gates"]]
    decisions = [run["decision"] for run in runs if run["decision"]["then"]]
    return {
        "runs": runs,
        "decisions": len(decisions),
        "changed_decisions": sum(decision["changed"] for decision in decisions),
        "judged_gates": len(gates),
        "changed_gates": sum(gate["changed"] for gate in gates),
        "moved_runs": sum(run["stands_at"]["then"] != run["stands_at"]["now"] for run in runs),
        "incomplete_runs": sum(bool(run["gone"]) for run in runs),
    }


def _chosen(entries: Sequence[Entry], run_id: str, limit: int) -> list[str]:
    if limit < 1:
        raise InputError(f"{limit} runs cannot be replayed", where="runs", todo="give a number of at least 1")
    judged = {str(entry["run"]) for entry in entries if entry["kind"] == "gate"}
    known = [str(entry["run"]) for entry in entries if entry["kind"] == "run"]
    if not run_id:
        return [name for name in known if name in judged][-limit:]
    if run_id not in known:
        raise InputError(f"the ledger knows no run {run_id[:60]}", todo=f"known runs: {', '.join(known[-5:]) or 'none'}")
    if run_id not in judged:
        raise InputError(f"no gate of run {run_id} was judged", why="there is no verdict to compare with")
    return [run_id]


def _replay_run(replay: Replay, run_id: str) -> dict[str, Any]:
    own = [entry for entry in replay.entries if entry["run"] == run_id]
    opened = next(entry for entry in own if entry["kind"] == "run")
    decided = next((entry for entry in reversed(own) if entry["kind"] == "decision"), None)
    shown = {entry["phase"]: entry for entry in own if entry["kind"] == "gate"}
    until = decided["seq"] if decided else math.inf
    stood = {entry["phase"]: entry for entry in own if entry["kind"] == "gate" and entry["seq"] < until}
    judged = {entry["seq"]: _replay_gate(replay, entry) for entry in (*shown.values(), *stood.values())}
    gates = [judged[entry["seq"]] for entry in shown.values()]
    now = _rewritten(replay, run_id, judged)
    decision = _replay_decision(replay, decided, now)
    return {
        "run": run_id,
        "release": opened["release"],
        "policy": opened["policy"],
        "opened": opened["time"],
        "policy_digest": str(opened["body"].get("policy_digest", "")),
        "gates": gates,
        "decision": decision,
        "gone": sorted({*decision["gone"], *(path for gate in judged.values() for item in gate["differences"] for path in item["gone"])}),
        "stands_at": {
            "then": next_phase(phase_states(replay.entries, run_id)),
            "now": next_phase(phase_states(now, run_id)),
        },
    }


def _replay_gate(replay: Replay, entry: Entry) -> dict[str, Any]:
    """Judge a gate again as of the time of its entry; returns {phase, seq, at, then, now, changed, same_criteria, differences, body}."""
    phase, body = check_phase(str(entry["phase"])), entry["body"]
    then = [item for item in body.get("outcomes", ()) if isinstance(item, Mapping)]
    head = {"phase": phase, "seq": entry["seq"], "at": entry["time"], "then": str(body.get("verdict", "ERROR"))}
    if phase not in replay.policy.gates:
        differences = [_difference(item, None, ()) for item in then]
        return {**head, "now": "", "changed": True, "same_criteria": False, "differences": differences, "body": dict(body)}
    gate, until = replay.policy.gates[phase], unix_seconds(entry["time"])
    book = EvidenceBook(replay.entries[: entry["seq"] - 1], entry["run"], entry["release"])
    waivers = _waivers(body, replay.policy, until)
    judged, gone = [], {}
    # One by one, to know which of them rests on samples that are gone.
    for criterion in gate.criteria:
        past = _Past(replay.load, until)
        judged += judge_gate(replace(gate, criteria=(criterion,)), book, past, until, waivers)
        gone[criterion.id] = sorted(past.gone)
    verdict, outcomes = gate_verdict(judged), [outcome.as_dict() for outcome in judged]
    own_digest = digest(replay.gates[phase])
    return {
        **head,
        "now": verdict,
        "changed": verdict != head["then"],
        "same_criteria": body.get("gate_digest") == own_digest,
        "differences": _differences(then, outcomes, gone),
        "body": {**body, "verdict": verdict, "outcomes": outcomes, "gate_digest": own_digest},
    }


def _waivers(body: Mapping[str, Any], policy: Policy, then: float) -> tuple[Waiver, ...]:
    """Return the waivers that a gate or a decision recorded, as far as the policy still has their criteria."""
    outcomes = [
        item["waiver"] for item in body.get("outcomes") or () if isinstance(item, Mapping) and isinstance(item.get("waiver"), Mapping)
    ]
    found: dict[Waiver, None] = {}
    for given in [*(body.get("waivers") or ()), *outcomes]:
        if isinstance(given, Mapping) and given.get("criterion") in policy.home:
            kept = {name: value for name, value in given.items() if not str(name).startswith("status")}
            found.update(dict.fromkeys(read_waivers([kept], policy.home, then)))
    return tuple(found)


def _waivers_of_gates(replay: Replay, before: Sequence[Entry], decided: Entry) -> tuple[Waiver, ...]:
    gates = [entry for entry in before if entry["run"] == decided["run"] and entry["kind"] == "gate"]
    return tuple(waiver for entry in gates for waiver in _waivers(entry["body"], replay.policy, unix_seconds(entry["time"])))


def _differences(
    then: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]], gone: Mapping[str, Sequence[str]]
) -> list[dict[str, Any]]:
    """Return what differs, criterion by criterion, in the order of the policy; what is no longer judged at the end."""
    before = {str(item.get("id")): item for item in then}
    found = []
    for outcome in now:
        earlier, lost = before.pop(outcome["id"], None), gone[outcome["id"]]
        if earlier is None or lost or _standing_of(earlier) != _standing_of(outcome):
            found.append(_difference(earlier, outcome, lost))
    return found + [_difference(earlier, None, ()) for earlier in before.values()]


def _difference(then: Mapping[str, Any] | None, now: Mapping[str, Any] | None, gone: Sequence[str]) -> dict[str, Any]:
    either: Mapping[str, Any] = now or then or {}
    kind = SAMPLES_GONE if gone else NEW if then is None else GONE_CRITERION if now is None else CHANGED
    return {
        "id": str(either.get("id")),
        "kind": kind,
        "then": _status(then),
        "now": _status(now),
        "then_sentence": str(then.get("sentence", "")) if then else "",
        "now_sentence": str(now["sentence"]) if now else "",
        "decisive": _weight(then) != _weight(now),
        "gone": list(gone),
    }


def _status(outcome: Mapping[str, Any] | None) -> str:
    if outcome is None:
        return ""
    text = status_text({"status": outcome.get("status"), "reason": outcome.get("reason")})
    return f"{text}, observed" if outcome.get("observe") else text


def _standing_of(outcome: Mapping[str, Any]) -> tuple[Any, ...]:
    return outcome.get("status"), outcome.get("reason") or "", bool(outcome.get("observe")), _weight(outcome)


def _weight(outcome: Mapping[str, Any] | None) -> str:
    """What an outcome does to the verdict of its gate: nothing, HOLD, ERROR or FAIL."""
    if outcome is None or outcome.get("observe") or outcome.get("status") in GOOD:
        return ""
    status = str(outcome.get("status"))
    return status if status == "ERROR" or (status == "FAIL" and outcome.get("key")) else "HOLD"


def _rewritten(replay: Replay, run_id: str, judged: Mapping[int, Mapping[str, Any]]) -> list[Entry]:
    """Return the ledger as it would read: the gates of the run say what they say now, and require what the policy requires now."""
    return [_as_now(replay.policy, judged, entry) if entry["run"] == run_id else entry for entry in replay.entries]


def _as_now(policy: Policy, judged: Mapping[int, Mapping[str, Any]], entry: Entry) -> Entry:
    if entry["kind"] == "gate" and entry["seq"] in judged:
        return {**entry, "body": judged[entry["seq"]]["body"]}
    if entry["kind"] == "phase" and entry["phase"] in policy.gates:
        return {**entry, "body": {**entry["body"], "requires": list(policy.gates[entry["phase"]].requires)}}
    return entry


def _replay_decision(replay: Replay, decided: Entry | None, rewritten: Sequence[Entry]) -> dict[str, Any]:
    """Decide again as of the time of the decision; {then: ""} when there was none, {now: ""} when the policy has no matrix."""
    if decided is None:
        return {"then": "", "now": "", "changed": False, "differences": [], "gone": []}
    body = decided["body"]
    then = str(body.get("decision", ""))
    if not replay.policy.go or not replay.policy.hold:
        return {"then": then, "now": "", "changed": True, "differences": [], "gone": []}
    before = rewritten[: decided["seq"] - 1]
    book = EvidenceBook(before, decided["run"], decided["release"])
    past = _Past(replay.load, unix_seconds(decided["time"]))
    waivers = _waivers(body, replay.policy, past.until) if "waivers" in body else _waivers_of_gates(replay, before, decided)
    stand = standing(before, decided["run"], replay.policy, replay.gates, past.until, waivers)
    now = decide(replay.policy, stand, book, past, past.until)
    differences, changed = _row_differences(body, now), now["decision"] != then
    return {"then": then, "now": now["decision"], "changed": changed, "differences": differences, "gone": sorted(past.gone)}


def _row_differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[dict[str, Any]]:
    before, after = _answers(then), _answers(now)
    found = []
    for name in dict.fromkeys([*after, *before]):
        (earlier, told), (later, tells) = before.get(name, ("", "")), after.get(name, ("", ""))
        if earlier != later:
            kind = CHANGED if earlier and later else NEW if later else GONE_CRITERION
            found.append({"id": name, "kind": kind, "then": earlier, "now": later, "then_sentence": told, "now_sentence": tells})
    return found


def _answers(decision: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Return (answer, sentence) of every row and gate of a decision, by id."""
    rows = [row for side in ("go", "hold") for row in decision.get(side, ()) if isinstance(row, Mapping)]
    gates = [gate for gate in decision.get("gates", ()) if isinstance(gate, Mapping)]
    found = {str(row.get("id")): (str(row.get("answer")), str(row.get("sentence", ""))) for row in rows}
    return {**found, **{f"gate:{gate.get('phase')}": (str(gate.get("verdict")), "") for gate in gates}}
