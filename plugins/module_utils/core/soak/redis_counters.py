# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Cache counters from Redis' INFO text, or from a JSON document of the application."""

from __future__ import annotations

from typing import Optional

from ..eyes.api_journey import at_path, parsed


def from_info(text: str) -> Optional[tuple[int, int]]:
    """(hits, misses) since the server's start from `INFO stats`; None when either is not there."""
    values = info_values(text)
    hits, misses = values.get("keyspace_hits", ""), values.get("keyspace_misses", "")
    return (int(hits), int(misses)) if hits.isdigit() and misses.isdigit() else None


def from_json(text: str, hits_path: str = "hits", misses_path: str = "misses") -> Optional[tuple[int, int]]:
    """(hits, misses) from dotted paths of a JSON document; None when either is no whole number."""
    document = parsed(text)
    found = [at_path(document, path) for path in (hits_path, misses_path)]
    if any(isinstance(value, bool) or not isinstance(value, int) or value < 0 for value in found):
        return None
    return found[0], found[1]


def beside_hits(text: str) -> tuple[Optional[int], Optional[int], str]:
    """(bytes of memory used, keys evicted since the server's start, its run id) from INFO; None, None, "" for what it leaves out."""
    values = info_values(text)
    memory, evicted = values.get("used_memory", ""), values.get("evicted_keys", "")
    return int(memory) if memory.isdigit() else None, int(evicted) if evicted.isdigit() else None, values.get("run_id", "")


def info_values(text: str) -> dict[str, str]:
    """The `name:value` lines of INFO."""
    return dict(line.strip().split(":", 1) for line in text.splitlines() if ":" in line)
