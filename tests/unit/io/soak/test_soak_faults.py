# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What strikes a soak is counted and survived, and never makes its verdict better: the real agent, store and judge in time lapse."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from soak_lapse import BEGAN, CRITERIA, GROWTH, MEBIBYTE, RUN, Fault, World, soaked

HOUR = 3600.0
GOOD = ("PASS", "WARN")
ALL_GOOD = {criterion["id"]: "PASS" for criterion in CRITERIA}


def series(state, metric):
    with closing(sqlite3.connect(state / "soak" / RUN / "samples.sqlite")) as db:
        return db.execute("SELECT at, value, labels FROM samples WHERE metric = ? ORDER BY rowid", (metric,)).fetchall()


def faulty(state, *faults, **world):
    return soaked(state, World(faults=faults, **world), HOUR, 10.0)


def test_a_soak_that_nothing_strikes_is_go(tmp_path):
    said = faulty(tmp_path)
    assert (said.verdict, said.statuses, list(said.notes)) == ("GO", ALL_GOOD, [])


def test_twenty_kills_cost_their_samples_and_nothing_else(tmp_path):
    said = faulty(tmp_path, *(Fault(105.0 + 170 * number, "kill", 8.0) for number in range(20)), errors=0.005)
    assert (said.verdict, said.statuses) == ("GO", ALL_GOOD)
    assert 0.95 < said.value("soak.coverage") <= 1
    assert 12 < said.value("soak.longest_gap") < 25
    requests, errors = (series(tmp_path, f"http.{what}")[-1][1] for what in ("requests", "errors"))
    assert (errors / requests, requests > 6500) == (pytest.approx(0.005, rel=0.1), True), "the counters went on where they were"


def test_what_a_kill_leaves_out_is_counted(tmp_path):
    said = faulty(tmp_path, Fault(1000.0, "kill", 600.0))
    assert said.value("soak.coverage") == pytest.approx(301 / 361, abs=0.004)
    assert 600 <= said.value("soak.longest_gap") <= 620
    assert (said.verdict, said.statuses["soak.coverage"], said.statuses["soak.gap"]) == ("FAIL", "FAIL", "FAIL")


def test_a_full_disk_is_a_counted_gap_a_note_and_goes_by(tmp_path):
    said = faulty(tmp_path, Fault(1000.0, "disk_full", 60.0), errors=0.02)
    assert 60 <= said.value("soak.longest_gap") <= 80
    assert any("database or disk is full" in note and "looks in" in note for note in said.notes)
    requests, errors = (series(tmp_path, f"http.{what}")[-1][1] for what in ("requests", "errors"))
    assert (errors / requests, requests) == (pytest.approx(0.02, rel=0.05), pytest.approx(7200, abs=30)), (
        "what was counted meanwhile counts"
    )
    assert said.statuses["soak.error_rate"] == "FAIL"


def test_a_disk_that_is_full_when_the_agent_is_started_again_ends_in_a_gap_too(tmp_path):
    said = faulty(tmp_path, Fault(1000.0, "disk_full", 100.0), Fault(1030.0, "kill", 5.0))
    assert 100 <= said.value("soak.longest_gap") <= 120
    assert said.value("soak.duration") >= HOUR


@pytest.mark.parametrize("seconds", [5.0, 3600.0, -3600.0])
def test_a_clock_that_is_set_is_noted_and_moves_no_sample(tmp_path, seconds):
    said = faulty(tmp_path, Fault(1000.0, "step", seconds))
    assert said.value("soak.clock_steps") == 1
    assert any(f"was set by {seconds:+.1f} s" in note for note in said.notes)
    times = [at for at, _value, _labels in series(tmp_path, "soak.tick")]
    assert max(later - earlier for earlier, later in zip(times, times[1:])) < 12
    assert (min(times), max(times)) == (pytest.approx(BEGAN, abs=2), pytest.approx(BEGAN + HOUR, abs=2))
    assert (said.verdict, said.statuses) == ("GO", ALL_GOOD)


def test_a_clock_that_is_read_a_little_late_was_not_set(tmp_path):
    assert faulty(tmp_path, Fault(1000.0, "step", 1.9)).value("soak.clock_steps") == 0


def test_a_clock_that_was_set_while_no_agent_lived_is_found_by_the_next(tmp_path):
    said = faulty(tmp_path, Fault(1000.0, "kill", 5.0), Fault(1001.0, "step", 40.0))
    assert said.value("soak.clock_steps") == 1


@pytest.mark.parametrize("seconds", [0.0, 7200.0, -7200.0])
def test_a_reboot_is_a_counted_gap_however_the_clock_had_been_set(tmp_path, seconds):
    said = faulty(tmp_path, Fault(500.0, "step", seconds), Fault(1000.0, "reboot", 90.0))
    assert (said.value("soak.reboots"), said.value("container.restarts")) == (1, 1)
    assert 90 <= said.value("soak.longest_gap") <= 115
    times = [at for at, _value, _labels in series(tmp_path, "soak.tick")]
    assert times == sorted(times)
    assert said.value("soak.duration") == pytest.approx(HOUR, abs=2)


def test_an_engine_that_does_not_answer_hides_no_container(tmp_path):
    said = faulty(tmp_path, Fault(1000.0, "engine_away", 600.0))
    assert said.value("soak.coverage") == 1, "the host was looked at"
    assert said.value("container.coverage", container="app") == pytest.approx(301 / 361, abs=0.004)
    assert 600 <= said.value("container.longest_gap", container="app") <= 620
    assert said.value("container.restarts", container="app") == 0
    assert (said.verdict, said.statuses["soak.containers_seen"]) == ("FAIL", "FAIL")
    assert len(said.notes) == 2, "60 looks failed: one note when it began, one when it was over"


def test_a_container_that_went_away_for_good_is_not_forgotten(tmp_path):
    said = soaked(tmp_path, World(), HOUR, 10.0, spoil=lambda path: forget(path, "container.working_set", BEGAN + 1800))
    assert said.value("container.coverage", container="app") == pytest.approx(0.5, abs=0.01)
    assert said.verdict == "FAIL"


@pytest.mark.parametrize("kind", ["replace", "restart"])
def test_a_container_that_is_another_one_has_no_growth_to_judge(tmp_path, kind):
    """Before and after it the memory grows by 20 pct/h; joined, the two halves would look like ups and downs."""
    state = tmp_path / kind
    state.mkdir()
    world = World(memory=lambda second: (100 + 20 * (second % 14400.0) / HOUR) * MEBIBYTE, faults=[Fault(14400.0, kind)])
    said = soaked(state, world, 8 * HOUR, 30.0, GROWTH)
    assert said.statuses["soak.memory_growth"] == "INCONCLUSIVE"
    assert said.statuses["soak.restarts"] == "FAIL"
    assert said.value("container.replaced") == (kind == "replace")
    assert said.verdict == "FAIL"


def test_the_same_growth_in_one_container_is_found(tmp_path):
    world = World(memory=lambda second: (100 + 20 * second / HOUR) * MEBIBYTE)
    assert soaked(tmp_path, world, 8 * HOUR, 30.0, GROWTH).statuses["soak.memory_growth"] == "FAIL"


def test_two_days_pass_in_seconds_and_storms_do_not_change_what_is_found(tmp_path):
    """A leak of 10 pct/h through kills, a full disk, an engine that goes away, a clock that is set."""
    storm = [Fault(HOUR * (1 + number * 2), "kill", 120.0) for number in range(20)]
    storm += [Fault(HOUR * 5.5, "disk_full", 60.0), Fault(HOUR * 9.5, "engine_away", 200.0), Fault(HOUR * 20.5, "step", 5000.0)]
    for name, grows in (("leak", 0.10), ("flat", 0.0)):
        state = tmp_path / name
        state.mkdir()
        world = World(memory=lambda second, grows=grows: 100 * MEBIBYTE * (1 + grows * second / HOUR) / (1 + grows * 24), faults=storm)
        said = soaked(state, world, 24 * HOUR, 60.0, GROWTH)
        assert said.statuses["soak.memory_growth"] == ("FAIL" if grows else "PASS"), name
        assert said.verdict == ("FAIL" if grows else "GO"), name


# What can be wrong in a soak for long enough that nobody overlooks it: each lasts a tenth of the soak or more.
BREACHES = {
    "none": {},
    "memory": {"memory": lambda second: (400 if second % 600 < 90 else 100) * MEBIBYTE},
    "cpu": {"cpu": lambda second: 0.9 if second % 600 < 90 else 0.2},
    "errors": {"errors": 0.05},
}
TRUE_FAULTS = ("replace", "restart")
BLINDING = ("kill", "disk_full", "engine_away", "step")
faults = st.lists(
    st.builds(Fault, st.floats(5, 590), st.sampled_from((*BLINDING, *TRUE_FAULTS)), st.floats(0.5, 200)),
    max_size=6,
    unique_by=lambda f: f.at,
)


def short_soak(world, spoil=None):
    with tempfile.TemporaryDirectory() as folder:
        return soaked(Path(folder), world, 600.0, 10.0, spoil=spoil)


@settings(max_examples=40)
@given(breach=st.sampled_from(sorted(BREACHES)), struck=faults)
def test_whatever_blinds_the_agent_the_verdict_is_never_better(breach, struck):
    truth = short_soak(World(**BREACHES[breach], faults=[fault for fault in struck if fault.kind in TRUE_FAULTS]))
    seen = short_soak(World(**BREACHES[breach], faults=struck))
    assert truth.verdict == "GO" or seen.verdict != "GO", (truth.statuses, seen.statuses)


@settings(max_examples=40)
@given(breach=st.sampled_from(sorted(BREACHES)), lost=st.sets(st.integers(0, 60), max_size=60), doubled=st.sets(st.integers(0, 60)))
def test_samples_that_are_lost_or_there_twice_make_no_verdict_better(breach, lost, doubled):
    world = World(**BREACHES[breach])
    truth, seen = short_soak(world), short_soak(world, lambda path: spoil(path, lost, doubled))
    assert truth.verdict == "GO" or seen.verdict != "GO", (truth.statuses, seen.statuses)
    assert len(lost) < 4 or seen.verdict != "GO", "five of a hundred may be missing, and no more"


def test_a_breach_is_lost_on_nobody_who_sees_it_all():
    assert {name: short_soak(World(**breach)).verdict == "GO" for name, breach in BREACHES.items()} == {
        "none": True, "memory": False, "cpu": False, "errors": False,
    }  # fmt: skip


def forget(path, metric, since):
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DELETE FROM samples WHERE metric = ? AND at >= ?", (metric, since))


def spoil(path, lost, doubled):
    """Take whole looks away, and have others twice; the counts, of which the last is the whole, stay."""
    looks = "metric IN ('soak.tick', 'host.cpu', 'container.working_set') AND at BETWEEN ? AND ?"
    with closing(sqlite3.connect(path)) as db, db:
        for number in doubled:
            slot = (BEGAN + 10 * number - 5, BEGAN + 10 * number + 5)
            db.execute(f"INSERT INTO samples SELECT * FROM samples WHERE {looks}", slot)
        for number in lost:
            db.execute(f"DELETE FROM samples WHERE {looks}", (BEGAN + 10 * number - 5, BEGAN + 10 * number + 5))
