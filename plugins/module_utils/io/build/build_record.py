# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an earlier start of the same step found: kept with a digest of everything that went into it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any

from ..system.files import read_text, write_json


def digest_of(*inputs: Any) -> str:
    """One digest over plain values; the same inputs give the same digest."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def read_record(path: str, inputs: str) -> dict[str, Any] | None:
    """The record, or None when there is none, it is damaged, or it was made from other inputs."""
    if not os.path.isfile(path):
        return None
    try:
        record = json.loads(read_text(path))
    except ValueError:
        return None
    return record if isinstance(record, dict) and record.get("inputs") == inputs else None


def write_record(path: str, inputs: str, record: Mapping[str, Any]) -> bool:
    """Keep the record; True when it changed."""
    return write_json(path, {**record, "inputs": inputs})


def update_json(path: str, values: Mapping[str, Any]) -> bool:
    """Set some keys of a JSON file that other steps write too; True when something changed."""
    known: dict[str, Any] = {}
    if os.path.isfile(path):
        try:
            known = json.loads(read_text(path))
        except ValueError:
            known = {}
    return write_json(path, {**known, **values})
