# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A measurement: one typed fact about a release, as a gather module hands it over."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from .buckets import check_buckets
from .catalogue import SLIS
from .errors import EvidenceError
from .units import dimension_of

DETAIL_LINES = 50
DETAIL_CHARS = 500


def measurement(
    sli: str,
    value: Optional[float],
    unit: str,
    labels: Optional[Mapping[str, str]] = None,
    source: str = "",
    detail: Any = None,
    samples: Optional[Sequence[tuple[float, float]]] = None,
    series: Optional[Mapping[str, str]] = None,
    histogram: Optional[Sequence[Sequence[Any]]] = None,
) -> dict[str, Any]:
    """Return the measurement as a plain dict, ready for the ledger.

    `value` is a number in `unit`, or None with `samples` ([unix seconds, value] pairs), `series` (a reference into the state
    folder) or `histogram` ([upper bound, cumulative count] pairs, the last bound may be "+Inf"). A value that could not be measured
    is never 0: leave the measurement out, the gate then says no_data.
    Raises EvidenceError for an SLI that is not in the catalogue, a unit of another dimension, a label that the SLI does not
    have, or a value that is no finite number.
    """
    _check_sli(sli, unit, labels or {})
    if sum(given is not None for given in (value, samples, series, histogram)) != 1:
        raise EvidenceError(f"{sli} needs exactly one of value, samples, series, histogram")
    if histogram is not None and SLIS[sli].kind == "counter":
        raise EvidenceError(f"{sli} is a counter and has no histogram")
    if value is not None and not math.isfinite(_number(sli, value)):
        raise EvidenceError(f"{sli} is no finite number: {str(value)[:40]!r}")
    body: dict[str, Any] = {"sli": sli, "labels": dict(labels or {}), "unit": unit, "source": source}
    if value is not None:
        body["value"] = value
    if samples is not None:
        body["samples"] = [[_number(sli, at), _number(sli, number)] for at, number in samples]
    if series is not None:
        body["series"] = dict(series)
    if histogram is not None:
        body["histogram"] = check_buckets(histogram)
    if detail:
        body["detail"] = _clipped(detail)
    return body


def _check_sli(sli: str, unit: str, labels: Mapping[str, str]) -> None:
    entry = SLIS.get(sli)
    if entry is None:
        raise EvidenceError(f"unknown SLI {sli[:80]!r}", why="it is not in core/catalogue.py", todo="add it there with its dimension")
    if dimension_of(unit) != entry.dimension:
        raise EvidenceError(f"{sli} cannot be measured in {unit[:40]!r}", why=f"its dimension is {entry.dimension}")
    unknown = sorted(set(labels) - set(entry.labels))
    if unknown:
        raise EvidenceError(f"{sli} has no label {unknown[0][:80]!r}", why=f"its labels are {', '.join(entry.labels) or 'none'}")


def _number(sli: str, value: Any) -> float:
    """A sample may be NaN, which never passes; it may not be a text or a boolean, which would look like a number."""
    try:
        if not isinstance(value, bool) and isinstance(value, (int, float)):
            return float(value)
    except OverflowError:
        pass
    raise EvidenceError(f"{sli} is no finite number: {str(value)[:40]!r}")


def _clipped(detail: Any) -> list[str]:
    """Evidence text is bounded: at most DETAIL_LINES lines of DETAIL_CHARS characters."""
    lines = [detail] if isinstance(detail, str) else list(detail)
    kept = [str(line)[:DETAIL_CHARS] for line in lines[:DETAIL_LINES]]
    if len(lines) > DETAIL_LINES:
        kept.append(f"... and {len(lines) - DETAIL_LINES} more")
    return kept
