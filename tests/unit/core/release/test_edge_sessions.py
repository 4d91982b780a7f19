# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is still on a colour, out of what the edge said."""

from __future__ import annotations

import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.edge_sessions import leaving_workers, open_sessions

STAT = (pathlib.Path(__file__).parents[3] / "fixtures" / "release" / "show_stat.csv").read_text()
counts = st.integers(0, 1000)


def stat(*rows: tuple[str, str, object, object]) -> str:
    return "# pxname,svname,qcur,scur\n" + "".join(f"{name},{server},{waiting},{now}\n" for name, server, waiting, now in rows)


def test_what_a_real_edge_said_is_read() -> None:
    assert open_sessions(STAT, "blue") == 3
    assert open_sessions(STAT, "green") == 0


@given(st.lists(st.tuples(st.sampled_from(["blue", "green"]), counts, counts), min_size=1))
def test_requests_under_way_and_waiting_count_on_every_server_of_the_colour_and_of_no_other(rows: list[tuple[str, int, int]]) -> None:
    text = stat(*((f"web_{port}_{colour}", "app", waiting, now) for port, (colour, waiting, now) in enumerate(rows)))
    for colour in {colour for colour, _waiting, _now in rows}:
        assert open_sessions(text, colour) == sum(waiting + now for mine, waiting, now in rows if mine == colour)


def test_frontends_and_sums_of_backends_do_not_count_twice() -> None:
    assert open_sessions(stat(("web_80_blue", "app", 0, 2), ("web_80_blue", "BACKEND", 0, 2), ("port_80", "FRONTEND", 0, 2)), "blue") == 2


@pytest.mark.parametrize("text", ["", stat(("web_80_green", "app", 0, 0)), "# pxname,svname\n"])
def test_an_edge_that_does_not_tell_of_the_colour_is_not_an_edge_without_sessions(text: str) -> None:
    with pytest.raises(EvidenceError, match="knows no server of blue"):
        open_sessions(text, "blue")


@pytest.mark.parametrize("text", [stat(("web_80_blue", "app", 0, "many")), "# pxname,svname,qcur\nweb_80_blue,app,0\n"])
def test_counters_that_cannot_be_read_are_not_zero(text: str) -> None:
    with pytest.raises(EvidenceError, match="counters cannot be read"):
        open_sessions(text, "blue")


@pytest.mark.parametrize(("names", "leaving"), [("haproxy\nsh\nhaproxy\n", 0), ("haproxy\nhaproxy\nhaproxy\ncat\n", 1), ("haproxy\n", 0)])
def test_a_worker_beside_the_master_and_the_newest_one_has_sessions_of_its_own(names: str, leaving: int) -> None:
    assert leaving_workers(names) == leaving
