# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The edge's configuration, and what its runtime socket said on a real engine."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from dataclasses import replace

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.compose_plan import Route
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.edge_config import (
    Server,
    configuration,
    configuration_digest,
    map_text,
    mapped_colour,
    not_reached,
    servers,
)
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.engine_state import Container, container

STAT = (pathlib.Path(__file__).parents[3] / "fixtures" / "release" / "show_stat.csv").read_text()
BLUE = {"frontend": "172.21.0.5", "backend": "172.21.0.4"}
ROUTES = (Route("frontend", 4300, 3000), Route("backend", 4800, 8000))


def test_every_public_port_asks_the_one_map_so_that_all_services_move_together() -> None:
    text = configuration("proofile", ROUTES)
    assert "use_backend frontend_4300_%[str(proofile),map(/etc/stagegate/active.map,none)]" in text
    assert "use_backend backend_4800_%[str(proofile),map(/etc/stagegate/active.map,none)]" in text


def test_each_colour_has_a_backend_by_its_own_alias() -> None:
    text = configuration("proofile", ROUTES)
    assert "backend backend_4800_green\n    server app backend-green:8000\n" in text
    assert "backend backend_4800_blue\n    server app backend-blue:8000\n" in text


def test_only_requests_that_may_be_repeated_are_repeated_after_they_were_sent() -> None:
    assert configuration("proofile", ROUTES).count("http-request disable-l7-retry unless METH_GET") == len(ROUTES)


def test_no_request_is_sent_on_a_connection_that_the_server_may_be_closing() -> None:
    assert "    option http-server-close\n" in configuration("proofile", ROUTES)


def test_the_digest_changes_with_the_routes_and_only_with_them() -> None:
    same, other = configuration("proofile", ROUTES), configuration("proofile", ROUTES[:1])
    assert configuration_digest(same) == configuration_digest(configuration("proofile", ROUTES))
    assert configuration_digest(same) != configuration_digest(other)


def test_a_configuration_of_somebody_else_has_no_digest() -> None:
    with pytest.raises(EvidenceError, match="carries no digest"):
        configuration_digest("global\n    maxconn 10\n")


def test_the_map_reads_back_from_the_file_and_from_the_runtime_socket() -> None:
    assert mapped_colour(map_text("proofile", "green"), "proofile") == "green"
    assert mapped_colour("0x55f838123280 proofile blue\n\n", "proofile") == "blue"


@pytest.mark.parametrize("text", ["", "other blue\n", "proofile purple\n"])
def test_a_map_without_our_line_names_no_colour(text: str) -> None:
    assert mapped_colour(text, "proofile") is None


def test_servers_that_are_up_are_told_from_those_that_are_not() -> None:
    states = servers(STAT)
    assert not_reached(states, running(BLUE), ROUTES, "blue") == []
    assert set(states) == {"frontend_4300_blue", "frontend_4300_green", "backend_4800_blue", "backend_4800_green"}


def test_a_server_that_the_edge_does_not_know_is_not_reached() -> None:
    assert not_reached({}, running(BLUE), ROUTES[:1], "green") == ["frontend: unknown to the edge"]


@pytest.mark.parametrize("status", ["DOWN", "MAINT (resolution)", "UP 1/2", "no check", ""])
def test_only_a_server_that_is_wholly_up_is_reached(status: str) -> None:
    said = {"frontend_4300_blue": Server(status, BLUE["frontend"])}
    assert not_reached(said, running(BLUE), ROUTES[:1], "blue") == [f"frontend: {status or 'no status'}"]


@pytest.mark.parametrize(("address", "named"), [("172.21.0.9", "172.21.0.9"), ("", "no address")])
def test_a_server_that_is_up_at_the_address_of_a_container_that_was_replaced_is_not_reached(address: str, named: str) -> None:
    said = {"frontend_4300_blue": Server("UP", address)}
    trouble = f"frontend: the edge still sends to {named}, where no container of it runs"
    assert not_reached(said, running(BLUE), ROUTES[:1], "blue") == [trouble]


def test_a_container_that_has_ended_is_nobody_to_be_reached() -> None:
    ended = [replace(item, state="exited") for item in running(BLUE)]
    assert len(not_reached(servers(STAT), ended, ROUTES, "blue")) == 2


def test_the_address_of_another_service_is_not_the_address_of_this_one() -> None:
    said = {"frontend_4300_blue": Server("UP", BLUE["backend"])}
    assert len(not_reached(said, running(BLUE), ROUTES[:1], "blue")) == 1


@pytest.mark.parametrize(("said", "host"), [("10.0.0.2:80", "10.0.0.2"), ("[fd00::2]:80", "fd00::2"), ("", "")])
def test_the_address_of_a_server_is_read_without_its_port(said: str, host: str) -> None:
    assert servers(f"# pxname,svname,status,addr\nweb,app,UP,{said}\n") == {"web": Server("UP", host)}


def running(addresses: Mapping[str, str]) -> list[Container]:
    networks = {service: {"Networks": {"one": {"IPAddress": address}, "two": {"IPAddress": ""}}} for service, address in addresses.items()}
    label = "com.docker.compose.service"
    return [
        container({"Id": service, "State": {"Status": "running"}, "Config": {"Labels": {label: service}}, "NetworkSettings": said})
        for service, said in networks.items()
    ]
