# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.eyes import api_journey

LOGIN = {
    "request": "POST /api/auth/login",
    "json": {"email": "demo@proofile.dev", "password": {"secret": "password"}},
    "expect": 200,
    "expect_json": {"user.email": "demo@proofile.dev"},
}


def only(raw, **options):
    return api_journey.parse_steps([raw], **options)[0]


def test_secrets_and_saved_values_are_filled_into_the_body():
    step = only({"request": "POST /a", "json": {"p": {"secret": "password"}, "id": {"saved": "id"}, "n": ["x-{id}"]}})
    request = api_journey.prepare(step, {"id": 7}, {"password": "s3"}, {})
    assert json.loads(request.body) == {"p": "s3", "id": 7, "n": ["x-7"]}


def test_a_saved_value_is_quoted_in_a_path():
    step = only({"request": "DELETE /api/profiles/{id}"})
    assert api_journey.prepare(step, {"id": "a/../b?c"}, {}, {}).path == "/api/profiles/a%2F..%2Fb%3Fc"


def test_a_name_that_nobody_saved_is_an_error():
    with pytest.raises(InputError, match="nothing was saved under 'id'"):
        api_journey.prepare(only({"request": "GET /x/{id}"}), {}, {}, {})


def test_a_secret_that_nobody_gave_is_an_error():
    with pytest.raises(InputError, match="no secret value is called 'password'"):
        api_journey.prepare(only(LOGIN), {}, {}, {})


def test_the_csrf_token_of_the_cookie_goes_out_as_header_of_unsafe_methods_only():
    csrf = {"cookie": "csrf_token", "header": "X-CSRF-Token"}
    write, read = only({"request": "POST /a"}, csrf=csrf), only({"request": "GET /a"}, csrf=csrf)
    assert api_journey.prepare(write, {}, {}, {"csrf_token": "t"}).headers == {"X-CSRF-Token": "t"}
    assert api_journey.prepare(read, {}, {}, {"csrf_token": "t"}).headers == {}


def test_a_step_can_leave_the_csrf_token_out():
    step = only({"request": "POST /a", "csrf": False}, csrf={"cookie": "c", "header": "h"})
    assert api_journey.prepare(step, {}, {}, {"c": "t"}).headers == {}


def test_the_expected_answer_has_no_failures():
    assert api_journey.failures_of(only(LOGIN), 200, '{"user": {"email": "demo@proofile.dev"}}') == []


@pytest.mark.parametrize(
    ("status", "text", "said"),
    [
        (401, "{}", "answered 401 instead of 200"),
        (200, "<html>", "the answer is no JSON"),
        (200, "{}", "user.email is nothing instead of 'demo@proofile.dev'"),
        (200, '{"user": {"email": null}}', "user.email is None"),
        (200, "[" * 100000, "the answer is no JSON"),
    ],
)
def test_an_unexpected_answer_is_told(status, text, said):
    assert said in api_journey.failures_of(only(LOGIN), status, text)[0]


def test_a_value_to_save_that_is_not_there_is_a_failure():
    assert api_journey.failures_of(only({"request": "GET /a", "save": {"id": "items.0.id"}}), 200, '{"items": []}')


def test_true_is_not_one():
    step = only({"request": "GET /a", "expect_json": {"ok": True}})
    assert api_journey.failures_of(step, 200, '{"ok": 1}')
    assert not api_journey.failures_of(step, 200, '{"ok": true}')


def test_text_and_presence_are_expected():
    step = only({"request": "GET /a", "expect_text": "hits", "expect_present": ["hits"], "save": {"n": "hits"}})
    assert api_journey.failures_of(step, 200, '{"hits": 3}') == []
    assert api_journey.saved_from(step, '{"hits": 3}') == {"n": 3}


def test_secrets_never_stand_in_a_text_for_people():
    assert api_journey.without_secrets("said s3cret!", {"a": "s3cret", "b": ""}) == "said ***!"


@pytest.mark.parametrize(
    "raw",
    [None, [], ["x"], [{}], [{"request": "FETCH /a"}], [{"request": "GET a"}], [{"request": "GET /a", "expcet": 1}],
     [{"request": "GET /a", "expect": "no"}], [{"request": "GET /a", "csrf": {"cookie": "c"}}],
     [{"request": "GET /a", "headers": ["a"]}], [{"request": "GET /a", "expect_present": "a"}]],
)  # fmt: skip
def test_a_misshapen_journey_is_an_input_error(raw):
    with pytest.raises(InputError):
        api_journey.parse_steps(raw)
