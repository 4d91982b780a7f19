# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What foreign load engines print, line by line, read into one word: k6's JSON points, and the lines of our own locustfile."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from .k6_script import DROPPED, READY, REQUEST


@dataclass(frozen=True)
class LoadLine:
    """One thing that happened: a request (`status` 0: no answer), requests that were dropped, that a sender begins, or is gone."""

    ready: bool = False
    gone: bool = False
    part: int = 0  # which of the senders is ready, or gone
    note: str = ""  # what people should know of
    dropped: float = 0.0
    request: bool = False
    due: float = 0.0  # for how many requests of the schedule it stands; those after a failed step are not sent
    status: int = 0
    seconds: float = 0.0  # from the intended start
    spent: float = 0.0  # from the real one
    text: str = ""  # what was wrong, empty for nothing


def k6_line(line: str, mean_requests: float) -> Optional[LoadLine]:
    """Read a line of k6's JSON output; a dropped journey stands for `mean_requests`. None for what is not ours."""
    if not any(name in line for name in (REQUEST, READY, DROPPED)):
        return None
    found = _object(line)
    point = found.get("data")
    if found.get("type") != "Point" or not isinstance(point, dict):
        return None
    value, tags = _number(point.get("value")), point.get("tags")
    if found.get("metric") == READY:
        return LoadLine(ready=True)
    if found.get("metric") == DROPPED:
        return LoadLine(dropped=value * mean_requests)
    tags = tags if isinstance(tags, dict) else {}
    return _request(tags, value, value)


def locust_line(line: str, _mean_requests: float = 1.0) -> Optional[LoadLine]:
    """Read a line of our locustfile. None for what is not ours."""
    found = _object(line)
    for name in ("ready", "gone"):
        if name in found:
            return LoadLine(ready=name == "ready", gone=name == "gone", part=int(_number(found.get("part"))))
    if "note" in found:
        return LoadLine(note=str(found["note"])[:300])
    if "dropped" in found:
        return LoadLine(dropped=_number(found["dropped"]))
    if "due" not in found:
        return None
    return _request(found, _number(found.get("seconds")), _number(found.get("spent")))


def _request(said: Mapping[str, Any], seconds: float, spent: float) -> LoadLine:
    status = int(_number(said.get("status")))
    # Without an answer it failed, whatever else it says.
    text = str(said.get("text") or ("" if status else "no answer"))
    return LoadLine(request=True, due=_number(said.get("due")), status=status, seconds=seconds, spent=spent, text=text[:300])


def _object(line: str) -> dict[str, Any]:
    if not line.startswith("{"):
        return {}
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _number(raw: Any) -> float:
    try:
        number = float(raw)
    except (TypeError, ValueError):
        return 0.0
    return number if math.isfinite(number) and number >= 0 else 0.0
