#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look for critical errors in the logs of the stack."""

from __future__ import annotations

DOCUMENTATION = r"""
module: log_scan
short_description: Look for critical errors in the logs of the stack
version_added: 0.1.0
description:
  - Reads what the containers of the data project, the edge and one colour wrote since a time. JSON lines are judged by their level,
    other lines by patterns. Excerpts are masked and clipped.
author: ProoFile operations (@proofile)
options:
  application:
    description: Name of the application.
    type: str
    required: true
  colour:
    description: The colour whose services are looked at.
    type: str
    required: true
    choices: [blue, green]
  since:
    description: Since when, RFC 3339. Empty takes everything that the engine has kept.
    type: str
    default: ''
  patterns:
    description: Regular expressions of critical lines that are not JSON. Empty takes the built-in ones.
    type: list
    elements: str
    default: []
  ignored:
    description: Regular expressions of lines that are never critical, added to the built-in ones.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Works the same.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Look for critical errors since the deploy began
  proofile.stagegate.log_scan:
    application: proofile
    colour: green
    since: "2026-11-23T10:15:00.000Z"
"""

RETURN = r"""
critical:
  description: Critical lines of all services.
  returned: always
  type: int
measurements:
  description: C(log.lines) and C(log.critical) for each service.
  returned: always
  type: list
  elements: dict
"""

import tempfile
from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.measurement import measurement
from ..module_utils.core.release.compose_plan import project_name, single_part
from ..module_utils.core.release.log_scan import DEFAULT_IGNORED, DEFAULT_PATTERNS
from ..module_utils.io.engine.docker_cli import Engine
from ..module_utils.io.sources.log_search import scan_stream

SPEC = {
    "application": {"type": "str", "required": True},
    "colour": {"type": "str", "required": True, "choices": ["blue", "green"]},
    "since": {"type": "str", "default": ""},
    "patterns": {"type": "list", "elements": "str", "default": []},
    "ignored": {"type": "list", "elements": "str", "default": []},
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Scan the log of every container of the stack."""
    engine = Engine()
    patterns, ignored = params["patterns"] or DEFAULT_PATTERNS, [*DEFAULT_IGNORED, *params["ignored"]]
    facts, total = [], 0
    for part in ("data", params["colour"], single_part(params["colour"]), "edge"):
        for item in engine.containers(project_name(params["application"], part)):
            with tempfile.TemporaryFile() as log:
                log.write(engine.logs(item.name, since=params["since"]).encode())
                found = scan_stream(log, patterns, ignored)
            total += found.critical
            labels, source = {"service": item.service}, f"docker logs {item.name}"
            facts.append(measurement("log.lines", found.lines, "count", labels, source))
            facts.append(measurement("log.critical", found.critical, "count", labels, source, detail=found.excerpts))
    return {"changed": False, "critical": total, "measurements": facts}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
