# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Counters of servers that begin again at 0 when they are restarted, made into totals that only grow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional


class RunningTotals:
    """Totals since the first look at each source.

    The counters of a source are read together and begin anew together: when it is another process (`identity`), or when any of them
    has fallen, all of them count from 0. Looked at one by one, a counter that is soon higher than before its restart would lose
    what it had counted since. `state` is plain JSON: kept with the samples, it lets an agent that comes back go on.
    """

    def __init__(self, state: Optional[Mapping[str, Any]] = None) -> None:
        self.state: dict[str, Any] = {
            source: {"identity": kept["identity"], "raw": dict(kept["raw"]), "totals": dict(kept["totals"])}
            for source, kept in (state or {}).items()
        }

    def advance(self, source: str, identity: str, raw: Mapping[str, int]) -> dict[str, int]:
        """Take a look at the counters of `source` in, and return their totals; those of the first look are 0."""
        kept = self.state.get(source)
        if kept is None:
            totals = dict.fromkeys(raw, 0)
        else:
            totals = dict(kept["totals"])
            anew = kept["identity"] != identity or any(raw.get(name, number) < number for name, number in kept["raw"].items())
            for name, number in raw.items():
                totals[name] = totals.get(name, 0) + number - (0 if anew else kept["raw"].get(name, 0))
        self.state[source] = {"identity": identity, "raw": dict(raw), "totals": totals}
        return totals
