#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Try every criterion of a policy on the judge with synthetic evidence, and find those that cannot fail or cannot pass."""

from __future__ import annotations

DOCUMENTATION = r"""
module: policy_check
short_description: Find the criteria of a policy that cannot fail or cannot pass
version_added: 0.1.0
description:
  - Reads the policy, makes synthetic evidence on both sides of every limit, and gives it to the same judge that judges the gates.
    The outcome has to flip, and the gate or the decision with it.
  - What else a criterion asks for (samples, time, age, windows, groups, a baseline) is taken away once each; then nothing may pass.
  - Needs no ledger and no host. A problem that is found is a result, not a failure of the module.
author: ProoFile operations (@proofile)
options:
  gates:
    description: The gates of the policy.
    type: dict
    required: true
  decision:
    description: The go/no-go matrix of the policy.
    type: dict
    default: {}
  details:
    description: Show in RV(lines) where each limit flips.
    type: bool
    default: false
attributes:
  check_mode:
    description: The module never changes anything.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Try the policy
  proofile.stagegate.policy_check:
    gates: "{{ stagegate_gates }}"
    decision: "{{ stagegate_decision }}"
  register: tried
  failed_when: tried.problems | length > 0
"""

RETURN = r"""
problems:
  description: What is wrong, each with C(id) of the criterion or row, C(limit) and C(why).
  returned: always
  type: list
  elements: dict
criteria:
  description: How many criteria and conditions were tried.
  returned: always
  type: int
asked:
  description: How many pieces of synthetic evidence were judged.
  returned: always
  type: int
tried:
  description:
    - The criteria, each with C(id), C(limit), C(asked) and C(flips). A flip has C(limit), C(passes), C(fails) and C(baseline), values
      with all their digits.
  returned: always
  type: list
  elements: dict
lines:
  description: The report for the terminal, a line an element.
  returned: always
  type: list
  elements: str
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.judge.policy import read_policy
from ..module_utils.core.proof.self_test import self_test, self_test_lines

SPEC = {
    "gates": {"type": "dict", "required": True},
    "decision": {"type": "dict", "default": {}},
    "details": {"type": "bool", "default": False},
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Try the policy; nothing outside is touched."""
    found = self_test(read_policy(params["gates"], params["decision"]))
    return {"changed": False, **found, "lines": self_test_lines(found, params["details"])}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
