"""A misspelt role variable is found, with the name that was meant."""

from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.role_variables import Unknown, examine

SPECS = {"deploy": {"argument_specs": {"main": {"options": {"deploy_timeout_seconds": {}}}, "other": {}}}}


def test_unknown_variables_of_a_role_come_with_the_nearest_name() -> None:
    found = examine(["deploy_timeout_seconds", "deploy_timeout_second", "deployment", "other_thing"], SPECS)
    assert found.checked == 2
    assert found.unknown == (Unknown("deploy_timeout_second", "deploy_timeout_seconds"),)


def test_a_role_without_argument_specs_is_refused() -> None:
    with pytest.raises(InputError, match="no argument specs"):
        examine([], {"deploy": {}})
