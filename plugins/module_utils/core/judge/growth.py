# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the judge says about an estimate beside its limit: from where on it would have been a FAIL, and when the level reaches a ceiling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Optional

from ..units import first_unit, show
from .criterion import Criterion
from .evidence import EvidenceBook, Loader
from .expression import Reference
from .held import Held, in_unit
from .measured import Measured
from .reach import reach_warning
from .trend import Trend


def seen_from(criterion: Criterion, measured: Measured, held: Held) -> str:
    """Say from which value on this much data would have been a FAIL; "" where it is no estimate, or has no doubt."""
    found = measured.estimate
    bounds = [answer.limit.bound for answer in held.answers if answer.limit.upper and not answer.limit.relative]
    if found is None or not bounds or not 0 < found.detection_limit < math.inf:
        return ""
    return f"; from {show(in_unit(criterion, min(bounds) + found.detection_limit), criterion.unit)} on it would have failed"


def ceilings_of(criterion: Criterion, book: EvidenceBook, name: str, load: Loader) -> tuple[Optional[float], ...]:
    """Return the ceiling of each warning about a growth, for the group `name`; None where the evidence does not say exactly one."""
    return tuple(
        reach.bound if reach.reference is None else _recorded(criterion, reach.reference, book, name, load) for reach in criterion.reaches
    )


def _recorded(criterion: Criterion, reference: Reference, book: EvidenceBook, name: str, load: Loader) -> Optional[float]:
    histories = book.histories(criterion.phase, reference)
    if criterion.each in reference.entry.labels:
        histories = [history for history in histories if dict(history[-1].labels).get(criterion.each) == name]
    if len(histories) != 1 or histories[0][-1].form == "histogram":
        return None
    samples = histories[0][-1].samples(load)
    return samples.last if len(samples) and samples.finite and math.isfinite(samples.last) else None


def reached(criterion: Criterion, measured: Measured, ceilings: Sequence[Optional[float]]) -> str:
    """Return the words of all warnings about a growth; "" when there is none."""
    growth = measured.estimate
    if not isinstance(growth, Trend):
        return ""
    unit = first_unit(criterion.expression.numerator.entry.dimension)
    said = [reach_warning(reach, growth, ceiling, unit) for reach, ceiling in zip(criterion.reaches, ceilings)]
    return "".join(f"; {words}" for words in said if words)
