"""Profiles: search, read, write."""

import pytest

from tests.conftest import Site

GOOD = {"full_name": "Ada Lovelace", "headline": "Analyst", "bio": "Notes.\nMore.", "location": "London"}
URL = "/api/profiles"


def create(site: Site, csrf: dict[str, str], **fields: object) -> dict:
    answer = site.client.post(URL, json=GOOD | fields, headers=csrf)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", URL), ("GET", f"{URL}/1"), ("GET", "/api/dashboard/summary")],
)
def test_reading_needs_a_login(site: Site, method: str, path: str) -> None:
    answer = site.client.request(method, path)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Not logged in"})


def test_a_created_profile_reads_back(site: Site, csrf: dict[str, str]) -> None:
    made = create(site, csrf)
    assert made == site.client.get(f"{URL}/{made['id']}").json()
    assert {name: made[name] for name in GOOD} == GOOD


@pytest.mark.parametrize("name", ["Zoë Ångström", "李小龍", "O'Neill; DROP TABLE profiles", "<b>x</b>", "😀"])
def test_names_of_all_kinds_survive(site: Site, csrf: dict[str, str], name: str) -> None:
    assert create(site, csrf, full_name=name)["full_name"] == name


def test_text_is_trimmed(site: Site, csrf: dict[str, str]) -> None:
    assert create(site, csrf, full_name="  Ada  ")["full_name"] == "Ada"


@pytest.mark.parametrize("optional", ["bio", "location"])
def test_some_fields_may_be_left_out(site: Site, csrf: dict[str, str], optional: str) -> None:
    body = {name: value for name, value in GOOD.items() if name != optional}
    answer = site.client.post(URL, json=body, headers=csrf)
    assert (answer.status_code, answer.json()[optional]) == (201, "")


BAD = [
    ("full_name", ""),
    ("full_name", "   "),
    ("full_name", None),
    ("full_name", 5),
    ("full_name", "x" * 121),
    ("full_name", "a\x00b"),
    ("full_name", "two\nlines"),
    ("full_name", ["x"]),
    ("headline", ""),
    ("headline", "x" * 161),
    ("headline", None),
    ("headline", "a\x1bb"),
    ("bio", "x" * 5001),
    ("bio", 1),
    ("bio", "\x00"),
    ("location", "x" * 121),
    ("location", {}),
    ("location", "a\tb"),
]


@pytest.mark.parametrize(("field", "value"), BAD)
def test_a_bad_field_is_a_422_that_names_it(site: Site, csrf: dict[str, str], field: str, value: object) -> None:
    answer = site.client.post(URL, json=GOOD | {field: value}, headers=csrf)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(("field", "value"), BAD[::3])
def test_a_bad_change_is_refused_and_changes_nothing(site: Site, csrf: dict[str, str], field: str, value: object) -> None:
    made = create(site, csrf)
    answer = site.client.put(f"{URL}/{made['id']}", json=GOOD | {field: value}, headers=csrf)
    assert answer.status_code == 422
    assert site.client.get(f"{URL}/{made['id']}").json() == made


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"'])
def test_a_body_that_is_no_profile_is_422(site: Site, csrf: dict[str, str], body: bytes) -> None:
    answer = site.client.post(URL, content=body, headers=csrf | {"Content-Type": "application/json"})
    assert answer.status_code == 422


def test_a_change_is_kept(site: Site, csrf: dict[str, str]) -> None:
    made = create(site, csrf)
    changed = site.client.put(f"{URL}/{made['id']}", json=GOOD | {"location": "Paris"}, headers=csrf)
    assert (changed.status_code, changed.json()["location"]) == (200, "Paris")
    assert changed.json()["updated_at"] >= made["updated_at"]


def test_a_deleted_profile_is_gone(site: Site, csrf: dict[str, str]) -> None:
    path = f"{URL}/{create(site, csrf)['id']}"
    assert site.client.delete(path, headers=csrf).status_code == 204
    assert site.client.get(path).status_code == 404
    assert site.client.delete(path, headers=csrf).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_absent_profile_is_404(site: Site, csrf: dict[str, str], method: str) -> None:
    answer = site.client.request(method, f"{URL}/999", json=GOOD, headers=csrf)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Profile not found"})


@pytest.mark.parametrize("profile_id", ["0", "-1", "abc", "2147483648", "1.5", "%00"])
def test_an_impossible_id_is_422(site: Site, csrf: dict[str, str], profile_id: str) -> None:
    assert site.client.get(f"{URL}/{profile_id}").status_code == 422


@pytest.mark.parametrize(
    ("number", "page", "items", "pages"),
    [(0, 1, 0, 1), (1, 1, 1, 1), (10, 1, 10, 1), (11, 1, 10, 2), (11, 2, 1, 2), (25, 3, 5, 3), (25, 4, 0, 3)],
)
def test_pages_hold_ten_profiles(site: Site, csrf: dict[str, str], number: int, page: int, items: int, pages: int) -> None:
    site.add_profiles(number)
    found = site.client.get(URL, params={"page": page}).json()
    assert (len(found["items"]), found["total"], found["page"], found["pages"]) == (items, number, page, pages)


def test_pages_do_not_overlap(site: Site, csrf: dict[str, str]) -> None:
    site.add_profiles(25)
    pages = [site.client.get(URL, params={"page": page}).json()["items"] for page in (1, 2, 3)]
    assert len({item["id"] for page in pages for item in page}) == 25


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "100001", "99999999999999999999"])
def test_an_impossible_page_is_422(site: Site, csrf: dict[str, str], page: str) -> None:
    assert site.client.get(URL, params={"page": page}).status_code == 422


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ada", {"Ada Lovelace"}),
        ("LOVE", {"Ada Lovelace"}),
        ("london", {"Ada Lovelace", "Bo Box"}),
        ("analyst", {"Ada Lovelace"}),
        ("nothing-like-it", set()),
        ("%", {"Bo Box"}),
        ("_", set()),
        ("", {"Ada Lovelace", "Bo Box"}),
        ("  ada ", {"Ada Lovelace"}),
        ("' OR 1=1 --", set()),
    ],
)
def test_a_search_looks_at_name_headline_and_location(site: Site, csrf: dict[str, str], text: str, names: set[str]) -> None:
    create(site, csrf)
    create(site, csrf, full_name="Bo Box", headline="100 % carpenter")
    found = site.client.get(URL, params={"q": text}).json()
    assert {item["full_name"] for item in found["items"]} == names


@pytest.mark.parametrize("text", ["x" * 101, "a\x00b"])
def test_an_impossible_search_is_422(site: Site, csrf: dict[str, str], text: str) -> None:
    assert site.client.get(URL, params={"q": text}).status_code == 422
