#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judge the evidence of past runs by another policy, and show which verdicts and decisions would change."""

from __future__ import annotations

DOCUMENTATION = r"""
module: policy_backtest
short_description: Judge the evidence of past runs by another policy
version_added: 0.1.0
description:
  - Replays the gates and the decision of past runs of the ledger of this host by the policy that is given, with the evidence that
    counted then and at the time of then, and says which verdicts and decisions would change and why.
  - Samples by reference that are no longer there are named; the criterion is then INCONCLUSIVE, never "the same as then".
  - Nothing is ever written.
author: ProoFile operations (@proofile)
options:
  state_dir:
    description: The state folder of the application on this host.
    type: path
    required: true
  gates:
    description: The gates of the policy to try.
    type: dict
    required: true
  decision:
    description: The go/no-go matrix of the policy to try. Without one no decision can be replayed.
    type: dict
    default: {}
  policy:
    description: The name of the policy, for the report.
    type: str
    default: ""
  runs:
    description: How many runs are replayed, the newest ones that got as far as a gate.
    type: int
    default: 10
  run_id:
    description: Replay this run only.
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
- name: Try the policy on the last ten runs
  proofile.stagegate.policy_backtest:
    state_dir: /var/lib/stagegate/proofile
    gates: "{{ stagegate_gates }}"
    decision: "{{ stagegate_decision }}"
  register: tried

- name: Show
  ansible.builtin.debug:
    msg: "{{ tried.lines }}"
"""

RETURN = r"""
runs:
  description:
    - The runs, the newest last, each with C(run), C(release), C(policy), C(opened), C(gates), C(decision),
      C(stands_at) and C(gone) (files of samples).
    - A gate has C(phase), C(seq), C(at), C(then), C(now), C(changed), C(same_criteria) and C(differences); a difference has C(id),
      C(kind), C(then), C(now), both sentences, C(decisive) and C(gone).
  returned: always
  type: list
  elements: dict
decisions:
  description: Number of replayed decisions.
  returned: always
  type: int
changed_decisions:
  description: How many of them would have been another.
  returned: always
  type: int
judged_gates:
  description: Number of replayed gates.
  returned: always
  type: int
changed_gates:
  description: How many of them would have said another verdict.
  returned: always
  type: int
moved_runs:
  description: How many runs would stand at another phase.
  returned: always
  type: int
incomplete_runs:
  description: How many runs rest on samples that are gone.
  returned: always
  type: int
lines:
  description: The report for the terminal, a line an element.
  returned: always
  type: list
  elements: str
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.judge.policy import policy_digest, read_policy
from ..module_utils.core.proof.backtest import Replay, backtest
from ..module_utils.core.proof.backtest_report import backtest_lines
from ..module_utils.io.ledger.ledger_file import LedgerFile
from ..module_utils.io.sources.past_series import read_past_series

SPEC = {
    "state_dir": {"type": "path", "required": True},
    "gates": {"type": "dict", "required": True},
    "decision": {"type": "dict", "default": {}},
    "policy": {"type": "str", "default": ""},
    "runs": {"type": "int", "default": 10},
    "run_id": {"type": "str"},
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Replay; never write."""
    state_dir, gates, decision = params["state_dir"], params["gates"], params["decision"]
    policy = read_policy(gates, decision)
    entries = LedgerFile(state_dir).entries()
    replay = Replay(entries, policy, gates, lambda reference: read_past_series(state_dir, reference))
    found = backtest(replay, params["run_id"] or "", params["runs"])
    lines = backtest_lines(found, policy_digest(gates, decision), params["policy"])
    for gate in (gate for run in found["runs"] for gate in run["gates"]):
        gate.pop("body")
    return {"changed": False, **found, "lines": lines}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
