# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The criteria of Keptn (`<600`, `<=+10%`, `>=-5`), one of them and lists of them, as limits of ours (`< 600 ms`, `<= baseline * 1.10`).

A number with a sign, or with a percent sign, speaks of an earlier value in Keptn: `<-5` is "5 less than before", not "under -5".
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..errors import InputError
from ..fields import Fields
from ..scanner import Scanner
from .imported import decimal_of, number_text

SETS_LIMIT = 10
HOW = "write it like <600 or <=+10%"
_SIGN = re.compile(r"<=|>=|<|>|=")
_DIRECTION = re.compile(r"[+-]")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+", re.ASCII)
_PERCENT = re.compile(r"%")
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!="}


@dataclass(frozen=True)
class KeptnLimit:
    """One limit of ours, as sign and bound; `relative` when the bound speaks of an earlier value."""

    sign: str
    bound: str
    relative: bool

    def __str__(self) -> str:
        return f"{self.sign} {self.bound}"

    @property
    def opposite(self) -> str:
        """The limit that holds when this one does not."""
        return f"{_OPPOSITE[self.sign]} {self.bound}"


@dataclass(frozen=True)
class KeptnCriteria:
    """Alternatives, each a set of limits that must all hold."""

    sets: tuple[tuple[KeptnLimit, ...], ...]

    @property
    def relative(self) -> bool:
        """True when a limit speaks of an earlier value."""
        return any(limit.relative for limits in self.sets for limit in limits)

    def or_else(self, other: KeptnCriteria) -> KeptnCriteria:
        """Return the alternatives of both."""
        return KeptnCriteria(self.sets + other.sets)

    def as_pass(self) -> Any:
        """Return them as our `pass`: a text, a list (all of), or a list of lists (any of)."""
        texts = [[str(limit) for limit in limits] for limits in self.sets]
        if len(texts) > 1:
            return texts
        return texts[0] if len(texts[0]) > 1 else texts[0][0]

    def outside(self, where: str) -> list[Any]:
        """Return them turned round, as our `warn`: it holds exactly when none of these does. InputError when that gets too long."""
        count = 1
        for limits in self.sets:
            count *= len(limits)
        if count > SETS_LIMIT:
            raise InputError(
                "the pass criteria are too many to say what lies outside of them", where=where, todo="import with warning_means: hold"
            )
        turned = [[limit.opposite for limit in chosen] for chosen in itertools.product(*self.sets)]
        return [limits[0] for limits in turned] if len(self.sets) == 1 else turned


def read_criteria(fields: Fields, name: str, unit: str) -> KeptnCriteria | None:
    """Return the `pass` or `warning` criteria of an objective, None when there are none. InputError with position and column.

    `unit` is "" where the user gave none; it is asked for only when a criterion needs it.
    """
    given = fields.given.get(name)
    if given is None or given == []:
        return None
    if not isinstance(given, list) or len(given) > SETS_LIMIT:
        raise InputError(f"{name} must be a list of at most {SETS_LIMIT} sets of criteria", where=fields.at(name))
    return KeptnCriteria(tuple(_read_set(item, f"{fields.at(name)}[{number}]", unit) for number, item in enumerate(given)))


def _read_set(given: Any, where: str, unit: str) -> tuple[KeptnLimit, ...]:
    fields = Fields(given, where, ("criteria",))
    texts = fields.texts("criteria")
    if not texts or len(texts) > SETS_LIMIT:
        raise InputError(f"a set holds one to {SETS_LIMIT} criteria", where=fields.at("criteria"), why="Keptn counts an empty set as met")
    return tuple(read_limit(text, f"{fields.at('criteria')}[{number}]", unit) for number, text in enumerate(texts))


def read_limit(text: str, where: str, unit: str) -> KeptnLimit:
    """Return one criterion as a limit of ours; InputError with the column of what Keptn's grammar does not know."""
    scanner = Scanner(text, where, "criterion of Keptn", HOW)
    sign = scanner.take(_SIGN)
    if sign is None:
        scanner.refuse("expected one of < <= = >= >", HOW)
    direction = scanner.take(_DIRECTION)
    digits = scanner.take(_NUMBER)
    if digits is None:
        scanner.refuse("expected a number", HOW)
    percent = scanner.take(_PERCENT)
    scanner.expect_end("the criterion should end here", HOW)
    ours, number = "==" if sign.group() == "=" else sign.group(), decimal_of(digits.group(), where)
    if direction is None and percent is None:
        return KeptnLimit(ours, f"{number_text(number)} {unit}", relative=False)
    towards = direction.group() if direction else "+"
    return KeptnLimit(ours, _relative(number, towards, percent is not None, unit, where), relative=True)


def _relative(number: Decimal, direction: str, percent: bool, unit: str, where: str) -> str:
    if not percent:
        return f"baseline {direction} {number_text(number)} {unit}"
    factor = (100 + number if direction == "+" else 100 - number).scaleb(-2)
    if factor <= 0:
        raise InputError("the limit is 0 % of the earlier value, or less", where=where, why=f"{direction}{number_text(number)}%")
    return f"baseline * {number_text(factor)}"
