# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Limits: `< 0.1 pct`, `>= 265 kB`, `== 0 count`. The unit is mandatory."""

from __future__ import annotations

import math
import operator
import re
from dataclasses import dataclass
from typing import Any, Callable

from .errors import InputError
from .units import Quantity, convert, dimension_of, first_unit, parse_quantity

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_LIMIT = re.compile(r"\s*([<>=!]=?)\s*(.*)", re.DOTALL)


@dataclass(frozen=True)
class Limit:
    """A comparison with a quantity."""

    sign: str
    quantity: Quantity

    def holds(self, value: float) -> bool:
        """True when `value`, in the first unit of the dimension, is finite and on the good side."""
        return math.isfinite(value) and _COMPARE[self.sign](value, self.bound) is True

    def room(self, value: float) -> float:
        """Return how far `value` is from the limit, in the first unit: positive on the good side, negative on the other."""
        distance = value - self.bound
        if self.sign in ("<", "<="):
            return -distance
        if self.sign in (">", ">="):
            return distance
        return -abs(distance) if self.sign == "==" else abs(distance)

    @property
    def bound(self) -> float:
        """The limit in the first unit of its dimension."""
        unit = self.quantity.unit
        return convert(self.quantity.value, unit, first_unit(dimension_of(unit)))

    @property
    def upper(self) -> bool:
        """True when a smaller value is a better one."""
        return self.sign in ("<", "<=")

    def __str__(self) -> str:
        return f"{self.sign} {self.quantity}"


def parse_limit(text: Any, dimension: str, where: str) -> Limit:
    """Read a limit of a dimension. InputError names what is wrong: the sign, the number, the unit, the dimension."""
    match = _LIMIT.fullmatch(text) if isinstance(text, str) and len(text) <= 100 else None
    if match is None or match.group(1) not in _COMPARE:
        raise InputError(
            f"{str(text)[:60]!r} is no limit",
            where=where,
            todo=f"write a comparison ({' '.join(_COMPARE)}), a number and a unit: >= 95 pct",
        )
    quantity = parse_quantity(match.group(2), where)
    if dimension_of(quantity.unit) != dimension:
        raise InputError(
            f"the unit {quantity.unit} does not fit",
            where=where,
            why=f"what is judged is of dimension {dimension}, {quantity.unit} is {dimension_of(quantity.unit)}",
            todo=f"use a unit of {dimension}, for example {first_unit(dimension)}",
        )
    return Limit(match.group(1), quantity)


def parse_limits(given: Any, dimension: str, where: str) -> tuple[Limit, ...]:
    """Read one limit or a list of limits, all of which must hold."""
    texts = given if isinstance(given, (list, tuple)) else [given]
    if not texts or len(texts) > 10:
        raise InputError("a list of limits holds one to ten limits", where=where)
    return tuple(parse_limit(text, dimension, where) for text in texts)
