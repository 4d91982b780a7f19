# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lookup `role_specs`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: role_specs
short_description: Read the argument specs of all roles in a folder
version_added: 0.1.0
description:
  - Returns one dict, role name to the content of its C(meta/argument_specs.yml). Roles without that file are left out.
author: ProoFile operations (@proofile)
options:
  _terms:
    description: Folders that hold roles.
    type: list
    elements: path
    required: true
"""

EXAMPLES = r"""
- name: Which variables do the roles know?
  ansible.builtin.debug:
    msg: "{{ lookup('proofile.stagegate.role_specs', role_path ~ '/..') }}"
"""

RETURN = r"""
_raw:
  description: One dict for each folder.
  type: list
  elements: dict
"""

import os

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(self, terms, variables=None, **kwargs):
        """Read each folder."""
        return [self._specs(os.path.abspath(folder)) for folder in terms]

    def _specs(self, folder):
        paths = {name: os.path.join(folder, name, "meta", "argument_specs.yml") for name in sorted(os.listdir(folder))}
        found = {name: self._loader.load_from_file(path) for name, path in paths.items() if os.path.isfile(path)}
        if not found:
            raise AnsibleLookupError(f"no role with argument specs stands in {folder}")
        return found
