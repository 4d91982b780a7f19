#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Start, watch, stop and collect the soak of a run."""

from __future__ import annotations

DOCUMENTATION = r"""
module: soak_agent
short_description: Start, watch, stop and collect the soak of a run
version_added: 0.1.0
description:
  - The soak agent is a small program of the standard library that samples host, containers, database and cache, and sends a
    constant light load. It is packed from the collection's own sources, and runs on the staging host by itself. A supervisor
    starts it again when it dies; what it missed is counted as a gap.
  - A unit or a container that was made for it is taken away when the soak is done and collected, or stopped.
  - Its memory is C(<state_dir>/soak/<run>/). A controller that goes away loses nothing.
author: ProoFile operations (@proofile)
options:
  state:
    description:
      - V(started) starts the soak, or brings its supervisor back; nothing changes when it runs, or is done.
      - V(status) tells how it stands.
      - V(collected) returns the measurements of the soak so far.
      - V(stopped) ends agent and supervisor; V(started) goes on later, with a counted gap.
    type: str
    choices: [started, status, collected, stopped]
    default: status
  state_dir:
    description: The state folder on the staging host.
    type: path
    required: true
  run:
    description: The run that is soaked.
    type: str
    required: true
  plan:
    description:
      - The plan, needed for O(state=started), with C(duration_seconds), C(interval_seconds), C(projects), C(postgres),
        C(cache), C(edge), C(probes), C(load) and C(logs).
      - It is fixed once the soak has begun.
    type: dict
  secrets:
    description: Values that the load's journeys name. Kept 0600 on the host until the soak is done.
    type: dict
    default: {}
  supervisor:
    description:
      - What brings the agent back when it dies. V(loop) is a process of its own, which ends with the machine.
      - V(auto) is V(systemd) where root may make units, else V(container) where O(image) is named, else V(loop).
      - V(systemd) is a unit that comes back after a reboot; it needs root and a host that systemd runs.
      - V(container) is a container of O(image) that comes back with the engine.
      - While a soak runs its supervisor stays what it is.
    type: str
    choices: [auto, loop, systemd, container]
    default: auto
  image:
    description: The image for O(supervisor=container). It is on the host and has C(python3), 3.9 or newer.
    type: str
    default: ''
  restart:
    description: Whether to move an earlier soak of this run aside and begin anew. Only for O(state=started).
    type: bool
    default: false
  wait_seconds:
    description: How long O(state=status) and O(state=collected) wait for the end of the soak first.
    type: float
    default: 0
"""

EXAMPLES = r"""
- name: Start the soak
  proofile.stagegate.soak_agent:
    state: started
    state_dir: /var/lib/stagegate/proofile
    run: r-20261123T101500Z-1a2b3c4d5e6f
    plan:
      duration_seconds: 86400
      interval_seconds: 5
      projects: [proofile-data, proofile-blue]
      postgres: {project: proofile-data, service: postgres}

- name: Look at it
  proofile.stagegate.soak_agent:
    state_dir: /var/lib/stagegate/proofile
    run: r-20261123T101500Z-1a2b3c4d5e6f
  register: soak
"""

RETURN = r"""
status:
  description:
    - How the soak stands. C(line) for people; C(finished), C(running), C(elapsed_seconds), C(remaining_seconds),
      C(coverage) (0 to 1), C(longest_gap_seconds), C(latest) (newest values), C(notes) (what failed).
  type: dict
  returned: when there is a soak
measurements:
  description: The soak's measurements (O(state=collected)), or that the sampler is alive (O(state=status), while it runs).
  type: list
  elements: dict
  returned: always
"""

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import InputError
from ..module_utils.core.soak.soak_plan import parse_plan
from ..module_utils.io.soak.soak_control import SoakControl
from ..module_utils.io.soak.soak_files import soak_folder

SPEC = {
    "state": {"type": "str", "choices": ["started", "status", "collected", "stopped"], "default": "status"},
    "state_dir": {"type": "path", "required": True},
    "run": {"type": "str", "required": True},
    "plan": {"type": "dict"},
    "secrets": {"type": "dict", "default": {}, "no_log": True},
    "supervisor": {"type": "str", "choices": ["auto", "loop", "systemd", "container"], "default": "auto"},
    "image": {"type": "str", "default": ""},
    "restart": {"type": "bool", "default": False},
    "wait_seconds": {"type": "float", "default": 0},
}


def started(control, params, check_mode):
    """Start the soak, or find it running."""
    raw = {**(params["plan"] or {}), "run": params["run"]}
    if params["plan"] is None:
        raise InputError("a soak needs a plan", where="plan")
    if check_mode:
        parse_plan(raw)
        return {"changed": params["restart"] or control.would_start(raw), "measurements": []}
    if params["restart"]:
        parse_plan(raw)
        control.set_aside()
    secrets = {name: str(value) for name, value in params["secrets"].items()}
    changed = control.start(raw, secrets, {"kind": params["supervisor"], "image": params["image"]})
    return {"changed": changed, "status": control.status(), "measurements": []}


def handle(params, check_mode):
    """Do what `state` says."""
    folder = soak_folder(params["state_dir"], params["run"])
    control = SoakControl(folder)
    state = params["state"]
    if state == "started":
        return started(control, params, check_mode)
    if check_mode and not folder.has("plan.json"):
        return {"changed": False, "measurements": []}
    if state == "stopped":
        return {"changed": control.runs() if check_mode else control.stop(), "measurements": []}
    if not check_mode:
        control.wait(params["wait_seconds"])
    status = control.status()
    if state == "collected":
        found = control.collect(params["state_dir"])
        if not check_mode:
            control.tidy()
        return {"changed": False, "status": status, "measurements": found}
    return {"changed": False, "status": status, "measurements": status.pop("measurements")}


def main():
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
