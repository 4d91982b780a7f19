# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_store import TICK, SoakStore
from ansible_collections.proofile.stagegate.plugins.module_utils.io.sources.series import read_series


@pytest.fixture
def store(tmp_path):
    with SoakStore(str(tmp_path / "samples.sqlite")) as opened:
        yield opened


def test_the_judge_reads_what_the_agent_writes_while_it_writes(store, tmp_path):
    labels = {"container": "db"}
    store.append([("container.cpu", labels, 1.0, 0.5), ("container.cpu", {"container": "web"}, 1.0, 0.9)])
    reference = {"file": "samples.sqlite", "metric": "container.cpu", "labels": labels}
    assert read_series(str(tmp_path), reference) == [(1.0, 0.5)]


def test_a_sealed_file_needs_no_other_file(store, tmp_path):
    store.append([("host.cpu", {}, 1.0, 0.5)])
    store.seal()
    assert [path.name for path in tmp_path.iterdir()] == ["samples.sqlite"]
    assert read_series(str(tmp_path), {"file": "samples.sqlite", "metric": "host.cpu", "labels": {}}) == [(1.0, 0.5)]


def test_meta_values_and_ticks_survive_a_new_agent(store):
    store.append([(TICK, {}, 100.0, 0.0), (TICK, {}, 102.0, 2.0)], totals={"http.requests": 7})
    with SoakStore(store.path) as again:
        assert again.meta("totals") == {"http.requests": 7}
        assert again.meta("nothing", 3) == 3
        assert (again.ticks(), again.last_at()) == ([0.0, 2.0], 102.0)


def test_the_newest_value_of_each_container_is_told(store):
    for at in (1.0, 3.0, 2.0):
        store.append([("container.restarts", {"container": "a"}, at, at), ("container.restarts", {"container": "b"}, at, 0.0)])
    assert store.last("container.restarts") == {(("container", "a"),): 3.0, (("container", "b"),): 0.0}


def test_notes_are_bounded(store):
    for _round in range(40):
        store.append([], [(1.0, "failed")] * 100)
    assert len(store.notes(10_000)) <= 220


def test_a_file_that_cannot_be_opened_is_an_evidence_error(tmp_path):
    with pytest.raises(EvidenceError):
        SoakStore(str(tmp_path / "nowhere" / "samples.sqlite"))


def test_a_part_of_the_past_is_read_for_each_set_of_labels(store):
    rows = [("container.cpu", {"container": name}, float(at), at * factor) for name, factor in (("a", 1.0), ("b", 2.0)) for at in range(9)]
    store.append([*rows, ("host.cpu", {}, 5.0, 0.5)])
    found = store.between("container.cpu", 3.0, 5.0)
    assert {labels: list(samples) for labels, samples in found.items()} == {
        (("container", "a"),): [(3.0, 3.0), (4.0, 4.0)],
        (("container", "b"),): [(3.0, 6.0), (4.0, 8.0)],
    }
    assert store.between("host.cpu", 0.0, 5.0) == {}
    assert list(store.between("host.cpu", 5.0, 5.1)) == [()]
