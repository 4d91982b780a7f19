# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How often the judge is wrong about soaks of which the truth is known: shares of FAIL, INCONCLUSIVE, WARN and PASS, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ..judge.confidence import upper_bound
from ..judge.criterion import Criterion, read_criterion
from ..judge.judge import judge
from ..judge.outcome import FAIL, INCONCLUSIVE, PASS, WARN
from ..judge.samples import Samples
from .soak_library import LATENCIES, SHAPES, Chance, latency_of, soak_of
from .synthetic import Evidence, Strand
from .synthetic_course import Layout

INTERVAL_SECONDS = 30.0
GROWTH = {"id": "soak.memory_growth", "sli": "container.working_set", "agg": "slope", "pass": "<= 5 pct/h", "min_duration": "4 h"}
DRIFT = {"id": "soak.drift", "sli": "http.duration", "agg": "drift", "pass": "<= 110 pct", "surely": "<= 120 pct", "min_duration": "8 h"}
GROWTH_HOURS = (1.0, 2.0, 4.0, 8.0, 24.0, 48.0)
DRIFT_HOURS = (4.0, 8.0, 12.0, 24.0, 48.0)
STATUSES = (FAIL, INCONCLUSIVE, WARN, PASS)
_LABELS: Mapping[str, Mapping[str, str]] = {"container.working_set": {"container": "backend"}, "http.duration": {}}

Maker = Callable[[str, float, float, Chance], Samples]
# Makes a chance of its own of a text.
Seeded = Callable[[str], Chance]


class Shares(NamedTuple):
    """Percent of the runs that came to each status."""

    fail: int
    inconclusive: int
    warn: int
    good: int

    @property
    def text(self) -> str:
        """FAIL/INC/PASS, and with a fourth number where something warned."""
        return f"{self.fail}/{self.inconclusive}/{self.warn}/{self.good}" if self.warn else f"{self.fail}/{self.inconclusive}/{self.good}"


def growth_shares(kind: str, hours: float, runs: int, seeded: Seeded) -> Shares:
    """Judge so many soaks of a kind by GROWTH, each from a seed of its own."""
    return _shares(GROWTH, soak_of, kind, hours, runs, seeded)


def drift_shares(kind: str, hours: float, runs: int, seeded: Seeded) -> Shares:
    """The same for a latency, by DRIFT."""
    return _shares(DRIFT, latency_of, kind, hours, runs, seeded)


def _shares(given: Mapping[str, str], make: Maker, kind: str, hours: float, runs: int, seeded: Seeded) -> Shares:
    criterion = read_criterion(given, "soak", given["id"])
    chances = (seeded(f"{kind} {hours} {run}") for run in range(runs))
    found = [status_of(criterion, make(kind, hours, INTERVAL_SECONDS, chance)) for chance in chances]
    return Shares(*(round(100 * found.count(status) / runs) for status in STATUSES))


def status_of(criterion: Criterion, samples: Samples) -> str:
    """Judge one series, through the ledger entries that a soak would have made."""
    sli = criterion.expression.numerator.sli
    evidence = Evidence(criterion, Layout(False), (Strand(sli, _LABELS[sli], samples, False),))
    return judge(criterion, evidence.book, evidence.load, evidence.now).status


def growth_table(runs: int, seeded: Seeded) -> str:
    """The table of all kinds of memory."""
    return _table("memory", list(SHAPES), GROWTH_HOURS, lambda kind, hours: growth_shares(kind, hours, runs, seeded))


def drift_table(runs: int, seeded: Seeded) -> str:
    """The table of all kinds of latency."""
    return _table("latency", list(LATENCIES), DRIFT_HOURS, lambda kind, hours: drift_shares(kind, hours, runs, seeded))


def errors_table(limit: float, confidence: float, hits: Sequence[int]) -> str:
    """How many requests are needed for so many errors to keep a limit (a ratio) at a confidence."""
    lines = ["| errors | requests needed |", "|---|---|"]
    for count in hits:
        low, high = count, count + 1
        while not upper_bound(count, high, confidence) < limit:
            low, high = high, high * 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if upper_bound(count, middle, confidence) < limit else (middle, high)
        lines.append(f"| {count} | {high:,} |")
    return "\n".join(lines) + "\n"


def _table(first: str, kinds: Sequence[str], hours: Sequence[float], shares: Callable[[str, float], Shares]) -> str:
    lines = [f"| {first} | " + " | ".join(f"{length:g} h" for length in hours) + " |", "|---" * (len(hours) + 1) + "|"]
    lines += [f"| {kind} | " + " | ".join(shares(kind, length).text for length in hours) + " |" for kind in kinds]
    return "\n".join(lines) + "\n"
