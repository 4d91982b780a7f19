#!/usr/bin/python
# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Export one commit of the application, and say how it stands to the main branch."""

from __future__ import annotations

DOCUMENTATION = r"""
module: source_export
short_description: Export one commit of the application
version_added: 0.1.0
description:
  - Resolves a branch, tag or commit id and exports its tree to C(<state_dir>/source/<release>). A work tree is never exported.
  - Of a repository that is not a folder on this host a mirror is kept in the state folder and brought up to date first.
  - Measures C(git.commits_off_main) and C(git.dirty_files).
author: ProoFile operations (@proofile)
options:
  repository:
    description: The git repository, as a folder on this host or as an address.
    type: str
    required: true
  ref:
    description: Branch, tag or commit id.
    type: str
    default: main
  main_branch:
    description: The branch on which a release must be.
    type: str
    default: main
  state_dir:
    description: The state folder of the application.
    type: path
    required: true
attributes:
  check_mode:
    description: In check mode the commit is resolved and nothing is exported. The mirror is brought up to date all the same.
    support: full
  diff_mode:
    description: The tree is not shown.
    support: none
"""

EXAMPLES = r"""
- name: Export the release
  proofile.stagegate.source_export:
    repository: /srv/git/proofile.git
    ref: v2.0.0
    state_dir: /var/lib/stagegate/proofile
  register: source
"""

RETURN = r"""
commit:
  description: The full commit id.
  returned: always
  type: str
release:
  description: Its first 12 digits.
  returned: always
  type: str
source_dir:
  description: Where the export stands.
  returned: always
  type: str
commits_off_main:
  description: 1 when the commit is not on the main branch, else 0.
  returned: always
  type: int
dirty_files:
  description: Files of a work tree at this commit that differ from it.
  returned: always
  type: int
measurements:
  description: Measurements for the ledger.
  returned: always
  type: list
  elements: dict
"""

import os
from collections.abc import Mapping
from typing import Any

from ..module_utils.adapter import run_module
from ..module_utils.core.measurement import measurement
from ..module_utils.io.build.source import Repository, exported_commit, mark_exported

SPEC = {
    "repository": {"type": "str", "required": True},
    "ref": {"type": "str", "default": "main"},
    "main_branch": {"type": "str", "default": "main"},
    "state_dir": {"type": "path", "required": True},
}


def handle(params: Mapping[str, Any], check_mode: bool) -> Mapping[str, Any]:
    """Resolve, export when it is not there yet, measure."""
    repository = Repository(params["repository"], params["state_dir"])
    repository.fetch()
    facts = repository.facts(params["ref"], params["main_branch"])
    target = os.path.join(params["state_dir"], "source", facts.release)
    changed = exported_commit(target) != facts.commit
    if changed and not check_mode:
        repository.export(facts.commit, target)
        mark_exported(target, facts.commit)
    off_main = 0 if facts.on_main else 1
    why = "" if facts.on_main else f"{facts.release} is not on {params['main_branch']}: merge it first"
    return {
        "changed": changed,
        "commit": facts.commit,
        "release": facts.release,
        "source_dir": target,
        "commits_off_main": off_main,
        "dirty_files": len(facts.dirty),
        "measurements": [
            measurement("git.commits_off_main", off_main, "count", source="git merge-base", detail=why),
            measurement("git.dirty_files", len(facts.dirty), "count", source="git status", detail=facts.dirty),
        ],
    }


def main() -> None:
    """Run the module."""
    run_module(SPEC, handle)


if __name__ == "__main__":
    main()
