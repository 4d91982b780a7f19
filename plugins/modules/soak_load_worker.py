#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Start and stop workers of a soak's load on a host that only sends."""

from __future__ import annotations

DOCUMENTATION = r"""
module: soak_load_worker
short_description: Start and stop workers of a soak's load on a host that only sends
version_added: 0.1.0
description:
  - A soak whose load is sent by locust has a master on the host that soaks. This module starts workers of it on another host, and a
    keeper, which starts a worker again when it ends and takes all of them away after O(seconds), or when it is asked to stop.
  - Workers send nothing before they have reached the master of the same run, load and secrets, and end within seconds when it is gone.
  - Their folder is C(<state_dir>/load/<run>/<name>/). Python and locust are all that the host needs.
author: ProoFile operations (@proofile)
options:
  state:
    description:
      - V(started) starts the workers; nothing changes when the same ones run.
      - V(stopped) ends keeper and workers.
    type: str
    choices: [started, stopped]
    default: started
  state_dir:
    description: The state folder on this host.
    type: path
    required: true
  run:
    description: The run that is soaked.
    type: str
    required: true
  name:
    description: The name of this host, by which its workers are told from others on the same machine.
    type: str
    required: true
  load:
    description: The load as the plan of the soak_agent module has it, with C(remote_workers) and C(port). Needed for O(state=started).
    type: dict
  program:
    description: The path of locust on this host; empty finds it by its name.
    type: str
    default: ''
  secrets:
    description: Values that the load's journeys name. Kept 0600 on this host until the workers end.
    type: dict
    default: {}
  first:
    description: The number of the first worker of this host, from 0; those of the host that soaks come before all others.
    type: int
    default: 1
  count:
    description: How many workers this host has.
    type: int
    default: 1
  master_host:
    description: The address under which this host reaches the host that soaks. Needed for O(state=started).
    type: str
    default: ''
  seconds:
    description: After how many seconds the workers end by themselves. A later deadline starts them anew.
    type: float
    default: 86400
"""

EXAMPLES = r"""
- name: Send a half of the load from here
  proofile.stagegate.soak_load_worker:
    state_dir: /var/lib/stagegate/proofile
    run: r-20261123T101500Z-1a2b3c4d5e6f
    name: "{{ inventory_hostname }}"
    master_host: 192.0.2.10
    first: 1
    load:
      engine: locust
      base_url: https://staging.example
      rate_per_second: 50
      workers: 16
      processes: 1
      remote_workers: 1
      bind: 192.0.2.10
      mix: [{steps: [{request: GET /login}]}]
"""

RETURN = r"""
pid:
  description: The process id of the keeper, 0 where none lives.
  type: int
  returned: always
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import InputError
from ..module_utils.core.soak.soak_plan import parse_load
from ..module_utils.io.soak.load_worker import Share, workers_of

SPEC = {
    "state": {"type": "str", "choices": ["started", "stopped"], "default": "started"},
    "state_dir": {"type": "path", "required": True},
    "run": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "load": {"type": "dict"},
    "program": {"type": "str", "default": ""},
    "secrets": {"type": "dict", "default": {}, "no_log": True},
    "first": {"type": "int", "default": 1},
    "count": {"type": "int", "default": 1},
    "master_host": {"type": "str", "default": ""},
    "seconds": {"type": "float", "default": 86400},
}


def share_of(params: Mapping[str, Any]) -> Share:
    """What this host sends."""
    load = parse_load({**(params["load"] or {}), "program": params["program"]})
    if not params["load"] or not load:
        raise InputError("workers need a load", where="load")
    return Share(params["run"], load, params["first"], params["count"], params["master_host"], params["seconds"])


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Do what `state` says."""
    workers = workers_of(params["state_dir"], params["run"], params["name"])
    if params["state"] == "stopped":
        changed = workers.keeper() is not None if check_mode else workers.stop()
    else:
        share, secrets = share_of(params), {name: str(value) for name, value in params["secrets"].items()}
        changed = workers.would_start(share, secrets) if check_mode else workers.start(share, secrets)
    return {"changed": changed, "pid": workers.keeper() or 0}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
