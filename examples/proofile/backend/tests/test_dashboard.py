"""The dashboard's figures and their cache."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.models import now
from app.profile import Profile
from tests.conftest import Site

URL, COUNTERS = "/api/dashboard/summary", "/api/metrics/cache"


def test_an_empty_database_is_shown_as_empty(site: Site, csrf: dict[str, str]) -> None:
    expected = {"profiles": 0, "new_this_week": 0, "by_location": [], "recent": [], "cached": False}
    assert site.client.get(URL).json() == expected


def test_figures_are_counted(site: Site, csrf: dict[str, str]) -> None:
    with Session(site.engine) as database:
        for age, place in ((0, "Rome"), (6, "Rome"), (8, "Oslo"), (90, "")):
            made = now() - timedelta(days=age)
            database.add(Profile(full_name=f"P{age}", headline="h", location=place, created_at=made))
        database.commit()
    found = site.client.get(URL).json()
    assert (found["profiles"], found["new_this_week"]) == (4, 2)
    assert found["by_location"] == [
        {"location": "Rome", "count": 2},
        {"location": "Oslo", "count": 1},
    ]
    assert [item["full_name"] for item in found["recent"]] == ["P0", "P6", "P8", "P90"]


def test_lists_are_bounded(site: Site, csrf: dict[str, str]) -> None:
    with Session(site.engine) as database:
        database.add_all(Profile(full_name="x", headline="h", location=f"C{i}") for i in range(30))
        database.commit()
    found = site.client.get(URL).json()
    assert (len(found["by_location"]), len(found["recent"])) == (8, 5)


def test_the_second_answer_comes_from_the_cache_and_is_the_same(site: Site, csrf: dict[str, str]) -> None:
    site.add_profiles(3)
    first, second = site.client.get(URL).json(), site.client.get(URL).json()
    assert (first.pop("cached"), second.pop("cached")) == (False, True)
    assert first == second


def test_hits_and_misses_are_counted(site: Site, csrf: dict[str, str]) -> None:
    assert site.client.get(COUNTERS).json() == {"hits": 0, "misses": 0}
    for _ in range(4):
        site.client.get(URL)
    assert site.client.get(COUNTERS).json() == {"hits": 3, "misses": 1}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_write_makes_the_next_answer_fresh(site: Site, csrf: dict[str, str], method: str) -> None:
    site.add_profiles(1)
    site.client.get(URL)
    path = "/api/profiles" if method == "POST" else "/api/profiles/1"
    site.client.request(method, path, json={"full_name": "N", "headline": "h"}, headers=csrf)
    assert site.client.get(URL).json()["cached"] is False


def test_redis_down_degrades_to_the_database(site: Site, csrf: dict[str, str]) -> None:
    site.add_profiles(2)
    site.redis.down = True
    for _ in range(2):
        found = site.client.get(URL)
        assert (found.status_code, found.json()["profiles"], found.json()["cached"]) == (200, 2, False)


def test_a_spoilt_cache_entry_is_replaced(site: Site, csrf: dict[str, str]) -> None:
    site.redis.values["proofile:dashboard:summary"] = "{not json"
    assert site.client.get(URL).json()["cached"] is False
    assert site.client.get(URL).json()["cached"] is True


def test_counters_are_not_invented_while_redis_is_down(site: Site) -> None:
    site.redis.down = True
    answer = site.client.get(COUNTERS)
    assert (answer.status_code, answer.json()) == (503, {"detail": "The cache is not available"})


def test_an_entry_has_the_configured_lifetime(make_site) -> None:
    site = make_site(DASHBOARD_CACHE_SECONDS="7")
    site.login()
    site.client.get(URL)
    assert site.redis.lifetimes["proofile:dashboard:summary"] == 7
