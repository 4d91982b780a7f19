# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak import host_load

STAT = "cpu  100 0 100 700 100 0 0 0 50 0\ncpu0 1 2 3 4 5\n"


def test_idle_and_waiting_for_disks_are_not_busy():
    assert host_load.cpu_times(STAT) == (200, 1000)


def test_cpu_is_the_busy_share_of_the_time_between_two_looks():
    assert host_load.cpu_ratio((200, 1000), (260, 1100)) == pytest.approx(0.6)


def test_without_time_between_there_is_no_cpu():
    assert host_load.cpu_ratio(None, (1, 2)) is None
    assert host_load.cpu_ratio((200, 1000), (200, 1000)) is None
    assert host_load.cpu_times("nothing") is None


def test_memory_in_use_is_what_is_not_available():
    assert host_load.memory_ratio("MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable: 250 kB\n") == 0.75
    assert host_load.memory_ratio("MemTotal: 1000 kB\n") is None
    assert host_load.memory_ratio("") is None


def test_the_load_is_told_for_each_core():
    stat = "cpu  1 2 3 4\ncpu0 1 2 3 4\ncpu1 1 2 3 4\ncpus 9\n"
    assert host_load.load_per_core("3.00 1.0 0.5 1/2 3\n", stat) == 1.5


def test_a_load_that_is_not_told_is_never_zero():
    assert host_load.load_per_core("", "cpu0 1\n") is None
    assert host_load.load_per_core("1.0 1 1", "cpu  1 2 3 4\n") is None
