# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Real processes write the ledger: many at once, killed in the middle, without room on the disk."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.entries import Draft
from ansible_collections.proofile.stagegate.plugins.module_utils.io.ledger.ledger_file import LedgerFile

RUN = {"id": "r-20261123T101500Z-1a2b3c4d5e6f", "release": "1a2b3c4d5e6f", "policy": "demo"}
NOTE = Draft("alert", "soak", {"text": "something"})
WRITERS, EACH = 8, 25

COMMON = """
import os, signal, sys
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.entries import Draft
from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import LedgerError
from ansible_collections.proofile.stagegate.plugins.module_utils.io.ledger import ledger_file, ledger_heads
run = {"id": "r-20261123T101500Z-1a2b3c4d5e6f", "release": "1a2b3c4d5e6f", "policy": "demo"}
book = ledger_file.LedgerFile(sys.argv[1])
"""
WRITER = f"""
for number in range({EACH}):
    book.append(run, [Draft("alert", "soak", {{"writer": sys.argv[2], "number": number}})])
"""
READER = """
print("reading", flush=True)
while not os.path.exists(sys.argv[2]):
    assert not book.problems(), book.problems()
    book.entries()
"""
# Writes as many bytes of the lines as it is told, then nothing but the kernel acts any more.
KILLED_IN_THE_WRITE = """
write, left = os.write, int(sys.argv[2])
def cut(descriptor, raw):
    write(descriptor, bytes(raw)[:left])
    os.kill(os.getpid(), signal.SIGKILL)
ledger_file.os.write = cut
book.append(run, [Draft("evidence", "soak", {"text": "x" * 1000}), Draft("alert", "build", {})])
"""
KILLED_BETWEEN_THE_HEADS = """
def killed(heads, name, head, write=ledger_heads.LedgerHeads._write):
    os.kill(os.getpid(), signal.SIGKILL) if name == sys.argv[2] else write(heads, name, head)
ledger_heads.LedgerHeads._write = killed
book.append(run, [Draft("alert", "soak", {}), Draft("alert", "build", {})])
"""
KILLED_IN_THE_REPAIR = """
def killed(descriptor, size, truncate=os.ftruncate):
    if sys.argv[2] == "after":
        truncate(descriptor, size)
    os.kill(os.getpid(), signal.SIGKILL)
ledger_file.os.ftruncate = killed
book.append(run, [Draft("alert", "soak", {})])
"""
NO_ROOM = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    book.append(run, [Draft("evidence", "soak", {"text": "x" * 100000})])
except LedgerError as error:
    print(error)
"""


def started(script: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a writer in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    argv = [sys.executable, "-c", COMMON + script, *arguments]
    return subprocess.Popen(argv, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ended(script: str, *arguments: str) -> int:
    """Run a writer; give its exit code."""
    process = started(script, *arguments)
    process.communicate(timeout=60)
    return process.returncode


@pytest.fixture
def book(tmp_path: Path) -> LedgerFile:
    made = LedgerFile(str(tmp_path / "state"))
    made.append(RUN, [NOTE, NOTE])
    return made


def test_writers_at_the_same_time_make_one_chain_and_readers_never_see_half_of_it(book: LedgerFile, tmp_path: Path) -> None:
    over = tmp_path / "over"
    reader = started(READER, book.state_dir, str(over))
    assert reader.stdout is not None
    assert reader.stdout.readline() == "reading\n"
    writers = [started(WRITER, book.state_dir, str(name)) for name in range(WRITERS)]
    said = [writer.communicate(timeout=120)[1] for writer in writers]
    over.touch()
    assert (said, reader.communicate(timeout=60)[1]) == ([""] * WRITERS, "")
    bodies = [entry["body"] for entry in book.entries()[2:]]
    assert len(bodies) == WRITERS * EACH
    for name in range(WRITERS):
        assert [body["number"] for body in bodies if body["writer"] == str(name)] == list(range(EACH))
    assert book.verify().problems == ()


@pytest.mark.parametrize("left", [1, 700, 1300, 1600])
def test_a_writer_that_is_killed_in_the_middle_of_a_write_leaves_a_tail_that_is_repaired(book: LedgerFile, left: int) -> None:
    before = Path(book.path).read_bytes()
    assert ended(KILLED_IN_THE_WRITE, book.state_dir, str(left)) == -signal.SIGKILL
    raw = Path(book.path).read_bytes()
    torn = raw[raw.rindex(b"\n") + 1 :]
    assert raw.startswith(before)
    assert len(raw) == len(before) + left
    assert torn
    assert "torn" in book.problems()[0]
    whole = len(book.entries())
    repaired = book.append(RUN, [NOTE])
    assert Path(book.state_dir, repaired.repaired).read_bytes() == torn
    told = repaired.entries[0]
    assert (told["kind"], told["body"]["event"], told["body"]["bytes"]) == ("incident", "torn_tail", len(torn))
    assert told["body"]["sha256"] == hashlib.sha256(torn).hexdigest()
    assert (len(book.entries()), book.problems()) == (whole + 2, [])


@pytest.mark.parametrize("head", [f"{RUN['id']}.soak.json", f"{RUN['id']}.build.json", "latest.json"])
def test_a_writer_that_is_killed_before_its_heads_are_copied_is_made_up_for(book: LedgerFile, head: str) -> None:
    assert ended(KILLED_BETWEEN_THE_HEADS, book.state_dir, head) == -signal.SIGKILL
    assert (len(book.entries()), book.problems()) == (4, [])
    book.append(RUN, [Draft("alert", "", {})])
    heads = Path(book.state_dir, "heads")
    known = {path.name: json.loads(path.read_text())["seq"] for path in heads.glob("*.json")}
    assert known == {f"{RUN['id']}.soak.json": 3, f"{RUN['id']}.build.json": 4, "latest.json": 5}


@pytest.mark.parametrize("head", ["latest.json"])
def test_a_first_writer_that_is_killed_leaves_a_ledger_that_can_be_begun(tmp_path: Path, head: str) -> None:
    state = str(tmp_path / "state")
    assert ended(KILLED_BETWEEN_THE_HEADS, state, head) == -signal.SIGKILL
    book = LedgerFile(state)
    assert book.entries() == []
    book.append(RUN, [NOTE])
    assert (len(book.entries()), book.problems()) == (1, [])


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_repair_that_is_killed_is_told_by_the_next_writer(book: LedgerFile, when: str) -> None:
    with open(book.path, "ab") as stream:
        stream.write(b'{"body":')
    assert ended(KILLED_IN_THE_REPAIR, book.state_dir, when) == -signal.SIGKILL
    assert "torn" in book.problems()[0]
    kinds = [entry["kind"] for entry in book.append(RUN, [NOTE]).entries]
    assert kinds == ["incident"] * (2 if when == "before" else 1) + ["alert"]
    assert book.problems() == []


def test_what_finds_no_room_on_the_disk_leaves_nothing_behind(book: LedgerFile) -> None:
    before = Path(book.path).read_bytes()
    said = started(NO_ROOM, book.state_dir, str(len(before) + 5000)).communicate(timeout=60)
    assert "cannot be written" in said[0], said
    assert Path(book.path).read_bytes() == before
    assert book.problems() == []
