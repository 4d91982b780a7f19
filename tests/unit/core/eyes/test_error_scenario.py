# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.eyes import error_scenario as core

CHECK = {"request": "GET /api/nothing", "expect": 404}
JOURNEY = {"name": "page", "steps": [{"open": "/"}]}


def test_a_scenario_is_read():
    (scenario,) = core.parse_scenarios([{"name": "database_down", "stop": ["postgres"], "steps": [CHECK], "journeys": [JOURNEY]}])
    assert (scenario.stop, len(scenario.steps), len(scenario.journeys)) == (("postgres",), 1, 1)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ([], "at least one scenario"),
        ([{"name": "a", "stop": ["postgres"]}], "without a check nothing is shown"),
        ([{"name": "a", "stop": "postgres", "steps": [CHECK]}], "stop is a list"),
        ([{"name": "A b", "steps": [CHECK]}], "is no name of a scenario"),
        ([{"name": "a", "stp": [], "steps": [CHECK]}], "did you mean 'stop'"),
        ([{"name": "a", "steps": [CHECK]}] * 2, "two scenarios"),
        (["a"], "a scenario is a mapping"),
    ],
)
def test_a_scenario_that_shows_nothing_is_refused(raw, said):
    with pytest.raises(InputError, match=said):
        core.parse_scenarios(raw)


@pytest.mark.parametrize(
    "text",
    [
        'Traceback (most recent call last):\n  File "a.py"',
        "Error\n    at run (/app/server.js:1)",
        "(psycopg.OperationalError) refused",
    ],
)
def test_a_stack_trace_in_an_answer_is_found(text):
    assert core.unclean(text)


def test_a_clean_answer_is_clean():
    assert core.unclean('{"detail": "The database is not available"}') == []


def test_failures_and_what_is_not_whole_are_counted():
    facts = core.scenario_measurements([core.ScenarioResult("not_found", 2, ("bad",))], ["redis: exited"])
    assert [(fact["sli"], fact["value"]) for fact in facts] == [
        ("scenario.checks", 2),
        ("scenario.failed", 1),
        ("scenario.unrepaired", 1),
    ]
