# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tables for the terminal and for the documentation, made of outcomes, decisions and policies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap
from typing import Any

from ..errors import InputError
from ..judge.limit import alternatives_text
from ..judge.outcome import INCONCLUSIVE, is_unmeasured, status_text
from ..judge.policy import Policy
from ..judge.verdict import REFERENCE_POLICY, policy_note
from ..judge.way_to_go import FEW, short_way_to_go, way_text
from ..text import plain
from ..units import show_time

_MARKS = {
    "PASS": "ok",
    "WARN": "!",
    "WAIVED": "w",
    "FAIL": "X",
    "INCONCLUSIVE": "?",
    "ERROR": "E",
    "YES": "ok",
    "CLEAR": "ok",
    "NO": "X",
    "HOLD": "X",
    "UNKNOWN": "?",
}
WIDTH = 110


def verdict_table(outcomes: Sequence[Mapping[str, Any]]) -> str:
    """Return the outcomes of a gate as an aligned table, and what would make it GO.

    `*` marks key criteria, `(observed)` those that do not decide. Many that nothing was measured for, as of a phase that stopped
    early, share a row.
    """
    rows, together = [], _unmeasured(outcomes)
    for outcome in outcomes:
        if any(outcome in group for group in together.values()):
            continue
        name = f"{outcome['id']}{'*' if outcome.get('key') else ''}"
        sentence = plain(outcome["sentence"], WIDTH) + (" (observed)" if outcome.get("observe") else "")
        rows.append((_mark(outcome["status"]), name, status_text(outcome), sentence))
    for title, group in together.items():
        texts = wrap("nothing was measured: " + ", ".join(f"{item['id']}{'*' if item.get('key') else ''}" for item in group), WIDTH)
        rows.append((_mark(INCONCLUSIVE), f"{len(group)} criteria", INCONCLUSIVE, texts[0] + (title if len(texts) == 1 else "")))
        rows += [("", "", "", text + (title if text == texts[-1] else "")) for text in texts[1:]]
    return "\n".join([_aligned(rows), *_indented(way_text(short_way_to_go(outcomes)))]) if rows else ""


def decision_table(decision: Mapping[str, Any], policy: str = REFERENCE_POLICY) -> str:
    """Return the decision with its GO rows, HOLD rows and gates as one text; it names a policy that is not the reference one."""
    parts = []
    for title, rows in (("GO: every answer must be YES", decision["go"]), ("HOLD: every answer must be CLEAR", decision["hold"])):
        parts.append(title)
        lines = [(_mark(row["answer"]), row["title"], row["answer"], plain(row["sentence"], WIDTH)) for row in rows]
        parts.append(_aligned([(mark, plain(name, 60), answer, text) for mark, name, answer, text in lines]))
    parts.append("gates: " + ", ".join(f"{gate['phase']} {gate['verdict']}" for gate in decision["gates"]))
    parts += _indented(way_text(decision.get("way_to_go", ())))
    parts.append(f"decision: {decision['decision']}{policy_note(policy)}")
    return "\n".join(parts)


def policy_table(policy: Policy) -> str:
    """Return the phases with their criteria, limits and plan points as a Markdown table."""
    lines = ["| phase | criterion | what is judged | limit | plan |", "|---|---|---|---|---|"]
    for gate in policy.gates.values():
        for criterion in gate.criteria:
            text = criterion.subject
            text += f", joined by {criterion.across}" if criterion.across and criterion.across != criterion.aggregation.name else ""
            text += f", each {criterion.each}" if criterion.each else ""
            text += f", every {show_time(criterion.every)}" if criterion.every else ""
            limit = criterion.limit_text + (f", warns at {alternatives_text(criterion.warnings)}" if criterion.warnings else "")
            limit += "".join(f", warns when it {reach}" for reach in criterion.reaches)
            limit += " (observed)" if criterion.observe else ""
            name = f"**{criterion.id}**" if criterion.key else criterion.id
            lines.append(f"| {gate.phase} | {name} | `{text}` | {limit} | {', '.join(criterion.covers)} |")
    return "\n".join(lines) + "\n"


def matrix_table(policy: Policy) -> str:
    """Return the go/no-go matrix as a Markdown table."""
    lines = ["| row | question | rests on | plan |", "|---|---|---|---|"]
    for row in policy.go + policy.hold:
        rests = [f"`{need}`" for need in row.needs]
        if row.when is not None:
            rests.append(f"`{row.when.expression.text}` {row.when.limit_text}")
        lines.append(f"| {row.id} | {row.title} | {', '.join(rests)} | {', '.join(row.covers)} |")
    return "\n".join(lines) + "\n"


def uncovered_points(requirements: Mapping[str, Any], policy: Policy) -> list[str]:
    """Return the ids of the plan's points ({section: {id: ...}}) that nothing covers; InputError for unknown ids."""
    points = [str(name) for section in requirements.values() for name in section]
    covered = _covered(policy)
    foreign = sorted(covered - set(points))
    if foreign:
        raise InputError(f"the policy covers {foreign[0]!r}, which is no point of the plan", where="covers")
    return [name for name in points if name not in covered]


def _unmeasured(outcomes: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Those that nothing was measured for, where they are more than a few, under what is said at the end of their row."""
    groups = {
        title: [item for item in outcomes if is_unmeasured(item) and bool(item.get("observe")) == observed]
        for title, observed in (("", False), (" (observed)", True))
    }
    return {title: group for title, group in groups.items() if len(group) > FEW}


def _covered(policy: Policy) -> set[str]:
    named: Iterable[tuple[str, ...]] = (
        *(criterion.covers for gate in policy.gates.values() for criterion in gate.criteria),
        *(row.covers for row in policy.go + policy.hold),
    )
    return {point for points in named for point in points}


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _mark(answer: str) -> str:
    return _MARKS.get(answer, "?")


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    widths: dict[int, int] = {}
    for row in rows:
        for column, cell in enumerate(row[:-1]):
            widths[column] = max(widths.get(column, 0), len(cell))
    return "\n".join("  " + "  ".join(cell.ljust(widths.get(column, 0)) for column, cell in enumerate(row)).rstrip() for row in rows)
