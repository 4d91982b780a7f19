# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SLI expressions: `name{label=value, ...}`, `a / b`, `a / (b + c)`. The grammar is closed; nothing is ever evaluated as code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from .catalogue import SLIS, Sli
from .errors import InputError
from .units import did_you_mean

LENGTH_LIMIT = 400
_TOKENS = re.compile(r"\s*(?:([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+)|(\{)|([/()+])|(\S))")
_LABEL = re.compile(r"\s*([a-z][a-z0-9_]*)\s*=\s*(?:\"([^\"{}]{0,200})\"|([^\s,{}=\"]{1,200}))\s*([,}])")


@dataclass(frozen=True)
class Reference:
    """One SLI, with the labels that were asked for."""

    sli: str
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def entry(self) -> Sli:
        """What the catalogue says about the SLI."""
        return SLIS[self.sli]

    def __str__(self) -> str:
        inside = ", ".join(f"{name}={value}" for name, value in self.labels)
        return f"{self.sli}{{{inside}}}" if inside else self.sli


@dataclass(frozen=True)
class Expression:
    """What is judged: one SLI, or its ratio to the sum of the SLIs in `denominator`."""

    text: str
    numerator: Reference
    denominator: tuple[Reference, ...] = ()

    @property
    def references(self) -> tuple[Reference, ...]:
        """All SLIs of the expression."""
        return (self.numerator, *self.denominator)


def parse_expression(text: str, where: str = "") -> Expression:
    """Read an SLI expression. InputError says at which column what is wrong."""
    return _Reader(text, where).expression()


class _Reader:
    def __init__(self, text: str, where: str) -> None:
        if not isinstance(text, str) or len(text) > LENGTH_LIMIT:
            raise InputError(f"an SLI expression is a text of at most {LENGTH_LIMIT} characters", where=where, why=repr(text)[:60])
        self.text = text
        self.where = where
        self.at = 0

    def expression(self) -> Expression:
        numerator = self._reference()
        denominator: list[Reference] = []
        if self._take("/"):
            if self._take("("):
                denominator.append(self._reference())
                while self._take("+"):
                    denominator.append(self._reference())
                if not self._take(")"):
                    self._refuse("expected + or )")
            else:
                denominator.append(self._reference())
        if self.text[self.at :].strip():
            self._refuse("the expression should end here", "the forms are: name{label=value} | a / b | a / (b + c)")
        expression = Expression(self.text.strip(), numerator, tuple(denominator))
        self._check_dimensions(expression)
        return expression

    def _reference(self) -> Reference:
        match = _TOKENS.match(self.text, self.at)
        if match is None or match.group(1) is None:
            self._refuse("expected the name of an SLI")
        name = match.group(1)
        if name not in SLIS:
            self.at = match.start(1)
            self._refuse(f"unknown SLI {name!r}", did_you_mean(name, SLIS))
        self.at = match.end()
        return Reference(name, self._labels(SLIS[name]) if self._take("{") else ())

    def _labels(self, entry: Sli) -> tuple[tuple[str, str], ...]:
        found: list[tuple[str, str]] = []
        while True:
            match = _LABEL.match(self.text, self.at)
            if match is None:
                self._refuse("expected label=value, then , or }")
            label = match.group(1)
            if label not in entry.labels:
                self.at = match.start(1)
                self._refuse(f"the SLI has no label {label!r}", did_you_mean(label, entry.labels) if entry.labels else "it has no labels")
            if label in dict(found):
                self._refuse(f"label {label!r} stands twice")
            found.append((label, match.group(2) if match.group(2) is not None else match.group(3)))
            self.at = match.end()
            if match.group(4) == "}":
                return tuple(sorted(found))

    def _take(self, sign: str) -> bool:
        match = _TOKENS.match(self.text, self.at)
        if match is None or sign not in (match.group(2), match.group(3)):
            return False
        self.at = match.end()
        return True

    def _check_dimensions(self, expression: Expression) -> None:
        wanted = expression.numerator.entry
        for reference in expression.denominator:
            if reference.entry.dimension != wanted.dimension:
                self.at = 0
                self._refuse(
                    f"{expression.numerator.sli} cannot be divided by {reference.sli}",
                    f"one is {wanted.dimension}, the other {reference.entry.dimension}",
                )

    def _refuse(self, what: str, todo: str = "") -> NoReturn:
        rest = self.text[self.at :]
        column = self.at + len(rest) - len(rest.lstrip()) + 1
        found = f"found {rest.strip()[:30]!r}" if rest.strip() else "found the end"
        raise InputError(what, where=f"{self.where}, column {column} of {self.text[:80]!r}".lstrip(", "), why=found, todo=todo)
