"""Warnings and errors are found in what a build printed, and a cached step proves nothing."""

from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.build_log import command_runs, findings, ran, read_steps

LOG = """\
#0 building with "default" instance using docker driver

#1 [internal] load build definition from Dockerfile
#1 transferring dockerfile: 442B done
#1 DONE 0.0s

#4 [deps 2/3] RUN npm ci
#4 CACHED

#8 [builder 2/2] RUN npm run build
#8 0.365 > next build
#8 0.400 npm warn config production Use `--omit=dev` instead.
#8 0.500 npm warn deprecated foo@1.0.0: no longer supported
#8 1.000 \x1b[33m⚠ Compiled with warnings\x1b[0m
#8 DONE 0.4s
"""


def _lines(*lines: str) -> list[object]:
    return read_steps("#1 [a 1/1] RUN x\n" + "".join(f"#1 0.1 {line}\n" for line in lines) + "#1 DONE 1s\n")


def test_steps_come_with_state_and_output() -> None:
    steps = read_steps(LOG)
    assert [step.state for step in steps] == ["done", "cached", "done"]
    assert len(steps[2].output) == 4
    assert [step.name for step in ran(steps)] == ["[builder 2/2] RUN npm run build"]


def test_warnings_are_found_and_npm_s_notices_about_its_configuration_are_not() -> None:
    assert [(item.kind, item.tool) for item in findings(read_steps(LOG))] == [("warning", "npm"), ("warning", "next")]


def test_a_cached_command_was_not_seen_to_run() -> None:
    assert command_runs(read_steps(LOG), "npm ci").run == 0
    assert command_runs(read_steps(LOG), "npm run build").run == 1


def test_a_failed_step_is_an_error_and_a_failed_command() -> None:
    steps = read_steps('#3 [b 1/1] RUN poetry build\n#3 0.2 boom\n#3 ERROR: process "/bin/sh" did not complete: exit code: 1\n')
    assert command_runs(steps, "poetry build").failed == 1
    assert findings(steps)[-1].kind == "error"


def test_a_step_that_never_ended_counts_as_failed() -> None:
    assert command_runs(read_steps("#3 [b 1/1] RUN poetry build\n#3 0.2 begun\n"), "poetry build").failed == 1


@pytest.mark.parametrize(
    "line",
    [
        "WARNING: Running pip as root",
        "app/x.py:3: DeprecationWarning: old",
        "Warning: poetry.lock is not up to date",
        "W: Failed to fetch",
        "./app/page.tsx:3:1 Warning: img",
        "warning: unused variable",
        "main.c:3:1: warning: unused",
        "[WARN] something",
    ],
)
def test_warnings_of_many_tools_are_seen(line: str) -> None:
    assert [item.kind for item in findings(_lines(line))] == ["warning"]


@pytest.mark.parametrize(
    "line",
    [
        "npm error code E404",
        "ERROR: No matching distribution",
        "E: Unable to locate package",
        "Failed to compile.",
        "Error: boom",
        "Type error: x",
        "main.c:3:1: error: no",
    ],
)
def test_errors_of_many_tools_are_seen(line: str) -> None:
    assert [item.kind for item in findings(_lines(line))] == ["error"]


@pytest.mark.parametrize(
    "line",
    [
        "found 0 vulnerabilities",
        "0 errors, 0 warnings",
        "Compiled successfully",
        "Selecting package liberror-perl",
        "  - Building wheel",
        "Get:1 libwarning",
        "Errors are handled in app/errors.py",
    ],
)
def test_harmless_lines_are_neither(line: str) -> None:
    assert findings(_lines(line)) == []


def test_an_ignored_pattern_needs_a_reason() -> None:
    steps = _lines("WARNING: known")
    assert findings(steps, [{"pattern": "known$", "reason": "agreed"}]) == []
    with pytest.raises(InputError, match="no reason"):
        findings(steps, [{"pattern": "known$", "reason": " "}])
    with pytest.raises(InputError, match="cannot be used"):
        findings(steps, [{"pattern": "(", "reason": "agreed"}])
