#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write down that a job of a soak has begun or ended."""

from __future__ import annotations

DOCUMENTATION = r"""
module: soak_job
short_description: Write down that a job of a soak has begun or ended
version_added: 0.1.0
description:
  - A run counts as done when it has ended. What was only begun, because its train was killed, is due again while its slot is open, and
    is missed after that.
  - The journal is C(<state_dir>/soak/<run>/jobs.jsonl). M(proofile.stagegate.soak_watch) tells what is due.
author: ProoFile operations (@proofile)
options:
  state:
    description: What has happened.
    type: str
    choices: [begun, ended]
    required: true
  state_dir:
    description: The state folder on the staging host.
    type: path
    required: true
  run:
    description: The run that is soaked.
    type: str
    required: true
  job:
    description: The name of the job.
    type: str
    required: true
  slot:
    description: The number of the run, as M(proofile.stagegate.soak_watch) told it.
    type: int
    required: true
  measurements:
    description:
      - What the run has measured, for O(state=ended). Failed cases, steps and requests are counted; none at all is a run that failed.
    type: list
    elements: dict
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
- name: The suite has been run
  proofile.stagegate.soak_job:
    state: ended
    state_dir: /var/lib/stagegate/proofile
    run: r-20261123T101500Z-1a2b3c4d5e6f
    job: e2e
    slot: 3
    measurements: "{{ suite.measurements }}"
"""

RETURN = r"""
failures:
  description: How much failed in the run.
  type: int
  returned: always
"""

from ..module_utils.adapter import run_module
from ..module_utils.core.soak.watch_record import failures_in
from ..module_utils.io.soak.soak_files import soak_folder
from ..module_utils.io.soak.soak_jobs import JobJournal
from ..module_utils.io.system import clock

SPEC = {
    "state": {"type": "str", "choices": ["begun", "ended"], "required": True},
    "state_dir": {"type": "path", "required": True},
    "run": {"type": "str", "required": True},
    "job": {"type": "str", "required": True},
    "slot": {"type": "int", "required": True},
    "measurements": {"type": "list", "elements": "dict", "default": []},
}


def handle(params, check_mode):
    """Write the line."""
    failures = failures_in(params["measurements"]) if params["state"] == "ended" else 0
    if not check_mode:
        folder = soak_folder(params["state_dir"], params["run"])
        JobJournal(folder, clock.now).append(params["state"], params["job"], params["slot"], failures)
    # That a run was made is recorded; nothing of the system has changed.
    return {"changed": False, "failures": failures}


def main():
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
