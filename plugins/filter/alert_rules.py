# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters from the policy to Prometheus's alert rules, and to the unit tests of these. Each has its documentation beside this file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils.core.alerts import alert_rule_tests as tests
from ..module_utils.core.alerts import alert_rules as rules
from ..module_utils.core.alerts.alert_queries import read_queries
from ..module_utils.core.errors import InputError, StagegateError
from ..module_utils.core.judge.policy import read_policy


def alert_rules(gates: Any, queries: Any, policy: Any, no_data_for: Any = rules.NO_DATA_FOR, from_pass: Any = None) -> dict[str, Any]:
    """Return the rules file of Prometheus as a dictionary."""
    try:
        settings = rules.read_settings(policy, no_data_for, from_pass)
        return rules.alert_rules(rules.read_alerts(read_policy(gates), read_queries(queries), settings), settings)
    except StagegateError as error:
        raise AnsibleFilterError(f"alert_rules: {error}") from error


def alert_rule_tests(
    gates: Any, queries: Any, policy: Any, no_data_for: Any = rules.NO_DATA_FOR, from_pass: Any = None, rule_file: Any = "alerts.yml"
) -> dict[str, Any]:
    """Return the document for `promtool test rules` as a dictionary."""
    try:
        if not isinstance(rule_file, str) or not rule_file:
            raise InputError("rule_file is the path of the rules, seen from the tests", why=f"found {rule_file!r}"[:80])
        settings = rules.read_settings(policy, no_data_for, from_pass)
        alerts = rules.read_alerts(read_policy(gates), read_queries(queries), settings)
        return tests.alert_rule_tests(alerts, settings, rule_file)
    except StagegateError as error:
        raise AnsibleFilterError(f"alert_rule_tests: {error}") from error


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"alert_rules": alert_rules, "alert_rule_tests": alert_rule_tests}
