# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The policy: the gates with their criteria, and the go/no-go matrix. Read whole before anything is judged by it.

What it refuses: unknown keys, SLIs, units, aggregations and phases; ids that stand twice; an empty gate; a gate in which every
criterion only observes or all weights are 0; a criterion without a limit; a row of the matrix that rests on nothing or on an
unknown criterion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import InputError
from ..fields import Fields
from ..ledger.ledger import digest
from ..ledger.runs import check_phase
from ..units import did_you_mean
from .aggregate import ESTIMATES
from .criterion import ID, Criterion, read_aggregation, read_covers, read_criterion
from .expression import parse_expression
from .grounds import check_grounds
from .limit import parse_alternatives

_GATE_KEYS = ("title", "requires", "criteria", "in_decision", "note")
_GO_KEYS = ("id", "title", "needs", "covers", "note")
_HOLD_KEYS = ("id", "title", "unless", "when", "covers", "note")
_WHEN_KEYS = ("sli", "phase", "agg", "is")
CRITERIA_LIMIT = 500


@dataclass(frozen=True)
class Gate:
    """The criteria of a phase; `requires` are the phases whose gates must say GO before this one begins."""

    phase: str
    title: str
    criteria: tuple[Criterion, ...]
    requires: tuple[str, ...] = ()
    in_decision: bool = True

    def part(self, ids: Sequence[str]) -> Gate:
        """The gate with these criteria alone. InputError when none is named, or one that it does not have."""
        known = [criterion.id for criterion in self.criteria]
        for name in ids:
            if name not in known:
                raise InputError(
                    f"the gate has no criterion {name[:60]!r}", where=f"stagegate_gates.{self.phase}", todo=did_you_mean(name, known)
                )
        if not ids:
            raise InputError("no criterion is named, which would let everything pass", where=f"stagegate_gates.{self.phase}")
        return replace(self, criteria=tuple(criterion for criterion in self.criteria if criterion.id in ids))


@dataclass(frozen=True)
class Row:
    """One line of the matrix: `needs` (criterion ids or gate:<phase>) must all be good; `when` must be known and false."""

    id: str
    title: str
    needs: tuple[str, ...] = ()
    when: Criterion | None = None
    covers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Policy:
    """All gates by phase, and the matrix."""

    gates: dict[str, Gate]
    go: tuple[Row, ...] = ()
    hold: tuple[Row, ...] = ()
    home: dict[str, str] = field(default_factory=dict)

    def gate(self, phase: str) -> Gate:
        """Return the gate of a phase; InputError when the policy has none."""
        if phase not in self.gates:
            raise InputError(f"the policy has no gate for phase {phase}", where="stagegate_gates", todo=did_you_mean(phase, self.gates))
        return self.gates[phase]


def policy_digest(gates: Any, decision: Any) -> str:
    """Return the SHA-256 of a policy."""
    return digest({"gates": gates, "decision": decision})


def read_policy(gates: Any, decision: Any = None) -> Policy:
    """Read gates and matrix. InputError names the first thing that is wrong, with id, field and column."""
    if not isinstance(gates, Mapping) or not gates:
        raise InputError("the policy has no gates", where="stagegate_gates", todo="give each phase its criteria")
    read = {check_phase(str(phase)): _read_gate(str(phase), given) for phase, given in gates.items()}
    home: dict[str, str] = {}
    for gate in read.values():
        for criterion in gate.criteria:
            if criterion.id in home:
                raise InputError(
                    f"the id {criterion.id} stands twice",
                    where=f"stagegate_gates.{gate.phase}, stagegate_gates.{home[criterion.id]}",
                )
            home[criterion.id] = gate.phase
        for required in gate.requires:
            if required not in read:
                where = f"stagegate_gates.{gate.phase}, field requires"
                raise InputError(f"there is no gate {required[:40]!r} to require", where=where, todo=did_you_mean(required, read))
    _refuse_circles(read)
    if not decision:
        return Policy(read, home=home)
    fields = Fields(decision, "stagegate_decision", ("go", "hold"))
    go = _read_rows(fields, "go", home, read)
    hold = _read_rows(fields, "hold", home, read)
    _refuse_twins([row.id for row in go + hold])
    return Policy(read, go, hold, home)


def _read_gate(phase: str, given: Any) -> Gate:
    where = f"stagegate_gates.{phase}"
    fields = Fields(given, where, _GATE_KEYS)
    criteria = fields.required("criteria", "a gate without criteria would let everything pass")
    if not isinstance(criteria, (list, tuple)) or len(criteria) > CRITERIA_LIMIT:
        raise InputError(f"criteria must be a list of at most {CRITERIA_LIMIT}", where=where)
    read = tuple(read_criterion(item, phase, f"{where}.criteria[{number}]") for number, item in enumerate(criteria))
    check_grounds(read, where)
    if all(criterion.observe for criterion in read):
        raise InputError("every criterion of the gate only observes", where=where, todo="let at least one criterion decide")
    if not sum(criterion.weight for criterion in read if not criterion.observe):
        todo = "give a deciding criterion a weight above 0, or leave weight out"
        raise InputError("the weights of the gate sum to 0", where=where, todo=todo)
    return Gate(phase, fields.text("title", phase), read, fields.texts("requires"), fields.flag("in_decision", True))


def _read_rows(fields: Fields, side: str, home: Mapping[str, str], gates: Mapping[str, Gate]) -> tuple[Row, ...]:
    given = fields.required(side, "the matrix has GO rows and HOLD rows")
    if not isinstance(given, (list, tuple)) or len(given) > CRITERIA_LIMIT:
        raise InputError(f"{side} must be a list of rows", where=fields.where)
    return tuple(_read_row(item, side, f"stagegate_decision.{side}[{number}]", home, gates) for number, item in enumerate(given))


def _read_row(given: Any, side: str, where: str, home: Mapping[str, str], gates: Mapping[str, Gate]) -> Row:
    fields = Fields(given, where, _GO_KEYS if side == "go" else _HOLD_KEYS)
    name = fields.required("id")
    if not isinstance(name, str) or not ID.fullmatch(name):
        raise InputError(f"{str(name)[:60]!r} is no id", where=where, todo="write it like go.manual_qa")
    fields.where = f"{where} ({name})"
    member = "needs" if side == "go" else "unless"
    needs = fields.texts(member)
    for need in needs:
        _check_need(need, fields.at(member), home, gates)
    when = _read_when(given["when"], name, fields.at("when")) if side == "hold" and fields.has("when") else None
    if not needs and when is None:
        raise InputError("the row rests on nothing", where=fields.where, todo=f"name criteria under {member}")
    return Row(name, fields.text("title", name), needs, when, read_covers(fields))


def _check_need(need: str, where: str, home: Mapping[str, str], gates: Mapping[str, Gate]) -> None:
    if need.startswith("gate:"):
        if need[5:] not in gates:
            raise InputError(f"there is no gate {need[5:45]!r}", where=where, todo=did_you_mean(need[5:], gates))
    elif need not in home:
        raise InputError(f"there is no criterion {need[:60]!r}", where=where, todo=did_you_mean(need, home))


def _read_when(given: Any, name: str, where: str) -> Criterion:
    fields = Fields(given, where, _WHEN_KEYS)
    expression = parse_expression(fields.required("sli"), fields.at("sli"))
    aggregation, across, dimension = read_aggregation(fields, expression)
    if aggregation.name in ESTIMATES:
        raise InputError(
            f"a {aggregation} cannot stand in the matrix", where=fields.at("agg"), todo="make it a criterion and name it under unless"
        )
    given_limit = fields.required("is", 'write what means HOLD, e.g. is: "< 90 pct"')
    alternatives = parse_alternatives(given_limit, dimension, fields.at("is"))
    if any(limit.relative or limit.steady for limits in alternatives for limit in limits):
        todo = "make it a criterion and name it under unless"
        raise InputError("a condition of the matrix is a plain limit", where=fields.at("is"), todo=todo)
    phase = check_phase(str(fields.required("phase", "say in which phase the evidence was recorded")))
    return Criterion(name, phase, expression, aggregation, dimension, alternatives, across=across)


def _refuse_twins(ids: list[str]) -> None:
    for name in ids:
        if ids.count(name) > 1:
            raise InputError(f"the id {name} stands twice", where="stagegate_decision")


def _refuse_circles(gates: Mapping[str, Gate]) -> None:
    def walk(phase: str, path: tuple[str, ...]) -> None:
        if phase in path:
            raise InputError(f"the gates require each other: {' -> '.join((*path, phase))}", where="stagegate_gates")
        for required in gates[phase].requires:
            walk(required, (*path, phase))

    for phase in gates:
        walk(phase, ())
