#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Record an incident."""

from __future__ import annotations

DOCUMENTATION = r"""
module: incident
short_description: Record an incident
version_added: 0.1.0
description:
  - Writes an incident record, in Markdown for people and in JSON, into C(<state_dir>/evidence/<run>/rollback/), and an entry of kind
    C(incident) into the ledger.
author: ProoFile operations (@proofile)
options:
  run:
    description: The run, as M(proofile.stagegate.run) returns it.
    type: dict
    required: true
  verdict:
    description: How the rollback ended.
    type: str
    required: true
    choices: [ROLLED_BACK, ROLLBACK_FAILED]
  cause:
    description: What was seen to be wrong.
    type: str
    required: true
  reason:
    description: Why a rollback was ordered, for example V(gate), V(operator) or V(drill).
    type: str
    default: operator
  from_release:
    description: The release that was left.
    type: str
    default: ''
  to_release:
    description: The release that was brought back.
    type: str
    default: ''
  who:
    description: Who ordered it.
    type: str
    default: ''
  started:
    description: When it was ordered, RFC 3339 UTC, by the host's clock.
    type: str
    required: true
  restored:
    description: When the earlier release served again, RFC 3339 UTC. Empty means now.
    type: str
    default: ''
  steps:
    description: What was done, one sentence each.
    type: list
    elements: str
    default: []
  notes:
    description: What else is worth knowing, one sentence each.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: In check mode nothing is written.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Write down what happened
  proofile.stagegate.incident:
    run: "{{ rollback_run }}"
    verdict: ROLLED_BACK
    cause: the smoke test failed
    reason: gate
    from_release: 1a2b3c4d5e6f
    to_release: 0f1e2d3c4b5a
    started: "2026-11-23T10:15:00.000Z"
"""

RETURN = r"""
markdown:
  description: Path of the record for people.
  returned: always
  type: str
seconds_to_restore:
  description: Seconds from the order until the earlier release served, or until now when it does not.
  returned: always
  type: float
incident:
  description: The body of the ledger entry.
  returned: always
  type: dict
"""

import getpass
import json
import os
from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.ledger.entries import Draft
from ..module_utils.core.ledger.runs import check_run
from ..module_utils.core.release.incident import Incident, markdown
from ..module_utils.core.release.log_scan import mask
from ..module_utils.core.times import compact, rfc3339, unix_seconds
from ..module_utils.io.ledger.ledger_file import LedgerFile
from ..module_utils.io.system import clock
from ..module_utils.io.system.files import write_atomic

SPEC = {
    "run": {"type": "dict", "required": True},
    "verdict": {"type": "str", "required": True, "choices": ["ROLLED_BACK", "ROLLBACK_FAILED"]},
    "cause": {"type": "str", "required": True},
    "reason": {"type": "str", "default": "operator"},
    "from_release": {"type": "str", "default": ""},
    "to_release": {"type": "str", "default": ""},
    "who": {"type": "str", "default": ""},
    "started": {"type": "str", "required": True},
    "restored": {"type": "str", "default": ""},
    "steps": {"type": "list", "elements": "str", "default": []},
    "notes": {"type": "list", "elements": "str", "default": []},
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Write the two files and the entry."""
    run = check_run(params["run"])
    now = clock.now()
    restored = unix_seconds(params["restored"]) if params["restored"] else now
    record = Incident(
        verdict=params["verdict"],
        run=run["id"],
        cause=mask(params["cause"])[:1000],
        reason=params["reason"],
        from_release=params["from_release"],
        to_release=params["to_release"],
        who=params["who"] or getpass.getuser(),
        started=params["started"],
        ended=rfc3339(now),
        seconds_to_restore=restored - unix_seconds(params["started"]),
        steps=tuple(params["steps"]),
        notes=tuple(mask(note) for note in params["notes"]),
    )
    path = os.path.join(run["state_dir"], "evidence", run["id"], "rollback", f"incident-{compact(now)}")
    told: Mapping[str, Any] = {}
    if not check_mode:
        write_atomic(path + ".md", markdown(record))
        write_atomic(path + ".json", json.dumps(record.body(), indent=2, sort_keys=True) + "\n")
        told = LedgerFile(run["state_dir"]).append(run, [Draft("incident", "rollback", record.body())]).warnings
    seconds = record.seconds_to_restore
    return {"changed": True, "markdown": path + ".md", "seconds_to_restore": seconds, "incident": record.body(), **told}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
