# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The fail-open register, 19 to 23: where well-known deployers take "it was started" for "it works", ours does not (docs/fail_open.md).

The modules run as they are; what they ask is an engine that answers with the recorded `docker inspect`. Their measurements go through a
real ledger to criteria of the staging policy.
"""

from __future__ import annotations

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.measurement import measurement
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release import compose_model
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.compose_stack import ComposeStack
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.docker_cli import Engine
from ansible_collections.proofile.stagegate.plugins.modules import compose_stack, health_probe, preflight, rollback_target

RECORDED = Path(__file__).resolve().parents[2] / "fixtures/release/inspect_backend.json"
IMAGE_ID = json.loads(RECORDED.read_text())["Image"]
RELEASE = "1a2b3c4d5e6f"
HEALTHY = {"Health": {"Status": "healthy", "Log": []}}
STARTING = {"Health": {"Status": "starting", "Log": []}}
UNHEALTHY = {"Health": {"Status": "unhealthy", "Log": [{"ExitCode": 1, "Output": "connection refused"}]}}
UNCHECKED = {"Health": None}
ENDED = {"Health": None, "Status": "exited", "ExitCode": 1}
PLANNED = {"services": {"backend": {"image": f"app-backend:{RELEASE}", "pull_policy": "never"}}}


@pytest.fixture
def started(monkeypatch: Any, host: Any, train_on: Any, policy_gate: Any, play_engine: Any, clock: Any) -> Any:
    """Give what starts a release in its colour, records what was found and asks the gate; services are given by their courses."""

    def start(backend: list[Any], database: list[Any] | None = None, **options: Any) -> Any:
        state_dir = host.state_dir()
        train = train_on(state_dir, {"deploy": policy_gate("deploy.services", "deploy.judged_images")}).start("deploy")
        folder = state_dir / "releases" / RELEASE
        folder.mkdir(parents=True)
        (folder / "release.json").write_text(json.dumps({"images": {"backend": {"id": IMAGE_ID}}}))
        (folder / "blue.json").write_text(json.dumps(PLANNED))
        player = play_engine({("app-blue", "backend"): backend, ("app-data", "postgres"): database or [HEALTHY]})
        monkeypatch.setattr(compose_stack, "Engine", lambda: Engine(player))
        monkeypatch.setattr(compose_stack, "ComposeStack", functools.partial(ComposeStack, clock=clock, sleep=clock.sleep))
        given = {
            "application": "app",
            "state_dir": str(state_dir),
            "project": "app-blue",
            "file": str(folder / "blue.json"),
            "release": RELEASE,
        }
        defaults = {name: option.get("default") for name, option in compose_stack.SPEC.items()}
        found = compose_stack.handle({**defaults, **given, **options}, False)
        return found["healthy"], train.record("deploy", *found["measurements"]).judge("deploy")

    return start


def without_healthcheck(count: int) -> dict[str, Any]:
    """The compose model of two services of the release, of which `count` have no healthcheck; as preflight measures it."""
    services = {
        name: {"build": {"context": f"/src/{name}"}, "image": f"{name}:{RELEASE}", "healthcheck": {"test": ["CMD", "true"]}}
        for name in ("backend", "frontend")
    }
    for name in sorted(services)[:count]:
        services[name]["healthcheck"] = {"test": ["NONE"]}
    report = compose_model.examine({"services": services}, "/src", {})
    return dict(preflight.count("compose.services_without_healthcheck", report.without_healthcheck, "docker compose config"))


def test_fail_open_19_no_healthcheck_or_an_unhealthy_first_start(
    host: Any, train_on: Any, policy_gate: Any, refusing: Any, started: Any
) -> None:
    gates = {"preflight": policy_gate("preflight.healthchecks"), "deploy": {**policy_gate("deploy.services"), "requires": ["preflight"]}}
    for count, verdict, may_deploy in ((0, "GO", True), (1, "HOLD", False), (2, "HOLD", False)):
        train = train_on(host.state_dir(), gates).start("preflight").record("preflight", without_healthcheck(count))
        assert train.judge("preflight").verdict == verdict
        begun = refusing(lambda train=train: train.start("deploy").judge("deploy"))
        assert (begun.verdict != "REFUSED") == may_deploy
    healthy, said = started([STARTING, HEALTHY])
    assert (healthy, said.verdict) == (True, "GO")
    healthy, said = started([STARTING, UNHEALTHY])
    assert (healthy, said.verdict) == (False, "FAIL")


def test_a_model_without_services_of_the_release_is_not_one_in_which_all_are_checked(host: Any, train_on: Any, policy_gate: Any) -> None:
    gates = {"preflight": policy_gate("preflight.release_services", "preflight.healthchecks")}
    for services, verdict in (({"web": {"build": {"context": "."}, "healthcheck": {"test": ["CMD", "true"]}}}, "GO"), ({}, "FAIL")):
        report = compose_model.examine({"services": services}, "/src", {})
        facts = (
            dict(preflight.count("compose.release_services", report.release_services, "docker compose config")),
            dict(preflight.count("compose.services_without_healthcheck", report.without_healthcheck, "docker compose config")),
        )
        assert train_on(host.state_dir(), gates).start("preflight").record("preflight", *facts).judge("preflight").verdict == verdict


class Answers(http.server.BaseHTTPRequestHandler):
    """A release that answers."""

    def do_GET(self) -> None:
        """Say that all is well."""
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """Nothing is logged."""


@pytest.fixture(scope="module")
def release_url() -> Iterator[str]:
    """Give the address of a release that answers every GET."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_fail_open_20_no_checks_and_alive_for_a_while(
    host: Any, train_on: Any, policy_gate: Any, refusing: Any, started: Any, release_url: str
) -> None:
    def asked(checks: Any) -> Any:
        train = train_on(host.state_dir(), {"deploy": policy_gate("deploy.services", "deploy.backend")}).start("deploy")
        train.record("deploy", measurement("service.unhealthy", 0, "count"))
        if checks is not None:
            timing = {"timeout_seconds": 0.2, "interval_seconds": 0.1, "request_timeout_seconds": 1}
            train.record(
                "deploy",
                *health_probe.handle({"checks": checks, "components": [], "secrets": {}, "stage": "public", **timing}, False)[
                    "measurements"
                ],
            )
        return train.judge("deploy")

    check = {"component": "backend", "kind": "http", "url": f"{release_url}/health"}
    assert asked([check]).verdict == "GO"
    assert asked(None)[:2] == ("HOLD", ("PASS", "INCONCLUSIVE(no_data)")), "it runs, and nobody asked it anything"
    assert refusing(lambda: asked([])).verdict == "REFUSED", "an empty list of checks proves nothing"
    assert asked([{**check, "status": 204}]).verdict == "FAIL"
    healthy, said = started([UNCHECKED, ENDED])
    assert (healthy, said.verdict) == (False, "FAIL"), "alive for a moment, and gone at the second look"
    healthy, said = started([UNCHECKED])
    assert (healthy, said.verdict) == (False, "FAIL"), "alive for ever, and nothing checks it"


def test_fail_open_21_running_is_enough_for_some_services(started: Any) -> None:
    assert started([HEALTHY], database=[HEALTHY])[1].verdict == "GO"
    for role in ("backend", "database"):
        for course in (STARTING, UNHEALTHY, UNCHECKED, {"Status": "restarting", "Health": None}, {"Status": "paused", "Health": None}):
            both = {"backend": [HEALTHY], "database": [HEALTHY], role: [course]}
            _healthy, said = started(both["backend"], both["database"])
            assert said.verdict == "FAIL", (role, course)


def test_fail_open_22_a_rollback_to_a_version_that_is_not_there(
    monkeypatch: Any, host: Any, train_on: Any, refusing: Any, play_engine: Any
) -> None:
    state_dir = host.state_dir()
    train = train_on(state_dir, {"soak": {"criteria": [{"id": "soak.cpu", "sli": "host.cpu", "pass": "< 70 pct"}]}})
    for release, image in (("b" * 12, "sha256:gone"), ("a" * 12, IMAGE_ID)):
        images = {"images": {"backend": {"id": image}}}
        (state_dir / "releases" / release).mkdir(parents=True)
        (state_dir / "releases" / release / "release.json").write_text(json.dumps(images))
        (state_dir / "releases" / release / "model.json").write_text("{}")
        bodies = [{"release": release, "state": state, **images} for state in ("deployed", "verified")]
        train.record("deploy", entries=[{"kind": "release", "body": body} for body in bodies])
    player = play_engine({("app-data", "postgres"): [HEALTHY]}, images={IMAGE_ID})
    monkeypatch.setattr(rollback_target, "Engine", lambda: Engine(player))

    def back_to(release: str) -> Any:
        given = {"application": "app", "state_dir": str(state_dir), "release": release, "service": ""}
        return rollback_target.handle(given, False)["release"]

    assert back_to("a" * 12) == back_to("") == "a" * 12
    for release, why in (
        ("0" * 12, "is unknown"),
        ("b" * 12, "not on this host any more"),
        ("a" * 11, "is unknown"),
        ("latest", "is unknown"),
    ):
        said = refusing(lambda release=release: back_to(release))
        assert said.verdict == "REFUSED", release
        assert why in said.why and "what to do" in said.why


def test_fail_open_23_nobody_says_that_it_should_wait(started: Any) -> None:
    assert "wait" not in compose_stack.SPEC, "there is nothing to leave out"
    assert started([STARTING, STARTING, STARTING, HEALTHY])[1].verdict == "GO"
    for seconds in (120, 1, 0):
        healthy, said = started([STARTING], wait_seconds=seconds)
        assert (healthy, said.verdict) == (False, "FAIL"), seconds
