# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plain paths into a document: `metrics.http_reqs.count`, `runs[0]."p(95)"`. They need no library; more is JMESPath."""

from __future__ import annotations

import re
from typing import Any, Union

_STEP = re.compile(r'(?:^|(?!^)\.)(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)|"(?P<quoted>[^"\\]*)")|\[(?P<index>-?[0-9]{1,6})\]')

Path = tuple[Union[str, int], ...]


def plain_path(text: str) -> Path | None:
    """Return the steps of a plain path, or None when the text is more than that."""
    steps: list[str | int] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            return None
        if match.group("index") is not None:
            steps.append(int(match.group("index")))
        else:
            steps.append(match.group("name") if match.group("name") is not None else match.group("quoted"))
        position = match.end()
    return tuple(steps) or None


def follow(path: Path, document: Any) -> Any:
    """Return what stands at the path, or None where the document has no such place (as JMESPath does)."""
    for step in path:
        if isinstance(step, str):
            document = document.get(step) if isinstance(document, dict) else None
        elif isinstance(document, list) and -len(document) <= step < len(document):
            document = document[step]
        else:
            return None
    return document
