# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Samples by reference."""

from __future__ import annotations

import math
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources.series import SeriesReader, read_series

ROWS = [
    ("container.cpu", '{"container":"backend"}', 2.0, 20.0),
    ("container.cpu", '{"container":"backend"}', 1.0, 10.0),
    ("container.cpu", '{"container":"frontend"}', 1.0, 5.0),
    ("host.cpu", "{}", 1.0, 7.0),
    ("host.wild", "{}", 1.0, "seven"),
    ("host.wild", "{}", 2.0, None),
]


@pytest.fixture
def state(tmp_path: Path) -> str:
    folder = tmp_path / "state" / "soak"
    folder.mkdir(parents=True)
    with sqlite3.connect(folder / "samples.sqlite") as connection:
        connection.execute("CREATE TABLE samples(metric TEXT, labels TEXT, at REAL, value REAL)")
        connection.executemany("INSERT INTO samples VALUES (?, ?, ?, ?)", ROWS)
    connection.close()
    return str(tmp_path / "state")


def reference(**other: Any) -> dict[str, Any]:
    return {"file": "soak/samples.sqlite", "metric": "container.cpu", "labels": {"container": "backend"}, **other}


def test_samples_come_in_order_of_time(state: str) -> None:
    assert read_series(state, reference()) == [(1.0, 10.0), (2.0, 20.0)]


def test_a_metric_that_is_not_there_has_no_samples(state: str) -> None:
    assert read_series(state, reference(metric="host.nothing", labels={})) == []


def test_a_value_that_is_no_number_is_nan_and_never_zero(state: str) -> None:
    assert all(math.isnan(value) for _at, value in read_series(state, reference(metric="host.wild", labels={})))


def test_the_number_of_rows_is_bounded(state: str) -> None:
    assert len(read_series(state, reference(), rows_limit=2)) == 2
    with pytest.raises(EvidenceError, match="too many samples"):
        read_series(state, reference(), rows_limit=1)


@pytest.mark.parametrize(
    "file", ["../outside.sqlite", "/etc/passwd", "soak/../../outside.sqlite", "link.sqlite", "", "a\0b", "\ud800", None, 7, "."]
)
def test_no_path_leads_out_of_the_state_folder(state: str, file: Any) -> None:
    outside = Path(state).parent / "outside.sqlite"
    outside.write_bytes((Path(state) / "soak" / "samples.sqlite").read_bytes())
    (Path(state) / "link.sqlite").symlink_to(outside)
    with pytest.raises(EvidenceError):
        read_series(state, reference(file=file))


def test_a_file_that_is_not_there_is_not_made(state: str) -> None:
    with pytest.raises(EvidenceError, match="not there"):
        read_series(state, reference(file="soak/other.sqlite"))
    assert not (Path(state) / "soak" / "other.sqlite").exists()


def test_a_file_that_is_no_database_is_evidence_that_cannot_be_read(state: str) -> None:
    (Path(state) / "soak" / "samples.sqlite").write_text("metric,value\n" * 100)
    with pytest.raises(EvidenceError, match="cannot be read"):
        read_series(state, reference())


def test_samples_of_one_time_come_in_order_of_their_values(state: str) -> None:
    with sqlite3.connect(Path(state) / "soak" / "samples.sqlite") as connection:
        connection.executemany("INSERT INTO samples VALUES ('twice', '{}', ?, ?)", [(1.0, 9.0), (1.0, 3.0), (0.5, 4.0)])
    connection.close()
    assert read_series(state, reference(metric="twice", labels={})) == [(0.5, 4.0), (1.0, 3.0), (1.0, 9.0)]


def test_a_name_that_is_no_text_is_evidence_that_cannot_be_read(state: str) -> None:
    with pytest.raises(EvidenceError, match="cannot be read"):
        read_series(state, reference(metric="\ud800"))


def test_a_reader_reads_a_series_once(state: str) -> None:
    reader = SeriesReader(state)
    first = reader(reference())
    (Path(state) / "soak" / "samples.sqlite").unlink()
    assert reader(reference()) is first
    with pytest.raises(EvidenceError, match="not there"):
        reader(reference(labels={"container": "frontend"}))


def test_a_reader_keeps_no_more_than_it_may(state: str) -> None:
    reader = SeriesReader(state, kept_samples=2)
    kept, other = reader(reference()), reader(reference(metric="host.cpu", labels={}))
    assert reader(reference()) is kept
    assert reader(reference(metric="host.cpu", labels={})) is not other
    assert reader(reference(metric="host.cpu", labels={})) == other


def test_a_question_in_the_name_stays_a_name(state: str) -> None:
    assert read_series(state, reference(metric="x' OR 1=1 --")) == []


def test_the_columns_are_numbers_and_nothing_else(state: str) -> None:
    samples = read_series(state, reference())
    assert (list(samples.at), list(samples.values), samples.span) == ([1.0, 2.0], [10.0, 20.0], 1.0)
    assert not read_series(state, {"file": "soak/samples.sqlite", "metric": "host.wild"}).finite
