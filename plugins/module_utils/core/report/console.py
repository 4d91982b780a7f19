# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lines for the terminal: what a run looks like to the person who watches it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

WIDTH = 100
QUIET_SECONDS = 1.0
NOISE = re.compile(r"^(set_fact|validate_argument_spec|include_\w+|import_\w+|meta|set_stats|assert|debug)$")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def heading(title: str, clock: str) -> str:
    """A rule with the play's name on the left and the time of day on the right, WIDTH columns wide."""
    left = f"── {title} "
    return left + "─" * max(2, WIDTH - len(left) - len(clock) - 1) + " " + clock


def at_work(name: str, columns: int) -> str:
    """The task that is at work now, cut so that it does not wrap in a terminal of so many columns."""
    text = f"  … {CONTROL.sub('', name)}"
    return text if len(text) < columns else text[: max(0, columns - 2)] + "…"


def task_line(mark: str, name: str, seconds: float, remark: str = "") -> str:
    """One task: a mark, its name, how long it took, and a remark."""
    label = name if len(name) <= 71 else name[:70] + "…"
    return f"  {mark} {label:<71}  {duration(seconds):>10}  {remark}".rstrip()


def duration(seconds: float) -> str:
    """0.4 s, 12 s, 3 min 05 s, 2 h 10 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def worth_a_line(action: str, changed: bool, seconds: float) -> bool:
    """A task is shown when it changed something or took a while; bookkeeping tasks are not."""
    short = action.rsplit(".", 1)[-1]
    return not NOISE.match(short) and (changed or seconds >= QUIET_SECONDS)


def message_lines(result: Mapping[str, Any]) -> list[str]:
    """What a result has to say to the person: its `message`, or the text of a debug task. Control characters are removed."""
    said = result.get("message") or result.get("msg") or ""
    lines = said if isinstance(said, list) else str(said).split("\n")
    return [CONTROL.sub("", str(line)) for line in lines]


def failure_lines(result: Mapping[str, Any]) -> list[str]:
    """A failure as what, where, why, what to do; anything else as its message."""
    error = result.get("error")
    if isinstance(error, Mapping) and error.get("what"):
        rows = [
            ("", error["what"]),
            ("where: ", error.get("where")),
            ("why: ", error.get("why")),
            ("what to do: ", error.get("todo")),
        ]
        return [CONTROL.sub("", f"{label}{text}") for label, text in rows if text]
    lines = [part for line in message_lines(result) for part in line.split(" | ")]
    tail = str(result.get("stderr") or "").strip().split("\n")[-8:]
    return lines + [CONTROL.sub("", line) for line in tail if line and line not in lines]
