# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.soak.edge_counters import parse

# Shaped like HAProxy 2.6's answer; only the columns that are read.
SAID = """Name: HAProxy
Pid: 8
Uptime_sec: 3

# pxname,svname,hrsp_5xx,req_tot,econ,eresp,wretr,ttime,
port_8000,FRONTEND,3,1200,,,,,
web_8000_blue,app,3,,0,1,2,41,
web_8000_blue,BACKEND,3,1200,0,1,2,41,
web_8000_green,BACKEND,0,0,0,0,0,0,
"""


def test_what_users_asked_stands_with_the_port_and_what_it_took_with_the_backend():
    found = parse(SAID)
    assert found.process == "8"
    assert found.counters["edge.requests", "8000"] == 1200
    assert found.counters["edge.errors_5xx", "8000"] == 3
    assert found.counters["edge.response_errors", "web_8000_blue"] == 1
    assert found.counters["edge.retries", "web_8000_blue"] == 2
    assert (found.averages["web_8000_blue"], found.served["web_8000_green"]) == (0.041, 0)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "Unknown command",
        SAID.replace("Pid: 8\n", ""),
        SAID.replace("FRONTEND", "OTHER"),
        SAID.replace("1200", "many"),
        SAID.replace("hrsp_5xx", "x"),
    ],
)
def test_what_cannot_be_read_is_an_error_and_no_zero(said):
    with pytest.raises(EvidenceError, match="cannot be read"):
        parse(said)
