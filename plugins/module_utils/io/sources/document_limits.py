# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How large, how deep a document from outside may be, whatever it is written in."""

from __future__ import annotations

BYTES_LIMIT = 16 * 1024 * 1024
NODES_LIMIT = 200_000
DEPTH_LIMIT = 50
# A whole number of this many digits still becomes a finite float.
DIGITS_LIMIT = 300
