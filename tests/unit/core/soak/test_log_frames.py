# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import ServiceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.log_frames import Entry, entries, nanoseconds

STAMP = b"2026-11-23T11:19:24.924921550Z"
AT = 1795432764924921550


def frame(text: bytes, stream: int = 1) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(text).to_bytes(4, "big") + text


@given(
    st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=40).map(lambda text: text.strip(b"\r\n")), st.booleans())),
    st.integers(1, 50),
)
def test_whatever_the_pieces_the_messages_are_the_same(messages: list[tuple[int, bytes, bool]], size: int) -> None:
    sent = b"".join(frame(STAMP + b" " + text + b"\n" * ends, stream) for stream, text, ends in messages)
    pieces = [sent[begin : begin + size] for begin in range(0, len(sent), size)]
    assert list(entries(pieces)) == [Entry(stream, AT, text, ends) for stream, text, ends in messages]


@pytest.mark.parametrize("cut", [1, 8, 20])
def test_an_answer_that_breaks_off_is_no_answer(cut: int) -> None:
    with pytest.raises(ServiceError, match="broke off"):
        list(entries([frame(STAMP + b" line\n")[:-cut]]))


def test_what_the_engine_itself_says_in_the_stream_is_an_error() -> None:
    with pytest.raises(ServiceError, match="cannot read on"):
        list(entries([frame(b"Error grabbing logs: unexpected EOF\n", stream=3)]))


def test_something_that_is_no_log_is_refused() -> None:
    with pytest.raises(ServiceError, match="no log"):
        list(entries([b"<html>hello, this is a proxy"]))
    with pytest.raises(ServiceError, match="without its time"):
        list(entries([frame(b"no time here\n")]))


def test_a_terminals_log_has_lines_alone() -> None:
    found = list(entries([STAMP + b" one\r\n" + STAMP + b" tw", b"o\r\n"], tty=True))
    assert [(entry.text, entry.ends) for entry in found] == [(b"one", True), (b"two", True)]


@pytest.mark.parametrize(
    "stamp",
    [b"2026-11-23T12:19:24.924921550+01:00", b"2026-11-23T06:19:24.92492155-05:00", STAMP],
)
def test_times_are_read_in_every_zone(stamp: bytes) -> None:
    assert nanoseconds(stamp) == AT
