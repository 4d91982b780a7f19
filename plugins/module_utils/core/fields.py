# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fields of what people write: each one checked for its type, each error with its position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .errors import InputError
from .units import convert, did_you_mean, dimension_of, first_unit, parse_quantity

TEXT_LIMIT = 500


class Fields:
    """One mapping of a policy, at a position."""

    def __init__(self, given: Any, where: str, known: Sequence[str]) -> None:
        if not isinstance(given, Mapping):
            raise InputError("a mapping is expected here", where=where, why=f"found {type(given).__name__}")
        unknown = sorted(str(key) for key in given if key not in known)
        if unknown:
            raise InputError(f"unknown key {unknown[0][:60]!r}", where=where, todo=did_you_mean(unknown[0], known))
        self.given = given
        self.where = where

    def at(self, name: str) -> str:
        """Return the position of a field."""
        return f"{self.where}, field {name}"

    def has(self, name: str) -> bool:
        """True when the field is there and not null."""
        return self.given.get(name) is not None

    def required(self, name: str, todo: str = "") -> Any:
        """Return the field; InputError when it is missing, null or empty."""
        value = self.given.get(name)
        if value is None or value == "" or value == []:
            raise InputError(f"{name} is missing", where=self.where, todo=todo)
        return value

    def text(self, name: str, default: str = "") -> str:
        """Return a text field."""
        value = self.given.get(name)
        if value is None:
            return default
        if not isinstance(value, str) or len(value) > TEXT_LIMIT:
            raise InputError(f"{name} must be a text of at most {TEXT_LIMIT} characters", where=self.at(name), why=repr(value)[:60])
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a boolean field; a text that looks like one is refused."""
        value = self.given.get(name, default)
        if not isinstance(value, bool):
            raise InputError(f"{name} must be true or false", where=self.at(name), why=f"found {value!r}"[:80])
        return value

    def whole(self, name: str, default: int, least: int = 1) -> int:
        """Return a whole number of at least `least`."""
        value = self.given.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or (name in self.given and value < least):
            raise InputError(f"{name} must be a whole number of at least {least}", where=self.at(name), why=f"found {value!r}"[:80])
        return value

    def weight(self, name: str, default: float) -> float:
        """Return a number of at least 0."""
        value = self.given.get(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1e6:
            raise InputError(f"{name} must be a number from 0 to a million", where=self.at(name), why=f"found {value!r}"[:80])
        return float(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; () when it is not there."""
        value = self.given.get(name)
        if value is None:
            return ()
        if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) and len(item) <= TEXT_LIMIT for item in value):
            raise InputError(f"{name} must be a list of texts", where=self.at(name), why=repr(value)[:60])
        return tuple(value)

    def quantity(self, name: str, dimension: str) -> float:
        """Return a quantity of a dimension, in its first unit; 0.0 when it is not there."""
        if not self.has(name):
            return 0.0
        quantity = parse_quantity(self.given[name], self.at(name))
        if dimension_of(quantity.unit) != dimension:
            raise InputError(f"{name} must be a quantity of {dimension}", where=self.at(name), why=f"found {quantity}")
        value = convert(quantity.value, quantity.unit, first_unit(dimension))
        if value <= 0:
            raise InputError(f"{name} must be more than 0", where=self.at(name), why=f"found {quantity}")
        return value
