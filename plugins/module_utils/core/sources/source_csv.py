# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CSV reports: one column of the rows that are wanted. All of them count or none does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..catalogue import SLIS
from ..errors import EvidenceError
from .source_facts import Found, in_time_order, number_of_text, time_in
from .source_spec import Source

Row = Mapping[str, str]


def columns_of(source: Source) -> list[str]:
    """Return the columns that the source needs."""
    wanted = [source.select, *source.where, source.release, "" if source.time == "file" else source.time]
    return list(dict.fromkeys(name for name in wanted if name))


def found_in_csv(source: Source, rows: Sequence[Row], since: float, file_time: float | None) -> Found:
    """Return the value of the only row, or the samples of several rows, each with its time.

    Rows from before `since` (unix seconds) are left out first, as the phase's gate would: they may be of another release.
    """
    chosen = [(number, row) for number, row in enumerate(rows, start=1) if _fits(source, row)]
    if not chosen:
        raise EvidenceError("no row fits" if rows else "it has no rows", why=f"{len(rows)} rows were looked at")
    if source.time == "file":
        if len(chosen) > 1:
            raise EvidenceError(f"{len(chosen)} rows fit", why="none of them is ever picked", todo="write where, or the column of the time")
        if file_time is None:
            raise EvidenceError("the time of the report is not known", why="the server sent no Last-Modified")
        number, row = chosen[0]
        return Found(file_time, _releases(source, [row]), number_of_text(row[source.select], _cell(number, source.select)))
    timed = [(time_in(row[source.time], source.zone, _cell(number, source.time)), number, row) for number, row in chosen]
    counted = [item for item in timed if source.max_age or item[0] >= since]
    if not counted:
        raise EvidenceError("all rows are from before the phase was started", why=f"{len(timed)} rows fit")
    pairs = [(at, number_of_text(row[source.select], _cell(number, source.select))) for at, number, row in counted]
    releases = _releases(source, [row for _at, _number, row in counted])
    left_out = len(timed) - len(counted)
    detail = f"{left_out} rows from before the phase left out" if left_out else ""
    # The only row is a summary; a single row of a counter would be its state, not what it rose by.
    if len(timed) == 1 and SLIS[source.sli].kind != "counter":
        return Found(pairs[0][0], releases, pairs[0][1], detail=detail)
    samples = in_time_order(pairs)
    return Found(samples[-1][0], releases, samples=samples, detail=detail)


def _fits(source: Source, row: Row) -> bool:
    return all(row[name] == text for name, text in source.where.items())


def _releases(source: Source, rows: Sequence[Row]) -> tuple[str, ...]:
    """Return what the rows state, each text once; an empty cell states nothing and is told as such."""
    return tuple(dict.fromkeys(row[source.release].strip() for row in rows)) if source.release else ()


def _cell(number: int, column: str) -> str:
    return f"row {number}, column {column[:60]}"
