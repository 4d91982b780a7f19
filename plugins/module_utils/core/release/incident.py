# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The record of an incident: what happened, from which release to which, and what is to be done next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

VERDICTS = ("ROLLED_BACK", "ROLLBACK_FAILED")
_UNSAFE = str.maketrans({"`": "'", "|": "/", "<": "(", ">": ")", "\n": " ", "\r": " "})


@dataclass(frozen=True)
class Incident:
    """One rollback, as it is written into the ledger and the state folder. Times are RFC 3339 UTC."""

    verdict: str
    run: str
    cause: str
    reason: str
    from_release: str
    to_release: str
    who: str
    started: str
    ended: str
    seconds_to_restore: float
    steps: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def body(self) -> dict[str, Any]:
        """The ledger entry and the JSON file."""
        return {
            "verdict": self.verdict,
            "cause": self.cause,
            "reason": self.reason,
            "run": self.run,
            "from": self.from_release,
            "to": self.to_release,
            "who": self.who,
            "started": self.started,
            "ended": self.ended,
            "seconds_to_restore": round(self.seconds_to_restore, 3),
            "steps": list(self.steps),
            "notes": list(self.notes),
            "next": list(next_steps(self.verdict, self.reason)),
        }


def next_steps(verdict: str, reason: str) -> Sequence[str]:
    """What people do now."""
    if verdict == "ROLLBACK_FAILED":
        return (
            "The stack is degraded: treat it as an outage and call the person on duty.",
            "Read the steps below and the container logs; repair by hand, or deploy a release that is known to be good.",
            "Roll back again when the obstacle is gone: the command can be repeated.",
        )
    if reason == "drill":
        return ("This was a drill: bring the newer release forward again and record the times.",)
    return (
        "Fix the cause on the develop branch, with a test that shows it.",
        "The release that was left is marked bad and is refused until a fixed commit takes its place.",
        "Re-test the areas named in the cause, then start again at phase 1 with the new commit.",
    )


def markdown(incident: Incident) -> str:
    """The record for people. Texts of other programs are shown as text, never as markup."""
    rows = (
        ("verdict", incident.verdict),
        ("cause", incident.cause),
        ("reason", incident.reason),
        ("run", incident.run),
        ("from release", incident.from_release or "none"),
        ("to release", incident.to_release or "none"),
        ("who", incident.who),
        ("started", incident.started),
        ("ended", incident.ended),
        ("time to restore", f"{incident.seconds_to_restore:.1f} s"),
    )
    lines = [f"# Incident: {incident.verdict} {incident.started}", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {_text(value)} |" for name, value in rows]
    for title, items in (
        ("What was done", incident.steps),
        ("Notes", incident.notes),
        ("What to do next", next_steps(incident.verdict, incident.reason)),
    ):
        if items:
            lines += ["", f"## {title}", ""] + [f"- {_text(item)}" for item in items]
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    return str(value).translate(_UNSAFE)[:1000]
