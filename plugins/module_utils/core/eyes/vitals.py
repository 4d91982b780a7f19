# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Web Vitals of a page: the median of several loads, because one load is worthless."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Optional

from ..measurement import measurement

# name -> (SLI, unit, the browser's units in one of ours)
VITALS = {
    "fcp": ("vitals.fcp", "s", 1000.0),
    "lcp": ("vitals.lcp", "s", 1000.0),
    "cls": ("vitals.cls", "1", 1.0),
    "ttfb": ("vitals.ttfb", "s", 1000.0),
}


@dataclass(frozen=True)
class Load:
    """The vitals of one page load: FCP, LCP and TTFB in seconds, CLS without unit."""

    fcp: float
    lcp: float
    cls: float
    ttfb: float


def parse_load(raw: Any) -> Optional[Load]:
    """Read what the page's own observers saw (milliseconds; CLS without unit). None when a vital is missing or no sane number."""
    if not isinstance(raw, Mapping):
        return None
    values = {}
    for name, (_sli, _unit, factor) in VITALS.items():
        value = raw.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
            return None
        values[name] = value / factor
    return Load(**values)


def vitals_measurements(page: str, loads: Sequence[Load], source: str, detail: Sequence[str] = ()) -> list[dict[str, Any]]:
    """vitals.* of one page. Without a whole load only vitals.loads = 0 is recorded: the vitals are then no data."""
    labels = {"page": page}
    facts = [measurement("vitals.loads", len(loads), "count", labels, source, list(detail))]
    if not loads:
        return facts
    for name, (sli, unit, _factor) in VITALS.items():
        values = sorted(getattr(load, name) for load in loads)
        spread = f"{len(values)} loads, {values[0]:.4g} to {values[-1]:.4g}"
        facts.append(measurement(sli, round(median(values), 5), unit, labels, source, spread))
    return facts
