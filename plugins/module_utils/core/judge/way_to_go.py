# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What would make a gate, or the decision, GO: the fewest changes, each one named once with the criteria that rest on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..text import plain
from .outcome import ERROR, GOOD, is_unmeasured

NAMED = 6
FEW = 3  # as many are told one by one
WIDTH = 300


def way_to_go(outcomes: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return one sentence for each change that is needed before all deciding outcomes are good; [] when they are."""
    needed: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.get("observe") or outcome["status"] in GOOD:
            continue
        for change in _changes(outcome):
            ids = needed.setdefault(change, [])
            if outcome["id"] not in ids:
                ids.append(str(outcome["id"]))
    return [f"{change} ({named(ids)})" for change, ids in needed.items()]


def short_way_to_go(outcomes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return `way_to_go` for people: a phase that stopped early is one step, not one for each criterion that nothing was measured for."""
    unmeasured = [outcome for outcome in outcomes if is_unmeasured(outcome) and not outcome.get("observe")]
    if len(way_to_go(unmeasured)) <= FEW:
        return way_to_go(outcomes)
    names = [str(outcome["id"]) for outcome in unmeasured]
    rest = f"let the phase come to its end: for {len(names)} criteria nothing was measured ({named(names)})"
    return [*way_to_go([outcome for outcome in outcomes if not is_unmeasured(outcome)]), rest]


def named(ids: Sequence[str]) -> str:
    """Return the first ids, and how many there are beside them."""
    return ", ".join(ids[:NAMED]) + (f" and {len(ids) - NAMED} more" if len(ids) > NAMED else "")


def way_text(way: Sequence[str], most: int = 10) -> list[str]:
    """Return the lines for people under the heading `to make it GO:`; [] when nothing is needed."""
    if not way:
        return []
    lines = ["to make it GO:", *(f"  - {plain(step, WIDTH)}" for step in way[:most])]
    return [*lines, f"  - and {len(way) - most} more"] if len(way) > most else lines


def _changes(outcome: Mapping[str, Any]) -> list[str]:
    if outcome["status"] == ERROR:
        return [f"repair the evidence: {plain(outcome.get('sentence', ''), WIDTH)}"]
    return [str(change) for change in outcome.get("changes") or ()] or [f"make it good: {plain(outcome.get('sentence', ''), WIDTH)}"]
