# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.eyes.browser_journey import (
    parse_journeys,
    require_secrets,
)

LOGIN = {
    "name": "login",
    "steps": [
        {"open": "/login"},
        {"fill": {"label": "Email", "with": "demo@proofile.dev"}},
        {"fill": {"label": "Password", "secret": "password"}},
        {"click": {"role": "button", "name": "Sign in"}},
        {"see": {"role": "heading", "name": "Dashboard"}, "timeout_seconds": 20},
        {"at": "/dashboard"},
    ],
}


def steps(*given):
    return parse_journeys([{"name": "one", "steps": list(given)}])[0].steps


def refused(raw):
    with pytest.raises(InputError) as caught:
        parse_journeys(raw)
    return str(caught.value)


def test_a_journey_is_read_with_the_words_of_a_person():
    journey = parse_journeys([LOGIN])[0]
    assert [step.title for step in journey.steps] == [
        "open /login",
        "fill label 'Email'",
        "fill label 'Password'",
        "click button 'Sign in'",
        "see heading 'Dashboard'",
        "at /dashboard",
    ]
    assert journey.steps[4].timeout_seconds == 20
    assert journey.secrets == ("password",)


def test_what_is_written_into_a_field_is_in_no_title():
    titles = " ".join(step.title for step in parse_journeys([LOGIN])[0].steps)
    assert "demo@proofile.dev" not in titles


def test_a_target_may_lie_inside_another_one():
    (step,) = steps({"click": {"role": "link", "name": "Profiles", "inside": {"role": "navigation", "name": "Main"}}})
    assert step.title == "click link 'Profiles' in navigation 'Main'"


def test_names_are_exact_and_texts_are_not():
    exact, partial, chosen = steps({"see": {"label": "Email"}}, {"see": {"text": "hello"}}, {"see": {"label": "E", "exact": False}})
    assert (exact.target.exact, partial.target.exact, chosen.target.exact) == (True, False, False)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"clik": {"text": "x"}}, "did you mean 'click'"),
        ({"open": "login"}, "a path such as /login"),
        ({"open": "/a", "see": {"text": "b"}}, "exactly one verb"),
        ({"fill": {"label": "Email"}}, "`with: text` or `secret: name`"),
        ({"fill": {"label": "Email", "with": "a", "secret": "b"}}, "`with: text` or `secret: name`"),
        ({"fill": {"label": "Email", "with": True}}, "`with: text` or `secret: name`"),
        ({"choose": {"label": "Country"}}, "choose needs `option`"),
        ({"click": {"role": "button", "label": "x"}}, "exactly one of"),
        ({"click": {"label": "x", "name": "y"}}, "name belongs to role alone"),
        ({"click": {"role": "button", "nam": "y"}}, "did you mean 'name'"),
        ({"click": {"text": 5}}, "must be texts"),
        ({"click": {"text": "a", "exact": "yes"}}, "exact is true or false"),
        ({"reload": "yes"}, "takes nothing but true"),
        ({"see": {"text": "a"}, "timeout_seconds": 0}, "up to 600"),
        ("open /login", "a step is a mapping"),
        ({}, "exactly one verb"),
    ],
)
def test_a_step_that_cannot_be_used_is_named_with_its_place(step, said):
    message = refused([{"name": "one", "steps": [{"open": "/"}, step]}])
    assert said in message
    assert "journeys[0] (one) steps[1]" in message


@pytest.mark.parametrize("raw", [None, [], "login", [{"name": "a"}], [{"name": "Not This", "steps": [{"open": "/"}]}], [{"stepz": []}]])
def test_what_is_no_journey_is_refused(raw):
    assert refused(raw)


def test_two_journeys_of_one_name_are_refused():
    assert "two journeys" in refused([LOGIN, LOGIN])


def test_a_session_can_only_come_from_an_earlier_journey():
    later = {"name": "later", "session_of": "logni", "steps": [{"open": "/"}]}
    assert "did you mean 'login'" in refused([LOGIN, later])
    assert "put the journey that logs in first" in refused([later])


def test_a_secret_that_nobody_gave_is_an_error():
    journeys = parse_journeys([LOGIN])
    require_secrets(journeys, {"password": "x"})
    for given in ({}, {"password": ""}):
        with pytest.raises(InputError, match="the secret 'password' is not given"):
            require_secrets(journeys, given)


def test_a_journey_may_say_that_it_is_done_before_the_switch():
    assert parse_journeys([{**LOGIN, "preview": True}]) == parse_journeys([LOGIN])
    assert "preview is true or false" in refused([{**LOGIN, "preview": "yes"}])
