# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.engine_frames import by_stream


def frame(stream, text):
    return bytes([stream, 0, 0, 0]) + len(text).to_bytes(4, "big") + text


@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=40))))
def test_what_was_said_on_each_stream_is_put_together_again(said):
    found = by_stream(b"".join(frame(stream, text) for stream, text in said))
    assert found == {number: b"".join(text for stream, text in said if stream == number) for number in (1, 2)}


def test_what_was_cut_off_counts_as_far_as_it_goes():
    assert by_stream(frame(1, b"whole") + frame(1, b"half-said")[:12])[1] == b"wholehalf"
    assert by_stream(frame(1, b"whole") + b"\x01\x00")[1] == b"whole"
