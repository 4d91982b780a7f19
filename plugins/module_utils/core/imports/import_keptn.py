# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From the service level objectives of Keptn 1 (`slo.yaml`, spec_version 0.1 and 1.0) to a gate of ours.

Keptn adds up points and lets a deployment pass at, say, 90 of 100; ours asks every criterion. So each objective becomes a
criterion of its own, and what Keptn counts as met although nothing is known is INCONCLUSIVE here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from ..fields import Fields
from ..text import plain
from ..units import did_you_mean
from .imported import Ids, Imported, NoteBook, Wanted, checked_name, checked_title, checked_units, finished, reference, sli_of
from .keptn_limits import KeptnCriteria, read_criteria

HOLD, WARN = "hold", "warn"
OBJECTIVES_LIMIT = 200
WEIGHT_LIMIT = 1_000_000
_KEYS = ("spec_version", "filter", "comparison", "objectives", "total_score")
_OBJECTIVE_KEYS = ("sli", "displayName", "pass", "warning", "weight", "key_sli")
_WORDS = {
    "compare_with": ("single_result", "several_results"),
    "include_result_with_score": ("all", "pass", "pass_or_warn"),
    "aggregate_function": ("avg", "p50", "p90", "p95"),
}
_INCLUDED = {"": "", "all": "", "pass": " that passed", "pass_or_warn": " that passed or warned"}
_VERSION = re.compile(r"(?:0\.1|1\.0)(?:\.[0-9]{1,3})?")
_SCORE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)\s*%?")


@dataclass(frozen=True)
class _Objective:
    """One objective as it was read."""

    name: str
    where: str
    unit: str
    title: str
    passes: KeptnCriteria | None
    warns: KeptnCriteria | None
    weight: int
    key: bool


def import_keptn(document: Any, phase: str, units: Mapping[str, str], warning_means: str = HOLD, where: str = "slo.yaml") -> Imported:
    """Return the gate for a parsed slo.yaml.

    `units` gives the unit of each SLI, because Keptn has none. Between the pass and the warning criteria of an objective ours
    FAILs (`warning_means` hold) or WARNs, which is good (warn). InputError names the place of whatever cannot be taken over.
    """
    fields = Fields(document, where, _KEYS)
    _check_version(fields)
    compared = _comparison(fields)
    objectives = [_read_objective(given, f"{where}, objectives[{number}]", units) for number, given in enumerate(_objectives(fields))]
    judged = _judged(objectives, units, where)
    notes, ids = NoteBook(), Ids(phase)
    criteria, wanted = [], []
    for objective in judged:
        sli, labels = sli_of(objective.unit, objective.name, objective.where), {"name": objective.name}
        criterion = _criterion(objective, ids.of(objective.name, objective.where), reference(sli, labels), warning_means)
        _note(objective, criterion, compared, warning_means, notes)
        criteria.append(criterion)
        wanted.append(Wanted(criterion["id"], sli, labels, objective.unit, objective.name))
    _note_whole(fields, objectives, notes)
    return finished(phase, f"Objectives of {where}", criteria, notes, wanted)


def _check_version(fields: Fields) -> None:
    version = str(fields.required("spec_version", "Keptn's files say 0.1 or 1.0"))
    if not _VERSION.fullmatch(version):
        raise InputError(f"spec_version {version[:40]!r} is not known", where=fields.at("spec_version"), todo="0.1 and 1.0 can be imported")


def _comparison(fields: Fields) -> str:
    """Return what the file compares with, in words."""
    known = (*_WORDS, "number_of_comparison_results")
    inside = Fields(fields.given["comparison"] if fields.has("comparison") else {}, fields.at("comparison"), known)
    words = {name: inside.text(name) for name in _WORDS}
    for name, word in words.items():
        if word and word not in _WORDS[name]:
            why = "Keptn would compare with 0" if name == "aggregate_function" else ""
            raise InputError(f"unknown {name} {word[:40]!r}", where=inside.at(name), why=why, todo=did_you_mean(word, _WORDS[name]))
    number = inside.whole("number_of_comparison_results", 0)
    last = "the last evaluation"
    if words["compare_with"] == "several_results":
        last = plain(f"the {words['aggregate_function'] or 'avg'} of the last {number or ''} evaluations")
    included = _INCLUDED[words["include_result_with_score"]]
    return f"Keptn compares with {last}{included}, ours with the newest run of the last verified-good other release: tighter or looser"


def _objectives(fields: Fields) -> list[Any]:
    given = fields.required("objectives", "without them Keptn lets everything pass")
    if not isinstance(given, list) or len(given) > OBJECTIVES_LIMIT:
        raise InputError(f"objectives must be a list of at most {OBJECTIVES_LIMIT}", where=fields.at("objectives"))
    return given


def _read_objective(given: Any, where: str, units: Mapping[str, str]) -> _Objective:
    fields = Fields(given, where, _OBJECTIVE_KEYS)
    name = checked_name(fields.required("sli", "name what is judged"), fields.at("sli"))
    fields.where = f"{where} ({name})"
    weight = fields.given.get("weight", 1)
    if isinstance(weight, bool) or not isinstance(weight, int) or not 0 <= weight <= WEIGHT_LIMIT:
        raise InputError("weight must be a whole number of at least 0", where=fields.at("weight"), why=f"found {weight!r}"[:80])
    unit = str(units.get(name) or "")
    passes, warns = read_criteria(fields, "pass", unit), read_criteria(fields, "warning", unit)
    title = checked_title(fields.text("displayName"), fields.at("displayName"))
    return _Objective(name, fields.where, unit, title, passes, warns, weight, fields.flag("key_sli"))


def _judged(objectives: list[_Objective], units: Mapping[str, str], where: str) -> list[_Objective]:
    """Return the objectives that have a limit. InputError when none decides, one stands twice, or a unit is left over."""
    judged = [objective for objective in objectives if objective.passes or objective.warns]
    places: dict[str, str] = {}
    for objective in judged:
        if objective.name in places:
            raise InputError(f"{objective.name!r} is judged twice", where=f"{places[objective.name]}; {objective.where}", todo="join them")
        places[objective.name] = objective.where
    if not any(objective.passes for objective in judged):
        raise InputError(
            "every objective only informs",
            where=f"{where}, field objectives",
            why="Keptn gives 100 % to whatever is measured",
            todo="give one of them pass criteria",
        )
    checked_units(units, list(places), where)
    return judged


def _criterion(objective: _Objective, name: str, sli: str, warning_means: str) -> dict[str, Any]:
    """Return the criterion as it is written in a policy."""
    criterion: dict[str, Any] = {"id": name, "title": objective.title, "sli": sli}
    if not objective.title:
        del criterion["title"]
    passes, warns = objective.passes, objective.warns
    limits = passes or warns
    if passes and warns and warning_means == WARN:
        limits = passes.or_else(warns)
        criterion.update({"pass": limits.as_pass(), "warn": passes.outside(objective.where)})
    elif limits:
        criterion["pass"] = limits.as_pass()
    if limits and limits.relative:
        criterion["baseline"] = {"from": "last_verified", "on_none": "inconclusive"}
    if objective.weight > 1:
        criterion["weight"] = objective.weight
    if passes is None:
        criterion["observe"] = True
    elif objective.key:
        criterion["key"] = True
    return criterion


def _note(objective: _Objective, criterion: Mapping[str, Any], compared: str, warning_means: str, notes: NoteBook) -> None:
    name = criterion["id"]
    notes.add("missing data", "Keptn only takes the points of a value that is missing, even of a key_sli; here the gate holds", name)
    if "baseline" in criterion:
        notes.add("no history", "without an earlier value Keptn counts a relative limit as met; here it is INCONCLUSIVE", name)
        notes.add("baseline", compared, name)
    if objective.passes is None:
        notes.add("informational", "without pass criteria Keptn only shows it; here its warning criteria are observed", name)
    elif objective.warns and warning_means == WARN:
        notes.add("warning", "what Keptn gives half the points for is a WARN here, and good: LESS strict than the file", name)
    elif objective.warns:
        notes.add("warning", "what meets the warning criteria only gets half the points in Keptn; here it FAILs", name)
    if objective.weight == 0:
        notes.add("weight", "Keptn reads a weight of 0 as 1, and so does this gate", name)
    elif objective.weight > 1:
        notes.add("weight", "a weight is only shown here: a criterion that fails holds the gate, however little it weighs", name)


def _note_whole(fields: Fields, objectives: list[_Objective], notes: NoteBook) -> None:
    for objective in objectives:
        if not objective.passes and not objective.warns:
            notes.add("informational", f"{objective.name} has no criteria in the file, so nothing of it is judged; left out")
    notes.add("total score", _score_text(fields))
    filters = fields.given.get("filter") or {}
    if not isinstance(filters, Mapping):
        raise InputError("filter must be a mapping", where=fields.at("filter"))
    if filters:
        notes.add("filter", "the filter belongs to the queries that measure; a gate has none: measure with the same filter")


def _score_text(fields: Fields) -> str:
    """Return what becomes of total_score; InputError when it is no score."""
    if not fields.has("total_score"):
        return "the file has no total_score, with which Keptn ends in an error; here every criterion must be good"
    inside = Fields(fields.given["total_score"], fields.at("total_score"), ("pass", "warning"))
    read = {}
    for name in ("pass", "warning"):
        given = inside.given.get(name)
        match = _SCORE.fullmatch(str(given)) if given is not None and not isinstance(given, bool) else None
        if given is not None and (match is None or float(match.group(1)) > 100):
            raise InputError(f"{str(given)[:40]!r} is no score", where=inside.at(name), todo="write it like 90%")
        read[name] = match.group(1) if match else ""
    if not read["pass"]:
        raise InputError("pass is missing", where=inside.where, why="Keptn ends in an error without it")
    return f"Keptn passes at {read['pass']} % of the points, whatever is behind the rest; here every criterion must be good"
