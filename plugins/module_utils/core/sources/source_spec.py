# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A source: where a report lies, what is taken out of it, and what it must state, as somebody writes it.

A mistake of the writer is an InputError that names the key; what a report lacks is found out later and is no data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..catalogue import SLIS
from ..errors import InputError
from ..fields import Fields
from ..units import did_you_mean, dimension_of

KINDS = ("json", "junit", "k6", "prometheus", "prometheus_range", "csv")
FILE_KINDS = ("json", "junit", "k6", "csv")
EXPRESSION_LIMIT = 4000

_COMMON = ("from", "sli", "unit", "labels", "select", "release", "accept_unstated_release", "max_age", "url", "token")
_FILE = ("path", "time", "time_zone")
KEYS = {
    "json": (*_COMMON, *_FILE, "of"),
    "junit": (*_COMMON, *_FILE),
    "k6": (*_COMMON, *_FILE, "of"),
    "csv": (*_COMMON, *_FILE, "where"),
    "prometheus": (*_COMMON, "of", "labels_from", "histogram"),
    "prometheus_range": (*_COMMON, "of", "labels_from", "range", "step"),
}
_ZONE = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])")
# `... or vector(0)` gives a value where there is none.
_PROMQL_DEFAULT = re.compile(r"\bor\b.*?\bvector\s*\(", re.IGNORECASE | re.DOTALL)
_PROMQL_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`')


@dataclass(frozen=True)
class Source:
    """One source. Times in seconds; `max_age` 0: the report must have been made since the phase was started."""

    number: int
    kind: str
    sli: str
    unit: str
    select: str
    path: str = ""
    url: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    labels_from: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)
    of: str = ""
    time: str = ""
    zone: float | None = None
    release: str = ""
    max_age: float = 0.0
    range: float = 0.0
    step: float = 0.0
    histogram: bool = False
    token: str = ""

    @property
    def at(self) -> str:
        """The position of the source in what was written."""
        return f"sources[{self.number}]"

    @property
    def name(self) -> str:
        """What a line about this source begins with; no address, which may hold a secret."""
        labels = ",".join(f"{key}={value}" for key, value in sorted(self.labels.items()))
        return f"{self.at} ({self.kind}, {self.sli}{'{' + labels + '}' if labels else ''})"


def read_source(given: Any, number: int) -> Source:
    """Return the source that is written at position `number`; InputError says what is wrong with it and where."""
    where = f"sources[{number}]"
    kind = given.get("from") if isinstance(given, Mapping) else None
    if kind not in KINDS:
        raise InputError(f"a source must say from what it reads, not {str(kind)[:40]!r}", where=where, todo=did_you_mean(str(kind), KINDS))
    fields = Fields(given, where, KEYS[str(kind)])
    sli, unit = _sli_and_unit(fields)
    source = Source(
        number=number,
        kind=str(kind),
        sli=sli,
        unit=unit,
        select=_expression(fields, "select", needed=True),
        path=fields.text("path"),
        url=fields.text("url"),
        labels=_texts_by_name(fields, "labels"),
        labels_from=_texts_by_name(fields, "labels_from"),
        where=_texts_by_name(fields, "where"),
        of=_expression(fields, "of"),
        time=_expression(fields, "time"),
        zone=_zone(fields),
        release=_expression(fields, "release"),
        max_age=fields.quantity("max_age", "time"),
        range=fields.quantity("range", "time"),
        step=fields.quantity("step", "time"),
        histogram=fields.flag("histogram"),
        token=fields.text("token"),
    )
    _check_place(fields, source)
    _check_labels(fields, source)
    _check_release(fields, source)
    if kind in FILE_KINDS:
        _check_time(fields, source)
    else:
        _check_query(fields, source)
    return source


def _sli_and_unit(fields: Fields) -> tuple[str, str]:
    sli = str(fields.required("sli"))
    if sli not in SLIS:
        raise InputError(f"unknown SLI {sli[:60]!r}", where=fields.at("sli"), todo=did_you_mean(sli, SLIS))
    # `unit: 1` is a number in YAML and means the unit of plain numbers.
    unit = str(fields.required("unit", "write the unit in which the report counts"))
    try:
        dimension = dimension_of(unit)
    except InputError as error:
        raise InputError(error.what, where=fields.at("unit"), todo=error.todo) from error
    if dimension != SLIS[sli].dimension:
        raise InputError(f"{sli} cannot be measured in {unit!r}", where=fields.at("unit"), why=f"its dimension is {SLIS[sli].dimension}")
    return sli, unit


def _expression(fields: Fields, name: str, needed: bool = False) -> str:
    value = fields.required(name) if needed else fields.given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or not value.strip() or len(value) > EXPRESSION_LIMIT:
        raise InputError(f"{name} must be a text of 1 to {EXPRESSION_LIMIT} characters", where=fields.at(name), why=repr(value)[:60])
    return value.strip()


def _texts_by_name(fields: Fields, name: str) -> dict[str, str]:
    value = fields.given.get(name) or {}
    if not isinstance(value, Mapping) or not all(isinstance(key, str) and isinstance(text, str) for key, text in value.items()):
        raise InputError(f"{name} must be a mapping of texts", where=fields.at(name), why=repr(value)[:60])
    return dict(value)


def _zone(fields: Fields) -> float | None:
    """Return the offset of `time_zone` (UTC, +02:00) in seconds; None when it is not written."""
    text = fields.text("time_zone")
    if text in ("", "UTC"):
        return 0.0 if text else None
    match = _ZONE.fullmatch(text)
    if match is None:
        raise InputError(f"{text[:20]!r} is no time zone", where=fields.at("time_zone"), todo="write UTC or an offset: +02:00")
    return (-60.0 if match.group(1) == "-" else 60.0) * (int(match.group(2)) * 60 + int(match.group(3)))


def _check_place(fields: Fields, source: Source) -> None:
    if bool(source.path) == bool(source.url):
        raise InputError(
            f"a source from {source.kind} needs {'path or url' if source.kind in FILE_KINDS else 'url'}",
            where=fields.where,
            why="both are written" if source.path else "neither is written",
        )
    if source.url and not re.match(r"https?://[^/\s]", source.url):
        raise InputError("url is no HTTP address", where=fields.at("url"), todo="write it like http://127.0.0.1:9090")
    if source.kind not in FILE_KINDS and "?" in source.url:
        raise InputError("url is the address of the server, without a query", where=fields.at("url"), todo="put the query into select")
    if source.token and not source.url:
        raise InputError("a token goes with a url", where=fields.at("token"))
    if "@" in source.url.split("?")[0]:
        raise InputError("a url must not hold a password", where=fields.at("url"), todo="put it under tokens and name it by token")


def _check_labels(fields: Fields, source: Source) -> None:
    known = SLIS[source.sli].labels
    for name, written in (("labels", source.labels), ("labels_from", source.labels_from)):
        unknown = sorted(set(written) - set(known))
        if unknown:
            raise InputError(f"{source.sli} has no label {unknown[0][:40]!r}", where=fields.at(name), why=f"its labels: {', '.join(known)}")
    twice = sorted(set(source.labels) & set(source.labels_from))
    if twice:
        raise InputError(f"the label {twice[0]!r} is written twice", where=fields.at("labels_from"))


def _check_release(fields: Fields, source: Source) -> None:
    accepted = fields.flag("accept_unstated_release")
    if source.release and accepted:
        raise InputError("release and accept_unstated_release exclude each other", where=fields.at("accept_unstated_release"))
    if not source.release and not accepted:
        raise InputError(
            "a source must say where its report states the release",
            where=fields.where,
            why="a report of another release must not count for this one",
            todo="write release, or accept_unstated_release: true where the report cannot state it",
        )


def _check_time(fields: Fields, source: Source) -> None:
    if not source.time:
        raise InputError(
            "a source must say where its report states the time", where=fields.where, todo="write time; `file` is the time of the file"
        )
    if source.kind == "junit" and source.time not in ("timestamp", "file"):
        raise InputError("the time of a JUnit report is `timestamp` or `file`", where=fields.at("time"), why=source.time[:60])


def _check_query(fields: Fields, source: Source) -> None:
    for name, text in (("select", source.select), ("of", source.of)):
        if _PROMQL_DEFAULT.search(_PROMQL_TEXT.sub("", text)):
            raise InputError(
                "a query must not put a value where there is none",
                where=fields.at(name),
                why="`or vector(...)` answers even when nothing was measured",
                todo="take it out: no answer is then INCONCLUSIVE, which is what it is",
            )
    if source.kind != "prometheus_range":
        return
    if not source.step:
        raise InputError("step is missing", where=fields.where, todo="write the distance of the samples: 15 s")
    if source.max_age and not source.range:
        raise InputError("range is missing", where=fields.where, why="with max_age the samples do not begin with the phase")
