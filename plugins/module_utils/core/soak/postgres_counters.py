# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one call of psql tells about the database server."""

from __future__ import annotations

from typing import Optional

# The columns of POSTGRES_COMMAND's answer; the first one alone is what an own command may answer.
FIELDS = ("active", "locks_waiting", "blocks_hit", "blocks_read", "deadlocks")


def from_psql(text: str) -> Optional[dict[str, int]]:
    """Read a row of FIELDS as `psql -At` writes it, `3|0|1200|7|0`, or the first number alone; None when it is neither."""
    words = text.strip().split("|")
    if len(words) not in (1, len(FIELDS)) or not all(word.isdigit() for word in words):
        return None
    return {name: int(word) for name, word in zip(FIELDS, words)}
