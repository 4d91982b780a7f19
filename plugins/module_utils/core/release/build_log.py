# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a build printed: steps, warnings and errors, read from BuildKit's plain progress.

A cached step prints nothing. So a log says which steps really ran, and a judge of warnings needs the log of the run that
made the layers (see io/build/stage_build.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import InputError

_STEP = re.compile(r"^#(\d+) (\[.+)$")
_STATE = re.compile(r"^#(\d+) (CACHED|DONE\b.*|CANCELED|ERROR:? ?(?P<why>.*))$")
_OUTPUT = re.compile(r"^#(\d+) (?:\d+\.\d+ )(.*)$")
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

# (tool, what a line must match). The order does not matter: one line is one finding.
WARNINGS = (
    ("npm", r"^npm (warn|WARN)\b(?! config| Unknown (env|user|project|builtin|global|cli) config)"),
    ("next", r"^\s*⚠"),
    ("next", r"^\s*(\./\S+:)?\d+:\d+\s+Warning:"),
    ("python", r"\b[A-Z]\w*Warning: "),
    ("pip", r"^\s*WARNING: "),
    ("poetry", r"^\s*Warning: |lock file is not up to date|poetry\.lock is not up to date"),
    ("docker", r"^\s*(- )?\w+: .*\(line \d+\)$"),
    ("apt", r"^W: "),
    ("any", r"(?i)^\s*(\[?warn(ing)?\]?)\s*[:\s-]"),
    ("any", r"(?i)^\S+:\s*warning:\s"),
)
ERRORS = (
    ("npm", r"^npm (error|ERR!)"),
    ("next", r"^\s*(\u2a2f|Failed to compile|Type error:)|^\s*(\./\S+:)?\d+:\d+\s+Error:"),
    ("python", r"^Traceback \(most recent call last\)|^\s*ModuleNotFoundError: |^\s*SyntaxError: "),
    ("pip", r"^\s*ERROR: "),
    ("apt", r"^E: "),
    ("any", r"(?i)^\s*\[?error\]?\s*[:\s-]"),
    ("any", r"(?i)^\S+:\s*(fatal )?error:\s"),
)


@dataclass(frozen=True)
class Step:
    """One step of a build; `state` is cached, done, failed or unknown (it never ended)."""

    name: str
    state: str
    output: tuple[str, ...]


@dataclass(frozen=True)
class Finding:
    """A line of the output that is a warning or an error."""

    kind: str
    tool: str
    text: str


@dataclass(frozen=True)
class Commands:
    """How often a build command was seen to run, and how often it failed."""

    run: int
    failed: int


def read_steps(text: str) -> list[Step]:
    """The steps of a plain progress log, in the order of their start."""
    names: dict[str, str] = {}
    states: dict[str, str] = {}
    output: dict[str, list[str]] = {}
    for raw in text.split("\n"):
        line = _ANSI.sub("", raw.rstrip("\r"))
        state = _STATE.match(line)
        if state:
            states[state.group(1)] = _state(state.group(2))
            continue
        printed = _OUTPUT.match(line)
        if printed:
            # A progress bar redraws its line: what stood there last is what was said.
            output.setdefault(printed.group(1), []).append(printed.group(2).split("\r")[-1])
            continue
        step = _STEP.match(line)
        if step and step.group(1) not in names:
            names[step.group(1)] = step.group(2)
    return [Step(name, states.get(key, "unknown"), tuple(output.get(key, ()))) for key, name in names.items()]


def ran(steps: Iterable[Step]) -> list[Step]:
    """The steps that ran a command in this build, not taken from the cache."""
    return [step for step in steps if " RUN " in step.name and step.state in ("done", "failed")]


def findings(steps: Sequence[Step], ignore: Sequence[Mapping[str, str]] = ()) -> list[Finding]:
    """Warnings and errors in the output of all steps; `ignore` holds {pattern, reason}. Raises InputError for a bad pattern."""
    ignored = [_pattern(entry) for entry in ignore]
    found: list[Finding] = []
    for step in steps:
        for line in step.output:
            kind, tool = _classify(line)
            if kind and not any(pattern.search(line) for pattern in ignored):
                found.append(Finding(kind, tool, line.strip()[:400]))
        if step.state == "failed":
            found.append(Finding("error", "docker", f"step failed: {step.name[:300]}"))
    return found


def command_runs(steps: Sequence[Step], match: str) -> Commands:
    """How the RUN steps whose line holds `match` ended; a cached step counts neither way."""
    steps = [step for step in steps if " RUN " in step.name and match in step.name]
    return Commands(sum(step.state == "done" for step in steps), sum(step.state in ("failed", "unknown") for step in steps))


def _state(text: str) -> str:
    if text == "CACHED":
        return "cached"
    return "done" if text.startswith("DONE") else "failed"


def _classify(line: str) -> tuple[str, str]:
    for kind, table in (("error", ERRORS), ("warning", WARNINGS)):
        for tool, pattern in table:
            if re.search(pattern, line):
                return kind, tool
    return "", ""


def _pattern(entry: Mapping[str, str]) -> re.Pattern[str]:
    if not str(entry.get("reason") or "").strip():
        raise InputError(
            "an ignored pattern has no reason",
            where=str(entry.get("pattern"))[:200],
            todo="say why it is no warning of this release",
        )
    try:
        return re.compile(str(entry["pattern"]))
    except (KeyError, re.error) as error:
        raise InputError("an ignored pattern cannot be used", where=str(entry)[:200], why=str(error)) from error
