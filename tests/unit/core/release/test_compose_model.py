"""Which services are the release, and whether the image that was judged is what they run."""

from __future__ import annotations

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import EvidenceError, InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.compose_model import build_argv, builds, examine, read_model

RELEASE = "1a2b3c4d5e6f"
GOOD = {
    "build": {"context": "/src/api", "dockerfile": "Dockerfile", "target": "production", "args": {"B": "$$x", "A": "1"}},
    "image": f"api:{RELEASE}",
    "healthcheck": {"test": ["CMD", "true"]},
}


def _report(service: dict[str, object], dockerfile: str = "") -> object:
    return examine({"services": {"api": service}}, "/src", {"api": dockerfile})


def test_a_production_service_has_no_fault() -> None:
    report = _report(GOOD)
    assert (report.release_services, report.source_mounts, report.development, report.without_healthcheck) == (
        ("api",),
        {},
        {},
        (),
    )


@pytest.mark.parametrize("source", ["/src", "/src/api", "/src/../src/api"])
def test_a_mount_of_the_source_tree_is_seen(source: str) -> None:
    report = _report({**GOOD, "volumes": [{"type": "bind", "source": source, "target": "/app"}]})
    assert "api" in report.source_mounts


def test_a_mount_from_elsewhere_is_no_source_mount() -> None:
    assert not _report({**GOOD, "volumes": [{"type": "bind", "source": "/srcs/x", "target": "/x"}]}).source_mounts


@pytest.mark.parametrize("target", ["development", "dev", "debug", "Dev-tools"])
def test_a_development_target_is_seen(target: str) -> None:
    assert _report({**GOOD, "build": {**GOOD["build"], "target": target}}).development


def test_without_a_target_the_last_stage_counts() -> None:
    service = {**GOOD, "build": {"context": "/src/api"}}
    assert _report(service, "FROM a AS production\nFROM b AS development\n").development
    assert not _report(service, "FROM a AS development\nFROM b AS production\n").development


@pytest.mark.parametrize("command", [["npm", "run", "dev"], "uvicorn app:app --reload", ["python", "manage.py", "runserver"]])
def test_a_development_command_is_seen(command: object) -> None:
    assert _report({**GOOD, "command": command}).development


@pytest.mark.parametrize("check", [None, {"disable": True}, {"test": ["NONE"]}])
def test_a_service_without_healthcheck_is_seen(check: object) -> None:
    assert _report({**GOOD, "healthcheck": check}).without_healthcheck == ("api",)


def test_a_healthcheck_of_the_image_counts() -> None:
    assert not _report({**GOOD, "healthcheck": None}, "FROM a\nHEALTHCHECK CMD true\n").without_healthcheck


def test_a_service_that_keeps_state_is_not_the_release() -> None:
    database = {**GOOD, "image": "db:15", "volumes": [{"type": "volume", "source": "data", "target": "/data"}]}
    assert _report(database).release_services == ()
    assert builds({"services": {"db": database}}, RELEASE)[0].image == "db:15"


def test_an_image_that_does_not_carry_the_release_is_refused() -> None:
    with pytest.raises(InputError, match="does not carry the release"):
        builds({"services": {"api": {**GOOD, "image": "api:latest"}}}, RELEASE)


def test_the_build_command_holds_arguments_secrets_and_target() -> None:
    service = {**GOOD, "build": {**GOOD["build"], "secrets": [{"source": "ca", "target": "build_ca"}]}}
    (build,) = builds({"services": {"api": service}, "secrets": {"ca": {"file": "/s/ca"}}}, RELEASE)
    argv = build_argv(build, "builder", "api-builder:1", "/tmp/id", "builder")
    assert argv == [
        *("docker buildx build --progress=plain --load --iidfile /tmp/id --tag api-builder:1").split(),
        *("--file /src/api/Dockerfile --target builder --no-cache-filter builder").split(),
        *("--build-arg A=1 --build-arg B=$x --secret id=build_ca,src=/s/ca /src/api").split(),
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"services": []}', "[" * 100_000])
def test_a_text_that_is_no_model_is_refused(text: str) -> None:
    with pytest.raises(EvidenceError):
        read_model(text)
