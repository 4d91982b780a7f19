#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find the open run of a commit, or open a new one."""

from __future__ import annotations

DOCUMENTATION = r"""
module: run
short_description: Find the open run of a commit, or open a new one
version_added: 0.1.0
description:
  - A run is one passage of one release, under one policy, through the phases.
  - A run of the same commit and the same policy that no decision GO has closed is resumed; otherwise a new one is opened.
  - The host's ledger is the memory, so any controller can go on with a run.
author: ProoFile operations (@proofile)
options:
  state_dir:
    description: The state folder of the application on this host.
    type: path
    required: true
  application:
    description: Name of the application.
    type: str
    required: true
  commit:
    description: The commit to release, 40 hex digits.
    type: str
    required: true
  policy:
    description: Name of the policy, for example V(staging) or V(demo).
    type: str
    required: true
  gates:
    description: The gates of the policy. The whole policy is checked here, before anything is done under it.
    type: dict
    required: true
  decision:
    description: The go/no-go matrix of the policy.
    type: dict
    default: {}
  fresh:
    description: Open a new run in any case.
    type: bool
    default: false
attributes:
  check_mode:
    description: In check mode the run that would be opened is returned, and nothing is written.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Find or open the run
  proofile.stagegate.run:
    state_dir: /var/lib/stagegate/proofile
    application: proofile
    commit: "{{ commit }}"
    policy: staging
    gates: "{{ stagegate_gates }}"
    decision: "{{ stagegate_decision }}"
  register: opened
"""

RETURN = r"""
run:
  description: C({id, release, commit, policy, policy_digest, state_dir}), to be passed to all other modules.
  returned: always
  type: dict
resumed:
  description: True when the run was open already.
  returned: always
  type: bool
phases:
  description: State of each phase that has begun, by phase, with C(verdict) and C(attempt).
  returned: always
  type: dict
next_phase:
  description: The first phase without a valid GO.
  returned: always
  type: str
message:
  description: How the run was found, C(opened) or C(resumed at phase build).
  returned: always
  type: str
"""

import re
from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import InputError
from ..module_utils.core.judge.policy import policy_digest, read_policy
from ..module_utils.core.ledger import ledger
from ..module_utils.core.ledger.entries import Draft
from ..module_utils.core.ledger.runs import new_run_id, next_phase, open_run, phase_states
from ..module_utils.io.ledger.ledger_file import LedgerFile
from ..module_utils.io.system import clock

SPEC = {
    "state_dir": {"type": "path", "required": True},
    "application": {"type": "str", "required": True},
    "commit": {"type": "str", "required": True},
    "policy": {"type": "str", "required": True},
    "gates": {"type": "dict", "required": True},
    "decision": {"type": "dict", "default": {}},
    "fresh": {"type": "bool", "default": False},
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Resume the open run, or open one."""
    commit = params["commit"]
    if not re.fullmatch(r"[0-9a-f]{40}", commit):
        raise InputError(f"{commit[:60]!r} is no commit", where="parameter commit", todo="give all 40 hex digits")
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,40}", params["policy"]):
        raise InputError(f"{params['policy'][:60]!r} is no name of a policy", where="parameter policy")
    read_policy(params["gates"], params["decision"])
    digest = policy_digest(params["gates"], params["decision"])
    book = LedgerFile(params["state_dir"])
    entries = book.entries()
    known = None if params["fresh"] else open_run(entries, commit, params["policy"], digest)
    run = {
        "id": known or new_run_id(entries, clock.now(), commit),
        "release": commit[:12],
        "commit": commit,
        "policy": params["policy"],
        "policy_digest": digest,
        "state_dir": params["state_dir"],
    }
    warnings: Mapping[str, Any] = {}
    if known is None and not check_mode:
        body = {
            "application": params["application"],
            "commit": commit,
            "policy_digest": digest,
            "gates_digest": ledger.digest(params["gates"]),
            "decision_digest": ledger.digest(params["decision"]),
        }
        warnings = book.append(run, [Draft("run", "", body)]).warnings
    return {
        "changed": known is None,
        "run": run,
        "resumed": known is not None,
        **_standing(entries, run["id"], known is not None),
        **warnings,
    }


def _standing(entries: Any, run_id: str, resumed: bool) -> Mapping[str, Any]:
    states = phase_states(entries, run_id)
    following = next_phase(states)
    phases = {name: {"verdict": state.verdict, "attempt": state.attempt} for name, state in states.items()}
    found = f"resumed at phase {following}" if following else "resumed, every phase is GO"
    message = found if resumed else "opened"
    return {"phases": phases, "next_phase": following, "message": message}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
