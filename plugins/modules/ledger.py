#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write measurements and other entries into the ledger."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ledger
short_description: Write measurements and other entries into the ledger
version_added: 0.1.0
description:
  - Appends entries to the ledger of the application, on the host that keeps it. Every entry holds the hash of the one before it.
  - A measurement is a note about the system, not a change of it, so measurements never make the task C(changed).
  - A C(release) or C(signoff) entry that says what the newest entry of its kind about the same thing says is not written again.
  - An entry is refused when the ledger knows the run for another release or policy, when the whole chain or its heads are not intact,
    and when another controller has begun a phase since O(run) got its token (see M(proofile.stagegate.phase)).
  - The last line of a ledger whose writer was killed is moved to C(ledger.torn-<time>), with a warning and an incident entry.
author: ProoFile operations (@proofile)
options:
  run:
    description: The run, as M(proofile.stagegate.run) returns it.
    type: dict
    required: true
  phase:
    description: The phase to which the entries belong.
    type: str
    required: true
  measurements:
    description: Measurements, as the gather modules return them.
    type: list
    elements: dict
    default: []
  entries:
    description: Other entries.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: What the entry is.
        type: str
        required: true
        choices: [signoff, incident, drill, alert, release]
      body:
        description: What the entry says. A C(release) entry has C(release) and C(state).
        type: dict
        required: true
attributes:
  check_mode:
    description: In check mode everything is checked and nothing is written.
    support: full
  diff_mode:
    description: Entries are shown by RV(entries), not as a diff.
    support: none
"""

EXAMPLES = r"""
- name: Record what the health checks found
  proofile.stagegate.ledger:
    run: "{{ deploy_run }}"
    phase: deploy
    measurements: "{{ __deploy_health.measurements }}"
  delegate_to: "{{ groups['staging'] | first }}"

- name: Record that the release is deployed
  proofile.stagegate.ledger:
    run: "{{ deploy_run }}"
    phase: deploy
    entries:
      - kind: release
        body: {release: 1a2b3c4d5e6f, state: deployed}
"""

RETURN = r"""
recorded:
  description: Number of entries written (in check mode, that would be written).
  returned: always
  type: int
entries:
  description: seq, kind and hash of the entries written.
  returned: always
  type: list
  elements: dict
repaired:
  description: Name of the file that holds a torn tail; empty when there was none.
  returned: always
  type: str
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.ledger.entries import drafts_of, new_drafts
from ..module_utils.core.ledger.runs import check_phase, check_run
from ..module_utils.io.ledger.ledger_file import LedgerFile

SPEC = {
    "run": {"type": "dict", "required": True},
    "phase": {"type": "str", "required": True},
    "measurements": {"type": "list", "elements": "dict", "default": []},
    "entries": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "kind": {"type": "str", "required": True, "choices": ["signoff", "incident", "drill", "alert", "release"]},
            "body": {"type": "dict", "required": True},
        },
    },
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Check, drop what the ledger says already, append."""
    run = check_run(params["run"])
    drafts = drafts_of(check_phase(params["phase"]), params["measurements"], params["entries"])
    book = LedgerFile(run["state_dir"])
    if any(draft.kind != "evidence" for draft in drafts):
        drafts = new_drafts(drafts, book.entries(), run["id"])
    result = {
        "changed": any(draft.kind != "evidence" for draft in drafts),
        "recorded": len(drafts),
        "entries": [],
        "repaired": "",
    }
    if check_mode or not drafts:
        return result
    written = book.append(run, drafts)
    shown = [{key: entry[key] for key in ("seq", "kind", "hash")} for entry in written.entries]
    return {**result, "entries": shown, "repaired": written.repaired, **written.warnings}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
