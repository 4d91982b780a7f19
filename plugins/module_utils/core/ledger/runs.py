# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs and phases, as the ledger tells them.

A run is open until a decision GO closes it or a newer run begins. The GO of a phase counts until the phase, or a phase that it
requires, is started again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InputError, LedgerError
from ..times import compact, unix_seconds

PHASES = ("preflight", "manual_qa", "build", "deploy", "smoke", "soak", "validate", "decision")
BETWEEN = ("rollback", "drill")
# Begun under the lease, they change what runs on the host; what the others below find out is about what runs.
CHANGES = ("deploy", *BETWEEN)
LOOKS = ("deploy", "smoke", "soak", "validate", *BETWEEN)
GO, HOLD, FAIL, ERROR = "GO", "HOLD", "FAIL", "ERROR"
STARTED = "started"
RUNNING, OUTDATED, NEVER = "RUNNING", "OUTDATED", "NEVER"

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class PhaseState:
    """Where a phase of a run stands.

    verdict: GO, HOLD, FAIL, ERROR as judged; RUNNING: started and not judged; OUTDATED: judged GO, but a phase that it requires
    was started again since; NEVER: nothing of it is in the ledger. Times are RFC 3339 or "". `start` is the seq of the last start
    and `gate` that of the last verdict; 0 is none.
    """

    phase: str
    verdict: str = NEVER
    attempt: int = 0
    started: str = ""
    judged: str = ""
    start: int = 0
    gate: int = 0
    requires: tuple[str, ...] = ()

    @property
    def seconds(self) -> float | None:
        """Seconds from the last start to the verdict; None when there is no verdict."""
        if not self.started or not self.judged:
            return None
        return round(unix_seconds(self.judged) - unix_seconds(self.started), 3)


def check_run(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return the run dict when it is one, with its fencing token if it has one; InputError names the field that is wrong."""
    shapes = {
        "id": r"r-[0-9]{8}T[0-9]{6}Z-[0-9a-f]{12}",
        "release": r"[0-9a-f]{12}",
        "commit": r"[0-9a-f]{40}",
        "policy": r"[a-z][a-z0-9_-]{0,40}",
        "policy_digest": r"[0-9a-f]{64}",
        "state_dir": r"/[^\0]{1,400}",
    }
    for field, shape in shapes.items():
        value = run.get(field)
        if not isinstance(value, str) or not re.fullmatch(shape, value):
            raise InputError(
                f"the run has no usable {field}: {str(value)[:80]!r}",
                where="parameter run",
                todo="pass the dict that the run module returns (stagegate_run)",
            )
    if not str(run["commit"]).startswith(str(run["release"])):
        raise InputError("release and commit of the run do not belong together", where="parameter run", why=str(run["release"]))
    if not str(run["id"]).endswith(f"-{run['release']}"):
        why = f"a run id ends with its release, this one is {run['id']}"
        raise InputError(f"this is no run of release {run['release']}", where="parameter run", why=why)
    return {**{field: str(run[field]) for field in shapes}, **_token_of(run)}


def _token_of(run: Mapping[str, Any]) -> dict[str, int]:
    token = run.get("token")
    if token is None:
        return {}
    if isinstance(token, bool) or not isinstance(token, int) or token < 1:
        todo = "pass the run that the phase module returned"
        raise InputError(f"the run has no usable token: {str(token)[:40]!r}", where="parameter run", todo=todo)
    return {"token": token}


def check_phase(phase: str) -> str:
    """Return the phase when it is a known one."""
    known = PHASES + BETWEEN
    if phase not in known:
        raise InputError(f"unknown phase {str(phase)[:40]!r}", todo=f"known phases: {', '.join(known)}")
    return phase


def is_start(entry: Entry) -> bool:
    """True for the start of a phase."""
    return bool(entry["kind"] == "phase" and entry["body"].get("event") == STARTED)


def newest_start(entries: Sequence[Entry], run_id: str) -> Entry | None:
    """Return the newest start of a phase of this run, or None."""
    return next((entry for entry in reversed(entries) if entry["run"] == run_id and is_start(entry)), None)


def newest_change(entries: Sequence[Entry], run_id: str) -> Entry | None:
    """Return the newest start of a phase of another run that changes what runs, or None."""
    foreign = (entry for entry in reversed(entries) if entry["run"] != run_id and entry["phase"] in CHANGES)
    return next((entry for entry in foreign if is_start(entry)), None)


def check_token(token: int | None, start: Entry | None, change: Entry | None = None, phases: Collection[str] = ()) -> None:
    """LedgerError when a writer with this fencing token has been taken over.

    The token is the seq of the phase start that the writer made last. Whoever begins a phase of the same run later takes over, so that
    two controllers never write one story: `start` is the newest start of the run. Another run is another story; the lease keeps the
    two from changing the host at once. Only once another run has begun to change it (`change` is the newest start of that kind)
    nothing more is taken in that is about what runs (`phases` are those of which something is written). A writer without a token
    (a sign-off, a rollback by hand) is not fenced.
    """
    newest = 0 if start is None else int(start["seq"])
    if token is None:
        return
    if start is None or token > newest:
        raise LedgerError(
            f"the fencing token {token} is not of this run",
            why=f"its newest start of a phase is entry {newest}",
            todo="open the phase again",
        )
    if token < newest:
        raise LedgerError(
            f"another writer has taken over: it began phase {start['phase']} of run {start['run']} at {start['time']} (entry {newest})",
            why=f"the phase of this writer was begun before that (entry {token})",
            todo="leave the run to the other one, or open the phase again by a new start of the playbook, which takes over",
        )
    looks = sorted(set(phases).intersection(LOOKS))
    if change is not None and int(change["seq"]) > token and looks:
        began = f"phase {change['phase']} of run {change['run']} began at {change['time']} (entry {change['seq']})"
        raise LedgerError(
            f"another run changes what runs: {began}",
            why=f"what is found out in phase {looks[0]} from then on is not about this release alone (entry {token})",
            todo="when the other run has ended, deploy this release again: playbooks/deploy_release.yml",
        )


def new_run_id(entries: Sequence[Entry], now: float, commit: str) -> str:
    """Return a run id that no run of the ledger has."""
    taken = {entry["run"] for entry in entries}
    while True:
        name = f"r-{compact(now)}-{commit[:12]}"
        if name not in taken:
            return name
        now += 1


def open_run(entries: Sequence[Entry], commit: str, policy: str, policy_digest: str) -> str | None:
    """Return the id of the newest run when it is of this commit and policy and no decision GO closed it; else None."""
    newest = newest_run(entries)
    if newest is None:
        return None
    body = newest["body"]
    same = body.get("commit") == commit and newest["policy"] == policy and body.get("policy_digest") == policy_digest
    return str(newest["run"]) if same and not is_closed(entries, str(newest["run"])) else None


def newest_run(entries: Sequence[Entry]) -> Entry | None:
    """Return the `run` entry of the newest run, or None."""
    return next((entry for entry in reversed(entries) if entry["kind"] == "run"), None)


def is_closed(entries: Sequence[Entry], run_id: str) -> bool:
    """True when a decision of the run says GO."""
    return any(entry["kind"] == "decision" and entry["run"] == run_id and entry["body"].get("decision") == GO for entry in entries)


def phase_states(entries: Sequence[Entry], run_id: str) -> dict[str, PhaseState]:
    """Return the state of every phase of the run that the ledger knows, by phase."""
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        if entry["run"] != run_id or not entry["phase"]:
            continue
        if is_start(entry):
            attempt = found.get(entry["phase"], {}).get("attempt", 0) + 1
            found[entry["phase"]] = {
                "verdict": RUNNING,
                "attempt": attempt,
                "started": entry["time"],
                "start": entry["seq"],
                "requires": tuple(str(name) for name in entry["body"].get("requires", ())),
            }
        elif entry["kind"] == "gate":
            verdict = entry["body"].get("verdict")
            known = verdict if verdict in (GO, HOLD, FAIL, ERROR) else ERROR
            found.setdefault(entry["phase"], {}).update(verdict=known, judged=entry["time"], gate=entry["seq"])
    states = {phase: PhaseState(phase=phase, **facts) for phase, facts in found.items()}
    return {phase: _with_requirements(state, states) for phase, state in states.items()}


def missing_requirements(states: Mapping[str, PhaseState], requires: Sequence[str]) -> list[tuple[str, str]]:
    """Return (phase, verdict) of every required phase whose gate does not say GO now."""
    verdicts = [(phase, states[phase].verdict if phase in states else NEVER) for phase in requires]
    return [(phase, verdict) for phase, verdict in verdicts if verdict != GO]


def next_phase(states: Mapping[str, PhaseState]) -> str:
    """Return the first phase of the train that has no valid GO; "" when all have."""
    return next((phase for phase in PHASES if phase not in states or states[phase].verdict != GO), "")


def _with_requirements(state: PhaseState, states: Mapping[str, PhaseState]) -> PhaseState:
    if state.verdict == GO and not _rests_on_go(state, states, ()):
        return PhaseState(**{**state.__dict__, "verdict": OUTDATED})
    return state


def _rests_on_go(state: PhaseState, states: Mapping[str, PhaseState], above: tuple[str, ...]) -> bool:
    for name in state.requires:
        required = states.get(name)
        if required is None or name in above or required.verdict != GO or required.start > state.start:
            return False
        if not _rests_on_go(required, states, (*above, state.phase)):
            return False
    return True


def check_same_policy(entries: Sequence[Entry], run_id: str, part: str, given: str) -> None:
    """InputError unless the run is in the ledger and was opened with the same gates (or decision) digest."""
    opened = next((entry for entry in entries if entry["kind"] == "run" and entry["run"] == run_id), None)
    if opened is None:
        raise InputError(f"the ledger does not know run {run_id}", todo="open it with the run module")
    if opened["body"].get(f"{part}_digest") != given:
        raise InputError(
            f"the {part} policy is not the one under which the run was opened",
            where=f"run {run_id}",
            why="a run is judged by one policy from its first to its last phase",
            todo=f"put it back, or open a run under the new one: playbooks/staging.yml -e stagegate_release_ref={opened['release']}",
        )
