# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever is done to a real ledger on the disk is found: every byte of one ledger, and any byte or line of generated ones.

Found means: the verification says a problem, reading gives the entries that were written or refuses, and nothing is ever
appended to anything else.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import LedgerError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.entries import Draft
from ansible_collections.proofile.stagegate.plugins.module_utils.io.ledger.ledger_file import LedgerFile

RUN = {"id": "r-20261123T101500Z-1a2b3c4d5e6f", "release": "1a2b3c4d5e6f", "policy": "demo"}
NOTE = Draft("alert", "soak", {"text": "something"})

texts = st.text(max_size=20)
plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
bodies = st.dictionaries(texts, plain | st.lists(plain, max_size=3) | st.dictionaries(texts, plain, max_size=2), max_size=3)
drafts = st.builds(Draft, st.sampled_from(["alert", "evidence", "gate", "signoff"]), st.sampled_from(["", "build", "soak"]), bodies)


@contextmanager
def written(chosen: list[Draft]) -> Iterator[tuple[LedgerFile, Path]]:
    """Write a ledger in two goes, into a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        book = LedgerFile(folder)
        book.append(RUN, chosen[:1])
        if chosen[1:]:
            book.append(RUN, chosen[1:])
        yield book, Path(book.path)


def check_found(book: LedgerFile, path: Path, raw: bytes, before: list[dict[str, Any]]) -> None:
    """Put `raw` into the place of the ledger; it must be found, and nothing but a torn end may be read past."""
    path.write_bytes(raw)
    assert book.problems()
    try:
        assert book.entries() == before
    except LedgerError:
        with pytest.raises(LedgerError):
            book.append(RUN, [NOTE])
        assert path.read_bytes() == raw
    else:
        incident, note = book.append(RUN, [NOTE]).entries
        assert incident["body"]["event"] == "torn_tail"
        assert book.entries() == [*before, incident, note]
        assert book.problems() == []


def changed(data: st.DataObject, raw: bytes) -> bytes:
    at = data.draw(st.integers(0, len(raw) - 1))
    return raw[:at] + bytes([data.draw(st.integers(0, 255).filter(lambda byte: byte != raw[at]))]) + raw[at + 1 :]


def inserted(data: st.DataObject, raw: bytes) -> bytes:
    at = data.draw(st.integers(0, len(raw)))
    return raw[:at] + bytes([data.draw(st.integers(0, 255))]) + raw[at:]


def deleted(data: st.DataObject, raw: bytes) -> bytes:
    at = data.draw(st.integers(0, len(raw) - 1))
    return raw[:at] + raw[at + 1 :]


def swapped(data: st.DataObject, raw: bytes) -> bytes:
    first, second = sorted(data.draw(st.tuples(st.integers(0, len(raw) - 1), st.integers(0, len(raw) - 1))))
    hypothesis.assume(raw[first] != raw[second])
    return raw[:first] + raw[second : second + 1] + raw[first + 1 : second] + raw[first : first + 1] + raw[second + 1 :]


def truncated(data: st.DataObject, raw: bytes) -> bytes:
    return raw[: data.draw(st.integers(0, len(raw) - 1))]


def line_swapped(data: st.DataObject, raw: bytes) -> bytes:
    lines = raw.splitlines(keepends=True)
    hypothesis.assume(len(lines) > 1)
    first, second = data.draw(st.lists(st.integers(0, len(lines) - 1), min_size=2, max_size=2, unique=True))
    lines[first], lines[second] = lines[second], lines[first]
    return b"".join(lines)


def line_deleted(data: st.DataObject, raw: bytes) -> bytes:
    lines = raw.splitlines(keepends=True)
    del lines[data.draw(st.integers(0, len(lines) - 1))]
    return b"".join(lines)


def line_inserted(data: st.DataObject, raw: bytes) -> bytes:
    lines = raw.splitlines(keepends=True)
    lines.insert(data.draw(st.integers(0, len(lines))), data.draw(st.sampled_from([*lines, b"\n", b"{}\n"])))
    return b"".join(lines)


WAYS = [changed, inserted, deleted, swapped, truncated, line_swapped, line_deleted, line_inserted]


@pytest.mark.parametrize("tamper", WAYS, ids=lambda way: way.__name__)
@hypothesis.settings(max_examples=60)
@hypothesis.given(chosen=st.lists(drafts, min_size=1, max_size=6), data=st.data())
def test_a_ledger_in_which_something_was(tamper: Callable[[st.DataObject, bytes], bytes], chosen: list[Draft], data: Any) -> None:
    with written(chosen) as (book, path):
        before, raw = book.entries(), path.read_bytes()
        assert [entry["body"] for entry in before] == [draft.body for draft in chosen]
        assert book.problems() == []
        check_found(book, path, tamper(data, raw), before)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[LedgerFile, bytes]:
    """Three entries of every kind of character."""
    book = LedgerFile(str(tmp_path_factory.mktemp("state")))
    book.append(RUN, [Draft("phase", "soak", {"event": "started"}), Draft("evidence", "soak", {"value": -1.5e-7, "text": 'ä"\\'}), NOTE])
    return book, Path(book.path).read_bytes()


MUTATIONS: dict[str, Callable[[bytes, int], bytes]] = {
    "flipped": lambda raw, at: raw[:at] + bytes([raw[at] ^ (1 << at % 8)]) + raw[at + 1 :],
    "deleted": lambda raw, at: raw[:at] + raw[at + 1 :],
    "doubled": lambda raw, at: raw[:at] + raw[at : at + 1] + raw[at:],
    "cut off": lambda raw, at: raw[:at],
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_every_single_byte_counts(small: tuple[LedgerFile, bytes], mutation: str) -> None:
    book, raw = small
    for at in range(len(raw)):
        Path(book.path).write_bytes(MUTATIONS[mutation](raw, at))
        assert book.problems(), f"byte {at} of {len(raw)} {mutation} is not found"
    Path(book.path).write_bytes(raw)
    assert book.problems() == []


def test_a_ledger_of_yesterday_in_the_place_of_todays_is_found(tmp_path: Path) -> None:
    book = LedgerFile(str(tmp_path / "state"))
    book.append(RUN, [NOTE])
    shutil.copy(book.path, tmp_path / "yesterday")
    book.append(RUN, [NOTE])
    shutil.copy(tmp_path / "yesterday", book.path)
    with pytest.raises(LedgerError, match="cut off"):
        book.entries()


@pytest.mark.parametrize("phase", ["soak", "latest"])
def test_a_head_that_was_changed_is_found(tmp_path: Path, phase: str) -> None:
    book = LedgerFile(str(tmp_path))
    book.append(RUN, [NOTE, NOTE])
    name = "latest.json" if phase == "latest" else f"{RUN['id']}.{phase}.json"
    head = tmp_path / "heads" / name
    for raw in (head.read_text().replace('"seq": 2', '"seq": 1'), "null", "", '{"seq": true}', '{"seq": -1}', '{"seq":2,"seq":2}'):
        head.write_text(raw)
        assert book.problems(), raw
        with pytest.raises(LedgerError):
            book.append(RUN, [NOTE])
