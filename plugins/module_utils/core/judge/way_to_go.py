# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What would make a gate, or the decision, GO: the fewest changes, each one named once with the criteria that rest on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..text import plain
from .outcome import ERROR, GOOD

NAMED = 6
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
    return [f"{change} ({_named(ids)})" for change, ids in needed.items()]


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


def _named(ids: Sequence[str]) -> str:
    return ", ".join(ids[:NAMED]) + (f" and {len(ids) - NAMED} more" if len(ids) > NAMED else "")
