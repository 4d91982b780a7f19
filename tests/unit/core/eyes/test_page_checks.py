# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.eyes import page_checks as checks

PHONE = checks.Breakpoint("phone-375", 375, 812)
FINE = {
    "status": 200,
    "scroll_width": 375,
    "client_width": 375,
    "overflowing": [],
    "visible": {"main": True},
    "mobile_viewport": True,
    "text_length": 12,
}


def walk(elements, visited):
    return checks.KeyboardWalk("/login", tuple(elements), tuple(visited))


def test_a_page_that_fits_has_no_failure():
    assert checks.layout_failures(FINE, ["main"]) == ()
    assert checks.layout_failures({**FINE, "scroll_width": 376}, ["main"]) == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"scroll_width": 917, "overflowing": ["div.wide"]},
            "scrolls sideways: 917 px in a window of 375 px, because of div.wide",
        ),
        ({"visible": {}}, "main is not visible"),
        ({"visible": None}, "main is not visible"),
        ({"mobile_viewport": False}, "viewport"),
        ({"text_length": 0}, "no text"),
        ({"status": 404}, "answered with 404"),
        ({"status": None}, "answered with None"),
        ({"client_width": None}, "could not be measured"),
    ],
)
def test_a_broken_page_is_told(change, said):
    assert any(said in text for text in checks.layout_failures({**FINE, **change}, ["main"]))


def test_two_breakpoints_of_one_width_count_together():
    twins = [checks.Breakpoint("tablet", 1024, 1366), checks.Breakpoint("desktop", 1024, 768)]
    found = [
        checks.LayoutCheck("/a", twins[0], ()),
        checks.LayoutCheck("/a", twins[1], ("bad",)),
        checks.LayoutCheck("/a", PHONE, ()),
    ]
    facts = {(fact["sli"], fact["labels"]["width"]): fact for fact in checks.layout_measurements(found, "chromium")}
    assert facts["responsive.checks", "1024"]["value"] == 2
    assert facts["responsive.failures", "1024"]["value"] == 1
    assert facts["responsive.failures", "1024"]["detail"] == ["/a on desktop: bad"]
    assert facts["responsive.failures", "375"]["value"] == 0


def test_tab_goes_twice_around_and_a_little():
    assert checks.presses_needed(3) == 8
    assert checks.presses_needed(0) == 2
    assert checks.presses_needed(10_000) == checks.MAX_PRESSES


def test_a_walk_that_reaches_everything_and_comes_back_is_fine():
    assert checks.keyboard_failures(walk("ab", [0, 1, None, 0, 1, None])) == []
    assert checks.keyboard_failures(walk("a", [0, None, 0, None])) == []
    assert checks.keyboard_failures(walk("", [None, None])) == []


def test_a_trap_is_found_by_what_is_never_reached_and_by_the_focus_that_never_comes_back():
    assert checks.keyboard_failures(walk("abc", [0, 1, 1, 1, 1, 1, 1, 1])) == [
        "Tab never reaches c",
        "the focus does not come back to a",
    ]
    assert checks.keyboard_failures(walk("abc", [0, 1, 2, 2, 2, 2, 2, 2])) == ["the focus does not come back to a"]


def test_pages_with_traps_are_counted_and_nothing_walked_says_nothing():
    (fact,) = checks.keyboard_measurement([walk("ab", [0, 1, 0]), walk("ab", [0, 0, 0])], "chromium")
    assert fact["value"] == 1
    assert checks.keyboard_measurement([], "chromium") == []


def test_pages_are_paths_or_mappings():
    assert checks.parse_pages(["/profiles/3", {"path": "/login", "signed_in": False, "name": "login"}]) == (
        checks.Page("/profiles/3", "/profiles/:id"),
        checks.Page("/login", "login", False),
    )


@pytest.mark.parametrize("raw", [[], None, ["login"], [{"path": 1}], [{"path": "/", "signed_in": "no"}], [{"url": "/"}]])
def test_what_is_no_page_is_refused(raw):
    with pytest.raises(InputError):
        checks.parse_pages(raw)


@pytest.mark.parametrize(
    "raw",
    [
        [],
        [{"name": "a", "width": 375}],
        [{"name": "a", "width": "375", "height": 1}],
        [{"name": "a", "width": 20, "height": 900}],
    ],
)
def test_what_is_no_breakpoint_is_refused(raw):
    with pytest.raises(InputError):
        checks.parse_breakpoints(raw)


def test_breakpoints_have_names_of_their_own():
    with pytest.raises(InputError, match="two breakpoints"):
        checks.parse_breakpoints([{"name": "a", "width": 375, "height": 800}] * 2)
