# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine's stream of a process without a terminal: frames of 8 bytes (stream, 3 zeros, length) and that many bytes."""

from __future__ import annotations

import struct

_HEAD = struct.Struct(">BxxxL")


def by_stream(raw: bytes) -> dict[int, bytes]:
    """Standard output (1) and standard error (2) of the whole stream; what was cut off in mid-frame counts as far as it goes."""
    found: dict[int, list[bytes]] = {1: [], 2: []}
    at = 0
    while at + _HEAD.size <= len(raw):
        stream, length = _HEAD.unpack_from(raw, at)
        at += _HEAD.size
        found.setdefault(stream, []).append(raw[at : at + length])
        at += length
    return {stream: b"".join(parts) for stream, parts in found.items()}
