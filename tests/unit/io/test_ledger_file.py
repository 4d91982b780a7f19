# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ledger on the disk: torn, cut, locked, hostile."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.entries import Draft
from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import LedgerError
from ansible_collections.proofile.stagegate.plugins.module_utils.io import ledger_file

RUN = {"id": "r-20261123T101500Z-1a2b3c4d5e6f", "release": "1a2b3c4d5e6f", "policy": "demo"}
NOTE = Draft("alert", "soak", {"text": "something"})


@pytest.fixture
def book(tmp_path: Path) -> ledger_file.LedgerFile:
    return ledger_file.LedgerFile(str(tmp_path / "state"), clock=lambda: 1795428900.0, sleep=lambda _seconds: None)


@pytest.fixture
def path(book: ledger_file.LedgerFile) -> Path:
    """Write four entries and give the file."""
    for phase in ("build", "build", "soak", "soak"):
        book.append(RUN, [Draft("alert", phase, {"text": phase})])
    return Path(book.path)


def test_entries_come_back_as_they_were_written(book: ledger_file.LedgerFile, path: Path) -> None:
    assert [entry["body"]["text"] for entry in book.entries()] == ["build", "build", "soak", "soak"]
    assert book.problems() == []
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_absent_ledger_is_empty_and_stays_absent(book: ledger_file.LedgerFile) -> None:
    assert (book.entries(), book.problems()) == ([], [])
    assert not os.path.exists(book.state_dir)


def test_many_entries_go_in_by_one_write_and_each_phase_has_its_head(book: ledger_file.LedgerFile) -> None:
    book.append(RUN, [NOTE, Draft("alert", "build", {}), NOTE])
    heads = sorted(os.listdir(os.path.join(book.state_dir, "heads")))
    assert heads == ["latest.json", f"{RUN['id']}.build.json", f"{RUN['id']}.soak.json"]


def test_a_torn_tail_is_kept_aside_and_told(book: ledger_file.LedgerFile, path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b'{"seq":5,"time":"2026')
    assert len(book.entries()) == 4
    assert book.problems() == ["the last line is torn (21 bytes): the next entry will repair it"]
    written = book.append(RUN, [NOTE])
    assert written.repaired == "ledger.torn-20261123T101500Z"
    assert (path.parent / written.repaired).read_bytes() == b'{"seq":5,"time":"2026'
    assert [entry["kind"] for entry in written.entries] == ["incident", "alert"]
    assert written.entries[0]["body"]["event"] == "torn_tail"
    assert book.problems() == []


@pytest.mark.parametrize("lines", [0, 1, 3])
def test_a_ledger_whose_end_was_cut_off_is_refused(book: ledger_file.LedgerFile, path: Path, lines: int) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:lines]))
    with pytest.raises(LedgerError, match="cut off"):
        book.append(RUN, [NOTE])
    with pytest.raises(LedgerError, match="cut off"):
        book.entries()
    assert "cut off" in book.problems()[0]


def test_a_ledger_that_was_taken_away_is_refused(book: ledger_file.LedgerFile, path: Path) -> None:
    path.unlink()
    with pytest.raises(LedgerError, match="cut off"):
        book.entries()


@pytest.mark.parametrize("cut", [1, 5])
def test_a_cut_last_line_is_no_torn_tail_but_damage(book: ledger_file.LedgerFile, path: Path, cut: int) -> None:
    path.write_bytes(path.read_bytes()[:-cut])
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="cut off"):
        book.append(RUN, [NOTE])
    assert path.read_bytes() == before


def test_nothing_is_appended_to_a_changed_tail(book: ledger_file.LedgerFile, path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"text":"soak"', b'"text":"soap"'))
    with pytest.raises(LedgerError, match="an entry was changed"):
        book.append(RUN, [NOTE])
    assert "ledger line 3" in book.problems()[0]


def test_heads_that_are_gone_are_told(book: ledger_file.LedgerFile, path: Path) -> None:
    for head in (path.parent / "heads").iterdir():
        head.unlink()
    (path.parent / "heads").rmdir()
    assert book.problems() == ["the heads are gone: a cut-off end cannot be seen"]
    with pytest.raises(LedgerError, match="heads of the ledger are gone"):
        book.append(RUN, [NOTE])


def test_a_head_that_cannot_be_read_is_told(book: ledger_file.LedgerFile, path: Path) -> None:
    (path.parent / "heads" / "latest.json").write_text("[" * 4000)
    assert book.problems() == ["head latest.json cannot be read"]
    with pytest.raises(LedgerError):
        book.append(RUN, [NOTE])


@pytest.mark.parametrize("raw", [b"\n", b"\0" * 100 + b"\n", b"[" * 100000 + b"\n", "é\n".encode()])
def test_hostile_bytes_are_a_ledger_error(book: ledger_file.LedgerFile, path: Path, raw: bytes) -> None:
    path.write_bytes(raw)
    for act in (book.entries, lambda: book.append(RUN, [NOTE])):
        with pytest.raises(LedgerError):
            act()


def test_a_refused_entry_leaves_the_ledger_as_it_was(book: ledger_file.LedgerFile, path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(LedgerError):
        book.append(RUN, [NOTE, Draft("alert", "soak", {"value": float("nan")})])
    assert path.read_bytes() == before


def test_a_lock_that_is_held_for_too_long_is_named(path: Path) -> None:
    waits: list[float] = []
    book = ledger_file.LedgerFile(str(path.parent), sleep=waits.append, patience_seconds=1.0)
    with path.open("rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        with pytest.raises(LedgerError, match="the ledger is locked"):
            book.append(RUN, [NOTE])
    assert sum(waits) == pytest.approx(1.0)


WRITER = """
import sys
from ansible_collections.proofile.stagegate.plugins.module_utils.core.entries import Draft
from ansible_collections.proofile.stagegate.plugins.module_utils.io.ledger_file import LedgerFile
run = {"id": "r-20261123T101500Z-1a2b3c4d5e6f", "release": "1a2b3c4d5e6f", "policy": "demo"}
for number in range(15):
    LedgerFile(sys.argv[1]).append(run, [Draft("alert", "soak", {"writer": sys.argv[2], "number": number})])
"""


def test_writers_at_the_same_time_make_one_chain(book: ledger_file.LedgerFile) -> None:
    env: dict[str, Any] = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, book.state_dir, name], env=env) for name in "abc"]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert len(book.entries()) == 45
    assert book.problems() == []
