# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The chain of the ledger: whatever is done to a line is found."""

from __future__ import annotations

import hashlib
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError, InputError, LedgerError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger import entries, ledger


def chain(new_book: Any, length: int = 5) -> list[bytes]:
    book = new_book()
    for number in range(length):
        book.measure("soak", "host.cpu", number, "pct", source="{{ lookup('pipe', 'id') }} é")
    return [ledger.line_of(entry).encode() for entry in book.entries]


def heads_of(lines: list[bytes]) -> list[tuple[str, Any]]:
    return [("latest", ledger.head_of(ledger.read_chain(lines)[-1]))]


def is_found(lines: list[bytes], heads: list[tuple[str, Any]]) -> bool:
    try:
        return bool(ledger.head_problems([entry["hash"] for entry in ledger.read_chain(lines)], heads))
    except LedgerError:
        return True


def test_an_untouched_chain_is_fine(new_book: Any) -> None:
    lines = chain(new_book)
    assert not is_found(lines, heads_of(lines))
    assert [entry["seq"] for entry in ledger.read_chain(lines)] == [1, 2, 3, 4, 5]


@hypothesis.settings(max_examples=300)
@hypothesis.given(st.data())
def test_any_changed_byte_is_found(new_book: Any, data: Any) -> None:
    lines = chain(new_book)
    heads = heads_of(lines)
    number = data.draw(st.integers(0, len(lines) - 1))
    at = data.draw(st.integers(0, len(lines[number]) - 2))
    sign = data.draw(st.integers(0, 255).filter(lambda byte: byte != lines[number][at]))
    lines[number] = lines[number][:at] + bytes([sign]) + lines[number][at + 1 :]
    assert is_found(lines, heads)


@hypothesis.given(st.data())
def test_any_inserted_or_deleted_byte_is_found(new_book: Any, data: Any) -> None:
    lines = chain(new_book)
    heads = heads_of(lines)
    number = data.draw(st.integers(0, len(lines) - 1))
    at = data.draw(st.integers(0, len(lines[number]) - 2))
    added = data.draw(st.sampled_from([b"", b" ", b"0", b"}", b'"']))
    lines[number] = lines[number][:at] + added + lines[number][at + (0 if added else 1) :]
    assert is_found(lines, heads)


@hypothesis.given(st.integers(0, 4), st.integers(0, 4))
def test_any_swapped_deleted_or_doubled_line_is_found(new_book: Any, first: int, second: int) -> None:
    lines = chain(new_book)
    heads = heads_of(lines)
    swapped = list(lines)
    swapped[first], swapped[second] = swapped[second], swapped[first]
    assert first == second or is_found(swapped, heads)
    assert is_found(lines[:first] + lines[first + 1 :], heads)
    assert is_found([*lines[:first], lines[second], *lines[first:]], heads)


@pytest.mark.parametrize("left", range(5))
def test_a_cut_off_end_is_found_by_the_heads(new_book: Any, left: int) -> None:
    lines = chain(new_book)
    ledger.read_chain(lines[:left])
    assert is_found(lines[:left], heads_of(lines))


def test_a_rewritten_end_is_found_by_the_heads(new_book: Any) -> None:
    lines = chain(new_book)
    other = new_book()
    for number in range(5):
        other.measure("soak", "host.cpu", number * 2, "pct")
    assert is_found([ledger.line_of(entry).encode() for entry in other.entries], heads_of(lines))


def resealed(line: bytes, body: bytes) -> bytes:
    """Give a line another body and the hash that goes with it, as a forger would."""
    rest = line[line.rindex(b',"hash":"') + 74 :]
    own = hashlib.sha256(b'{"body":' + body + rest.rstrip(b"\n")).hexdigest().encode()
    return b'{"body":' + body + b',"hash":"' + own + b'"' + rest


def test_a_forger_who_knows_the_hash_still_needs_plain_data(new_book: Any) -> None:
    line = chain(new_book, 1)[0]
    assert ledger.read_chain([resealed(line, b'{"ok":1}')])[0]["body"] == {"ok": 1}
    hostile = (
        b"[]",
        b"1",
        b"",
        b'{"value":NaN}',
        b'{"value":-Infinity}',
        b'{"text":"\\ud800"}',
        b'{"a":' * 300 + b"1" + b"}" * 300,
        b"[" * 90000,
    )
    for body in hostile:
        with pytest.raises(LedgerError):
            ledger.read_chain([resealed(line, body)])


def test_a_body_may_hold_what_looks_like_the_fields_of_an_entry(new_book: Any) -> None:
    book = new_book()
    body = {"hash": "0" * 64, "kind": "phase", "text": ',"hash":"' + "0" * 64 + '","kind":"gate","phase":"soak"}\n'}
    book.add("alert", "soak", body)
    assert ledger.read_chain([ledger.line_of(book.entries[0]).encode()])[0]["body"] == body


def test_an_entry_comes_back_with_every_field(new_book: Any) -> None:
    book = new_book()
    book.measure("soak", "host.cpu", 1, "pct", source='ä \U0001f600 \x00 "')
    assert ledger.read_chain([ledger.line_of(book.entries[0]).encode()]) == book.entries


@pytest.mark.parametrize("run", [{"id": 'r-"'}, {"release": "\u00e9"}, {"policy": "a\nb"}, {"id": "x" * 201}])
def test_names_in_an_entry_are_short_plain_texts(new_book: Any, run: dict[str, str]) -> None:
    with pytest.raises(LedgerError, match="plain text"):
        new_book().add("alert", "soak", {}, **run)


HOSTILE_LINES = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"NaN",
    b"{" * 50000,
    b'{"seq":1,"seq":2}',
    b"x" * (ledger.LINE_LIMIT + 1),
    b"\xff\n",
    b',"hash":"' * 999,
]


@pytest.mark.parametrize("line", HOSTILE_LINES, ids=lambda line: repr(line[:12]))
def test_a_hostile_line_is_a_ledger_error(line: bytes) -> None:
    with pytest.raises(LedgerError, match="ledger line 1"):
        ledger.read_chain([line])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1: 2}, {"a": object()}, {"a": {1, 2}}, "\ud800", {"\udfff": 1}])
def test_what_is_no_plain_data_is_not_written(value: Any) -> None:
    with pytest.raises(LedgerError):
        ledger.canonical(value)


def test_depth_and_size_are_bounded(new_book: Any) -> None:
    deep: Any = 1
    for _level in range(ledger.DEPTH_LIMIT + 2):
        deep = [deep]
    with pytest.raises(LedgerError, match="nested too deeply"):
        ledger.canonical(deep)
    with pytest.raises(LedgerError, match="too large"):
        ledger.line_of(new_book().add("alert", "soak", {"text": "x" * ledger.LINE_LIMIT}))


def test_an_unknown_kind_is_refused(new_book: Any) -> None:
    with pytest.raises(LedgerError, match="unknown kind"):
        new_book().add("rumour", "soak", {})


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ({"sli": "host.cpu", "unit": "pct", "value": 1, "valeu": 2}, "no field 'valeu'"),
        ({"sli": "host.cpu", "value": 1}, "needs sli and unit"),
        ({"sli": "host.cpu", "unit": "pct", "value": float("nan")}, "no finite number"),
        ({"sli": "host.cpu", "unit": "pct", "value": "1"}, "no finite number"),
        ({"sli": "host.cpu", "unit": "pct"}, "exactly one of"),
        ({"sli": "host.cpu", "unit": "parsec", "value": 1}, "unknown unit"),
        ({"sli": "host.cpu", "unit": "pct", "samples": [[1]]}, "cannot be recorded"),
        ({"sli": "host.cpu", "unit": "pct", "samples": "many"}, "list of at most"),
        ({"sli": "log.lines", "unit": "count", "value": 1, "labels": {"service": 3}}, "dict of texts"),
        ({"sli": "host.cpu", "unit": "pct", "series": "soak.sqlite"}, "series must be a dict"),
    ],
)
def test_a_measurement_that_cannot_be_used_is_refused_by_number(item: Any, says: str) -> None:
    good = {"sli": "host.cpu", "unit": "pct", "value": 1}
    with pytest.raises(EvidenceError, match=says) as caught:
        entries.drafts_of("soak", [good, item], [])
    assert caught.value.where == "measurements[1]"


def test_a_release_entry_needs_release_and_known_state() -> None:
    for body in ({}, {"release": "1a2b3c4d5e6f"}, {"release": "1a2b3c4d5e6f", "state": "fine"}):
        with pytest.raises(InputError):
            entries.drafts_of("deploy", [], [{"kind": "release", "body": body}])


def test_what_the_ledger_says_already_is_not_told_twice(book: Any) -> None:
    deployed = entries.Draft("release", "deploy", {"release": "1a2b3c4d5e6f", "state": "deployed"})
    signed = entries.Draft("signoff", "manual_qa", {"team": "qa", "person": "Ada"})
    alert = entries.Draft("alert", "soak", {"text": "again"})
    for draft in (deployed, signed, alert):
        book.add(draft.kind, draft.phase, draft.body)
    assert entries.new_drafts([deployed, signed, alert], book.entries, book.run["id"]) == [alert]
    book.add("release", "rollback", {"release": "1a2b3c4d5e6f", "state": "rolled_back"})
    assert entries.new_drafts([deployed, deployed], book.entries, book.run["id"]) == [deployed]
