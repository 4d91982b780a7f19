# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Answers to questions about the past, made of the ledger's entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import InputError
from ..judge.verdict import gate_message, policy_note
from ..ledger.releases import current_release, release_history, rollback_target
from ..ledger.runs import GO, next_phase, phase_states

Entries = Sequence[Mapping[str, Any]]


def runs_answer(entries: Entries) -> dict[str, Any]:
    """Return {runs}: each run with its decision, the newest last."""
    runs = []
    by_run: dict[str, list[Mapping[str, Any]]] = {}
    for entry in entries:
        by_run.setdefault(entry["run"], []).append(entry)
    for entry in entries:
        if entry["kind"] != "run":
            continue
        decision = _newest(by_run[entry["run"]], entry["run"], "decision")
        states = phase_states(by_run[entry["run"]], entry["run"])
        runs.append(
            {
                "id": entry["run"],
                "release": entry["release"],
                "policy": entry["policy"],
                "opened": entry["time"],
                "decision": decision["body"].get("decision", "") if decision else "",
                "phases": {phase: state.verdict for phase, state in states.items()},
            }
        )
    return {"runs": runs}


def releases_answer(entries: Entries) -> dict[str, Any]:
    """Return {releases, current, rollback_target}."""
    history = release_history(entries)
    current = current_release(history)
    target = rollback_target(history, current.release if current else "")
    shown = [
        {"release": item.release, "state": item.state, "good": item.good, "times": item.times, "record": item.record} for item in history
    ]
    return {
        "releases": shown,
        "current": current.release if current else "",
        "rollback_target": target.release if target else "",
    }


def signoffs_answer(entries: Entries, release: str) -> list[dict[str, Any]]:
    """Return the bodies of the sign-offs about a release, whatever run they were recorded in."""
    return [dict(entry["body"]) for entry in entries if entry["kind"] == "signoff" and entry["body"].get("release") == release]


def run_answer(entries: Entries, state_dir: str, run_id: str, release: str) -> dict[str, Any]:
    """Return {run, phases, next_phase} of a run; the newest one when no run is named."""
    opened = _opened(entries, run_id, release)
    if opened is None:
        return {"run": {}, "phases": {}, "next_phase": next_phase({})}
    run = {
        "id": opened["run"],
        "release": opened["release"],
        "commit": opened["body"].get("commit", ""),
        "policy": opened["policy"],
        "policy_digest": opened["body"].get("policy_digest", ""),
        "state_dir": state_dir,
    }
    states = phase_states(entries, opened["run"])
    phases = {
        name: {
            "verdict": state.verdict,
            "attempt": state.attempt,
            "started": state.started,
            "judged": state.judged,
            "seconds": state.seconds,
        }
        for name, state in states.items()
    }
    return {"run": run, "phases": phases, "next_phase": next_phase(states)}


def why_answer(entries: Entries, state_dir: str, run_id: str, release: str) -> dict[str, Any]:
    """Return run_answer with {decision, gates, sentence}: why the run stands where it stands."""
    answer = run_answer(entries, state_dir, run_id, release)
    if not answer["run"]:
        return {**answer, "decision": {}, "gates": {}, "sentence": "the ledger knows no run"}
    run = answer["run"]["id"]
    gates = {entry["phase"]: entry["body"] for entry in entries if entry["kind"] == "gate" and entry["run"] == run}
    decision = _newest(entries, run, "decision")
    body = decision["body"] if decision else {}
    return {**answer, "decision": body, "gates": gates, "sentence": _why(answer, gates, body)}


def _why(answer: Mapping[str, Any], gates: Mapping[str, Any], decision: Mapping[str, Any]) -> str:
    run, following = answer["run"], answer["next_phase"]
    head = f"run {run['id']} of release {run['release']}{policy_note(run['policy'])}"
    if decision.get("decision") == GO:
        return f"{head} is decided: GO"
    if following in gates and answer["phases"][following]["verdict"] != "RUNNING":
        body = gates[following]
        return f"{head} stands at {following}: {gate_message(following, str(body.get('verdict')), run['policy'], body.get('outcomes', []))}"
    if decision:
        return f"{head} is decided: {decision.get('decision')}, in the way: {', '.join(decision.get('in_the_way', []))}"
    state = "begun, and not judged" if following in answer["phases"] else "not begun"
    return f"{head} stands at {following}: {state}"


def _opened(entries: Entries, run_id: str, release: str) -> Mapping[str, Any] | None:
    runs = [entry for entry in entries if entry["kind"] == "run"]
    matching = [entry for entry in runs if (not run_id or entry["run"] == run_id) and (not release or entry["release"] == release)]
    if (run_id or release) and not matching:
        known = ", ".join(str(entry["run"]) for entry in runs[-5:]) or "none"
        raise InputError(f"the ledger knows no run {run_id or 'of release ' + release}", todo=f"known runs: {known}")
    return matching[-1] if matching else None


def _newest(entries: Entries, run_id: str, kind: str) -> Mapping[str, Any] | None:
    return next((entry for entry in reversed(entries) if entry["kind"] == kind and entry["run"] == run_id), None)
