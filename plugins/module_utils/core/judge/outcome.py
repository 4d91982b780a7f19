# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What came out of judging one criterion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Optional

PASS, WARN, FAIL, INCONCLUSIVE, ERROR, WAIVED = "PASS", "WARN", "FAIL", "INCONCLUSIVE", "ERROR", "WAIVED"
GOOD = (PASS, WARN, WAIVED)
# Worst first: of several groups the worst speaks for the criterion.
SEVERITY = (ERROR, FAIL, INCONCLUSIVE, WARN, WAIVED, PASS)
REASONS = ("no_data", "stale", "short", "gap", "other_release", "no_baseline", "not_finite", "ambiguous", "low_power", "no_ground")
UNMEASURED = ("no_data", "other_release", "stale")


@dataclass(frozen=True)
class Outcome:
    """One outcome. `value`, `low`, `high`, `baseline` and `distance` are in `unit`; None is unknown, or not there.

    `distance` > 0 is room left, < 0 is what is missing. `low` and `high` are the interval that was judged, when there was one. `n` is
    the number looked at (samples, or the denominator of a ratio of counts), `coverage` a ratio, `evidence` the seqs of the ledger
    entries, `changes` what would make it good.
    """

    id: str
    status: str
    sentence: str
    limit: str
    unit: str
    reason: str = ""
    value: Optional[float] = None
    distance: Optional[float] = None
    n: int = 0
    evidence: tuple[int, ...] = ()
    group: str = ""
    key: bool = False
    observe: bool = False
    covers: tuple[str, ...] = ()
    title: str = ""
    low: Optional[float] = None
    high: Optional[float] = None
    coverage: Optional[float] = None
    baseline: Optional[float] = None
    windows: Optional[Mapping[str, int]] = None
    waiver: Optional[Mapping[str, str]] = None
    weight: float = 1.0
    changes: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """True for PASS, WARN and WAIVED, and nothing else."""
        return self.status in GOOD

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as it goes into the ledger."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def is_unmeasured(outcome: Mapping[str, Any]) -> bool:
    """Return True when nothing was recorded that the criterion could be judged by: the phase did not come that far."""
    return outcome["status"] == INCONCLUSIVE and outcome.get("reason") in UNMEASURED


def status_text(outcome: Mapping[str, Any]) -> str:
    """Return `INCONCLUSIVE(no_data)` or the bare status."""
    return f"{outcome['status']}({outcome['reason']})" if outcome.get("reason") else str(outcome["status"])
