# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Columns of polars: whatever is in the file, they say the same as the standard library."""

from __future__ import annotations

import math
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.aggregate import aggregate, parse_aggregation
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.limit import parse_limit
from ansible_collections.proofile.stagegate.plugins.module_utils.core.judge.samples import Samples
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources import series
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources.columns import ColumnSamples, sweep
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources.series import SeriesReader, labels_text, read_series

NAMES = ("a", "b", "c")
TIMES = st.one_of(st.integers(0, 40).map(float), st.floats(0, 2e9), st.floats(-100, 100))
VALUES = st.one_of(st.integers(-50, 50).map(float), st.floats(-1e9, 1e9), st.floats(allow_nan=False, allow_infinity=False))
FINITE = st.tuples(st.sampled_from(NAMES), TIMES, VALUES)
WILD = st.tuples(
    st.sampled_from(NAMES),
    st.one_of(TIMES, st.sampled_from([1e308, -1e308, None, "noon", 7, b"\xff", math.inf, math.nan])),
    st.one_of(VALUES, st.sampled_from([None, "seven", 2**62, b"\x00", math.inf, -math.inf, math.nan])),
)
WORDS = "last first min max mean median sum count increase rate slope drift p(95) p(1) p(100)".split()
AGGREGATIONS = [parse_aggregation(word, "") for word in WORDS]
LIMITS = [parse_limit(text, "number", "") for text in ("> 3 1", "<= -7.5 1", "== 0 1", "!= 12 1", "< 1000000 1", ">= 0.1 1")]


def write(folder: Path, rows: list[Any], index: bool = False, types: bool = False) -> str:
    """A new state folder with the rows, as they come."""
    state = Path(tempfile.mkdtemp(prefix="columns", dir=folder))
    typed = "metric TEXT, labels TEXT, at REAL, value REAL" if types else "metric, labels, at, value"
    with sqlite3.connect(state / "samples.sqlite") as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute(f"CREATE TABLE samples({typed})")
        if index:
            connection.execute("CREATE INDEX samples_by_metric ON samples (metric, labels, at)")
        connection.executemany("INSERT INTO samples VALUES ('x', ?, ?, ?)", [(labels_text({"n": name}), *pair) for name, *pair in rows])
    connection.close()
    return str(state)


def reference(name: str, metric: str = "x") -> dict[str, Any]:
    return {"file": "samples.sqlite", "metric": metric, "labels": {"n": name}}


def swept(state: str, name: str) -> Samples | None:
    found = sweep(f"{state}/samples.sqlite", "x", 1_000_000)
    return found.get(labels_text({"n": name}).encode()) if found is not None else None


def answers(samples: Samples) -> dict[str, Any]:
    """Everything that can be asked, with the error where there is no answer."""
    asked: dict[str, Any] = {str(how): lambda how=how: aggregate(how, samples) for how in AGGREGATIONS}
    for limit in LIMITS:
        asked[f"share {limit}"] = lambda limit=limit: samples.share(limit)
        asked[f"keeps {limit}"] = lambda limit=limit: samples.keeps(limit)
    for seconds in (0.3, 1.0, 7.0):
        asked[f"occupied {seconds}"] = lambda seconds=seconds: samples.occupied(seconds, samples.at[0], 5)
    asked |= {
        "finite": lambda: samples.finite,
        "span": lambda: samples.span,
        "gap": samples.largest_gap,
        "blocks": lambda: samples.block_medians(5),
        "pairs": lambda: list(samples),
        "to ms": lambda: list(samples.converted("s", "ms")),
        "of ms": lambda: list(samples.converted("ms", "s")),
        "of pct": lambda: list(samples.converted("pct", "ratio")),
    }
    return {name: outcome(ask) for name, ask in asked.items()}


def outcome(ask: Any) -> Any:
    try:
        return repr(ask())
    except Exception as error:  # noqa: BLE001 -- which error it is, is part of the answer
        return type(error).__name__


def same(one: Samples, other: Samples) -> None:
    assert answers(one) == answers(other)
    if len(one) < 2:
        return
    middle = (one.at[0] + one.at[-1]) / 2
    for cut in (lambda s: s.after(middle), lambda s: s.between(one.at[0], middle), lambda s: s.between(middle, math.inf, lead=True)):
        assert answers(cut(one)) == answers(cut(other))


@hypothesis.settings(max_examples=60)
@hypothesis.given(st.lists(FINITE, min_size=1, max_size=60), st.booleans(), st.booleans())
def test_the_columns_give_the_same_numbers_as_the_standard_library(
    tmp_path_factory: Any, rows: list[Any], index: bool, types: bool
) -> None:
    state = write(tmp_path_factory.getbasetemp(), rows, index, types)
    for name in {row[0] for row in rows}:
        plain, columnar = read_series(state, reference(name)), swept(state, name)
        assert isinstance(columnar, ColumnSamples)
        same(plain, columnar)


@hypothesis.settings(max_examples=60)
@hypothesis.given(st.lists(WILD, max_size=40), st.booleans())
def test_whatever_is_in_the_file_a_reader_that_sweeps_says_the_same(tmp_path_factory: Any, rows: list[Any], types: bool) -> None:
    state = write(tmp_path_factory.getbasetemp(), rows, types=types)
    reader = SeriesReader(state, kept_samples=0, sweep_from=0)
    for name in (*NAMES, *NAMES, "d"):
        same(read_series(state, reference(name)), reader(reference(name)))


@hypothesis.settings(max_examples=40)
@hypothesis.given(st.lists(FINITE, min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_the_order_in_which_rows_were_written_changes_nothing(tmp_path_factory: Any, rows: list[Any], chance: Any) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)
    states = [write(tmp_path_factory.getbasetemp(), given, index) for given, index in ((rows, False), (shuffled, True))]
    wanted = Samples.of((at, value) for name, at, value in rows if name == "a")
    for state in states:
        assert read_series(state, reference("a")) == wanted
        assert (swept(state, "a") or Samples()) == wanted


def test_a_counter_with_resets_and_a_long_series_come_out_the_same(tmp_path: Path) -> None:
    rows = [("a", 5.0 * number + 0.01 * (number % 7), float(number * 3 % 1000)) for number in range(20_000)]
    state = write(tmp_path, rows)
    same(read_series(state, reference("a")), swept(state, "a") or Samples())


def test_numbers_of_other_types_are_the_same_numbers(tmp_path: Path) -> None:
    state = write(tmp_path, [("a", number, 2**53 + number) for number in range(9)])
    same(read_series(state, reference("a")), swept(state, "a") or Samples())


def test_a_value_that_is_too_large_for_the_other_unit_is_no_finite_number(tmp_path: Path) -> None:
    state = write(tmp_path, [("a", 1.0, 1.0), ("a", 2.0, 1e306)])
    plain, columnar = read_series(state, reference("a")), swept(state, "a") or Samples()
    assert plain.finite and columnar.finite
    assert not plain.converted("s", "ms").finite
    assert not columnar.converted("s", "ms").finite


@pytest.mark.parametrize("missing", ["polars", "adbc_driver_sqlite"])
def test_where_a_library_is_missing_everything_is_read_the_plain_way(tmp_path: Path, monkeypatch: Any, missing: str) -> None:
    state = write(tmp_path, [(name, float(at), 1.0) for name in NAMES for at in range(5)])
    monkeypatch.setitem(sys.modules, missing, None)
    reader = SeriesReader(state, kept_samples=0, sweep_from=0)
    read = [reader(reference(name)) for name in NAMES]
    assert [type(samples) for samples in read] == [Samples] * 3
    assert all(len(samples) == 5 for samples in read)


def test_only_long_series_are_worth_a_sweep(tmp_path: Path) -> None:
    state = write(tmp_path, [(name, float(at), 1.0) for name in NAMES for at in range(5)])
    short, long = SeriesReader(state, sweep_from=6), SeriesReader(state, sweep_from=5)
    assert [type(short(reference(name))) for name in NAMES] == [Samples] * 3
    assert [type(long(reference(name))) for name in NAMES] == [Samples, ColumnSamples, ColumnSamples]


def test_a_sweep_is_bounded(tmp_path: Path) -> None:
    state = write(tmp_path, [(name, float(at), 1.0) for name in NAMES for at in range(5)])
    assert sweep(f"{state}/samples.sqlite", "x", 15) is not None
    assert sweep(f"{state}/samples.sqlite", "x", 14) is None


def test_all_sweeps_together_are_bounded(tmp_path: Path, monkeypatch: Any) -> None:
    state = write(tmp_path, [(name, float(at), 1.0) for name in NAMES for at in range(5)])
    with sqlite3.connect(f"{state}/samples.sqlite") as connection:
        connection.execute("INSERT INTO samples SELECT 'y', labels, at, value FROM samples")
    connection.close()

    def kinds() -> list[str]:
        reader = SeriesReader(state, kept_samples=0, sweep_from=0)
        return [type(reader(reference(name, metric))).__name__ for metric in ("x", "y") for name in ("a", "b")]

    monkeypatch.setattr(series, "SWEPT_SAMPLES", 30)
    assert kinds() == ["Samples", "ColumnSamples", "Samples", "ColumnSamples"]
    monkeypatch.setattr(series, "SWEPT_SAMPLES", 29)
    assert kinds() == ["Samples", "ColumnSamples", "Samples", "Samples"]


def test_a_file_that_is_no_database_is_left_to_the_plain_way(tmp_path: Path) -> None:
    (tmp_path / "samples.sqlite").write_text("metric,value\n" * 100)
    assert sweep(f"{tmp_path}/samples.sqlite", "x", 10) is None
    assert sweep(f"{tmp_path}/nothing.sqlite", "x", 10) is None
    assert not (tmp_path / "nothing.sqlite").exists()
