# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The log of a container as the engine's API sends it: frames of one message each, with the time before the text.

A message longer than 16 KiB comes in several frames, of which only the last ends with a newline; all have the time of the first.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

from ..errors import ServiceError

HEADER = 8
ENGINE_SAYS = 3  # the stream in which the engine itself speaks: it could not read on
LARGEST_FRAME = 16 * 1024 * 1024
TTY = 0


@dataclass(frozen=True)
class Entry:
    """One message, or a part of one: stream (1 out, 2 error, 0 a terminal), unix time in ns, text, and whether it ends here."""

    stream: int
    at: int
    text: bytes
    ends: bool


def entries(chunks: Iterable[bytes], tty: bool = False) -> Iterator[Entry]:
    """Take an answer of /containers/<id>/logs?timestamps=1 apart. Raises ServiceError for one that is broken or says so itself."""
    for stream, message in _terminal_lines(chunks) if tty else _frames(chunks):
        stamp, _blank, text = message.partition(b" ")
        ends = text.endswith(b"\n")
        yield Entry(stream, nanoseconds(stamp), text.rstrip(b"\r\n"), ends)


def nanoseconds(stamp: bytes) -> int:
    """`2026-11-23T11:19:24.924921550Z` as unix time in ns. Raises ServiceError when it is no such time."""
    text = stamp.decode("ascii", "replace")
    seconds, _dot, rest = text.partition(".")
    digits = rest.rstrip("Z")
    zone = "+00:00"
    for sign in "+-":
        if sign in digits:
            digits, _sign, offset = digits.partition(sign)
            zone = sign + offset
    try:
        return _seconds(seconds, zone) * 10**9 + int(digits.ljust(9, "0")[:9])
    except ValueError as error:
        raise ServiceError("the engine sent a log message without its time", why=text[:40]) from error


@functools.lru_cache(maxsize=256)
def _seconds(text: str, zone: str) -> int:
    return int(datetime.fromisoformat(text + zone).astimezone(timezone.utc).timestamp())


def _frames(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    held = bytearray()
    for chunk in chunks:
        held += chunk
        begin = 0
        while len(held) - begin >= HEADER:
            stream, size = held[begin], int.from_bytes(held[begin + 4 : begin + HEADER], "big")
            end = begin + HEADER + size
            if stream > ENGINE_SAYS or size > LARGEST_FRAME:
                raise ServiceError("the engine's answer is no log", why=f"stream {stream}, {size} bytes")
            if len(held) < end:
                break
            message, begin = bytes(held[begin + HEADER : end]), end
            if stream == ENGINE_SAYS:
                raise ServiceError("the engine cannot read on in the log", why=message.decode("utf-8", "replace").strip()[:200])
            yield stream, message
        del held[:begin]
    if held:
        raise ServiceError("the engine's answer broke off in the middle of a log message")


def _terminal_lines(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """A terminal's log has no frames, only lines."""
    held = b""
    for chunk in chunks:
        *lines, held = (held + chunk).split(b"\n")
        for line in lines:
            yield TTY, line + b"\n"
    if held:
        yield TTY, held
