"""Liveness, readiness, version, and the bad variants."""

import asyncio
import os
import threading
import time

import pytest

from app import VERSION, variants
from app.database import make_engine
from tests.conftest import ENVIRON, Site


def test_liveness_says_what_runs(site: Site) -> None:
    answer = site.client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "release": "dev", "variant": "good"})


def test_liveness_sees_no_dependency(site: Site) -> None:
    site.redis.down = True
    site.engine.dispose()
    assert site.client.get("/health").status_code == 200


def test_ready_when_both_answer(site: Site) -> None:
    answer = site.client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"database": "ok", "cache": "ok"})


def test_not_ready_without_redis(site: Site) -> None:
    site.redis.down = True
    answer = site.client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"database": "ok", "cache": "down"})


def test_not_ready_without_postgres(make_site) -> None:
    site = make_site(make_engine("postgresql+psycopg://x:x@127.0.0.1:1/x"))
    answer = site.client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"database": "down", "cache": "ok"})


def test_version_names_everything(make_site) -> None:
    site = make_site(RELEASE="abc123", ENVIRONMENT="staging")
    assert site.client.get("/api/version").json() == {
        "release": "abc123",
        "version": VERSION,
        "variant": "good",
        "environment": "staging",
    }


def test_never_healthy_is_never_healthy_but_serves(make_site) -> None:
    site = make_site(RELEASE_VARIANT="never-healthy")
    assert [site.client.get("/health").status_code for _ in range(3)] == [503] * 3
    assert site.client.get("/health/ready").status_code == 200
    site.login()


def test_two_percent_errors_fail_every_fiftieth_api_request_once_there_is_load(make_site) -> None:
    site = make_site(RELEASE_VARIANT="two-percent-errors")
    codes = [site.client.get("/api/version").status_code for _ in range(400)]
    assert [number for number, code in enumerate(codes, 1) if code == 500] == [350, 400]


def test_two_percent_errors_spare_health_and_preflights(make_site) -> None:
    site = make_site(RELEASE_VARIANT="two-percent-errors")
    for _ in range(360):
        assert site.client.get("/health").status_code == 200
        assert site.client.options("/api/version").status_code == 405


def test_leaks_memory_keeps_something_of_every_api_request_once_there_is_load() -> None:
    leak = variants.LeakMiddleware(lambda *_asked: None)
    asyncio.run(leak.fault(301))
    asyncio.run(leak.fault(302))
    assert [len(piece) for piece in leak.kept] == [variants.LEAKED_BYTES] * 2
    assert len(set(leak.kept)) == 2


def test_slow_is_slow_once_there_is_load(make_site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variants, "SLOWER_SECONDS", 0.05)
    site = make_site(RELEASE_VARIANT="slow")
    begun = time.monotonic()
    assert {site.client.get("/api/version").status_code for _ in range(variants.FAULT_AFTER)} == {200}
    usual = (time.monotonic() - begun) / variants.FAULT_AFTER
    begun = time.monotonic()
    assert {site.client.get("/api/version").status_code for _ in range(4)} == {200}
    assert (time.monotonic() - begun) / 4 > 0.05 > usual


@pytest.mark.parametrize("variant", ["good", "console-error"])
def test_the_other_variants_do_not_fail_here(make_site, variant: str) -> None:
    site = make_site(RELEASE_VARIANT=variant)
    assert {site.client.get("/api/version").status_code for _ in range(120)} == {200}


def test_crash_after_a_minute_ends_with_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, codes = threading.Event(), []
    monkeypatch.setattr(os, "_exit", lambda code: (codes.append(code), ended.set()))
    variants.arm_crash(0.01).join()
    assert ended.is_set() and codes == [70]


@pytest.mark.parametrize(("variant", "armed"), [("good", []), ("crash-after-a-minute", [60.0])])
def test_only_that_variant_arms_the_crash(make_site, monkeypatch: pytest.MonkeyPatch, variant: str, armed: list[float]) -> None:
    calls: list[float] = []
    monkeypatch.setattr("app.main.arm_crash", calls.append)
    with make_site(RELEASE_VARIANT=variant).client:
        pass
    assert calls == armed


def test_a_crash_delay_can_be_shortened(settings) -> None:
    from app.settings import read_settings

    assert settings.crash_after_seconds == 60
    assert read_settings(ENVIRON | {"CRASH_AFTER_SECONDS": "5"}).crash_after_seconds == 5
