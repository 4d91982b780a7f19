# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The buckets of a measured histogram: cumulative counts below upper bounds, as they stand in the ledger."""

from __future__ import annotations

import math
from typing import Any, Optional

from .errors import EvidenceError

BUCKETS_LIMIT = 1000


def check_buckets(given: Any) -> list[list[Any]]:
    """Return [[upper bound, count], ...] as it goes into the ledger ("+Inf" as text); EvidenceError says what is wrong with it."""
    if not isinstance(given, (list, tuple)) or not 0 < len(given) <= BUCKETS_LIMIT:
        raise EvidenceError(f"a histogram is a list of one to {BUCKETS_LIMIT} buckets [upper bound, count]")
    buckets: list[list[Any]] = []
    for number, item in enumerate(given):
        if not isinstance(item, (list, tuple)) or len(item) != 2:
            raise EvidenceError("a bucket is [upper bound, count]", where=f"histogram[{number}]", why=repr(item)[:60])
        bound, count = _bound(item[0], number == len(given) - 1), _finite(item[1])
        if bound is None or count is None or count < 0:
            raise EvidenceError("a bucket needs a finite bound (the last one may be +Inf) and a count", where=f"histogram[{number}]")
        if buckets and not (bound_of(buckets[-1][0]) < bound and buckets[-1][1] <= count):
            raise EvidenceError("bounds must rise and cumulative counts must not fall", where=f"histogram[{number}]")
        buckets.append(["+Inf" if math.isinf(bound) else bound, count])
    return buckets


def bound_of(bound: Any) -> float:
    """Return the upper bound of a checked bucket as a number."""
    return math.inf if bound == "+Inf" else float(bound)


def _bound(given: Any, last: bool) -> Optional[float]:
    if given == "+Inf" or (isinstance(given, float) and given == math.inf):
        return math.inf if last else None
    return _finite(given)


def _finite(given: Any) -> Optional[float]:
    try:
        number = float(given) if isinstance(given, (int, float)) and not isinstance(given, bool) else math.nan
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
