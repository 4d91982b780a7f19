"""Deployments and rollbacks under load: the release engine beside what teams on plain compose hosts do, in one run.

Every action runs under 200 requests a second on new connections and eight clients that keep theirs (steady_load.py); the application
is tests/integration/loaded_app, two services that take two seconds to boot.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .measure import ROOT, Row, run, spread

sys.path[:0] = [str(ROOT / "collections"), str(ROOT / "tests/integration")]

from engine_client import docker
from loaded_release import LoadedApp, load

from .release_peers import PlainStack, RolloutStack

ROUNDS = 3
BOOT_SECONDS = "2"
PORTS = {"engine": 8660, "playbook": 8663, "plain": 8666, "rollout": 8669}


@dataclass(frozen=True)
class Action:
    """What one deployment or rollback cost: wall time, time until the release wanted answered, and what became of the requests."""

    seconds: float
    serving: float
    requests: int
    failed: int
    gap: float


@dataclass
class Figures:
    """Actions by name, in the order of their first run."""

    actions: dict[str, list[Action]] = field(default_factory=dict)

    def add(self, name: str, url: str, wanted: str, act: Callable[[], Any]) -> None:
        """Do it under load."""
        self.actions.setdefault(name, []).append(measured(url, wanted, act))
        print(f"{name}: {self.actions[name][-1]}", file=sys.stderr, flush=True)

    def seconds(self, name: str) -> list[float]:
        """Wall times."""
        return [action.seconds for action in self.actions[name]]

    def row(self, name: str, target: str = "", serving: bool = False) -> Row:
        """A line for the page."""
        actions = self.actions[name]
        times = spread([action.serving if serving else action.seconds for action in actions], " s")
        failed, requests = sum(action.failed for action in actions), sum(action.requests for action in actions)
        gap = statistics.median(action.gap for action in actions)
        lost = f"{failed} of {requests:,} requests failed" + (f", {gap:.1f} s without an answer" if failed else "")
        return Row(name, f"{times}; {lost}", target)

    def ratio(self, what: str, names: Sequence[str], target: str = "") -> Row:
        """One wall time over another, round by round."""
        one, other = (self.seconds(name) for name in names)
        return Row(what, spread([mine / theirs for mine, theirs in zip(one, other)], "x"), target)


def measured(url: str, wanted: str, act: Callable[[], Any]) -> Action:
    """Do something under load, and look when `wanted` answers for the first time."""
    found: list[float] = []
    done = threading.Event()
    with load(url) as told:
        begun = time.monotonic()
        watcher = threading.Thread(target=_watch, args=(url, wanted, found, done))
        watcher.start()
        act()
        seconds = time.monotonic() - begun
        watcher.join(30)
        done.set()
    if not found:
        raise SystemExit(f"{wanted} does not answer at {url}")
    return Action(seconds, found[0] - begun, told["requests"], len(told["failed"]), told["longest_gap"])


def _watch(url: str, wanted: str, found: list[float], done: threading.Event) -> None:
    while not done.wait(0.02):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - an address of ours
                if answer.read().decode() == wanted:
                    found.append(time.monotonic())
                    return
        except OSError:
            continue


def rows() -> list[Row]:
    """All of them in turn, so that what the machine does besides hits each."""
    with tempfile.TemporaryDirectory(prefix="stagegate-bench-") as folder:
        ours = LoadedApp("sgbench", PORTS["engine"], Path(folder, "engine"))
        played = Played(LoadedApp("sgplay", PORTS["playbook"], Path(folder, "playbook")), Path(folder))
        plain = PlainStack("sgplain", PORTS["plain"], Path(folder, "plain"))
        rollout = RolloutStack("sgrollout", PORTS["rollout"], Path(folder, "rollout"))
        everybody = (ours, played.app, plain, rollout)
        figures = Figures()
        try:
            for one in everybody:
                one.remove()
            ours.build()
            played.app.build()
            ours.deploy("0" * 12, BOOT_SECONDS=BOOT_SECONDS)
            played.deploy("0" * 12)
            plain.begin("0" * 12)
            rollout.begin("0" * 12)
            for number in range(1, ROUNDS + 1):
                release = f"{number:012x}"
                earlier = f"{number - 1:012x}"
                _engine(figures, ours, release, earlier)
                _playbooks(figures, played, release, earlier)
                _plain(figures, plain, release, earlier)
                _rollout(figures, rollout, release, earlier)
        finally:
            for one in everybody:
                one.remove()
    return _table(figures)


def _engine(figures: Figures, app: LoadedApp, release: str, earlier: str) -> None:
    """The steps of the modules in one process: what the engine itself costs."""
    boot = {"BOOT_SECONDS": BOOT_SECONDS}
    started: list[Any] = []
    figures.add("deployment, engine alone", app.url, release, lambda: started.append(app.deploy(release, **boot)))
    begun = time.monotonic()
    again = app.start(release, **boot)
    app.switch(release, again.colour)
    repeated = time.monotonic() - begun
    figures.actions.setdefault("the same again, engine alone", []).append(Action(repeated, 0.0, 0, 0, 0.0))
    back = "blue" if started[0].colour == "green" else "green"
    figures.add("rollback, colour kept", app.url, earlier, lambda: app.switch(earlier, back))
    app.switch(release, started[0].colour)
    containers = docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={app.name}-{back}").split()
    docker("rm", "--force", *containers)
    figures.add("rollback, colour gone, images kept", app.url, earlier, lambda: app.deploy(earlier, **boot))
    app.switch(release, started[0].colour)


def _playbooks(figures: Figures, played: Played, release: str, earlier: str) -> None:
    figures.add("deployment by playbook (roles `deploy`: prepare, start, switch)", played.app.url, release, lambda: played.deploy(release))
    name = "rollback by playbook (role `rollback`), colour kept"
    figures.add(name, played.app.url, earlier, lambda: played.roll_back(release, earlier))
    played.app.switch(release, played.colour_of(release))


def _plain(figures: Figures, stack: PlainStack, release: str, earlier: str) -> None:
    figures.add("`docker compose up -d --wait`, deployment", stack.url, release, lambda: stack.up(release))
    begun = time.monotonic()
    stack.up(release)
    repeated = time.monotonic() - begun
    figures.actions.setdefault("`docker compose up -d --wait`, the same again", []).append(Action(repeated, 0.0, 0, 0, 0.0))
    figures.add("`docker compose up -d --wait`, rollback", stack.url, earlier, lambda: stack.up(earlier))
    stack.up(release)
    figures.add("the plan's rollback: checkout, down, build, up -d", stack.url, earlier, lambda: stack.plan_rollback(earlier))
    stack.up(release)


def _rollout(figures: Figures, stack: RolloutStack, release: str, earlier: str) -> None:
    figures.add("docker-rollout's steps, deployment", stack.url, release, lambda: stack.roll(release))
    figures.add("docker-rollout's steps, rollback", stack.url, earlier, lambda: stack.roll(earlier))
    stack.roll(release)


def _table(figures: Figures) -> list[Row]:
    compose = "`docker compose up -d --wait`"
    return [
        figures.row("deployment, engine alone", "0 failed"),
        figures.row("deployment by playbook (roles `deploy`: prepare, start, switch)", "0 failed"),
        figures.row(f"{compose}, deployment"),
        figures.row("docker-rollout's steps, deployment"),
        figures.ratio(f"deployment, engine alone, over {compose}", ("deployment, engine alone", f"{compose}, deployment"), "< 1.5x"),
        figures.ratio(
            f"deployment by playbook over {compose}",
            ("deployment by playbook (roles `deploy`: prepare, start, switch)", f"{compose}, deployment"),
            "< 1.5x",
        ),
        Row("the same release again, engine alone", spread(figures.seconds("the same again, engine alone"), " s")),
        Row(f"{compose}, the same again", spread(figures.seconds(f"{compose}, the same again"), " s")),
        figures.row("rollback, colour kept", "< 1 s, 0 failed", serving=True),
        figures.row("rollback by playbook (role `rollback`), colour kept", "0 failed", serving=True),
        figures.row("rollback, colour gone, images kept", "0 failed", serving=True),
        figures.row(f"{compose}, rollback", serving=True),
        figures.row("the plan's rollback: checkout, down, build, up -d", serving=True),
        figures.row("docker-rollout's steps, rollback", serving=True),
        figures.ratio(f"rollback, colour gone, over {compose}", ("rollback, colour gone, images kept", f"{compose}, rollback"), "< 1.5x"),
    ]


class Played:
    """The same application, deployed and rolled back by the roles, as users start them."""

    def __init__(self, app: LoadedApp, folder: Path) -> None:
        self.app = app
        self._folder = folder

    def deploy(self, release: str) -> None:
        """Prepare, start, switch."""
        environment = self.app.put_source(release, BOOT_SECONDS=BOOT_SECONDS)
        parts = [{}, {"tasks_from": "colour"}, {"tasks_from": "switch"}]
        roles = [{"ansible.builtin.include_role": {"name": "proofile.stagegate.deploy", **part}} for part in parts]
        self._play(release, roles, {"deploy_environment": environment})

    def roll_back(self, release: str, earlier: str) -> None:
        """Bring the earlier one back; a drill, so that the release that is left is not found bad."""
        chosen = {"rollback_release": earlier, "rollback_service": "", "rollback_reason": "drill"}
        self._play(release, [{"ansible.builtin.include_role": {"name": "proofile.stagegate.rollback"}}], chosen)

    def colour_of(self, release: str) -> str:
        """Where it runs."""
        label = f"label=stagegate.release={release}"
        names = docker("ps", "--filter", label, "--filter", f"name={self.app.name}-", "--format", "{{.Names}}")
        return "green" if f"{self.app.name}-green" in names else "blue"

    def _play(self, release: str, tasks: list[dict[str, Any]], variables: dict[str, Any]) -> None:
        run_of = {"id": f"r-20261123T000000Z-{release}", "release": release, "commit": release + "0" * 28}
        told = {**run_of, "policy": "bench", "policy_digest": "0" * 64, "state_dir": self.app.state}
        shared = {
            "stagegate_application": self.app.name,
            "stagegate_run": told,
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        }
        play = [{"hosts": "staging", "gather_facts": False, "vars": {**shared, **variables}, "tasks": tasks}]
        path, inventory = self._folder / "play.json", self._folder / "hosts"
        path.write_text(json.dumps(play))
        inventory.write_text("[staging]\nlocalhost ansible_connection=local\n")
        run(["ansible-playbook", "-i", str(inventory), str(path)])
