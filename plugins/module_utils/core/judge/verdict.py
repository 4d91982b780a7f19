# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From outcomes to the verdict of a gate. The table stands in docs/criteria.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import InputError
from ..ledger.runs import GO, HOLD
from ..text import plain
from .evidence import EvidenceBook, Loader
from .grounds import with_grounds
from .judge import judge
from .outcome import ERROR, FAIL, GOOD, INCONCLUSIVE, PASS, WARN, Outcome, status_text
from .policy import Gate
from .waiver import Waiver
from .way_to_go import FEW, named, short_way_to_go, way_text

REFERENCE_POLICY = "staging"
SENTENCE = 200
WAY_SHOWN = 5
_SCORES = {PASS: 1.0, WARN: 0.5}


def judge_gate(gate: Gate, book: EvidenceBook, load: Loader, now: float, waivers: Sequence[Waiver] = ()) -> list[Outcome]:
    """Judge all criteria of a gate; none is ever left out."""
    return with_grounds(gate.criteria, [judge(criterion, book, load, now, waivers) for criterion in gate.criteria])


def gate_verdict(outcomes: Sequence[Outcome]) -> str:
    """Return GO, HOLD, FAIL or ERROR. InputError when nothing decides."""
    deciding = [outcome for outcome in outcomes if not outcome.observe]
    if not deciding:
        raise InputError("nothing was judged that could decide", todo="give the gate a criterion that does not only observe")
    if any(outcome.status == FAIL and outcome.key for outcome in deciding):
        return FAIL
    if any(outcome.status == ERROR for outcome in deciding):
        return ERROR
    return GO if all(outcome.status in GOOD for outcome in deciding) else HOLD


def gate_score(outcomes: Sequence[Outcome]) -> float:
    """Return the weighted share of what passed, 0 to 100: to be shown, and for nothing else. A WARN counts half, a waiver nothing."""
    deciding = [outcome for outcome in outcomes if not outcome.observe]
    whole = sum(outcome.weight for outcome in deciding)
    got = sum(outcome.weight * _SCORES.get(outcome.status, 0.0) for outcome in deciding)
    return round(100 * got / whole, 1) if whole else 0.0


def policy_note(policy: str) -> str:
    """Return ` (demo policy)` for every policy but the reference one."""
    return "" if policy == REFERENCE_POLICY else f" ({plain(policy, 41)} policy)"


def failed_ids(outcomes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the ids that keep the gate from GO."""
    return [str(outcome["id"]) for outcome in outcomes if not outcome["observe"] and outcome["status"] not in GOOD]


def gate_line(phase: str, verdict: str, policy: str) -> str:
    """Return the verdict in one short line."""
    return f"gate {phase}: {verdict}{policy_note(policy)}"


def gate_message(phase: str, verdict: str, policy: str, outcomes: Sequence[dict[str, Any]]) -> str:
    """Return one message that names the verdict and every criterion in its way."""
    text = gate_line(phase, verdict, policy)
    if verdict == GO:
        return text
    in_the_way = [item for item in outcomes if item["id"] in failed_ids(outcomes)]
    unknown = [item for item in in_the_way if item["status"] == INCONCLUSIVE]
    # A phase that stopped early leaves many criteria without evidence: they are named, the others are explained.
    short = len(unknown) > FEW
    told = [item for item in in_the_way if not (short and item in unknown)]
    sentences = [f"{item['id']} {status_text(item)}: {plain(item['sentence'], SENTENCE)}" for item in told]
    sentences += [f"INCONCLUSIVE: {named([str(item['id']) for item in unknown])}"] if short else []
    way = way_text(short_way_to_go(in_the_way), WAY_SHOWN)
    return " | ".join([text, *sentences, *(line.strip() for line in way)])
