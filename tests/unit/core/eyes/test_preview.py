# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.eyes.browser_watch import parse_allowed
from ansible_collections.proofile.stagegate.plugins.module_utils.core.eyes.preview import (
    foreign_hosts,
    parse_leads,
    preview_journeys,
    relayed_head,
    resolver_rules,
)

PAGES = {"public": "http://localhost:3000", "preview": "http://127.0.0.1:13000"}
API = {"public": "http://localhost:8000", "preview": "http://127.0.0.1:18000"}
SECURE = {"public": "https://api.example.org", "preview": "http://127.0.0.1:18000"}


def refused(*raw: object) -> str:
    with pytest.raises(InputError) as caught:
        parse_leads(list(raw))
    return str(caught.value)


def test_each_public_address_is_led_and_everything_else_leads_nowhere() -> None:
    rules = resolver_rules(parse_leads([PAGES, API]), {})
    assert rules == "MAP localhost:3000 127.0.0.1:13000, MAP localhost:8000 127.0.0.1:18000, MAP * ~NOTFOUND"


def test_the_port_of_the_scheme_stands_for_a_missing_one() -> None:
    leads = parse_leads([SECURE, {"public": "http://www.example.org", "preview": "http://127.0.0.1:18080"}])
    assert [lead.public.port for lead in leads] == [443, 80]


def test_what_stands_in_between_takes_the_place_of_the_preview_port() -> None:
    leads = parse_leads([SECURE, API])
    rules = resolver_rules(leads, {leads[0]: ("127.0.0.1", 40001)})
    assert rules == "MAP api.example.org:443 127.0.0.1:40001, MAP localhost:8000 127.0.0.1:18000, MAP * ~NOTFOUND"


def test_tls_is_ended_for_an_https_address_whose_preview_has_none() -> None:
    with_tls = {"public": "https://www.example.org", "preview": "https://127.0.0.1:18443"}
    assert [lead.ends_tls for lead in parse_leads([SECURE, API, with_tls])] == [True, False, False]


def test_the_same_lead_twice_counts_once_and_two_targets_are_refused() -> None:
    assert len(parse_leads([API, dict(API)])) == 1
    assert "led to two places" in refused(API, {**API, "preview": "http://127.0.0.1:28000"})


@pytest.mark.parametrize(
    "raw",
    [
        {"public": "http://localhost:8000"},
        {**API, "more": 1},
        {**API, "public": "localhost:8000"},
        {**API, "public": "ftp://localhost"},
        {**API, "public": "http://user@localhost:8000"},
        {**API, "public": "http://[::1]:8000"},
        {**API, "public": "http://*:8000"},
        {**API, "public": "http://localhost:8000, EXCLUDE *"},
        {**API, "public": "http://localhost, EXCLUDE 127.0.0.1"},
        {**API, "preview": "http://127.0.0.1:99999"},
        {**API, "preview": "https://127.0.0.1:18000"},
        {**API, "public": None},
        "http://localhost:8000",
    ],
)
def test_what_cannot_be_led_is_refused_with_its_place(raw: object) -> None:
    assert "preview[1]" in refused(PAGES, raw)


def test_a_text_in_the_place_of_the_list_is_refused() -> None:
    with pytest.raises(InputError):
        parse_leads("http://localhost:8000")


@given(st.text(max_size=40))
def test_no_address_opens_another_way(text: str) -> None:
    """Whatever stands in an inventory: it is refused, or the rules still end in nowhere and except nothing."""
    try:
        rules = resolver_rules(parse_leads([{"public": text, "preview": f"http://{text}"}, {**API, "public": f"http://{text}"}]), {})
    except InputError:
        return
    assert rules.endswith(", MAP * ~NOTFOUND")
    assert "EXCLUDE" not in rules
    assert all(len(rule.split()) == 3 and rule.startswith("MAP ") for rule in rules.split(", "))


def test_an_address_that_is_led_nowhere_is_foreign_also_by_ip_and_by_another_port() -> None:
    urls = [
        "http://localhost:8000/api?x=1",
        "ws://localhost:3000/live",
        "http://127.0.0.1:8000/api",
        "http://localhost:8001/",
        "http://localhost/",
        "wss://feed.example/socket?token=secret",
        "https://user:password@cdn.example/x.js",
        "data:text/plain,hello",
        "blob:http://localhost:3000/1",
    ]
    assert foreign_hosts(urls, parse_leads([PAGES, API])) == [
        "http://127.0.0.1:8000",
        "http://localhost",
        "http://localhost:8001",
        "https://cdn.example",
        "wss://feed.example",
    ]


def test_one_origin_counts_once_and_may_be_excused() -> None:
    urls = ["http://cdn.example/a", "http://cdn.example/b", "http://cdn.example:99999/c"]
    leads = parse_leads([API])
    assert foreign_hosts(urls, leads) == ["http://cdn.example", "http://cdn.example:99999"]
    assert foreign_hosts(urls, leads, parse_allowed([{"url": "cdn[.]example", "status": 0}])) == []
    assert foreign_hosts(urls[:1], leads, parse_allowed([{"url": "cdn[.]example"}])) == []
    assert foreign_hosts(urls[:1], leads, parse_allowed([{"url": "cdn[.]example", "status": 404}])) == ["http://cdn.example"]
    assert foreign_hosts(urls[:1], leads, parse_allowed([{"console": "cdn"}])) == ["http://cdn.example"]


def test_the_release_is_told_that_the_browser_spoke_tls_and_nobody_else_can_say_so() -> None:
    head = b"POST /api HTTP/1.1\r\nHost: api.example.org\r\nConnection: keep-alive\r\nx-forwarded-PROTO: http\r\nContent-Length: 2\r\n\r\n"
    assert relayed_head(head) == (
        b"POST /api HTTP/1.1\r\nHost: api.example.org\r\nContent-Length: 2\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n"
    )


def test_an_upgrade_keeps_its_connection() -> None:
    head = b"GET /live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    assert relayed_head(head + b"\r\n") == head + b"X-Forwarded-Proto: https\r\n\r\n"


def named(*journeys: dict) -> list[str]:
    return [str(journey["name"]) for journey in preview_journeys(journeys)]


def test_the_first_journey_is_done_before_the_switch_where_none_is_marked() -> None:
    assert named({"name": "login"}, {"name": "dashboard"}) == ["login"]
    assert named({"name": "login", "preview": False}, {"name": "dashboard"}) == ["login"]
    assert preview_journeys([]) == []


def test_a_marked_journey_brings_those_whose_session_it_needs_in_their_order() -> None:
    login, second = {"name": "login"}, {"name": "second", "session_of": "login"}
    other, third = {"name": "other"}, {"name": "third", "session_of": "second", "preview": True}
    assert named(login, other, second, third) == ["login", "second", "third"]
    assert named(login, {**other, "preview": True}, second) == ["other"]
