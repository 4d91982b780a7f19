# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError, InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak import soak_loop
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_clock import SoakClock
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_control import SoakControl
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_files import SoakFolder, soak_folder
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.soak_store import TICK, SoakStore
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.agent_package import packed_agent
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.process_lock import Lock

PLAN = {"run": "r-1", "duration_seconds": 60, "interval_seconds": 2, "projects": ["nothing-runs-here"]}


def test_the_agent_is_packed_whole_and_runs_without_the_collection(tmp_path):
    program = tmp_path / "agent.pyz"
    program.write_bytes(packed_agent(soak_loop.__name__))
    names = zipfile.ZipFile(program).namelist()
    assert {"__main__.py", "stagegate/io/soak/soak_agent.py", "stagegate/core/soak/cgroup.py"} <= set(names)
    done = subprocess.run([sys.executable, "-I", str(program)], capture_output=True, text=True, check=False)
    assert (done.returncode, "usage: agent.pyz" in done.stderr) == (2, True)


def test_the_same_sources_make_the_same_bytes():
    assert packed_agent(soak_loop.__name__) == packed_agent(soak_loop.__name__)


def test_time_goes_on_when_the_wall_clock_is_set():
    wall, steady = [1000.0], [5.0]
    clock = SoakClock({}, "boot-1", lambda: steady[0], lambda: wall[0])
    wall[0], steady[0] = 9999.0, 15.0
    assert clock.now() == 1010.0


def test_an_agent_that_comes_back_counts_from_the_first_start():
    first = SoakClock({}, "boot-1", lambda: 5.0, lambda: 1000.0)
    again = SoakClock(first.boots, "boot-1", lambda: 25.0, lambda: 7777.0)
    assert again.now() == 1020.0


def test_after_a_reboot_the_wall_clock_is_asked_again():
    first = SoakClock({}, "boot-1", lambda: 500.0, lambda: 1000.0)
    again = SoakClock(first.boots, "boot-2", lambda: 3.0, lambda: 1200.0)
    assert again.now() == 1200.0


def test_a_lock_tells_who_holds_it_and_ends_with_its_holder(tmp_path):
    lock, other = Lock(str(tmp_path / "lock")), Lock(str(tmp_path / "lock"))
    assert other.holder() is None
    assert lock.take()
    assert other.holder() == os.getpid()
    assert not other.take()
    lock.release()
    assert other.holder() is None


def test_a_run_that_leads_out_of_the_state_folder_is_refused():
    for run in ("", "..", "a/b"):
        with pytest.raises(InputError):
            soak_folder("/state", run)


def test_another_plan_for_the_same_run_is_refused(tmp_path):
    control = SoakControl(SoakFolder(str(tmp_path)))
    assert control.would_start(PLAN)
    write_plan(tmp_path, PLAN)
    with pytest.raises(InputError, match="under another plan"):
        control.would_start({**PLAN, "duration_seconds": 61})


def test_a_soak_that_is_done_is_not_started_again(tmp_path):
    write_plan(tmp_path, PLAN)
    (tmp_path / "DONE").write_text('{"ended_at": 1}')
    assert not SoakControl(SoakFolder(str(tmp_path))).start(PLAN, {})


def test_a_changed_plan_file_is_found(tmp_path):
    write_plan(tmp_path, PLAN)
    kept = json.loads((tmp_path / "plan.json").read_text())
    kept["plan"]["duration_seconds"] = 1
    (tmp_path / "plan.json").write_text(json.dumps(kept))
    with pytest.raises(EvidenceError, match="plan was changed"):
        SoakFolder(str(tmp_path)).plan()


def test_status_without_a_soak_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match="start it first"):
        SoakControl(SoakFolder(str(tmp_path))).status()


def write_plan(folder, plan):
    from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_plan import digest

    (folder / "plan.json").write_text(json.dumps({"plan": plan, "digest": digest(plan)}))


def test_a_soak_that_was_never_begun_is_not_stopped(tmp_path):
    control = SoakControl(SoakFolder(str(tmp_path / "nothing")))
    assert (control.runs(), control.stop()) == (False, False)
    assert not (tmp_path / "nothing").exists()


def test_a_stop_leaves_no_secret_behind(tmp_path):
    write_plan(tmp_path, PLAN)
    (tmp_path / "secrets.json").write_text("{}")
    assert not SoakControl(SoakFolder(str(tmp_path))).stop()
    assert not (tmp_path / "secrets.json").exists()


def test_an_agent_that_died_is_not_called_alive_because_somebody_set_the_clock_back(tmp_path):
    write_plan(tmp_path, PLAN)
    with SoakStore(str(tmp_path / "samples.sqlite")) as store:
        store.append([(TICK, {}, 1000.0, 0.0)], started_at=1000.0, boots={"b1": [1000.0, 50.0]})
    for wall in (1100.0, 900.0):
        control = SoakControl(SoakFolder(str(tmp_path)), lambda wall=wall: wall, boot=lambda: ("b1", 150.0))
        assert control.status()["measurements"][0]["value"] == 0
        assert control.status()["elapsed_seconds"] == 60, "all of the soak is over"
    young = SoakControl(SoakFolder(str(tmp_path)), lambda: 9999.0, boot=lambda: ("b1", 70.0))
    assert (young.status()["measurements"][0]["value"], young.status()["elapsed_seconds"]) == (1, 20)


def test_a_lock_on_a_full_disk_holds_without_a_name():
    lock, other = Lock("/dev/full"), Lock("/dev/full")
    assert lock.take()
    assert (other.take(), other.holder()) == (False, 0)
    lock.release()


def test_a_database_that_stopped_answering_is_not_judged_by_what_it_said_before(tmp_path):
    asked = {**PLAN, "postgres": {"project": "p", "service": "db"}, "cache": {"project": "p", "service": "cache"}}
    folder = tmp_path / "soak/r-1"
    folder.mkdir(parents=True)
    write_plan(folder, asked)
    (folder / "DONE").write_text('{"ended_at": 1060.0}')
    with SoakStore(str(folder / "samples.sqlite")) as store:
        ticks = [(TICK, {}, 1000.0 + at, at) for at in range(0, 61, 2)]
        host = [("host.cpu", {}, 1000.0 + at, 0.5) for at in range(0, 61, 2)]
        store.append([*ticks, *host, ("postgres.active", {}, 1010.0, 3.0)], started_at=1000.0)
    facts = SoakControl(SoakFolder(str(folder))).collect(str(tmp_path))
    silence = {fact["labels"]["metric"]: fact["value"] for fact in facts if fact["sli"] == "soak.longest_silence"}
    assert (silence["host.cpu"], silence["postgres.active"], silence["redis.hits"]) == (2.0, 50.0, 60.0)
