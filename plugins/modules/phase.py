#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Begin a phase of a run, if its requirements are met."""

from __future__ import annotations

DOCUMENTATION = r"""
module: phase
short_description: Begin a phase of a run, if its requirements are met
version_added: 0.1.0
description:
  - Fails when a gate that the phase requires does not say GO in this run.
  - Notes the start of the phase. Only evidence recorded after the newest start of a phase counts for its gate.
  - The start takes over. RV(run) holds the fencing token of this start; from now on the ledger refuses what a writer with an older
    token wants to record in this run. So of two controllers that do the same phase only the one that began last goes on.
  - Another run is not fenced by it, except that nothing more is taken in about what runs once a run begins to change that.
author: ProoFile operations (@proofile)
options:
  run:
    description: The run, as M(proofile.stagegate.run) returns it.
    type: dict
    required: true
  phase:
    description: The phase that begins.
    type: str
    required: true
  requires:
    description: Phases whose gate must say GO.
    type: list
    elements: str
    default: []
  gates:
    description:
      - The gates of the policy. A phase does not begin under another policy than its run, because no gate would judge it.
      - Empty means that nothing is compared; the gate itself always does.
    type: dict
    default: {}
  resume:
    description: Do not begin again a phase whose gate says GO already, and whose requirements have not been started again since.
    type: bool
    default: false
  join:
    description:
      - Go on with a phase that has begun and is not judged, instead of beginning it again, when no other phase of the run began since.
        The token is that of its start, so whoever waits in the phase is not fenced.
      - For a look from time to time. Whoever takes the phase over from a controller that is gone begins it again.
    type: bool
    default: false
attributes:
  check_mode:
    description: In check mode the requirements are checked and nothing is written.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Begin the smoke test
  proofile.stagegate.phase:
    run: "{{ stagegate_run }}"
    phase: smoke
    requires: "{{ stagegate_gates.smoke.requires }}"
    gates: "{{ stagegate_gates }}"
    resume: true
  register: begun
"""

RETURN = r"""
run:
  description: O(run) with C(token), the number of the newest start of a phase of it. To be passed to whatever belongs to this phase.
  returned: always
  type: dict
skip:
  description: True when O(resume) is set and the phase is GO already.
  returned: always
  type: bool
attempt:
  description: Which attempt at the phase this is.
  returned: always
  type: int
previous:
  description: How the phase stood before; C(NEVER) when it had not begun, C(RUNNING) when it had begun and was not judged.
  returned: always
  type: str
message:
  description: One sentence about what happens.
  returned: always
  type: str
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import InputError
from ..module_utils.core.ledger.entries import Draft
from ..module_utils.core.ledger.ledger import digest
from ..module_utils.core.ledger.runs import (
    CHANGES,
    GO,
    RUNNING,
    STARTED,
    PhaseState,
    check_phase,
    check_run,
    check_same_policy,
    check_token,
    missing_requirements,
    newest_change,
    newest_start,
    phase_states,
)
from ..module_utils.io.ledger.ledger_file import LedgerFile

SPEC = {
    "run": {"type": "dict", "required": True},
    "phase": {"type": "str", "required": True},
    "requires": {"type": "list", "elements": "str", "default": []},
    "gates": {"type": "dict", "default": {}},
    "resume": {"type": "bool", "default": False},
    "join": {"type": "bool", "default": False},
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Refuse, skip or begin."""
    run, phase = check_run(params["run"]), check_phase(params["phase"])
    requires = [check_phase(name) for name in params["requires"]]
    book = LedgerFile(run["state_dir"])
    entries = book.entries()
    if params["gates"] and not check_mode:
        check_same_policy(entries, run["id"], "gates", digest(params["gates"]))
    start = newest_start(entries, run["id"])
    check_token(run.get("token"), start, newest_change(entries, run["id"]), {phase}.difference(CHANGES))
    states = phase_states(entries, run["id"])
    missing = missing_requirements(states, requires)
    # In check mode no gate can have said GO, because nothing is recorded: the requirements are told, not enforced.
    if missing and not check_mode:
        raise InputError(
            f"phase {phase} cannot begin: {', '.join(f'{name} is {verdict}' for name, verdict in missing)}",
            where=f"run {run['id']}",
            why="the gates of the phases before it must say GO in this run",
            todo=f"run the playbook of phase {missing[0][0]} first",
        )
    state = states.get(phase, PhaseState(phase))
    known = _goes_on(params, run, state, start)
    if known:
        return known
    told = {"attempt": state.attempt + 1, "previous": state.verdict, "message": f"phase {phase}, attempt {state.attempt + 1}"}
    if check_mode:
        return {"changed": False, "run": run, "skip": False, **told}
    body = {"event": STARTED, "attempt": state.attempt + 1, "requires": requires}
    written = book.append(run, [Draft("phase", phase, body)])
    return {"changed": False, "run": {**run, "token": written.entries[-1]["seq"]}, "skip": False, **told, **written.warnings}


def _goes_on(params: Mapping[str, Any], run: Mapping[str, Any], state: PhaseState, start: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The result where the phase is not begun: it is passed over, or joined. Empty where it is."""
    result = {"changed": False, "skip": False, "attempt": state.attempt, "previous": state.verdict}
    if params["resume"] and state.verdict == GO:
        token = {"token": start["seq"]} if start else {}
        return {**result, "run": {**run, **token}, "skip": True, "message": f"phase {state.phase} is GO already: passed over"}
    if params["join"] and state.verdict == RUNNING and start is not None and start["seq"] == state.start:
        message = f"phase {state.phase}, attempt {state.attempt}: gone on with"
        return {**result, "run": {**run, "token": state.start}, "message": message}
    return {}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
