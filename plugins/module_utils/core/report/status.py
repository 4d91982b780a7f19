# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The status report: where the newest run stands, in a few lines for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..ledger.runs import PHASES
from ..text import plain
from ..units import convert, parse_quantity
from .console import duration

_MARKS = {"GO": "ok", "RUNNING": "..", "NEVER": "  ", "OUTDATED": "!", "HOLD": "X", "FAIL": "X", "ERROR": "E"}


def status_lines(why: Mapping[str, Any], releases: Mapping[str, Any], ledger: Mapping[str, Any], planned: Mapping[str, str]) -> list[str]:
    """Return the report, a line an element. `planned` has the planned time of a phase as a quantity (`4 h`)."""
    lines = [plain(why["sentence"], 400), "", "phase        verdict    took         planned   attempts"]
    lines += [_phase_line(phase, why["phases"].get(phase, {}), planned) for phase in PHASES]
    lines += ["", *_release_lines(releases), "", *_ledger_lines(ledger)]
    return lines


def _phase_line(phase: str, state: Mapping[str, Any], planned: Mapping[str, str]) -> str:
    verdict = str(state.get("verdict", "NEVER"))
    seconds = state.get("seconds")
    took = duration(seconds) if isinstance(seconds, (int, float)) else "-"
    over = isinstance(seconds, (int, float)) and phase in planned and seconds > _seconds(planned[phase])
    plan = planned.get(phase, "-")
    mark = _MARKS.get(verdict, "?")
    return f"{phase:<12} {mark:<2} {verdict:<8}{took:<12} {plan:<9} {state.get('attempt', 0)}{'  longer than planned' if over else ''}"


def _release_lines(releases: Mapping[str, Any]) -> list[str]:
    known: Sequence[Mapping[str, Any]] = releases.get("releases", [])
    if not known:
        return ["no release has been deployed"]
    lines = ["releases, the one that changed last at the end:"]
    for item in known:
        notes = [word for word, true in (("serves", item["release"] == releases.get("current")), ("good", item["good"])) if true]
        if item["release"] == releases.get("rollback_target"):
            notes.append("a rollback goes here")
        lines.append(f"  {plain(item['release'], 12)}  {plain(item['state'], 12):<12} {', '.join(notes)}")
    return lines


def _ledger_lines(ledger: Mapping[str, Any]) -> list[str]:
    if ledger.get("verified"):
        return [f"the ledger is whole: {ledger.get('entries', 0)} entries, chain and heads agree"]
    return ["THE LEDGER IS DAMAGED:"] + [f"  {plain(problem, 200)}" for problem in ledger.get("problems", [])]


def _seconds(quantity: str) -> float:
    given = parse_quantity(quantity, "planned time")
    return convert(given.value, given.unit, "s")
