# Copyright (c) 2026, the proofile.stagegate authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bringing projects up and switching the edge, against an engine that answers from a script."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.proofile.stagegate.plugins.module_utils.core.errors import CommandError, ServiceError
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.compose_plan import Route
from ansible_collections.proofile.stagegate.plugins.module_utils.core.release.edge_config import Server
from ansible_collections.proofile.stagegate.plugins.module_utils.io.edge.edge_socket import EdgeSocket
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.compose_stack import ComposeStack
from ansible_collections.proofile.stagegate.plugins.module_utils.io.engine.docker_cli import Engine
from ansible_collections.proofile.stagegate.plugins.module_utils.io.release.deploy_lock import deploy_lock
from ansible_collections.proofile.stagegate.plugins.module_utils.io.system.command import Completed


class Clock:
    """Time passes when somebody sleeps, and a little with every look."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class FakeEngine:
    """Plays `docker`: one service `web`, whose health follows `health` (the last word stays)."""

    def __init__(self, health: Sequence[str], running: bool = False, image: str = "sha256:one", up_rc: int = 0) -> None:
        self.health = list(health)
        self.running = running
        self.image = image
        self.tag_is = "sha256:one"
        self.up_rc = up_rc
        self.mute = False
        self.calls: list[Sequence[str]] = []
        self.started = 0

    def __call__(self, argv: Sequence[str], **_options: Any) -> Completed:
        self.calls.append(argv)
        words = " ".join(argv)
        if words.startswith("docker ps"):
            return self._said(argv, "c1\n" if self.running else "")
        if words.startswith("docker inspect"):
            return self._said(argv, json.dumps([self._inspected()]))
        if words.startswith("docker image inspect"):
            return self._said(argv, self.tag_is + "\n")
        if "config --hash" in words:
            return self._said(argv, "web abc\n")
        if " up " in words:
            self.running, self.image, self.started = True, self.tag_is, self.started + 1
            return Completed(tuple(argv), self.up_rc, "", "dependency failed to start" if self.up_rc else "")
        if words.startswith("docker logs"):
            if self.mute:
                return Completed(tuple(argv), 1, "", "configured logging driver does not support reading")
            return self._said(argv, "cannot reach postgres://app:hunter2@db\n")
        return self._said(argv, "")

    def ups(self) -> int:
        return sum(" up " in " ".join(argv) for argv in self.calls)

    def _inspected(self) -> dict[str, Any]:
        status = self.health.pop(0) if len(self.health) > 1 else self.health[0]
        labels = {
            "com.docker.compose.project": "app-blue",
            "com.docker.compose.service": "web",
            "com.docker.compose.config-hash": "abc",
        }
        state = {"Status": "running", "StartedAt": str(self.started), "Health": {"Status": status}}
        if not status:
            del state["Health"]
        return {"Id": "c1", "Name": "/web", "Image": self.image, "State": state, "Config": {"Labels": labels}}

    @staticmethod
    def _said(argv: Sequence[str], text: str) -> Completed:
        return Completed(tuple(argv), 0, text, "")


@pytest.fixture
def plan_file(tmp_path: pathlib.Path) -> str:
    path = tmp_path / "blue.json"
    path.write_text(json.dumps({"services": {"web": {"image": "web:1", "pull_policy": "never"}}}))
    return str(path)


def stack(plan_file: str, engine: FakeEngine, **options: Any) -> ComposeStack:
    clock = Clock()
    return ComposeStack("app-blue", plan_file, Engine(engine), clock, clock.sleep, **options)


def test_a_service_is_waited_for_until_it_is_healthy(plan_file: str) -> None:
    engine = FakeEngine(["starting", "starting", "starting", "healthy"])
    outcome = stack(plan_file, engine).up(60)
    assert outcome.healthy
    assert outcome.changed
    assert engine.ups() == 1


def test_a_log_that_cannot_be_read_is_no_empty_log(plan_file: str) -> None:
    engine = FakeEngine(["unhealthy"])
    engine.mute = True
    with pytest.raises(CommandError, match=r"the log of web cannot be read.*does not support reading"):
        Engine(engine).logs("web")
    (_condition, told) = stack(plan_file, engine).up(5).troubles
    assert told.startswith("  log: the log of web cannot be read")


def test_what_stands_as_planned_is_left_alone(plan_file: str) -> None:
    engine = FakeEngine(["healthy"], running=True)
    outcome = stack(plan_file, engine).up(60)
    assert not outcome.changed
    assert engine.ups() == 0


@pytest.mark.parametrize(("running", "image", "asked"), [(True, "sha256:one", 0), (True, "sha256:old", 1), (False, "sha256:one", 1)])
def test_who_is_on_a_project_is_asked_before_it_is_changed_and_only_then(plan_file: str, running: bool, image: str, asked: int) -> None:
    engine = FakeEngine(["healthy"], running=running, image=image)
    ups: list[int] = []
    stack(plan_file, engine).up(60, lambda: ups.append(engine.ups()))
    assert ups == [0] * asked
    assert engine.ups() == asked


@pytest.mark.parametrize("running", [True, False])
def test_who_is_on_a_project_is_asked_before_it_is_removed(plan_file: str, running: bool) -> None:
    engine = FakeEngine(["healthy"], running=running)
    downs: list[bool] = []
    assert stack(plan_file, engine).down(lambda: downs.append(any("down" in argv for argv in engine.calls))) is running
    assert downs == [False] * running


def test_a_rebuilt_image_replaces_a_container(plan_file: str) -> None:
    engine = FakeEngine(["healthy"], running=True, image="sha256:old")
    assert stack(plan_file, engine).differing() == ["web"]


def test_a_rebuilt_image_does_not_stop_a_database(plan_file: str) -> None:
    engine = FakeEngine(["healthy"], running=True, image="sha256:old")
    assert stack(plan_file, engine, keep_images=True).differing() == []


def test_a_service_that_never_becomes_healthy_is_told_with_the_end_of_its_log_and_without_secrets(plan_file: str) -> None:
    outcome = stack(plan_file, FakeEngine(["unhealthy"])).up(5)
    assert outcome.unhealthy == ("web",)
    assert outcome.troubles[0] == "web: running, unhealthy"
    assert "cannot reach" in outcome.troubles[1]
    assert "hunter2" not in str(outcome.troubles)


def test_a_service_that_was_unhealthy_once_may_still_come_up_before_the_deadline(plan_file: str) -> None:
    outcome = stack(plan_file, FakeEngine(["unhealthy", "unhealthy", "unhealthy", "healthy"], up_rc=1)).up(60)
    assert outcome.healthy


def test_a_service_without_a_healthcheck_is_given_up_at_once(plan_file: str) -> None:
    outcome = stack(plan_file, FakeEngine([""])).up(60)
    assert outcome.unhealthy == ("web",)
    assert outcome.troubles[0] == "web: running, no healthcheck"


def test_one_healthy_container_does_not_speak_for_another_of_the_same_service(plan_file: str) -> None:
    class TwoOfThem(FakeEngine):
        def __call__(self, argv: Sequence[str], **options: Any) -> Completed:
            if " ".join(argv).startswith("docker ps") and self.running:
                return self._said(argv, "c1\nc2\n")
            if " ".join(argv).startswith("docker inspect"):
                first, second = self._inspected(), self._inspected()
                second["State"]["Health"] = {"Status": self.second}
                return self._said(argv, json.dumps([second, {**first, "Id": "c2"}]))
            return super().__call__(argv, **options)

    for state, troubles in (("healthy", ()), ("unhealthy", ("web: running, unhealthy",))):
        engine = TwoOfThem(["healthy"])
        engine.second = state
        assert stack(plan_file, engine).up(5).troubles[:1] == troubles


def test_a_plan_without_services_is_not_healthy(tmp_path: pathlib.Path) -> None:
    (tmp_path / "empty.json").write_text('{"services": {}}')
    assert not stack(str(tmp_path / "empty.json"), FakeEngine(["healthy"])).up(5).healthy


class Networks(FakeEngine):
    """An engine on which some networks are."""

    def __init__(self, *there: str, running: bool = False) -> None:
        super().__init__(["healthy"], running=running)
        self.there = set(there)

    def __call__(self, argv: Sequence[str], **options: Any) -> Completed:
        if list(argv[1:3]) == ["network", "inspect"]:
            self.calls.append(argv)
            return Completed(tuple(argv), 0 if argv[3] in self.there else 1, "", "")
        if list(argv[1:3]) == ["network", "create"]:
            self.there.add(argv[-1])
        return super().__call__(argv, **options)


NO_SERVICES = {"name": "shop-data", "networks": {"blue": {"name": "shop-blue"}, "own": {"name": "their", "external": True}}}


def test_a_plan_without_services_is_its_networks_and_compose_is_not_asked(tmp_path: pathlib.Path) -> None:
    (tmp_path / "data.json").write_text(json.dumps(NO_SERVICES))
    engine = Networks()
    made, again = (ComposeStack("shop-data", str(tmp_path / "data.json"), Engine(engine)).up(5) for _ in range(2))
    assert (made.changed, again.changed, made.troubles, made.unhealthy) == (True, False, (), ())
    assert engine.there == {"shop-blue"}
    (create,) = [argv for argv in engine.calls if "create" in argv]
    assert {"com.docker.compose.project=shop-data", "com.docker.compose.network=blue"} <= set(create)
    assert not [argv for argv in engine.calls if "compose" in argv]


def test_what_stands_in_a_plan_without_services_is_told_and_not_removed(tmp_path: pathlib.Path) -> None:
    (tmp_path / "data.json").write_text(json.dumps(NO_SERVICES))
    engine = Networks("shop-blue", running=True)
    made = ComposeStack("shop-data", str(tmp_path / "data.json"), Engine(engine))
    assert made.differing() == ["web"]
    outcome = made.up(5)
    assert "web is not planned any more" in outcome.troubles[0]
    assert not outcome.healthy
    assert outcome.unhealthy == ("web",)
    assert engine.running


def test_an_image_that_is_not_there_is_refused_before_anything_is_started(plan_file: str) -> None:
    engine = FakeEngine(["healthy"])
    engine.tag_is = ""
    with pytest.raises(CommandError, match=r"image web:1 is not on this host.*run the build phase"):
        stack(plan_file, engine).up(5)
    assert engine.ups() == 0


def test_the_second_of_two_deployments_is_told_who_the_first_is(tmp_path: pathlib.Path) -> None:
    second = deploy_lock(str(tmp_path), "switching to green")
    with (
        deploy_lock(str(tmp_path), "switching to blue"),
        pytest.raises(CommandError, match=r"another deployment.*switching to blue \(pid"),
        second,
    ):
        pass


def test_the_lock_is_free_again_afterwards(tmp_path: pathlib.Path) -> None:
    for _ in range(2):
        with deploy_lock(str(tmp_path), "switching"):
            pass


class FakeEdge:
    """Plays the runtime socket: a map that a command changes, unless it is deaf."""

    def __init__(self, colour: str, deaf: bool = False, status: str = "UP", behind: int = 0) -> None:
        self.colour = colour
        self.behind = behind
        self.deaf = deaf
        self.status = status

    def __call__(self, argv: Sequence[str], stdin: str = "", **_options: Any) -> Completed:
        words = " ".join(argv)
        text = ""
        if words.startswith("docker ps"):
            text = "e1"
        elif words.startswith("docker inspect"):
            # The same container for every question: it is the edge, and the service that the edge leads to.
            labels = {"com.docker.compose.project": "app-edge", "com.docker.compose.service": "web"}
            said = {"Id": "e1", "Name": "/app-edge-edge-1", "State": {"Status": "running"}, "Config": {"Labels": labels}}
            text = json.dumps([{**said, "NetworkSettings": {"Networks": {"app": {"IPAddress": self.address()}}}}])
        text += "\n".join(self._answer(line) for line in stdin.strip().split(";"))
        return Completed(tuple(argv), 0, text, "")

    def address(self) -> str:
        """Where the container is, since it was replaced."""
        return "10.0.0.9"

    def looked_up(self) -> str:
        """Where the edge believes it: for the first `behind` questions where the one before was."""
        self.behind -= 1
        return "10.0.0.5" if self.behind >= 0 else self.address()

    def _answer(self, line: str) -> str:
        if line.startswith("set map") and not self.deaf:
            self.colour = line.split()[-1]
        if line == "show stat":
            return f"# pxname,svname,status,addr\nweb_80_green,app,{self.status},{self.looked_up()}:80\n"
        return f"0x1 app {self.colour}\n" if line.startswith("show map") else {"show info": "description: d1\n"}.get(line, "")


def edge(fake: FakeEdge) -> EdgeSocket:
    clock = Clock()
    return EdgeSocket("app", Engine(fake), clock, clock.sleep)


def test_the_switch_is_read_back_and_timed() -> None:
    socket = edge(FakeEdge("blue"))
    assert socket.set_colour("green") > 0
    assert socket.live_colour() == "green"


def test_a_switch_that_the_edge_does_not_confirm_is_a_failure() -> None:
    with pytest.raises(ServiceError, match="the edge did not switch"):
        edge(FakeEdge("blue", deaf=True)).set_colour("green")


def test_a_colour_that_the_edge_does_not_reach_is_named_after_the_deadline() -> None:
    routes = [Route("web", 80, 8000)]
    assert edge(FakeEdge("blue", status="DOWN")).wait_until_reached(routes, "green", 2) == ["web: DOWN"]
    assert edge(FakeEdge("blue")).wait_until_reached(routes, "green", 2) == []


def test_an_edge_that_has_not_noticed_yet_that_the_container_was_replaced_is_waited_for() -> None:
    routes = [Route("web", 80, 8000)]
    fake = FakeEdge("blue", behind=3)
    assert edge(fake).wait_until_reached(routes, "green", 60) == []
    assert fake.behind == -1
    (told,) = edge(FakeEdge("blue", behind=1000)).wait_until_reached(routes, "green", 2)
    assert "still sends to 10.0.0.5" in told


def test_one_look_at_the_edge_tells_configuration_colour_and_servers() -> None:
    seen = edge(FakeEdge("blue", status="DOWN")).look()
    assert (seen.digest, seen.colour, seen.servers) == ("d1", "blue", {"web_80_green": Server("DOWN", "10.0.0.9")})
