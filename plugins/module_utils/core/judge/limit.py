# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Limits: `< 0.1 pct`, `265-465 kB`, `<= baseline * 1.10`, `<= 5 s for 5 min`. The unit is mandatory; the grammar stands in scanner.py."""

from __future__ import annotations

import functools
import math
import operator
import re
from dataclasses import dataclass
from typing import Any, Callable, Optional

from ..errors import InputError
from ..scanner import Scanner
from ..units import Quantity, convert, first_unit, scan_number, scan_quantity, show

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_SIGN = re.compile(r"[<>=!]=?")
_BASELINE = re.compile(r"baseline\b")
_OPERATION = re.compile(r"[*+-]")
_DASH = re.compile(r"-")
_FOR = re.compile(r"for\b")
_NUMBER_AHEAD = re.compile(r"(?=[+-]?[0-9])")
LIST_LIMIT = 10
HOW = f"write a comparison ({' '.join(_COMPARE)}), a number and a unit, or a range: >= 95 pct, 265-465 kB"

# Any of the inner lists must hold, each of them as a whole.
Alternatives = tuple[tuple["Limit", ...], ...]


@dataclass(frozen=True)
class Limit:
    """A comparison with a quantity, or (`relative` is *, + or -) with the baseline times or plus or minus the quantity.

    With `steady` every sample of that last time must keep it.
    """

    sign: str
    quantity: Quantity
    relative: str = ""
    steady: Optional[Quantity] = None

    def holds(self, value: float) -> bool:
        """True when `value`, in the first unit of the dimension, is finite and on the good side."""
        return math.isfinite(value) and self.compare(value) is True

    def compare(self, value: Any) -> Any:
        """Compare a finite value with the bound; a column of them gives a column of answers."""
        return _COMPARE[self.sign](value, self.bound)

    def room(self, value: float) -> float:
        """Return how far `value` is from the limit, in the first unit: positive on the good side, negative on the other."""
        distance = value - self.bound
        if self.sign in ("<", "<="):
            return -distance
        if self.sign in (">", ">="):
            return distance
        return -abs(distance) if self.sign == "==" else abs(distance)

    @functools.cached_property
    def bound(self) -> float:
        """The limit in the first unit of its dimension. InputError for one that is relative: it has to be resolved before."""
        if self.relative:
            raise InputError(f"{self} has no bound without its baseline")
        return self.quantity.first

    def resolved(self, baseline: float, dimension: str) -> Limit:
        """Return the absolute limit for a baseline, which is given in the first unit of the dimension."""
        if self.relative == "*":
            bound = baseline * self.quantity.value
        else:
            bound = baseline + (self.quantity.first if self.relative == "+" else -self.quantity.first)
        return Limit(self.sign, Quantity(bound, first_unit(dimension)), "", self.steady)

    @property
    def upper(self) -> bool:
        """True when a smaller value is a better one."""
        return self.sign in ("<", "<=")

    def shown(self, unit: str) -> str:
        """The limit with its bound in another unit of the dimension."""
        bound = show(convert(self.bound, first_unit(self.quantity.dimension), unit), unit)
        return f"{self.sign} {bound}{self._steady_text}"

    @property
    def _steady_text(self) -> str:
        return f" for {self.steady}" if self.steady else ""

    def __str__(self) -> str:
        if not self.relative:
            return f"{self.sign} {self.quantity}{self._steady_text}"
        plain = self.quantity.value == (1 if self.relative == "*" else 0)
        return f"{self.sign} baseline{'' if plain else f' {self.relative} {self.quantity}'}{self._steady_text}"


def parse_limit(text: Any, dimension: str, where: str) -> Limit:
    """Read one comparison with a quantity of a dimension. InputError names what is wrong, and the column."""
    limits = scan_limits(text, dimension, where)
    if len(limits) != 1:
        raise InputError(f"{text!r} is a range", where=where, todo="write one comparison")
    return limits[0]


def parse_alternatives(given: Any, dimension: str, where: str, every_one: bool = True) -> Alternatives:
    """Read a limit, a list of which all must hold (`every_one` False: each alone suffices), or a list of such lists: any of them."""
    if not isinstance(given, (list, tuple)):
        return (scan_limits(given, dimension, where),)
    _check_length(given, where)
    if all(isinstance(item, (list, tuple)) for item in given):
        return tuple(_all_of(item, dimension, f"{where}[{number}]") for number, item in enumerate(given))
    if any(isinstance(item, (list, tuple)) for item in given):
        raise InputError("limits and lists of limits cannot stand side by side", where=where, todo="put each limit into a list of its own")
    if every_one:
        return (_all_of(given, dimension, where),)
    return tuple(scan_limits(item, dimension, where) for item in given)


def alternatives_text(alternatives: Alternatives) -> str:
    """Write alternatives for people."""
    return " or ".join(" and ".join(str(limit) for limit in limits) for limits in alternatives)


def scan_limits(text: Any, dimension: str, where: str) -> tuple[Limit, ...]:
    """Read a comparison (one limit) or a range (two)."""
    scanner = Scanner(text, where, "limit", HOW)
    if scanner.take(_NUMBER_AHEAD):
        limits = _range(scanner, dimension)
    else:
        sign = _sign(scanner)
        limits = (_comparison(scanner, sign, dimension),)
    scanner.expect_end("the limit should end here", HOW)
    return limits


def scan_comparison(scanner: Scanner, dimension: str) -> Limit:
    """Take a sign and a quantity, as inside of share(...)."""
    return Limit(_sign(scanner), _quantity(scanner, dimension))


def _all_of(given: Any, dimension: str, where: str) -> tuple[Limit, ...]:
    _check_length(given, where)
    return tuple(limit for item in given for limit in scan_limits(item, dimension, where))


def _check_length(given: Any, where: str) -> None:
    if not 0 < len(given) <= LIST_LIMIT:
        raise InputError(f"a list of limits holds one to {LIST_LIMIT} limits", where=where)


def _sign(scanner: Scanner) -> str:
    match = scanner.take(_SIGN)
    if match is None or match.group() not in _COMPARE:
        scanner.refuse(f"{scanner.text[:60]!r} is no limit", HOW, None if match is None else match.start())
    return match.group()


def _comparison(scanner: Scanner, sign: str, dimension: str) -> Limit:
    relative, quantity = _bound(scanner, dimension)
    steady = None
    if scanner.take(_FOR):
        steady = _quantity(scanner, "time")
        if steady.value <= 0:
            scanner.refuse("the time after `for` must be more than 0")
    return Limit(sign, quantity, relative, steady)


def _bound(scanner: Scanner, dimension: str) -> tuple[str, Quantity]:
    if not scanner.take(_BASELINE):
        return "", _quantity(scanner, dimension)
    operation = scanner.take(_OPERATION)
    if operation is None:
        return "*", Quantity(1.0, "1")
    if operation.group() != "*":
        return operation.group(), _quantity(scanner, dimension)
    start = scanner.at
    factor = scan_number(scanner, "a baseline is multiplied by a plain number")
    if factor <= 0:
        scanner.refuse("a baseline is multiplied by a number above 0", "write: baseline * 1.10", start)
    return "*", Quantity(factor, "1")


def _quantity(scanner: Scanner, dimension: str) -> Quantity:
    number = scan_number(scanner, f"{scanner.text[:60]!r} is no limit: a number is missing")
    quantity = scan_quantity(scanner, number)
    _check_dimension(scanner, quantity, dimension)
    return quantity


def _check_dimension(scanner: Scanner, quantity: Quantity, dimension: str) -> None:
    if dimension and quantity.dimension != dimension:
        scanner.refuse(
            f"the unit {quantity.unit} does not fit",
            f"use a unit of {dimension}, for example {first_unit(dimension)}",
            scanner.at - len(quantity.unit),
            f"what is judged is of dimension {dimension}, {quantity.unit} is {quantity.dimension}",
        )


def _range(scanner: Scanner, dimension: str) -> tuple[Limit, ...]:
    lower = scan_number(scanner, "a number is missing")
    if not scanner.take(_DASH):
        scanner.refuse(f"{scanner.text[:60]!r} is no limit", HOW, 0)
    upper = _quantity(scanner, dimension)
    if not lower < upper.value:
        scanner.refuse("the range is empty: its lower end is not below its upper one", HOW, 0)
    return Limit(">=", Quantity(lower, upper.unit)), Limit("<=", upper)
