# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter `unknown_role_variables`."""

from __future__ import annotations

DOCUMENTATION = r"""
name: unknown_role_variables
short_description: Find role variables that no role knows
version_added: 0.1.0
description:
  - Ansible accepts a misspelt role variable in silence. This filter holds names against the argument specs of all roles.
author: ProoFile operations (@proofile)
options:
  _input:
    description: Names of variables, such as those of C(hostvars).
    type: list
    elements: str
    required: true
  specs:
    description: Role name to the content of its C(meta/argument_specs.yml).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Look for misspelt role variables
  ansible.builtin.debug:
    msg: "{{ hostvars[inventory_hostname].keys() | proofile.stagegate.unknown_role_variables(specs) }}"
"""

RETURN = r"""
_value:
  description: C(checked), the number of role variables looked at, and C(unknown), a sentence for each that no role knows.
  type: dict
"""

from collections.abc import Iterable, Mapping
from typing import Any, Callable

from ansible.errors import AnsibleFilterError

from ..module_utils.core.errors import StagegateError
from ..module_utils.core.release.role_variables import examine


def unknown_role_variables(names: Iterable[str], specs: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """See DOCUMENTATION."""
    try:
        found = examine((str(name) for name in names), specs)
    except StagegateError as error:
        raise AnsibleFilterError(str(error)) from error
    unknown = [entry.name + (f" (did you mean {entry.nearest}?)" if entry.nearest else "") for entry in found.unknown]
    return {"checked": found.checked, "unknown": unknown}


class FilterModule:
    """Hands the filter to Ansible."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"unknown_role_variables": unknown_role_variables}
