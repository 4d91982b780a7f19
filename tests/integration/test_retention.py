"""Ten releases of a tiny application on the real engine: what is removed, what a rollback still finds, and what a bad release needs."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from engine_client import docker
from staging_host import Played, run

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import InputError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.ledger.entries import Draft
from ansible_collections.proofile.stagegate.plugins.module_utils.io.ledger.ledger_file import LedgerFile
from ansible_collections.proofile.stagegate.plugins.modules import (
    compose_plan,
    compose_stack,
    edge,
    release_prune,
    release_state,
    rollback_target,
)

NAME = "sgshop"
PORT = 8907
RELEASES = [f"{number:012x}" for number in range(0x7001, 0x700B)]
KEPT = 5

# perl is in every Debian image: nothing has to be installed to answer a request.
DOCKERFILE = r"""FROM debian:bookworm-slim
ARG RELEASE
ENV RELEASE=$RELEASE
CMD ["perl", "-MIO::Socket::INET", "-e", "$SIG{TERM}=sub{exit 0};$SIG{PIPE}='IGNORE';\
my $l=IO::Socket::INET->new(LocalPort=>8000,Listen=>64,ReuseAddr=>1) or die;\
while(my $c=$l->accept){while(<$c>){last if /^\\s*$/}\
print $c \"HTTP/1.1 200 OK\\r\\nContent-Length: 12\\r\\nConnection: close\\r\\n\\r\\n$ENV{RELEASE}\";close $c}"]
"""
COMPOSE = {
    "name": "shop",
    "services": {
        "store": {
            "image": "debian:bookworm-slim",
            "init": True,
            "command": ["sleep", "infinity"],
            "volumes": ["store:/store"],
            "healthcheck": {"test": ["CMD", "true"], "interval": "1s"},
        },
        "web": {
            "image": f"{NAME}-web:${{RELEASE_TAG}}",
            "init": True,
            "ports": [f"127.0.0.1:{PORT}:8000"],
            "healthcheck": {
                "test": ["CMD", "perl", "-MIO::Socket::INET", "-e", "exit !IO::Socket::INET->new('127.0.0.1:8000')"],
                "interval": "1s",
            },
        },
    },
    "volumes": {"store": {"name": f"{NAME}-store"}},
}


def run_of(release: str, state: Path) -> dict[str, str]:
    return {
        "id": f"r-20261123T000000Z-{release}",
        "release": release,
        "commit": release + "0" * 28,
        "policy": "test",
        "policy_digest": "0" * 64,
        "state_dir": str(state),
    }


class Shop:
    """The application on this host."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.book = LedgerFile(str(self.state))

    def build(self, release: str) -> None:
        """What the build phase leaves: image, builder image, source, record."""
        context = self.folder / "context"
        context.mkdir(parents=True, exist_ok=True)
        (context / "Dockerfile").write_text(DOCKERFILE)
        tag = f"{NAME}-web:{release}"
        docker("build", "--quiet", "--build-arg", f"RELEASE={release}", "--tag", tag, str(context))
        docker("tag", tag, f"{NAME}-web-builder:{release}")
        source, record = self.state / "source" / release, self.state / "releases" / release
        source.mkdir(parents=True)
        record.mkdir(parents=True)
        (source / "docker-compose.yml").write_text(json.dumps(COMPOSE))
        (source / "payload").write_bytes(b"x" * 100_000)
        (record / "compose_variables").write_text(f"RELEASE_TAG={release}\n")
        images = {"web": {"tag": tag, "id": docker("image", "inspect", "--format", "{{.Id}}", tag)}}
        (record / "release.json").write_text(json.dumps({"release": release, "images": images}))

    def deploy(self, release: str) -> None:
        """The steps of the role, without Ansible between them."""
        colour = self.ask(release_state, release=release)["colour"]
        path = self.state / "releases" / release
        planned = {"release": release, "colour": colour, "files": ["docker-compose.yml"], "env_file": str(path / "compose_variables")}
        self.ask(compose_plan, **planned)
        started = {"project": f"{NAME}-{colour}", "file": str(path / f"{colour}.json"), "release": release, "wait_seconds": 60}
        stack = self.ask(compose_stack, **started)
        assert stack["healthy"] and stack["as_judged"], stack
        self.ask(edge, release=release, colour=colour)
        record = json.loads((path / "release.json").read_text())
        self.say(release, "deployed", images=record["images"], colour=colour)
        self.say(release, "verified")

    def say(self, release: str, state: str, **more: Any) -> None:
        body = {"release": release, "state": state, **more}
        self.book.append(run_of(release, self.state), [Draft("release", "deploy", body)])

    def ask(self, module: Any, check_mode: bool = False, **params: Any) -> dict[str, Any]:
        """Call a module as Ansible would."""
        known = {"application": NAME, "state_dir": str(self.state), **params}
        given = {name: known.get(name, option.get("default")) for name, option in module.SPEC.items()}
        return dict(module.handle(given, check_mode))

    def play(self, release: str, tasks: list[dict[str, Any]], **variables: Any) -> Played:
        """Play tasks on this host, for a run of this release."""
        settings = {
            "stagegate_application": NAME,
            "stagegate_run": run_of(release, self.state),
            "deploy_environment": {},
            "deploy_releases_kept": KEPT,
            "deploy_accept_bad_owner": "",
            "rollback_service": "",
            **variables,
        }
        (self.folder / "play.yml").write_text(
            yaml.safe_dump([{"hosts": "staging", "gather_facts": False, "vars": settings, "tasks": tasks}], sort_keys=False)
        )
        (self.folder / "hosts.yml").write_text(
            "staging: {hosts: {localhost: {ansible_connection: local, ansible_python_interpreter: '{{ ansible_playbook_python }}'}}}\n"
        )
        return run(["ansible-playbook", "-i", str(self.folder / "hosts.yml"), str(self.folder / "play.yml")], timeout=300)

    def serves(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=10) as answer:
            return str(answer.read().decode())

    def with_images(self) -> set[str]:
        """Releases of which any image is here."""
        listed = docker("image", "ls", "--format", "{{.Repository}} {{.Tag}}").splitlines()
        return {line.split()[1] for line in listed if line.startswith(f"{NAME}-")}

    def fingerprint(self) -> list[str]:
        """Containers and the colour that serves: what a refused rollback must not have touched."""
        lines = docker("ps", "-a", "--no-trunc", "--filter", f"label=stagegate.application={NAME}", "--format", "{{.ID}} {{.State}}")
        return [*sorted(lines.splitlines()), (self.state / "edge" / "active.map").read_text()]

    def remove(self) -> None:
        for part in ("edge", "blue", "green", "data"):
            for container in docker("ps", "-aq", "--filter", f"label=com.docker.compose.project={NAME}-{part}").split():
                docker("rm", "--force", "--volumes", container, check=False)
        docker("network", "rm", f"{NAME}-blue", f"{NAME}-green", check=False)
        docker("volume", "rm", f"{NAME}-store", check=False)
        for release in RELEASES:
            docker("image", "rm", "--force", f"{NAME}-web:{release}", f"{NAME}-web-builder:{release}", check=False)
        shutil.rmtree(self.state, ignore_errors=True)


def role(name: str, entry: str = "main", **variables: Any) -> dict[str, Any]:
    include = {"name": f"proofile.stagegate.{name}", "tasks_from": entry}
    return {"name": f"{name} {entry}", "ansible.builtin.include_role": include, "vars": variables}


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Iterator[Shop]:
    """Ten releases deployed one after the other; the first by the role, which makes the image of the edge, too."""
    made = Shop(tmp_path_factory.mktemp("h7"))
    made.remove()
    try:
        for release in RELEASES:
            made.build(release)
        first = made.play(RELEASES[0], [role("deploy"), role("deploy", "colour"), role("deploy", "switch")])
        assert first.rc == 0, first.output[-4000:]
        made.say(RELEASES[0], "verified")
        for release in RELEASES[1:]:
            made.deploy(release)
        yield made
    finally:
        made.remove()


def test_in_check_mode_the_removal_is_listed_and_nothing_is_gone(shop: Shop) -> None:
    found = shop.ask(release_prune, check_mode=True, count=KEPT)
    assert found["changed"]
    assert found["removed"] == RELEASES[:5]
    assert found["bytes"] > 5 * 100_000
    assert shop.with_images() == set(RELEASES)


def test_after_the_removal_of_old_releases_those_that_are_kept_can_be_rolled_back_to(shop: Shop) -> None:
    pruned = shop.play(RELEASES[9], [role("deploy", "prune"), role("deploy", "prune")])
    assert pruned.rc == 0, pruned.output[-4000:]
    assert pruned.counts()["changed"] == 1, "the second time there is nothing to remove"
    assert shop.with_images() == set(RELEASES[5:])
    for kind in ("releases", "source"):
        assert {path.name for path in (shop.state / kind).iterdir()} == set(RELEASES[5:])
    freed = [entry["body"] for entry in shop.book.entries() if entry["body"].get("sli") == "retention.freed"]
    assert freed[0]["value"] > 5 * 100_000
    assert docker("volume", "ls", "--quiet", "--filter", f"name={NAME}-store")
    assert shop.serves() == RELEASES[9]

    ordered = {"rollback_reason": "gate", "rollback_cause": "the gate of phase smoke says FAIL"}
    rolled = [role("rollback", **ordered), role("rollback", "conclude", **ordered), role("rollback", rollback_release=RELEASES[6])]
    back = shop.play(RELEASES[9], [*rolled, role("rollback", "conclude")], deploy_pruned={})
    assert back.rc == 0, back.output[-4000:]
    assert shop.serves() == RELEASES[6]
    assert shop.ask(release_state, release=RELEASES[9])["automatic_rollbacks"] == 1, "a second one would be refused by its playbook"
    assert shop.ask(release_state, release=RELEASES[8])["automatic_rollbacks"] == 0, "what people order does not count"


def test_a_target_whose_image_was_deleted_by_hand_is_refused_before_anything_is_touched(shop: Shop) -> None:
    assert shop.serves() == RELEASES[6]
    assert shop.ask(rollback_target, service="")["release"] == RELEASES[7]
    docker("image", "rm", f"{NAME}-web:{RELEASES[7]}", f"{NAME}-web-builder:{RELEASES[7]}")
    before = shop.fingerprint()
    with pytest.raises(InputError) as refused:
        shop.ask(rollback_target, service="")
    assert "the image of web is gone" in refused.value.where
    assert RELEASES[5] in refused.value.todo
    assert RELEASES[7] not in refused.value.todo
    assert shop.fingerprint() == before
    assert shop.serves() == RELEASES[6]


def test_a_target_whose_tag_names_another_image_is_refused(shop: Shop) -> None:
    tag = f"{NAME}-web:{RELEASES[5]}"
    right = docker("image", "inspect", "--format", "{{.Id}}", tag)
    docker("tag", f"{NAME}-web:{RELEASES[6]}", tag)
    with pytest.raises(InputError, match="does not name the image of web any more"):
        shop.ask(rollback_target, service="", release=RELEASES[5])
    docker("tag", right, tag)
    assert shop.ask(rollback_target, service="", release=RELEASES[5])["release"] == RELEASES[5]


def refused(message: str, **variables: Any) -> dict[str, Any]:
    """A task that prepares a deployment, which must be refused with this message."""
    return {
        "name": message,
        "block": [role("deploy", **variables), {"ansible.builtin.set_fact": {"taken": True}}],
        "rescue": [{"ansible.builtin.assert": {"that": f"'{message}' in ansible_failed_result.msg | string"}}],
    }


def test_a_bad_release_is_taken_only_with_a_reason_and_an_owner_which_the_ledger_keeps(shop: Shop) -> None:
    bad, owner, reason = RELEASES[9], "Olga Operations", "the cause was the database"
    tasks = [
        refused("was found bad on this host"),
        refused("accepted without a reason", deploy_accept_bad=True, deploy_accept_bad_owner=owner),
        refused("accepted without an owner", deploy_accept_bad=True, deploy_accept_bad_reason=reason),
        {"ansible.builtin.assert": {"that": "taken is not defined"}},
        role("deploy", deploy_accept_bad=True, deploy_accept_bad_reason=reason, deploy_accept_bad_owner=owner),
    ]
    played = shop.play(bad, tasks)
    assert played.rc == 0, played.output[-4000:]
    waivers = [entry["body"] for entry in shop.book.entries() if entry["body"].get("event") == "bad_release_accepted"]
    assert waivers == [{"event": "bad_release_accepted", "release": bad, "owner": owner, "reason": reason}]
