#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look at a soak: progress, jobs that are due, alerts, and what can no longer pass."""

from __future__ import annotations

DOCUMENTATION = r"""
module: soak_watch
short_description: "Look at a soak: progress, jobs that are due, alerts, and what can no longer pass"
version_added: 0.1.0
description:
  - Says what a soak is watched by (O(state=set)), looks at it (O(state=look)), or only shows it (O(state=shown)). The soak itself is
    started by M(proofile.stagegate.soak_agent).
  - The alert rules are those of the policy, held against the soak's own samples, by the agent while it runs and at every look. An alert
    that fires, and its end, is told once to every channel, whoever looks.
  - Everything is kept in C(<state_dir>/soak/<run>/), so that a controller that comes back sees the same.
author: ProoFile operations (@proofile)
options:
  state:
    description:
      - V(set) writes down what is watched; it can be done again at any time.
      - V(look) waits for at most O(wait_seconds), brings the alerts up to now, and tells people.
      - V(shown) writes nothing and tells nobody.
    type: str
    choices: [set, look, shown]
    default: look
  state_dir:
    description: The state folder on the staging host.
    type: path
    required: true
  run:
    description: The run that is soaked.
    type: str
    required: true
  watch:
    description:
      - What is watched, for O(state=set), a mapping with C(application), C(release), C(phase), C(gate) (the gate of the soak's phase),
        C(jobs) (a list of C(name), C(every_seconds), C(first_seconds)), C(alerts) (C(policy), C(no_data_for), C(from_pass), C(over),
        C(step_seconds)), C(fail_early) and C(waived) (ids of criteria that a waiver covers).
    type: dict
    default: {}
  notify:
    description:
      - Who is told about alerts, for O(state=set). C(webhook_url), and C(mail) with C(host), C(port), C(from), C(to), C(starttls),
        C(user), C(password), C(timeout_seconds), C(ca_file).
      - Kept 0600 on the host until the soak is done and everything is told.
    type: dict
    default: {}
  wait_seconds:
    description: How long O(state=look) waits for the end of the soak.
    type: float
    default: 0
  until_job:
    description: Whether O(state=look) waits no longer than until a job is due.
    type: bool
    default: false
attributes:
  check_mode:
    description: In check mode nothing is written, nobody is told, and nothing is waited for.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Say what the soak is watched by
  proofile.stagegate.soak_watch:
    state: set
    state_dir: /var/lib/stagegate/proofile
    run: r-20261123T101500Z-1a2b3c4d5e6f
    watch:
      application: proofile
      release: 1a2b3c4d5e6f
      gate: "{{ stagegate_gates.soak }}"
      jobs: [{name: e2e, every_seconds: 7200}]
      alerts: {policy: staging, no_data_for: 5 min}
      fail_early: true
    notify:
      webhook_url: "{{ vault_alert_webhook }}"
  no_log: true

- name: Look
  proofile.stagegate.soak_watch:
    state_dir: /var/lib/stagegate/proofile
    run: r-20261123T101500Z-1a2b3c4d5e6f
    wait_seconds: 60
  register: soak
"""

RETURN = r"""
status:
  description:
    - How the soak stands. C(lines) for people; C(finished), C(elapsed_seconds), C(remaining_seconds), C(coverage); C(due), the jobs to
      run now, each with C(name) and C(slot); C(missed); C(rounds), how often a job may be due until the end; C(alerts) with C(open),
      C(fired), C(firing); C(lost), a sentence for each criterion that can no longer pass.
  type: dict
  returned: when there is a soak and O(state) is not V(set)
over:
  description: True when there is nothing to wait for, because the soak is done, its agent is gone, or it can no longer pass.
  type: bool
  returned: when O(state) is not V(set)
measurements:
  description: The measurements of jobs and alerts so far.
  type: list
  elements: dict
  returned: always
entries:
  description: The alerts that fired, as entries for the ledger.
  type: list
  elements: dict
  returned: always
"""

from ..module_utils.adapter import run_module
from ..module_utils.io.soak.soak_files import soak_folder
from ..module_utils.io.soak.soak_watch import SoakWatch

SPEC = {
    "state": {"type": "str", "choices": ["set", "look", "shown"], "default": "look"},
    "state_dir": {"type": "path", "required": True},
    "run": {"type": "str", "required": True},
    "watch": {"type": "dict", "default": {}},
    "notify": {"type": "dict", "default": {}, "no_log": True},
    "wait_seconds": {"type": "float", "default": 0},
    "until_job": {"type": "bool", "default": False},
}


def handle(params, check_mode):
    """Do what `state` says."""
    folder = soak_folder(params["state_dir"], params["run"])
    soak = SoakWatch(folder, params["state_dir"])
    nothing = {"changed": False, "measurements": [], "entries": []}
    if params["state"] == "set":
        return {**nothing, "changed": soak.set({**params["watch"], "run": params["run"]}, params["notify"], not check_mode)}
    if not folder.has("samples.sqlite") and (check_mode or params["state"] == "shown"):
        return {**nothing, "over": True}
    looking = params["state"] == "look" and not check_mode
    if looking:
        soak.wait(params["wait_seconds"], params["until_job"])
    status = soak.look(follow=looking)
    incidents = status.pop("incidents")
    return {
        "changed": False,
        "measurements": status.pop("measurements"),
        "entries": [{"kind": "alert", "body": incident} for incident in incidents],
        "over": status["finished"] or not status["supervised"] or bool(status["lost"]),
        "status": status,
    }


def main():
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
