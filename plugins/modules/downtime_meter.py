#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Measure what users see while something is done to the stack."""

from __future__ import annotations

DOCUMENTATION = r"""
module: downtime_meter
short_description: Measure what users see while something is done to the stack
version_added: 0.1.0
description:
  - V(started) leaves a small process on this host that asks the public addresses at a constant rate, each time on a new connection. It
    ends by itself when nobody ends it.
  - V(stopped) ends it and returns what it counted. Where none was started, it returns nothing.
  - Requests count from the first good answer of their address on, so that the first deployment on an empty host is not measured against
    a time in which nothing could serve.
  - A request that the meter could not send in time is counted as dropped. Whether others failed is then unknown, unless one is known to
    have failed, and C(downtime.failed) is left out, so that a criterion about it is inconclusive.
  - Measuring is not a change.
author: ProoFile operations (@proofile)
options:
  state:
    description: What is to be done.
    type: str
    choices: [started, stopped]
    required: true
  state_dir:
    description: The state folder of the application on this host.
    type: path
    required: true
  run:
    description: The id of the run.
    type: str
    required: true
  during:
    description: What is measured; it becomes a label of the measurements.
    type: str
    choices: [deploy, rollback, drill]
    default: deploy
  urls:
    description: The public addresses, asked in turn. An answer is good when its status is below 400. Needed to start it.
    type: list
    elements: str
    default: []
  rate_per_second:
    description: Requests per second over all addresses.
    type: float
    default: 20
  request_timeout_seconds:
    description: How long one answer may take before it is a failure.
    type: float
    default: 5
  late_seconds:
    description: How late the meter may be with a request before it is not sent any more, and counted as dropped.
    type: float
    default: 1
  slow_seconds:
    description: Answers that take longer are counted as slow.
    type: float
    default: 1
  deadline_seconds:
    description: When the process ends by itself.
    type: float
    default: 3600
attributes:
  check_mode:
    description: In check mode nothing is started and nothing is ended.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Begin to measure
  proofile.stagegate.downtime_meter:
    state: started
    state_dir: /var/lib/stagegate/proofile
    run: r-20261123T101500Z-1a2b3c4d5e6f
    urls: ["http://localhost:8000/health", "http://localhost:3000/login"]

- name: See what was measured
  proofile.stagegate.downtime_meter:
    state: stopped
    state_dir: /var/lib/stagegate/proofile
    run: r-20261123T101500Z-1a2b3c4d5e6f
  register: downtime
"""

RETURN = r"""
started:
  description: True when a process was started, false when it was at work already.
  returned: O(state=started)
  type: bool
measured:
  description: True when there was a measurement to be read.
  returned: O(state=stopped)
  type: bool
message:
  description: One sentence for people.
  returned: always
  type: str
measurements:
  description: C(downtime.requests), C(downtime.dropped), C(downtime.slow), and where known C(downtime.failed), C(downtime.longest_gap).
  returned: always
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.release.downtime import DURING, downtime_measurements, parse_plan, summary
from ..module_utils.io.release.downtime_meter import DowntimeMeter

SPEC = {
    "state": {"type": "str", "required": True, "choices": ["started", "stopped"]},
    "state_dir": {"type": "path", "required": True},
    "run": {"type": "str", "required": True},
    "during": {"type": "str", "choices": list(DURING), "default": "deploy"},
    "urls": {"type": "list", "elements": "str", "default": []},
    "rate_per_second": {"type": "float", "default": 20},
    "request_timeout_seconds": {"type": "float", "default": 5},
    "late_seconds": {"type": "float", "default": 1},
    "slow_seconds": {"type": "float", "default": 1},
    "deadline_seconds": {"type": "float", "default": 3600},
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Start, or end and read."""
    meter = DowntimeMeter(params["state_dir"], params["run"], params["during"])
    if params["state"] == "started":
        return _started(meter, params, check_mode)
    found = None if check_mode else meter.stop()
    if found is None:
        return {"changed": False, "measured": False, "message": "nothing was measured", "measurements": []}
    plan, reading = found
    facts = downtime_measurements(reading, plan, params["during"], params["slow_seconds"])
    return {"changed": False, "measured": True, "message": f"during the {params['during']}: {summary(facts)}", "measurements": facts}


def _started(meter: DowntimeMeter, params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    raw = {
        "urls": params["urls"],
        "rate": params["rate_per_second"],
        "timeout": params["request_timeout_seconds"],
        "late": params["late_seconds"],
        "deadline": params["deadline_seconds"],
    }
    parse_plan(raw)
    begun = False if check_mode else meter.start(raw)
    message = "the meter measures" if begun else "the meter is at work already"
    return {"changed": False, "started": begun, "message": message, "measurements": []}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
