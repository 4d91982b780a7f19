"""Availability, new in 2.0."""

import pytest

from tests.conftest import Site

GOOD = {"full_name": "Ada", "headline": "Analyst"}
URL = "/api/profiles"


def test_a_profile_is_open_unless_it_says_otherwise(site: Site, csrf: dict[str, str]) -> None:
    assert site.client.post(URL, json=GOOD, headers=csrf).json()["availability"] == "open"


@pytest.mark.parametrize("value", ["open", "busy", "unavailable"])
def test_availability_is_kept(site: Site, csrf: dict[str, str], value: str) -> None:
    made = site.client.post(URL, json=GOOD | {"availability": value}, headers=csrf).json()
    assert made["availability"] == value
    assert site.client.get(URL).json()["items"][0]["availability"] == value


def test_a_client_of_the_release_before_changes_no_availability(site: Site, csrf: dict[str, str]) -> None:
    made = site.client.post(URL, json=GOOD | {"availability": "busy"}, headers=csrf).json()
    changed = site.client.put(f"{URL}/{made['id']}", json=GOOD, headers=csrf).json()
    assert changed["availability"] == "busy"


@pytest.mark.parametrize("value", ["", "OPEN", "away", 1, []])
def test_an_unknown_availability_is_422(site: Site, csrf: dict[str, str], value: object) -> None:
    answer = site.client.post(URL, json=GOOD | {"availability": value}, headers=csrf)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "availability"
