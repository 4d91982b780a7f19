"""A browser that is led to preview ports: what it reaches, what it cannot reach, and what it keeps of production. No engine is needed."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ansible_collections.proofile.stagegate.plugins.modules import browser_journey

SHOP = Path(__file__).parent / "preview_shop/shop.py"
# The release that serves has the public ports; the new one answers on preview ports.
PAGES, API = 8840, 8841
NEW_PAGES, NEW_API = 18840, 18841
LEADS = [
    {"public": f"http://localhost:{PAGES}", "preview": f"http://127.0.0.1:{NEW_PAGES}"},
    {"public": f"http://localhost:{API}", "preview": f"http://127.0.0.1:{NEW_API}"},
]
TLS_LEADS = [
    {"public": "https://shop.example", "preview": f"http://127.0.0.1:{NEW_PAGES}"},
    {"public": "https://shop.example:8443", "preview": f"http://127.0.0.1:{NEW_API}"},
]


@contextmanager
def colour(folder: Path, release: str, pages: int, api: int, api_url: str, variant: str = "") -> Iterator[Path]:
    """Both services of a release, and the file that says what they were asked."""
    log = folder / f"{release}.log"
    environment = {"RELEASE": release, "API_URL": api_url, "VARIANT": variant, "PYTHONUNBUFFERED": "1"}
    with log.open("w") as stream:
        processes = [
            subprocess.Popen([sys.executable, str(SHOP), service, str(port)], stdout=stream, stderr=subprocess.DEVNULL, env=environment)
            for service, port in (("pages", pages), ("api", api))
        ]
        try:
            for port in (pages, api):
                wait_for(port)
            yield log
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(10)


def wait_for(port: int) -> None:
    for _attempt in range(100):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"nothing listens on {port}")


def asked(log: Path) -> list[str]:
    return [line for line in log.read_text().splitlines() if " /health " not in line]


def journey(seen: str) -> dict:
    return {
        "name": "login",
        "steps": [
            {"open": "/login"},
            {"fill": {"label": "Password", "secret": "password"}},
            {"click": {"role": "button", "name": "Sign in"}},
            {"see": {"role": "heading", "name": f"Orders at {seen}, 201"}, "timeout_seconds": 5},
        ],
    }


def walk(seen: str, base_url: str = f"http://localhost:{PAGES}", preview: list[dict] | None = None, **more: object) -> dict:
    """Do the login journey; it passes when the API that answered is the one of the release `seen`."""
    params = {name: spec.get("default") for name, spec in browser_journey.SPEC.items()}
    led = LEADS if preview is None else preview
    given = {"base_url": base_url, "journeys": [journey(seen)], "secrets": {"password": "open-sesame"}, "preview": led, "stage": "preview"}
    return dict(browser_journey.handle({**params, **given, **more}, False))


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Path]:
    with colour(tmp_path, "old", PAGES, API, f"http://localhost:{API}") as log:
        yield log


@contextmanager
def new(tmp_path: Path, variant: str = "", api_url: str = f"http://localhost:{API}") -> Iterator[Path]:
    with colour(tmp_path, "new", NEW_PAGES, NEW_API, api_url, variant) as log:
        yield log


def failures(result: dict) -> list[str]:
    return [text for one in result["journeys"] for text in one["failures"]]


def test_pages_and_api_are_those_of_the_new_release_with_the_cookies_and_origins_of_production(old: Path, tmp_path: Path) -> None:
    with new(tmp_path) as log:
        result = walk("new")
        assert failures(result) == []
        assert result["console_errors"] == result["failed_requests"] == result["foreign_hosts"] == []
        assert asked(old) == []
        assert f"OPTIONS /api/login host=localhost:{API} proto=" in asked(log)
        assert f"GET /login host=localhost:{PAGES} proto=" in asked(log)


def test_a_journey_that_only_the_old_release_could_pass_fails_on_the_new_one(old: Path, tmp_path: Path) -> None:
    with new(tmp_path):
        assert failures(walk("old")) != []
        assert asked(old) == []
        # The twin: without being led, the same journey is done on the release that serves, and passes.
        assert failures(walk("old", preview=[], stage="")) == []
        assert asked(old) != []


def test_a_proxy_of_the_environment_is_not_a_way_out(old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{PAGES}")
    monkeypatch.setenv("no_proxy", "")
    named = [{**lead, "public": lead["public"].replace("localhost", "shop.example")} for lead in LEADS]
    with new(tmp_path, api_url=f"http://shop.example:{API}"):
        assert failures(walk("new", f"http://shop.example:{PAGES}", named)) == []
    assert asked(old) == []


def test_a_host_that_belongs_to_nobody_is_a_finding_and_is_not_reached(old: Path, tmp_path: Path) -> None:
    with new(tmp_path, "stranger"):
        result = walk("new")
        assert failures(result) == []
        assert result["foreign_hosts"] == ["http://metrics.example"]
        count = next(fact for fact in result["measurements"] if fact["sli"] == "browser.foreign_hosts")
        assert (count["value"], count["labels"]) == (1, {"stage": "preview"})
        allowed = walk("new", allow=[{"url": "^http://metrics[.]example/", "status": 0, "why": "not needed before the switch"}])
        assert allowed["foreign_hosts"] == allowed["failed_requests"] == allowed["console_errors"] == []


def test_the_release_that_serves_is_not_reached_by_its_ip_address_either(old: Path, tmp_path: Path) -> None:
    with new(tmp_path, "address"):
        result = walk("new")
        assert result["foreign_hosts"] == [f"http://127.0.0.1:{API}"]
        assert asked(old) == []


def test_an_error_in_the_console_is_seen(old: Path, tmp_path: Path) -> None:
    with new(tmp_path, "console"):
        assert [text for text in walk("new")["console_errors"] if "something is undefined" in text]


def test_a_new_release_that_does_not_answer_fails_although_the_old_one_would(old: Path) -> None:
    result = walk("old")
    assert failures(result) != []
    assert "ERR_CONNECTION_REFUSED" in " ".join(failures(result))
    assert asked(old) == []


def test_https_addresses_are_led_through_an_end_of_tls_and_the_release_is_told_so(old: Path, tmp_path: Path) -> None:
    with new(tmp_path, api_url="https://shop.example:8443") as log:
        result = walk("new", "https://shop.example", TLS_LEADS)
        assert failures(result) == []
        assert result["console_errors"] == result["failed_requests"] == result["foreign_hosts"] == []
        assert "POST /api/login host=shop.example:8443 proto=https" in asked(log)
        assert {line.rpartition("proto=")[2] for line in asked(log)} == {"https"}
    assert asked(old) == []
