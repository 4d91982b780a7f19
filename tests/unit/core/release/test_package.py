"""A checksum list is whole, or it is refused."""

from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.package import checksum_list, mismatches, read_checksums

DIGESTS = {"b": "1" * 64, "a": "2" * 64}


def test_a_list_reads_back() -> None:
    assert checksum_list(DIGESTS).startswith("2222")
    assert read_checksums(checksum_list(DIGESTS)) == DIGESTS


@pytest.mark.parametrize("text", ["x  a\n", f"{'1' * 64} a\n", f"{'1' * 64}  a\n{'1' * 64}  a\n"])
def test_a_damaged_list_is_refused_with_its_line(text: str) -> None:
    with pytest.raises(EvidenceError, match="SHA256SUMS line"):
        read_checksums(text)


def test_changed_absent_and_unlisted_files_are_mismatches() -> None:
    assert mismatches({"a": "1", "b": "2"}, {"a": "9", "c": "3", "SHA256SUMS": "4"}) == ("a", "b", "c")
