# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one place where the collection's code meets AnsibleModule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from ansible.module_utils.basic import AnsibleModule

from .core.errors import StagegateError
from .zip_finder import find_once

# Here, because every module imports this first.
find_once(__spec__, ("core", "io"))

Handler = Callable[[Mapping[str, Any], bool], Mapping[str, Any]]


def run_module(argument_spec: Mapping[str, Any], handler: Handler, **options: Sequence[Any]) -> None:
    """Run `handler(params, check_mode)` as a module.

    The handler returns the result (with `changed`). Every StagegateError becomes one message: what, where, why, what to do.
    `options` go to AnsibleModule (required_if, mutually_exclusive, ...). Check mode is always supported.
    """
    module = AnsibleModule(argument_spec=dict(argument_spec), supports_check_mode=True, **options)
    try:
        result = handler(module.params, module.check_mode)
    except StagegateError as error:
        module.fail_json(
            msg=str(error),
            error={"what": error.what, "where": error.where, "why": error.why, "todo": error.todo},
        )
    module.exit_json(**result)
