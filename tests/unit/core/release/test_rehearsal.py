"""A rehearsal never reaches the live database, and no row gets lost unseen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.rehearsal import (
    LONGEST_NAME,
    SUFFIX,
    lost_rows,
    parse_counts,
    redirected,
    rehearsal_project,
    revision_range,
    scratch_name,
)

COPY = scratch_name("shop")


@pytest.mark.parametrize(
    ("live", "copy"),
    [
        ("postgres://app:pw@postgres:5432/shop", f"postgres://app:pw@postgres:5432/{COPY}"),
        ("postgresql+psycopg://app@db/shop?sslmode=disable", f"postgresql+psycopg://app@db/{COPY}?sslmode=disable"),
        ("jdbc:postgresql://db:5432/shop", f"jdbc:postgresql://db:5432/{COPY}"),
        ("postgres://app:p@ss/w@postgres/shop", f"postgres://app:p@ss/w@postgres/{COPY}"),
        ("host=postgres dbname=shop user=app", f"host=postgres dbname={COPY} user=app"),
        ("host=postgres dbname='shop'", f"host=postgres dbname={COPY}"),
    ],
)
def test_every_form_of_address_is_led_to_the_copy(live: str, copy: str) -> None:
    assert redirected({"DATABASE_URL": live}, "shop", COPY).environment == {"DATABASE_URL": copy}


def test_the_names_of_the_database_are_led_to_the_copy_and_nothing_else_is_touched() -> None:
    given_environment = {
        "POSTGRES_DB": "shop",
        "PGDATABASE": "shop",
        "DB": "shop",
        "REDIS_URL": "redis://redis/0",
        "TITLE": "shop",
        "EMPTY": None,
    }
    made = redirected(given_environment, "shop", COPY, named=["DB"])
    assert made.environment == {**given_environment, "POSTGRES_DB": COPY, "PGDATABASE": COPY, "DB": COPY}
    assert made.variables == ("DB", "PGDATABASE", "POSTGRES_DB")


def test_the_address_of_another_database_stays() -> None:
    made = redirected({"DATABASE_URL": "postgres://db/shop", "ARCHIVE_URL": "postgres://db/archive"}, "shop", COPY)
    assert made.environment["ARCHIVE_URL"] == "postgres://db/archive"


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"REDIS_URL": "redis://redis/0"},
        {"DATABASE_FILE": "/run/secrets/database"},
        {"POSTGRES_DB": "shop", "DATABASE_URL": "postgres://app@db"},
        {"POSTGRES_DB": "shop", "DATABASE_URL": "postgres://app@db/?sslmode=disable"},
    ],
)
def test_a_rehearsal_that_could_reach_the_live_database_is_refused(environment: dict[str, str]) -> None:
    with pytest.raises(InputError, match=r"cannot be rehearsed.*migrate_rehearsal_environment"):
        redirected(environment, "shop", COPY)


def test_what_the_policy_gives_may_not_lead_to_the_live_database_either() -> None:
    assert redirected({}, "shop", COPY, given={"URL": f"postgres://db/{COPY}"}).variables == ("URL",)
    with pytest.raises(InputError, match="still lead to the live database"):
        redirected({"POSTGRES_DB": "shop"}, "shop", COPY, given={"URL": "postgres://db/shop"})


WORDS = st.text(st.sampled_from("abcXYZ019_-"), min_size=1, max_size=12)


@given(
    WORDS, st.text(st.characters(codec="utf-8", exclude_characters="\n\r\0"), max_size=20), st.sampled_from(["", "?sslmode=require", "#x"])
)
def test_after_leading_no_address_names_the_live_database(database: str, secret: str, rest: str) -> None:
    copy = scratch_name(database)
    live = f"postgres://u:{secret}@host:5432/{database}{rest}"
    try:
        made = redirected({"URL": live}, database, copy).environment["URL"]
    except InputError:
        return
    assert made == f"postgres://u:{secret}@host:5432/{copy}{rest}"


@given(st.text(st.sampled_from("abc_"), min_size=1, max_size=80))
def test_the_name_of_the_copy_always_tells_what_it_is_and_is_never_cut_by_the_server(database: str) -> None:
    assert scratch_name(database).endswith(SUFFIX)
    assert len(scratch_name(database)) <= LONGEST_NAME
    assert scratch_name(database) != database


PLAN = {
    "name": "shop-green",
    "services": {
        "web": {
            "image": "web:1",
            "container_name": "web",
            "restart": "unless-stopped",
            "depends_on": {"worker": {}},
            "labels": {"stagegate.colour": "green", "stagegate.release": "a", "team": "one"},
            "networks": {"colour": {"aliases": ["web"]}},
            "ports": [{"host_ip": "127.0.0.1", "target": 8000, "published": "28000", "protocol": "tcp", "mode": "ingress"}],
            "healthcheck": {"test": ["CMD", "true"], "interval": "30s", "retries": 3, "start_period": "40s"},
            "environment": {"DATABASE_URL": "postgres://db/shop"},
        },
        "worker": {"image": "worker:1"},
    },
    "networks": {"colour": {"name": "shop-green", "external": True}},
}


def test_a_container_on_the_copy_is_found_by_nobody_and_takes_no_port_and_no_colour() -> None:
    made = rehearsal_project(PLAN, "shop", "web", "sha256:1", {"A": "b"}, "old")
    assert made["name"] == "shop-rehearsal"
    assert list(made["services"]) == ["old"]
    service = made["services"]["old"]
    assert service["networks"] == {"colour": {}}, "an alias would send requests of the live release to it"
    assert service["ports"] == [{"host_ip": "127.0.0.1", "target": 8000, "protocol": "tcp", "mode": "ingress"}]
    assert service["labels"] == {"team": "one", "stagegate.application": "shop", "stagegate.rehearsal": "old"}
    assert service["environment"] == {"A": "b"}
    assert service["restart"] == "no"
    assert "container_name" not in service
    assert "depends_on" not in service


def test_its_own_healthcheck_is_asked_every_second() -> None:
    check = rehearsal_project(PLAN, "shop", "web", "sha256:1", {}, "old")["services"]["old"]["healthcheck"]
    assert check == {"test": ["CMD", "true"], "interval": "1s", "retries": 1000, "start_period": "40s"}


def test_the_plan_itself_stays_as_it_is() -> None:
    rehearsal_project(PLAN, "shop", "web", "sha256:1", {}, "old")
    assert PLAN["services"]["web"]["container_name"] == "web"


def test_a_service_that_is_not_planned_is_named() -> None:
    with pytest.raises(InputError, match=r"no service api.*web, worker"):
        rehearsal_project(PLAN, "shop", "api", "sha256:1", {}, "old")


def test_rows_are_lost_where_there_are_fewer_and_in_tables_that_are_gone() -> None:
    assert lost_rows({"a": 3, "b": 2, "c": 1, "d": 0}, {"a": 2, "b": 2, "e": 9}) == {"a": 1, "c": 1}
    assert lost_rows({"a": 3}, {"a": 3}) == {}


def test_counts_are_read_even_of_a_table_with_a_bar_in_its_name() -> None:
    assert parse_counts("public.people|3\npublic.a|b|0\n") == {"public.people": 3, "public.a|b": 0}


def test_only_what_is_pending_is_printed_as_sql() -> None:
    assert revision_range(("0001",)) == "0001:head"
    assert revision_range(()) == "head"
    with pytest.raises(InputError, match="several revisions"):
        revision_range(("a", "b"))
