# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""With programs of a few lines in the place of k6 and locust; the real ones: tests/integration/test_load_engines.py."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_plan import parse_plan
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak import foreign_load
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.foreign_load import ForeignLoad, check_engine, load_sense
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.load import LoadGenerator

BUSY = 'say(due=1, status=200, seconds=0.5, spent=0.1, text="")'


def load_of(program, **changed):
    load = {
        "engine": "locust", "program": str(program), "base_url": "http://127.0.0.1:9", "rate_per_second": 10, "timeout_seconds": 0.5,
        "mix": [{"steps": [{"request": "GET /"}]}], **changed,
    }  # fmt: skip
    return parse_plan({"run": "r", "duration_seconds": 9, "interval_seconds": 1, "projects": ["p"], "load": load}).load


def sender(folder, *lines):
    """A program that says it is ready and then does what the lines say."""
    program = folder / "sender"
    begin = [
        f"#!{sys.executable}",
        "import json, os, sys, time",
        "def say(**words): print(json.dumps(words), flush=True)",
        "say(ready=True)",
    ]
    program.write_text("\n".join([*begin, *lines]) + "\n")
    program.chmod(0o700)
    return program


class Steady:
    """A clock that is put forward by hand."""

    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def started(tmp_path):
    loads = []

    def start(*lines, clock=time.monotonic, **changed):
        load = ForeignLoad(load_of(sender(tmp_path, *lines), **changed), {"password": "hunter22"}, time.time, str(tmp_path), clock)
        load.start()
        loads.append(load)
        return load

    yield start
    for load in loads:
        load.stop()


def until(load, done):
    """What was drained once `done` holds of the sum of it."""
    ends = time.monotonic() + 20
    whole = load.drain()
    while not done(whole):
        assert time.monotonic() < ends, whole
        time.sleep(0.05)
        more = load.drain()
        whole.requests += more.requests
        whole.errors += more.errors
        whole.saturated += more.saturated
        whole.durations += more.durations
        whole.failures += more.failures
    return whole


def test_requests_are_counted_as_the_program_says_them(started):
    load = started(BUSY, 'say(due=1, status=500, seconds=1, spent=1, text="bad hunter22")', "time.sleep(60)", clock=Steady())
    found = until(load, lambda tally: tally.requests == 2)
    assert ([seconds for _at, seconds in found.durations], found.errors, found.saturated) == ([0.5, 1.0], 1, 0)
    assert found.failures[0][1] == "bad ***"


def test_a_refused_connection_has_no_duration_and_waiting_in_vain_has(started):
    load = started("say(due=1, status=0, seconds=0.01, spent=0.01)", "say(due=1, status=0, seconds=0.6, spent=0.5)", "time.sleep(60)")
    assert [seconds for _at, seconds in until(load, lambda tally: tally.errors == 2).durations] == [0.6]


def test_what_a_silent_program_owes_is_counted_and_only_once(started):
    clock = Steady()
    load = started("time.sleep(60)", clock=clock)
    until(load, lambda _tally: load._ready)
    clock.now += 5.5  # the grace, and the time limit of one request
    assert load.drain().saturated == 0
    clock.now += 1.0
    assert load.drain().saturated == 10
    assert load.drain().saturated == 0


def two_senders(started, clock):
    """A load with a worker here and one elsewhere of which the first has begun."""
    load = started("time.sleep(60)", clock=clock, processes=0, remote_workers=2)
    until(load, lambda _tally: load._ready)
    return load


def test_a_worker_that_goes_away_is_missed_at_once_and_when_it_is_back_up_to_then(started):
    clock = Steady()
    load = two_senders(started, clock)
    load._take('{"ready": true, "part": 1}')
    clock.now += 3.0
    assert load.drain().saturated == 0
    load._take('{"gone": true, "part": 1}')
    gone = load.drain()
    assert (gone.saturated, [text for _at, text in gone.failures]) == (
        30, ["worker 2 of 2 of the load is gone; what it does not send is counted"]
    )  # fmt: skip
    clock.now += 2.0
    load._take('{"ready": true, "part": 1}')
    clock.now += 1.0
    assert load.drain().saturated == 20


def test_workers_that_begin_one_after_the_other_owe_nothing_yet(started):
    clock = Steady()
    load = two_senders(started, clock)
    clock.now += 2.0
    assert load.drain().saturated == 0
    clock.now += 4.0
    assert load.drain().saturated == 60


def test_that_somebody_does_not_come_is_told_and_counted(started):
    clock = Steady()
    load = two_senders(started, clock)
    clock.now += 2.0
    load._take('{"note": "1 of 2 workers of the load did not come"}')
    found = load.drain()
    assert (found.saturated, found.failures[0][1]) == (20, "1 of 2 workers of the load did not come")


def test_a_worker_that_says_twice_that_it_begins_is_one_worker(started):
    clock = Steady()
    load = two_senders(started, clock)
    load._take('{"ready": true, "part": 0}')
    clock.now += 6.0
    assert load.drain().saturated == 60


def test_a_worker_that_begins_again_owes_what_it_did_not_send_meanwhile(started):
    clock = Steady()
    load = two_senders(started, clock)
    load._take('{"ready": true, "part": 1}')
    clock.now += 3.0
    load._take('{"ready": true, "part": 1}')
    assert load.drain().saturated == 30


def test_steps_that_a_failed_one_left_out_are_not_owed(started):
    clock = Steady()
    load = started("say(due=10, status=500, seconds=1, spent=1, text='bad')", "time.sleep(60)", clock=clock)
    until(load, lambda tally: tally.requests == 1)
    clock.now += 6.5
    assert load.drain().saturated == 0


def test_a_program_that_never_begins_is_counted_from_the_end_of_its_patience(started, monkeypatch):
    monkeypatch.setattr(foreign_load, "READY_SECONDS", 60.0)
    clock = Steady()
    program_is_deaf = 'os.execvp("sleep", ["sleep", "60"])'
    load = started(program_is_deaf, clock=clock)
    until(load, lambda _tally: load._ready)
    load._began, load._heard, load._ready = None, None, set()
    clock.now += 60.0
    assert load.drain().saturated == 0
    clock.now += 2.0
    assert load.drain().saturated == 20


def test_a_program_that_dies_is_started_again_with_its_last_words_told(started, monkeypatch):
    monkeypatch.setattr(foreign_load, "PAUSE_SECONDS", 0.5)
    load = started(BUSY, 'sys.exit("no memory for hunter22")')
    found = until(load, lambda tally: tally.requests >= 2 and tally.saturated > 0)
    assert "the load program locust ended in mid-soak: no memory for *** / exit code 1" in [text for _at, text in found.failures]


def test_a_dropped_request_is_saturated_and_parts_of_one_are_whole(started):
    load = started("say(dropped=1.25)", "say(dropped=1.25)", "say(dropped=1.5)", BUSY, "time.sleep(60)", clock=Steady())
    assert until(load, lambda tally: tally.requests == 1).saturated == 4


def test_stopping_ends_the_program_even_one_that_will_not(started):
    load = started("import signal", "signal.signal(signal.SIGTERM, signal.SIG_IGN)", BUSY, "time.sleep(60)")
    until(load, lambda tally: tally.requests == 1)
    began = time.monotonic()
    load.stop()
    assert time.monotonic() - began < 6
    assert not any(child.alive() for child in load._programs)


def test_a_program_that_was_given_no_ear_for_the_keyboard_is_ended_at_once_all_the_same(started):
    # As everything is that a shell starts in the background.
    load = started("import signal", "signal.signal(signal.SIGINT, signal.SIG_IGN)", BUSY, "time.sleep(60)")
    until(load, lambda tally: tally.requests == 1)
    began = time.monotonic()
    load.stop()
    assert time.monotonic() - began < 1


def test_the_program_finds_these_very_modules(started, tmp_path):
    started()
    lines = (tmp_path / "locustfile.py").read_text().splitlines()
    imports = [line for line in lines if line.startswith(("sys.path", "from ansible_collections"))]
    assert len(imports) == 2
    done = subprocess.run([sys.executable, "-I", "-c", "\n".join(["import sys", *imports])], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_program_that_is_not_there_is_one_clear_refusal(tmp_path):
    missing = load_of(tmp_path / "nothing")
    with pytest.raises(InputError, match=r"load engine locust cannot be run .*nothing .*what to do: install it"):
        check_engine(missing, "loop")
    with pytest.raises(InputError, match="cannot be run"):
        load_sense(missing, {}, time.time, str(tmp_path)).start()


def test_a_container_and_the_built_in_load_need_no_program_on_the_host(tmp_path):
    check_engine(load_of(tmp_path / "nothing"), "container")
    check_engine(load_of("", engine="builtin"), "loop")
    check_engine(None, "loop")
    assert isinstance(load_sense(load_of("", engine="builtin"), {}, time.time, str(tmp_path)), LoadGenerator)
