"""CSV: the value of one row, or samples of rows that each state their time."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_csv import columns_of, found_in_csv
from ansible_collections.proofile.stagegate.plugins.module_utils.core.sources.source_spec import read_source

NOON = 1795435200.0
SINCE = NOON - 100


def row(at: float, value: str, release: str = "1a2b3c4d5e6f", name: str = "a") -> dict[str, str]:
    return {"at": str(at), "value": value, "release": release, "name": name}


def found(rows: list[dict[str, str]], file_time: float | None = NOON, since: float = SINCE, **changes: Any) -> Any:
    given = {"from": "csv", "path": "/r", "sli": "reported.number", "unit": "1", "select": "value", "time": "at", "release": "release"}
    source = read_source({**given, **changes}, 0)
    assert set(columns_of(source)) <= {"at", "value", "release", "name"}
    return found_in_csv(source, rows, since, file_time)


def test_the_only_row_is_a_value() -> None:
    given = found([row(NOON, "5")])
    assert (given.value, given.at, given.releases) == (5.0, NOON, ("1a2b3c4d5e6f",))


def test_several_rows_are_samples_in_order_of_time() -> None:
    assert found([row(NOON, "5"), row(NOON - 5, "4")]).samples == ((NOON - 5, 4.0), (NOON, 5.0))


def test_one_row_of_a_counter_is_a_sample_not_what_it_rose_by() -> None:
    given = found([row(NOON, "120000")], sli="reported.total", unit="count")
    assert given.samples == ((NOON, 120000.0),)


def test_rows_from_before_the_phase_do_not_count_and_may_be_of_another_release() -> None:
    given = found([row(NOON - 200, "9", "ffffffffffff"), row(NOON - 50, "4"), row(NOON, "5")])
    assert (len(given.samples), given.releases) == (2, ("1a2b3c4d5e6f",))
    assert given.detail == "1 rows from before the phase left out"
    with pytest.raises(EvidenceError, match="from before the phase"):
        found([row(NOON - 200, "9")])
    assert found([row(NOON - 200, "9")], max_age="1 h").value == 9


def test_rows_of_the_phase_state_every_release_that_is_in_them() -> None:
    assert found([row(NOON - 5, "4"), row(NOON, "5", "")]).releases == ("1a2b3c4d5e6f", "")


def test_one_bad_cell_spoils_all_of_them() -> None:
    for bad in ("", "NaN", "n/a", "inf"):
        with pytest.raises(EvidenceError, match="row 2, column value"):
            found([row(NOON - 5, "4"), row(NOON, bad)])
    with pytest.raises(EvidenceError, match="row 1, column at"):
        found([{**row(NOON, "5"), "at": "noon"}])


def test_rows_are_picked_by_the_text_of_columns() -> None:
    rows = [row(NOON, "5", name="a"), row(NOON, "6", name="b")]
    assert found(rows, where={"name": "b"}).value == 6
    with pytest.raises(EvidenceError, match="no row fits"):
        found(rows, where={"name": "c"})
    with pytest.raises(EvidenceError, match="two samples"):
        found(rows)


def test_with_the_time_of_the_file_one_row_only_can_be_meant() -> None:
    assert found([row(0, "5")], time="file").at == NOON
    with pytest.raises(EvidenceError, match="2 rows fit"):
        found([row(0, "5"), row(0, "6")], time="file")
    with pytest.raises(EvidenceError, match="not known"):
        found([row(0, "5")], file_time=None, time="file")


def test_trap_a_table_without_rows_is_no_data() -> None:
    with pytest.raises(EvidenceError, match="it has no rows"):
        found([])
