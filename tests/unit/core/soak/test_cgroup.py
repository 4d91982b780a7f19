# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak import cgroup

# Shaped like the real files on Debian 12 with Docker 20.10: cgroup v1.
V1 = """9:name=systemd:/docker/dceefd29
4:memory:/docker/dceefd29
3:cpuset:/docker/dceefd29
2:cpuacct:/docker/dceefd29
1:cpu:/docker/dceefd29
0::/docker/dceefd29
"""
V1_TEXTS = {
    "cpu": "12500000000\n",
    "memory": "4763648\n",
    "memory_stat": "cache 962560\nrss 2961408\ninactive_file 1\ntotal_inactive_file 8192\ntotal_active_file 954368\n",
    "oom": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
}
# Shaped like the real files on a host with systemd and cgroup v2.
V2 = "0::/system.slice/docker-dceefd29.scope\n"
V2_TEXTS = {
    "cpu": "usage_usec 12500000\nuser_usec 9000000\nsystem_usec 3500000\n",
    "memory": "4763648\n",
    "memory_stat": "anon 2961408\nfile 962560\ninactive_file 8192\nactive_file 954368\n",
    "oom": "low 0\nhigh 0\nmax 0\noom 2\noom_kill 2\n",
}


def test_v1_paths_are_told_by_controller():
    found = cgroup.parse_proc_cgroup(V1)
    assert found.version == 1
    assert found.files()["cpu"] == "cpuacct/docker/dceefd29/cpuacct.usage"
    assert found.files()["memory"] == "memory/docker/dceefd29/memory.usage_in_bytes"


def test_v1_controllers_may_share_a_mount():
    found = cgroup.parse_proc_cgroup("4:cpu,cpuacct:/a\n5:memory:/b\n")
    assert found.paths == {"cpu": "/a", "cpuacct": "/a", "memory": "/b"}


def test_v2_has_one_path():
    found = cgroup.parse_proc_cgroup(V2)
    assert found.version == 2
    assert found.files()["cpu"] == "system.slice/docker-dceefd29.scope/cpu.stat"


def test_a_text_that_tells_nothing_is_no_cgroup():
    assert cgroup.parse_proc_cgroup("") is None
    assert cgroup.parse_proc_cgroup("garbage\n1:pids:/x\n") is None


def test_v1_and_v2_tell_the_same_usage():
    expected = cgroup.Usage(cpu_seconds=12.5, working_set=4763648 - 8192, oom_kills=2)
    assert cgroup.usage(1, V1_TEXTS) == expected
    assert cgroup.usage(2, V2_TEXTS) == expected


def test_v1_and_v2_tell_the_same_io_pids_and_throttling():
    v1 = {
        "io": "8:0 Read 4096\n8:0 Write 8192\n8:0 Sync 12288\n8:0 Total 12288\n8:16 Read 1\n8:16 Write 2\nTotal 12291\n",
        "pids": "7\n",
        "throttle": "nr_periods 40\nnr_throttled 10\nthrottled_time 2500000000\n",
    }
    v2 = {
        "io": "8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n8:16 rbytes=1 wbytes=2 rios=1 wios=1 dbytes=9 dios=0\n",
        "pids": "7\n",
        "cpu": V2_TEXTS["cpu"] + "nr_periods 40\nnr_throttled 10\nthrottled_usec 2500000\n",
    }
    expected = cgroup.Usage(12.5, 4763648 - 8192, 2, 4097, 8194, 7, 40, 10, 2.5)
    assert cgroup.usage(1, {**V1_TEXTS, **v1}) == expected
    assert cgroup.usage(2, {**V2_TEXTS, **v2}) == expected


def test_a_container_that_has_done_no_io_has_0_and_one_that_is_not_accounted_has_nothing():
    assert cgroup.usage(1, {**V1_TEXTS, "io": "Total 0\n"}).io_read == 0
    assert cgroup.usage(2, {**V2_TEXTS, "io": ""}).io_written == 0
    nothing = cgroup.usage(2, V2_TEXTS)
    assert (nothing.io_read, nothing.pids, nothing.periods, nothing.throttled_seconds) == (None, None, None, None)


def test_v1_names_the_files_of_io_pids_and_throttling():
    files = cgroup.parse_proc_cgroup("8:pids:/p\n7:blkio:/b\n4:memory:/m\n2:cpuacct:/a\n1:cpu:/c\n").files()
    assert files["io"] == "blkio/b/blkio.throttle.io_service_bytes"
    assert (files["pids"], files["throttle"]) == ("pids/p/pids.current", "cpu/c/cpu.stat")


def test_a_missing_file_is_no_usage_and_never_zero():
    for name in ("cpu", "memory", "memory_stat"):
        assert cgroup.usage(2, {key: text for key, text in V2_TEXTS.items() if key != name}) is None
    assert cgroup.usage(1, {**V1_TEXTS, "memory": "not a number"}) is None


def test_the_state_of_a_process_is_read_behind_its_name():
    stat = "123 (a) b) D 1 123 123 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 1 1"
    assert cgroup.process_state(stat) == ("D", 987654)
    assert cgroup.process_state("") is None
    assert cgroup.process_state("123 (x) D 1") is None


def test_a_process_is_hung_when_it_is_stuck_at_two_looks_and_is_the_same():
    before = {1: ("D", 10), 2: ("Z", 20), 3: ("D", 30), 4: ("R", 40)}
    now = {1: ("D", 10), 2: ("Z", 21), 3: ("S", 30), 4: ("D", 40), 5: ("D", 50)}
    assert cgroup.stuck(now, before) == [1]
