#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bring the compose overrides of the inventory to a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: compose_overrides
short_description: Bring the compose overrides of the inventory to a host
version_added: 0.1.0
description:
  - Writes compose files that are kept with the inventory into a folder of the host, for the owner only.
  - One task where C(file) and a loop of C(copy) would be three and more.
author: ProoFile operations (@proofile)
options:
  folder:
    description: The folder; it is made (0700) where it is not there.
    type: path
    required: true
  names:
    description: Names of the files, without a path.
    type: list
    elements: str
    required: true
  contents:
    description: The text of each file, in the order of O(names).
    type: list
    elements: str
    required: true
attributes:
  check_mode:
    description: In check mode nothing is written.
    support: full
  diff_mode:
    description: The files are shown before and after.
    support: full
"""

EXAMPLES = r"""
- name: Bring the compose overrides here
  proofile.stagegate.compose_overrides:
    folder: /var/lib/stagegate/proofile/releases/1a2b3c4d5e6f/compose
    names: [compose.staging.yml]
    contents: "{{ query('ansible.builtin.file', 'files/compose.staging.yml', rstrip=false) }}"
"""

RETURN = r"""
paths:
  description: Where the files are on the host.
  returned: always
  type: list
  elements: str
"""

import os
from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.errors import InputError
from ..module_utils.io.system.files import ensure_folder, read_text, same_content, write_atomic

OWNER_ONLY = 0o600
SPEC = {
    "folder": {"type": "path", "required": True},
    "names": {"type": "list", "elements": "str", "required": True},
    "contents": {"type": "list", "elements": "str", "required": True},
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Write what differs."""
    wanted = _by_path(params["folder"], params["names"], params["contents"])
    differing = [path for path, text in wanted.items() if not same_content(path, text, OWNER_ONLY)]
    diff = [
        {"before_header": path, "after_header": path, "before": read_text(path) if os.path.exists(path) else "", "after": wanted[path]}
        for path in differing
    ]
    if not check_mode:
        ensure_folder(params["folder"])
        for path in differing:
            write_atomic(path, wanted[path], OWNER_ONLY)
    return {"changed": bool(differing), "paths": list(wanted), "diff": diff}


def _by_path(folder: str, names: list[str], contents: list[str]) -> dict[str, str]:
    if len(names) != len(contents):
        raise InputError(f"{len(names)} names and {len(contents)} contents do not belong together", where="parameters names, contents")
    for name in names:
        if name in ("", ".", "..") or os.path.basename(name) != name:
            raise InputError(f"{name[:80]!r} is no name of a file", where="parameter names", todo="give names without a path")
        if names.count(name) > 1:
            raise InputError(f"two overrides are called {name[:80]!r}", where="parameter names", todo="give each its own name")
    return {os.path.join(folder, name): text for name, text in zip(names, contents)}


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
