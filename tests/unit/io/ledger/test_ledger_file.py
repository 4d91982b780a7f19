# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ledger on the disk: torn, cut, locked, hostile."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import LedgerError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger import ledger
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.entries import Draft
from ansible_collections.proofile.stagegate.plugins.module_utils.io.ledger import ledger_file

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
    assert book.problems() == ["the heads of the ledger are gone: a cut-off end could not be seen"]
    for act in (book.entries, lambda: book.append(RUN, [NOTE])):
        with pytest.raises(LedgerError, match="heads of the ledger are gone"):
            act()


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


def test_the_head_of_the_whole_cannot_be_taken_away_in_silence(book: ledger_file.LedgerFile, path: Path) -> None:
    (path.parent / "heads" / "latest.json").unlink()
    with pytest.raises(LedgerError, match="heads of the ledger are gone"):
        book.append(RUN, [NOTE])


def test_a_ledger_that_was_cut_together_with_its_heads_is_seen_by_a_noted_hash(book: ledger_file.LedgerFile, path: Path) -> None:
    noted = book.verify().head["hash"]
    assert book.verify(noted).problems == ()
    path.unlink()
    for head in (path.parent / "heads").iterdir():
        head.unlink()
    book.append(RUN, [NOTE])
    assert book.problems() == []
    assert "was noted" in book.verify(noted).problems[0]


def test_a_copy_of_the_folder_is_verified_without_the_rest(book: ledger_file.LedgerFile, path: Path, tmp_path: Path) -> None:
    shutil.copytree(path.parent, tmp_path / "copy")
    copy = ledger_file.LedgerFile(str(tmp_path / "copy"))
    found = copy.verify()
    assert (found.problems, found.entries, found.runs, found.head) == ((), 4, 1, book.verify().head)
    assert copy.entries() == book.entries()


def test_a_ledger_that_may_not_be_looked_at_is_not_an_empty_one(book: ledger_file.LedgerFile, path: Path) -> None:
    path.unlink()
    path.parent.joinpath("heads").rename(path.parent / "elsewhere")
    path.symlink_to(path)
    with pytest.raises(LedgerError, match="cannot be used"):
        book.entries()


def test_a_pipe_in_the_place_of_the_ledger_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ledger.jsonl")
    book = ledger_file.LedgerFile(str(tmp_path))
    for act in (book.entries, lambda: book.append(RUN, [NOTE])):
        with pytest.raises(LedgerError, match="regular file"):
            act()


OTHER = {"id": "r-20261123T111500Z-ffffffffffff", "release": "ffffffffffff", "policy": "demo"}
START = Draft("phase", "build", {"event": "started"})


@pytest.mark.parametrize("change", [{"release": "ffffffffffff"}, {"policy": "staging"}])
def test_an_entry_of_another_release_or_policy_than_its_run_is_refused(book: ledger_file.LedgerFile, path: Path, change: Any) -> None:
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="does not belong to this run"):
        book.append({**RUN, **change}, [NOTE])
    assert path.read_bytes() == before
    book.append(OTHER, [NOTE])


def test_a_run_is_opened_once(book: ledger_file.LedgerFile) -> None:
    book.append(RUN, [Draft("run", "", {})])
    with pytest.raises(LedgerError, match="is in the ledger already"):
        book.append(RUN, [Draft("run", "", {})])


def test_an_entry_that_went_in_under_a_foreign_release_is_told(book: ledger_file.LedgerFile, path: Path) -> None:
    tail = book.entries()[-1]
    foreign = ledger.entry_after(tail, tail["time"], "alert", {**RUN, "release": "ffffffffffff"}, "soak", {})
    with path.open("ab") as stream:
        stream.write(ledger.line_of(foreign).encode())
    assert "entry 5" in book.problems()[0]
    assert "is about ffffffffffff" in book.problems()[0]


def start_of(book: ledger_file.LedgerFile, run: Any) -> Any:
    """Begin a phase, and give the run with its token."""
    return {**run, "token": book.append(run, [START]).entries[-1]["seq"]}


def test_whoever_begins_a_phase_later_takes_over(book: ledger_file.LedgerFile, path: Path) -> None:
    first = start_of(book, RUN)
    book.append(first, [NOTE])
    second = start_of(book, RUN)
    before = path.read_bytes()
    with pytest.raises(LedgerError) as caught:
        book.append(first, [NOTE])
    assert caught.value.what == (
        "another writer has taken over: it began phase build of run r-20261123T101500Z-1a2b3c4d5e6f at 2026-11-23T10:15:00.000Z (entry 7)"
    )
    assert path.read_bytes() == before
    book.append(second, [NOTE])


def test_the_start_of_another_run_fences_nobody(book: ledger_file.LedgerFile) -> None:
    first, second = start_of(book, RUN), start_of(book, OTHER)
    book.append(first, [NOTE])
    book.append(second, [NOTE])
    start_of(book, RUN)
    with pytest.raises(LedgerError, match="taken over"):
        book.append(first, [START])


def test_a_writer_without_a_token_is_not_fenced_and_fences_nobody(book: ledger_file.LedgerFile) -> None:
    first = start_of(book, RUN)
    book.append(RUN, [Draft("signoff", "decision", {"team": "qa"})])
    book.append(OTHER, [NOTE])
    book.append(first, [NOTE])


@pytest.mark.parametrize("token", [2, 99])
def test_a_token_that_is_no_start_of_this_ledger_is_refused(book: ledger_file.LedgerFile, path: Path, token: int) -> None:
    with pytest.raises(LedgerError, match="not of this run"):
        book.append({**RUN, "token": token}, [NOTE])
    start_of(book, RUN)
    with pytest.raises(LedgerError):
        book.append({**RUN, "token": token}, [NOTE])


def test_what_is_recorded_is_on_the_disk_with_its_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.readlink(f"/proc/self/fd/{descriptor}")))
    state = tmp_path / "state"
    ledger_file.LedgerFile(str(state)).append(RUN, [NOTE])
    own = [str(Path(name).relative_to(tmp_path)) for name in synced]
    line = own.index("state/ledger.jsonl")
    assert {".", "state"} <= set(own[:line])
    assert own[line + 1 :].count("state/heads") == 2
    assert len([name for name in own[line + 1 :] if name.startswith("state/heads/.new-")]) == 2


def test_five_megabytes_are_verified_in_no_time(tmp_path: Path) -> None:
    """Measured: 11 300 entries, 5.0 MB: 0.10 s to read and verify all, 0.05 s to append one, peak 25 MB (before: 0.32 s, 268 MB)."""
    book = ledger_file.LedgerFile(str(tmp_path))
    item = {"sli": "http.duration", "labels": {"route": "/x"}, "unit": "s", "source": "somewhere in the house", "value": 0.25}
    for phase in ("preflight", "build", "deploy", "smoke", "soak"):
        book.append(RUN, [Draft("evidence", phase, item)] * 2500)
    size = os.path.getsize(book.path)
    assert size > 5_000_000
    begun = time.process_time()
    assert len(book.entries()) == 12500
    read = time.process_time() - begun
    book.append(RUN, [NOTE])
    appended = time.process_time() - begun - read
    tracemalloc.start()
    book.entries()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (read < 1, appended < 0.7, peak < 12 * size) == (True, True, True), (read, appended, peak)
