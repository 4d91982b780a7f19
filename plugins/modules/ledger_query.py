#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ask the ledger: history, run, phases, releases, signoffs, why, verify."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ledger_query
short_description: Ask the ledger
version_added: 0.1.0
description:
  - Reads the ledger of this host and returns data. Nothing is ever written, and an absent ledger is an empty one.
  - Every question but V(verify) fails when the ledger is damaged.
author: ProoFile operations (@proofile)
options:
  state_dir:
    description: The state folder of the application on this host.
    type: path
    required: true
  want:
    description:
      - V(history) lists the runs, the newest last, with their decision.
      - V(run) and V(phases) return a run and the states of its phases.
      - V(releases) returns the history of releases, the current one and the target of a rollback.
      - V(why) returns the newest decision and the newest verdict of each gate of a run, and a sentence.
      - V(signoffs) lists what was signed about O(release), in the order in which it was said.
      - V(verify) checks the whole chain against itself and its heads. It needs nothing but the state folder, or a copy of it.
    type: str
    choices: [history, run, phases, releases, signoffs, why, verify]
    required: true
  run_id:
    description: The run that is asked about; the newest one when not given.
    type: str
  release:
    description: With V(why), ask about the newest run of this release; with V(signoffs), the release that was signed.
    type: str
  noted_hash:
    description:
      - With V(verify), the hash of an entry that somebody wrote down elsewhere. It must still be in the chain.
      - Chain and heads lie in one folder; only a hash kept elsewhere tells of a ledger that was written anew together with its heads.
    type: str
attributes:
  check_mode:
    description: The module never changes anything.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Ask where the newest run stands
  proofile.stagegate.ledger_query:
    state_dir: /var/lib/stagegate/proofile
    want: phases
  register: standing

- name: See that nobody has changed the ledger since the last audit
  proofile.stagegate.ledger_query:
    state_dir: /mnt/copy_of_the_state_folder
    want: verify
    noted_hash: 5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9
  register: checked
  failed_when: not checked.verified

- name: Ask what to roll back to
  proofile.stagegate.ledger_query:
    state_dir: /var/lib/stagegate/proofile
    want: releases
  register: releases
"""

RETURN = r"""
run:
  description: The run C({id, release, commit, policy, policy_digest, state_dir}), or an empty dict when there is none.
  returned: want is run, phases or why
  type: dict
phases:
  description: By phase C(verdict), C(attempt), C(started), C(judged) and C(seconds).
  returned: want is run, phases or why
  type: dict
next_phase:
  description: The first phase without a valid GO.
  returned: want is run, phases or why
  type: str
runs:
  description: The runs, each with C(id), C(release), C(policy), C(opened), C(decision) and C(phases).
  returned: want is history
  type: list
  elements: dict
releases:
  description: The releases, the one that changed last at the end, with C(release), C(state), C(good), C(times), C(record).
  returned: want is releases
  type: list
  elements: dict
current:
  description: The release that was deployed last; empty when there is none.
  returned: want is releases
  type: str
rollback_target:
  description: The release to roll back to; empty when there is none.
  returned: want is releases
  type: str
decision:
  description: The newest decision of the run; an empty dict when there is none.
  returned: want is why
  type: dict
gates:
  description: The newest gate entry of each phase of the run.
  returned: want is why
  type: dict
sentence:
  description: Why the run stands where it stands.
  returned: want is why
  type: str
signoffs:
  description: The sign-offs, each with C(team), C(person), C(role), C(release), C(ready), C(at) and C(statement).
  returned: want is signoffs
  type: list
  elements: dict
verified:
  description: True when nothing is wrong with the ledger.
  returned: want is verify
  type: bool
problems:
  description: One sentence for each thing that is wrong.
  returned: want is verify
  type: list
  elements: str
entries:
  description: Number of entries that were verified; 0 when the chain is broken or there is no ledger.
  returned: want is verify
  type: int
entry_runs:
  description: Number of runs of which they tell.
  returned: want is verify
  type: int
head:
  description: C(seq), C(hash), C(time), C(run) and C(phase) of the last entry, to be noted elsewhere; empty when there is none.
  returned: want is verify
  type: dict
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.report.history import releases_answer, run_answer, runs_answer, signoffs_answer, why_answer
from ..module_utils.io.ledger.ledger_file import LedgerFile

SPEC = {
    "state_dir": {"type": "path", "required": True},
    "want": {"type": "str", "required": True, "choices": ["history", "run", "phases", "releases", "signoffs", "why", "verify"]},
    "run_id": {"type": "str"},
    "release": {"type": "str"},
    "noted_hash": {"type": "str"},
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Answer one question; never write."""
    book = LedgerFile(params["state_dir"])
    if params["want"] == "verify":
        found = book.verify(params["noted_hash"] or "")
        facts = {"problems": list(found.problems), "entries": found.entries, "entry_runs": found.runs, "head": found.head}
        return {"changed": False, "verified": not found.problems, **facts}
    entries, run_id = book.entries(), params["run_id"] or ""
    if params["want"] == "history":
        return {"changed": False, **runs_answer(entries)}
    if params["want"] == "signoffs":
        return {"changed": False, "signoffs": signoffs_answer(entries, params["release"] or "")}
    if params["want"] == "releases":
        return {"changed": False, **releases_answer(entries)}
    answer = why_answer if params["want"] == "why" else run_answer
    return {"changed": False, **answer(entries, params["state_dir"], run_id, params["release"] or "")}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
