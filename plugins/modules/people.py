#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Measure sign-offs, contacts and on-call cover."""

from __future__ import annotations

DOCUMENTATION = r"""
module: people
short_description: Measure sign-offs, contacts and on-call cover
version_added: 0.1.0
description:
  - Checks the shape of sign-offs, contacts, escalation path and on-call shifts, and measures what they cover.
  - What is not given is not measured.
  - A sign-off is about one release. Of each person the latest word counts.
author: ProoFile operations (@proofile)
options:
  release:
    description: The release that is signed, 12 hex digits.
    type: str
    required: true
  teams:
    description: Teams that must sign. Sign-offs are measured when this is given.
    type: list
    elements: str
  signoffs:
    description: What people said, each with team, person, role, release, ready, at (RFC 3339) and statement.
    type: list
    elements: dict
    default: []
  stakeholders:
    description: Who is told, each with role, person and channel.
    type: list
    elements: dict
  required_stakeholders:
    description: Roles that must be reachable.
    type: list
    elements: str
    default: [product, engineering, devops, qa, project_manager, executive_sponsor]
  escalation:
    description: Levels of the escalation path in order, each with person and channel.
    type: list
    elements: dict
  on_call:
    description:
      - Shifts, each with a person and either start and end (RFC 3339), or days, from and to in UTC for every week.
    type: list
    elements: dict
attributes:
  check_mode:
    description: The module only reads.
    support: full
  diff_mode:
    description: The module only reads.
    support: none
"""

EXAMPLES = r"""
- name: Read the sign-offs
  proofile.stagegate.people:
    release: 1a2b3c4d5e6f
    teams: [frontend, backend, devops, qa]
    signoffs:
      - team: qa
        person: Ada Example
        role: QA lead
        release: 1a2b3c4d5e6f
        ready: true
        at: "2026-11-23T10:00:00Z"
        statement: The checklist was executed on staging.

- name: Who is on call today
  proofile.stagegate.people:
    release: 1a2b3c4d5e6f
    on_call:
      - {person: Ada Example, days: [mon, tue, wed, thu, fri, sat, sun], from: "00:00", to: "24:00"}
"""

RETURN = r"""
entries:
  description: The sign-offs of this release as entries for the ledger.
  returned: always
  type: list
  elements: dict
measurements:
  description: Measurements for the ledger.
  returned: always
  type: list
  elements: dict
"""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.measurement import measurement
from ..module_utils.core.people import people
from ..module_utils.io.system.clock import now

ROLES = ["product", "engineering", "devops", "qa", "project_manager", "executive_sponsor"]
SPEC = {
    "release": {"type": "str", "required": True},
    "teams": {"type": "list", "elements": "str"},
    "signoffs": {"type": "list", "elements": "dict", "default": []},
    "stakeholders": {"type": "list", "elements": "dict"},
    "required_stakeholders": {"type": "list", "elements": "str", "default": ROLES},
    "escalation": {"type": "list", "elements": "dict"},
    "on_call": {"type": "list", "elements": "dict"},
}


def signoff_measurements(teams: people.Teams) -> list:
    """One missing and one not-ready measurement for each team."""
    found = [measurement("signoff.teams", len(teams.missing), "count", source="sign-offs", detail=teams.ignored)]
    for team, missing in teams.missing.items():
        said = [f"{entry.person}: {entry.statement}" for entry in teams.signed if entry.team == team]
        against = [f"{entry.person}: {entry.statement}" for entry in teams.signed if entry.team == team and not entry.ready]
        label = {"team": team}
        said = said or [f"nobody of {team} has signed"]
        found.append(measurement("signoff.missing", int(missing), "count", label, "sign-offs", said))
        found.append(measurement("signoff.not_ready", int(teams.not_ready[team]), "count", label, "sign-offs", against))
    return found


def contact_measurements(params: Mapping[str, Any]) -> list:
    """Stakeholders and escalation, as far as they are given."""
    found = []
    if params["stakeholders"] is not None:
        required = params["required_stakeholders"]
        missing = people.uncontactable(params["stakeholders"], required)
        found.append(measurement("communication.stakeholders", len(params["stakeholders"]), "count", source="contacts"))
        found.append(measurement("communication.uncontactable", len(missing), "count", source="contacts", detail=missing))
    if params["escalation"] is not None:
        levels = people.escalation_levels(params["escalation"])
        found.append(measurement("on_call.escalation_levels", levels, "count", source="contacts"))
    return found


def on_call_measurements(shifts: list, moment: datetime) -> list:
    """Cover of today."""
    cover = people.on_call_today(shifts, moment)
    day = moment.strftime("%Y-%m-%d (UTC)")
    return [
        measurement("on_call.shifts", cover.shifts, "count", source=f"on-call schedule, {day}", detail=cover.people),
        measurement("on_call.gaps", cover.gap_hours, "count", source=f"on-call schedule, {day}"),
    ]


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Check the shapes, measure what is given."""
    moment = datetime.fromtimestamp(now(), tz=timezone.utc)
    entries, found = [], []
    if params["teams"] is not None:
        signoffs = people.read_signoffs(params["signoffs"], moment)
        teams = people.judge_teams(signoffs, params["teams"], params["release"])
        entries = [{"kind": "signoff", "body": entry.as_body()} for entry in teams.signed]
        found += signoff_measurements(teams)
    found += contact_measurements(params)
    if params["on_call"] is not None:
        found += on_call_measurements(params["on_call"], moment)
    return {"changed": False, "entries": entries, "measurements": found}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
