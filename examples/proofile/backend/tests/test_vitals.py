"""Web vitals come in by beacon and go out as medians."""

import json

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Vital
from app.routes import vitals
from tests.conftest import Site

URL = "/api/vitals"
GOOD = {"name": "LCP", "value": 1234.5, "page": "/dashboard"}


@pytest.mark.parametrize("content_type", ["application/json", "text/plain;charset=UTF-8", "", "application/x-odd"])
def test_a_beacon_needs_no_login_no_token_and_no_content_type(site: Site, content_type: str) -> None:
    answer = site.client.post(URL, content=json.dumps(GOOD), headers={"Content-Type": content_type})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("name", ["FCP", "LCP", "CLS", "TTFB", "INP"])
def test_all_five_names_are_taken(site: Site, name: str) -> None:
    assert site.client.post(URL, json=GOOD | {"name": name}).status_code == 204


@pytest.mark.parametrize("value", [0, 0.0001, 600000])
def test_plausible_values_are_taken(site: Site, value: float) -> None:
    assert site.client.post(URL, json=GOOD | {"value": value}).status_code == 204


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "FID"),
        ("name", "lcp"),
        ("name", None),
        ("name", ""),
        ("value", -1),
        ("value", 600001),
        ("value", "fast"),
        ("value", None),
        ("value", []),
        ("page", "dashboard"),
        ("page", ""),
        ("page", "/a?token=1"),
        ("page", "/a b"),
        ("page", "/" + "x" * 200),
        ("page", 5),
        ("page", "/\x00"),
        ("page", "/a#b"),
    ],
)
def test_anything_else_is_422(site: Site, field: str, value: object) -> None:
    answer = site.client.post(URL, json=GOOD | {field: value})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "null", '{"name":"LCP","value":NaN,"page":"/"}', '{"name":"LCP","value":1e999,"page":"/"}', "[" * 2000],
)
def test_a_body_that_is_no_measurement_is_422(site: Site, body: str) -> None:
    assert site.client.post(URL, content=body).status_code == 422


def test_a_long_body_is_413(site: Site) -> None:
    assert site.client.post(URL, content=b"x" * 5000).status_code == 413


def test_medians_are_by_page_and_name(site: Site) -> None:
    for value in (1, 100, 3):
        site.client.post(URL, json=GOOD | {"value": value})
    site.client.post(URL, json=GOOD | {"name": "CLS", "value": 0.05, "page": "/"})
    assert site.client.get(f"{URL}/summary").json() == {
        "/": {"CLS": {"median": 0.05, "n": 1}},
        "/dashboard": {"LCP": {"median": 3, "n": 3}},
    }


def test_without_measurements_the_summary_is_empty(site: Site) -> None:
    assert site.client.get(f"{URL}/summary").json() == {}


def test_the_table_is_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vitals, "KEPT", 20)
    monkeypatch.setattr(vitals, "PRUNE_EVERY", 10)
    for _ in range(55):
        assert site.client.post(URL, json=GOOD).status_code == 204
    with Session(site.engine) as database:
        assert database.scalar(select(func.count(Vital.id))) == 25
