# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ledger: append-only entries, each holding the hash of the one before it.

An entry is `{seq, time, kind, run, release, phase, policy, body, prev, hash}`; `hash` is the SHA-256 of the canonical JSON of
all the others. The chain shows every changed, inserted, deleted or swapped entry; the heads (copied hashes) show a cut-off end.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

from ..errors import LedgerError

KINDS = ("run", "phase", "evidence", "gate", "decision", "release", "signoff", "incident", "drill", "alert")
FIELDS = ("seq", "time", "kind", "run", "release", "phase", "policy", "body", "prev", "hash")
GENESIS = "0" * 64
LINE_LIMIT = 8 * 1024 * 1024
DEPTH_LIMIT = 20

_PLAIN = r"[ !#-\[\]-~]{0,200}"
_BODY_KEY = b'{"body":'
_HASH_KEY = b',"hash":"'
_HASH_LENGTH = len(_HASH_KEY) + 64 + 1
# The fields behind the body, in the order of the canonical form. None of them can hold a quote, so the last `"hash":"` of a
# line is the hash of the entry, whatever its body says.
_AFTER_BODY = re.compile(
    rf',"hash":"([0-9a-f]{{64}})","kind":"({"|".join(KINDS)})","phase":"({_PLAIN})"'
    rf',"policy":"({_PLAIN})","prev":"([0-9a-f]{{64}})","release":"({_PLAIN})"'
    rf',"run":"({_PLAIN})","seq":([1-9][0-9]{{0,14}}),"time":"([0-9TZ:.-]{{1,30}})"\}}\n'
)


class Link(NamedTuple):
    """An entry as it stands in its line: verified, with its body not yet read."""

    seq: int
    time: str
    kind: str
    run: str
    release: str
    phase: str
    policy: str
    body: bytes
    prev: str
    hash: str

    def entry(self) -> dict[str, Any]:
        """Return the entry with its body. LedgerError for a body that is no plain data."""
        try:
            text = self.body.decode("ascii")
            body = _DECODER.decode(text)
            _check_letters(text, body)
        except (ValueError, RecursionError) as error:
            raise LedgerError("the body of an entry is no JSON", where=f"entry {self.seq}", why=ascii(error)[:120]) from error
        if not isinstance(body, dict):
            raise LedgerError("the body of an entry is no mapping", where=f"entry {self.seq}")
        if self.body.count(b"[") + self.body.count(b"{") > DEPTH_LIMIT:
            _check_shape(body, 0)
        entry = dict(zip(FIELDS, self))
        entry["body"] = body
        return entry


def canonical(value: Any) -> str:
    """Return the one JSON text of a value: keys sorted, no spaces, ASCII. LedgerError for NaN, depth or a foreign type."""
    _check_shape(value, 0)
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
        _check_letters(text, value)
    except (TypeError, ValueError) as error:
        raise LedgerError("a value cannot be written to the ledger", why=ascii(error)[:200]) from error
    return text


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of a value, in hex."""
    return hashlib.sha256(canonical(value).encode("ascii")).hexdigest()


def entry_after(tail: Mapping[str, Any] | None, time: str, kind: str, run: Mapping[str, Any], phase: str, body: Any) -> dict[str, Any]:
    """Return the entry that follows `tail` (None: the first one). `run` has id, release and policy."""
    if kind not in KINDS:
        raise LedgerError(f"unknown kind of entry {str(kind)[:40]!r}", todo=f"known kinds: {', '.join(KINDS)}")
    _check_plain({"run": run["id"], "release": run["release"], "policy": run["policy"], "phase": phase})
    entry = {
        "seq": 1 if tail is None else int(tail["seq"]) + 1,
        "time": time,
        "kind": kind,
        "run": str(run["id"]),
        "release": str(run["release"]),
        "phase": phase,
        "policy": str(run["policy"]),
        "body": body,
        "prev": GENESIS if tail is None else str(tail["hash"]),
    }
    return {**entry, "hash": digest(entry)}


def line_of(entry: Mapping[str, Any]) -> str:
    """Return the line of an entry, with its line end. LedgerError when it is larger than a line may be."""
    line = canonical(dict(entry)) + "\n"
    if len(line) > LINE_LIMIT:
        raise LedgerError(
            f"an entry of {len(line)} bytes is too large for the ledger",
            why=f"the limit is {LINE_LIMIT} bytes",
            todo="record the samples by reference (series), not inline",
        )
    return line


def read_links(lines: Iterable[bytes]) -> Iterator[Link]:
    """Yield the line of each entry, checked against its own hash and the one before. LedgerError names the first wrong line.

    `lines` end with the line end that they have in the file. Nothing is parsed and nothing written anew: the hash is that of the
    line's own bytes without the hash.
    """
    previous = GENESIS
    for number, line in enumerate(lines, start=1):
        link = _link(line, f"ledger line {number}")
        if link.seq != number or link.prev != previous:
            raise LedgerError(
                "the chain is broken",
                where=f"ledger line {number}",
                why=f"entry {link.seq} does not follow the line before: a line was inserted, deleted or moved",
            )
        yield link
        previous = link.hash


def read_chain(lines: Iterable[bytes]) -> list[dict[str, Any]]:
    """Return all entries, verified like read_links. LedgerError names the first wrong line."""
    return [link.entry() for link in read_links(lines)]


def _link(line: bytes, where: str) -> Link:
    if len(line) > LINE_LIMIT:
        raise LedgerError("a line is too long", where=where, why=f"{len(line)} bytes")
    at = line.rfind(_HASH_KEY)
    found = _AFTER_BODY.fullmatch(line[max(at, 0) :].decode("ascii")) if line.isascii() else None
    if found is None or not line.startswith(_BODY_KEY):
        raise LedgerError("a line is no ledger entry", where=where, why="it is not of the form that an entry has", todo="do not edit it")
    known = hashlib.sha256(line[:at])
    known.update(line[at + _HASH_LENGTH : -1])
    own, kind, phase, policy, prev, release, run, seq, time = found.groups()
    if known.hexdigest() != own:
        raise LedgerError("an entry was changed", where=where, why="its hash does not agree with its content")
    return Link(int(seq), time, kind, run, release, phase, policy, line[len(_BODY_KEY) : at], prev, own)


def head_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is copied out of the chain, so that a cut-off end is seen."""
    return {key: entry[key] for key in ("seq", "hash", "time", "run", "phase")}


def head_problems(hashes: Sequence[str], heads: Iterable[tuple[str, Any]]) -> list[str]:
    """Return one sentence for each head (name, content) that the chain, given by the hashes of its entries, does not hold any more."""
    problems = []
    for name, head in heads:
        sequence = head.get("seq") if isinstance(head, Mapping) else None
        if not isinstance(sequence, int) or isinstance(sequence, bool) or sequence < 0:
            problems.append(f"head {name} cannot be read")
        elif sequence > len(hashes):
            problems.append(f"head {name} names entry {sequence}, the ledger ends with {len(hashes)}: its end was cut off")
        elif head.get("hash") != (hashes[sequence - 1] if sequence else GENESIS):
            problems.append(f"head {name} names another entry {sequence} than the ledger holds")
    return problems


def _check_plain(texts: Mapping[str, Any]) -> None:
    for name, text in texts.items():
        if not re.fullmatch(_PLAIN, str(text)):
            raise LedgerError(f"the {name} of an entry must be a short plain text", why=repr(text)[:80])


def _check_letters(text: str, value: Any) -> None:
    """ValueError for half of a surrogate pair: no file name, no command and no terminal could be given it."""
    if "\\ud" in text:
        json.dumps(value, ensure_ascii=False).encode("utf-8")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def _check_shape(value: Any, depth: int) -> None:
    if depth > DEPTH_LIMIT:
        raise LedgerError("a value is nested too deeply for the ledger", why=f"more than {DEPTH_LIMIT} levels")
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise LedgerError("a value cannot be written to the ledger", why=f"key {str(key)[:40]!r} is no text")
            _check_shape(item, depth + 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_shape(item, depth + 1)
