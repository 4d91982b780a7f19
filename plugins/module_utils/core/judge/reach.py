# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`warn: reaches 512 MiB within 7 d`: a growth that keeps its limit and will still run against a wall.

Five percent an hour is more than twice the level after a day: slow leaks, too, end at the memory limit. What counts is the lower end of
the growth: so soon at least.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Optional, Union

from ..errors import InputError
from ..scanner import Scanner
from ..units import Quantity, scan_number, scan_quantity, show, show_time
from .expression import Reference, scan_reference
from .trend import Trend

_WORD = re.compile(r"reaches\b")
_WITHIN = re.compile(r"within\b")
_NUMBER_AHEAD = re.compile(r"(?=[+-]?[0-9])")
HOW = "write: reaches 512 MiB within 7 d, or reaches container.memory_limit within 7 d"


@dataclass(frozen=True)
class Reach:
    """The level of a growth must not get to `ceiling` (a quantity, or an SLI that says it) in the time `within`."""

    ceiling: Union[Quantity, Reference]
    within: Quantity

    @property
    def reference(self) -> Optional[Reference]:
        """The SLI that says where the ceiling is; None where the policy says it."""
        return self.ceiling if isinstance(self.ceiling, Reference) else None

    @property
    def bound(self) -> float:
        """The ceiling that the policy names, in the first unit of its dimension; NaN where an SLI says it."""
        return math.nan if isinstance(self.ceiling, Reference) else self.ceiling.first

    def __str__(self) -> str:
        return f"reaches {self.ceiling} within {self.within}"


def is_reach(given: Any) -> bool:
    """True for a text that begins with `reaches`."""
    return isinstance(given, str) and _WORD.match(given.lstrip()) is not None


def parse_reach(given: Any, dimension: str, where: str) -> Reach:
    """Read one of them for an SLI of a dimension. InputError names the column."""
    scanner = Scanner(given, where, "warning", HOW)
    scanner.take(_WORD)
    ceiling: Union[Quantity, Reference]
    start = scanner.at
    if scanner.take(_NUMBER_AHEAD):
        ceiling = scan_quantity(scanner, scan_number(scanner, "a number is missing"))
        found = ceiling.dimension
    else:
        ceiling = scan_reference(scanner)
        found = ceiling.entry.dimension
        if ceiling.entry.kind == "counter":
            scanner.refuse(f"{ceiling.sli} only grows and is no ceiling", HOW, start)
    if found != dimension:
        scanner.refuse(f"{ceiling} is {found}", HOW, start, f"what grows is {dimension}")
    if not scanner.take(_WITHIN):
        scanner.refuse("expected within", HOW)
    within = scan_quantity(scanner, scan_number(scanner, "a time is missing"))
    if within.dimension != "time" or within.value <= 0:
        scanner.refuse("after `within` stands a time above 0", HOW)
    scanner.expect_end("the warning should end here", HOW)
    return Reach(ceiling, within)


def split_warnings(given: Any) -> tuple[Any, list[str]]:
    """Return what of `warn` are limits (None: nothing), and what begins with `reaches`."""
    if is_reach(given):
        return None, [given]
    if not isinstance(given, (list, tuple)):
        return given, []
    limits = [item for item in given if not is_reach(item)]
    return limits or None, [item for item in given if is_reach(item)]


def parse_reaches(given: list[str], dimension: str, aggregation: str, where: str) -> tuple[Reach, ...]:
    """Read all of them. InputError where nothing grows."""
    if given and aggregation != "slope":
        raise InputError(f"{given[0][:60]!r} needs agg slope", where=where, why="only of a growth is known when it reaches something")
    return tuple(parse_reach(item, dimension, where) for item in given)


def reach_warning(reach: Reach, growth: Trend, ceiling: Optional[float], unit: str) -> str:
    """Return the words of the warning; "" when there is none. `ceiling` is in the unit of the growing series, None where nobody said it."""
    if ceiling is None or not ceiling > 0:
        return f"{reach.ceiling} is not known, so nobody can say when it is reached"
    hours = growth.hours_to(ceiling)
    if hours * 3600 > reach.within.first:
        return ""
    return f"{reach}: at {show(growth.low, 'pct/h')} at least, {show(ceiling, unit)} in {show_time(hours * 3600)}"
