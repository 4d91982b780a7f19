# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module policy_check: what is wrong is a result; a policy that cannot be read is an error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.modules import policy_check


def checked(limit: str, **options: Any) -> Any:
    gates = {"smoke": {"criteria": [{"id": "smoke.pages", "sli": "browser.pages", "pass": limit}]}}
    return policy_check.handle({"gates": gates, "decision": {}, "details": False, **options}, False)


@pytest.mark.parametrize(("limit", "wrong"), [(">= 4 count", []), (">= 0 count", ["smoke.pages"])])
def test_it_names_what_cannot_fail(limit: str, wrong: list[str]) -> None:
    answer = checked(limit)
    assert [problem["id"] for problem in answer["problems"]] == wrong
    assert (answer["changed"], answer["criteria"]) == (False, 1)
    assert len(answer["lines"]) == 1 + len(wrong)


def test_details_show_where_each_limit_flips() -> None:
    lines = checked(">= 4 count", details=True)["lines"]
    assert "passes at 4, fails at 3" in lines[0]


def test_the_answer_can_be_written_as_json() -> None:
    assert json.loads(json.dumps(checked("< 4 count"), allow_nan=False))["asked"] > 5


def test_a_policy_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(InputError, match="unit"):
        checked(">= 4 kB")
