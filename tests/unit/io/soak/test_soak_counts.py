# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Durations of a soak are counted in stretches of time, in the transaction that writes everything else."""

from __future__ import annotations

import sqlite3

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.log_histogram import log_histogram
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_counts import KEPT_SECONDS
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_store import SoakStore
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources.series import read_series

REFERENCE = {"file": "samples.sqlite", "metric": "http.duration", "labels": {}, "table": "histograms"}


@pytest.fixture
def store(tmp_path):
    with SoakStore(str(tmp_path / "samples.sqlite")) as opened:
        yield opened


def durations(*pairs):
    return [("http.duration", {}, at, value) for at, value in pairs]


def test_a_minute_is_one_histogram_whatever_it_was_written_in(store, tmp_path):
    store.append(durations((60.0, 0.1), (119.9, 0.2)))
    store.append(durations((61.0, 0.3), (120.0, 0.4)))
    read = read_series(str(tmp_path), REFERENCE)
    assert list(read.at) == [60.0, 120.0]
    assert read.parts == (log_histogram([0.1, 0.2, 0.3]), log_histogram([0.4]))


def test_an_agent_that_comes_back_counts_on_in_the_same_stretch(store, tmp_path):
    store.append(durations((60.0, 0.1)))
    with SoakStore(store.path) as again:
        again.append(durations((62.0, 0.1)))
    assert read_series(str(tmp_path), REFERENCE).histogram().total == 2


def test_a_short_soak_has_short_stretches(store, tmp_path):
    store.stretch_seconds = 0.5
    store.append(durations((60.0, 0.1), (60.4, 0.1), (60.5, 0.1)))
    assert list(read_series(str(tmp_path), REFERENCE).at) == [60.0, 60.5]


def test_what_is_not_written_is_not_counted_either(store, tmp_path):
    store.append(durations((60.0, 0.1)))
    with pytest.raises(EvidenceError):
        store.append(durations((61.0, 0.1), (62.0, -1.0)))
    assert read_series(str(tmp_path), REFERENCE).histogram().total == 1
    assert len(store.since("http.duration", 0.0)) == 1


def test_only_the_durations_of_the_last_quarter_of_an_hour_are_kept_one_by_one(store, tmp_path):
    store.append([("host.cpu", {}, 0.0, 0.5), *durations((0.0, 0.1), (100.0, 0.2))])
    store.append(durations((KEPT_SECONDS + 100.0, 0.3)))
    assert store.since("http.duration", 0.0) == [0.2, 0.3]
    assert store.since("host.cpu", 0.0) == [0.5]
    assert read_series(str(tmp_path), REFERENCE).histogram().total == 3


def test_other_metrics_are_not_counted(store, tmp_path):
    store.append([("host.cpu", {}, 1.0, 0.5)])
    assert len(read_series(str(tmp_path), {**REFERENCE, "metric": "host.cpu"})) == 0
    assert len(read_series(str(tmp_path), {**REFERENCE, "labels": {"route": "x"}})) == 0


@pytest.mark.parametrize("wrong", [{"table": "samples"}, {"table": None}, {"labels": None}])
def test_a_series_of_an_unknown_kind_is_refused(store, tmp_path, wrong):
    store.append(durations((60.0, 0.1)))
    with pytest.raises(EvidenceError, match="cannot be read"):
        read_series(str(tmp_path), {**REFERENCE, **wrong})


@pytest.mark.parametrize("counts", ["", "[]", "{", "null", '{"gamma": 1.02, "zeros": 0, "counts": {"1": -1}}', b"\x00"])
def test_a_histogram_that_was_changed_is_an_error(store, tmp_path, counts):
    store.append(durations((60.0, 0.1)))
    with sqlite3.connect(store.path) as other:
        other.execute("UPDATE histograms SET counts = ?", (counts,))
    other.close()
    with pytest.raises(EvidenceError):
        read_series(str(tmp_path), REFERENCE)


def test_a_file_without_histograms_is_an_error_and_not_an_empty_series(tmp_path):
    with sqlite3.connect(tmp_path / "samples.sqlite") as older:
        older.execute("CREATE TABLE samples(metric TEXT, labels TEXT, at REAL, value REAL)")
    older.close()
    with pytest.raises(EvidenceError, match="histograms cannot be read"):
        read_series(str(tmp_path), REFERENCE)
