"""The numbers of the twelve criteria of long_soak.py, written directly in polars: `python direct_polars.py STATE_DIR INTERVAL_SECONDS`.

Prints one JSON object: seconds since the process began to run this file, and for each criterion the number of the container that is worst.
"""

from __future__ import annotations

import json
import sys
import time

BEGAN = time.perf_counter()

import polars as pl
from adbc_driver_sqlite import dbapi

VALUE, AT = pl.col("value"), pl.col("at")
HOUR = 3600.0


def read(state: str) -> pl.DataFrame:
    """Return labels, at, value, sorted."""
    with dbapi.connect(f"file:{state}/soak/samples.sqlite?mode=ro") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT labels, at, value FROM samples NOT INDEXED WHERE metric = 'container.working_set'")
        table = cursor.fetch_polars()
    finite = table.select(AT.is_finite().all() & VALUE.is_finite().all()).item()
    if not finite:
        raise SystemExit("the samples are not finite")
    return table


def percentile(q: float) -> pl.Expr:
    """Type 7."""
    return VALUE.quantile(q, "linear")


def whole(container: pl.LazyFrame, interval: float) -> pl.LazyFrame:
    """What is known about all of the time of a container."""
    gap = AT.diff()
    half = (gap.fill_null(0.0) + gap.shift(-1).fill_null(0.0)) / 2
    length, late = AT.last() - AT.first(), AT.last() - 2 * HOUR <= AT
    return container.select(
        VALUE.max().alias("max"),
        VALUE.min().alias("min"),
        VALUE.mean().alias("mean"),
        percentile(0.5).alias("median"),
        percentile(0.95).alias("p95"),
        VALUE.filter(AT.first() + 900 <= AT).quantile(0.99, "linear").alias("p99"),
        (half.filter(VALUE > 2.4e8).sum() / length).alias("high"),
        pl.len().alias("count"),
        (((AT - AT.first()) / interval + 0.5).floor().n_unique() * interval / (length + interval)).alias("coverage"),
        gap.max().alias("gap"),
        VALUE.filter(late).max().alias("end_max"),
        gap.filter(late).max().alias("end_gap"),
        VALUE.last().alias("end"),
    )


def windows(container: pl.LazyFrame, interval: float) -> pl.LazyFrame:
    """The worst window of two hours."""
    number = ((AT - AT.first()) / (2 * HOUR)).floor().clip(0, 23).cast(pl.Int32).alias("window")
    slots = ((AT - AT.first()) / interval + 0.5).floor().n_unique() * interval / (2 * HOUR)
    judged = container.group_by(number).agg(VALUE.max().alias("max"), percentile(0.95).alias("p95"), slots.alias("coverage"))
    return judged.select(
        pl.col("max").max().alias("window_max"), pl.col("p95").max().alias("window_p95"), pl.col("coverage").min().alias("window_coverage")
    )


def slope(container: pl.LazyFrame) -> pl.LazyFrame:
    """Theil-Sen over the troughs of 48 blocks after an hour, in percent of the level of the first six; without its interval."""
    settled = container.filter(AT.first() + HOUR <= AT)
    number = ((AT - AT.first()) * 48 / (AT.last() - AT.first())).floor().clip(0, 47).cast(pl.Int32).alias("block")
    blocks = settled.group_by(number).agg(AT.median(), percentile(0.1)).sort("block").with_row_index("row")
    pairs = blocks.join(blocks, how="cross", suffix="_later").filter(pl.col("row_later") > pl.col("row"))
    rise = (pl.col("value_later") - VALUE) / (pl.col("at_later") - AT)
    early = rise.filter(pl.col("row_later") <= 24).median()
    first = (VALUE - early * (AT - AT.min())).filter((pl.col("row") < 6) & (pl.col("row_later") == pl.col("row") + 1)).median()
    return pairs.select((rise.median() * HOUR / first.abs() * 100).alias("slope"))


def main() -> int:
    """Read, aggregate, print."""
    state, interval = sys.argv[1], float(sys.argv[2])
    parts = [part if part["at"].is_sorted() else part.sort("at") for part in read(state).partition_by("labels")]
    asked = [(whole(part, interval), windows(part, interval), slope(part)) for part in (part.lazy() for part in parts)]
    found = pl.collect_all([query for queries in asked for query in queries])
    rows = [pl.concat(found[number : number + 3], how="horizontal") for number in range(0, len(found), 3)]
    least = ("min", "count", "coverage", "window_coverage")
    table = pl.concat(rows)
    worst = table.select(pl.exclude(least).max(), pl.col(least).min())
    print(json.dumps({"seconds": round(time.perf_counter() - BEGAN, 3), "worst": worst.row(0, named=True)}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
