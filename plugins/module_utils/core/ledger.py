# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ledger: append-only entries, each holding the hash of the one before it.

An entry is `{seq, time, kind, run, release, phase, policy, body, prev, hash}`; `hash` is the SHA-256 of the canonical JSON of
all the others. The chain shows every changed, inserted, deleted or swapped entry; the heads (copied hashes) show a cut-off end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .errors import LedgerError

KINDS = ("run", "phase", "evidence", "gate", "decision", "release", "signoff", "incident", "drill", "alert")
FIELDS = ("seq", "time", "kind", "run", "release", "phase", "policy", "body", "prev", "hash")
GENESIS = "0" * 64
LINE_LIMIT = 8 * 1024 * 1024
DEPTH_LIMIT = 20


def canonical(value: Any) -> str:
    """Return the one JSON text of a value: keys sorted, no spaces, ASCII. LedgerError for NaN, depth or a foreign type."""
    _check_shape(value, 0)
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise LedgerError("a value cannot be written to the ledger", why=str(error)[:200]) from error


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of a value, in hex."""
    return hashlib.sha256(canonical(value).encode("ascii")).hexdigest()


def entry_after(tail: Mapping[str, Any] | None, time: str, kind: str, run: Mapping[str, Any], phase: str, body: Any) -> dict[str, Any]:
    """Return the entry that follows `tail` (None: the first one). `run` has id, release and policy."""
    if kind not in KINDS:
        raise LedgerError(f"unknown kind of entry {str(kind)[:40]!r}", todo=f"known kinds: {', '.join(KINDS)}")
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


def read_line(line: str, where: str) -> dict[str, Any]:
    """Return the entry that stands in a line, checked against its own hash. LedgerError names the line."""
    if len(line) > LINE_LIMIT:
        raise LedgerError("a line is too long", where=where, why=f"{len(line)} bytes")
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise LedgerError("a line is no JSON", where=where, why=str(error)[:120], todo="do not edit the ledger") from error
    if not isinstance(entry, dict) or sorted(entry) != sorted(FIELDS):
        raise LedgerError("a line is no ledger entry", where=where, why="its fields are not the ones of an entry")
    rest = {field: entry[field] for field in FIELDS if field != "hash"}
    if canonical(entry) != line.rstrip("\n") or digest(rest) != entry["hash"]:
        raise LedgerError("an entry was changed", where=where, why="its hash does not agree with its content")
    if isinstance(entry["seq"], bool) or not isinstance(entry["seq"], int) or not isinstance(entry["body"], dict):
        raise LedgerError("a line is no ledger entry", where=where, why="seq or body is of the wrong type")
    return entry


def read_chain(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Return all entries, each checked against its own hash and the one before. LedgerError names the first wrong line."""
    entries: list[dict[str, Any]] = []
    previous = GENESIS
    for number, line in enumerate(lines, start=1):
        entry = read_line(line, f"ledger line {number}")
        if entry["seq"] != number or entry["prev"] != previous:
            raise LedgerError(
                "the chain is broken",
                where=f"ledger line {number}",
                why=f"entry {entry['seq']} does not follow the line before: a line was inserted, deleted or moved",
            )
        entries.append(entry)
        previous = entry["hash"]
    return entries


def head_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is copied out of the chain, so that a cut-off end is seen."""
    return {key: entry[key] for key in ("seq", "hash", "time", "run", "phase")}


def head_problems(entries: Sequence[Mapping[str, Any]], heads: Iterable[tuple[str, Any]]) -> list[str]:
    """Return one sentence for each head (name, content) that the chain does not hold any more."""
    problems = []
    for name, head in heads:
        sequence = head.get("seq") if isinstance(head, Mapping) else None
        if not isinstance(sequence, int) or isinstance(sequence, bool) or sequence < 1:
            problems.append(f"head {name} cannot be read")
        elif sequence > len(entries):
            problems.append(f"head {name} names entry {sequence}, the ledger ends with {len(entries)}: its end was cut off")
        elif entries[sequence - 1]["hash"] != head.get("hash"):
            problems.append(f"head {name} names another entry {sequence} than the ledger holds")
    return problems


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
