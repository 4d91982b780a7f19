#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write the environment file of a release."""

from __future__ import annotations

DOCUMENTATION = r"""
module: environment_file
short_description: Write the environment file of a release
version_added: 0.1.0
description:
  - Writes variables into a file that compose reads, for the owner only (0600), whole or not at all.
  - Values are quoted so that compose takes them as they are. No value is ever returned or shown as a diff.
author: ProoFile operations (@proofile)
options:
  paths:
    description: Files to write; all get the same content.
    type: list
    elements: path
    required: true
  variables:
    description: The variables. A value must have one line.
    type: dict
    required: true
attributes:
  check_mode:
    description: In check mode nothing is written.
    support: full
  diff_mode:
    description: Never, because the content is secret.
    support: none
"""

EXAMPLES = r"""
- name: Write the environment of the release
  proofile.stagegate.environment_file:
    paths: [/var/lib/stagegate/proofile/releases/1a2b3c4d5e6f/environment]
    variables: "{{ deploy_environment }}"
  no_log: true
"""

RETURN = r"""
variables:
  description: How many variables the file holds.
  returned: always
  type: int
measurements:
  description: Measurement C(environment.mode_bits) of the file with most permissions.
  returned: when the files are there
  type: list
  elements: dict
"""

import os
from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.measurement import measurement
from ..module_utils.core.release.environment import OWNER_ONLY, bits_beyond_owner, render
from ..module_utils.io.system.files import same_content, write_atomic

SPEC = {
    "paths": {"type": "list", "elements": "path", "required": True},
    "variables": {"type": "dict", "required": True, "no_log": True},
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Write what differs and look at the permissions afterwards."""
    text = render(params["variables"])
    differing = [path for path in params["paths"] if not same_content(path, text, OWNER_ONLY)]
    if not check_mode:
        for path in differing:
            write_atomic(path, text, OWNER_ONLY)
    there = [path for path in params["paths"] if os.path.exists(path)]
    bits = max((bits_beyond_owner(os.stat(path).st_mode) for path in there), default=0)
    facts = [measurement("environment.mode_bits", bits, "count", source="environment file of the release")] if there else []
    return {"changed": bool(differing), "variables": len(params["variables"]), "measurements": facts}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
