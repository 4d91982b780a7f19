# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters over outcomes, decisions, policies and numbers. Each has its documentation beside this file."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Optional

from ansible.errors import AnsibleFilterError

from ..module_utils.core import units
from ..module_utils.core.errors import EvidenceError, InputError, StagegateError
from ..module_utils.core.judge import aggregate, evidence
from ..module_utils.core.judge.criterion import read_criterion
from ..module_utils.core.judge.judge import judge
from ..module_utils.core.judge.policy import read_policy
from ..module_utils.core.judge.samples import Samples
from ..module_utils.core.judge.samples import percentile as type_7
from ..module_utils.core.ledger.entries import checked_measurement
from ..module_utils.core.report import tables
from ..module_utils.core.times import rfc3339

_HERE = {"run": "here", "release": "here", "phase": "preflight"}


def verdict_table(judged: Any) -> str:
    """Return the outcomes of a gate (its result, or the list of outcomes) as a table."""
    outcomes = judged.get("outcomes") if isinstance(judged, Mapping) else judged
    if not isinstance(outcomes, Sequence) or isinstance(outcomes, str):
        raise InputError("verdict_table needs the result of the gate module, or its outcomes")
    return tables.verdict_table(outcomes)


def decision_table(decided: Any, policy: str = "staging") -> str:
    """Return the result of the decision module as a table."""
    if not isinstance(decided, Mapping) or "go" not in decided or "hold" not in decided:
        raise InputError("decision_table needs the result of the decision module")
    return tables.decision_table(decided, policy)


def policy_table(gates: Any, decision: Any = None) -> str:
    """Return a policy as Markdown: the gates, and the matrix when it is given."""
    policy = read_policy(gates, decision)
    return tables.policy_table(policy) + (f"\n{tables.matrix_table(policy)}" if decision else "")


def uncovered_points(requirements: Any, gates: Any, decision: Any = None) -> list[str]:
    """Return the plan points that no criterion and no row covers."""
    if not isinstance(requirements, Mapping) or not all(isinstance(section, Mapping) for section in requirements.values()):
        raise InputError("uncovered_points needs {section: {point: ...}}")
    return tables.uncovered_points(requirements, read_policy(gates, decision))


def to_unit(value: Any, source: str, target: str) -> float:
    """Convert a number from one unit to another."""
    return units.convert(_number(value), source, target)


def percentile(values: Any, q: Any) -> float:
    """Return the q-th percentile (type 7)."""
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise InputError("percentile needs a list of numbers")
    return type_7([_number(value) for value in values], _number(q))


def ratio(part: Any, whole: Any) -> Optional[float]:
    """Return part / whole; None when whole is 0, because nothing was looked at."""
    numerator, denominator = _number(part), _number(whole)
    return numerator / denominator if denominator else None


def rate(points: Any) -> Optional[float]:
    """Return the increase of a counter per second; None for fewer than two points, or when no time passed."""
    return aggregate.rate(_samples("rate", points))


def slope_per_hour(points: Any) -> Optional[float]:
    """Return the growth in percent of the level at the start, per hour; None when there are too few points to say."""
    return aggregate.slope_per_hour(_samples("slope_per_hour", points))


def gap(points: Any) -> Optional[float]:
    """Return the longest time between two points in seconds; None for fewer than two."""
    samples = _samples("gap", points)
    return samples.largest_gap() if len(samples) > 1 else None


def coverage(points: Any, seconds: Any) -> Optional[float]:
    """Return the share of the expected points that are there, when one is expected every so many seconds; None for fewer than two."""
    samples, interval = _samples("coverage", points), _number(seconds)
    if interval <= 0:
        raise InputError("coverage needs more than 0 seconds")
    if len(samples) < 2:
        return None
    expected = max(1, int((samples.span + interval) / interval + 1e-6))
    return samples.occupied(interval, samples.at[0], expected) / expected


def criterion_outcome(measurements: Any, criterion: Any, now: Any = 0) -> dict[str, Any]:
    """Judge measurements by one criterion, as a gate would, without a ledger. Samples by reference cannot be read here."""
    if not isinstance(measurements, Sequence) or isinstance(measurements, str):
        raise InputError("criterion_outcome needs a list of measurements")
    moment = _number(now)
    entries = [
        {**_HERE, "seq": number, "time": rfc3339(moment), "kind": "evidence", "body": checked_measurement(item, number)}
        for number, item in enumerate(measurements, start=1)
    ]
    read = read_criterion({**criterion, "phase": "preflight"} if isinstance(criterion, Mapping) else criterion, "preflight", "criterion")
    return judge(read, evidence.EvidenceBook(entries, "here", "here"), _no_series, moment).as_dict()


def _samples(name: str, points: Any) -> Samples:
    if not isinstance(points, Sequence) or isinstance(points, str):
        raise InputError(f"{name} needs a list of [unix seconds, value] pairs")
    if not all(isinstance(point, Sequence) and not isinstance(point, str) and len(point) == 2 for point in points):
        raise InputError(f"{name} needs [unix seconds, value] pairs")
    samples = Samples.of((_number(at), _number(value)) for at, value in points)
    if not samples.finite:
        raise InputError(f"{name} needs finite numbers")
    return samples


def _no_series(reference: Mapping[str, Any]) -> Sequence[tuple[float, float]]:
    raise EvidenceError("samples by reference cannot be read by a filter", where=str(reference.get("file"))[:100])


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError(f"{str(value)[:60]!r} is no number", todo="pass a number, not a text: | int or | float")
    return float(value)


def _as_filter(function: Callable[..., Any]) -> Callable[..., Any]:
    """Turn every failure of ours into the one that Ansible shows."""

    @functools.wraps(function)
    def filtered(*arguments: Any, **options: Any) -> Any:
        try:
            return function(*arguments, **options)
        except StagegateError as error:
            raise AnsibleFilterError(f"{function.__name__}: {error}") from error

    return filtered


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        all_filters = (
            verdict_table,
            decision_table,
            policy_table,
            uncovered_points,
            to_unit,
            percentile,
            ratio,
            rate,
            slope_per_hour,
            gap,
            coverage,
            criterion_outcome,
        )
        return {function.__name__: _as_filter(function) for function in all_filters}
