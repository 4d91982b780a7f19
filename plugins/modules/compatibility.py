#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Record whether the earlier release can live on the new schema."""

from __future__ import annotations

DOCUMENTATION = r"""
module: compatibility
short_description: Record whether the earlier release can live on the new schema
version_added: 0.1.0
description:
  - Records how many checks the earlier release failed on the new schema and, when it failed none of at least one, the proof that a
    rollback to it is safe, for this release and these heads only. A later failure takes the proof back.
author: ProoFile operations (@proofile)
options:
  run:
    description: The run, as M(proofile.stagegate.run) returns it.
    type: dict
    required: true
  phase:
    description: The phase to which the entries belong.
    type: str
    default: deploy
  old_release:
    description: The earlier release, which was checked.
    type: str
    required: true
  new_heads:
    description: The revisions at which the database is now.
    type: list
    elements: str
    required: true
  checks:
    description: Checks made of the earlier release on the new schema.
    type: int
    required: true
  failures:
    description: Checks that it failed.
    type: int
    required: true
  place:
    description: Where it was asked, as C(a copy of the database) or C(the live database).
    type: str
    default: the live database
attributes:
  check_mode:
    description: In check mode nothing is written.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Record that the old code lives on the new schema
  proofile.stagegate.compatibility:
    run: "{{ stagegate_run }}"
    old_release: 0f1e2d3c4b5a
    new_heads: ["0003"]
    checks: 5
    failures: 0
"""

RETURN = r"""
compatible:
  description: True when at least one check was made and none failed.
  returned: always
  type: bool
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.ledger.entries import Draft
from ..module_utils.core.ledger.runs import check_phase, check_run
from ..module_utils.core.measurement import measurement
from ..module_utils.core.release.rollback import COMPATIBLE, compatibility_body, compatibility_proofs
from ..module_utils.io.ledger.ledger_file import LedgerFile

SPEC = {
    "run": {"type": "dict", "required": True},
    "phase": {"type": "str", "default": "deploy"},
    "old_release": {"type": "str", "required": True},
    "new_heads": {"type": "list", "elements": "str", "required": True},
    "checks": {"type": "int", "required": True},
    "failures": {"type": "int", "required": True},
    "place": {"type": "str", "default": "the live database"},
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Record the two measurements, and the proof when it is one."""
    run, phase = check_run(params["run"]), check_phase(params["phase"])
    book = LedgerFile(run["state_dir"])
    detail = f"{params['old_release']} on {', '.join(params['new_heads'])}, {params['place']}"
    drafts = [
        Draft(
            "evidence",
            phase,
            measurement(f"migration.old_code_{name}", params[given], "count", source="health checks", detail=detail),
        )
        for name, given in (("checks", "checks"), ("failures", "failures"))
    ]
    body = compatibility_body(params["old_release"], run["release"], params["new_heads"], params["checks"], params["failures"])
    compatible = body["state"] == COMPATIBLE
    is_proved = body in compatibility_proofs(book.entries())
    if not is_proved:
        drafts.append(Draft("release", phase, body))
    told = {} if check_mode else book.append(run, drafts).warnings
    return {"changed": compatible and not is_proved, "compatible": compatible, **told}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
