# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the samples of one series to one number. Nothing is ever guessed: where no number can be made there is None."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Callable, Optional

from ..scanner import Scanner
from ..units import did_you_mean
from .drift import drift
from .histogram import Histogram, Interval
from .limit import Limit, scan_comparison
from .ranks import Estimate
from .samples import Samples
from .trend import trend

# Not taken from the samples alone: they come with an interval, and a limit is broken only where all of it is beyond.
ESTIMATES = ("slope", "drift")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPEN, _CLOSE = re.compile(r"\("), re.compile(r"\)")
_PERCENT = re.compile(r"(?:[0-9]{1,2}(?:\.[0-9]{1,3})?|100)(?![0-9.])", re.ASCII)


@dataclass(frozen=True)
class Aggregation:
    """One way to make a number of samples; `q` only for percentiles, `limit` only for share."""

    name: str
    q: float = 0.0
    limit: Optional[Limit] = None

    def __str__(self) -> str:
        if self.limit is not None:
            return f"share({self.limit})"
        return f"p({self.q:g})" if self.name == "p" else self.name


def rate(samples: Samples) -> Optional[float]:
    """Return the increase of a counter per second; None when no time passed."""
    grown = samples.increase()
    return grown / samples.span if grown is not None and samples.span > 0 else None


def slope_per_hour(samples: Samples) -> Optional[float]:
    """Return the growth in percent of the level at the start, per hour; None when there are too few samples or the level is 0."""
    found = trend(samples)
    return found.value if found else None


def drift_ratio(samples: Samples) -> Optional[float]:
    """Return the last part as a multiple of the first one; None when there are too few samples or one is not above 0."""
    found = drift(samples)
    return found.value if found else None


def estimate(how: Aggregation, samples: Samples, min_cycles: int) -> Optional[Estimate]:
    """Return the number of an aggregation of ESTIMATES with its interval; None when it cannot be made."""
    return trend(samples, min_cycles) if how.name == "slope" else drift(samples)


def aggregate(how: Aggregation, samples: Samples) -> Optional[float]:
    """Return the number that `how` makes of the samples of one series; None when it cannot be made."""
    if not len(samples):
        return None
    if how.name == "p":
        return samples.percentile(how.q)
    if how.limit is not None:
        return samples.share(how.limit)
    return _FUNCTIONS[how.name](samples)


def aggregate_histogram(how: Aggregation, histogram: Histogram) -> Optional[Interval]:
    """Return the interval in which the number lies; None when a histogram does not tell it."""
    if how.name in ("p", "median"):
        return histogram.percentile(how.q if how.name == "p" else 50.0)
    if how.limit is not None:
        return histogram.share(how.limit)
    if how.name == "count":
        return histogram.total, histogram.total
    if how.name in ("min", "max"):
        return histogram.minimum() if how.name == "min" else histogram.maximum()
    return None


def parse_aggregation(text: Any, where: str, dimension: str = "") -> Aggregation:
    """Read `last`, `p(95)`, `share(> 80 pct)`, ... InputError with the nearest known name. `dimension`: that of the samples."""
    scanner = Scanner(text, where, "aggregation", did_you_mean(str(text), NAMES))
    name = scanner.take(_NAME)
    word = name.group() if name else ""
    if word in ("p", "share") and scanner.take(_OPEN):
        if word == "share":
            aggregation = Aggregation("share", limit=scan_comparison(scanner, dimension))
        else:
            aggregation = Aggregation("p", _percent(scanner))
        if not scanner.take(_CLOSE):
            scanner.refuse("expected )")
    elif word in _FUNCTIONS:
        aggregation = Aggregation(word)
    else:
        scanner.refuse(f"unknown aggregation {scanner.text[:40]!r}", did_you_mean(word, NAMES), 0)
    scanner.expect_end(f"unknown aggregation {scanner.text[:40]!r}", f"it should end here; {did_you_mean('', NAMES)}")
    return aggregation


def _percent(scanner: Scanner) -> float:
    match = scanner.take(_PERCENT)
    if match is None or float(match.group()) <= 0:
        at = match.start() if match else None
        scanner.refuse(f"unknown aggregation {scanner.text[:40]!r}", "write a percentile above 0 and at most 100: p(95)", at)
    return float(match.group())


_FUNCTIONS: dict[str, Callable[[Samples], Optional[float]]] = {
    "last": lambda samples: samples.last,
    "first": lambda samples: samples.first,
    "min": lambda samples: samples.minimum(),
    "max": lambda samples: samples.maximum(),
    "mean": lambda samples: samples.mean(),
    "median": lambda samples: samples.percentile(50),
    "sum": lambda samples: samples.total(),
    "count": lambda samples: float(len(samples)),
    "increase": lambda samples: samples.increase(),
    "rate": rate,
    "slope": slope_per_hour,
    "drift": drift_ratio,
}
NAMES = [*_FUNCTIONS, "p(95)", "share(> 80 pct)"]
