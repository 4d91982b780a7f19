# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scanning a log of any size: by fixed words first, with grep where it is there, else in Python; the same result either way."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, Optional

from ...core.release.log_scan import Scan, compile_patterns, scan
from ...core.release.log_words import JSON_WORDS, candidates, said_lines, words_of

CHUNK = 256 * 1024
WORTH_A_PROCESS = 8 * 1024 * 1024
# The numbers of pino and bunyan from 50 on, in any of the keys that are read: see log_words.NUMBERED.
NUMBERED = '([eE][lL]|[mM][eE]|[tT][yY]|[vV][lL])"[[:space:]]*:[[:space:]]*([5-9][0-9]|[0-9][0-9.]*[0-9eE])'


def scan_stream(stream: BinaryIO, patterns: Sequence[str], ignored: Sequence[str], grep: Optional[str] = shutil.which("grep")) -> Scan:
    """Look at the lines of a file that is open for reading. `grep` is the program, or None to do without."""
    critical, harmless = compile_patterns(patterns, "patterns"), compile_patterns(ignored, "ignored")
    words = words_of(patterns)
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    if words is not None and grep and size >= WORTH_A_PROCESS:
        found = _by_grep(stream, words, grep)
        if found is not None:
            lines, chosen = found
            with chosen:
                looked = scan((line for chunk in _chunks(chosen) for line in _text_lines(chunk)), critical, harmless)
            return Scan(lines, looked.critical, looked.excerpts)
        stream.seek(0)
    lines = 0

    def worth_a_look() -> Iterator[str]:
        nonlocal lines
        for chunk in _chunks(stream):
            lines += said_lines(chunk)
            yield from _text_lines(chunk) if words is None else (line.decode("utf-8", "replace") for line in candidates(chunk, words))

    looked = scan(worth_a_look(), critical, harmless)
    return Scan(lines, looked.critical, looked.excerpts)


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    """Pieces of whole lines."""
    while True:
        piece = stream.read(CHUNK)
        if not piece:
            return
        yield piece if piece.endswith(b"\n") else piece + stream.readline()


def _text_lines(chunk: bytes) -> Iterator[str]:
    return (line.decode("utf-8", "replace") for line in chunk.split(b"\n"))


def _by_grep(stream: BinaryIO, words: Sequence[str], grep: str) -> Optional[tuple[int, BinaryIO]]:
    """The number of lines that say something, and a file of those worth a look; None when grep did not do it.

    The lines are counted while grep works. Only a log with JSON in it is searched for the words of JSON, too.
    """
    path = f"/proc/self/fd/{stream.fileno()}"
    lines, json = 0, False
    if not os.access(grep, os.X_OK):
        return None
    search = _Search(grep, path, map(_plain, words))
    with open(path, "rb") as again:
        for chunk in _chunks(again):
            lines += said_lines(chunk)
            if not json and b"{" in chunk:
                json = True
                search.drop()
                search = _Search(grep, path, [*map(_plain, words), *map(_either_case, JSON_WORDS), NUMBERED])
    found = search.found()
    return None if found is None else (lines, found)


class _Search:
    """A grep that has been started."""

    def __init__(self, grep: str, path: str, expressions: Iterable[str]) -> None:
        chosen: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - handed on
        self._chosen = chosen
        with open(path, "rb") as log:
            # AnsibleModule and its run_command are not known in io; the log is a file, and so is what is left of it.
            self._process = subprocess.Popen(  # pylint: disable=ansible-bad-function
                [grep, "-a", "-E", "-e", "|".join(expressions)],
                stdin=log,
                stdout=self._chosen,
                stderr=subprocess.PIPE,
                env={**os.environ, "LC_ALL": "C"},
            )

    def found(self) -> Optional[BinaryIO]:
        """The lines; None when it failed. Nothing found is 1, and so is an option that is not known: then it says so."""
        _nothing, complaint = self._process.communicate()
        if self._process.returncode == 0 or (self._process.returncode == 1 and not complaint):
            self._chosen.seek(0)
            return self._chosen
        self._chosen.close()
        return None

    def drop(self) -> None:
        """Not wanted any more."""
        self._process.kill()
        self._process.communicate()
        self._chosen.close()


def _plain(word: str) -> str:
    return "".join("\\" + sign if sign in "\\.*+?()[]{}|^$" else sign for sign in word)


def _either_case(word: str) -> str:
    return "".join(f"[{sign}{sign.upper()}]" if sign.isalpha() else _plain(sign) for sign in word)
