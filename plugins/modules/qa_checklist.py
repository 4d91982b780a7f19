#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read the manual QA sheet of a release."""

from __future__ import annotations

DOCUMENTATION = r"""
module: qa_checklist
short_description: Read the manual QA sheet of a release
version_added: 0.1.0
description:
  - Reads points, issues and the sign-off block of a sheet in Markdown (task boxes, tables) or CSV (C(id,title,status,severity)).
  - A point is passed only by C([x]). Boxes of the sign-off, of summaries, prerequisites and issue lists are no points, neither
    is a box that repeats the boxes nested under it; how many were left out, and why, is told with the measurement.
  - An issue is open unless its status says resolved; it is settled when it is resolved or documented.
author: ProoFile operations (@proofile)
options:
  path:
    description: The sheet.
    type: path
    required: true
attributes:
  check_mode:
    description: The module only reads. Where the export is not there yet, nothing is read in check mode.
    support: full
  diff_mode:
    description: The module only reads.
    support: none
"""

EXAMPLES = r"""
- name: Read the QA sheet
  proofile.stagegate.qa_checklist:
    path: /var/lib/stagegate/proofile/source/1a2b3c4d5e6f/MANUAL_QA_CHECKLIST.md
  register: sheet
"""

RETURN = r"""
groups:
  description: Points by group, as name, total and passed.
  returned: always
  type: list
  elements: dict
not_passed:
  description: The points that are not passed, with their line.
  returned: always
  type: list
  elements: str
measurements:
  description: Measurements for the ledger.
  returned: always
  type: list
  elements: dict
"""

import os
from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import EvidenceError
from ..module_utils.core.measurement import measurement
from ..module_utils.core.people.qa_checklist import Checklist, parse_csv, parse_markdown
from ..module_utils.core.people.qa_issues import SEVERITIES
from ..module_utils.io.system.files import read_text

SPEC = {"path": {"type": "path", "required": True}}
LIMIT = 4 * 1024 * 1024


def read_sheet(path: str) -> Checklist:
    """Read the file in the form its name says; every error names it."""
    if not os.path.isfile(path):
        todo = "put it into the release, or correct manual_qa_checklist"
        raise EvidenceError("the QA sheet is not there", where=path, todo=todo)
    text = read_text(path, LIMIT)
    try:
        return parse_csv(text) if path.lower().endswith(".csv") else parse_markdown(text)
    except EvidenceError as error:
        raise EvidenceError(error.what, where=f"{path}, {error.where}".rstrip(", "), why=error.why, todo=error.todo) from error


def measure(sheet: Checklist, source: str) -> list:
    """The measurements of a sheet. What the sheet does not claim is not measured."""
    found = [
        measurement("qa.points_total", sheet.total, "count", source=source, detail=sheet.left_out),
        measurement("qa.points_passed", sheet.passed, "count", source=source, detail=sheet.not_passed),
        measurement("qa.sign_off_blanks", sheet.sign_off_blanks, "count", source=source),
    ]
    if sheet.stated is not None:
        said = "" if sheet.stated == sheet.total else f"the sheet says {sheet.stated} points and holds {sheet.total}"
        found.append(measurement("qa.points_stated", sheet.stated, "count", source=source, detail=said))
    if sheet.score is not None:
        said = f"the sheet says {sheet.score} passed, {sheet.passed} are ticked"
        found.append(measurement("qa.score_difference", abs(sheet.score - sheet.passed), "count", source=source, detail=said))
    # No table, no list: then nobody recorded issues, and no number of them is known.
    if sheet.issue_tables or sheet.issues:
        for severity in SEVERITIES:
            found += issue_measurements(sheet, severity, source)
    return found


def issue_measurements(sheet: Checklist, severity: str, source: str) -> list:
    """Recorded, open and unsettled issues of a severity."""
    issues = [issue for issue in sheet.issues if issue.severity == severity]
    is_open = [f"line {issue.line}: {issue.title} ({issue.state})" for issue in issues if issue.state != "resolved"]
    unsettled = [f"line {issue.line}: {issue.title}" for issue in issues if issue.state == "open"]
    label = {"severity": severity}
    return [
        measurement("qa.issues_recorded", len(issues), "count", label, source),
        measurement("qa.issues_open", len(is_open), "count", label, source, is_open),
        measurement("qa.issues_unsettled", len(unsettled), "count", label, source, unsettled),
    ]


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Read and measure."""
    if check_mode and not os.path.isdir(os.path.dirname(params["path"])):
        return {"changed": False, "groups": [], "not_passed": [], "measurements": []}
    sheet = read_sheet(params["path"])
    return {
        "changed": False,
        "groups": [{"name": group.name, "total": group.total, "passed": group.passed} for group in sheet.groups],
        "not_passed": list(sheet.not_passed),
        "measurements": measure(sheet, os.path.basename(params["path"])),
    }


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
