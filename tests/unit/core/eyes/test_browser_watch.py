# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.eyes.browser_watch import (
    ConsoleError,
    FailedRequest,
    console_errors,
    failed_requests,
    page_label,
    parse_allowed,
    safe_name,
)

ME = "http://localhost:8000/api/auth/me"
UNAUTHORISED = FailedRequest("GET", ME, 401)
ECHO = ConsoleError("Failed to load resource: the server responded with a status of 401 ()", ME)
RULE = parse_allowed([{"url": "/api/auth/me$", "status": 401, "why": "asks whether somebody is signed in"}])


def test_an_allowed_status_at_an_allowed_address_does_not_count_nor_does_its_echo_in_the_console():
    assert failed_requests([UNAUTHORISED], RULE) == []
    assert console_errors([ECHO], [UNAUTHORISED], RULE) == []


def test_without_a_rule_both_count():
    assert failed_requests([UNAUTHORISED], ()) == [UNAUTHORISED]
    assert console_errors([ECHO], [UNAUTHORISED], ()) == [ECHO]


def test_another_status_at_an_allowed_address_counts():
    broken = FailedRequest("GET", ME, 500)
    assert failed_requests([broken], RULE) == [broken]
    assert console_errors([ECHO], [broken], RULE) == [ECHO]


def test_what_the_page_itself_cancelled_is_no_failure_and_what_the_network_refused_is():
    gone = FailedRequest("GET", "http://x/a", 0, "net::ERR_ABORTED")
    refused = FailedRequest("GET", "http://x/a", 0, "net::ERR_CONNECTION_REFUSED")
    assert failed_requests([gone, refused], ()) == [refused]


def test_a_console_text_can_be_allowed_without_allowing_requests():
    rule = parse_allowed([{"console": "third-party cookie"}])
    known, other = ConsoleError("a third-party cookie was blocked", ""), ConsoleError("x is undefined", "")
    assert console_errors([known, other], [], rule) == [other]
    assert failed_requests([UNAUTHORISED], rule) == [UNAUTHORISED]


def test_queries_are_not_told():
    assert str(FailedRequest("GET", "http://x/login?password=hunter2#a", 404)) == "GET http://x/login: 404"
    assert "hunter2" not in str(ConsoleError("boom", "http://x/?password=hunter2"))


@pytest.mark.parametrize(
    "rule",
    [
        "x",
        {},
        {"status": 401},
        {"url": "("},
        {"url": "a", "status": 200},
        {"url": "a", "stat": 1},
        {"console": "a", "status": 404},
    ],
)
def test_a_rule_that_cannot_be_used_is_named_with_its_place(rule):
    with pytest.raises(InputError, match=r"allow\[0\]"):
        parse_allowed([rule])


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("http://x:1/profiles/17?tab=1", "/profiles/:id"),
        ("http://x", "/"),
        ("http://x/a/0f8fad5b-d9cb-469f-a165-70867728950e/b", "/a/:id/b"),
        ("http://x/dashboard", "/dashboard"),
    ],
)
def test_a_page_is_called_by_its_path_without_numbers(url, label):
    assert page_label(url) == label


def test_file_names_are_safe():
    assert safe_name("click button '../../etc/passwd' \x00 {{ x }}") == "click-button-etc-passwd-x"
    assert safe_name("...") == "page"
    assert len(safe_name("a" * 500)) == 60
