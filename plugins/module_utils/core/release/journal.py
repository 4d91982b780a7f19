# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journal: which step of which run began, ended or failed, one small line for each, so that a start after a kill knows where it is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from ..errors import InputError

# Every step that changes what runs, by the phase under which it works. A failpoint is <phase>.<step>.<before|after>.
STEPS: Mapping[str, tuple[str, ...]] = {
    "deploy": ("data", "rehearse", "migrate", "colour", "switch", "map", "clean"),
    "rollback": ("start", "back", "map"),
    "drill": ("data", "migrate", "colour", "switch", "map", "clean", "start", "back", "break", "end"),
    "validate": ("scenarios",),
}
BEFORE, AFTER, FAILED, TORN = "before", "after", "failed", "torn"


@dataclass(frozen=True)
class Line:
    """One line: `at` is before, after, failed, or torn (the line in front of it was cut off by a kill and taken out)."""

    time: str
    run: str
    release: str
    phase: str
    step: str
    at: str
    token: int

    @property
    def name(self) -> str:
        """The step with its phase: `deploy.switch`."""
        return f"{self.phase}.{self.step}"


def failpoints() -> list[str]:
    """All failpoints there are."""
    return [f"{phase}.{step}.{at}" for phase, steps in STEPS.items() for step in steps for at in (BEFORE, AFTER)]


def check_failpoint(name: str) -> str:
    """Return the name when it is empty or a known one; InputError with the list otherwise."""
    if name and name not in failpoints():
        raise InputError(f"unknown failpoint {name[:80]!r}", where="stagegate_failpoint", todo=f"known ones: {', '.join(failpoints())}")
    return name


def check_step(phase: str, step: str) -> None:
    """InputError unless the phase has such a step."""
    if step not in STEPS.get(phase, ()):
        known = ", ".join(f"{name}.{item}" for name, items in STEPS.items() for item in items)
        raise InputError(f"unknown step {phase[:40]}.{step[:40]}", where="parameter step", todo=f"known steps: {known}")


def line_text(line: Line) -> str:
    """The line as it stands in the file, with its line end."""
    return json.dumps(asdict(line), sort_keys=True) + "\n"


def read_lines(text: str) -> tuple[list[Line], str]:
    """Return the whole lines, and what stands behind the last line end: a line that a kill cut off. A line of another form is left out."""
    whole, end, torn = text.rpartition("\n")
    return [line for line in map(_line_of, whole.split("\n")) if line is not None] if end else [], torn


def _line_of(text: str) -> Line | None:
    try:
        body = json.loads(text)
        strings = {name: str(body[name]) for name in ("time", "run", "release", "phase", "step", "at")}
        return Line(token=int(body["token"]), **strings)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def newest_token(lines: Sequence[Line]) -> int:
    """The greatest token that any step had."""
    return max((line.token for line in lines), default=0)


def standing(lines: Sequence[Line], run: str) -> str:
    """Where the run stood when it was last at work: `resuming run X at step Y`; empty when it did nothing, or all of it has ended."""
    open_steps: list[Line] = []
    for line in lines:
        if line.run != run or line.at == TORN:
            continue
        open_steps = [item for item in open_steps if item.token >= line.token and item.name != line.name]
        if line.at == BEFORE:
            open_steps.append(line)
    if not open_steps:
        return ""
    # Of a step inside another one (the map inside the switch) the outer one is told: it is done again as a whole.
    first = open_steps[0]
    return f"resuming run {run} at step {first.name}, which began at {first.time} and did not end"


def last_step(lines: Sequence[Line], run: str) -> str:
    """The newest step of the run that ended, as `deploy.switch`; empty when there is none."""
    return next((line.name for line in reversed(lines) if line.run == run and line.at in (AFTER, FAILED)), "")
