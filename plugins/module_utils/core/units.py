# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Units, their dimensions, and the quantities that people write with them (`265 kB`, `95 pct`, `14 d`).

Percent is always absolute: `95 pct` is the ratio 0.95, never "95 % of something else".
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Callable, NamedTuple, Union

from .errors import InputError
from .scanner import Scanner

# unit -> (dimension, how many of the dimension's first unit it is)
_UNITS: dict[str, tuple[str, Fraction]] = {
    "count": ("count", Fraction(1)),
    "ratio": ("ratio", Fraction(1)),
    "pct": ("ratio", Fraction(1, 100)),
    "B": ("bytes", Fraction(1)),
    "kB": ("bytes", Fraction(10**3)),
    "MB": ("bytes", Fraction(10**6)),
    "GB": ("bytes", Fraction(10**9)),
    "TB": ("bytes", Fraction(10**12)),
    "KiB": ("bytes", Fraction(2**10)),
    "MiB": ("bytes", Fraction(2**20)),
    "GiB": ("bytes", Fraction(2**30)),
    "TiB": ("bytes", Fraction(2**40)),
    "s": ("time", Fraction(1)),
    "us": ("time", Fraction(1, 10**6)),
    "ms": ("time", Fraction(1, 1000)),
    "min": ("time", Fraction(60)),
    "h": ("time", Fraction(3600)),
    "d": ("time", Fraction(86400)),
    "1": ("number", Fraction(1)),
    "per_s": ("rate", Fraction(1)),
    "per_min": ("rate", Fraction(1, 60)),
    "per_h": ("rate", Fraction(1, 3600)),
    "pct/h": ("growth", Fraction(1)),
    "pct/d": ("growth", Fraction(1, 24)),
    "1/h": ("growth", Fraction(100)),
}
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,2})?(?![0-9.eE_])", re.ASCII)
_UNIT = re.compile(r"[^\s(){},]+")
EXAMPLES = "265 kB, 95 pct, 0 count"


class Quantity(NamedTuple):
    """A number with its unit, as somebody wrote it."""

    value: float
    unit: str

    def __str__(self) -> str:
        return show(self.value, self.unit)

    @property
    def dimension(self) -> str:
        """The dimension of the unit."""
        return dimension_of(self.unit)

    @property
    def first(self) -> float:
        """The number in the first unit of the dimension."""
        return convert(self.value, self.unit, first_unit(self.dimension))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `did you mean X?`, or the known words when none is near."""
    names = sorted(known)
    near = [name for name in names if name.lower() == word.lower()]
    if not near:
        import difflib  # only here: it takes a millisecond, which modules on managed nodes pay in every call

        near = difflib.get_close_matches(word[:80], names, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names[:40])}"


def known_units() -> tuple[str, ...]:
    """Return all units."""
    return tuple(_UNITS)


def dimension_of(unit: str) -> str:
    """Return the dimension of `unit`: count, ratio, bytes, time, number, rate or growth. InputError when it is unknown."""
    return _entry(unit)[0]


def convert(value: Union[int, float], source: str, target: str) -> float:
    """Return `value`, given in `source`, in the unit `target`. InputError for an unknown unit or another dimension.

    The decimal number that was written is converted, not the nearest binary one: 70.1 pct is the same number as 0.701 ratio.
    """
    if source == target or not math.isfinite(value):
        return value
    try:
        return float(Fraction(repr(value)) * _factor(source, target))
    except OverflowError:
        return math.copysign(math.inf, value)


def converter(source: str, target: str) -> Callable[[float], float]:
    """Return the fast way to convert many measured numbers; it may differ from `convert` in the last binary digit."""
    factor, divisor = scale(source, target)
    return (lambda value: value * factor) if divisor == 1 else (lambda value: value / divisor)


def scale(source: str, target: str) -> tuple[float, float]:
    """Return by what a measured number is multiplied, and by what it is divided; one of the two is 1."""
    factor = _factor(source, target)
    return (float(factor), 1.0) if factor >= 1 else (1.0, float(1 / factor))


def first_unit(dimension: str) -> str:
    """Return the unit in which a dimension is calculated (B, s, ratio, ...)."""
    for unit, (known, _factor) in _UNITS.items():
        if known == dimension:
            return unit
    raise InputError(f"unknown dimension {dimension!r}", todo=did_you_mean(dimension, {entry[0] for entry in _UNITS.values()}))


def parse_quantity(text: str, where: str = "") -> Quantity:
    """Read `265 kB`. The unit is mandatory. InputError names the text, the column, and what is wrong with it."""
    scanner = Scanner(text, where, "quantity", f"write a number and a unit: {EXAMPLES}")
    quantity = scan_quantity(scanner, scan_number(scanner, f"{scanner.text[:60]!r} is no quantity"))
    scanner.expect_end("the quantity should end here", f"write a number and a unit: {EXAMPLES}")
    return quantity


def scan_number(scanner: Scanner, otherwise: str) -> float:
    """Take a number; `otherwise` is what the InputError says when there is none."""
    match = scanner.take(_NUMBER)
    if match is None:
        scanner.refuse(otherwise, f"write a number and a unit: {EXAMPLES}")
    return float(match.group())


def scan_quantity(scanner: Scanner, number: float) -> Quantity:
    """Take the unit that belongs to a number."""
    match = scanner.take(_UNIT)
    if match is None or match.group() == "for":
        at = None if match is None else match.start()
        scanner.refuse(f"{scanner.text[:60]!r} has no unit", f"write the unit: {did_you_mean('', _UNITS)}", at)
    if match.group() not in _UNITS:
        scanner.refuse(f"unknown unit {match.group()[:40]!r}", did_you_mean(match.group(), _UNITS), match.start())
    return Quantity(number, match.group())


def show(value: float, unit: str, apart_from: Iterable[float] = ()) -> str:
    """Write a number for people: five significant digits, no trailing zeros, and the unit where there is one to tell.

    There are more digits where the number would else look like one of `apart_from`, which it is not: 264.999 kB is not 265 kB.
    """
    if not math.isfinite(value):
        return f"{value} {unit}"
    others = [other for other in apart_from if other != value and math.isfinite(other)]
    digits = next((digits for digits in range(5, 17) if all(_text(value, digits) != _text(other, digits) for other in others)), 17)
    text = _text(value, digits)
    return text if unit in ("1", "count") else f"{text} {unit}"


def _text(value: float, digits: int) -> str:
    return f"{value:.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:.{digits}g}"


def show_time(seconds: float) -> str:
    """Write a time for people in the largest unit that fits: 45 s, 15 min, 2 h, 14 d."""
    unit = next((name for name in ("d", "h", "min") if seconds >= float(_UNITS[name][1])), "s")
    return show(round(seconds / float(_UNITS[unit][1]), 2), unit)


def _factor(source: str, target: str) -> Fraction:
    (dimension, factor), (wanted, divisor) = _entry(source), _entry(target)
    if dimension != wanted:
        raise InputError(f"{source} cannot be converted to {target}", why=f"{source} is {dimension}, {target} is {wanted}")
    return factor / divisor


def _entry(unit: str) -> tuple[str, Fraction]:
    entry = _UNITS.get(unit) if isinstance(unit, str) else None
    if entry is None:
        raise InputError(f"unknown unit {str(unit)[:40]!r}", todo=did_you_mean(str(unit), _UNITS))
    return entry
