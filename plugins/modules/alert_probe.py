#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Send a test alert and see whether it arrives."""

from __future__ import annotations

DOCUMENTATION = r"""
module: alert_probe
short_description: Send a test alert and see whether it arrives
version_added: 0.1.0
description:
  - Sends an alert with a marker of its own by the code that sends real ones, and looks for the marker where it must arrive.
  - Without O(receipt_url) it listens itself, on the loopback interface, for as long as the task lasts.
  - An alert that does not arrive is evidence, not a failure of the module. In check mode nothing is sent.
author: ProoFile operations (@proofile)
options:
  webhook_url:
    description:
      - Where alerts are sent. Without O(receipt_url) it must be a loopback address with a port, or empty (any free port).
    type: str
    default: ""
  receipt_url:
    description: An address that shows the alerts that arrived; read until the marker is seen.
    type: str
    default: ""
  application:
    description: The application that the alert names.
    type: str
    required: true
  run:
    description: The run that the alert names.
    type: str
    required: true
  timeout_seconds:
    description: How long the alert may take.
    type: float
    default: 30
"""

EXAMPLES = r"""
- name: Send a test alert and receive it
  proofile.stagegate.alert_probe:
    application: proofile
    run: r-20261123T101500Z-1a2b3c4d5e6f
"""

RETURN = r"""
received:
  description: True when the alert arrived. False in check mode.
  type: bool
  returned: always
entries:
  description: An C(alert) entry for the ledger.
  type: list
  elements: dict
  returned: always
measurements:
  description: monitor.test_alerts_sent and monitor.test_alerts_received.
  type: list
  elements: dict
  returned: always
"""

import uuid

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import InputError
from ..module_utils.core.measurement import measurement
from ..module_utils.io.alerts.alert_probe import through_receiver, through_sink

SPEC = {
    "webhook_url": {"type": "str", "default": ""},
    "receipt_url": {"type": "str", "default": ""},
    "application": {"type": "str", "required": True},
    "run": {"type": "str", "required": True},
    "timeout_seconds": {"type": "float", "default": 30},
}


def handle(params, check_mode):
    """Send the alert, look for it, tell what became of it."""
    url, receipt = params["webhook_url"], params["receipt_url"]
    if receipt and not url:
        raise InputError("receipt_url needs webhook_url", where="webhook_url", todo="say where alerts are sent")
    if check_mode:
        return {"changed": False, "received": False, "entries": [], "measurements": []}
    marker = f"stagegate-test-{uuid.uuid4().hex}"
    alert = {
        "title": f"{params['application']}: test alert",
        "text": "This is a test. Nobody needs to act.",
        "severity": "test",
        "run": params["run"],
        "marker": marker,
    }
    timeout = params["timeout_seconds"]
    seen = through_receiver(url, receipt, alert, marker, timeout) if receipt else through_sink(url, alert, marker, timeout)
    body = {**alert, "received": seen.received, "seconds": seen.seconds, "via": seen.via, "why": seen.why}
    return {
        "changed": False,
        "received": seen.received,
        "entries": [{"kind": "alert", "body": body}],
        "measurements": [
            measurement("monitor.test_alerts_sent", 1, "count", source=seen.via),
            measurement("monitor.test_alerts_received", int(seen.received), "count", source=seen.via, detail=seen.why),
        ],
    }


def main():
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
