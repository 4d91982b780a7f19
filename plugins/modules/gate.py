#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Judge a phase by the evidence in the ledger, and record the verdict."""

from __future__ import annotations

DOCUMENTATION = r"""
module: gate
short_description: Judge a phase by the evidence in the ledger, and record the verdict
version_added: 0.1.0
description:
  - Judges all criteria of the gate of a phase by what the ledger of this host holds. Nothing is measured here.
  - Missing, stale, short, ambiguous or non-finite evidence is never a pass. The rules stand in C(docs/criteria.md).
  - A verdict other than GO is a result, not a failure of the module. See the role P(proofile.stagegate.gate#role).
author: ProoFile operations (@proofile)
options:
  run:
    description: The run, as M(proofile.stagegate.run) returns it.
    type: dict
    required: true
  phase:
    description: The phase to judge.
    type: str
    required: true
  gates:
    description: The gates of the policy, the same with which the run was opened.
    type: dict
    required: true
  waivers:
    description:
      - Waivers, each with C(criterion), C(owner), C(reason), C(expires) (a day, at most 90 days ahead) and, if wanted, C(release).
      - They cover a FAIL or what is INCONCLUSIVE, never an ERROR, and a key criterion only where the policy calls it waivable.
    type: list
    elements: dict
    default: []
  criteria:
    description:
      - Ids of the criteria to judge now, because the way on depends on them before the phase is at its end.
      - With it the verdict is told and not recorded; without it all criteria are judged, and an empty list is refused.
    type: list
    elements: str
attributes:
  check_mode:
    description: In check mode the phase is judged and nothing is written.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Judge the build
  proofile.stagegate.gate:
    run: "{{ stagegate_run }}"
    phase: build
    gates: "{{ stagegate_gates }}"
    waivers: "{{ stagegate_waivers }}"
  register: judged
"""

RETURN = r"""
verdict:
  description: GO, HOLD, FAIL or ERROR.
  returned: always
  type: str
outcomes:
  description:
    - One outcome for each criterion, with status, reason, value, unit, limit, n, coverage, evidence, distance, interval, baseline,
      windows, waiver, changes and sentence.
  returned: always
  type: list
  elements: dict
in_the_way:
  description: Ids of the criteria that keep the gate from GO.
  returned: always
  type: list
  elements: str
way_to_go:
  description: The fewest changes that would make the verdict GO, one sentence each; empty for GO.
  returned: always
  type: list
  elements: str
score:
  description: The weighted share of what passed, 0 to 100. It is shown and has no say in the verdict.
  returned: always
  type: float
table:
  description: The outcomes as a table for the terminal, with what would make it GO.
  returned: always
  type: str
verdict_line:
  description: The verdict in one short line, with the name of a policy that is not the reference one.
  returned: always
  type: str
message:
  description: One message that names the verdict and every criterion in its way.
  returned: always
  type: str
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.judge.evidence import EvidenceBook
from ..module_utils.core.judge.policy import read_policy
from ..module_utils.core.judge.verdict import failed_ids, gate_line, gate_message, gate_score, gate_verdict, judge_gate
from ..module_utils.core.judge.waiver import read_waivers
from ..module_utils.core.judge.way_to_go import way_to_go
from ..module_utils.core.ledger.entries import Draft
from ..module_utils.core.ledger.ledger import digest
from ..module_utils.core.ledger.runs import PhaseState, check_phase, check_run, check_same_policy, phase_states
from ..module_utils.core.report.tables import verdict_table
from ..module_utils.io.ledger.ledger_file import LedgerFile
from ..module_utils.io.sources.series import SeriesReader
from ..module_utils.io.system import clock

SPEC = {
    "run": {"type": "dict", "required": True},
    "phase": {"type": "str", "required": True},
    "gates": {"type": "dict", "required": True},
    "waivers": {"type": "list", "elements": "dict", "default": []},
    "criteria": {"type": "list", "elements": "str"},
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Judge and record."""
    run, phase = check_run(params["run"]), check_phase(params["phase"])
    policy, now = read_policy(params["gates"]), clock.now()
    part = params.get("criteria")
    gate = policy.gate(phase) if part is None else policy.gate(phase).part(part)
    waivers = read_waivers(params["waivers"], policy.home, now)
    book = LedgerFile(run["state_dir"])
    entries = book.entries()
    if not check_mode:
        check_same_policy(entries, run["id"], "gates", digest(params["gates"]))
    evidence = EvidenceBook(entries, run["id"], run["release"])
    judged = judge_gate(gate, evidence, SeriesReader(run["state_dir"]), now, waivers)
    verdict, outcomes = gate_verdict(judged), [outcome.as_dict() for outcome in judged]
    told: Mapping[str, Any] = {}
    if not check_mode and part is None:
        body = {
            "phase": phase,
            "verdict": verdict,
            "outcomes": outcomes,
            "policy_digest": run["policy_digest"],
            "gate_digest": digest(params["gates"][phase]),
            "waivers": [waiver.as_dict() for waiver in waivers if policy.home[waiver.criterion] == phase],
            "attempt": phase_states(entries, run["id"]).get(phase, PhaseState(phase)).attempt,
        }
        told = book.append(run, [Draft("gate", phase, body)]).warnings
    return {
        "changed": False,
        "verdict": verdict,
        "outcomes": outcomes,
        "in_the_way": failed_ids(outcomes),
        "way_to_go": way_to_go(outcomes),
        "score": gate_score(judged),
        "table": verdict_table(outcomes),
        "verdict_line": gate_line(phase, verdict, run["policy"]),
        "message": gate_message(phase, verdict, run["policy"], outcomes),
        **told,
    }


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
