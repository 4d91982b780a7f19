# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text from outside, made fit for a terminal and a table. Nothing in it is ever a template."""

from __future__ import annotations

from typing import Any


def plain(value: Any, limit: int = 200) -> str:
    """Return one line of printable text, at most `limit` characters: no escape codes, no line ends."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(value)[: limit * 2])
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 3] + "..."
