# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.postgres_counters import from_psql


def test_one_row_tells_everything():
    assert from_psql("3|1|1200|7|0\n") == {"active": 3, "locks_waiting": 1, "blocks_hit": 1200, "blocks_read": 7, "deadlocks": 0}


def test_an_own_command_may_tell_the_connections_alone():
    assert from_psql(" 12\n") == {"active": 12}


@pytest.mark.parametrize("said", ["", "psql: error", "3|1", "3||1|2|3", "3|1|2|3|-1", "3|1|2|3|4|5", "1\n2"])
def test_what_cannot_be_read_is_no_zero(said):
    assert from_psql(said) is None
