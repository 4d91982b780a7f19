# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""With a program of a few lines in the place of locust; the real one: tests/integration/test_load_hosts.py."""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import replace

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.soak_plan import parse_load
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak import load_keeper
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.load_keeper import KeptWorker
from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak.load_worker import Share, workers_of

SECRETS = {"password": "hunter22"}
# Notes by which words and share it was started, and stays.
NOTES = """import json, os, sys, time
with open("started." + os.environ["STAGEGATE_LOAD_PART"].replace("/", "-"), "w") as file:
    json.dump([sys.argv, os.environ["STAGEGATE_LOAD_SECRETS"], len(os.environ["STAGEGATE_LOAD_KEY"])], file)
time.sleep(60)
"""


def program(folder, text=NOTES):
    path = folder / "locust"
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o700)
    return str(path)


@pytest.fixture
def share(tmp_path):
    raw = {
        "engine": "locust", "program": program(tmp_path), "base_url": "http://127.0.0.1:9", "rate_per_second": 10, "timeout_seconds": 0.5,
        "mix": [{"steps": [{"request": "GET /"}]}], "processes": 1, "remote_workers": 3, "port": 5557,
    }  # fmt: skip
    return Share("r-1", parse_load(raw), 2, 2, "192.0.2.1", 60.0)


@pytest.fixture
def workers(tmp_path):
    found = workers_of(str(tmp_path / "state"), "r-1", "one")
    yield found
    found.stop()


def eventually(holds):
    ends = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_workers_are_started_once_with_their_shares_and_secrets_are_in_one_file_alone(workers, share, tmp_path):
    folder = tmp_path / "state/load/r-1/one"
    assert workers.would_start(share, SECRETS)
    assert not folder.exists()
    assert workers.start(share, SECRETS)
    notes = [folder / "started.2-4", folder / "started.3-4"]
    eventually(lambda: all(note.exists() and note.read_text().endswith("]") for note in notes))
    words, secrets, key = json.loads(notes[0].read_text())
    assert words[-4:] == ["--master-host", "192.0.2.1", "--master-port", "5557"]
    assert (json.loads(secrets), key) == (SECRETS, 64)
    assert not workers.start(share, SECRETS)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o077 for file in folder.iterdir() if file not in notes} == {0}
    for note in notes:
        note.unlink()
    assert [file.name for file in folder.iterdir() if b"hunter22" in file.read_bytes()] == ["secrets.json"]
    assert workers.stop()
    assert not (folder / "secrets.json").exists()
    assert workers.keeper() is None
    assert not workers.stop()


@pytest.mark.parametrize("changed", [{"first": 1}, {"count": 1}, {"master": "192.0.2.2"}, {"seconds": 300.0}])
def test_another_share_another_master_and_a_later_deadline_replace_the_workers(workers, share, changed):
    workers.start(share, SECRETS)
    keeper = workers.keeper()
    assert not workers.would_start(replace(share, seconds=90.0), SECRETS)
    assert workers.start(replace(share, **changed), SECRETS)
    assert workers.keeper() not in (None, keeper)


def test_other_secrets_replace_the_workers(workers, share):
    workers.start(share, SECRETS)
    assert workers.would_start(share, {"password": "other"})


def test_the_keeper_ends_at_the_deadline_and_forgets_the_secrets(workers, share, tmp_path):
    workers.start(replace(share, seconds=1.0), SECRETS)
    eventually(lambda: workers.keeper() is None)
    assert not (tmp_path / "state/load/r-1/one/secrets.json").exists()


def test_a_worker_that_ends_is_started_again_after_a_pause_and_its_last_words_are_kept(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(load_keeper, "PAUSE_SECONDS", 5.0)
    path = program(tmp_path, "import sys; open('ran', 'a').write('x'); sys.exit('no master for hunter22')")
    worker = KeptWorker([path], {}, str(tmp_path), SECRETS)
    for now, ran in ((0.0, "x"), (1.0, "x"), (5.9, "x"), (6.0, "xx")):
        worker.look(now)
        eventually(lambda ran=ran: not worker._child or (not worker._child.alive() and (tmp_path / "ran").read_text() == ran))
        assert (tmp_path / "ran").read_text() == ran
    assert "a worker ended: no master for *** / exit code 1" in capfd.readouterr().err


def test_a_second_keeper_of_a_folder_leaves_at_once(workers, share, tmp_path):
    workers.start(share, SECRETS)
    assert load_keeper.keep(str(tmp_path / "state/load/r-1/one"), threading.Event()) == 0
    assert workers.keeper() is not None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"first": 0}, "workers 0 to 1 are none of other hosts"),
        ({"first": 3}, "workers 3 to 4 are none of other hosts"),
        ({"count": 0}, "none of other hosts"),
        ({"master": ""}, "where is the master"),
    ],
)
def test_a_share_that_is_not_planned_is_refused(workers, share, changed, said):
    with pytest.raises(InputError, match=said):
        workers.start(replace(share, **changed), SECRETS)


def test_a_load_of_one_host_and_a_host_without_locust_are_refused(workers, share, tmp_path):
    with pytest.raises(InputError, match="plans no workers on other hosts"):
        workers.start(replace(share, load=replace(share.load, remote_workers=0)), SECRETS)
    with pytest.raises(InputError, match="cannot be run"):
        workers.start(replace(share, load=replace(share.load, program=str(tmp_path / "nothing"))), SECRETS)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(("run", "name"), [("..", "one"), ("r-1", "../one"), ("r-1", ""), ("a/b", "one")])
def test_a_run_or_a_host_that_is_no_single_folder_is_refused(tmp_path, run, name):
    with pytest.raises(InputError):
        workers_of(str(tmp_path), run, name)
