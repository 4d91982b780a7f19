# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Units, their dimensions, and the quantities that people write with them (`265 kB`, `95 pct`, `14 d`).

Percent is always absolute: `95 pct` is the ratio 0.95, never "95 % of something else".
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable
from typing import NamedTuple

from .errors import InputError

# unit -> (dimension, how many of the dimension's first unit it is)
_UNITS = {
    "count": ("count", 1.0),
    "ratio": ("ratio", 1.0),
    "pct": ("ratio", 0.01),
    "B": ("bytes", 1.0),
    "kB": ("bytes", 1e3),
    "MB": ("bytes", 1e6),
    "GB": ("bytes", 1e9),
    "KiB": ("bytes", 1024.0),
    "MiB": ("bytes", 1024.0**2),
    "GiB": ("bytes", 1024.0**3),
    "s": ("time", 1.0),
    "us": ("time", 1e-6),
    "ms": ("time", 1e-3),
    "min": ("time", 60.0),
    "h": ("time", 3600.0),
    "d": ("time", 86400.0),
    "1": ("number", 1.0),
    "per_s": ("rate", 1.0),
    "per_min": ("rate", 1 / 60.0),
    "per_h": ("rate", 1 / 3600.0),
    "pct/h": ("growth", 1.0),
}
_QUANTITY = re.compile(r"\s*([+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,2})?)\s*(\S*)\s*")


class Quantity(NamedTuple):
    """A number with its unit, as somebody wrote it."""

    value: float
    unit: str

    def __str__(self) -> str:
        return show(self.value, self.unit)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `did you mean X?`, or the known words when none is near."""
    names = sorted(known)
    near = [name for name in names if name.lower() == word.lower()]
    near = near or difflib.get_close_matches(word[:80], names, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names[:40])}"


def dimension_of(unit: str) -> str:
    """Return the dimension of `unit`: count, ratio, bytes, time, number, rate or growth. InputError when it is unknown."""
    return _entry(unit)[0]


def convert(value: float, source: str, target: str) -> float:
    """Return `value`, given in `source`, in the unit `target`. InputError for an unknown unit or another dimension."""
    if source == target:
        return value
    (dimension, factor), (wanted, divisor) = _entry(source), _entry(target)
    if dimension != wanted:
        raise InputError(f"{source} cannot be converted to {target}", why=f"{source} is {dimension}, {target} is {wanted}")
    if factor >= divisor:
        return value * round(factor / divisor, 12) if divisor >= 1 else value * (factor / divisor)
    return value / round(divisor / factor, 9)


def first_unit(dimension: str) -> str:
    """Return the unit in which a dimension is calculated (B, s, ratio, ...)."""
    for unit, (known, _factor) in _UNITS.items():
        if known == dimension:
            return unit
    raise InputError(f"unknown dimension {dimension!r}", todo=did_you_mean(dimension, {entry[0] for entry in _UNITS.values()}))


def parse_quantity(text: str, where: str = "") -> Quantity:
    """Read `265 kB`. The unit is mandatory. InputError names the text and what is wrong with it."""
    match = _QUANTITY.fullmatch(text) if isinstance(text, str) and len(text) <= 100 else None
    if match is None:
        raise InputError(f"{str(text)[:60]!r} is no quantity", where=where, todo="write a number and a unit: 265 kB, 95 pct, 0 count")
    number, unit = float(match.group(1)), match.group(2)
    if not unit:
        raise InputError(f"{text!r} has no unit", where=where, todo=f"write the unit: {did_you_mean('', _UNITS)}")
    if not math.isfinite(number):
        raise InputError(f"{text!r} is no finite number", where=where)
    try:
        dimension_of(unit)
    except InputError as error:
        raise InputError(error.what, where=where, todo=error.todo) from error
    return Quantity(number, unit)


def show(value: float, unit: str) -> str:
    """Write a number for people: at most five significant digits, no trailing zeros, and the unit where there is one to tell."""
    if not math.isfinite(value):
        return f"{value} {unit}"
    text = f"{value:.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:.5g}"
    return text if unit in ("1", "count") else f"{text} {unit}"


def _entry(unit: str) -> tuple[str, float]:
    entry = _UNITS.get(unit) if isinstance(unit, str) else None
    if entry is None:
        raise InputError(f"unknown unit {str(unit)[:40]!r}", todo=did_you_mean(str(unit), _UNITS))
    return entry
