# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.io.soak import soak_loop
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.process_lock import Lock

COLLECTIONS = str(Path(__file__).resolve().parents[4] / "collections")
# An agent that is killed in its first two lives.
AGENT = """
import os, pathlib, sys
folder = pathlib.Path(sys.argv[2])
with open(folder / "lives", "a") as stream:
    stream.write("x")
if len((folder / "lives").read_text()) < 3:
    os.kill(os.getpid(), 9)
(folder / "DONE").write_text("{}")
"""


@pytest.fixture
def program(tmp_path):
    (tmp_path / "agent.py").write_text(AGENT)
    return str(tmp_path / "agent.py")


def test_an_agent_that_dies_is_started_again_until_it_is_done(tmp_path, program, capfd):
    assert soak_loop.supervise(str(tmp_path), program, pause=0.0) == 0
    assert (tmp_path / "lives").read_text() == "xxx"
    said = [json.loads(line)["said"] for line in capfd.readouterr().err.splitlines()]
    assert said == ["the agent ended with -9; it is started again"] * 2


@pytest.mark.parametrize("word", ["DONE", "STOP"])
def test_what_is_over_is_not_started_again(tmp_path, program, word):
    (tmp_path / word).write_text("{}")
    assert soak_loop.supervise(str(tmp_path), program, pause=0.0) == 0
    assert not (tmp_path / "lives").exists()


def test_a_soak_whose_folder_is_gone_is_over(tmp_path):
    folder = tmp_path / "soak"
    folder.mkdir()
    (tmp_path / "agent.py").write_text("import shutil, sys; shutil.rmtree(sys.argv[2])")
    assert soak_loop.supervise(str(folder), str(tmp_path / "agent.py"), pause=0.0) == 0
    assert not folder.exists()


def test_a_second_loop_leaves_the_first_alone(tmp_path, program):
    first = Lock(str(tmp_path / "supervisor.lock"))
    assert first.take()
    assert soak_loop.supervise(str(tmp_path), program, pause=0.0) == 0
    assert not (tmp_path / "lives").exists()
    first.release()


def test_a_log_that_cannot_be_written_ends_nothing():
    words = f"from {soak_loop.__name__} import say; say('lost'); say('lost, too'); print('it goes on')"
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-c", words], stdout=subprocess.PIPE, stderr=full, env={"PYTHONPATH": COLLECTIONS}, check=False
        )
    assert done.stdout == b"it goes on\n"
