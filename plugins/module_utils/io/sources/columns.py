# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Samples as columns of polars: for series of millions of rows, where polars and the SQLite driver of Arrow are installed.

Everything here gives the same numbers as core/judge/samples.py. What could differ is not done with polars: sums are made by math.fsum of
terms that polars made one by one, a series with anything but finite numbers is not taken, and where in doubt the answer is None:
read it the plain way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Optional, cast
from urllib.parse import quote

from ...core.judge.limit import Limit
from ...core.judge.samples import Samples
from ...core.units import scale

if TYPE_CHECKING:
    from polars import DataFrame, Series

# Far beyond any unix time: the arithmetic of times cannot overflow.
TIME_LIMIT = 1e12


class ColumnSamples(Samples):
    """Samples whose times and values are columns of finite numbers, in order of time."""

    __slots__ = ("_sorted",)

    def __init__(self, at: Series, values: Series) -> None:
        self.at = cast("Sequence[float]", at)
        self.values = cast("Sequence[float]", values)
        self._sorted: Optional[Sequence[float]] = None

    @property
    def _columns(self) -> tuple[Series, Series]:
        return cast("Series", self.at), cast("Series", self.values)

    @property
    def finite(self) -> bool:
        """True: others are not made."""
        return True

    def minimum(self) -> float:
        """The smallest value."""
        return cast(float, self._columns[1].min())

    def maximum(self) -> float:
        """The greatest value."""
        return cast(float, self._columns[1].max())

    def total(self) -> float:
        """The sum of the values."""
        return math.fsum(self._columns[1].to_list())

    def mean(self) -> float:
        """The mean of the values."""
        return self.total() / len(self)

    def increase(self) -> Optional[float]:
        """By how much a counter grew."""
        _at, values = self._columns
        if len(values) < 2:
            return None
        before, after = values[:-1], values[1:]
        return math.fsum((after - before).zip_with(after >= before, after).to_list())

    def share(self, limit: Limit) -> Optional[float]:
        """Share of the time in which `limit` held."""
        if self.span <= 0:
            return None
        at, values = self._columns
        middles = (at[:-1] + at[1:]) * 0.5
        begins = at[:1].append(middles)
        ends = middles.append(at[-1:])
        return min(1.0, math.fsum((ends - begins).filter(limit.compare(values)).to_list()) / self.span)

    def keeps(self, limit: Limit) -> bool:
        """True when every value keeps the limit."""
        return bool(limit.compare(self._columns[1]).all())

    def largest_gap(self) -> float:
        """Seconds of the longest hole between two samples."""
        at, _values = self._columns
        return cast(float, (at[1:] - at[:-1]).max()) if len(at) > 1 else 0.0

    def occupied(self, interval: float, begin: float, count: int) -> int:
        """How many of `count` slots of `interval` seconds from `begin` on hold a sample."""
        at, _values = self._columns
        if not len(at):
            return 0
        slots = (_divided(at - begin, interval) + 0.5).floor()
        return slots.filter((slots >= 0) & (slots < count)).n_unique()

    def converted(self, source: str, target: str) -> Samples:
        """The samples in another unit."""
        if source == target:
            return self
        at, values = self._columns
        factor, divisor = scale(source, target)
        changed = values * factor if divisor == 1 else _divided(values, divisor)
        return ColumnSamples(at, changed) if changed.is_finite().all() else Samples(at, changed)

    def _slice(self, low: int, high: int) -> Samples:
        at, values = self._columns
        return ColumnSamples(at[low:high], values[low:high])

    def _ordered(self) -> Sequence[float]:
        if self._sorted is None:
            self._sorted = cast("Sequence[float]", self._columns[1].sort())
        return self._sorted


def _divided(column: Series, divisor: float) -> Series:
    """Divide, rounded like any division: by a single number polars multiplies with its reciprocal."""
    return column / column.clear().extend_constant(divisor, len(column))


def sweep(path: str, metric: str, rows_limit: int) -> Optional[dict[bytes, Samples]]:
    """Return all series of a metric, by their labels as they stand in the table; None when they should be read the plain way.

    The table is read once from its beginning to its end: many long series cost less this way than through the index. While it is
    read a row takes about 150 bytes, afterwards 16.
    """
    try:
        table = _read(path, metric, rows_limit)
    except _reasons_against():
        return None
    if table is None:
        return None
    series = {key[0]: _samples_of(part) for key, part in table.partition_by("labels", as_dict=True).items()}
    return {labels: samples for labels, samples in series.items() if isinstance(labels, bytes) and samples is not None}


def _reasons_against() -> tuple[type[Exception], ...]:
    """Nothing is installed; or the driver refuses the file, whatever for: the plain way will find the words for it."""
    try:
        from adbc_driver_manager import Error
        from polars.exceptions import PolarsError
    except ImportError:
        return (ImportError,)
    return ImportError, Error, PolarsError


def _read(path: str, metric: str, rows_limit: int) -> Optional[DataFrame]:
    from adbc_driver_sqlite import dbapi

    # As bytes: labels need not be valid text.
    query = "SELECT CAST(labels AS BLOB) AS labels, at, value FROM samples NOT INDEXED WHERE metric = ? LIMIT ?"
    with dbapi.connect(f"file:{quote(path)}?mode=ro") as connection, connection.cursor() as cursor:
        cursor.execute(query, (metric, rows_limit + 1))
        table = cursor.fetch_polars()
    return table if len(table) <= rows_limit else None


def _samples_of(part: DataFrame) -> Optional[Samples]:
    """Return the samples in order of time, those of one time by value; None when something is no finite number."""
    import polars

    numbers = part.select("at", "value")
    if not all(column.dtype.is_numeric() for column in numbers) or sum(numbers.null_count().row(0)):
        return None
    numbers = numbers.cast(polars.Float64)
    at, values = numbers["at"], numbers["value"]
    if not (at.abs() < TIME_LIMIT).all() or not values.is_finite().all():
        return None
    if not (at[1:] > at[:-1]).all():
        ordered = numbers.sort("at", "value")
        at, values = ordered["at"], ordered["value"]
    return ColumnSamples(at, values)
