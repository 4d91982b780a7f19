# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The downtime meter as a module on this machine: a real process asks a real server on the loopback interface."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.downtime_meter import DowntimeMeter
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.process_lock import Lock
from ansible_collections.proofile.stagegate.plugins.modules import downtime_meter

RUN, OTHER_RUN = "r-20261123T000000Z-0000000000a1", "r-20261123T000001Z-0000000000b2"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_arguments: Any) -> None:
        """Tests are quiet."""


class Application:
    """A server that can go away and come back on the same port."""

    def __init__(self) -> None:
        self.port = 0
        self.up()

    def up(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def down(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def application() -> Iterator[Application]:
    served = Application()
    yield served
    served.down()


class Meter:
    """The module with the settings of these tests; whatever it started is ended afterwards."""

    def __init__(self, state_dir: Path, port: int) -> None:
        self.state_dir = state_dir
        given = {key: option.get("default") for key, option in downtime_meter.SPEC.items()}
        self.given = {
            **given,
            "state_dir": str(state_dir),
            "run": RUN,
            "urls": [f"http://127.0.0.1:{port}/health"],
            "rate_per_second": 50.0,
        }

    def do(self, state: str, check_mode: bool = False, **other: Any) -> Any:
        return downtime_meter.handle({**self.given, "state": state, **other}, check_mode)

    def lock(self, run: str = RUN) -> Lock:
        return Lock(str(self.state_dir / "meter" / run / "deploy.lock"))


@pytest.fixture
def meter(tmp_path: Path, application: Application) -> Iterator[Meter]:
    made = Meter(tmp_path, application.port)
    yield made
    for run in (RUN, OTHER_RUN):
        DowntimeMeter(str(tmp_path), run, "deploy").stop()


def values(result: Any) -> dict[str, Any]:
    return {fact["sli"].partition(".")[2]: fact["value"] for fact in result["measurements"]}


def test_a_server_that_stays_is_measured_without_a_failure(meter: Meter) -> None:
    assert meter.do("started")["started"]
    time.sleep(0.6)
    found = meter.do("stopped")
    assert found["measured"]
    assert values(found)["requests"] >= 15
    assert (values(found)["failed"], values(found)["dropped"]) == (0, 0)
    assert meter.lock().holder() is None


def test_a_server_that_is_away_for_300_ms_is_found(meter: Meter, application: Application) -> None:
    meter.do("started")
    time.sleep(0.4)
    application.down()
    time.sleep(0.3)
    application.up()
    time.sleep(0.4)
    found = values(meter.do("stopped"))
    assert found["failed"] >= 5
    assert found["longest_gap"] >= 0.29


def test_it_is_started_once_and_read_once(meter: Meter) -> None:
    assert meter.do("started")["started"]
    pid = meter.lock().holder()
    again = meter.do("started")
    assert (again["started"], again["changed"], meter.lock().holder()) == (False, False, pid)
    assert meter.do("stopped")["measured"]
    assert meter.do("stopped") == {"changed": False, "measured": False, "message": "nothing was measured", "measurements": []}


def test_other_settings_take_the_place_of_the_meter_that_is_at_work(meter: Meter) -> None:
    meter.do("started")
    pid = meter.lock().holder()
    assert meter.do("started", rate_per_second=40.0)["started"]
    assert meter.lock().holder() not in (None, pid)


def test_a_meter_that_a_killed_run_left_behind_is_ended_by_the_next_one(meter: Meter) -> None:
    meter.do("started", run=OTHER_RUN)
    assert meter.lock(OTHER_RUN).holder()
    meter.do("started")
    assert meter.lock(OTHER_RUN).holder() is None
    assert meter.lock().holder()


def test_a_process_that_is_no_meter_is_never_ended(meter: Meter) -> None:
    folder = meter.state_dir / "meter" / OTHER_RUN
    folder.mkdir(parents=True)
    (folder / "deploy.lock").write_text(str(os.getpid()))
    meter.do("started")
    assert meter.lock().holder() not in (None, os.getpid())


def test_it_ends_by_itself_and_what_it_did_not_ask_any_more_is_not_good(meter: Meter) -> None:
    meter.do("started", deadline_seconds=0.4)
    ends = time.monotonic() + 10
    while meter.lock().holder() and time.monotonic() < ends:
        time.sleep(0.05)
    assert meter.lock().holder() is None
    time.sleep(0.3)
    found = values(meter.do("stopped"))
    assert found["dropped"] >= 5
    assert "failed" not in found


def test_a_meter_that_was_killed_has_not_seen_that_nothing_failed(meter: Meter) -> None:
    meter.do("started")
    time.sleep(1.3)
    os.kill(meter.lock().holder() or 0, signal.SIGKILL)
    time.sleep(0.5)
    found = values(meter.do("stopped"))
    assert found["dropped"] >= 10
    assert "failed" not in found


def test_a_meter_that_was_held_up_says_that_it_did_not_look(meter: Meter) -> None:
    meter.do("started", late_seconds=0.2)
    time.sleep(0.3)
    pid = meter.lock().holder() or 0
    os.kill(pid, signal.SIGSTOP)
    time.sleep(0.6)
    os.kill(pid, signal.SIGCONT)
    time.sleep(0.2)
    found = values(meter.do("stopped"))
    assert found["dropped"] >= 10
    assert "failed" not in found


def test_where_nothing_ever_answers_nothing_is_claimed(meter: Meter, application: Application) -> None:
    application.down()
    meter.do("started")
    time.sleep(0.3)
    found = values(meter.do("stopped"))
    application.up()
    assert found["requests"] == 0
    assert "failed" not in found


def test_check_mode_starts_nothing_and_ends_nothing(meter: Meter) -> None:
    assert not meter.do("started", check_mode=True)["started"]
    assert not (meter.state_dir / "meter").exists()
    meter.do("started")
    assert not meter.do("stopped", check_mode=True)["measured"]
    assert meter.lock().holder()


def test_its_files_are_for_the_owner_only(meter: Meter) -> None:
    meter.do("started")
    for path in (meter.state_dir / "meter").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_it_costs_less_than_two_percent_of_a_core(meter: Meter) -> None:
    meter.do("started", rate_per_second=20.0)
    pid = meter.lock().holder()
    begun, used = time.monotonic(), processor_seconds(pid)
    time.sleep(3)
    share = (processor_seconds(pid) - used) / (time.monotonic() - begun)
    assert share < 0.02, share


def processor_seconds(pid: int | None) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("run", ["", "..", "r-1", "../../etc"])
def test_a_run_that_leads_out_of_the_state_folder_is_refused(tmp_path: Path, run: str) -> None:
    with pytest.raises(InputError):
        DowntimeMeter(str(tmp_path), run, "deploy")


def test_the_plan_on_disk_says_since_when(meter: Meter) -> None:
    meter.do("started")
    kept = json.loads((meter.state_dir / "meter" / RUN / "deploy.json").read_text())
    assert kept["plan"]["rate"] == 50.0
    assert kept["started"].endswith("Z")
