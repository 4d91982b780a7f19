# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a backtest found, as lines for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..judge.verdict import policy_note
from ..text import plain
from .backtest import CHANGED, GONE_CRITERION, NEW, SAMPLES_GONE

WIDTH = 130
ROWS_SHOWN = 12
_UNKNOWN = ("UNKNOWN", "OUTDATED", "NEVER", "RUNNING")
_FINE = ("YES", "CLEAR", "GO")


def backtest_lines(result: Mapping[str, Any], policy_digest: str = "", policy: str = "") -> list[str]:
    """Return the report, a line an element: what changes for each run, then the sums.

    `policy_digest` and `policy` are those of the policy of now.
    """
    if not result["runs"]:
        return ["no run of this ledger got as far as a gate: there is nothing to replay"]
    count = len(result["runs"])
    lines: list[str] = []
    if policy:
        lines += [f"the evidence of {count} run{'s' if count > 1 else ''}, judged by the {plain(policy, 41)} policy as it is now", ""]
    for run in result["runs"]:
        lines += [*_run_lines(run, policy_digest), ""]
    lines.append(f"changed decisions: {result['changed_decisions']} of {result['decisions']}")
    lines.append(f"changed gates: {result['changed_gates']} of {result['judged_gates']}")
    if result["moved_runs"]:
        lines.append(f"runs that would stand elsewhere: {result['moved_runs']} of {count}")
    if result["incomplete_runs"]:
        incomplete = f"{result['incomplete_runs']} of {count}"
        lines.append(f"runs of which samples are gone: {incomplete}; what changes there may be due to that")
    return lines


def _run_lines(run: Mapping[str, Any], policy_digest: str) -> list[str]:
    other = ", judged by another policy" if policy_digest and policy_digest != run["policy_digest"] else ""
    lines = [f"run {plain(run['run'], 60)}, release {plain(run['release'], 12)}{policy_note(str(run['policy']))}{other}"]
    decision = run["decision"]
    told = [gate for gate in run["gates"] if gate["changed"] or gate["differences"]]
    same = [f"{gate['phase']} {plain(gate['then'], 10)}" for gate in run["gates"] if gate not in told]
    same += [f"the decision {plain(decision['then'], 10)}"] if decision["then"] and not decision["changed"] else []
    lines += [f"  the same: {', '.join(same)}"] if same else []
    for gate in told:
        lines += _gate_lines(gate)
    if decision["changed"]:
        lines.append(f"  X the decision {plain(decision['then'], 10)} -> {decision['now'] or 'none: the policy has no matrix'}")
        lines += _row_lines(decision["differences"])
    lines += [f"  the samples are gone: {', '.join(plain(path, 80) for path in run['gone'])}"] if run["gone"] else []
    stands = run["stands_at"]
    if stands["then"] != stands["now"]:
        lines.append(f"  stood {_place(stands['then'])}, would stand {_place(stands['now'])}")
    return lines


def _place(phase: str) -> str:
    return f"at {phase}" if phase else "at the end, all gates GO"


def _gate_lines(gate: Mapping[str, Any]) -> list[str]:
    then = plain(gate["then"], 10)
    verdicts = f"{then} -> {gate['now'] or 'no longer judged'}" if gate["changed"] else f"{then}, as then"
    lines = [f"  {'X' if gate['changed'] else ' '} {gate['phase']:<10} {verdicts}"]
    if gate["same_criteria"] and any(item["kind"] == CHANGED for item in gate["differences"]):
        lines.append("      its criteria are the same: the judge, the waivers or the samples are not")
    told = [item for item in gate["differences"] if item["kind"] != SAMPLES_GONE]
    # What made the difference comes first.
    for item in sorted(told, key=lambda item: not item["decisive"]):
        lines += _criterion_lines(item)
    gone = [plain(item["id"], 122) for item in gate["differences"] if item["kind"] == SAMPLES_GONE]
    return lines + ([f"      ? without their samples, so INCONCLUSIVE or worse: {', '.join(gone)}"] if gone else [])


def _criterion_lines(item: Mapping[str, Any]) -> list[str]:
    name = f"      {'X' if item['decisive'] else ' '} {plain(item['id'], 122)}"
    if item["kind"] == GONE_CRITERION:
        said = f"no longer judged, was {plain(item['then'], 40)}"
    elif item["kind"] == NEW:
        said = f"newly judged: {item['now']}"
    else:
        said = f"{plain(item['then'], 40)} -> {item['now']}"
    return [f"{name}  {said}", *_sentences(item)]


def _sentences(item: Mapping[str, Any]) -> list[str]:
    both = (("then", item["then_sentence"]), ("now ", item["now_sentence"]))
    return [f"          {word}: {plain(sentence, WIDTH)}" for word, sentence in both if sentence]


def _row_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Rows whose answer is known come with their sentence; of the others there may be many, as the phases that follow count no more."""
    unknown = [row for row in rows if row["now"] in _UNKNOWN and row["then"]]
    told = [row for row in rows if row not in unknown]
    lines = []
    for row in told[:ROWS_SHOWN]:
        lines.append(f"      {plain(row['id'], 122)}  {plain(row['then'], 10) or 'no row'} -> {row['now'] or 'no row'}")
        # The sentence of a good answer lists all that it rests on: that of the worse one says what happened.
        sentence = row["then_sentence"] if row["now"] in (*_FINE, "") else row["now_sentence"]
        lines += [f"          {plain(sentence, WIDTH)}"] if sentence else []
    lines += [f"      ... and {len(told) - ROWS_SHOWN} more"] if len(told) > ROWS_SHOWN else []
    return lines + ([f"      unknown now: {plain(', '.join(row['id'] for row in unknown), 4 * WIDTH)}"] if unknown else [])
