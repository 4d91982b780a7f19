# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checksum list of a deployment package: `<sha256>  <path>` lines, as sha256sum writes and reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import EvidenceError

CHECKSUMS = "SHA256SUMS"
_LINE = re.compile(r"^([0-9a-f]{64}) [ *](.+)$")


def checksum_list(digests: Mapping[str, str]) -> str:
    """The list, sorted by path."""
    return "".join(f"{digests[path]}  {path}\n" for path in sorted(digests))


def read_checksums(text: str) -> dict[str, str]:
    """Path to digest; EvidenceError with the line number for anything else."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        match = _LINE.match(line)
        if not match or match.group(2) in found:
            raise EvidenceError("the checksum list is damaged", where=f"{CHECKSUMS} line {number}")
        found[match.group(2)] = match.group(1)
    return found


def mismatches(listed: Mapping[str, str], found: Mapping[str, str]) -> tuple[str, ...]:
    """Files whose checksum does not agree, that are listed and absent, or present and not listed."""
    paths = set(listed) | (set(found) - {CHECKSUMS})
    return tuple(sorted(path for path in paths if listed.get(path) != found.get(path)))
