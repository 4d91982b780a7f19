# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak import redis_counters


def test_hits_and_misses_are_read_from_info():
    text = "# Stats\r\ntotal_connections_received:5\r\nkeyspace_hits:120\r\nkeyspace_misses:7\r\n"
    assert redis_counters.from_info(text) == (120, 7)


def test_hits_and_misses_are_read_from_json():
    assert redis_counters.from_json('{"cache": {"hits": 3, "misses": 0}}', "cache.hits", "cache.misses") == (3, 0)


def test_what_is_not_told_is_never_zero():
    assert redis_counters.from_info("keyspace_hits:1\n") is None
    assert redis_counters.from_info("NOAUTH Authentication required.") is None
    assert redis_counters.from_json('{"hits": true, "misses": 1}') is None
    assert redis_counters.from_json('{"hits": -1, "misses": 1}') is None
    assert redis_counters.from_json("<html>") is None


def test_memory_evictions_and_the_process_are_read_where_info_tells_them():
    text = "# Server\r\nrun_id:abc\r\n# Memory\r\nused_memory:1048576\r\nused_memory_human:1.00M\r\n# Stats\r\nevicted_keys:3\r\n"
    assert redis_counters.beside_hits(text) == (1048576, 3, "abc")
    assert redis_counters.beside_hits("keyspace_hits:1\n") == (None, None, "")
