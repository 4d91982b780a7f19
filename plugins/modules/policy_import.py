#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make a gate of the objectives of Keptn or the thresholds of k6."""

from __future__ import annotations

DOCUMENTATION = r"""
module: policy_import
short_description: Make a gate of the objectives of Keptn or the thresholds of k6
version_added: 0.1.0
description:
  - Reads a C(slo.yaml) of Keptn 1 (C(spec_version) 0.1 and 1.0), or k6 options as C(k6 inspect) prints them, and returns the gate
    that asks the same, ready to be written into a policy.
  - Wherever this collection judges differently, a note says so and names the criteria. Nothing is dropped in silence; what cannot
    be taken over fails with its position.
  - The numbers come from outside, so each becomes one of the SLIs C(reported.*), with the foreign name as its label.
  - See C(docs/import.md).
author: ProoFile operations (@proofile)
options:
  src:
    description: The file. A name that ends in C(.json) is read as JSON, every other one as YAML (which needs PyYAML on this host).
    type: path
    required: true
  format:
    description: Whose file it is.
    type: str
    choices: [keptn, k6]
    required: true
  phase:
    description: The phase whose gate this becomes.
    type: str
    required: true
  units:
    description:
      - The unit of each SLI of Keptn, which has none, or of each metric that a k6 script defines itself.
      - The metrics that k6 brings along have theirs.
    type: dict
    default: {}
  warning_means:
    description:
      - What becomes of a value that misses the pass criteria of Keptn and meets the warning criteria. Keptn gives it half the points.
      - V(hold) makes it a failure; V(warn) a warning, which is good, and so less strict than the file.
    type: str
    choices: [hold, warn]
    default: hold
  dest:
    description:
      - Where the gate is written as a policy file, the notes as comments. Nothing is written when it is not given.
      - A file that was not imported is never replaced, and no folder is made.
    type: path
attributes:
  check_mode:
    description: Everything is read and converted, nothing is written.
    support: full
  diff_mode:
    description: Shows what changes in O(dest).
    support: full
"""

EXAMPLES = r"""
- name: Take the objectives over
  proofile.stagegate.policy_import:
    src: slo.yaml
    format: keptn
    phase: validate
    units: {response_time_p95: ms, error_rate: pct}
  delegate_to: localhost
  register: imported

- name: Write the thresholds of a load test as a gate
  proofile.stagegate.policy_import:
    src: k6_options.json
    format: k6
    phase: soak
    dest: imported_gate.yml
"""

RETURN = r"""
gates:
  description: The gate under the name of its phase, as C(stagegate_gates) holds it.
  returned: always
  type: dict
  sample: {validate: {title: Objectives of slo.yaml, criteria: [{id: validate.p95, sli: "reported.time{name=p95}", pass: "< 600 ms"}]}}
notes:
  description: Each difference with C(about), C(criteria) (empty when it is about the whole gate) and C(text).
  returned: always
  type: list
  elements: dict
wanted:
  description: What has to be recorded, each with C(criterion), C(sli), C(labels), C(unit) and C(select), the words of the peer's report.
  returned: always
  type: list
  elements: dict
text:
  description: The policy file.
  returned: always
  type: str
to_record:
  description: The same as RV(wanted), for people.
  returned: always
  type: list
  elements: str
"""

import os
from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import InputError
from ..module_utils.core.imports.import_k6 import import_k6
from ..module_utils.core.imports.import_keptn import HOLD, WARN, import_keptn
from ..module_utils.core.imports.imported import Imported
from ..module_utils.io.sources.documents import parse_json, parse_yaml, read_document
from ..module_utils.io.system.files import same_content, write_atomic

SPEC = {
    "src": {"type": "path", "required": True},
    "format": {"type": "str", "required": True, "choices": ["keptn", "k6"]},
    "phase": {"type": "str", "required": True},
    "units": {"type": "dict", "default": {}},
    "warning_means": {"type": "str", "default": HOLD, "choices": [HOLD, WARN]},
    "dest": {"type": "path"},
}
LIMIT = 1024 * 1024
MODE = 0o644
HEADER = "# Imported from "


def read_gate(params: Mapping[str, Any]) -> Imported:
    """Read the file and convert it."""
    path, name = params["src"], os.path.basename(params["src"])
    text = read_document(path, LIMIT)
    document = (parse_json if name.lower().endswith(".json") else parse_yaml)(text, name)
    if params["format"] == "k6":
        return import_k6(document, params["phase"], params["units"], name)
    return import_keptn(document, params["phase"], params["units"], params["warning_means"], name)


def before(dest: str) -> str:
    """Return the file that would be replaced, "" when there is none. InputError when it was not made by an import."""
    if not os.path.isdir(os.path.dirname(os.path.abspath(dest))):
        raise InputError("the folder of dest is not there", where=dest, todo="make it, or correct dest")
    if not os.path.lexists(dest):
        return ""
    text = read_document(dest, LIMIT)
    if not text.startswith(HEADER):
        raise InputError(
            "dest is another file", where=dest, why="it was not made by an import", todo="give another name, and copy the gate"
        )
    return text


def write(dest: str, text: str, check_mode: bool) -> Mapping[str, Any]:
    """Write the policy file where it differs, and say what changed."""
    dest, old = os.path.abspath(dest), before(dest)
    changed = not same_content(dest, text, MODE) if check_mode else write_atomic(dest, text, MODE)
    return {"changed": changed, "diff": {"before": old, "after": text, "before_header": dest, "after_header": dest}}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Convert, and write where that is asked for."""
    imported = read_gate(params)
    text = imported.as_text(os.path.basename(params["src"]))
    written = write(params["dest"], text, check_mode) if params["dest"] else {"changed": False}
    return {
        **written,
        "gates": {imported.phase: imported.gate},
        "notes": [{"about": note.about, "criteria": list(note.criteria), "text": note.text} for note in imported.notes],
        "wanted": [wanted._asdict() for wanted in imported.wanted],
        "text": text,
        "to_record": imported.to_record(),
    }


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
