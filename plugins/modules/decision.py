#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decide GO or NO-GO over the matrix and all gates, and record it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: decision
short_description: Decide GO or NO-GO over the matrix and all gates, and record it
version_added: 0.1.0
description:
  - The decision rests on what the gates of this run recorded. Every row that is unknown is in the way of GO.
  - NO-GO is a result, not a failure of the module. See the role P(proofile.stagegate.decide#role).
  - A decision GO closes the run.
author: ProoFile operations (@proofile)
options:
  run:
    description: The run, as M(proofile.stagegate.run) returns it.
    type: dict
    required: true
  gates:
    description: The gates of the policy, the same with which the run was opened.
    type: dict
    required: true
  decision:
    description: The go/no-go matrix of the policy, the same with which the run was opened.
    type: dict
    required: true
  waivers:
    description:
      - Waivers, each with C(criterion), C(owner), C(reason), C(expires) (a day, at most 90 days ahead) and, if wanted, C(release).
      - A criterion that a gate recorded as waived counts as good only while its waiver stands here and has not expired.
    type: list
    elements: dict
    default: []
attributes:
  check_mode:
    description: In check mode the decision is computed and nothing is written.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Decide
  proofile.stagegate.decision:
    run: "{{ stagegate_run }}"
    gates: "{{ stagegate_gates }}"
    decision: "{{ stagegate_decision }}"
    waivers: "{{ stagegate_waivers }}"
  register: decided
"""

RETURN = r"""
decision:
  description: GO or NO-GO.
  returned: always
  type: str
go:
  description: The GO rows with id, title, answer (YES, NO, UNKNOWN), sentence and covers.
  returned: always
  type: list
  elements: dict
hold:
  description: The HOLD rows with id, title, answer (CLEAR, HOLD, UNKNOWN), sentence and covers.
  returned: always
  type: list
  elements: dict
gates:
  description: The gates with phase, title and verdict.
  returned: always
  type: list
  elements: dict
in_the_way:
  description: Ids of the rows and gates that keep the decision from GO.
  returned: always
  type: list
  elements: str
way_to_go:
  description: The causes behind everything that is in the way, one sentence each; empty for GO.
  returned: always
  type: list
  elements: str
table:
  description: The decision as a table for the terminal, with what would make it GO.
  returned: always
  type: str
message:
  description: One message that names the decision and everything in its way.
  returned: always
  type: str
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.judge.decision import decide, decision_message, standing
from ..module_utils.core.judge.evidence import EvidenceBook
from ..module_utils.core.judge.policy import read_policy
from ..module_utils.core.judge.waiver import read_waivers
from ..module_utils.core.ledger.entries import Draft
from ..module_utils.core.ledger.ledger import digest
from ..module_utils.core.ledger.runs import check_run, check_same_policy
from ..module_utils.core.report.tables import decision_table
from ..module_utils.io.ledger.ledger_file import LedgerFile
from ..module_utils.io.sources.series import SeriesReader
from ..module_utils.io.system import clock

SPEC = {
    "run": {"type": "dict", "required": True},
    "gates": {"type": "dict", "required": True},
    "decision": {"type": "dict", "required": True},
    "waivers": {"type": "list", "elements": "dict", "default": []},
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Decide and record."""
    run = check_run(params["run"])
    policy, now = read_policy(params["gates"], params["decision"]), clock.now()
    waivers = read_waivers(params["waivers"], policy.home, now)
    book = LedgerFile(run["state_dir"])
    entries = book.entries()
    if not check_mode:
        check_same_policy(entries, run["id"], "gates", digest(params["gates"]))
        check_same_policy(entries, run["id"], "decision", digest(params["decision"]))
    evidence = EvidenceBook(entries, run["id"], run["release"])
    stand = standing(entries, run["id"], policy, params["gates"], now, waivers)
    result = decide(policy, stand, evidence, SeriesReader(run["state_dir"]), now)
    body = {**result, "policy_digest": run["policy_digest"], "waivers": [waiver.as_dict() for waiver in waivers]}
    told = {} if check_mode else book.append(run, [Draft("decision", "decision", body)]).warnings
    return {
        "changed": False,
        **result,
        "table": decision_table(result, run["policy"]),
        "message": decision_message(result, run["policy"]),
        **told,
    }


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
