# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SLI expressions: `name{label=value, ...}`, `a / b`, `a / (b + c)`. The grammar stands in scanner.py."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..catalogue import SLIS, Sli
from ..scanner import Scanner
from ..units import did_you_mean

LENGTH_LIMIT = 400
_SLI = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+")
_LABEL = re.compile(r"([a-z][a-z0-9_]*)\s*=\s*(?:\"([^\"{}]{0,200})\"|([^\s,{}=\"]{1,200}))\s*([,}])")
_SIGNS = {sign: re.compile(re.escape(sign)) for sign in "/()+{"}


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
    scanner = Scanner(text, where, "SLI expression", limit=LENGTH_LIMIT)
    numerator = scan_reference(scanner)
    denominator: list[Reference] = []
    if scanner.take(_SIGNS["/"]):
        several = scanner.take(_SIGNS["("])
        denominator.append(scan_reference(scanner))
        while several and scanner.take(_SIGNS["+"]):
            denominator.append(scan_reference(scanner))
        if several and not scanner.take(_SIGNS[")"]):
            scanner.refuse("expected + or )")
    scanner.expect_end("the expression should end here", "the forms are: name{label=value} | a / b | a / (b + c)")
    expression = Expression(scanner.text.strip(), numerator, tuple(denominator))
    _check_dimensions(scanner, expression)
    return expression


def scan_reference(scanner: Scanner) -> Reference:
    """Take one SLI with its labels."""
    match = scanner.take(_SLI)
    if match is None:
        scanner.refuse("expected the name of an SLI")
    name = match.group()
    if name not in SLIS:
        scanner.refuse(f"unknown SLI {name[:80]!r}", did_you_mean(name, SLIS), match.start())
    return Reference(name, _labels(scanner, SLIS[name]) if scanner.take(_SIGNS["{"]) else ())


def _labels(scanner: Scanner, entry: Sli) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    while True:
        match = scanner.take(_LABEL)
        if match is None:
            scanner.refuse("expected label=value, then , or }")
        label = match.group(1)
        if label not in entry.labels:
            known = did_you_mean(label, entry.labels) if entry.labels else "it has no labels"
            scanner.refuse(f"the SLI has no label {label[:80]!r}", known, match.start())
        if label in dict(found):
            scanner.refuse(f"label {label!r} stands twice", at=match.start())
        found.append((label, match.group(2) if match.group(2) is not None else match.group(3)))
        if match.group(4) == "}":
            return tuple(sorted(found))


def _check_dimensions(scanner: Scanner, expression: Expression) -> None:
    wanted = expression.numerator.entry
    for reference in expression.denominator:
        if reference.entry.dimension != wanted.dimension:
            scanner.refuse(
                f"{expression.numerator.sli} cannot be divided by {reference.sli}",
                f"one is {wanted.dimension}, the other {reference.entry.dimension}",
                0,
            )
